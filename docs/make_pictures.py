"""Draw the demonstration on a terminal and a life: ``python docs/make_pictures.py``."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from jpki.validation import Language
from simulator.cli.demo import INDENTS, STYLES
from simulator.demo import Line, play
from simulator.pictures import pictures_of, svg
from simulator.story import read_file, run_story, shipped_stories

HERE = Path(__file__).parent
_WIDTH = 118
_LIFE = "sc-10-moved-then-lost-the-phone"


def story() -> list[Line]:
    """Play the demonstration and return what it tells."""
    told: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder) / "demo", seed="jpki-demo", tell=told.append)
    return told


def picture(told: list[Line], language: Language) -> str:
    """Return the story as an SVG terminal, the commands at its end left out."""
    console = Console(
        record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text("$ make demo", style="bold cyan"))
    first_command = next(n for n, line in enumerate(told) if line.tone == "command")
    for line in told[: first_command - 1]:
        console.print(Text(INDENTS[line.tone] + line.text(language), style=STYLES[line.tone]))
    return console.export_svg(title="jpki", unique_id=f"demo-{language}")


def timeline(language: Language) -> str:
    """Return a shipped story as a picture of a life."""
    told = read_file(shipped_stories() / f"{_LIFE}.toml").story
    if told is None:
        raise AssertionError("a shipped story reads well")
    (outcome,) = run_story(told)
    (drawn,) = pictures_of(outcome)
    return svg(drawn, language)


def main() -> None:
    """Write all pictures."""
    told = story()
    (HERE / "demo.svg").write_text(picture(told, "en"), encoding="utf-8")
    (HERE / "demo.ja.svg").write_text(picture(told, "ja"), encoding="utf-8")
    (HERE / "timeline.svg").write_text(timeline("en"), encoding="utf-8")
    (HERE / "timeline.ja.svg").write_text(timeline("ja"), encoding="utf-8")


if __name__ == "__main__":
    main()
