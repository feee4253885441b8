"""Looking at a world that is served: what is committed, of this program and of others.

Anybody may ask, so looking has to be cheap and must not be kept up by those who write: it has a
door of its own to the world's tables, asks first whether anything is another at all, and one look
serves all who asked before it began.
"""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import dataclass, replace
from datetime import datetime

from anyio import CapacityLimiter, to_thread

from jpki.life import entry_from_json
from simulator.agency.publication.view import Moment
from simulator.clock import WorldClock
from simulator.daily_run import next_due
from simulator.faults import FaultPlan, kept_plan
from simulator.store import FileVersion
from simulator.web.house import House
from simulator.world import World, read_log
from simulator.world_settings import WorldSettings

__all__ = ["Lookout", "Seen"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a world at one look.

    ``version`` of the file and ``mark`` of the tables are the same when nothing has been written
    since; before ``due`` nothing is recorded by itself.
    """

    version: int | None
    mark: object
    moment: Moment
    clock: WorldClock
    due: datetime
    faults: FaultPlan


class Lookout:
    """Whoever looks at a house's world. ``seen`` is the last look, and changes in the loop only."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._world = house.world
        self._store = house.world.store.beside()
        self._version = FileVersion(self._store.location)
        weakref.finalize(self, self._version.close)
        self._looking: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        self._one_at_a_time: CapacityLimiter | None = None
        self.seen = self._read(None)

    def __repr__(self) -> str:
        return "<Lookout>"

    async def look(self) -> None:
        """See the world as it is now or later; whoever asks while a look waits shares it."""
        if self.at_once():
            return
        if self._next is None:
            # One that is under way may have begun before that was written which is asked about.
            self._next = asyncio.create_task(self._look_after(self._looking))
            self._next.add_done_callback(_retrieved)
        await asyncio.shield(self._next)

    def at_once(self) -> bool:
        """See the world as it is now, and say so, if nothing has to be waited for to know that."""
        if self._next is not None or not (self._looking is None or self._looking.done()):
            return False
        version = self._version.read()
        if version is None or version != self.seen.version:
            return False
        shows = _shown(self._world, self.seen)
        if self.seen.clock.runs and shows >= self.seen.due:
            return False
        self.seen = _at(self.seen, shows)
        return True

    async def _look_after(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._looking, self._next = self._next, None
        if self._one_at_a_time is None:
            # Threads of its own: those of the rest may all wait for a writer.
            self._one_at_a_time = CapacityLimiter(1)
        self.seen = await to_thread.run_sync(self._newer, self.seen, limiter=self._one_at_a_time)

    def _newer(self, seen: Seen) -> Seen:
        # Asked before the tables are: what is written in between is seen the next time.
        version = self._version.read()
        if self._store.mark() != seen.mark:
            seen = self._read(seen)
        shows = _shown(self._world, seen)
        if seen.clock.runs and shows >= seen.due:
            self._house.tick()
            seen = self._read(seen)
            shows = _shown(self._world, seen)
        return _at(replace(seen, version=version), shows)

    def _read(self, seen: Seen | None) -> Seen:
        with self._store.reading():
            mark = self._store.mark()
            rows = self._store.settings()
            entries = seen.moment.entries if seen else self._world.entries
            last = entries[-1].seq if entries else 0
            more = tuple(read_log(self._store, after=last))
            notices = [entry_from_json(line).recorded_at for _, line in self._store.pending()]
            faults = kept_plan(self._store)
        known = WorldSettings.from_rows(rows)
        now = max(known.now, seen.moment.now) if seen and known.clock.runs else known.now
        return Seen(
            None,
            mark,
            Moment(now, entries + more if more else entries),
            known.clock,
            next_due(now, notices),
            faults,
        )


def _shown(world: World, seen: Seen) -> datetime:
    if not seen.clock.runs:
        return seen.moment.now
    return seen.clock.reading(world.machine_now(), at_least=seen.moment.now)


def _at(seen: Seen, shows: datetime) -> Seen:
    if shows == seen.moment.now:
        return seen
    return replace(seen, moment=Moment(shows, seen.moment.entries))


def _retrieved(task: asyncio.Task[None]) -> None:
    """Nobody may be left who waits for it."""
    if not task.cancelled():
        task.exception()
