"""Lists and OCSP answers over HTTP, from addresses that a caller names.

Nothing is fetched unless a caller makes an :class:`HttpSource` and says where from. JPKI's own
distribution points are directory names without a host, and the interfaces of the real service are
open to its verifiers only (Act 18, 37), so addresses are always given by the caller.

The cache is an economy and never asked whether something may be believed. Needs the extra ``http``.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Final, Protocol, TypeVar
from urllib.parse import quote

from jpki.certificates import AuthorityCertificate, CrlDistributionPoint, SubscriberCertificate
from jpki.errors import (
    FormatError,
    JpkiError,
    SourceError,
    SourceRefused,
    SourceTimedOut,
    SourceUnreachable,
    UnusableSource,
)
from jpki.jst import require_aware
from jpki.revocation.http_cache import CachedAnswer, HttpCache, fresh_until
from jpki.revocation.http_fetch import Fetcher, HttpLimits, Received, Wanted, shown_address
from jpki.revocation.ocsp import (
    JPKI_ANSWERS,
    IdHash,
    OcspPolicy,
    OcspResponse,
    ocsp_request,
    parse_ocsp_response,
)
from jpki.revocation.ocsp.responder import why_not_signed
from jpki.revocation.parties import Issuer
from jpki.revocation.revocation_list import RevocationList, parse_revocation_list
from jpki.revocation.sources import StatusEvidence

__all__ = ["Fetcher", "HttpCache", "HttpLimits", "HttpSource", "list_address"]

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)

_LIST_TYPES: Final = frozenset(
    {"application/pkix-crl", "application/x-pkcs7-crl", "application/octet-stream"}
)
"""RFC 2585 §4.2, what older servers say, and what file servers say of any file."""
_ANSWER_TYPES: Final = frozenset({"application/ocsp-response"})
_REQUEST_TYPE: Final = "application/ocsp-request"
_LONGEST_GET: Final = 255
"""RFC 5019 §5: a request of up to 255 octets, in base64, goes by GET, so that it can be cached."""


def list_address(template: str, point: CrlDistributionPoint) -> str | None:
    """Return the address of a distribution point's list; ``None`` for a point of unknown form.

    ``template`` may hold ``{prefecture}`` and ``{municipality}``, such as
    ``https://lists.example/{prefecture}/{municipality}.crl``. Raises ``UnusableSource`` when it
    holds anything else.
    """
    _check_template(template)
    if point.prefecture is None or point.municipality is None:
        return None
    return template.format(
        prefecture=quote(point.prefecture, safe=""),
        municipality=quote(point.municipality, safe=""),
    )


def _check_template(template: str) -> None:
    try:
        names = {name for _, name, *_ in Formatter().parse(template) if name is not None}
    except ValueError:
        names = {"?"}
    if not names <= {"prefecture", "municipality"}:
        raise UnusableSource(template, "only {prefecture} and {municipality} may stand in braces")


class HttpSource:
    """Lists and answers from addresses that the caller names.

    ``lists`` is a template as in :func:`list_address`. ``responder`` is the address of an OCSP
    responder; with ``use_certificate_address`` the one in the certificate is asked when there is no
    other. ``clock`` tells the instant, for the cache alone. ``nonces`` gives a fresh nonce for each
    question, from real randomness; an answer that does not repeat it is among the failures. With
    ``by_post`` OCSP questions always go by POST. ``keep_when_unreachable``: a cached list or answer
    that has not reached its nextUpdate is used when nothing can be fetched; off, because whoever
    can block the network could so hide what is new. ``policy`` says which answers are authentic
    enough to be kept; nothing is kept that its issuer did not sign.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        lists: str | None = None,
        responder: str | None = None,
        use_certificate_address: bool = False,
        nonces: Callable[[], bytes] | None = None,
        hash_algorithm: IdHash = IdHash.SHA1,
        by_post: bool = False,
        cache: HttpCache | None = None,
        keep_when_unreachable: bool = False,
        policy: OcspPolicy = JPKI_ANSWERS,
        fetcher: Fetcher | None = None,
    ) -> None:
        if lists is not None:
            _check_template(lists)
        self._clock = clock
        self._lists = lists
        self._responder = responder
        self._use_certificate_address = use_certificate_address
        self._nonces = nonces
        self._hash_algorithm = hash_algorithm
        self._by_post = by_post
        self._cache = cache
        self._keep_when_unreachable = keep_when_unreachable
        self._policy = policy
        self._fetcher = fetcher or Fetcher()

    def __repr__(self) -> str:
        return "<HttpSource>"

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Fetch what there is about this certificate; what failed is among the failures."""
        total = StatusEvidence()
        for part in (self._fetch_list, self._fetch_answer):
            try:
                total += part(certificate, authority)
            except (SourceError, FormatError) as error:
                total += StatusEvidence(failures=(error,))
        return total

    def _fetch_list(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        if self._lists is None:
            return StatusEvidence()
        url = list_address(self._lists, certificate.crl_distribution_point)
        if url is None:
            return StatusEvidence()
        wanted = Wanted("GET", url, _LIST_TYPES, self._fetcher.limits.longest_list)
        known, failures = self._get(wanted, _ListReader(authority))
        return StatusEvidence(lists=(known,), failures=failures)

    def _fetch_answer(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        url = self._responder
        if url is None and self._use_certificate_address:
            url = certificate.ocsp_url
        if url is None:
            return StatusEvidence()
        nonce = self._nonces() if self._nonces is not None else None
        request = ocsp_request(
            certificate, authority, nonce=nonce, hash_algorithm=self._hash_algorithm
        ).der
        response, failures = self._get(
            self._question(url, request),
            _AnswerReader(Issuer.of(authority), self._policy),
            cached=nonce is None,
        )
        if nonce is not None and not _repeats(response, nonce):
            raise SourceError(
                shown_address(url),
                "the answer does not repeat the nonce",
                hint="it may be an old one; ask for none if the responder does not know nonces",
            )
        return StatusEvidence(answers=(response,), failures=failures)

    def _question(self, url: str, request: bytes) -> Wanted:
        """By GET when it is short (RFC 6960 §A.1), so that caches on the way can answer."""
        longest = self._fetcher.limits.longest_answer
        encoded = quote(base64.b64encode(request).decode("ascii"), safe="")
        if self._by_post or len(encoded) > _LONGEST_GET:
            headers = {"content-type": _REQUEST_TYPE}
            return Wanted("POST", url, _ANSWER_TYPES, longest, request, headers)
        return Wanted("GET", f"{url.rstrip('/')}/{encoded}", _ANSWER_TYPES, longest)

    def _get(
        self,
        wanted: Wanted,
        read: _Reader[_T],
        *,
        cached: bool = True,
    ) -> tuple[_T, tuple[JpkiError, ...]]:
        cache = self._cache if cached else None
        now = require_aware(self._clock())
        kept = cache.find(wanted.method, wanted.url, wanted.body) if cache is not None else None
        source = shown_address(wanted.url)
        if kept is not None and now < kept.fresh_until:
            return read(kept.body, source)[0], ()
        try:
            received = self._fetcher.fetch(wanted if kept is None else _conditional(wanted, kept))
        except (SourceUnreachable, SourceTimedOut, SourceRefused) as error:
            usable = kept is not None and now <= kept.next_update and not _is_final(error)
            if kept is not None and usable and self._keep_when_unreachable:
                return read(kept.body, source)[0], (error,)
            raise
        if received.status == 304:
            if kept is None:
                raise SourceRefused(source, status=304)
            body = kept.body
        else:
            body = received.body
        value, ends = read(body, source)
        if cache is not None and ends is not None and now < ends:
            _keep(cache, wanted, received, body, now=now, ends=ends, kept=kept)
        return value, ()


def _conditional(wanted: Wanted, kept: CachedAnswer) -> Wanted:
    headers = dict(wanted.headers)
    if kept.etag:
        headers["if-none-match"] = kept.etag
    if kept.last_modified:
        headers["if-modified-since"] = kept.last_modified
    return Wanted(wanted.method, wanted.url, wanted.types, wanted.longest, wanted.body, headers)


def _keep(
    cache: HttpCache,
    wanted: Wanted,
    received: Received,
    body: bytes,
    *,
    now: datetime,
    ends: datetime,
    kept: CachedAnswer | None,
) -> None:
    until = fresh_until(received.headers, now=now, ends=ends)
    if until is None:
        cache.forget(wanted.method, wanted.url, wanted.body)
        return
    before = kept if received.status == 304 else None
    cache.keep(
        wanted.method,
        wanted.url,
        wanted.body,
        CachedAnswer(
            body=body,
            etag=_plain(received, "etag") or (before.etag if before else ""),
            last_modified=_plain(received, "last-modified")
            or (before.last_modified if before else ""),
            fresh_until=until,
            next_update=ends,
        ),
    )


def _plain(received: Received, name: str) -> str:
    """Return a header that can be sent back as it is."""
    text = received.headers.get(name, "")
    return text if text.isascii() and text.isprintable() else ""


def _is_final(error: SourceError) -> bool:
    """Whether the server is there and says no: a refusal is not a failure of the network."""
    return isinstance(error, SourceRefused) and error.status < 500


class _Reader(Protocol[_T_co]):
    """Reads what came, and says until when it is worth keeping: ``None`` when it is not."""

    def __call__(self, body: bytes, source: str) -> tuple[_T_co, datetime | None]: ...


@dataclass(frozen=True, slots=True)
class _ListReader:
    authority: AuthorityCertificate

    def __call__(self, body: bytes, source: str) -> tuple[RevocationList, datetime | None]:
        known = parse_revocation_list(body, source=source)
        return known, known.next_update if known.signed_by(self.authority) else None


@dataclass(frozen=True, slots=True)
class _AnswerReader:
    issuer: Issuer
    policy: OcspPolicy

    def __call__(self, body: bytes, source: str) -> tuple[OcspResponse, datetime | None]:
        response = parse_ocsp_response(body, source=source)
        answer = response.answer
        if answer is None or why_not_signed(answer, issuer=self.issuer, policy=self.policy):
            return response, None
        ends = [one.next_update for one in answer.singles if one.next_update is not None]
        return response, min(ends, default=None)


def _repeats(response: OcspResponse, nonce: bytes) -> bool:
    # An error is nobody's answer and has no nonce; it is handed on with its reason.
    if response.answer is None:
        return True
    return response.answer.nonce is not None and hmac.compare_digest(response.answer.nonce, nonce)
