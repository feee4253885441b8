"""The clock of a test's world: it stands still until the test moves it."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from jpki.errors import MalformedDocument
from jpki.jst import JST, at_time, day, moment, require_aware
from simulator.world import World

__all__ = ["WorldClock", "read_duration", "read_instant"]

_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION: Final = re.compile(r"(?:\d+[wdhms])+", re.ASCII)
_PART: Final = re.compile(r"(\d+)([wdhms])", re.ASCII)
_NOON: Final = time(12)
_DAY_ALONE: Final = len("2026-08-05")
_LONGEST: Final = 12
"""Digits and letters of a duration; more are a mistake, and would pass every calendar."""


def read_duration(text: str) -> timedelta:
    """Return a duration such as ``26h``, ``15m``, ``2d`` or ``1d12h``; units w, d, h, m, s.

    Raises ``MalformedDocument`` for anything else.
    """
    if len(text) > _LONGEST or _DURATION.fullmatch(text) is None:
        raise MalformedDocument(
            f"{text[:40]!r} is no duration", source="clock", hint="write 26h, 15m, 2d or 1d12h"
        )
    try:
        parts = (timedelta(**{_UNITS[unit]: int(n)}) for n, unit in _PART.findall(text))
        return sum(parts, timedelta(0))
    except OverflowError:
        raise MalformedDocument(f"{text!r} is longer than time", source="clock") from None


def read_instant(value: str | date | datetime, *, source: str = "at") -> datetime:
    """Return the instant that a test names, in UTC.

    A text is ISO 8601; without a zone it is Japan time. A day alone, as text or as ``date``, means
    noon in Japan. Raises ``MalformedDocument`` for anything else, a naive ``datetime`` included.
    """
    try:
        if isinstance(value, datetime):
            return require_aware(value)
        if isinstance(value, date):
            return at_time(value, _NOON)
        if len(value) == _DAY_ALONE:
            return at_time(date.fromisoformat(value), _NOON)
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise MalformedDocument(
            f"{value!r} is not an instant",
            source=source,
            hint="write '2026-08-04T09:00', which is Japan time, or give an aware datetime",
        ) from None
    return require_aware(at if at.tzinfo else at.replace(tzinfo=JST))


class WorldClock:
    """The world's clock. What is due to be recorded in between is recorded when it moves on."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __repr__(self) -> str:
        return f"<WorldClock {moment(self.now)}>"

    def __call__(self) -> datetime:
        """Return the instant it shows, so that the clock serves where a function is wanted."""
        return self.now

    @property
    def now(self) -> datetime:
        """The instant it shows, aware, in UTC."""
        return self._world.now

    @property
    def today(self) -> date:
        """The Japan day it shows."""
        return day(self.now)

    def advance(self, by: str | timedelta) -> datetime:
        """Move on by ``26h``, ``2d``, ``15m`` or a ``timedelta``, and return the new instant.

        Raises ``ImpossibleFact`` when that would be backwards, ``MalformedDocument`` for a text
        that is no duration.
        """
        length = read_duration(by) if isinstance(by, str) else by
        try:
            to = self.now + length
        except OverflowError:
            raise MalformedDocument(
                "that is after the end of the calendar", source="clock"
            ) from None
        return self._move(to)

    def at(self, instant: str | date | datetime) -> datetime:
        """Move on to an instant and return it; a day alone means noon in Japan.

        Raises ``ImpossibleFact`` when it lies in the past.
        """
        return self._move(read_instant(instant, source="clock.at"))

    def _move(self, to: datetime) -> datetime:
        self._world.advance(to)
        return self.now
