"""Which world a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jpki.errors import MalformedDocument

__all__ = ["WorldOption", "world_path"]

_USUAL_PLACES = (Path("world.sqlite"), Path("build/demo/world.sqlite"))

WorldOption = Annotated[
    Path | None,
    typer.Option(
        envvar="JPKI_SIM_WORLD",
        help="The world file. Default: world.sqlite here, else the demonstration's.",
    ),
]


def world_path(chosen: Path | None) -> Path:
    """Return the world file that was chosen, or one in the usual places."""
    if chosen is not None:
        return chosen
    for place in _USUAL_PLACES:
        if place.is_file():
            return place
    raise MalformedDocument(
        "no world was named and there is none here",
        hint="give --world FILE, or make one with: jpki-sim demo",
    )
