"""``jpki-sim fault``: what the agency is to do wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from jpki.cli.inputs import instant, language
from jpki.cli.telling import Format, Lang, told_errors
from jpki.errors import MalformedDocument
from jpki.jst import start_of_day
from simulator.cli.worlds import WorldOption, opened_world
from simulator.faults import (
    CATALOGUE,
    Fault,
    FaultName,
    FaultPlan,
    Order,
    Target,
    fault_schema,
    hostile_plan,
    lint_faults,
    read_fault,
    read_faults,
)
from simulator.faults.kept import clear_faults, keep_plan, kept_plan, order_faults
from simulator.world import World

__all__ = ["clear", "fault_app", "hostile", "lint", "list_command", "names", "order", "schema"]

fault_app = typer.Typer(
    no_args_is_help=True,
    help="Faults on order: stale lists, lying answers, broken connections; by name and by chance.",
)
_REMARKED, _UNREADABLE = 1, 2

FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]
LangOption = Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")]


@fault_app.command(epilog="Example: jpki-sim fault names --format json")
def names(output: FormatOption = Format.TEXT, lang: LangOption = None) -> None:
    """List the faults there are, what each befalls, and what a verifier must come to."""
    chosen = language(lang)
    if output is Format.JSON:
        rows = [
            {
                "name": name.value,
                "en": kind.en,
                "ja": kind.ja,
                "parameters": dict(kind.parameters),
                "standing": {target.value: told for target, told in kind.standing.items()},
            }
            for name, kind in CATALOGUE.items()
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for name, kind in CATALOGUE.items():
        told = kind.ja if chosen == "ja" else kind.en
        typer.echo(f"{name.value:28}{', '.join(kind.targets):16}{told}")


@fault_app.command(name="list", epilog="Example: jpki-sim fault list --world world.sqlite")
def list_command(world: WorldOption = None, output: FormatOption = Format.TEXT) -> None:
    """List what is ordered."""
    with _opened(world) as opened:
        _tell(kept_plan(opened.store), output)


@fault_app.command(
    epilog="Example: jpki-sim fault order stale-crl --partition 13113 --since 2024-05-02"
)
def order(
    what: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A fault, or a file of them.")],
    target: Annotated[Target | None, typer.Option(help="What it befalls. Default: all.")] = None,
    purpose: Annotated[str | None, typer.Option(help="sign or auth. Default: both.")] = None,
    generation: Annotated[int | None, typer.Option(help="Of the authority.")] = None,
    partition: Annotated[str | None, typer.Option(help="A municipality's five digits.")] = None,
    serial: Annotated[int | None, typer.Option(help="A certificate's serial.")] = None,
    chance: Annotated[float | None, typer.Option(help="Of each question. Default: 1.")] = None,
    burst: Annotated[int | None, typer.Option(help="How many fail in a row.")] = None,
    times: Annotated[int | None, typer.Option(help="At most so often.")] = None,
    since: Annotated[
        str | None, typer.Option(help="From this day or instant of the world on.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Before this day or instant.")] = None,
    days: Annotated[int | None, typer.Option(help="A parameter of some faults.")] = None,
    seconds: Annotated[float | None, typer.Option(help="A parameter of some faults.")] = None,
    size: Annotated[int | None, typer.Option("--bytes", help="Of some faults.")] = None,
    status: Annotated[int | None, typer.Option(help="The status of http-5xx.")] = None,
    seed: Annotated[int | None, typer.Option(help="For all chances of this world.")] = None,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Order a fault by name, or all those in a TOML file; they hold until they are cleared."""
    with told_errors():
        given = {
            "target": target,
            "purpose": purpose,
            "generation": generation,
            "partition": partition,
            "serial": serial,
            "chance": chance,
            "burst": burst,
            "times": times,
            "since": None if since is None else _when(since),
            "until": None if until is None else _when(until),
            "days": days,
            "seconds": seconds,
            "bytes": size,
            "status": status,
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        faults, file_seed = _faults(what, chosen)
        with _opened(world) as opened:
            wanted = file_seed if seed is None else seed
            _tell(order_faults(opened.store, *faults, seed=wanted), output)


@fault_app.command(epilog="Example: jpki-sim fault clear 2")
def clear(
    number: Annotated[int | None, typer.Argument(help="An order. Default: all of them.")] = None,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Clear an order, or all of them."""
    with _opened(world) as opened:
        _tell(clear_faults(opened.store, number), output)


@fault_app.command(epilog="Example: jpki-sim fault hostile --seed 3")
def hostile(
    seed: Annotated[int, typer.Option(help="The same seed errs the same.")] = 0,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Order every fault, each now and then, in place of what is ordered."""
    with _opened(world) as opened:
        before = kept_plan(opened.store).cleared()
        faults = [one.fault for one in hostile_plan(seed).orders]
        plan = FaultPlan(seed, (), before.next_number).ordered(*faults)
        _tell(keep_plan(opened.store, plan), output)


@fault_app.command(
    epilog="Example: jpki-sim fault lint faults.toml. Exit status: 1 for a remark, 2 for an error."
)
def lint(file: Annotated[Path, typer.Argument(help="A file of faults.")]) -> None:
    """Say what is wrong or odd about a file of faults."""
    with told_errors():
        remarks = lint_faults(_text(file), source=str(file))
    for remark in remarks:
        place = f"fault {remark.number}: " if remark.number else ""
        typer.echo(f"{file}: {place}{remark.text}")
    if remarks:
        raise typer.Exit(_UNREADABLE if remarks[0].is_error else _REMARKED)


@fault_app.command(epilog="Example: jpki-sim fault schema > faults.schema.json")
def schema() -> None:
    """Print the JSON Schema of a file of faults, for editors and for other programs."""
    typer.echo(json.dumps(fault_schema(), ensure_ascii=False, indent=2))


@contextmanager
def _opened(world: str | None) -> Iterator[World]:
    with told_errors(), opened_world(world) as opened:
        yield opened


def _when(text: str) -> datetime:
    """An instant, or the first of a Japan day."""
    try:
        return start_of_day(date.fromisoformat(text))
    except ValueError:
        return instant(text)


def _faults(what: str, given: dict[str, Any]) -> tuple[tuple[Fault, ...], int | None]:
    """The faults that were typed, and the seed of the file they came from, if any."""
    if what in set(FaultName):
        return (read_fault({"name": what, **given}),), None
    if given:
        raise MalformedDocument(
            "a fault of this name is not known, and a file takes no other options",
            source=what,
            hint="jpki-sim fault names",
        )
    script = read_faults(_text(Path(what)), source=what)
    return script.fault, script.seed


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise MalformedDocument(
            "neither a fault's name nor a file that can be read",
            source=str(file),
            hint="jpki-sim fault names",
        ) from None


def _tell(plan: FaultPlan, output: Format) -> None:
    if output is Format.JSON:
        typer.echo(plan.to_json())
        return
    if not plan.orders:
        typer.echo("no fault is ordered")
    for one in plan.orders:
        typer.echo(_line(one))


def _line(order: Order) -> str:
    fields = order.fault.model_dump(mode="json", exclude_none=True, exclude={"name"})
    told = " ".join(f"{name}={value}" for name, value in fields.items())
    return f"{order.number:3}  {order.fault.name.value} {told}".rstrip()
