"""Timestamps (RFC 3161, RFC 5816) as values: the request, the response and the token.

Everything is read strictly, in DER and to the last byte, and only for what it says; whether a token
proves anything is judged in :mod:`jpki.validation.timestamps`. Nothing is sent anywhere.
"""

from jpki.timestamps.exchange import (
    check_response,
    parse_timestamp_request,
    parse_timestamp_response,
    timestamp_request,
)
from jpki.timestamps.token import parse_timestamp_token
from jpki.timestamps.values import (
    DIGEST_SIZES,
    SHA256,
    EssCertificate,
    FailureInfo,
    PkiStatus,
    TimestampRequest,
    TimestampResponse,
    TimestampSigner,
    TimestampToken,
)

__all__ = [
    "DIGEST_SIZES",
    "SHA256",
    "EssCertificate",
    "FailureInfo",
    "PkiStatus",
    "TimestampRequest",
    "TimestampResponse",
    "TimestampSigner",
    "TimestampToken",
    "check_response",
    "parse_timestamp_request",
    "parse_timestamp_response",
    "parse_timestamp_token",
    "timestamp_request",
]
