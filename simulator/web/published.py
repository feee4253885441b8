"""The publication beside the rest: it sees what is committed, of this program and of others.

Publication is asked in the event loop while commands run in threads, so it is given a view of the
world that changes between commands only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from jpki.errors import JpkiError
from jpki.law import Rulebook
from jpki.life import Recorded
from simulator.agency.agency import Agency
from simulator.agency.publication.app import publication_app
from simulator.faults import FaultPlan, FaultsAtWork
from simulator.keys import KeySource, SeededChance
from simulator.web.house import House
from simulator.web.problems import problem_of, problem_response
from simulator.world import World

__all__ = ["FAULTS", "PublishedView", "ordered_faults", "published"]

FAULTS: Final = "faults"
"""The world's setting that holds the faults ordered."""


class PublishedView:
    """A world as it was after the last command, or the last look at what others wrote."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.entries: tuple[Recorded, ...] = ()
        self.now: datetime = world.now
        self.faults = FaultPlan()
        self.renew()

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

    def renew(self) -> None:
        """See the world as it is now; called while nobody writes."""
        self.entries, self.now = self._world.entries, self._world.now
        self.faults = ordered_faults(self._world)


def ordered_faults(world: World) -> FaultPlan:
    """Return the faults that are ordered in a world."""
    kept = world.store.get(FAULTS)
    return FaultPlan() if kept is None else FaultPlan.from_json(kept)


def published(house: House) -> ASGIApp:
    """Return the publication of a house's world; each question sees the world as it is then."""
    view = PublishedView(house.world)
    at_work = FaultsAtWork(lambda: view.faults)
    site: Starlette = publication_app(lambda: view, at_work)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await run_in_threadpool(house.look, view.renew)
        except JpkiError as error:
            await problem_response(problem_of(error))(scope, receive, send)
            return
        await site(scope, receive, send)

    return app
