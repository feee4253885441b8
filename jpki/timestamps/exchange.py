"""Asking a timestamp authority, and what it answers (RFC 3161 §2.4)."""

from __future__ import annotations

import hmac

from jpki.certificates import der
from jpki.errors import MalformedTimestamp, TimestampDiffers, TimestampRefused
from jpki.timestamps.token import (
    EXPLICIT_0,
    extensions_of,
    is_true,
    open_timestamp,
    read_imprint,
    read_token,
    read_version,
)
from jpki.timestamps.values import (
    DIGEST_SIZES,
    SHA256,
    FailureInfo,
    PkiStatus,
    TimestampRequest,
    TimestampResponse,
    TimestampToken,
)

__all__ = [
    "check_response",
    "parse_timestamp_request",
    "parse_timestamp_response",
    "timestamp_request",
]


def timestamp_request(
    digest: bytes,
    *,
    nonce: int | None,
    policy: str | None = None,
    algorithm: str = SHA256,
    certificates: bool = True,
) -> bytes:
    """Return the DER of a TimeStampReq (RFC 3161 §2.4.1) for a digest.

    ``nonce`` is a large number that was never used before, from a source of randomness of the
    caller's; with ``None`` an old response cannot be told from a new one. ``policy`` (dotted) is
    the one the authority must use, ``certificates`` asks for its certificate. Raises
    ``MalformedTimestamp`` when the digest is not of the algorithm's length or the nonce negative.
    """
    if len(digest) != DIGEST_SIZES.get(algorithm):
        raise MalformedTimestamp(f"a digest of {len(digest)} bytes is none of {algorithm}")
    if nonce is not None and nonce < 0:
        raise MalformedTimestamp("a nonce is not negative")
    imprint = der.sequence(
        der.sequence(der.object_identifier(algorithm), der.null()), der.octet_string(digest)
    )
    optional = (
        *(() if policy is None else (der.object_identifier(policy),)),
        *(() if nonce is None else (der.integer(nonce),)),
        *((der.boolean(True),) if certificates else ()),
    )
    return der.sequence(der.integer(1), imprint, *optional)


def parse_timestamp_request(data: bytes, *, source: str = "timestamp request") -> TimestampRequest:
    """Return the TimeStampReq in ``data``; raise ``MalformedTimestamp`` when it is none."""
    fields = open_timestamp(data, source).fields("the request")
    read_version(fields)
    algorithm, digest = read_imprint(fields.take(der.SEQUENCE, "the message imprint"))
    policy = fields.take_if(der.OBJECT_IDENTIFIER)
    nonce = fields.take_if(der.INTEGER)
    certificates = fields.take_if(der.BOOLEAN)
    extensions = fields.take_if(EXPLICIT_0)
    fields.end()
    return TimestampRequest(
        algorithm,
        digest,
        None if policy is None else policy.as_oid("the policy"),
        None if nonce is None else nonce.as_integer("the nonce"),
        is_true(certificates, "certReq"),
        tuple(extensions_of(extensions)),
    )


# the response


def parse_timestamp_response(
    data: bytes, *, source: str = "timestamp response"
) -> TimestampResponse:
    """Return the TimeStampResp in ``data`` (RFC 3161 §2.4.2).

    Raises ``MalformedTimestamp``, also when a token stands beside a refusal or is missing beside a
    grant.
    """
    fields = open_timestamp(data, source).fields("the response")
    told = fields.take(der.SEQUENCE, "the status").fields("the status")
    number = told.take(der.INTEGER, "the status")
    texts = told.take_if(der.SEQUENCE)
    flags = told.take_if(der.BIT_STRING)
    told.end()
    token = fields.take_if(der.SEQUENCE)
    fields.end()
    status = number.as_integer("the status")
    if status not in PkiStatus._value2member_map_:
        raise number.malformed(f"there is no status {status}")
    if (token is not None) != (status <= PkiStatus.GRANTED_WITH_MODS):
        raise number.malformed("a token stands with a grant, and with nothing else")
    bits = frozenset() if flags is None else flags.as_flags("the failure")
    known = FailureInfo._value2member_map_
    return TimestampResponse(
        PkiStatus(status),
        () if texts is None else tuple(text.as_text("a status text") for text in texts.children()),
        frozenset(FailureInfo(bit) for bit in bits if bit in known),
        None if token is None else read_token(token),
    )


def check_response(response: TimestampResponse, request: TimestampRequest) -> TimestampToken:
    """Return the token of a response when it answers the request.

    Raises ``TimestampRefused`` when there is none, and ``TimestampDiffers`` when imprint, nonce,
    policy or the certificate asked for is not as in the request (RFC 3161 §2.2, §2.4.2). Whether
    the token may be believed is for :mod:`jpki.validation.timestamps` to say.
    """
    token = response.token
    if token is None:
        failures = tuple(sorted(failure.name.lower() for failure in response.failures))
        raise TimestampRefused(status=response.status.name.lower(), failures=failures)
    if token.imprint_algorithm != request.algorithm:
        raise TimestampDiffers("digest algorithm")
    if not hmac.compare_digest(token.imprint, request.digest):
        raise TimestampDiffers("digest")
    if request.nonce is not None and token.nonce != request.nonce:
        raise TimestampDiffers("nonce")
    if request.policy not in (None, token.policy):
        raise TimestampDiffers("policy")
    if bool(token.certificates) != request.certificates:
        raise TimestampDiffers("certificates")
    return token
