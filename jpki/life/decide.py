"""Which facts can be, and which a rule forbids: :func:`decide` refuses, the fold never does.

:class:`~jpki.errors.ImpossibleFact` is for dates and things that cannot be so (a second death, a
card nobody issued); :class:`~jpki.errors.Refused` is for what a rule forbids, and names its row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from jpki.errors import ImpossibleFact
from jpki.jst import day, require_aware
from jpki.law import Subject
from jpki.life import events as ev
from jpki.life.checks.cards import CARD_CHECKS
from jpki.life.checks.certificates import CERTIFICATE_CHECKS
from jpki.life.checks.consents import CONSENT_CHECKS
from jpki.life.checks.devices import DEVICE_CHECKS
from jpki.life.checks.pins import PIN_CHECKS
from jpki.life.checks.question import Question, require_milestone, require_since
from jpki.life.checks.register import REGISTER_CHECKS
from jpki.life.fold import advance
from jpki.life.log import Recorded
from jpki.life.state import Person, State

__all__ = ["decide", "decide_all"]

_CHECKS = {
    **REGISTER_CHECKS,
    **CARD_CHECKS,
    **CERTIFICATE_CHECKS,
    **DEVICE_CHECKS,
    **PIN_CHECKS,
    **CONSENT_CHECKS,
}


def decide(
    state: State,
    event: ev.Event,
    *,
    at: datetime,
    occurred_on: date | None = None,
    known_at: datetime | None = None,
) -> Recorded:
    """Return the log entry for an event recorded at ``at``, or refuse.

    ``occurred_on`` is the Japan day of the fact (default: the day of ``at``); ``known_at`` the
    instant the agency heard of it (default: ``at``). The entry is the next in sequence; the state
    is not changed (see :func:`jpki.life.advance`).
    """
    recorded_at = require_aware(at)
    entry = Recorded(
        seq=state.next_seq,
        event=event,
        occurred_on=day(recorded_at) if occurred_on is None else occurred_on,
        known_at=recorded_at if known_at is None else require_aware(known_at),
        recorded_at=recorded_at,
    )
    _check_clocks(state, entry)
    _check_existence(state, entry)
    asked = Question(state, entry, _person(state, entry))
    if asked.known is not None:
        _check_life(asked.known, entry)
    check = _CHECKS.get(type(event))
    if check is not None:
        check(asked, event)
    return entry


def decide_all(
    state: State,
    events: Iterable[ev.Event],
    *,
    at: datetime,
    occurred_on: date | None = None,
    known_at: datetime | None = None,
) -> tuple[Recorded, ...]:
    """Return the entries for several events at one instant, each decided after those before it.

    When one is refused, none is returned.
    """
    entries: list[Recorded] = []
    for event in events:
        entry = decide(state, event, at=at, occurred_on=occurred_on, known_at=known_at)
        entries.append(entry)
        state = advance(state, (entry,))
    return tuple(entries)


def _check_clocks(state: State, entry: Recorded) -> None:
    if entry.recorded_at < state.at:
        raise ImpossibleFact("it would be recorded before what is already known")
    if entry.known_at > entry.recorded_at:
        raise ImpossibleFact("it would be recorded before it is known")
    if entry.occurred_on > day(entry.recorded_at):
        raise ImpossibleFact("it would be recorded before it happens")


def _check_existence(state: State, entry: Recorded) -> None:
    """Refuse events, and kinds of certificate, before there were any."""
    event, table = entry.event, state.book.table
    row = table.event(event.name)
    require_since(state, row.id, row.since, entry.occurred_on)
    if isinstance(event, ev.CertificateIssued):
        subject = table.subject_row(Subject(event.kind.value))
        require_since(state, subject.id, subject.since, entry.occurred_on)
    if isinstance(event, ev.MobileDeviceEnrolled):
        require_milestone(state, f"mobile_{event.platform.value}", entry.occurred_on)
    if isinstance(event, ev.CardIssued) and event.face_only:
        require_milestone(state, "pinless_card", entry.occurred_on)
    if isinstance(event, ev.CardExchanged) and event.cause is ev.ExchangeCause.RESIDENCE_CARD:
        require_milestone(state, "residence_card_combined", entry.occurred_on)


def _person(state: State, entry: Recorded) -> Person | None:
    event = entry.event
    if isinstance(event, ev.IssuerKeyCompromised):
        return None
    known = state.people.get(event.person)
    if isinstance(event, ev.ResidentRegistered):
        if known is not None:
            raise ImpossibleFact("a person with this id is registered already")
        if entry.occurred_on < event.items.birth_date:
            raise ImpossibleFact("nobody is registered before birth")
        return None
    return state.person(event.person)


# What can still be recorded of somebody who has died.
_AFTER_DEATH = (
    ev.CardReturned,
    ev.LostCardFound,
    ev.RecordErrorFound,
    ev.MobileDeviceChanged,
)


def _check_life(person: Person, entry: Recorded) -> None:
    if entry.occurred_on < person.birth_date:
        raise ImpossibleFact("it would happen before the person's birth")
    if person.died_on is None:
        return
    if isinstance(entry.event, ev.ResidentRecordDeleted):
        raise ImpossibleFact("the person's death is recorded already")
    if isinstance(entry.event, _AFTER_DEATH):
        return
    raise ImpossibleFact("the person has died")
