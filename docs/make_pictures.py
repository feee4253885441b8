"""Draw the demonstration as it looks on a terminal: ``python docs/make_pictures.py``."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from simulator.cli.app import INDENTS, STYLES
from simulator.demo import Line, play

HERE = Path(__file__).parent
_WIDTH = 118


def picture(language: str) -> str:
    """Return the demonstration's story as an SVG terminal, commands left out."""
    story: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder) / "demo", seed="jpki-demo", tell=story.append)
    console = Console(
        record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text("$ make demo", style="bold cyan"))
    first_command = next(n for n, line in enumerate(story) if line.tone == "command")
    for line in story[: first_command - 1]:
        text = line.ja if language == "ja" else line.en
        console.print(Text(INDENTS[line.tone] + text, style=STYLES[line.tone]))
    return console.export_svg(title="jpki", unique_id=f"demo-{language}")


def main() -> None:
    """Write both pictures."""
    for language, name in (("en", "demo.svg"), ("ja", "demo.ja.svg")):
        (HERE / name).write_text(picture(language), encoding="utf-8")


if __name__ == "__main__":
    main()
