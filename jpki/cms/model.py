"""What signed data says, as values. Nothing here is believed yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = [
    "AlgorithmProtection",
    "CertificateIdentity",
    "HashIndex",
    "SignedAttributes",
    "SignedData",
    "SignerIdentifier",
    "SignerInfo",
    "UnsignedAttribute",
]


@dataclass(frozen=True, slots=True)
class SignerIdentifier:
    """Which certificate the signer says is theirs (RFC 5652 §5.3).

    Either issuer and serial, or a subject key identifier.
    """

    issuer: bytes | None = None
    serial: int | None = None
    subject_key_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class CertificateIdentity:
    """One ESSCertID or ESSCertIDv2 (RFC 5035 §4, §5): a certificate named by its digest."""

    algorithm: str
    digest: bytes
    issuer: bytes | None = None
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class AlgorithmProtection:
    """The algorithms as the signer signed them (RFC 6211 §2)."""

    digest_algorithm: str
    signature_algorithm: str | None


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """What the signer signed beside the content (RFC 5652 §11, RFC 5035 §3).

    ``signed_bytes`` is the DER SET OF over which the signature value is computed. In
    ``signing_certificates`` and ``signing_certificates_v2`` the first is the signer's, the others
    are of its chain. ``content_type`` is empty in a countersignature, which has none.
    """

    signed_bytes: bytes = field(repr=False)
    content_type: str
    message_digest: bytes
    signing_time: datetime | None = None
    signing_certificates: tuple[CertificateIdentity, ...] = ()
    signing_certificates_v2: tuple[CertificateIdentity, ...] = ()
    algorithm_protection: AlgorithmProtection | None = None
    types: tuple[str, ...] = ()
    revocation_lists: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp_responses: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def certificate_digest(self) -> bytes | None:
        """The digest of the signer's certificate by signing-certificate-v2, if it is there."""
        return self.signing_certificates_v2[0].digest if self.signing_certificates_v2 else None

    @property
    def certificate_digest_algorithm(self) -> str | None:
        """The algorithm of ``certificate_digest``."""
        return self.signing_certificates_v2[0].algorithm if self.signing_certificates_v2 else None


@dataclass(frozen=True, slots=True, repr=False)
class UnsignedAttribute:
    """An attribute that anybody may have added: encoded as it stands, with its type and values."""

    type: str
    type_encoded: bytes
    values: tuple[bytes, ...]
    encoded: bytes

    def __repr__(self) -> str:
        return f"<UnsignedAttribute {self.type}, {len(self.values)} values>"


@dataclass(frozen=True, slots=True, repr=False)
class HashIndex:
    """What an archive timestamp covers beside the signature (ETSI EN 319 122-1 §5.5.2).

    ``whole_attributes`` tells the older form, in which an unsigned attribute is hashed whole.
    """

    encoded: bytes
    algorithm: str
    certificates: tuple[bytes, ...]
    revocation: tuple[bytes, ...]
    unsigned_attributes: tuple[bytes, ...]
    whole_attributes: bool

    def __repr__(self) -> str:
        return f"<HashIndex {self.algorithm}>"


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """One signer's part. Algorithms are dotted object identifiers.

    ``certificate_values``, ``revocation_lists`` and ``ocsp_responses`` come from the unsigned
    attributes of CAdES; OCSP answers are whole responses, whatever form they came in.
    ``through_signature`` is version to signature value as encoded, which archives hash.
    """

    identifier: SignerIdentifier
    digest_algorithm: str
    signature_algorithm: str
    signature: bytes
    attributes: SignedAttributes | None
    version: int = 1
    unsigned: tuple[UnsignedAttribute, ...] = ()
    signature_timestamps: tuple[bytes, ...] = field(default=(), repr=False)
    archive_timestamps: tuple[bytes, ...] = field(default=(), repr=False)
    countersignatures: tuple[SignerInfo, ...] = ()
    certificate_values: tuple[bytes, ...] = field(default=(), repr=False)
    revocation_lists: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp_responses: tuple[bytes, ...] = field(default=(), repr=False)
    hash_index: HashIndex | None = None
    through_signature: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class SignedData:
    """A CMS SignedData. ``content`` is ``None`` when the signature is detached.

    ``certificate_choices`` and ``revocation_choices`` are all members of the two sets as encoded,
    also those that are no X.509 certificate or list.
    """

    content_type: str
    content: bytes | None = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    signers: tuple[SignerInfo, ...]
    version: int = 1
    digest_algorithms: tuple[str, ...] = ()
    revocation_lists: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp_responses: tuple[bytes, ...] = field(default=(), repr=False)
    certificate_choices: tuple[bytes, ...] = field(default=(), repr=False)
    revocation_choices: tuple[bytes, ...] = field(default=(), repr=False)
    content_type_encoded: bytes = field(default=b"", repr=False)
