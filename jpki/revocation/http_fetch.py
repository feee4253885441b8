"""One fetch over HTTP, bounded in bytes and in time: the one module that imports httpx.

The deadline covers everything from the first byte of the question to the last of the answer.
Redirects stay on their host unless others are allowed, and never lead from https to http.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from jpki.errors import (
    MissingExtra,
    RedirectRefused,
    SourceRefused,
    SourceTimedOut,
    SourceTooLarge,
    SourceUnreachable,
    UnusableSource,
    WrongContentType,
)
from jpki.revocation.ocsp.response import LONGEST_RESPONSE
from jpki.revocation.revocation_list import LONGEST_LIST

try:
    import httpx
except ImportError as error:
    raise MissingExtra("httpx", extra="http") from error

__all__ = ["Fetcher", "HttpLimits", "Received", "Wanted", "checked_address", "shown_address"]

_T = TypeVar("_T")

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD: Final = frozenset({307, 308})
"""RFC 9110 §15.4: after the others a client may ask by GET what it asked by POST."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What one fetch may take: seconds for each step and in all, and bytes.

    ``other_hosts`` are hosts a redirect may lead to besides the one asked.
    """

    connect: float = 5.0
    read: float = 10.0
    deadline: float = 30.0
    longest_list: int = LONGEST_LIST
    longest_answer: int = LONGEST_RESPONSE
    redirects: int = 3
    other_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One fetch: what is asked, what is taken, and how the answer is read to find its end."""

    method: str
    url: str
    types: frozenset[str]
    longest: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """What came back: 200 with a body, or 304 without; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetcher:
    """Fetches within limits, and turns what goes wrong into a ``SourceError``.

    ``transport`` is httpx's, for tests and proxies; ``headers`` are sent to the host asked alone.
    Nothing of the environment (proxies, netrc) is used. Every fetch is a connection of its own:
    there is nothing to close.
    """

    def __init__(
        self,
        *,
        limits: HttpLimits | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.limits = limits or HttpLimits()
        self._transport = transport
        self._headers = dict(headers or {})

    def fetch(self, wanted: Wanted) -> Received:
        """Fetch once, following redirects as far as they are allowed."""
        return _run(self._in_time(wanted))

    async def _in_time(self, wanted: Wanted) -> Received:
        try:
            return await asyncio.wait_for(self._follow(wanted), self.limits.deadline)
        except (TimeoutError, httpx.TimeoutException):
            raise SourceTimedOut(shown_address(wanted.url), "no whole answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            reason = "no connection, or one that broke"
            raise SourceUnreachable(
                shown_address(wanted.url), f"{reason} ({type(error).__name__})"
            ) from None

    async def _follow(self, wanted: Wanted) -> Received:
        limits = self.limits
        timeout = httpx.Timeout(limits.read, connect=limits.connect)
        url = checked_address(wanted.url)
        async with httpx.AsyncClient(
            transport=self._transport, timeout=timeout, trust_env=False
        ) as client:
            for _ in range(limits.redirects + 1):
                request = client.build_request(
                    wanted.method,
                    url,
                    content=wanted.body or None,
                    headers=self._headers_for(url, wanted),
                )
                response = await client.send(request, stream=True, follow_redirects=False)
                try:
                    if response.status_code not in _REDIRECTS:
                        return await _take(response, wanted)
                    url = self._redirected(url, response, wanted.method)
                finally:
                    await response.aclose()
        raise RedirectRefused(shown_address(wanted.url), f"more than {limits.redirects} redirects")

    def _headers_for(self, url: httpx.URL, wanted: Wanted) -> dict[str, str]:
        # What the caller adds may be a password, which is for the host asked and no other.
        own = self._headers if url.host == checked_address(wanted.url).host else {}
        # Compressed bytes could grow beyond any measure, and DER hardly shrinks.
        return {**own, **wanted.headers, "accept-encoding": "identity"}

    def _redirected(self, url: httpx.URL, response: httpx.Response, method: str) -> httpx.URL:
        shown = shown_address(str(url))
        if method != "GET" and response.status_code not in _SAME_METHOD:
            raise RedirectRefused(shown, "it redirects to another question")
        try:
            target = url.join(response.headers.get("location", ""))
        except httpx.InvalidURL:
            raise RedirectRefused(shown, "it redirects to no address") from None
        same = (target.host, target.port) == (url.host, url.port)
        if target.scheme not in ("http", "https") or (url.scheme, target.scheme) == (
            "https",
            "http",
        ):
            raise RedirectRefused(shown, f"it redirects to {target.scheme or 'nothing'}")
        if not same and target.host not in self.limits.other_hosts:
            raise RedirectRefused(shown, f"it redirects to another host, {target.host}")
        return target


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end in a thread of its own, so that a caller may have an event loop already."""
    with ThreadPoolExecutor(max_workers=1) as alone:
        return alone.submit(asyncio.run, work).result()


async def _take(response: httpx.Response, wanted: Wanted) -> Received:
    shown = shown_address(wanted.url)
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.status_code == 304:
        return Received(304, headers, b"")
    if response.status_code != 200:
        raise SourceRefused(shown, status=response.status_code)
    found = headers.get("content-type", "").partition(";")[0].strip().lower()
    if found not in wanted.types:
        raise WrongContentType(shown, f"content of type {found or 'unknown'}"[:_SHOWN])
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise WrongContentType(shown, "an encoding that was not asked for")
    if _number(headers) > wanted.longest:
        raise SourceTooLarge(shown, f"more than {wanted.longest} bytes")
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > wanted.longest:
            raise SourceTooLarge(shown, f"more than {wanted.longest} bytes")
    return Received(200, headers, bytes(body))


_SHOWN: Final = 120


def _number(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def checked_address(url: str) -> httpx.URL:
    """Return an address taken apart; ``UnusableSource`` unless it is http or https with a host."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        raise UnusableSource("?", "an address that is none") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UnusableSource(shown_address(url), "an address is http or https and names a host")
    return parsed


def shown_address(url: str) -> str:
    """Scheme and host alone: the rest of an OCSP address holds a serial number."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        return "?"
    port = "" if parsed.port is None else f":{parsed.port}"
    return f"{parsed.scheme}://{parsed.host}{port}"
