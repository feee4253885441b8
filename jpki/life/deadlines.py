"""Periods that the agency can work out from the registers, and which of them have run out.

The other periods (a real move-in date, a return to Japan, a card left with a consul) have to become
known from outside before anybody can record that they passed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from jpki.jst import day, require_aware
from jpki.life.events import Deadline, DeadlinePassed, Destination
from jpki.life.state import Person, State

__all__ = ["CALCULABLE", "deadlines_due", "last_day"]

CALCULABLE: dict[Deadline, int] = {
    Deadline.MOVE_IN_30_DAYS: 30,
    Deadline.ABROAD_30_DAYS: 30,
    Deadline.CARD_90_DAYS: 90,
}
"""Deadlines that follow from the registers alone, in days (Act 31(1)(ii); 番号法施行令 14(iii))."""


def last_day(person: Person, deadline: Deadline) -> date | None:
    """Return the last day of a calculable period, or None when it is not running."""
    begins = _begins(person, deadline)
    return None if begins is None else begins + timedelta(days=CALCULABLE[deadline])


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
    if deadline is Deadline.CARD_90_DAYS:
        return person.card_awaited_since
    move = person.move_out
    wanted = Destination.ABROAD if deadline is Deadline.ABROAD_30_DAYS else Destination.DOMESTIC
    return move.planned_on if move is not None and move.destination is wanted else None


def _has_something(state: State, person: Person, at: datetime) -> bool:
    if person.died_on is not None:
        return False
    card = person.card is not None and person.card.live_at(at)
    return card or any(state.certificates[each].live_at(at) for each in person.unrevoked)
