"""Where instants stand on the axis: one after another, far apart or not, with the gaps shown.

A life has years without events and seconds with three of them. So the axis is cut into days on
which something happens. Within a day each instant has its own place; between days the room grows
with the logarithm of the time, which is written beside it, and a gap of more than
``BREAK_DAYS`` is drawn broken. When that is too wide, instants of one minute, day, month or year
share a place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jpki.jst import JST, day
from simulator.pictures.model import Words

__all__ = ["BREAK_DAYS", "Axis", "Gap", "Grain", "Place", "axis_of", "length_words"]

BREAK_DAYS = 31
"""A gap longer than this many days is drawn broken."""

_SECONDS_APART = 27.0
_MINUTES_APART = 46.0
_PER_DECADE = 13.0
_MOST_STRETCH = 3.0
_ONE_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Grain:
    """Which instants share a place: those of one ``name``; None when each has its own.

    ``apart`` is the least room from a place to one of another day, for the date under it, and
    ``unit`` how many days that is for.
    """

    name: Words | None
    key: Callable[[datetime], object]
    apart: float = 76.0
    unit: int = 1


def _japan(at: datetime) -> datetime:
    return at.astimezone(JST)


_GRAINS = (
    Grain(None, lambda at: at),
    Grain(Words("minute", "分"), lambda at: _japan(at).replace(second=0, microsecond=0)),
    Grain(Words("day", "日"), day),
    Grain(Words("month", "月"), lambda at: (day(at).year, day(at).month), 56.0, 31),
    Grain(Words("year", "年"), lambda at: day(at).year, 56.0, 366),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the axis and the first and last instant that stand there."""

    x: float
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """The way from one place to the next, when a day or more begins in between.

    ``broken`` says that time is left out visibly.
    """

    x0: float
    x1: float
    days: int
    broken: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """The places from left to right, and where each instant stands."""

    places: tuple[Place, ...]
    gaps: tuple[Gap, ...]
    grain: Words | None
    _x: Mapping[datetime, float]

    def x(self, at: datetime) -> float:
        """Return where an instant of the picture stands."""
        return self._x[at]

    @property
    def end(self) -> float:
        """Where the last place is."""
        return self.places[-1].x


def axis_of(
    instants: Iterable[datetime],
    *,
    start: float,
    room: float,
    long_room: float | None = None,
    least: float = 0.0,
) -> Axis:
    """Return the axis for these instants from ``start`` on, in ``room`` if that can be.

    A life that does not fit there by months is given ``long_room``, and is drawn by years when
    that is too little, too. Two years never share a place, whatever room they take.
    """
    ordered = sorted(set(instants))
    for limit in (room, room if long_room is None else long_room):
        for grain in _GRAINS[:-1]:
            made = _axis(ordered, grain, start)
            if made.end - start <= limit:
                return _stretched(made, start, least)
    return _axis(ordered, _GRAINS[-1], start)


def _axis(ordered: Sequence[datetime], grain: Grain, start: float) -> Axis:
    groups: list[list[datetime]] = []
    for at in ordered:
        if groups and grain.key(groups[-1][-1]) == grain.key(at):
            groups[-1].append(at)
        else:
            groups.append([at])
    places: list[Place] = []
    gaps: list[Gap] = []
    where: dict[datetime, float] = {}
    x = start
    for group in groups:
        if places:
            before = places[-1].last
            days = (day(group[0]) - day(before)).days
            step = _step(group[0] - before, days, grain)
            if days:
                gaps.append(Gap(x, x + step, days, days > max(BREAK_DAYS, 2 * grain.unit)))
            x += step
        places.append(Place(x, group[0], group[-1]))
        where.update(dict.fromkeys(group, x))
    return Axis(tuple(places), tuple(gaps), grain.name, where)


def _stretched(axis: Axis, start: float, least: float) -> Axis:
    length = axis.end - start
    if not 0 < length < least:
        return axis
    by = min(_MOST_STRETCH, least / length)

    def to(x: float) -> float:
        return round(start + (x - start) * by, 2)

    return Axis(
        tuple(replace(place, x=to(place.x)) for place in axis.places),
        tuple(replace(gap, x0=to(gap.x0), x1=to(gap.x1)) for gap in axis.gaps),
        axis.grain,
        {at: to(x) for at, x in axis._x.items()},
    )


def _step(apart: timedelta, days: int, grain: Grain) -> float:
    if days:
        return grain.apart + _PER_DECADE * math.log10(max(1.0, days / grain.unit))
    return _SECONDS_APART if apart < _ONE_MINUTE else _MINUTES_APART


def length_words(days: int) -> Words:
    """Return a number of days as people say it: days, then months, then years and months."""
    if days <= BREAK_DAYS * 2:
        return Words(f"{days} d", f"{days}日")
    months = round(days / 30.4375)
    years, months = divmod(months, 12)
    if not years:
        return Words(f"{months} mo", f"{months}か月")
    if not months:
        return Words(f"{years} y", f"{years}年")
    return Words(f"{years} y {months} mo", f"{years}年{months}か月")
