"""A world as those see it to whom it is served: at one moment, however it goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from jpki.law import Rulebook
from jpki.life import Recorded
from simulator.agency.agency import Agency
from simulator.agency.publication.office import PublishedWorld
from simulator.keys import KeySource, SeededChance

__all__ = ["Moment", "WorldView"]


@dataclass(frozen=True, slots=True, repr=False)
class Moment:
    """An instant of a world and its log at it, which a clock that stands still may add to."""

    now: datetime
    entries: tuple[Recorded, ...]

    def __repr__(self) -> str:
        return f"<Moment, {len(self.entries)} entries>"


class WorldView:
    """A world whose clock and log are those of a moment; ``moment`` says which, each time."""

    def __init__(self, world: PublishedWorld, moment: Callable[[], Moment]) -> None:
        self._world = world
        self._moment = moment

    def __repr__(self) -> str:
        return "<WorldView>"

    @property
    def now(self) -> datetime:
        """What the clock shows."""
        return self._moment().now

    @property
    def entries(self) -> tuple[Recorded, ...]:
        """The log."""
        return self._moment().entries

    @property
    def book(self) -> Rulebook:
        """The rules and the policies chosen."""
        return self._world.book

    @property
    def agency(self) -> Agency:
        """Who signs."""
        return self._world.agency

    @property
    def keys(self) -> KeySource:
        """Where keys come from."""
        return self._world.keys

    @property
    def chance(self) -> SeededChance:
        """The world's chance."""
        return self._world.chance
