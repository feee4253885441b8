"""What a request, a response and a token say (RFC 3161, RFC 5816)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from jpki.cms import SignerIdentifier

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
]

SHA256: Final = "2.16.840.1.101.3.4.2.1"
DIGEST_SIZES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "1.2.840.113549.2.5": 16,  # MD5
        "1.3.14.3.2.26": 20,  # SHA-1
        "2.16.840.1.101.3.4.2.4": 28,  # SHA-224
        SHA256: 32,
        "2.16.840.1.101.3.4.2.2": 48,  # SHA-384
        "2.16.840.1.101.3.4.2.3": 64,  # SHA-512
        "2.16.840.1.101.3.4.2.8": 32,  # SHA3-256
        "2.16.840.1.101.3.4.2.9": 48,  # SHA3-384
        "2.16.840.1.101.3.4.2.10": 64,  # SHA3-512
    }
)
"""Bytes of a digest, by its algorithm."""


class PkiStatus(IntEnum):
    """How a request ended (RFC 3161 §2.4.2)."""

    GRANTED = 0
    GRANTED_WITH_MODS = 1
    REJECTION = 2
    WAITING = 3
    REVOCATION_WARNING = 4
    REVOCATION_NOTIFICATION = 5


class FailureInfo(IntEnum):
    """Why a request was refused, by the number of the bit (RFC 3161 §2.4.2)."""

    BAD_ALG = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    ADD_INFO_NOT_AVAILABLE = 17
    SYSTEM_FAILURE = 25


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """What is asked of a timestamp authority. Algorithm and policy are dotted."""

    algorithm: str
    digest: bytes
    policy: str | None
    nonce: int | None
    certificates: bool
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EssCertificate:
    """A signed statement of which certificate the signer's is (RFC 5035 §3, RFC 5816).

    ``issuer`` is the DER of the one directory name, when one is given.
    """

    algorithm: str
    digest: bytes
    issuer: bytes | None
    serial: int | None


@dataclass(frozen=True, slots=True)
class TimestampSigner:
    """The one SignerInfo of a token.

    ``signed_bytes`` is the DER SET OF over which the signature value is computed.
    ``signature_algorithm`` is the whole AlgorithmIdentifier in DER, since RSASSA-PSS means nothing
    without its parameters. ``certificates`` are the first references of the signing-certificate
    attributes, version 1 and 2; there is at least one.
    """

    identifier: SignerIdentifier
    digest_algorithm: str
    signature_algorithm: bytes
    signature: bytes
    signed_bytes: bytes
    message_digest: bytes
    certificates: tuple[EssCertificate, ...]


@dataclass(frozen=True, slots=True)
class TimestampToken:
    """A TimeStampToken and the TSTInfo in it (RFC 3161 §2.4.2).

    ``gen_time`` is in UTC to the microsecond, finer fractions rounded up. ``accuracy`` is how far
    from it the true time may lie on either side, ``None`` when the authority does not say.
    ``tsa`` is the GeneralName in DER. ``certificates`` and ``crls`` came along, trusted for
    nothing. ``info`` is the DER of the TSTInfo, which is what was signed.
    """

    der: bytes = field(repr=False)
    info: bytes = field(repr=False)
    policy: str
    imprint_algorithm: str
    imprint: bytes
    serial: int
    gen_time: datetime
    accuracy: timedelta | None
    ordering: bool
    nonce: int | None
    tsa: bytes | None
    critical_extensions: tuple[str, ...]
    signer: TimestampSigner = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    crls: tuple[bytes, ...] = field(repr=False)

    @property
    def no_later_than(self) -> datetime:
        """The latest the true time can have been: what is stamped existed by then."""
        return self.gen_time + (self.accuracy or timedelta(0))


@dataclass(frozen=True, slots=True)
class TimestampResponse:
    """A TimeStampResp: how the request ended, and the token when there is one."""

    status: PkiStatus
    texts: tuple[str, ...]
    failures: frozenset[FailureInfo]
    token: TimestampToken | None
