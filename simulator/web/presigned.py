"""A world's publication with OCSP answered from memory, by one of several processes that share it.

Every process sees the world's tables itself and keeps nothing of its own, so any of them may be
asked, or ended, at any time.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from jpki.errors import JpkiError
from simulator.agency.presigned import PresignedResponder, Turn
from simulator.agency.presigned.source import PresignedSource
from simulator.agency.publication import Publication
from simulator.agency.publication.app import publication_app
from simulator.agency.publication.view import WorldView
from simulator.faults import FaultsAtWork
from simulator.web.house import House
from simulator.web.looking import Lookout
from simulator.web.published import looking_first
from simulator.world import World

__all__ = ["build_responder"]


def build_responder(world: World, path: Path) -> PresignedResponder:
    """Return the publication of a world that answers OCSP from the file at a path where it may.

    What is not in the file, or must not be given any more, is answered as without it. Another file
    that takes its place is opened when this one has had its time.
    """
    lookout = Lookout(House(world, admin_token=secrets.token_urlsafe()))
    at_work = FaultsAtWork(lambda: lookout.seen.faults)
    view = WorldView(world, lambda: lookout.seen.moment)
    publication = Publication(view)
    source = PresignedSource(path, publication)
    publication.presigned = source.find

    def look() -> Turn | None:
        return turn() if lookout.at_once() else None

    async def wait() -> Turn | None:
        try:
            await lookout.look()
        except JpkiError:
            return None  # the rest says which
        return turn()

    def turn() -> Turn | None:
        moment = lookout.seen.moment
        return source.turn(moment.now, moment.entries) if at_work.idle else None

    rest = publication_app(lambda: view, at_work, publication=publication)
    return PresignedResponder(look, looking_first(rest, lookout), wait=wait)
