"""The front of a responder: a question as everybody puts it is answered in the moment it comes in.

It is answered where its octets are received, with one write. A connection on which anything else
comes (GET, chunks, ``Expect``, requests sent ahead of their answers, faults on order, too many
connections) is handed with all its octets to the careful connection, for good.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from simulator.agency.presigned.questions import UNFINISHED, Question, QuestionReader, Unfinished
from simulator.agency.publication.server import HEAD_SECONDS

__all__ = ["AnswersAtOnce", "Front", "FrontConnection", "Patience"]

_LOG: Final = logging.getLogger("jpki.simulator.presigned")
_TOO_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class AnswersAtOnce(Protocol):
    """Whoever answers questions without waiting for anything."""

    def at_once(self, question: bytes, *, keeps: bool) -> bytes | None:
        """Return a whole HTTP response, or ``None`` when there is none without waiting.

        ``keeps``: the connection is kept for another question.
        """

    async def after_a_look(self, question: bytes, *, keeps: bool) -> bytes | None:
        """Return the same after having waited; ``None`` when it is for the careful one."""

    def forget(self) -> None:
        """Look anew for the next question: it may have come after the last look."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds are waited: for a whole question from its beginning, for the next one on a
    connection that is kept, and for a client to take its answer."""

    question: float = HEAD_SECONDS
    next: float = 5.0
    answer: float = 30.0

    @property
    def looks_every(self) -> float:
        """How often connections are looked after; so much longer patience may last."""
        return min(1.0, self.question, self.next, self.answer)


class Front:
    """What the connections of one server share. ``careful`` makes the connection for the rest."""

    def __init__(
        self,
        answers: AnswersAtOnce,
        careful: Callable[[], Any],
        connections: set[Any],
        *,
        most: int,
        patience: Patience,
    ) -> None:
        self._answers = answers
        self.careful = careful
        self.connections = connections
        self.patience = patience
        self.loop = asyncio.get_running_loop()
        self._most = most
        self._reader = QuestionReader()
        self._ours: set[FrontConnection] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Front with {len(self._ours)} connections>"

    def begin(self, connection: FrontConnection) -> None:
        """Count a connection, and look after it from now on."""
        self.connections.add(connection)
        self._ours.add(connection)
        if self._timer is None:
            self._timer = self.loop.call_later(self.patience.looks_every, self._look_after)

    def end(self, connection: FrontConnection) -> None:
        """Forget a connection."""
        self.connections.discard(connection)
        self._ours.discard(connection)

    def read(self, data: bytes) -> Question | Unfinished | None:
        """Return the question that data begins with; ``None`` when it is for the careful one."""
        # Whoever is one too many is told so there.
        return None if len(self.connections) >= self._most else self._reader.read(data)

    def at_once(self, question: Question) -> bytes | None:
        """Return a whole HTTP response, or ``None`` when there is none without waiting."""
        try:
            return self._answers.at_once(question.asked, keeps=question.keeps)
        except Exception as error:
            _tell_failed(error)
            return None

    async def after_a_look(self, question: Question) -> bytes | None:
        """Return the same after having waited."""
        try:
            return await self._answers.after_a_look(question.asked, keeps=question.keeps)
        except Exception as error:
            _tell_failed(error)
            return None

    def forget(self) -> None:
        """Look anew for the next question."""
        self._answers.forget()

    def _look_after(self) -> None:
        """Let go of who has had time enough; one timer does for all of them."""
        self._timer = None
        now = self.loop.time()
        for connection in [one for one in self._ours if one.until <= now]:
            connection.give_up()
        if self._ours:
            self._timer = self.loop.call_later(self.patience.looks_every, self._look_after)


class FrontConnection(asyncio.Protocol):
    """One connection, as long as nothing but questions in the usual shape comes on it.

    ``begun`` is what was received already.
    """

    transport: asyncio.Transport

    def __init__(self, front: Front, begun: bytes = b"") -> None:
        self._front = front
        self._begun = begun
        self._stalled = False
        self._ending = False
        self._waiting: asyncio.Task[None] | None = None
        self.until = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, and begin to wait for its first question."""
        self.transport = transport
        self._wait(self._front.patience.question)
        self._front.begin(self)
        if self._begun:
            self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        """Answer what is whole; what is not does not prolong the wait."""
        begun = self._begun
        if begun:
            data = begun + data
        if self._waiting is not None:
            self._begun = data
            return
        front = self._front
        question = front.read(data)
        if question is UNFINISHED:
            if not begun:
                self._wait(front.patience.question)
            self._begun = data
            return
        if question is None:
            self._hand_over(data)
            return
        response = front.at_once(question)
        if response is None:
            self._look_first(question, data)
        else:
            self._tell(response, question, data)

    def pause_writing(self) -> None:
        """Take no more questions of a client that does not take its answers."""
        self._stalled = True
        self._wait(self._front.patience.answer)
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Take questions again."""
        self._stalled = False
        self._wait(self._front.patience.next)
        if self._waiting is None:
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        del exc
        self._front.end(self)

    def shutdown(self) -> None:
        """End a connection when its server does, once what was asked is answered."""
        self._ending = True
        if self._waiting is None:
            self.transport.close()

    def give_up(self) -> None:
        """End a connection whose client has had time enough."""
        if self._stalled or self._waiting is not None or self.transport.is_closing():
            self.transport.abort()
            return
        if self._begun:
            self.transport.write(_TOO_LATE)
        self.transport.close()

    def _wait(self, seconds: float) -> None:
        self.until = self._front.loop.time() + seconds

    def _tell(self, response: bytes, question: Question, data: bytes) -> None:
        self._begun = b""
        self.transport.write(response)
        if self._ending or not question.keeps:
            self.transport.close()
            return
        if not self._stalled:
            self._wait(self._front.patience.next)
        if len(data) > question.size:
            self._hand_over(data[question.size :])

    def _look_first(self, question: Question, data: bytes) -> None:
        self._begun = data
        self._wait(self._front.patience.answer)
        self.transport.pause_reading()
        self._waiting = self._front.loop.create_task(self._after_a_look(question))

    async def _after_a_look(self, question: Question) -> None:
        response = await self._front.after_a_look(question)
        self._waiting = None
        if self.transport.is_closing():
            return
        if not self._stalled:
            self.transport.resume_reading()
        if response is None:
            self._hand_over(self._begun)
        else:
            self._tell(response, question, self._begun)

    def _hand_over(self, data: bytes) -> None:
        self._front.end(self)
        careful = self._front.careful()
        self.transport.set_protocol(careful)
        careful.connection_made(self.transport)
        if self._stalled:
            self.transport.resume_reading()
            careful.pause_writing()
        careful.data_received(data)
        if self._ending:
            careful.shutdown()


def _tell_failed(error: Exception) -> None:
    """Say that a question goes to the careful connection, which answers 500 if it fails there."""
    _LOG.error("a question could not be answered at the front: %s", type(error).__name__)
