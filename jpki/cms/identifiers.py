"""The object identifiers of signed data: content types, attributes, algorithms."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = [
    "DATA",
    "DIGESTS",
    "RSA_ENCRYPTION",
    "RSA_WITH",
    "SHA1",
    "SHA256",
    "SHA384",
    "SHA512",
    "SIGNED_DATA",
    "AttributeId",
    "RevocationFormId",
]

DATA: Final = "1.2.840.113549.1.7.1"
"""id-data (RFC 5652 §4)."""
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"

SHA1: Final = "1.3.14.3.2.26"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA384: Final = "2.16.840.1.101.3.4.2.2"
SHA512: Final = "2.16.840.1.101.3.4.2.3"
DIGESTS: Final[Mapping[str, str]] = MappingProxyType(
    {SHA256: "sha256", SHA384: "sha384", SHA512: "sha512"}
)
"""Digest algorithms that can stand for content, by the names ``hashlib`` has for them."""

RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
"""rsaEncryption: as a signature algorithm, PKCS#1 v1.5 with the digest named beside it."""
RSA_WITH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1.2.840.113549.1.1.11": SHA256,
        "1.2.840.113549.1.1.12": SHA384,
        "1.2.840.113549.1.1.13": SHA512,
        "1.2.840.113549.1.1.5": SHA1,
    }
)
"""RSASSA-PKCS1-v1_5 algorithms that name their digest (RFC 8017 appendix A.2.4)."""


class AttributeId:
    """Attributes of a signer, signed and unsigned."""

    CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
    MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
    SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
    COUNTERSIGNATURE: Final = "1.2.840.113549.1.9.6"
    ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"  # RFC 6211
    SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"  # RFC 2634 §5.4, SHA-1
    SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"  # RFC 5035 §3
    SIGNATURE_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"  # ETSI EN 319 122-1 §5.3
    COMPLETE_CERTIFICATE_REFS: Final = "1.2.840.113549.1.9.16.2.21"
    COMPLETE_REVOCATION_REFS: Final = "1.2.840.113549.1.9.16.2.22"
    CERTIFICATE_VALUES: Final = "1.2.840.113549.1.9.16.2.23"
    REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"
    ARCHIVE_TIMESTAMP_V3: Final = "0.4.0.1733.2.4"  # ETSI EN 319 122-1 §5.5.3
    ATS_HASH_INDEX: Final = "0.4.0.1733.2.5"  # ETSI TS 101 733
    ATS_HASH_INDEX_V3: Final = "0.4.0.19122.1.5"  # ETSI EN 319 122-1 §5.5.2
    LONG_TERM_VALIDATION: Final = "0.4.0.1733.2.2"
    ADOBE_REVOCATION: Final = "1.2.840.113583.1.1.8"  # ISO 32000-2 §12.8.3.3.2


class RevocationFormId:
    """Forms of revocation data beside X.509 lists (RFC 5940 §2; RFC 6960 §4.2.1)."""

    OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"
    OCSP_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
