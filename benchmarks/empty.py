"""An application that does nothing, on the very server that answers OCSP: ``PORT WHERE``.

It is what a server, an event loop and a reader of HTTP take in Python, and so the limit of whatever
answers on them. It sends as many octets as an OCSP answer has. The process ends when standard
input does.
"""

from __future__ import annotations

import sys
from typing import Final

from starlette.types import Receive, Scope, Send

from simulator.agency.presigned.server import fast_settings
from simulator.agency.publication.running import Running

__all__ = ["Empty", "main"]

_BODY: Final = bytes(1_700)
_HEADERS: Final = (
    (b"date", b"Mon, 06 Jul 2026 02:07:00 GMT"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-length", b"1700"),
    (b"content-type", b"application/ocsp-response"),
)
_HEAD: Final = b"HTTP/1.1 200 OK\r\n" + b"".join(b"%b: %b\r\n" % header for header in _HEADERS)
_HEADS: Final = (_HEAD + b"connection: close\r\n\r\n", _HEAD + b"\r\n")


class Empty:
    """Answers without looking at the question."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})

    def at_once(self, question: bytes, *, keeps: bool) -> bytes:
        """Answer at the front, as whoever answers OCSP from memory."""
        del question
        return _HEADS[keeps] + _BODY

    async def after_a_look(self, question: bytes, *, keeps: bool) -> bytes:
        """Answer."""
        return self.at_once(question, keeps=keeps)

    def forget(self) -> None:
        """Have nothing to forget."""


def main(port: str, where: str) -> None:
    """Answer on a port, which others may share, until standard input ends.

    ``where``: at the ``front``, or as an ``asgi`` application on bare uvicorn.
    """
    empty = Empty()
    settings = fast_settings(empty)
    if where == "asgi" and "http" in settings:
        settings |= {"http": "httptools", "takes": None}
    server = Running(empty, port=int(port), name="empty", shares=True, **settings)
    server.start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
