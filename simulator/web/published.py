"""The publication beside the rest: each question sees the world as it is when it is asked.

Publication is asked in the event loop while commands run in threads, so it is given a view of the
world that changes between questions only, and never what is not committed.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from jpki.errors import JpkiError
from simulator.agency.publication.app import publication_app
from simulator.agency.publication.view import WorldView
from simulator.faults import FaultsAtWork
from simulator.web.looking import Lookout
from simulator.web.problems import problem_of, problem_response
from simulator.world import World

__all__ = ["looking_first", "published"]


def published(world: World, lookout: Lookout, at_work: FaultsAtWork) -> ASGIApp:
    """Return the publication of a world that is looked at, with the faults that are at work."""
    view = WorldView(world, lambda: lookout.seen.moment)
    return looking_first(publication_app(lambda: view, at_work), lookout)


def looking_first(site: Starlette, lookout: Lookout) -> ASGIApp:
    """Return an application that is asked after a look at the world, each time."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await lookout.look()
        except JpkiError as error:
            await problem_response(problem_of(error))(scope, receive, send)
            return
        await site(scope, receive, send)

    return app
