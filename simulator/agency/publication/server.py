"""How the publication is served by uvicorn: on loopback, with an end to everybody's patience.

uvicorn waits for ever for a request that does not come, and cannot reset a connection; the protocol
here gives a connection some seconds for its request's head, and hands applications a way to reset.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator.agency.publication.disturbed import ABORT

__all__ = ["HEAD_SECONDS", "ImpatientProtocol", "uvicorn_settings"]

HEAD_SECONDS: Final = 10.0
"""How long a connection may take to send a request's head, from its first byte or its opening."""


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection whose request does not come in time."""

    head_seconds: float = HEAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, and begin to wait for its first request."""
        super().connection_made(transport)
        self.app = _resettable(self.app, transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes; what is no whole head yet does not prolong the wait."""
        if self._deadline is None:
            self._wait()
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        # A body that is still read has a limit of its own, where it is read.
        self._deadline = None
        cycle: Any = self.cycle  # none before the first request
        if cycle is None or cycle.response_complete:
            self.transport.close()


def _resettable(app: ASGIApp, transport: asyncio.Transport) -> ASGIApp:
    def abort() -> None:
        own = transport.get_extra_info("socket")
        if own is not None:
            # Lingering for no time makes the kernel send a reset instead of an end.
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    async def with_abort(scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**(scope.get("extensions") or {}), ABORT: {"abort": abort}}
        await app({**scope, "extensions": extensions}, receive, send)

    return with_abort


def uvicorn_settings(*, port: int = 0) -> dict[str, Any]:
    """Return what ``uvicorn.Config`` is given besides the application; always on loopback.

    No date header of its own, because the application tells the world's time.
    """
    return {
        "host": "127.0.0.1",
        "port": port,
        "http": ImpatientProtocol,
        "ws": "none",
        "loop": "asyncio",
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "date_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": 5,
        "limit_concurrency": 200,
        "h11_max_incomplete_event_size": 16 * 1024,
        "timeout_graceful_shutdown": 3,
    }
