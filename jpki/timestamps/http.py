"""A timestamp authority over HTTP (RFC 3161 §3.4), at an address that the caller names.

Nothing is sent but the digest, a nonce and the wish for the authority's certificate. Needs the
extra ``http``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from jpki.errors import MalformedTimestamp, SourceError, UnusableAnswer
from jpki.revocation.http_fetch import Fetcher, Wanted, checked_address, shown_address
from jpki.timestamps.exchange import (
    check_response,
    parse_timestamp_request,
    parse_timestamp_response,
    timestamp_request,
)

__all__ = ["Fetcher", "HttpTimestamper"]

_REQUEST_TYPE: Final = "application/timestamp-query"
_RESPONSE_TYPES: Final = frozenset({"application/timestamp-reply"})
_LONGEST: Final = 256 << 10
"""A token with the chain of its authority takes some 6 KiB."""
_HINT: Final = "try again later, ask another authority, or sign at a level without a timestamp"


class HttpTimestamper:
    """Asks the authority at ``url`` (http or https) for timestamps; a ``jpki.sign.Timestamper``.

    ``nonces`` gives a large number that was never used before for each question, from real
    randomness. ``policy`` (dotted) is the one the authority must use. ``fetcher`` has the limits in
    bytes and in time. Raises ``UnusableSource`` for an address that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        nonces: Callable[[], int],
        policy: str | None = None,
        fetcher: Fetcher | None = None,
    ) -> None:
        checked_address(url)
        self._url = url
        self._nonces = nonces
        self._policy = policy
        self._fetcher = fetcher or Fetcher()

    def __repr__(self) -> str:
        return f"<HttpTimestamper {shown_address(self._url)}>"

    def timestamp(self, digest: bytes) -> bytes:
        """Return a timestamp token (the TimeStampToken, DER) over a SHA-256 digest.

        The answer is held against the question (imprint, nonce, policy, certificate); whether the
        authority may be believed is for the verifier to say. Raises a ``SourceError`` when there is
        no answer or ``UnusableAnswer`` when it is none of RFC 3161, and a ``TimestampError`` when
        the authority refuses or answers another question.
        """
        request = timestamp_request(digest, nonce=self._nonces(), policy=self._policy)
        answer = self._asked(request)
        try:
            response = parse_timestamp_response(answer)
        except MalformedTimestamp as error:
            raise UnusableAnswer(shown_address(self._url), error.message, hint=_HINT) from error
        return check_response(response, parse_timestamp_request(request)).der

    def _asked(self, request: bytes) -> bytes:
        wanted = Wanted(
            method="POST",
            url=self._url,
            types=_RESPONSE_TYPES,
            longest=_LONGEST,
            body=request,
            headers={"content-type": _REQUEST_TYPE, "accept": next(iter(_RESPONSE_TYPES))},
        )
        try:
            return self._fetcher.fetch(wanted).body
        except SourceError as error:
            if error.hint == SourceError.default_hint:
                # Of no revocation status is the talk here.
                error.hint = _HINT
            raise
