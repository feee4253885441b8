"""Reading a request's body: so many bytes, in so much time, and no more."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

__all__ = ["LONGEST_BODY", "body_of"]

LONGEST_BODY: Final = 64 * 1024
"""An OCSP or timestamp request takes a hundred bytes or two."""


async def body_of(
    request: Request, *, kind: str, seconds: float, longest: int = LONGEST_BODY
) -> bytes:
    """Return the body; ``HTTPException`` 415, 411, 413 or 408 when it is not what is taken.

    ``seconds`` is the time for the whole of it, so that nobody can keep a place by sending a byte
    now and then.
    """
    found = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if found != kind:
        raise HTTPException(415, f"send {kind}")
    told = request.headers.get("content-length", "0")
    if not told.isdecimal() or len(told) > len(str(longest)) or int(told) > longest:
        raise HTTPException(413, f"at most {longest} bytes", {"connection": "close"})
    try:
        return await asyncio.wait_for(_read(request, longest), seconds)
    except TimeoutError:
        raise HTTPException(408, "the body took too long", {"connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(400, "the body broke off") from None


async def _read(request: Request, longest: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > longest:
            raise HTTPException(413, f"at most {longest} bytes", {"connection": "close"})
    return bytes(body)
