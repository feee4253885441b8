"""Rows beside the rules: PINs, actors, verifiers' services, what is said, what is left out.

They follow the same habits as :mod:`jpki.law.model`: unknown keys are errors, each row names its
basis, its certainty and its period.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from jpki.law.model import PolicyChoice, Row
from jpki.terms import CertificateKind, Medium

__all__ = [
    "ActorRow",
    "Alphabet",
    "ConditionRow",
    "LabelRow",
    "LinkRow",
    "OutRow",
    "PinRow",
    "ResetRow",
    "ServiceRow",
    "StatementRow",
    "VerifierRole",
]

_Lax = Field(strict=False)
_Names = Annotated[tuple[str, ...], _Lax]


class VerifierRole(StrEnum):
    """What somebody who relies on a certificate is under the Act."""

    SIGNATURE_VERIFIER = "signature_verifier"
    USER_AUTHENTICATION_VERIFIER = "user_authentication_verifier"
    SPECIFIED_USER_AUTHENTICATION_VERIFIER = "specified_user_authentication_verifier"
    ORGANISATION_SIGNATURE_VERIFIER = "organisation_signature_verifier"

    @property
    def label_ja(self) -> str:
        """The Act's word."""
        return {
            "signature_verifier": "署名検証者",
            "user_authentication_verifier": "利用者証明検証者",
            "specified_user_authentication_verifier": "特定利用者証明検証者",
            "organisation_signature_verifier": "団体署名検証者",
        }[self.value]


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

    actor: str
    name_ja: str
    name_en: str
    may: _Names
    may_not: _Names = ()


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
