"""The door of a responder: connections are taken, and those that want one answer get it at once."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any, Final

from simulator.agency.presigned.front import Front, FrontConnection
from simulator.agency.presigned.questions import LONGEST_QUESTION, UNFINISHED

__all__ = ["Door"]

_LOG: Final = logging.getLogger("jpki.simulator.presigned")
_AT_A_TIME: Final = 16
_REST_SECONDS: Final = 0.5


class Door:
    """Takes the connections of one socket that listens.

    A client that wants one answer and has asked by now gets it before the event loop hears of the
    connection, which costs less than half as much; every other becomes a connection of the loop's.
    """

    def __init__(self, front: Front, listening: socket.socket) -> None:
        self._front = front
        self._listening = listening
        self._opening: set[asyncio.Task[Any]] = set()
        self._closed = False
        listening.setblocking(False)
        self._open()

    def __repr__(self) -> str:
        return "<Door>"

    def close(self) -> None:
        """Take no more connections."""
        self._closed = True
        self._front.loop.remove_reader(self._listening)

    async def wait_closed(self) -> None:
        """Return when whatever was taken is a connection."""
        if self._opening:
            await asyncio.wait(self._opening)

    def _open(self) -> None:
        if not self._closed:
            self._front.loop.add_reader(self._listening, self._take)

    def _take(self) -> None:
        # All are taken before the look that answers them, so none has come after it.
        taken: list[socket.socket] = []
        try:
            while len(taken) < _AT_A_TIME:
                taken.append(self._listening.accept()[0])
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            pass
        except OSError as error:
            # No more files or memory: those who are there may leave some.
            _LOG.warning("no connection can be taken: %s", error.strerror)
            self._front.loop.remove_reader(self._listening)
            self._front.loop.call_later(_REST_SECONDS, self._open)
        self._front.forget()
        for one in taken:
            self._admit(one)

    def _admit(self, taken: socket.socket) -> None:
        data = b""
        try:
            data = taken.recv(LONGEST_QUESTION, socket.MSG_DONTWAIT)
            if not data or self._answered(taken, data):
                taken.close()
                return
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            taken.close()
            return
        opening = self._front.loop.create_task(self._keep(taken, data))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _keep(self, taken: socket.socket, data: bytes) -> None:
        front = self._front
        taken.setblocking(False)
        try:
            await front.loop.connect_accepted_socket(lambda: FrontConnection(front, data), taken)
        except OSError:
            taken.close()

    def _answered(self, taken: socket.socket, data: bytes) -> bool:
        """Whether the one answer that is wanted was sent."""
        question = self._front.read(data)
        if question is None or question is UNFINISHED:
            return False
        if question.keeps or len(data) > question.size:
            return False
        response = self._front.at_once(question)
        if response is None:
            return False
        # The buffer of a new connection takes far more octets than an answer has.
        taken.send(response, socket.MSG_DONTWAIT)
        return True
