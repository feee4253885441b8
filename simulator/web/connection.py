"""A connection that gives up on a client that is slow on purpose.

A request's head and body have their time where they are read; here the answer gets its own, so that
clients that never take theirs do not close the server to everybody else.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from simulator.agency.publication.server import ImpatientProtocol

__all__ = ["ANSWER_SECONDS", "BoundedConnection"]

ANSWER_SECONDS: Final = 120.0
"""How long a request may last from its head to the end of its answer."""


class BoundedConnection(ImpatientProtocol):
    """The publication's connection with a deadline for the whole of a request, too."""

    answer_seconds: float = ANSWER_SECONDS
    _answering: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        # An address holds serial numbers; what was done is logged by its route.
        self.access_log = False

    def data_received(self, data: bytes) -> None:
        """Take bytes; the time of a request runs from the end of its head on."""
        before: Any = self.cycle
        super().data_received(data)
        if self.cycle is not before and not self.cycle.response_complete:
            self._clear()
            self._answering = self.loop.call_later(self.answer_seconds, self.transport.abort)

    def on_response_complete(self) -> None:
        """Stop the clock of the request."""
        self._clear()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        self._clear()
        super().connection_lost(exc)

    def _clear(self) -> None:
        if self._answering is not None:
            self._answering.cancel()
            self._answering = None
