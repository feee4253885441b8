"""OCSP responders asked over loopback HTTP by the same client: ours, and ``openssl ocsp``.

Each is a process that is ended by its own handle once nobody can ask it any more. ``openssl ocsp``
spins while a client is connected and says nothing, so it is connected to only with a question. It
listens on every interface, because it knows no option against it.
"""

from __future__ import annotations

import contextlib
import selectors
import shutil
import socket
import subprocess
import sys
import weakref
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from benchmarks.town import Town

__all__ = ["Asker", "Responder", "openssl_responder", "our_responder"]

_ROOT: Final = Path(__file__).resolve().parents[1]
_PATIENCE_SECONDS: Final = 20.0


class Responder:
    """A process that answers on a port; it is ended when this is forgotten, or at exit."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self.end = weakref.finalize(self, _end, process)


class Asker:
    """A client that posts OCSP requests, over one connection where the other side keeps it."""

    def __init__(self, responder: Responder | int, *, keeps: bool) -> None:
        # A process lives as long as somebody may ask it; of others only the port is known.
        self._responder = responder
        port = responder if isinstance(responder, int) else responder.port
        self._connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        weakref.finalize(self, self._connection.close)
        self._headers = {"Content-Type": "application/ocsp-request"}
        if not keeps:
            self._headers["Connection"] = "close"

    def ask(self, request: bytes) -> bytes:
        """Return the body of the answer."""
        try:
            return self._asked(request)
        except ConnectionError:
            # Closed by the other side while other cases had their turn; it is opened anew.
            self._connection.close()
            return self._asked(request)

    def _asked(self, request: bytes) -> bytes:
        self._connection.request("POST", "/ocsp", request, self._headers)
        with self._connection.getresponse() as response:
            body = response.read()
        if response.status != 200:
            raise AssertionError(f"HTTP status {response.status}")
        return body


def our_responder(town: Town) -> Responder:
    """Start a process that serves the town's publication as ``jpki-sim serve`` does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        process = subprocess.Popen(  # noqa: S603
            (sys.executable, "-m", "benchmarks.served", str(town.place), str(number)),
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            pass_fds=(number,),
        )
        return Responder(process, listening.getsockname()[1])


def openssl_responder(town: Town) -> Responder | None:
    """Start ``openssl ocsp`` on an index of the same certificates, or tell why it is left out."""
    program = shutil.which("openssl")
    if program is None:
        return _left_out("no such program")
    process = subprocess.Popen(  # noqa: S603
        (program, "ocsp", *town.openssl_files(), "-nmin", "30", "-port", "0"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    port = _port_told(process)
    if port is None:
        _end(process)
        return _left_out("it does not tell a port")
    return Responder(process, port)


def _port_told(process: subprocess.Popen[bytes]) -> int | None:
    """Read a line such as ``ACCEPT [::]:33657 PID=20454``."""
    if process.stdout is None:
        return None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(_PATIENCE_SECONDS):
            return None
    line = process.stdout.readline().decode(errors="replace")
    found = line.partition(" PID=")[0].rpartition(":")[2].strip()
    return int(found) if line.startswith("ACCEPT") and found.isdecimal() else None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def _left_out(why: str) -> None:
    sys.stderr.write(f"left out: authority: openssl ocsp: {why}\n")
