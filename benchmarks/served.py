"""A world served by a process of its own, as ``jpki-sim serve`` does: ``WORLD SOCKET``.

``SOCKET`` is the number of an inherited file, a socket that listens. The process ends when its
standard input does, so it cannot outlive who started it.
"""

from __future__ import annotations

import secrets
import socket
import sys
import threading
from pathlib import Path

import uvicorn

from simulator.agency.publication.server import uvicorn_settings
from simulator.keys import KeyPool
from simulator.web.app import build_app
from simulator.web.connection import BoundedConnection
from simulator.world import World

__all__ = ["main"]


def main(place: str, number: str) -> None:
    """Serve a world that was made with a ``KeyPool`` until standard input ends."""
    listening = socket.socket(fileno=int(number))
    with World.open(Path(place), keys=KeyPool()) as world:
        server = uvicorn.Server(
            uvicorn.Config(
                build_app(world, admin_token=secrets.token_urlsafe()),
                **(uvicorn_settings() | {"http": BoundedConnection}),
            )
        )

        def wait() -> None:
            sys.stdin.buffer.read()
            server.should_exit = True

        threading.Thread(target=wait, daemon=True).start()
        server.run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
