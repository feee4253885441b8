"""An ASGI application on loopback, in a thread that is gone when it is told to stop."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from jpki.errors import WorldUnavailable
from simulator.agency.publication.server import uvicorn_settings

__all__ = ["LOOPBACK", "Running"]

LOOPBACK: Final = "127.0.0.1"
_STARTING: Final = 30.0
_STEP: Final = 0.01
_STEPS: Final = 500
"""Five seconds for what is under way to notice that its connection is gone."""


class Running:
    """A server from its making until ``close``. ``port`` 0 takes one that is free.

    Raises ``WorldUnavailable`` when the port cannot be had or nothing answers there in time.
    """

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        self._server = _Server(uvicorn.Config(app, **uvicorn_settings()))
        self._thread = threading.Thread(
            target=self._server.run,
            args=([self._socket],),
            name="jpki revocation server",
            daemon=True,
        )
        self._thread.start()
        if not self._server.up.wait(_STARTING):
            self._socket.close()
            raise WorldUnavailable("the revocation server did not start")

    def close(self) -> None:
        """End every connection and the thread; nothing is left when this returns."""
        self._server.end()
        self._thread.join()
        self._socket.close()


class _Server(uvicorn.Server):
    """uvicorn that begins and ends at once, where its own looks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.up.set()

    async def main_loop(self) -> None:
        await self._ending.wait()

    def end(self) -> None:
        """Have it end; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what listens and break what is open: a test's outage waits for nobody."""
        # asyncio drops a connection that it has just taken when its server closes under it, so
        # first no more are taken, and those that were become connections of ours.
        for taking in sockets or ():
            asyncio.get_running_loop().remove_reader(taking)
        await asyncio.sleep(_STEP)
        for listening in self.servers:
            listening.close()
        for _ in range(_STEPS):
            if not (self.server_state.connections or self.server_state.tasks):
                return
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(_STEP)


def _bound(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise WorldUnavailable(f"port {port} cannot be had: {error.strerror}") from error
