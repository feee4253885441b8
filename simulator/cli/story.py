"""``jpki-sim story``: run, check, list and describe stories."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from jpki.cli.inputs import language
from jpki.cli.telling import Format, Lang, told_errors
from simulator.cli.pictures import form_of, is_folder, save_pictures
from simulator.pictures import pictures_of
from simulator.story import (
    Outcome,
    Problem,
    Reading,
    Story,
    failure_text,
    outcome_data,
    read_file,
    run_story,
    story_files,
    story_schema,
)
from simulator.story.problems import Language
from simulator.story.report import title

__all__ = ["check", "list_command", "run", "schema", "story_app"]

story_app = typer.Typer(
    no_args_is_help=True,
    help="Stories: what happens to somebody, told in a TOML file, and what has to be so when.",
    epilog="Exit status: 0 as expected, 1 a story failed or has problems, 2 a file cannot be read.",
)

_FAILED = 1
_UNREADABLE = 2
# More runs than this are shown as progress and only what failed is listed.
_LISTED = 30

FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="Files or folders. Default: the stories that come along."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]
LangOption = Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")]


@story_app.command(epilog="Example: jpki-sim story run my-story.toml --lang ja")
def run(
    files: FilesArgument = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="List every story, however many.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|FOLDER",
            help="Draw what happened, with the failed expectation marked: a file (.svg .html "
            ".txt), or a folder for an SVG file of each run and person.",
        ),
    ] = None,
) -> None:
    """Run stories through the law and compare; print the first difference of each that fails.

    With --picture, a page holds every run; of other files there is one for each person of a run,
    named after the file that is given, or by themselves in a folder.
    Exit status 1 when a story fails, 2 when a file is not a story.
    """
    chosen = language(lang)
    if picture is not None and not is_folder(picture):
        form_of(picture)
    with told_errors():
        readings = [read_file(path) for path in story_files(files or ())]
    outcomes = tuple(_run(readings, quiet=output is Format.JSON))
    drawn = () if picture is None else _draw(outcomes, chosen, picture)
    problems = [problem for reading in readings for problem in reading.problems]
    if output is Format.JSON:
        _print_json(
            {
                "passed": all(outcome.passed for outcome in outcomes) and not problems,
                "runs": [outcome_data(outcome, chosen) for outcome in outcomes],
                "problems": [problem.as_data(chosen) for problem in problems],
                **({"pictures": [str(path) for path in drawn]} if drawn else {}),
            }
        )
    else:
        _print_outcomes(outcomes, chosen, listed=verbose or len(outcomes) <= _LISTED)
        _print_problems(problems, chosen, err=True)
        for path in drawn:
            typer.echo(f"{'図' if chosen == 'ja' else 'picture'}: {path}")
        typer.echo(_summary(readings, outcomes, chosen))
    if problems:
        raise typer.Exit(_UNREADABLE)
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(_FAILED)


@story_app.command(epilog="Example: jpki-sim story check stories/")
def check(
    files: FilesArgument = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Read stories without running them; list every mistake with its line and column."""
    chosen = language(lang)
    with told_errors():
        readings = [read_file(path) for path in story_files(files or ())]
    problems = [problem for reading in readings for problem in reading.problems]
    if output is Format.JSON:
        _print_json([problem.as_data(chosen) for problem in problems])
    else:
        _print_problems(problems, chosen)
        sentence = {
            "en": f"{len(readings)} files, {len(problems)} problems",
            "ja": f"{len(readings)}ファイル、問題{len(problems)}件",
        }
        typer.echo(sentence[chosen])
    if problems:
        raise typer.Exit(_FAILED)


@story_app.command()
def schema() -> None:
    """Print the JSON Schema of the format, for editors and for other programs."""
    _print_json(story_schema())


@story_app.command(name="list", epilog="Example: jpki-sim story list --covers EV-01")
def list_command(
    files: FilesArgument = None,
    covers: Annotated[
        str | None, typer.Option(help="Only stories that cover this row or date.")
    ] = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """List stories by name, with their titles and what they cover."""
    chosen = language(lang)
    with told_errors():
        readings = [read_file(path) for path in story_files(files or ())]
    stories = [
        reading.story
        for reading in readings
        if reading.story is not None and (covers is None or covers in reading.story.covers)
    ]
    problems = [problem for reading in readings for problem in reading.problems]
    if output is Format.JSON:
        _print_json([_listed(story, chosen) for story in stories])
    else:
        for story in stories:
            typer.echo(f"{story.id}  {_title(story, chosen)}  [{' '.join(story.covers)}]")
    if problems:
        _print_problems(problems, chosen, err=True)
        raise typer.Exit(_UNREADABLE)


def _run(readings: Iterable[Reading], *, quiet: bool) -> Iterator[Outcome]:
    stories = [reading.story for reading in readings if reading.story is not None]
    console = Console(stderr=True)
    hidden = quiet or not console.is_terminal or len(stories) <= _LISTED
    for story in track(stories, "stories", console=console, transient=True, disable=hidden):
        yield from run_story(story)


def _draw(outcomes: Iterable[Outcome], chosen: Language, picture: Path) -> tuple[Path, ...]:
    """Draw every run there is; nothing when no story could be read."""
    named = [
        (f"{outcome.name.replace('/', '-')}-{each.person}", each)
        for outcome in outcomes
        for each in pictures_of(outcome)
    ]
    if not named:
        return ()
    with told_errors():
        return save_pictures(named, chosen, picture)


def _print_outcomes(outcomes: Iterable[Outcome], chosen: Language, *, listed: bool) -> None:
    for outcome in outcomes:
        if outcome.passed and listed:
            typer.echo(f"ok    {outcome.name}  {title(outcome, chosen)}")
        elif not outcome.passed:
            typer.echo(f"FAIL  {outcome.name}  {title(outcome, chosen)}")
            typer.echo(failure_text(outcome, chosen))


def _print_problems(problems: Iterable[Problem], chosen: Language, *, err: bool = False) -> None:
    for problem in problems:
        typer.echo(problem.text(chosen), err=err)


def _print_json(data: object) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _summary(readings: list[Reading], outcomes: tuple[Outcome, ...], chosen: Language) -> str:
    failed = sum(not outcome.passed for outcome in outcomes)
    passed = len(outcomes) - failed
    unreadable = sum(reading.story is None for reading in readings)
    if chosen == "ja":
        told = f"{len(readings)}ファイル、{len(outcomes)}話: 成功{passed}、失敗{failed}"
        return told + (f"、読めないファイル{unreadable}" if unreadable else "")
    told = f"{len(readings)} files, {len(outcomes)} runs: {passed} passed, {failed} failed"
    return told + (f", {unreadable} files not read" if unreadable else "")


def _title(story: Story, chosen: Language) -> str:
    return story.title_ja if chosen == "ja" else story.title_en


def _listed(story: Story, chosen: Language) -> dict[str, object]:
    return {
        "story": story.id,
        "file": story.source,
        "title": _title(story, chosen),
        "covers": list(story.covers),
        "variants": [variant.id for variant in story.variants if variant.id],
    }
