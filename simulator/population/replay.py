"""One person's rows turned back into events of :mod:`jpki.life`, to be judged by the law itself.

Columns are fast because they forget. This is the way back: whoever doubts a number takes a person
out of it, lets :func:`jpki.life.decide` accept every event and reads from the state why a
certificate ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final

from jpki.jst import at_time
from jpki.law import Rulebook
from jpki.life import State, advance, decide
from jpki.life import events as ev
from jpki.terms import CertificateKind, Medium, PinKind, Sex
from simulator.population.arrays import NEVER, date_of
from simulator.population.happenings import HAPPENINGS, Happening
from simulator.population.lives import RECORDED_AT_HOUR

__all__ = ["EventRow", "event_of", "lived", "place_name"]

_PERSON: Final = "p"
_GENERATION: Final = 3
_CLOCK: Final = time(RECORDED_AT_HOUR)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One row of the events table: the day's number, the happening's, and what belongs to it."""

    day: int
    happening: int
    until: int
    serial: int
    place: int
    made: int


def lived(rows: Iterable[EventRow], *, book: Rulebook | None = None) -> State:
    """Return the state after a person's events, every one decided by the law before it counts.

    ``ImpossibleFact`` or ``Refused`` when the law would not have let one happen.
    """
    state: State | None = None
    for number, row in enumerate(rows):
        at = at_time(date_of(row.day), _CLOCK)
        if state is None:
            state = State.empty(at, book=book)
        entry = decide(state, event_of(row, number), at=at)
        state = advance(state, (entry,))
    return State.empty(at_time(date(2016, 1, 1), _CLOCK), book=book) if state is None else state


def event_of(row: EventRow, number: int) -> ev.Event:
    """Return the event of a row; ``number`` tells this person's cards and phones apart."""
    happening = HAPPENINGS[row.happening]
    make = _MAKERS.get(happening.event)
    if make is not None:
        return make(happening, row, number)
    fields: dict[str, Any] = {**happening.told, "person": _PERSON}
    if happening.named:
        fields["kinds"] = happening.named
    return ev.EVENTS[happening.event](**_typed(happening.event, fields))


def place_name(place: int) -> str:
    """Return how a municipality or ward is called in a population."""
    return f"{place + 1:04d}"


_WORDS: Final[dict[tuple[str, str], Callable[[str], object]]] = {
    ("resident_record_amended", "item"): ev.RecordItem,
    ("resident_record_amended", "minor"): ev.Minor,
    ("resident_record_amended", "register"): ev.Register,
    ("resident_record_deleted", "ground"): ev.DeletionGround,
    ("deadline_passed", "deadline"): ev.Deadline,
    ("number_changed", "number"): ev.ChangedNumber,
    ("card_loss_reported", "channel"): ev.Channel,
    ("card_reissue_requested", "cause"): ev.ReissueCause,
    ("card_returned", "cause"): ev.ReturnCause,
    ("card_exchanged", "cause"): ev.ExchangeCause,
    ("card_mode_changed", "to"): ev.CardMode,
    ("revocation_requested", "purpose"): ev.RequestPurpose,
    ("key_compromise_reported", "cause"): ev.CompromiseCause,
    ("mobile_device_changed", "change"): ev.MobileDeviceChange,
}


def _typed(event: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _WORDS[event, name](str(value)) if (event, name) in _WORDS else value
        for name, value in fields.items()
    }


# Events that carry more than the rules see

_NATIONALITIES = tuple(ev.Nationality)


def _registered(_: Happening, row: EventRow, _number: int) -> ev.Event:
    former = "旧氏" if row.made & 4 else ""
    items = ev.FourItems("架空 花子", date_of(row.until), Sex.FEMALE, "架空県", former)
    stay = None if row.serial == NEVER else date_of(row.serial)
    nationality = _NATIONALITIES[row.made & 3]
    return ev.ResidentRegistered(_PERSON, items, place_name(row.place), nationality, stay)


def _amended(happening: Happening, _row: EventRow, number: int) -> ev.Event:
    item = ev.RecordItem(str(happening.told["item"]))
    named = item in (ev.RecordItem.FORMER_NAME, ev.RecordItem.ALIAS)
    return ev.ResidentRecordAmended(
        _PERSON,
        item,
        ev.Minor(str(happening.told["minor"])),
        ev.Register(str(happening.told["register"])),
        f"別名{number}" if named else "",
    )


def _furigana(happening: Happening, _row: EventRow, number: int) -> ev.Event:
    change = ev.FuriganaChange(str(happening.told["change"]))
    return ev.FuriganaRecorded(_PERSON, change, f"カクウ{number}")


def _move_out(happening: Happening, row: EventRow, _number: int) -> ev.Event:
    destination = ev.Destination(str(happening.told["destination"]))
    return ev.MoveOutNotified(_PERSON, destination, date_of(row.until))


def _move_in(happening: Happening, row: EventRow, _number: int) -> ev.Event:
    card = ev.CardPresence(str(happening.told["card"]))
    return ev.MoveInNotified(_PERSON, card, place_name(row.place), "架空県")


def _residence(happening: Happening, row: EventRow, _number: int) -> ev.Event:
    return ev.ResidencePeriodChanged(
        _PERSON,
        ev.CardPresence(str(happening.told["card"])),
        None if row.until == NEVER else date_of(row.until),
        date_of(row.made) if row.made else None,
        ev.ResidenceCause(str(happening.told["cause"])),
    )


def _card_issued(_: Happening, row: EventRow, number: int) -> ev.Event:
    return ev.CardIssued(_PERSON, f"card-{number}", date_of(row.made), date_of(row.until))


def _certificate(happening: Happening, row: EventRow, _number: int) -> ev.Event:
    kind: CertificateKind = happening.named[0]
    authority = ev.Authority(kind.purpose, _GENERATION)
    place, until = place_name(row.place), date_of(row.until)
    return ev.CertificateIssued(_PERSON, kind, row.serial, authority, place, until)


def _enrolled(happening: Happening, _row: EventRow, number: int) -> ev.Event:
    platform = ev.Platform(str(happening.told["platform"]))
    return ev.MobileDeviceEnrolled(_PERSON, f"phone-{number}", platform)


def _pin(happening: Happening, _row: EventRow, _number: int) -> ev.Event:
    medium, name = Medium(str(happening.told["medium"])), str(happening.told["pin"])
    pin = PinKind(name) if name in {each.value for each in PinKind} else ev.CardPin(name)
    if happening.event == "pin_blocked":
        return ev.PinBlocked(_PERSON, medium, pin)
    return ev.PinReset(_PERSON, medium, pin, ev.ResetPath(str(happening.told["path"])))


def _real_move_in(_: Happening, row: EventRow, _number: int) -> ev.Event:
    return ev.ActualMoveInKnown(_PERSON, date_of(row.day))


def _return(_: Happening, row: EventRow, _number: int) -> ev.Event:
    return ev.ReturnToJapanKnown(_PERSON, date_of(row.day))


def _issuer_key(happening: Happening, _row: EventRow, _number: int) -> ev.Event:
    return ev.IssuerKeyCompromised(happening.named)


_MAKERS: Final[dict[str, Callable[[Happening, EventRow, int], ev.Event]]] = {
    "actual_move_in_known": _real_move_in,
    "card_issued": _card_issued,
    "certificate_issued": _certificate,
    "furigana_recorded": _furigana,
    "issuer_key_compromised": _issuer_key,
    "mobile_device_enrolled": _enrolled,
    "move_in_notified": _move_in,
    "move_out_notified": _move_out,
    "pin_blocked": _pin,
    "pin_reset": _pin,
    "residence_period_changed": _residence,
    "resident_record_amended": _amended,
    "resident_registered": _registered,
    "return_to_japan_known": _return,
}
