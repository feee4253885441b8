"""A connection that gives up on a client that is slow on purpose.

uvicorn waits as long as it takes for the first bytes of a request to become a whole one, and for a
client to take its answer. Here both have their time, so that a few hundred idle sockets do not
close the server to everybody else.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

__all__ = ["ANSWER_SECONDS", "REQUEST_SECONDS", "BoundedConnection"]

REQUEST_SECONDS: Final = 15.0
"""How long a request may take to arrive, from the connection or its first byte on."""

ANSWER_SECONDS: Final = 120.0
"""How long answering, and taking the answer, may last."""


class BoundedConnection(H11Protocol):
    """uvicorn's connection over h11 with a deadline for each step."""

    request_seconds = REQUEST_SECONDS
    answer_seconds = ANSWER_SECONDS

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._arrived = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._set_deadline(self.request_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._clear_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the time for a request runs from its first byte on."""
        if self._deadline is None:
            self._set_deadline(self.request_seconds)
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        whole = cycle is not None and not (cycle.more_body or cycle.response_complete)
        if whole and not self._arrived:
            self._arrived = True
            self._set_deadline(self.answer_seconds)

    def on_response_complete(self) -> None:
        """Leave the waiting for a next request to uvicorn's keep-alive."""
        self._arrived = False
        self._clear_deadline()
        super().on_response_complete()

    def _set_deadline(self, seconds: float) -> None:
        self._clear_deadline()
        self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self.transport.abort()
