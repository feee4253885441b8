"""uvicorn for answers from memory: on uvloop and httptools where they are, else on what there is.

Both come with the extra ``scale``; h11 and asyncio do the same at a third of the rate.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from importlib.util import find_spec
from typing import Any, Final

import uvicorn

from simulator.agency.presigned.door import Door
from simulator.agency.presigned.front import AnswersAtOnce, Front, Patience

__all__ = ["fast_settings", "fastest_parts"]

_MOST_CONNECTIONS: Final = 1024
_LONGEST_HEAD: Final = 16 * 1024
_PARTS: Final = ("uvloop", "httptools")


def fastest_parts() -> tuple[str, ...]:
    """Return which of the parts that make it fast are installed."""
    return tuple(part for part in _PARTS if find_spec(part) is not None)


def fast_settings(
    answers: AnswersAtOnce | None = None, *, patience: Patience | None = None
) -> dict[str, Any]:
    """Return settings of one :class:`~simulator.agency.publication.running.Running`.

    With ``answers`` questions in the usual shape are answered before the application is asked,
    where httptools is there to read them.
    """
    settings: dict[str, Any] = {"limit_concurrency": _MOST_CONNECTIONS}
    known = patience or Patience()
    if "uvloop" in fastest_parts():
        settings["loop"] = "uvloop"
    if "httptools" in fastest_parts():
        settings["http"] = _impatient_httptools(known)
        if answers is not None:
            settings["takes"] = partial(_front_door, answers, known)
    return settings


def _front_door(
    answers: AnswersAtOnce, patience: Patience, server: uvicorn.Server, listening: socket.socket
) -> Door:
    config, state = server.config, server.server_state
    connection: Any = config.http_protocol_class
    careful = partial(
        connection,
        config=config,
        server_state=state,
        app_state=server.lifespan.state,
    )
    most = config.limit_concurrency or _MOST_CONNECTIONS
    front = Front(answers, careful, state.connections, most=most, patience=patience)
    return Door(front, listening)


def _impatient_httptools(patience: Patience) -> type[asyncio.Protocol]:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class ImpatientHttpTools(HttpToolsProtocol):
        """HTTP/1.1 that gives up on a request that does not come and an answer that is not taken.

        One timer looks after a connection now and then, because one for every request would cost
        as much as reading it; so patience lasts up to twice as long.
        """

        _waits_since: float | None = None
        _stalled_since: float | None = None
        _unread: int = 0
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Take a connection, and begin to wait for its first request."""
            super().connection_made(transport)
            own = transport.get_extra_info("socket")
            if own is not None:
                own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._waits_since = self.loop.time()
            self._timer = self.loop.call_later(patience.question, self._look_after)

        def data_received(self, data: bytes) -> None:
            """Take bytes; what is no whole head yet does not prolong the wait."""
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._waits_since = None
                self._unread = 0
                return
            if self._waits_since is None:
                self._waits_since = self.loop.time()
            cycle: Any = before
            if cycle is None or cycle.response_complete:
                self._unread += len(data)
                if self._unread > _LONGEST_HEAD:
                    self.send_400_response("The head is too long.")

        def pause_writing(self) -> None:
            """Begin to wait for a client to take its answer."""
            super().pause_writing()
            self._stalled_since = self.loop.time()

        def resume_writing(self) -> None:
            """Go on."""
            super().resume_writing()
            self._stalled_since = None

        def connection_lost(self, exc: Exception | None) -> None:
            """Let go of a connection."""
            if self._timer is not None:
                self._timer.cancel()
            super().connection_lost(exc)

        def _look_after(self) -> None:
            self._timer = self.loop.call_later(patience.question, self._look_after)
            now, since, stalled = self.loop.time(), self._waits_since, self._stalled_since
            if stalled is not None and now - stalled >= patience.answer:
                self.transport.abort()
                return
            cycle: Any = self.cycle  # none before the first request
            waited = since is not None and now - since >= patience.question
            # A body that is still read has a limit of its own, where it is read.
            if waited and (cycle is None or cycle.response_complete):
                self.transport.close()

    return ImpatientHttpTools
