"""``jpki-sim serve``: a world as a running service, on this machine only."""

from __future__ import annotations

import json
import os
import secrets
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer

from jpki.cli.telling import told_errors
from jpki.errors import MalformedDocument, MissingExtra, NotWritten, WorldUnavailable
from jpki.whole_files import write_whole
from simulator.cli.worlds import opened_world

__all__ = ["ready_told", "serve", "stopped_by_signals"]

_TOKEN_VARIABLE: Final = "JPKI_SIM_ADMIN_TOKEN"  # noqa: S105  the name of a variable
_SHORTEST_TOKEN: Final = 16


def serve(
    world: Annotated[
        str, typer.Argument(metavar="WORLD", help="A file, or postgresql://user@host/database.")
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[
        str, typer.Option(help="An address of this machine; no other is served.")
    ] = "127.0.0.1",
    token_file: Annotated[
        Path | None,
        typer.Option(help="Read the keeper's token from this file, or write a new one into it."),
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(help="Write addresses as JSON into this file when the server answers."),
    ] = None,
) -> None:
    """Serve a world: publication, verifier services, and control by the keeper's token.

    Stop it with Ctrl+C or SIGTERM: what is under way is answered first. The token may also be given
    in the variable JPKI_SIM_ADMIN_TOKEN.
    """
    with told_errors():
        try:
            from simulator.web import RunningServer
        except ImportError:
            raise MissingExtra("the server", extra="simulator") from None
        token, told = _token(token_file)
        stop = threading.Event()
        with opened_world(world) as opened, stopped_by_signals(stop):
            server = RunningServer(opened, host=host, port=port, admin_token=token)
            with server:
                _tell(server.url, told)
                typer.echo(f"  pages              {server.sign_in_link()}   opens once")
                with ready_told(ready_file, _addresses(server.url, token_file)):
                    stop.wait()
        typer.echo("stopped")


def _token(file: Path | None) -> tuple[str, str]:
    """Return the keeper's token, and how a shell gets at it."""
    given = os.environ.get(_TOKEN_VARIABLE)
    if given:
        return _long_enough(given, _TOKEN_VARIABLE), f"${_TOKEN_VARIABLE}"
    made = secrets.token_urlsafe(32)
    if file is None:
        typer.echo(f"admin token (shown once): {made}")
        return made, "TOKEN"
    shell = f"$(cat {file})"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_token(file), shell
    except OSError as error:
        raise WorldUnavailable(f"{file}: {error.strerror}", hint="choose another file") from None
    with os.fdopen(descriptor, "w") as opened:
        opened.write(made + "\n")
    return made, shell


def _read_token(file: Path) -> str:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise MalformedDocument(
                "others may read it", source=str(file), hint=f"chmod 600 {file}"
            )
        text = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise MalformedDocument("no token can be read from it", source=str(file)) from None
    return _long_enough(text, str(file))


def _long_enough(token: str, source: str) -> str:
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise MalformedDocument(
            f"a token has at least {_SHORTEST_TOKEN} printable characters", source=source
        )
    return token


def _tell(url: str, told: str) -> None:
    typer.echo(f"simulated authority at {url} (nothing here is real)")
    typer.echo(f"  publication        {url}/   lists, OCSP, timestamps; no credential")
    typer.echo(f"  verifier services  {url}/services/v1")
    typer.echo(f"  phone, for apps    {url}/phone/v1   register an app at {url}/pages/apps")
    typer.echo(f"  control            {url}/control/v1   for tests only")
    typer.echo(f"  description        {url}/openapi.json")
    typer.echo(f'  try  curl -H "Authorization: Bearer {told}" {url}/control/v1/status')


def _addresses(url: str, token_file: Path | None) -> dict[str, object]:
    return {
        "url": url,
        "services": f"{url}/services/v1",
        "phone": f"{url}/phone/v1",
        "control": f"{url}/control/v1",
        "openapi": f"{url}/openapi.json",
        "pages": f"{url}/pages/",
        "token_file": str(token_file) if token_file is not None else None,
        "pid": os.getpid(),
    }


@contextmanager
def ready_told(file: Path | None, content: dict[str, object]) -> Iterator[None]:
    """Tell in a file, as long as the block lasts, where a server answers."""
    if file is None:
        yield
        return
    try:
        write_whole(file, json.dumps(content).encode() + b"\n")
    except NotWritten as error:
        raise WorldUnavailable(f"{file}: {error.reason}", hint="choose another file") from None
    try:
        yield
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Have Ctrl+C and SIGTERM set ``stop`` instead of ending the program."""

    def on_signal(_: int, __: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)
