"""``jpki-sim ocsp``: answers signed in bulk for a quarter of an hour, and several who give them."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from jpki.cli.telling import told_errors
from jpki.errors import FormatError, MalformedDocument, MissingExtra
from jpki.jst import moment
from jpki.revocation import IdHash
from simulator.cli.serve import ready_told, stopped_by_signals
from simulator.cli.worlds import WorldOption, opened_world, world_path

__all__ = ["ocsp_app", "presign", "serve"]

_MOMENT: Final = timedelta(microseconds=1)
_LOOKS_EVERY_SECONDS: Final = 0.5

ocsp_app = typer.Typer(
    no_args_is_help=True, help="Sign OCSP answers in bulk, and give them from memory."
)

_File = Annotated[Path, typer.Argument(metavar="FILE", help="The file of answers.")]
_Processes = Annotated[int, typer.Option(min=1, max=64, help="How many work at the same time.")]


@ocsp_app.command(epilog="Example: jpki-sim ocsp presign answers.ocsp --ahead --processes 2")
def presign(
    file: _File,
    world: WorldOption = None,
    ahead: Annotated[
        bool,
        typer.Option("--ahead", help="For the coming renewal of the data; sign again after it."),
    ] = False,
    hashes: Annotated[
        list[IdHash] | None,
        typer.Option("--hash", help="By which names certificates are asked for. Default: sha1."),
    ] = None,
    processes: _Processes = 1,
) -> None:
    """Sign for every live certificate what OCSP says until the data is renewed.

    A file that is there already is replaced when the new one is whole; of answers for the same
    renewal only those are signed that have changed.
    """
    with told_errors():
        try:
            from simulator.agency.presigned import PresignedAnswers
            from simulator.agency.presigned import presign as sign
            from simulator.agency.publication import Publication
        except ImportError:
            raise MissingExtra("the responder", extra="simulator") from None
        with opened_world(world) as opened:
            publication, at = Publication(opened), opened.now
            as_of = publication.schedule.last_ocsp(at)
            if ahead:
                as_of = publication.schedule.first_ocsp_with(at + _MOMENT)
            before = None
            with suppress(FormatError):
                before = PresignedAnswers.open(file) if file.exists() else None
            done = sign(
                publication,
                file,
                at=at,
                as_of=as_of,
                hashes=tuple(hashes or (IdHash.SHA1,)),
                processes=processes,
                before=before,
            )
            until = publication.schedule.first_ocsp_with(as_of + _MOMENT)
        typer.echo(
            f"{file}: {done.answers} answers of {moment(as_of)}, to be given before "
            f"{moment(until)}; {done.signed} signed now"
        )


@ocsp_app.command(epilog="Example: jpki-sim ocsp serve answers.ocsp --processes 2 --port 8080")
def serve(
    file: _File,
    world: WorldOption = None,
    keyless: Annotated[
        bool,
        typer.Option(
            "--keyless",
            help="Without world and key, by this machine's clock: no nonce is given back, "
            "and who is not in the file is answered unauthorized.",
        ),
    ] = False,
    processes: _Processes = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    ready_file: Annotated[
        Path | None,
        typer.Option(help="Write the address as JSON into this file when all answer."),
    ] = None,
) -> None:
    """Answer OCSP from a file, with one process or several on one loopback port.

    Each sees the world itself: what is not in the file, or has had its time, is signed anew, and a
    file that takes its place is opened. Stop it with Ctrl+C or SIGTERM.
    """
    with told_errors():
        if keyless and world is not None:
            raise MalformedDocument("a responder has a world or is keyless, not both")
        try:
            from simulator.web.responders import Responders
        except ImportError:
            raise MissingExtra("the responder", extra="simulator") from None
        place = None if keyless else world_path(world)
        stop = threading.Event()
        with (
            stopped_by_signals(stop),
            Responders(file, world=place, processes=processes, port=port) as responders,
        ):
            typer.echo(f"simulated OCSP responder at {responders.url}/ocsp (nothing here is real)")
            content: dict[str, object] = {
                "url": responders.url,
                "ocsp": f"{responders.url}/ocsp",
                "pid": os.getpid(),
            }
            with ready_told(ready_file, content):
                while not stop.wait(_LOOKS_EVERY_SECONDS):
                    responders.require_all()
        typer.echo("stopped")
