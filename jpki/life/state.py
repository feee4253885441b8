"""What is so at an instant, because of what was recorded: snapshots, never edited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from jpki.errors import ImpossibleFact
from jpki.jst import end_of_day, require_aware
from jpki.law import Fact, Ground, Rulebook, Ruling, Subject
from jpki.life.events import (
    AnyPin,
    Authority,
    ConsentItem,
    Destination,
    FourItems,
    Nationality,
    Platform,
    Register,
)
from jpki.life.log import Recorded
from jpki.terms import CertificateKind, Medium, Purpose, RevocationReason

__all__ = [
    "Card",
    "CardState",
    "CardSubstitute",
    "Cause",
    "CertificateId",
    "CertificateRecord",
    "CertificateState",
    "Consent",
    "DeviceState",
    "Lapse",
    "MobileDevice",
    "MoveOut",
    "Person",
    "State",
]


class CertificateState(StrEnum):
    """What a certificate is at an instant; the last two are final."""

    ACTIVE = "active"
    HELD = "held"
    REVOKED = "revoked"
    EXPIRED = "expired"


class CardState(StrEnum):
    """What a card is at an instant; the last two are final."""

    VALID = "valid"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    EXPIRED = "expired"


class DeviceState(StrEnum):
    """What the agency knows of a phone: in use, suspended, or replaced by another."""

    IN_USE = "in_use"
    SUSPENDED = "suspended"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class CertificateId:
    """What tells one certificate from all others: its authority and serial number."""

    authority: Authority
    serial: int


@dataclass(frozen=True, slots=True)
class Cause:
    """One link of a chain: a fact, what the law said of it, and what brought the fact about.

    ``because`` is the link whose effect *is* this fact, or None when the fact is the entry itself.
    """

    fact: Fact
    subject: Subject
    ruling: Ruling
    entry: Recorded
    because: Cause | None = None


@dataclass(frozen=True, slots=True)
class Lapse:
    """That something was recorded as lost or held, and why."""

    recorded_at: datetime
    cause: Cause

    @property
    def reason(self) -> RevocationReason | None:
        """The code for the revocation list; None for a card."""
        return self.cause.ruling.reason

    @property
    def ground(self) -> Ground | None:
        """The legal ground; None for a hold and for a card."""
        return self.cause.ruling.ground

    @property
    def rule(self) -> str:
        """The id of the rule that spoke."""
        return self.cause.ruling.rule


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """What the agency holds about one certificate.

    ``municipality`` is that of issue and stays with the certificate (its revocation list is told by
    it). ``items`` are the four items as they were at issue; authentication certificates have none.
    """

    id: CertificateId
    person: str
    kind: CertificateKind
    municipality: str
    issued_at: datetime
    expires_on: date
    valid_until: datetime
    issued: Cause
    card: str | None = None
    device: str | None = None
    items: FourItems | None = None
    hold: Lapse | None = None
    lapse: Lapse | None = None

    @property
    def serial(self) -> int:
        """The serial number (発行の番号)."""
        return self.id.serial

    @property
    def authority(self) -> Authority:
        """The authority that issued it."""
        return self.id.authority

    def lapsed_at(self, at: datetime) -> bool:
        """Whether its loss of effect is on record at ``at`` (a cascade may be recorded later)."""
        return self.lapse is not None and self.lapse.recorded_at <= at

    def live_at(self, at: datetime) -> bool:
        """Whether it is neither revoked nor past its last day: ACTIVE or HELD."""
        return not self.lapsed_at(at) and at <= self.valid_until

    def state_at(self, at: datetime) -> CertificateState:
        """Return what it is at ``at``, an instant not before the last record that touched it.

        A certificate revoked in its period stays REVOKED after the period, too.
        """
        if self.lapsed_at(at):
            return CertificateState.REVOKED
        if at > self.valid_until:
            return CertificateState.EXPIRED
        return CertificateState.ACTIVE if self.hold is None else CertificateState.HELD


@dataclass(frozen=True, slots=True)
class Card:
    """A My Number card. The card does not know any of this; the municipality does."""

    number: str
    made_on: date
    expires_on: date
    face_only: bool = False
    suspension: Lapse | None = None
    lapse: Lapse | None = None
    photo: bool = True

    def live_at(self, at: datetime) -> bool:
        """Whether it has neither lapsed nor expired: VALID or SUSPENDED."""
        return self.lapse is None and at <= end_of_day(self.expires_on)

    def state_at(self, at: datetime) -> CardState:
        """Return what the card is at ``at``."""
        if self.lapse is not None:
            return CardState.LAPSED
        if not self.live_at(at):
            return CardState.EXPIRED
        return CardState.VALID if self.suspension is None else CardState.SUSPENDED


@dataclass(frozen=True, slots=True)
class MobileDevice:
    """An enrolled phone. ``key_present``: whether the keys may still be in its chip.

    ``biometrics_changed``: whether another finger or face was enrolled since its PIN was set.
    """

    id: str
    platform: Platform
    state: DeviceState = DeviceState.IN_USE
    key_present: bool = True
    biometrics_changed: bool = False


@dataclass(frozen=True, slots=True)
class CardSubstitute:
    """A card-substitute record (カード代替電磁的記録) in a phone's wallet.

    ``ends_at`` is its own end as it was sent, ``device`` the phone that holds it.
    """

    issued_at: datetime
    expires_on: date
    ends_at: datetime
    device: str
    lapse: Lapse | None = None

    def live_at(self, at: datetime) -> bool:
        """Whether it has neither lapsed nor come to its end."""
        lapsed = self.lapse is not None and self.lapse.recorded_at <= at
        return not lapsed and at <= self.ends_at


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent to the four items for one verifier (施行規則 35-2), from and to an instant.

    ``verified`` are the kinds of certificate the verifier has verified of the holder.
    """

    verifier: str
    items: tuple[ConsentItem, ...]
    verified: tuple[CertificateKind, ...]
    signed_with: CertificateKind
    begins_at: datetime
    ends_at: datetime
    withdrawn_at: datetime | None = None

    def stands_at(self, at: datetime) -> bool:
        """Whether it has begun and has neither ended nor been withdrawn on record."""
        withdrawn = self.withdrawn_at is not None and self.withdrawn_at <= at
        return self.begins_at <= at <= self.ends_at and not withdrawn


@dataclass(frozen=True, slots=True)
class MoveOut:
    """A move out that was notified and is not yet settled."""

    filed_at: datetime
    planned_on: date
    destination: Destination


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the registers know them. ``items`` never show in a ``repr``.

    ``card_awaited_since`` is the day of a move in that was notified without presenting the card;
    ``card_awaited_from_abroad`` says that the move in was a return to Japan. ``moved_in_on`` and
    ``returned_on`` are days that became known before any notice.
    """

    id: str
    items: FourItems
    municipality: str
    nationality: Nationality = Nationality.JAPANESE
    residence_ends_on: date | None = None
    registered: bool = True
    register: Register = Register.RESIDENT_RECORD
    died_on: date | None = None
    move_out: MoveOut | None = None
    continued_use: bool = False
    card_awaited_since: date | None = None
    card: Card | None = None
    past_cards: tuple[Card, ...] = ()
    device: MobileDevice | None = None
    past_devices: tuple[MobileDevice, ...] = ()
    certificates: tuple[CertificateId, ...] = ()
    unrevoked: tuple[CertificateId, ...] = ()
    card_awaited_from_abroad: bool = False
    moved_in_on: date | None = None
    returned_on: date | None = None
    left_with_consul_on: date | None = None
    guardianship: bool = False
    blocked_pins: tuple[tuple[Medium, AnyPin], ...] = ()
    consents: tuple[Consent, ...] = ()
    substitute: CardSubstitute | None = None

    @property
    def birth_date(self) -> date:
        """The date of birth on the record."""
        return self.items.birth_date


@dataclass(frozen=True, slots=True)
class State:
    """Everything that is so at ``at``, by what was recorded up to then.

    ``listed`` are the certificates that were ever revoked or held, so that a revocation list need
    not look at all the others.
    """

    book: Rulebook = field(repr=False)
    at: datetime
    last: tuple[datetime, int] | None = None
    people: Mapping[str, Person] = field(default_factory=dict, repr=False)
    certificates: Mapping[CertificateId, CertificateRecord] = field(
        default_factory=dict, repr=False
    )
    listed: Mapping[CertificateId, None] = field(default_factory=dict, repr=False)

    @classmethod
    def empty(cls, at: datetime, *, book: Rulebook | None = None) -> State:
        """Return the state before anything was recorded."""
        return cls(Rulebook.default() if book is None else book, require_aware(at))

    @property
    def next_seq(self) -> int:
        """The sequence number of the next entry."""
        return 1 if self.last is None else self.last[1] + 1

    def person(self, person: str) -> Person:
        """Return a person; :class:`ImpossibleFact` when nobody has this id."""
        found = self.people.get(person)
        if found is None:
            raise ImpossibleFact("nobody with this id is registered")
        return found

    def records(self, person: str) -> Iterator[CertificateRecord]:
        """Yield every certificate a person ever had, in order of issue."""
        for each in self.person(person).certificates:
            yield self.certificates[each]

    def live(
        self, person: str, kind: CertificateKind, *, at: datetime | None = None
    ) -> CertificateRecord | None:
        """Return the person's certificate of this kind that is ACTIVE or HELD, if there is one."""
        instant = self.at if at is None else at
        known = self.person(person)
        # What is revoked already, but recorded as such only after the instant, still lives.
        gap = self.book.policies["cascade_gap_seconds"]
        for each in reversed(known.certificates) if gap else known.unrevoked:
            record = self.certificates[each]
            if record.kind is kind and record.live_at(instant):
                return record
        return None

    def latest(self, person: str, kind: CertificateKind) -> CertificateRecord | None:
        """Return the person's last issued certificate of this kind, whatever became of it."""
        found = None
        for record in self.records(person):
            if record.kind is kind:
                found = record
        return found

    def certificate(self, serial: int, *, purpose: Purpose | None = None) -> CertificateRecord:
        """Return the certificate with this serial number.

        The two authorities count for themselves, so a serial number may need its ``purpose``.
        :class:`ImpossibleFact` when there is none, or more than one.
        """
        found = [
            record
            for each, record in self.certificates.items()
            if each.serial == serial and purpose in (None, each.authority.purpose)
        ]
        if len(found) != 1:
            count = "no certificate has" if not found else "more than one certificate has"
            raise ImpossibleFact(f"{count} this serial number", hint="say which purpose it has")
        return found[0]

    def state_of(self, record: CertificateRecord) -> CertificateState:
        """Return what a certificate is at this state's instant."""
        return record.state_at(self.at)
