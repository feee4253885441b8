"""``jpki-sim advance``, ``at`` and ``clock``: the world's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from jpki.cli.inputs import instant
from jpki.cli.telling import told_errors
from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.jst import moment
from simulator.cli.durations import duration
from simulator.cli.worlds import WorldOption, opened_world
from simulator.clock import ClockKind
from simulator.world import World

__all__ = ["advance", "at_command", "clock"]


def advance(
    by: Annotated[
        str | None, typer.Argument(metavar="DURATION", help="How far: 26h, 2d, 1d12h.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Up to this instant, instead.")] = None,
    world: WorldOption = None,
) -> None:
    """Move the world's clock on; what is due by then is recorded."""
    with told_errors():
        if (by is None) == (to is None):
            raise MalformedDocument(
                "give either a duration or --to", source="advance", hint="jpki-sim advance 26h"
            )
        by_this = duration(by) if by is not None else timedelta(0)
        until = instant(to, source="--to") if to is not None else None
        with opened_world(world) as opened:
            before = len(opened.entries)
            with opened.transaction():
                opened.advance(until if until is not None else _later(opened.now, by_this))
            _tell(opened, before)


def _later(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        raise ImpossibleFact("the clock would run past the year 9999") from None


def at_command(
    at: Annotated[
        str | None, typer.Argument(metavar="INSTANT", help="Move the clock on to it.")
    ] = None,
    world: WorldOption = None,
) -> None:
    """Show what the world's clock shows, or move it on to an instant."""
    with told_errors(), opened_world(world) as opened:
        before = len(opened.entries)
        if at is not None:
            opened.advance(instant(at, source="INSTANT"))
        _tell(opened, before)


def clock(
    kind: Annotated[
        ClockKind | None, typer.Argument(help="How the clock shall go. Default: only show it.")
    ] = None,
    factor: Annotated[
        float | None, typer.Option(help="How many times as fast (accelerated).")
    ] = None,
    world: WorldOption = None,
) -> None:
    """Show how the world's clock goes, or let it stand still, go in real time or faster."""
    with told_errors():
        if (kind is ClockKind.ACCELERATED) != (factor is not None):
            raise MalformedDocument(
                "--factor belongs to an accelerated clock, and it needs one",
                source="--factor",
                hint="jpki-sim clock accelerated --factor 60",
            )
        with opened_world(world) as opened:
            before = len(opened.entries)
            if kind is ClockKind.FROZEN:
                opened.freeze_clock()
            elif kind is not None:
                opened.run_clock(factor or 1.0)
            _tell(opened, before)


def _tell(world: World, before: int) -> None:
    goes = world.clock_kind.value
    if world.clock_kind is ClockKind.ACCELERATED:
        goes += f" ({world.clock_factor:g} times)"
    typer.echo(f"{moment(world.now)}, {goes}")
    for entry in world.entries[before:]:
        typer.echo(f"recorded {moment(entry.recorded_at)}: {entry.seq} {entry.event.name}")
