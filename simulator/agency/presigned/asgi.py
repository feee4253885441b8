"""The ASGI application that answers OCSP from memory, and hands everything else on.

What it takes itself is a POST with a request in the usual shape about a certificate in the file; it
is answered as :mod:`simulator.agency.publication.app` would, with the same octets. GET, other
shapes, unknown certificates and faults are that application's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jpki.life import Authority
from simulator.agency.presigned.answers import AskedRow, PresignedAnswers
from simulator.agency.presigned.frame import AnswerFrame
from simulator.agency.publication.answers import MediaType, http_date

__all__ = ["Look", "PresignedResponder", "Signer", "Turn"]

_PATHS: Final = frozenset({"/ocsp", "/ocsp/"})
_WANTED: Final = MediaType.OCSP_REQUEST.encode()
_LONGEST: Final = 256
"""Octets; a request in the usual shape has fewer."""


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
    older than that.
    """

    def __init__(self, look: Look, rest: ASGIApp, *, body_seconds: float = 10.0) -> None:
        self._look = look
        self._rest = rest
        self._body_seconds = body_seconds
        self._turn: Turn | None = None
        self._looked = False
        self._second: datetime | None = None
        self._plain: list[tuple[bytes, bytes]] = []
        self._frames: dict[Authority, AnswerFrame] = {}

    def __repr__(self) -> str:
        return "<PresignedResponder>"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in _PATHS:
            await self._rest(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._body_seconds):
                message = await receive()
        except TimeoutError:
            await self._rest(scope, _too_late, send)
            return
        body = message.get("body", b"")
        answer = None
        if not message.get("more_body") and len(body) <= _LONGEST and _is_asked(scope):
            answer = self._answer(body)
        if answer is None:
            await self._rest(scope, _again(message, receive), send)
            return
        headers = [*self._plain, (b"content-length", b"%d" % len(answer)), _KIND]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, body: bytes) -> bytes | None:
        turn = self._seen()
        if turn is None:
            return None
        found = turn.answers.asked(body)
        if found is None or not found.section.may_be_given(found.row, turn.now):
            return None
        if found.nonce is None:
            return found.section.answer(found.row)
        return self._signed(turn, found, found.nonce)

    def _signed(self, turn: Turn, found: AskedRow, nonce: bytes) -> bytes | None:
        authority = found.section.authority
        signer = turn.signers.get(authority)
        if signer is None:
            return None
        frame = self._frames.get(authority)
        if frame is None:
            frame = self._frames[authority] = signer.frame(turn.now)
        return found.section.signed(found.row, nonce, frame, signer.key)

    def _seen(self) -> Turn | None:
        if not self._looked:
            self._turn, self._looked = self._look(), True
            asyncio.get_running_loop().call_soon(self._forget)
            if self._turn is not None:
                self._begin_second(self._turn.now)
        return self._turn

    def _begin_second(self, now: datetime) -> None:
        second = now.replace(microsecond=0)
        if second == self._second:
            return
        self._second = second
        self._frames.clear()
        self._plain = [
            (b"date", http_date(now).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
        ]

    def _forget(self) -> None:
        self._looked = False


_KIND: Final = (b"content-type", MediaType.OCSP_RESPONSE.encode())


def _is_asked(scope: Scope) -> bool:
    """Whether the media type is the one that is asked for, as plainly as everybody writes it."""
    found = [value for name, value in scope["headers"] if name == b"content-type"]
    return found == [_WANTED]


async def _too_late() -> Message:
    """Be a ``receive`` that took too long, for whoever answers that."""
    raise TimeoutError


def _again(message: Message, receive: Receive) -> Receive:
    """Return a ``receive`` that gives back what was taken."""
    taken = [message]

    async def received() -> Message:
        return taken.pop() if taken else await receive()

    return received
