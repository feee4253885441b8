"""``jpki-sim exposure``: who could still use a person's phones, until when, and what stops it."""

from __future__ import annotations

from typing import Annotated

import typer

from jpki.cli.inputs import instant, language
from jpki.cli.telling import Format, Lang, told_errors, write_json
from simulator.cli.worlds import WorldOption, opened_world
from simulator.exposure import exposure, report_data, report_lines

__all__ = ["exposure_command"]


def exposure_command(
    person: Annotated[str, typer.Argument(help="The person's identifier, such as P000001.")],
    world: WorldOption = None,
    at: Annotated[
        str | None,
        typer.Option(help="A past instant, by the log alone. Default: the world's clock."),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    lang: Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")] = None,
) -> None:
    """Say who could use a person's phones for what, until when, and which layer stops it."""
    with told_errors(), opened_world(world) as opened:
        report = exposure(opened, person, at=instant(at) if at else None)
        if output is Format.JSON:
            write_json(report_data(report))
            return
        typer.echo("\n".join(report_lines(report, language(lang))))
