"""Which world a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jpki.errors import MalformedDocument
from simulator.clock import ClockKind
from simulator.store import Location, is_url
from simulator.world import World

__all__ = ["WorldOption", "location", "opened_world", "world_path"]

_USUAL_PLACES = (Path("world.sqlite"), Path("build/demo/world.sqlite"))

WorldOption = Annotated[
    str | None,
    typer.Option(
        envvar="JPKI_SIM_WORLD",
        metavar="FILE|URL",
        help="The world: a file, or postgresql://user@host/database. "
        "Default: world.sqlite here, else the demonstration's.",
    ),
]


def location(text: str) -> Location:
    """Return where a world is, by what was typed."""
    return text if is_url(text) else Path(text)


def world_path(chosen: str | None) -> Location:
    """Return the world that was chosen, or one in the usual places."""
    if chosen is not None:
        return location(chosen)
    for place in _USUAL_PLACES:
        if place.is_file():
            return place
    raise MalformedDocument(
        "no world was named and there is none here",
        hint="give --world FILE, or make one with: jpki-sim init world.sqlite",
    )


def opened_world(chosen: str | None) -> World:
    """Open the world that was chosen; a clock that runs by itself is let catch up."""
    world = World.open(world_path(chosen))
    try:
        if world.clock_kind is not ClockKind.FROZEN:
            world.tick()
    except BaseException:
        world.close()
        raise
    return world
