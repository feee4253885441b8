"""Events of the registers: records, moves, periods and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from jpki.life.events.values import FourItems, OfPerson
from jpki.life.events.words import (
    CardPresence,
    ChangedNumber,
    Deadline,
    DeletionGround,
    Destination,
    FuriganaChange,
    Minor,
    Nationality,
    RecordItem,
    Register,
    ResidenceCause,
)

__all__ = [
    "ActualMoveInKnown",
    "CardPresented",
    "ContinuedUseArranged",
    "DeadlinePassed",
    "DepartureCancelled",
    "FuriganaRecorded",
    "GuardianshipBegan",
    "MoveInNotified",
    "MoveOutNotified",
    "NumberChanged",
    "ResidencePeriodChanged",
    "ResidentRecordAmended",
    "ResidentRecordDeleted",
    "ResidentRegistered",
    "ReturnToJapanKnown",
]


@dataclass(frozen=True, slots=True)
class ResidentRegistered(OfPerson):
    """A resident record was made: this person exists for the system from here on."""

    name: ClassVar[str] = "resident_registered"
    items: FourItems
    municipality: str
    nationality: Nationality = Nationality.JAPANESE
    residence_ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class ResidentRecordAmended(OfPerson):
    """An item of the record was corrected; ``value`` is its new text, ISO date or sex."""

    name: ClassVar[str] = "resident_record_amended"
    told: ClassVar[tuple[str, ...]] = ("item", "minor", "register")
    item: RecordItem
    minor: Minor = Minor.NONE
    register: Register = Register.RESIDENT_RECORD
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FuriganaRecorded(OfPerson):
    """A furigana was recorded for the first time, or changed."""

    name: ClassVar[str] = "furigana_recorded"
    told: ClassVar[tuple[str, ...]] = ("change",)
    change: FuriganaChange
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResidentRecordDeleted(OfPerson):
    """The record was deleted. For a death, the day it occurred is the day of death."""

    name: ClassVar[str] = "resident_record_deleted"
    told: ClassVar[tuple[str, ...]] = ("ground",)
    ground: DeletionGround


@dataclass(frozen=True, slots=True)
class MoveOutNotified(OfPerson):
    """A move out was notified (転出届) with a planned day."""

    name: ClassVar[str] = "move_out_notified"
    told: ClassVar[tuple[str, ...]] = ("destination",)
    destination: Destination
    planned_on: date


@dataclass(frozen=True, slots=True)
class MoveInNotified(OfPerson):
    """A move in was notified (転入届), with or without the card."""

    name: ClassVar[str] = "move_in_notified"
    told: ClassVar[tuple[str, ...]] = ("card",)
    card: CardPresence
    municipality: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CardPresented(OfPerson):
    """The card was put on the counter some time after a move in was notified."""

    name: ClassVar[str] = "card_presented"


@dataclass(frozen=True, slots=True)
class DeadlinePassed(OfPerson):
    """A period ran out without the step it was given for."""

    name: ClassVar[str] = "deadline_passed"
    told: ClassVar[tuple[str, ...]] = ("deadline",)
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class ContinuedUseArranged(OfPerson):
    """The card was prepared for use abroad before departure."""

    name: ClassVar[str] = "continued_use_arranged"


@dataclass(frozen=True, slots=True)
class DepartureCancelled(OfPerson):
    """A departure was cancelled after it had been notified."""

    name: ClassVar[str] = "departure_cancelled"


@dataclass(frozen=True, slots=True)
class NumberChanged(OfPerson):
    """The resident code or My Number was changed."""

    name: ClassVar[str] = "number_changed"
    told: ClassVar[tuple[str, ...]] = ("number",)
    number: ChangedNumber


@dataclass(frozen=True, slots=True)
class ResidencePeriodChanged(OfPerson):
    """A residence period was changed; the card moves with it only when presented (K 27(2))."""

    name: ClassVar[str] = "residence_period_changed"
    told: ClassVar[tuple[str, ...]] = ("card", "cause")
    card: CardPresence
    ends_on: date | None
    card_expires_on: date | None = None
    cause: ResidenceCause = ResidenceCause.EXTENDED


@dataclass(frozen=True, slots=True)
class GuardianshipBegan(OfPerson):
    """Adult guardianship began."""

    name: ClassVar[str] = "guardianship_began"


@dataclass(frozen=True, slots=True)
class ActualMoveInKnown(OfPerson):
    """The day on which the person really moved in became known before any notice."""

    name: ClassVar[str] = "actual_move_in_known"
    moved_in_on: date


@dataclass(frozen=True, slots=True)
class ReturnToJapanKnown(OfPerson):
    """The day on which a holder abroad returned to Japan became known."""

    name: ClassVar[str] = "return_to_japan_known"
    returned_on: date
