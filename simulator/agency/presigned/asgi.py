"""The ASGI application that answers OCSP from memory, and hands everything else on.

What it takes itself is a POST with a request in the usual shape about a certificate in the file; it
is answered as :mod:`simulator.agency.publication.app` would, with the same octets. GET, other
shapes, unknown certificates and faults are that application's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from types import CoroutineType
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jpki.life import Authority
from simulator.agency.presigned.answers import PresignedAnswers
from simulator.agency.presigned.frame import AnswerFrame
from simulator.agency.publication.answers import MediaType, http_date

__all__ = ["Look", "PresignedResponder", "Signer", "Turn"]

_PATHS: Final = frozenset({"/ocsp", "/ocsp/"})
_WANTED: Final = (b"content-type", MediaType.OCSP_REQUEST.encode())
"""As plainly as everybody writes it."""


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """What signs a question with a nonce: the key, and the frame for an instant."""

    key: RSAPrivateKey
    frame: Callable[[datetime], AnswerFrame]

    def __repr__(self) -> str:
        return "<Signer>"


@dataclass(frozen=True, slots=True)
class Turn:
    """What holds for a moment: the world's time, the answers that may be given, and who signs."""

    now: datetime
    answers: PresignedAnswers
    signers: dict[Authority, Signer]


Look = Callable[[], Turn | None]
"""Says what holds now; ``None`` when nothing may be answered from memory."""


class PresignedResponder:
    """Answers from memory as long as ``look`` says which answers; ``rest`` answers the others.

    It looks once for all questions that have come in when the event loop turns, so no answer is
    older than that. ``wait`` looks where a look has to be waited for, and raises nothing.
    """

    def __init__(
        self,
        look: Look,
        rest: ASGIApp,
        *,
        wait: Callable[[], Awaitable[Turn | None]] | None = None,
        body_seconds: float = 10.0,
    ) -> None:
        self._look = look
        self._wait = wait
        self._rest = rest
        self._body_seconds = body_seconds
        self._turn: Turn | None = None
        self._looked = False
        self._second: datetime | None = None
        self._headers: dict[int, list[tuple[bytes, bytes]]] = {}
        self._heads: dict[int, tuple[bytes, bytes]] = {}
        self._frames: dict[Authority, AnswerFrame] = {}

    def __repr__(self) -> str:
        return "<PresignedResponder>"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in _PATHS:
            await self._rest(scope, receive, send)
            return
        message = await _prompt(receive, self._body_seconds)
        if message is None:
            await self._rest(scope, _too_late, send)
            return
        answer = None
        if _WANTED in scope["headers"] and not message.get("more_body"):
            answer = self._answer(message["body"])
        if answer is None:
            await self._rest(scope, _again(message, receive), send)
            return
        size = len(answer)
        headers = self._headers.get(size) or self._headers_of(size)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def at_once(self, question: bytes, *, keeps: bool) -> bytes | None:
        """Return the whole HTTP response to a POST; ``None`` when the rest has to answer it."""
        answer = self._answer(question)
        if answer is None:
            return None
        size = len(answer)
        heads = self._heads.get(size) or self._heads_of(size)
        return heads[keeps] + answer

    async def after_a_look(self, question: bytes, *, keeps: bool) -> bytes | None:
        """Return the same once what holds now is known, if that was all that was missing."""
        if self._wait is None or (self._turn if self._looked else self._seen()) is not None:
            return None
        self._remember(await self._wait())
        return self.at_once(question, keeps=keeps)

    def forget(self) -> None:
        """Look anew for the next question."""
        self._looked = False

    def _answer(self, question: bytes) -> bytes | None:
        turn = self._turn if self._looked else self._seen()
        if turn is None:
            return None
        return turn.answers.given(question, turn.now) or self._signed(turn, question)

    def _signed(self, turn: Turn, body: bytes) -> bytes | None:
        found = turn.answers.asked(body) if turn.signers else None
        if found is None or not found.section.may_be_given(found.row, turn.now):
            return None
        authority = found.section.authority
        signer = turn.signers.get(authority)
        if signer is None or found.nonce is None:
            return None
        frame = self._frames.get(authority)
        if frame is None:
            frame = self._frames[authority] = signer.frame(turn.now)
        return found.section.signed(found.row, found.nonce, frame, signer.key)

    def _seen(self) -> Turn | None:
        if not self._looked:
            self._remember(self._look())
        return self._turn

    def _remember(self, turn: Turn | None) -> None:
        self._turn, self._looked = turn, True
        asyncio.get_running_loop().call_soon(self.forget)
        if turn is not None:
            self._begin_second(turn.now)

    def _begin_second(self, now: datetime) -> None:
        second = now.replace(microsecond=0)
        if second == self._second:
            return
        self._second = second
        self._frames.clear()
        self._headers.clear()
        self._heads.clear()

    def _headers_of(self, size: int) -> list[tuple[bytes, bytes]]:
        if self._second is None:
            raise AssertionError("nothing is answered before a look")
        headers = [
            (b"date", http_date(self._second).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
            (b"content-length", b"%d" % size),
            (b"content-type", MediaType.OCSP_RESPONSE.encode()),
        ]
        self._headers[size] = headers
        return headers

    def _heads_of(self, size: int) -> tuple[bytes, bytes]:
        """Return the head of a response, for a connection that is not kept and for one that is."""
        lines = (b"%b: %b\r\n" % header for header in self._headers_of(size))
        head = b"HTTP/1.1 200 OK\r\n" + b"".join(lines)
        heads = self._heads[size] = (head + b"connection: close\r\n\r\n", head + b"\r\n")
        return heads


async def _prompt(receive: Receive, seconds: float) -> Message | None:
    """Return the first message of a request; ``None`` when it takes too long.

    Nearly always it is there already. Then no timer is started, which would take as long as all
    the rest of an answer; else what was begun is dropped, and begun anew with a limit.
    """
    begun = receive()
    if isinstance(begun, CoroutineType):
        try:
            begun.send(None)
        except StopIteration as done:
            message: Message = done.value
            return message
        begun.close()
        begun = receive()
    try:
        return await asyncio.wait_for(begun, seconds)
    except TimeoutError:
        return None


async def _too_late() -> Message:
    """Be a ``receive`` that took too long, for whoever answers that."""
    raise TimeoutError


def _again(message: Message, receive: Receive) -> Receive:
    """Return a ``receive`` that gives back what was taken."""
    taken = [message]

    async def received() -> Message:
        return taken.pop() if taken else await receive()

    return received
