"""What is sent back: a body with its media type, how long it may be kept, and whether it changed.

RFC 9110 for validators and conditional requests, RFC 9111 for keeping, RFC 5019 §5 and §6 for OCSP,
RFC 2585 for media types. Every time is the world's, and ``Date`` too: a client that reckons from it
keeps things for as long as the world means, however its clock is moved.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Keeping", "MediaType", "Sent", "answered", "http_date"]


class MediaType(StrEnum):
    """The media types of what is published."""

    CERTIFICATE = "application/pkix-cert"
    LIST = "application/pkix-crl"
    PEM = "application/x-pem-file"
    OCSP_REQUEST = "application/ocsp-request"
    OCSP_RESPONSE = "application/ocsp-response"
    TIMESTAMP_QUERY = "application/timestamp-query"
    TIMESTAMP_REPLY = "application/timestamp-reply"
    TEXT = "text/plain; charset=utf-8"
    JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long something may be kept: since when it is so, and until when nothing newer is due.

    ``etag`` names the version; ``weak`` when other bytes may say the same (RFC 9110 §8.8.1).
    """

    since: datetime
    until: datetime
    etag: str
    weak: bool = False

    @classmethod
    def of(cls, body: bytes, *, since: datetime, until: datetime) -> Keeping:
        """Return the keeping of bytes that are named by their digest."""
        return cls(since, until, hashlib.sha256(body).hexdigest()[:32])

    @property
    def tag(self) -> str:
        """The entity tag as it is sent."""
        return f'W/"{self.etag}"' if self.weak else f'"{self.etag}"'


@dataclass(frozen=True, slots=True, repr=False)
class Sent:
    """A body on its way: bytes, media type and keeping; nothing may be kept without one."""

    body: bytes
    kind: MediaType
    keeping: Keeping | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Sent {self.kind}, {len(self.body)} bytes>"


_NOT_KEPT: Final = {"cache-control": "no-store"}
_LONGEST_AGE: Final = timedelta(days=365)


def answered(request: Request, sent: Sent, *, at: datetime) -> Response:
    """Return the response to a request at an instant of the world: 304 when nothing is new."""
    headers = {"date": http_date(at), "x-content-type-options": "nosniff", **sent.headers}
    if sent.keeping is None:
        return Response(sent.body, headers=headers | _NOT_KEPT, media_type=sent.kind)
    headers |= _kept(sent.keeping, at)
    if _is_known(request, sent.keeping):
        return Response(status_code=304, headers=headers)
    return Response(sent.body, headers=headers, media_type=sent.kind)


def http_date(at: datetime) -> str:
    """Return an instant as HTTP writes it."""
    return format_datetime(at.replace(microsecond=0), usegmt=True)


def _kept(keeping: Keeping, at: datetime) -> dict[str, str]:
    life = min(max(keeping.until - at, timedelta(0)), _LONGEST_AGE)
    age = int(life.total_seconds())
    return {
        "etag": keeping.tag,
        "last-modified": http_date(keeping.since),
        "expires": http_date(at.replace(microsecond=0) + timedelta(seconds=age)),
        "cache-control": f"max-age={age}, public, no-transform, must-revalidate",
    }


def _is_known(request: Request, keeping: Keeping) -> bool:
    """Whether the client has this version already (RFC 9110 §13.2.2: the tags decide, if any)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        wanted = f'"{keeping.etag}"'
        return tags.strip() == "*" or any(
            tag.strip().removeprefix("W/") == wanted for tag in tags.split(",")
        )
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return keeping.since.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
