"""Periods that run by themselves, and which of them have run out.

Three begin with what the registers hold. The others begin on a day that has to become known from
outside (a real move in, a return to Japan, a card left with a consul); once it is, they run, too.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from jpki.jst import day, require_aware
from jpki.life.events import Deadline, DeadlinePassed, Destination
from jpki.life.state import Person, State

__all__ = ["CALCULABLE", "FROM_OUTSIDE", "deadlines_due", "last_day"]

CALCULABLE: dict[Deadline, int] = {
    Deadline.MOVE_IN_30_DAYS: 30,
    Deadline.MOVE_IN_14_DAYS: 14,
    Deadline.ABROAD_30_DAYS: 30,
    Deadline.CARD_90_DAYS: 90,
    Deadline.RETURN_14_DAYS: 14,
    Deadline.RETURN_90_DAYS: 90,
    Deadline.CONSUL_90_DAYS: 90,
}
"""The deadlines in days (Act 31(1)(ii); 番号法施行令 14(ii), (iii), (vii), (viii), (x))."""

FROM_OUTSIDE = frozenset(
    {Deadline.MOVE_IN_14_DAYS, Deadline.RETURN_14_DAYS, Deadline.CONSUL_90_DAYS}
)
"""Deadlines whose first day the registers do not hold unless somebody tells it."""


def last_day(person: Person, deadline: Deadline) -> date | None:
    """Return the last day of a calculable period, or None when it is not running.

    None, too, for one that would end behind the last day that there is, at the end of 9999.
    """
    begins, lasts = _begins(person, deadline), timedelta(days=CALCULABLE[deadline])
    return None if begins is None or date.max - begins < lasts else begins + lasts


def deadlines_due(state: State, at: datetime) -> tuple[DeadlinePassed, ...]:
    """Return the periods that have run out by ``at`` and still have something to end.

    The agency's daily run records each of them; the law then says what follows. A holder without a
    live card certificate and without a live card has nothing left to lose and is left out.
    """
    instant = require_aware(at)
    today = day(instant)
    return tuple(
        DeadlinePassed(person.id, deadline)
        for person in state.people.values()
        if _has_something(state, person, instant)
        for deadline in CALCULABLE
        if (ends_on := last_day(person, deadline)) is not None and ends_on < today
    )


def _begins(person: Person, deadline: Deadline) -> date | None:
    match deadline:
        case Deadline.CARD_90_DAYS:
            return None if person.card_awaited_from_abroad else person.card_awaited_since
        case Deadline.RETURN_90_DAYS:
            return person.card_awaited_since if person.card_awaited_from_abroad else None
        case Deadline.MOVE_IN_14_DAYS:
            return person.moved_in_on if _moving(person, Destination.DOMESTIC) else None
        case Deadline.RETURN_14_DAYS:
            return person.returned_on
        case Deadline.CONSUL_90_DAYS:
            return person.left_with_consul_on
        case Deadline.MOVE_IN_30_DAYS:
            return _planned(person, Destination.DOMESTIC)
        case Deadline.ABROAD_30_DAYS:
            return _planned(person, Destination.ABROAD)


def _moving(person: Person, destination: Destination) -> bool:
    return person.move_out is not None and person.move_out.destination is destination


def _planned(person: Person, destination: Destination) -> date | None:
    move = person.move_out
    return move.planned_on if move is not None and move.destination is destination else None


def _has_something(state: State, person: Person, at: datetime) -> bool:
    if person.died_on is not None:
        return False
    card = person.card is not None and person.card.live_at(at)
    return card or any(state.certificates[each].live_at(at) for each in person.unrevoked)
