"""When the agency's daily run has something to record: the days on which periods ran out.

A run finds nothing on most days, so the days between are not gone through: a clock that is moved
by ten years costs no more than one that is moved by a day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta
from typing import Final

from jpki.jst import at_time, day
from jpki.life import State, advance, deadlines_due
from jpki.life.deadlines import CALCULABLE, last_day

__all__ = ["RECORDING_TIME", "next_due", "next_run"]

RECORDING_TIME: Final = time(3, 0)
"""When the agency records in Japan what was reported the day before, and then what ran out.

That it records on the next day was observed for a move; the hour is an assumption, and so is that
the run comes last, so that what was done on a period's last day and reported ends the period.
"""

_DAY: Final = timedelta(days=1)


def next_due(now: datetime, notices: Iterable[datetime]) -> datetime:
    """Return before when nothing is recorded by itself: a notice arrives, or a run is made.

    ``notices`` are the instants at which those on their way will be recorded. Whether a run would
    find anything is not asked, so this costs nothing.
    """
    run = at_time(day(now), RECORDING_TIME)
    return min([run if run > now else run + _DAY, *notices])


def next_run(
    state: State, after: datetime, until: datetime, *, on_its_way: Collection[str] = ()
) -> datetime | None:
    """Return when the first run after ``after`` and by ``until`` is that finds something.

    ``on_its_way`` names people about whom a notice has not been recorded yet: they are left to the
    runs after it, as the municipality knew in time.
    """
    first = at_time(day(after), RECORDING_TIME)
    if first <= after:
        if until - first < _DAY:
            return None
        first += _DAY
    if first > until:
        return None
    wanted = {
        max(first, at_time(ends_on + _DAY, RECORDING_TIME))
        for person in state.people.values()
        if person.id not in on_its_way
        for deadline in CALCULABLE
        if (ends_on := last_day(person, deadline)) is not None and ends_on < day(until)
    }
    for at in sorted(wanted):
        if at > until:
            break
        due = deadlines_due(advance(state, (), at=at), at)
        if any(passed.person not in on_its_way for passed in due):
            return at
    return None
