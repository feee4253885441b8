"""Sending a right answer in a wrong way, as an ordered fault wants it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any, Final

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from simulator.faults.delivery import Delivery

__all__ = ["ABORT", "disturbed"]

ABORT: Final = "jpki_sim.abort"
"""The ASGI extension by which a server lets an application reset its connection."""

_PIECE: Final = 64 * 1024
_STEPS: Final = 200


def disturbed(response: Response, delivery: Delivery) -> Response:
    """Return the response as it is sent when its delivery goes wrong."""
    body, headers = bytes(response.body), _without_length(response)
    if delivery.status is not None:
        return Response(status_code=delivery.status, headers={"date": headers.get("date", "")})
    if delivery.keep is not None:
        return Response(body[: delivery.keep], response.status_code, headers)
    if delivery.padding is not None:
        headers["content-length"] = str(len(body) + delivery.padding)
        return StreamingResponse(_padded(body, delivery.padding), response.status_code, headers)
    if delivery.seconds is not None:
        headers["content-length"] = str(len(body))
        return StreamingResponse(_slowly(body, delivery.seconds), response.status_code, headers)
    return _Reset(body, response.status_code, headers)


def _without_length(response: Response) -> dict[str, str]:
    kept = {name: value for name, value in response.headers.items() if name != "content-length"}
    return kept | {"cache-control": "no-store"}


async def _padded(body: bytes, padding: int) -> AsyncIterator[bytes]:
    yield body
    zeros = bytes(min(_PIECE, padding))
    while padding > 0:
        yield zeros[:padding]
        padding -= len(zeros)


async def _slowly(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    """In two hundred pieces, or a byte at a time when there are fewer."""
    size = max(1, -(-len(body) // _STEPS))
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    for piece in pieces:
        await asyncio.sleep(seconds / len(pieces))
        yield piece


class _Reset(Response):
    """Half a body, and then no connection; on a server that cannot reset one, half a body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        extensions: MutableMapping[str, Any] = scope.get("extensions") or {}
        if ABORT in extensions:
            extensions[ABORT]["abort"]()
            await asyncio.sleep(0)
