"""An ASGI application on a loopback address, in a thread that is gone when it is told to stop."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from jpki.errors import MalformedDocument, WorldUnavailable
from simulator.agency.publication.server import uvicorn_settings

__all__ = ["LOOPBACK", "Running"]

LOOPBACK: Final = "127.0.0.1"
_STARTING_SECONDS: Final = 30.0
_STEP: Final = 0.01
_STEPS: Final = 500
"""Five seconds for what is under way to notice that its connection is gone."""


Takes = Callable[[uvicorn.Server, socket.socket], Any]
"""Begins to take the connections of a socket; returns what ends that, as ``asyncio.Server``."""


class Running:
    """A server that listens from its making, answers from ``start``, and is gone after ``stop``.

    ``port`` 0 takes one that is free. ``settings`` are uvicorn's, beyond those of
    :func:`~simulator.agency.publication.server.uvicorn_settings`. What is under way when it stops
    is answered first, or broken off with ``breaks_off``, as an outage does. With ``shares`` others
    may listen on the port, too, and the kernel gives each some of the connections. ``takes`` takes
    connections in place of uvicorn.

    Raises ``MalformedDocument`` for a host other than this machine, ``WorldUnavailable`` when the
    port cannot be had or nothing answers there in time.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str = LOOPBACK,
        port: int = 0,
        name: str = "jpki publication",
        breaks_off: bool = False,
        shares: bool = False,
        takes: Takes | None = None,
        **settings: Any,
    ) -> None:
        self._socket = _bound(_loopback(host), port, shares=shares)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        config = uvicorn.Config(app, **(uvicorn_settings() | settings))
        self._server = _Server(config, breaks_off=breaks_off, takes=takes)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name=name, daemon=True
        )

    def __repr__(self) -> str:
        return f"<Running at {self.url}>"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.address[1]

    @property
    def url(self) -> str:
        """Where it is, such as ``http://127.0.0.1:41234``."""
        host, port = self.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Start to serve, and return when it answers."""
        self._thread.start()
        if not self._server.up.wait(_STARTING_SECONDS):
            self.stop()
            raise WorldUnavailable("the server did not start")

    def stop(self) -> None:
        """Take nothing new, and return when nothing is left of connections and thread."""
        self._server.end()
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()


class _Server(uvicorn.Server):
    """uvicorn that begins and ends at once, where its own looks ten times a second."""

    def __init__(
        self, config: uvicorn.Config, *, breaks_off: bool, takes: Takes | None = None
    ) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self._breaks_off = breaks_off
        self._takes = takes
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets if self._takes is None else [])
        if self._takes is not None:
            self.servers = [self._takes(self, listening) for listening in sockets or ()]
        self._loop = asyncio.get_running_loop()
        self.up.set()

    async def main_loop(self) -> None:
        await self._ending.wait()

    def end(self) -> None:
        """Have it end; from any thread, and once or more often."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ending.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing new, and end what is open in the way that was asked for."""
        # asyncio drops a connection that it has just taken when its server closes under it, so
        # first no more are taken, and those that were become connections of ours.
        for taking in sockets or ():
            asyncio.get_running_loop().remove_reader(taking)
        await asyncio.sleep(_STEP)
        if not self._breaks_off:
            await super().shutdown(sockets)
            return
        for listening in self.servers:
            listening.close()
        for _ in range(_STEPS):
            if not (self.server_state.connections or self.server_state.tasks):
                return
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(_STEP)


def _loopback(host: str) -> str:
    """Return the address of this machine that a host is; refuse every other by name."""
    if host == "localhost":
        return LOOPBACK
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise MalformedDocument(
            f"{host[:80]!r} is not an address of this machine alone",
            source="--host",
            hint="a simulated authority serves on 127.0.0.1 or ::1; tunnel to it if you must",
        )
    return host


def _bound(host: str, port: int, *, shares: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, reuse_port=shares)
    except (OSError, OverflowError) as error:
        raise WorldUnavailable(
            f"port {port} cannot be had: {getattr(error, 'strerror', None) or error}",
            hint="choose another port, or 0 for one that is free",
        ) from error
