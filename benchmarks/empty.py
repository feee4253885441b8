"""An ASGI application that does nothing, on the very server that answers OCSP: ``PORT``.

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

__all__ = ["empty_app", "main"]

_BODY: Final = bytes(1_700)
_HEADERS: Final = ((b"content-length", b"1700"), (b"content-type", b"application/ocsp-response"))


async def empty_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer without looking at the question."""
    del scope, receive
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


def main(port: str) -> None:
    """Answer on a port, which others may share, until standard input ends."""
    server = Running(empty_app, port=int(port), name="empty", shares=True, **fast_settings())
    server.start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
