"""Rows beside the rules: PINs, actors, verifiers' services, what is said, what is left out.

They follow the same habits as :mod:`jpki.law.model`: unknown keys are errors, each row names its
basis, its certainty and its period.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from jpki.law.actors import Act, ActingCase, Actor, OpenDays
from jpki.law.model import PolicyChoice, Row
from jpki.terms import CertificateKind, Medium, Purpose

__all__ = [
    "Act",
    "ActingCase",
    "Actor",
    "ActorRow",
    "Alphabet",
    "ConditionRow",
    "LabelRow",
    "LimitRow",
    "LinkRow",
    "OpenDays",
    "OutRow",
    "PermissionRow",
    "PinRow",
    "ResetRow",
    "ServiceRow",
    "StatementRow",
    "VerifierAct",
    "VerifierRole",
]

_Lax = Field(strict=False)
_Names = Annotated[tuple[str, ...], _Lax]
_Acts = Annotated[tuple[Annotated[Act, _Lax], ...], _Lax]


class VerifierRole(StrEnum):
    """What somebody who relies on a certificate is under the Act."""

    SIGNATURE_VERIFIER = "signature_verifier"
    USER_AUTHENTICATION_VERIFIER = "user_authentication_verifier"
    SPECIFIED_USER_AUTHENTICATION_VERIFIER = "specified_user_authentication_verifier"
    ORGANISATION_SIGNATURE_VERIFIER = "organisation_signature_verifier"
    SIGNATURE_CONFIRMER = "signature_confirmer"

    @property
    def label_ja(self) -> str:
        """The Act's word."""
        return {
            "signature_verifier": "署名検証者",
            "user_authentication_verifier": "利用者証明検証者",
            "specified_user_authentication_verifier": "特定利用者証明検証者",
            "organisation_signature_verifier": "団体署名検証者",
            "signature_confirmer": "署名確認者",
        }[self.value]


class VerifierAct(StrEnum):
    """What somebody who relies on a certificate may or may not do with it."""

    CHECK_ON_RECEIPT = "check_on_receipt"
    CHECK_LATER = "check_later"
    FACE_IN_PLACE_OF_PIN = "face_in_place_of_pin"
    ACCEPT_WITHOUT_PIN = "accept_without_pin"
    USE_KEY_OTHERWISE = "use_key_otherwise"
    KEEP_REVOCATION_DATA_AFTER_END = "keep_revocation_data_after_end"
    KEEP_ITEMS_AFTER_END = "keep_items_after_end"
    KEEP_SERIAL = "keep_serial"
    SUPPLY_SERIALS = "supply_serials"

    @property
    def label_ja(self) -> str:
        """What is done, in Japanese."""
        return _ACTS[self][0]

    @property
    def label_en(self) -> str:
        """What is done, in English, to follow the word *may*."""
        return _ACTS[self][1]


_ACTS = {
    VerifierAct.CHECK_ON_RECEIPT: ("受領時の確認", "check on receipt"),
    VerifierAct.CHECK_LATER: ("後日の現況確認", "check the status later"),
    VerifierAct.FACE_IN_PLACE_OF_PIN: (
        "顔照合による暗証番号の代替",
        "compare the face for the PIN",
    ),
    VerifierAct.ACCEPT_WITHOUT_PIN: ("暗証番号なしの読取り", "accept without PIN"),
    VerifierAct.USE_KEY_OTHERWISE: ("公開鍵の目的外利用", "use the key otherwise"),
    VerifierAct.KEEP_REVOCATION_DATA_AFTER_END: (
        "終了後の失効情報の保管",
        "keep revocation data after the arrangement",
    ),
    VerifierAct.KEEP_ITEMS_AFTER_END: ("終了後の4情報の保管", "keep items after the arrangement"),
    VerifierAct.KEEP_SERIAL: ("発行の番号の保管", "keep the serial number"),
    VerifierAct.SUPPLY_SERIALS: ("発行の番号の提供", "supply serial numbers to others"),
}


class Alphabet(StrEnum):
    """What a PIN is made of."""

    DIGITS = "digits"
    UPPER_CASE_AND_DIGITS = "upper_case_and_digits"
    BIOMETRICS = "biometrics"


class PinRow(Row):
    """A PIN: where it is, its shape, and how many wrong tries in a row block it.

    ``tries_policy`` names the policy that holds the number where it is uncertain; neither is given
    where the phone's own system counts.
    """

    medium: Annotated[Medium, _Lax]
    pin: str
    shortest: int
    longest: int
    alphabet: Annotated[Alphabet, _Lax]
    tries: int | None = None
    tries_policy: str | None = None

    @model_validator(mode="after")
    def _counts_once(self) -> Self:
        if self.tries is not None and self.tries_policy is not None:
            raise ValueError("tries and tries_policy exclude each other")
        if self.longest < self.shortest:
            raise ValueError("longest must not be less than shortest")
        return self


class ConditionRow(Row):
    """What a path to a new PIN asks for; the row that refuses when it does not hold."""


class ResetRow(Row):
    """Whether a path sets PINs anew, and on which conditions (ids of condition rows)."""

    path: Annotated[_Names, Field(min_length=1)]
    medium: Annotated[Medium, _Lax]
    pins: Annotated[_Names, Field(min_length=1)]
    allowed: bool
    needs: _Names = ()
    policy: PolicyChoice | None = None

    @model_validator(mode="after")
    def _asks_only_where_it_allows(self) -> Self:
        if self.needs and not self.allowed:
            raise ValueError("a path that is closed has no conditions")
        return self


class StatementRow(Row):
    """A sentence of law or practice. ``applied``: the program refuses or answers with this row."""

    topic: str
    applied: bool = False


class ActorRow(Row):
    """Somebody who acts: what each may do, and what not."""

    actor: Annotated[Actor, _Lax]
    name_ja: str
    name_en: str
    may: _Acts
    may_not: _Acts = ()

    @model_validator(mode="after")
    def _says_one_thing_of_each_act(self) -> Self:
        both = sorted(act.value for act in set(self.may) & set(self.may_not))
        if both:
            raise ValueError(f"{', '.join(both)}: both may and may_not")
        return self


class LimitRow(Row):
    """In which of some cases only an actor may do something, or on which days."""

    actor: Annotated[Actor, _Lax]
    acts: Annotated[_Acts, Field(min_length=1)]
    cases: Annotated[tuple[Annotated[ActingCase, _Lax], ...], _Lax] = ()
    days: Annotated[OpenDays, _Lax] | None = None
    policy: PolicyChoice | None = None

    @model_validator(mode="after")
    def _limits_by_case_or_by_day(self) -> Self:
        if bool(self.cases) == (self.days is not None):
            raise ValueError("a limit names cases or days, one of the two")
        return self


class ServiceRow(Row):
    """What verifiers of these roles may ask the agency, by what, and what they are told."""

    roles: Annotated[tuple[Annotated[VerifierRole, _Lax], ...], _Lax]
    asks_by: str
    answers: str


class LinkRow(Row):
    """Whether a serial number leads to that of another kind; all ``roles`` are needed at once."""

    pairs: Annotated[
        tuple[Annotated[tuple[Annotated[CertificateKind, _Lax], ...], _Lax], ...], _Lax
    ]
    roles: Annotated[tuple[Annotated[VerifierRole, _Lax], ...], _Lax] = ()
    allowed: bool

    @model_validator(mode="after")
    def _pairs_are_pairs(self) -> Self:
        if any(len(pair) != 2 for pair in self.pairs):
            raise ValueError("a pair has two kinds")
        if bool(self.roles) != self.allowed:
            raise ValueError("roles belong to a link that exists, and only there")
        return self

    def joins(self, source: CertificateKind, target: CertificateKind) -> bool:
        """Whether the row speaks of the way from one kind to the other."""
        return (source, target) in self.pairs


class PermissionRow(Row):
    """Whether these roles may do this with certificates of these kinds, and for which purpose."""

    act: Annotated[VerifierAct, _Lax]
    roles: Annotated[tuple[Annotated[VerifierRole, _Lax], ...], _Lax] = Field(min_length=1)
    kinds: Annotated[tuple[Annotated[CertificateKind, _Lax], ...], _Lax] = Field(min_length=1)
    allowed: bool
    purpose: Annotated[Purpose, _Lax] | None = None

    @model_validator(mode="after")
    def _has_the_purpose_of_its_kinds(self) -> Self:
        if self.purpose is not None and any(kind.purpose != self.purpose for kind in self.kinds):
            raise ValueError("the purpose is not that of the kinds")
        return self

    def speaks_of(self, role: VerifierRole, act: VerifierAct, kind: CertificateKind) -> bool:
        """Whether the row says something about this role, act and kind."""
        return self.act is act and role in self.roles and kind in self.kinds


class OutRow(BaseModel):
    """A fact of the Act's practice that no table holds, and why."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: str
    reason_ja: str = Field(min_length=1)
    reason_en: str = Field(min_length=1)


class LabelRow(BaseModel):
    """What the value of a field is called in Japanese and English."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    field: str
    value: str
    ja: str = Field(min_length=1)
    en: str = Field(min_length=1)
