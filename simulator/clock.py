"""Where the simulator's time comes from: the only place here that may look at a real clock."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.jst import moment, require_aware

__all__ = ["END", "FASTEST", "Clock", "ClockKind", "FixedClock", "RealClock", "WorldClock"]

FASTEST: Final = 1_000_000.0
"""The largest factor of an accelerated clock: eleven days a second."""

END: Final = datetime(9999, 12, 30, tzinfo=UTC)
"""No world's clock shows more: dates end with 9999, and a day in Japan begins before UTC's.

A clock that gets there by itself stands still from then on."""


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


class ClockKind(StrEnum):
    """How a world's clock goes."""

    FROZEN = "frozen"
    REAL_TIME = "real-time"
    ACCELERATED = "accelerated"


@dataclass(frozen=True, slots=True)
class WorldClock:
    """How a world's clock goes, as it is kept with the world.

    A frozen clock stands until it is moved. The others show ``shown_at`` when this machine's clock
    shows ``machine_at`` and go on from there, ``factor`` seconds a second. When this machine's
    clock is set back they stand still until it has caught up.
    """

    kind: ClockKind = ClockKind.FROZEN
    factor: float = 1.0
    shown_at: datetime | None = None
    machine_at: datetime | None = None

    @classmethod
    def frozen(cls) -> WorldClock:
        """Return a clock that stands still until it is moved."""
        return cls()

    @classmethod
    def real_time(cls, shown_at: datetime, machine_at: datetime) -> WorldClock:
        """Return a clock that goes as fast as this machine's."""
        return cls(ClockKind.REAL_TIME, 1.0, require_aware(shown_at), require_aware(machine_at))

    @classmethod
    def accelerated(cls, factor: float, shown_at: datetime, machine_at: datetime) -> WorldClock:
        """Return a clock that goes ``factor`` times as fast as this machine's.

        ``MalformedDocument`` unless the factor is above 0 and at most ``FASTEST``.
        """
        if not (math.isfinite(factor) and 0 < factor <= FASTEST):
            raise MalformedDocument(
                f"a clock cannot go {factor:g} times as fast",
                source="clock",
                hint=f"give a factor above 0, up to {FASTEST:,.0f}",
            )
        return cls(
            ClockKind.ACCELERATED,
            float(factor),
            require_aware(shown_at),
            require_aware(machine_at),
        )

    @property
    def runs(self) -> bool:
        """Whether it goes by itself."""
        return self.kind is not ClockKind.FROZEN

    def reading(self, machine_now: datetime, *, at_least: datetime) -> datetime:
        """Return what the clock shows when this machine's shows ``machine_now``.

        Never before ``at_least``, what it has shown already, and never more than ``END``.
        """
        if self.shown_at is None or self.machine_at is None:
            return at_least
        passed = max(require_aware(machine_now) - self.machine_at, timedelta(0))
        try:
            shown = self.shown_at + passed * self.factor
        except OverflowError:
            shown = END
        return max(min(shown, END), require_aware(at_least))

    def moved(self, to: datetime, machine_now: datetime) -> WorldClock:
        """Return the clock as it goes on from ``to``."""
        if not self.runs:
            return self
        return replace(self, shown_at=require_aware(to), machine_at=require_aware(machine_now))

    def to_json(self) -> str:
        """Return the clock as one line of JSON."""
        kept: dict[str, object] = {"kind": self.kind.value}
        if self.shown_at is not None and self.machine_at is not None:
            kept |= {
                "factor": self.factor,
                "shown_at": self.shown_at.isoformat(),
                "machine_at": self.machine_at.isoformat(),
            }
        return json.dumps(kept, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> WorldClock:
        """Return the clock that ``to_json`` wrote; ``MalformedDocument`` for anything else."""
        try:
            kept = json.loads(text)
            kind = ClockKind(kept["kind"])
            if kind is ClockKind.FROZEN:
                return cls.frozen()
            shown_at = datetime.fromisoformat(kept["shown_at"])
            machine_at = datetime.fromisoformat(kept["machine_at"])
            factor = 1.0 if kind is ClockKind.REAL_TIME else float(kept["factor"])
            return replace(cls.accelerated(factor, shown_at, machine_at), kind=kind)
        except (ValueError, KeyError, TypeError, OverflowError):
            raise MalformedDocument("the kind of clock cannot be read", source="world") from None


class RealClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)  # noqa: TID251  the simulator's one look at a real clock
