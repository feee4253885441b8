"""Where the simulator's time comes from: the only place here that may look at a real clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from jpki.errors import ImpossibleFact
from jpki.jst import moment, require_aware

__all__ = ["Clock", "FixedClock", "RealClock"]


class Clock(Protocol):
    """Something that says what time it is."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class FixedClock:
    """A clock that stands still until it is moved, and never backwards."""

    def __init__(self, at: datetime) -> None:
        self._at = require_aware(at)

    def now(self) -> datetime:
        """Return the instant the clock was set to."""
        return self._at

    def advance(self, by: timedelta) -> datetime:
        """Move the clock on by ``by`` and return the new instant."""
        return self.set(self._at + by)

    def set(self, at: datetime) -> datetime:
        """Move the clock to ``at``; ``ImpossibleFact`` when that lies in the past."""
        if require_aware(at) < self._at:
            raise ImpossibleFact(
                f"the clock shows {moment(self._at)} and cannot go back to {moment(at)}"
            )
        self._at = require_aware(at)
        return self._at


class RealClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)  # noqa: TID251  the simulator's one look at a real clock
