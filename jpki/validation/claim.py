"""What a file says of one signature, before anything of it is believed.

Every format, whatever it looks like on the wire, is read into the same claim: which certificate
is said to be the signer's, what the signature value was computed over, what content it stands for,
and which evidence came along. The numbered steps then judge the claim and never see the format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jpki.cms import SignerIdentifier

__all__ = [
    "CertificateReference",
    "ContentDigest",
    "Problem",
    "ProofKind",
    "Severity",
    "SignatureClaim",
    "SignatureFormat",
    "SignedDocument",
    "SignedPart",
    "TimeProof",
]


class SignatureFormat(StrEnum):
    """The formats JPKI signatures travel in."""

    RAW = "raw"
    """A bare RSASSA-PKCS1-v1_5 value, the certificate handed over beside it."""
    CMS = "cms"
    """CMS SignedData (RFC 5652), with or without the attributes of CAdES (ETSI EN 319 122)."""
    PDF = "pdf"
    """A signature field of a PDF file (ISO 32000-2 §12.8)."""
    XML = "xml"
    """XML-DSig, with or without the properties of XAdES (ETSI EN 319 132)."""


class Severity(StrEnum):
    """What a problem makes of the signature."""

    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a format's reader found that a numbered step must answer for.

    ``step`` is the step's name; ``code`` and ``facts`` as in :mod:`jpki.validation.words`.
    """

    step: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    severity: Severity = Severity.INVALID


@dataclass(frozen=True, slots=True)
class ContentDigest:
    """One piece of content: the digest that was signed, and the digest of what is there now.

    ``found`` is ``None`` when the content was not given. ``name`` says which piece it is, when a
    signature stands for several.
    """

    stated: bytes
    found: bytes | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class CertificateReference:
    """A signed statement of which certificate is the signer's (RFC 5035 §3; XAdES §5.2.2)."""

    algorithm: str
    digest: bytes
    issuer: bytes | None = None
    serial: int | None = None


class ProofKind(StrEnum):
    """What a timestamp proves to have existed."""

    SIGNATURE = "signature"
    """The signature value (CAdES B-T; the signature timestamp of PAdES and XAdES)."""
    ARCHIVE = "archive"
    """The signature with the evidence beside it (CAdES archive timestamp, a PDF's document
    timestamp over a DSS)."""


@dataclass(frozen=True, slots=True)
class TimeProof:
    """An RFC 3161 token that came with the signature, and the bytes it must have been made over.

    ``imprints`` maps a digest algorithm (dotted) to the digest the token must show when it uses
    that algorithm; a token with an algorithm that is not in it proves nothing.
    """

    kind: ProofKind
    token: bytes
    imprints: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, repr=False)
class SignedPart:
    """Content that stands in the file and is covered by the signature, byte for byte as signed."""

    name: str
    data: bytes

    def __repr__(self) -> str:
        return f"<SignedPart {self.name!r}, {len(self.data)} bytes>"


@dataclass(frozen=True, slots=True)
class SignatureClaim:
    """One signature as it was found. Algorithms are dotted object identifiers.

    ``signed_digest`` is the digest, by ``digest_algorithm``, of the bytes the signature value was
    computed over. ``identifier`` says which of ``certificates`` (DER, in any order) is the
    signer's; with ``None`` there is exactly one. ``certificates``, ``revocation_lists`` and
    ``ocsp_responses`` are what came along: material, trusted for nothing. ``parts`` is the
    content the file carries and the signature covers, and nothing besides it.
    """

    format: SignatureFormat
    certificates: tuple[bytes, ...] = field(repr=False)
    identifier: SignerIdentifier | None
    digest_algorithm: str
    signature_algorithm: str
    signed_digest: bytes
    signature: bytes = field(repr=False)
    content: tuple[ContentDigest, ...]
    label: str = ""
    references: tuple[CertificateReference, ...] = ()
    claimed_time: datetime | None = None
    proofs: tuple[TimeProof, ...] = field(default=(), repr=False)
    revocation_lists: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp_responses: tuple[bytes, ...] = field(default=(), repr=False)
    countersignatures: int = 0
    parts: tuple[SignedPart, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """Everything a file says of its signatures, in the order in which they stand in it.

    A file without any signature is not a signed document; its reader raises
    ``MalformedSignature``.
    """

    format: SignatureFormat
    claims: tuple[SignatureClaim, ...]
