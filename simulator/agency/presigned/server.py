"""uvicorn for answers from memory: on uvloop and httptools where they are, else on what there is.

Both come with the extra ``scale``; h11 and asyncio do the same at a third of the rate.
"""

from __future__ import annotations

import asyncio
import socket
from importlib.util import find_spec
from typing import Any, Final

from simulator.agency.publication.server import HEAD_SECONDS

__all__ = ["fast_settings", "fastest_parts"]

_MOST_CONNECTIONS: Final = 1024
_PARTS: Final = ("uvloop", "httptools")


def fastest_parts() -> tuple[str, ...]:
    """Return which of the parts that make it fast are installed."""
    return tuple(part for part in _PARTS if find_spec(part) is not None)


def fast_settings() -> dict[str, Any]:
    """Return settings for ``uvicorn.Config``, beyond those of the publication's server."""
    settings: dict[str, Any] = {"limit_concurrency": _MOST_CONNECTIONS}
    if "uvloop" in fastest_parts():
        settings["loop"] = "uvloop"
    if "httptools" in fastest_parts():
        settings["http"] = _impatient_httptools()
    return settings


def _impatient_httptools() -> type[asyncio.Protocol]:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class ImpatientHttpTools(HttpToolsProtocol):
        """HTTP/1.1 that closes a connection whose request does not come in time.

        One timer looks after a connection now and then, because one for every request would cost
        as much as reading it; so patience lasts up to twice as long.
        """

        _waits_since: float | None = None
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Take a connection, and begin to wait for its first request."""
            super().connection_made(transport)
            own = transport.get_extra_info("socket")
            if own is not None:
                own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._waits_since = self.loop.time()
            self._timer = self.loop.call_later(HEAD_SECONDS, self._look_after)

        def data_received(self, data: bytes) -> None:
            """Take bytes; what is no whole head yet does not prolong the wait."""
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._waits_since = None
            elif self._waits_since is None:
                self._waits_since = self.loop.time()

        def connection_lost(self, exc: Exception | None) -> None:
            """Let go of a connection."""
            if self._timer is not None:
                self._timer.cancel()
            super().connection_lost(exc)

        def _look_after(self) -> None:
            self._timer = self.loop.call_later(HEAD_SECONDS, self._look_after)
            since = self._waits_since
            cycle: Any = self.cycle  # none before the first request
            waited = since is not None and self.loop.time() - since >= HEAD_SECONDS
            # A body that is still read has a limit of its own, where it is read.
            if waited and (cycle is None or cycle.response_complete):
                self.transport.close()

    return ImpatientHttpTools
