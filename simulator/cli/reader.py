"""``jpki-sim reader``: a private PC/SC service with virtual readers, in the background."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from jpki.cli.telling import Format, told_errors
from simulator.card.vpcd import DEFAULT_PORT
from simulator.reader import SOCKET_VARIABLE, BackgroundReader, ReaderRecord, StateFolder

__all__ = ["StateOption", "reader_app", "start", "status", "stop"]

reader_app = typer.Typer(
    no_args_is_help=True,
    help="A private PC/SC service with virtual readers, in the background, on loopback only.",
)
_NOT_RUNNING = 4

StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="JPKI_SIM_STATE",
        help="The folder where readers and cards leave word. Default: $XDG_RUNTIME_DIR/jpki-sim.",
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print it.")]


@reader_app.command(epilog='Example: eval "$(jpki-sim reader start)"')
def start(
    slots: Annotated[
        int, typer.Option(min=1, max=8, help="How many cards at a time; a driver has two slots.")
    ] = 2,
    port: Annotated[
        int, typer.Option(min=1, max=65520, help="The first slot's port, on its own loopback.")
    ] = DEFAULT_PORT,
    state: StateOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Start the readers and print what a PC/SC program needs to find them.

    The service runs in a network of its own that has nothing but loopback, which is checked.
    """
    with told_errors():
        record = BackgroundReader(StateFolder.of(state)).start(slots=slots, port=port)
        _tell(record, output)


@reader_app.command(epilog="Example: jpki-sim reader status --format json")
def status(state: StateOption = None, output: FormatOption = Format.TEXT) -> None:
    """Say whether the readers run, and print what a program needs. Exit status 4 when not."""
    with told_errors():
        record = BackgroundReader(StateFolder.of(state)).record()
        if record is None:
            typer.echo(json.dumps({"running": False}) if output is Format.JSON else "not running")
            raise typer.Exit(_NOT_RUNNING)
        _tell(record, output)


@reader_app.command(epilog="Example: jpki-sim reader stop")
def stop(state: StateOption = None) -> None:
    """Stop the readers that were started here, and nothing else."""
    with told_errors():
        ran = BackgroundReader(StateFolder.of(state)).stop()
        typer.echo("stopped" if ran else "not running")


def _tell(record: ReaderRecord, output: Format) -> None:
    if output is Format.JSON:
        told = {
            "running": True,
            "pid": record.pid,
            "environment": {SOCKET_VARIABLE: record.socket},
            "readers": list(record.readers),
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    typer.echo(f"export {SOCKET_VARIABLE}={record.socket}")
    for name in record.readers:
        typer.echo(f"# {name}")
