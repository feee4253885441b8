"""A responder without a key: it gives what was signed beforehand, and cannot sign anything.

So stand the responders of RFC 5019 at the edge of a network. It answers a question with a nonce
without one, which RFC 9654 §2.1 leaves to a responder and a client may refuse; about a certificate
it has no answer for it says unauthorized (RFC 5019 §2.2.3: not capable of responding
authoritatively), and past the renewal of the data tryLater.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jpki.errors import ImpossibleFact, MalformedOcspRequest
from jpki.revocation.ocsp import ResponseStatus
from simulator.agency.ocsp import error_response
from simulator.agency.presigned.answers import PresignedAnswers
from simulator.agency.presigned.asgi import PresignedResponder, Turn
from simulator.agency.publication.answers import Keeping, MediaType, Sent, answered
from simulator.agency.publication.bodies import body_of

__all__ = ["keyless_answer", "keyless_app"]


def keyless_answer(answers: PresignedAnswers, request: bytes, at: datetime) -> bytes:
    """Answer a request, whatever its octets, at an instant."""
    found = _found(answers, request, at)
    return error_response(found) if isinstance(found, ResponseStatus) else found


def _found(answers: PresignedAnswers, request: bytes, at: datetime) -> bytes | ResponseStatus:
    try:
        found = answers.asked(request) or answers.asked_anyhow(request)
    except MalformedOcspRequest:
        return ResponseStatus.MALFORMED_REQUEST
    if not answers.as_of <= at < answers.until:
        return ResponseStatus.TRY_LATER
    if found is None or not found.section.may_be_given(found.row, at):
        return ResponseStatus.UNAUTHORIZED
    return found.section.answer(found.row)


def keyless_app(
    newest: Callable[[], PresignedAnswers],
    clock: Callable[[], datetime],
    *,
    body_seconds: float = 10.0,
) -> PresignedResponder:
    """Return an application over the newest answers, by a clock.

    Raises ``ImpossibleFact`` for answers that are not settled: without the log nobody could tell
    that something was recorded after all.
    """
    if not newest().settled:
        raise ImpossibleFact(
            "these answers were signed before their instant was over",
            hint="sign them again when the world's clock has passed it, or serve them with --world",
        )

    def look() -> Turn | None:
        now, answers = clock(), newest()
        return Turn(now, answers, {}) if answers.as_of <= now < answers.until else None

    async def by_post(request: Request) -> Response:
        body = await body_of(request, kind=MediaType.OCSP_REQUEST, seconds=body_seconds)
        at = clock()
        sent = Sent(keyless_answer(newest(), body, at), MediaType.OCSP_RESPONSE)
        return answered(request, sent, at=at)

    async def by_get(request: Request) -> Response:
        try:
            asked = base64.b64decode(request.path_params["request"], validate=True)
        except (binascii.Error, ValueError):
            asked = b""
        answers, at = newest(), clock()
        found = _found(answers, asked, at)
        if isinstance(found, ResponseStatus):
            return answered(request, Sent(error_response(found), MediaType.OCSP_RESPONSE), at=at)
        keeping = Keeping.of(found, since=answers.as_of, until=answers.until)
        return answered(request, Sent(found, MediaType.OCSP_RESPONSE, keeping), at=at)

    site = Starlette(
        routes=[
            Route("/ocsp", by_post, methods=["POST"]),
            Route("/ocsp/", by_post, methods=["POST"]),
            Route("/ocsp/{request:path}", by_get),
        ]
    )
    return PresignedResponder(look, site)
