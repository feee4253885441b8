"""``jpki-sim publish``: a whole night of revocation lists, from the columns of a population."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from jpki.cli.inputs import language
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.jst import moment
from jpki.validation import Language

if TYPE_CHECKING:
    from simulator.agency.nightly import NightDone, Stage

__all__ = ["publish"]


def publish(
    population: Annotated[
        Path, typer.Argument(metavar="DIR", help="What jpki-sim population left.")
    ],
    day: Annotated[str, typer.Option(metavar="DATE", help="The day whose lists are made.")],
    out: Annotated[Path, typer.Option(help="The folder to make; it must not exist yet.")],
    generation: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="List every certificate by this generation of its authority. Default: by the one "
            "that issued it.",
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also build the revocation index of the night."),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="How many processes share the work.")
    ] = 1,
    output: Annotated[Format, typer.Option("--format", help="How to print the result.")] = (
        Format.TEXT
    ),
    lang: Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")] = None,
) -> None:
    """Make a night's revocation lists: one of each authority for each municipality, signed.

    Municipalities of a population have numbers; their names are made up. Keys follow from the
    population's seed and protect nothing.
    """
    with told_errors():
        from simulator.agency.nightly import NightOptions, publish_night

        chosen = language(lang)
        if index is not None and index.resolve().is_relative_to(out.resolve()):
            raise ImpossibleFact("the index does not belong into the folder of the lists")
        with _bars(chosen) as progress:
            done = publish_night(
                population,
                out,
                on=_date(day),
                options=NightOptions(generation),
                processes=processes,
                progress=progress,
            )
            if index is not None:
                _build_index(index, done, progress)
        if output is Format.JSON:
            write_json(done.as_dict() | ({"index": str(index)} if index is not None else {}))
            return
        typer.echo(_said(done, chosen))
        if index is not None:
            typer.echo(_WORDS[chosen]["index"].format(index=index))


def _build_index(index: Path, done: NightDone, progress: Callable[[Stage, int, int], None]) -> None:
    from jpki.revocation.index import build_index
    from simulator.agency.nightly import Stage

    progress(Stage.INDEXING, 0, len(done.lists))
    build_index(
        index,
        done.paths,
        authorities=done.authorities,
        progress=lambda read, total: progress(Stage.INDEXING, read, total),
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MalformedDocument(
            f"{text!r} is no day", source="--day", hint="write it as 2030-05-01"
        ) from None


_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "gathering": "gathering",
        "writing": "lists",
        "indexing": "index",
        "said": "{lists:,} lists of {made} in {out}: {entries:,} entries, {held:,} of them held, "
        "{longest:,} on the longest; {bytes:,} bytes. The municipalities are made up.",
        "index": "revocation index in {index}",
    },
    "ja": {
        "gathering": "収集",
        "writing": "失効リスト",
        "indexing": "索引",
        "said": "{out}：{made} の失効リスト {lists:,} 件、登載 {entries:,} 件"
        "（うち一時停止 {held:,} 件）、最長 {longest:,} 件、{bytes:,} バイト。市区町村は架空です。",
        "index": "失効情報の索引：{index}",
    },
}


def _said(done: NightDone, chosen: Language) -> str:
    return _WORDS[chosen]["said"].format(**{**done.as_dict(), "made": moment(done.made)})


@contextmanager
def _bars(chosen: Language) -> Iterator[Callable[[Stage, int, int], None]]:
    """A bar for each stage on the error stream, when somebody looks at it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} / {task.total:,}"),
        TimeRemainingColumn(),
    )
    console, tasks = Console(stderr=True), dict[str, TaskID]()
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:

        def tell(stage: Stage, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(_WORDS[chosen][stage], total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield tell
