"""``jpki-sim demo``: the main job from the card to the reason why."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from jpki.cli.inputs import language
from jpki.cli.telling import Lang, told_errors
from simulator.cli.worlds import location
from simulator.demo import Line, Tone, play

__all__ = ["INDENTS", "STYLES", "demo"]

STYLES: dict[Tone, str] = {
    "scene": "bold",
    "fact": "",
    "good": "green",
    "bad": "red",
    "command": "cyan",
}
INDENTS: dict[Tone, str] = {
    "scene": "\n",
    "fact": "  ",
    "good": "  ",
    "bad": "  ",
    "command": "  $ ",
}


def demo(
    out: Annotated[Path, typer.Option(help="The folder to leave everything in.")] = Path(
        "build/demo"
    ),
    seed: Annotated[str, typer.Option(help="The same seed gives the same bytes.")] = "jpki-demo",
    lang: Annotated[
        Lang | None, typer.Option(help="Language of the story. Default: the locale's.")
    ] = None,
    world: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|URL", help="Where to make the world. Default: world.sqlite in the folder."
        ),
    ] = None,
) -> None:
    """Play the main job: card, signature, verdict, move, revoked and why."""
    console = Console(highlight=False, soft_wrap=True)
    chosen = language(lang)

    def tell(line: Line) -> None:
        text = Text(INDENTS[line.tone] + line.text(chosen), style=STYLES[line.tone])
        console.print(text)

    with told_errors():
        place = location(world) if world is not None else None
        play(out, seed=seed, tell=tell, commands=_as_called(), world=place)


def _as_called() -> str:
    """Return what to put before a command's name so that it can be pasted as it stands."""
    called = Path(sys.argv[0])
    on_path = shutil.which(called.name)
    if on_path is not None and Path(on_path).resolve() == called.resolve():
        return ""
    return f"{called.parent}/"
