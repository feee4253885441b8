"""``jpki-sim population``: a country of people under the rules, and what a change of rules does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from jpki.cli.telling import Format, told_errors, write_json
from jpki.errors import MalformedDocument
from jpki.law import Policies

if TYPE_CHECKING:
    from simulator.population import Figures, Rules, Summary

__all__ = ["population"]

_LAW = "law"


def population(
    out: Annotated[Path, typer.Option(help="The folder to make; it must not exist yet.")],
    people: Annotated[str, typer.Option(help="How many there are at the beginning: 1e6.")] = "1e5",
    years: Annotated[int, typer.Option(help="For how many years they live.")] = 10,
    seed: Annotated[str, typer.Option(help="The same seed gives the same bytes.")] = "1",
    begins: Annotated[
        str, typer.Option("--from", metavar="DATE", help="The first day.")
    ] = "2026-04-01",
    policy: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A choice that differs from the default."),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Live the same lives again under this choice, too; law=DATE freezes the law.",
        ),
    ] = None,
    rates: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file of rates: NAME = VALUE.")
    ] = None,
    events: Annotated[
        bool, typer.Option("--events", help="Write every event down, too; that is much.")
    ] = False,
    processes: Annotated[int, typer.Option(help="How many processes share the work.")] = 1,
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away what an earlier, unfinished run left.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print the result.")] = (
        Format.TEXT
    ),
) -> None:
    """Simulate a population: certificates, revocations, list sizes, load; all rates are assumed.

    A run that was killed leaves OUT.partial; the same command goes on with it.
    """
    with told_errors():
        from simulator.population import Scope, simulate

        scope = Scope(_many(people), years, _day(begins), seed, _figures(rates), events)
        first = _rules(policy or [])
        second = _rules([*(policy or []), *compare]) if compare else None
        with _bar(scope.people * (2 if second else 1)) as progress:
            runs = simulate(
                scope,
                out,
                rules=first,
                compared=second,
                processes=processes,
                restart=restart,
                progress=progress,
            )
        _tell(runs, out, output)


def _many(text: str) -> int:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if number != number or (abs(number) != float("inf") and number != int(number)):
        raise MalformedDocument(
            f"{text!r} is no number of people", source="--people", hint="write 100000 or 1e5"
        )
    return -1 if abs(number) == float("inf") else int(number)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MalformedDocument(
            f"{text!r} is no day", source="--from", hint="write it as 2026-04-01"
        ) from None


def _figures(path: Path | None) -> Figures:
    from simulator.population import shipped_figures

    if path is None:
        return shipped_figures()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise MalformedDocument(f"cannot be read: {why}", source=str(path)) from None
    return shipped_figures().with_(text, source=str(path))


def _rules(chosen: list[str]) -> Rules:
    from simulator.population import Rules

    policies, law_of = {}, None
    for text in chosen:
        name, equals, value = text.partition("=")
        if not equals:
            raise MalformedDocument(
                f"{text!r} is not a policy", source="--policy", hint="write NAME=VALUE"
            )
        if name == _LAW:
            law_of = _day(value)
            continue
        alternatives = Policies.default().row(name).alternatives
        same = [each for each in alternatives if str(each).lower() == value.lower()]
        policies[name] = same[0] if same else value
    return Rules(policies, law_of)


@contextmanager
def _bar(people: int) -> Iterator[Callable[[int], None]]:
    """A bar on the error stream, when somebody looks at it."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} people"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("living", total=people)

        def more(count: int) -> None:
            progress.advance(task, count)

        yield more


def _tell(runs: tuple[Summary, ...], out: Path, output: Format) -> None:
    from simulator.population.page import comparison

    if output is Format.JSON:
        write_json({"out": str(out), "runs": [run.as_dict() for run in runs]})
        return
    for letter, run in zip("AB", runs, strict=False):
        typer.echo(f"{letter}: {run.rules.words}" if len(runs) > 1 else run.rules.words)
    for what, _, counts in comparison(runs):
        typer.echo(f"{what:<44}" + "".join(f"{count:>16,}" for count in counts))
    typer.echo(f"tables, plots and page in {out}")
