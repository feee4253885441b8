"""What a row of the rule tables may say, checked when the tables are read.

Rows are written in TOML and reviewed by people who do not program. Unknown keys are errors, values
are taken as they stand (no string becomes a number), and a row that contradicts itself is refused
with its file and id (:class:`jpki.errors.MalformedRule`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from jpki.terms import Certainty, CertificateKind, Purpose, RevocationReason

__all__ = [
    "Effect",
    "EventRow",
    "Fact",
    "FigureRow",
    "Ground",
    "MilestoneRow",
    "OnlineActRow",
    "PolicyChoice",
    "PolicyRow",
    "Row",
    "Rule",
    "SourceRow",
    "Subject",
    "SubjectRow",
    "Value",
]

Value = str | bool
"""What a field of a fact may hold, so that a row can be matched by equality alone."""


class Subject(StrEnum):
    """What a rule speaks about: the four certificates, the card, the card-substitute record."""

    CARD_SIGNATURE = "card_signature"
    CARD_AUTHENTICATION = "card_authentication"
    MOBILE_SIGNATURE = "mobile_signature"
    MOBILE_AUTHENTICATION = "mobile_authentication"
    CARD = "card"
    CARD_SUBSTITUTE = "card_substitute"

    @property
    def kind(self) -> CertificateKind | None:
        """The kind of certificate, or None for the card and its substitute."""
        return None if self in _NO_CERTIFICATES else CertificateKind(self.value)

    @property
    def label_ja(self) -> str:
        """The Act's name of it."""
        return self.kind.label_ja if self.kind else _NO_CERTIFICATES[self]


_NO_CERTIFICATES = {
    Subject.CARD: "個人番号カード",
    Subject.CARD_SUBSTITUTE: "カード代替電磁的記録",
}


class Effect(StrEnum):
    """What follows for the subject.

    ``THROUGH_CARD`` means: nothing by itself, but the card lapses by the same fact, and the
    certificate falls with the card (施行規則 17, 53). ``LAPSE`` is said of the card and of its
    substitute.
    """

    NONE = "none"
    THROUGH_CARD = "through_card"
    ISSUE = "issue"
    REVOKE = "revoke"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXPIRE = "expire"
    LAPSE = "lapse"


class Ground(StrEnum):
    """The legal ground on which effect is lost (Act 15(1), 16-14(1), 34(1), 35-14(1))."""

    REQUEST = "request"
    COMPROMISE = "compromise"
    REGISTER_CHANGE = "register_change"
    RECORD_ERROR = "record_error"
    ISSUER_KEY = "issuer_key"
    CASCADE = "cascade"
    EXPIRY = "expiry"

    @property
    def label_ja(self) -> str:
        """The Act's words, shortened."""
        return {
            "request": "失効申請",
            "compromise": "漏えい等・使用不能の届出",
            "register_change": "異動等失効情報",
            "record_error": "記録誤り等",
            "issuer_key": "発行者署名符号の漏えい等",
            "cascade": "個人番号カード用の失効に伴う失効",
            "expiry": "有効期間の満了",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Fact:
    """What the law may see of an event: its name and its fields, sorted by field name."""

    name: str
    fields: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def of(cls, name: str, /, **fields: Value) -> Fact:
        """Return the fact with these fields."""
        return cls(name, tuple(sorted(fields.items())))

    @classmethod
    def from_mapping(cls, name: str, fields: Mapping[str, Value]) -> Fact:
        """Return the fact with the fields of a mapping."""
        return cls(name, tuple(sorted(fields.items())))


# TOML gives lists and strings; ``strict=False`` here lets pydantic make tuples and enum members of
# them and nothing else, while the values inside stay strict.
_Lax = Field(strict=False)
_Names = Annotated[tuple[str, ...], _Lax]
_Values = Annotated[tuple[Value, ...], _Lax]


class Row(BaseModel):
    """What every row says: its id, what it covers, since when, on what basis and how surely."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    covers: _Names = ()
    basis: _Names = Field(min_length=1)
    certainty: Annotated[Certainty, _Lax]
    since: date
    until: date | None = None
    corrects: str | None = None
    note_ja: str = Field(min_length=1)
    note_en: str = Field(min_length=1)

    def in_force(self, on: date) -> bool:
        """Whether the row is in force on the Japan day ``on``; ``until`` is exclusive."""
        return self.since <= on and (self.until is None or on < self.until)

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.until is not None and self.until <= self.since:
            raise ValueError("until must be later than since")
        return self


class PolicyChoice(BaseModel):
    """The condition that a policy has one of these values."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str
    value: Value

    def holds(self, chosen: Mapping[str, Value | int]) -> bool:
        """Whether the chosen policies satisfy the condition."""
        return chosen[self.name] == self.value


class Rule(Row):
    """What follows from an event for some subjects, on what ground and with which code."""

    event: Annotated[_Names, Field(min_length=1)]
    when: dict[str, Value | _Values] = Field(default_factory=dict)
    subjects: Annotated[tuple[Annotated[Subject, _Lax], ...], _Lax] = Field(min_length=1)
    effect: Annotated[Effect, _Lax]
    lapses_as: str | None = None
    ground: Annotated[Ground, _Lax] | None = None
    reason: str | None = None
    reason_policy: str | None = None
    reason_certainty: Annotated[Certainty, _Lax] | None = None
    policy: PolicyChoice | None = None

    def speaks_of(self, fact: Fact, subject: Subject) -> bool:
        """Whether event, subject and every ``when`` field fit; a field not named fits anything."""
        if fact.name not in self.event or subject not in self.subjects:
            return False
        fields = dict(fact.fields)
        return all(
            name in fields and fields[name] in _alternatives(wanted)
            for name, wanted in self.when.items()
        )

    def alternatives(self, name: str) -> tuple[Value, ...]:
        """The values of the ``when`` field ``name``, as a tuple."""
        return _alternatives(self.when[name])

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        effect, subjects = self.effect, self.subjects
        certificates = not any(subject in _NO_CERTIFICATES for subject in subjects)
        if self.reason is not None and self.reason_policy is not None:
            raise ValueError("reason and reason_policy exclude each other")
        has_reason = self.reason is not None or self.reason_policy is not None
        if has_reason != (effect in (Effect.REVOKE, Effect.SUSPEND) and certificates):
            raise ValueError(
                "a reason belongs to revoke and suspend of certificates, and only there"
            )
        if has_reason != (self.reason_certainty is not None):
            raise ValueError("reason_certainty belongs where there is a reason")
        if (effect in (Effect.REVOKE, Effect.EXPIRE)) != (self.ground is not None):
            raise ValueError("a ground belongs to revoke and expire, and only there")
        if self.reason is not None:
            RevocationReason.from_rfc_name(self.reason)
        if effect is Effect.SUSPEND and self.reason not in (None, "certificateHold"):
            raise ValueError("a suspension has the reason certificateHold")
        if effect in (Effect.SUSPEND, Effect.RESUME) and any(map(_signs, subjects)):
            raise ValueError("a signature certificate has no reversible hold (T-2)")
        if not certificates and effect in (Effect.REVOKE, Effect.THROUGH_CARD):
            raise ValueError("a card and its substitute lapse; they are not revoked")
        if certificates and effect is Effect.LAPSE:
            raise ValueError("lapse is said of the card and its substitute")
        if (effect is Effect.LAPSE and Subject.CARD in subjects) != (self.lapses_as is not None):
            raise ValueError("lapses_as names the item of the list on which a card lapses")
        if not certificates and len(subjects) > 1 and effect is not Effect.NONE:
            raise ValueError("the card needs a row of its own when something happens to it")
        return self


class EventRow(Row):
    """An event the rules may speak of: the values its fields can take.

    ``fields`` are told by the event itself; ``context`` is worked out from the holder's state when
    the event is recorded (such as ``named``: whether the event names this kind).
    """

    fields: dict[str, _Values] = Field(default_factory=dict)
    context: dict[str, _Values] = Field(default_factory=dict)
    derived: bool = False

    @property
    def domain(self) -> dict[str, tuple[Value, ...]]:
        """Every field a row may match, with its values."""
        return {**self.fields, **self.context}


class SubjectRow(Row):
    """A subject and the day it came into existence (``since``)."""

    subject: Annotated[Subject, _Lax]


class OnlineActRow(Row):
    """Who may sign an online act: at least one of these certificates, live, must have signed it."""

    event: str
    naming: Annotated[tuple[Annotated[CertificateKind, _Lax], ...], _Lax] = Field(min_length=1)
    signed_with: Annotated[tuple[Annotated[CertificateKind, _Lax], ...], _Lax] = Field(min_length=1)
    policy: PolicyChoice | None = None


class FigureRow(Row):
    """A dated figure that validity arithmetic uses: a number or the name of a way to count."""

    name: str
    value: int | str


class MilestoneRow(Row):
    """A dated flag: something exists, or is allowed, from a day on (PLAN rows say ``planned``)."""

    planned: bool = False


class PolicyRow(Row):
    """A named choice where sources are silent or disagree."""

    default: Value | int
    alternatives: Annotated[tuple[Value | int, ...], _Lax] = Field(min_length=2)

    @model_validator(mode="after")
    def _default_is_an_alternative(self) -> Self:
        if not any(_same(self.default, value) for value in self.alternatives):
            raise ValueError("the default is not among the alternatives")
        return self


class SourceRow(BaseModel):
    """A text that a basis may cite; ``provisions`` says whether articles can be named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title_ja: str
    cite_ja: str
    cite_en: str
    number: str = ""
    provisions: bool
    as_of: str


def _alternatives(wanted: Value | tuple[Value, ...]) -> tuple[Value, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)


def _signs(subject: Subject) -> bool:
    return subject.kind is not None and subject.kind.purpose is Purpose.SIGNATURE


def _same(left: Value | int, right: Value | int) -> bool:
    return type(left) is type(right) and left == right
