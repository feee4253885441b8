"""The authorities' own certificates: reading one, asking it what it signed, knowing the published.

An authority is trusted because a caller hands it over as a root, never because it is in a table
here: ``recognise`` says which published certificate a file is, and no more than that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from jpki import jst
from jpki.certificates.deviations import Deviation, authority_deviations
from jpki.certificates.names import authority_named
from jpki.certificates.parse import public_key_of
from jpki.certificates.structure import SHA256_WITH_RSA, RawCertificate, read_certificate
from jpki.errors import NotAJpkiCertificate
from jpki.terms import Hierarchy, Purpose

__all__ = [
    "PUBLISHED_AUTHORITIES",
    "AuthorityCertificate",
    "PublishedAuthority",
    "Signed",
    "parse_authority",
    "recognise",
    "signed_itself",
]


class Signed(Protocol):
    """Anything that says which of its bytes are signed, and how."""

    @property
    def tbs(self) -> bytes:
        """The bytes that are signed."""

    @property
    def signature(self) -> bytes:
        """The signature over them."""


@dataclass(frozen=True, slots=True, repr=False)
class AuthorityCertificate:
    """A self-signed authority certificate. Two of them are equal when their bytes are."""

    der: bytes
    purpose: Purpose = field(compare=False)
    hierarchy: Hierarchy = field(compare=False)
    name: bytes = field(compare=False)
    serial: int = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    public_key: RSAPublicKey = field(compare=False)
    subject_key_id: bytes = field(compare=False)

    def __repr__(self) -> str:
        return (
            f"<AuthorityCertificate {self.hierarchy} {self.purpose} serial {self.serial} "
            f"{jst.day(self.not_before)} to {self.expires_on}>"
        )

    @property
    def expires_on(self) -> date:
        """The last Japan day of validity."""
        return jst.day(self.not_after)

    @property
    def fingerprint_sha256(self) -> bytes:
        """The SHA-256 of the whole certificate, as published for comparison."""
        return hashlib.sha256(self.der).digest()

    def signed(self, certificate: Signed) -> bool:
        """Tell whether this authority's key made the signature (RSASSA-PKCS1-v1_5, SHA-256).

        It is the arithmetic alone: names, validity and trust are other questions.
        """
        return _verifies(self.public_key, certificate.signature, certificate.tbs)


def _verifies(key: RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def signed_itself(raw: RawCertificate) -> bool:
    """Tell whether a certificate is signed with its own key, whose algorithm has been checked."""
    return raw.algorithm.der == SHA256_WITH_RSA and _verifies(
        public_key_of(raw), raw.signature, raw.tbs
    )


def parse_authority(data: bytes, *, source: str = "") -> AuthorityCertificate:
    """Parse an authority's certificate, DER or PEM, check its profile and its own signature.

    The look-alike test authorities could not be seen, so what is uncertain about them (Japanese
    names, last day) is not held against a certificate that calls itself ``JPKI-TEST``.
    """
    raw = read_certificate(data, source=source)
    for deviation in authority_deviations(raw):
        if deviation.code not in _tolerated(raw):
            raise NotAJpkiCertificate(str(deviation), source=source)
    hierarchy, purpose = authority_named(raw.issuer.der) or (None, None)
    identifier = raw.values.subject_key
    if hierarchy is None or purpose is None or identifier is None:
        raise NotAJpkiCertificate("not an authority's certificate", source=source)
    if not signed_itself(raw):
        deviation = Deviation("signature.self", raw.element.start)
        raise NotAJpkiCertificate(str(deviation), source=source)
    return AuthorityCertificate(
        der=raw.element.der,
        purpose=purpose,
        hierarchy=hierarchy,
        name=raw.subject.der,
        serial=raw.issue_number,
        not_before=raw.valid_from,
        not_after=raw.valid_until,
        public_key=public_key_of(raw),
        subject_key_id=identifier,
    )


_UNCERTAIN_IN_TEST: Final = frozenset(
    {"subject-alternative-name.name", "validity.end-of-day", "validity.years"}
)


def _tolerated(raw: RawCertificate) -> frozenset[str]:
    named = authority_named(raw.issuer.der)
    is_test = named is not None and named[0] is Hierarchy.TEST
    return _UNCERTAIN_IN_TEST if is_test else frozenset()


@dataclass(frozen=True, slots=True)
class PublishedAuthority:
    """One of the authority certificates that J-LIS publishes for download.

    ``compared`` says what the fingerprint was compared with; none was compared with the notice
    itself by this project, so compare it yourself before you trust the certificate.
    """

    file: str
    purpose: Purpose
    generation: int
    serial: int
    not_before: datetime
    not_after: datetime
    subject_key_id: bytes
    fingerprint_sha256: bytes
    compared: str


_QUOTED = "equal to the J-LIS notice as quoted in two third-party repositories"
_NOT_COMPARED = "not compared with the J-LIS notice"
_SIGN, _AUTH = Purpose.SIGNATURE, Purpose.USER_AUTHENTICATION
_ROWS = (
    (
        ("signca01", _SIGN, 1, 0x01, "2015-10-20 02:40:28", "2025-10-19 14:59:59"),
        "0d034cbb34d0714f45e45a1cafd8fd143fab54a7",
        "19645405a1fe14377434bd55957628ac4038557c542403a2243f21c706fc9355",
        _QUOTED,
    ),
    (
        ("signca02", _SIGN, 2, 0x0132C4AB, "2019-09-14 23:41:56", "2029-09-14 14:59:59"),
        "4de017de4b7f473dcd867a62d38b134ace83558a",
        "79679c33e4cc9319440f1ad120a597ff1844e2ef217063adb176966fd5e6fbeb",
        _QUOTED,
    ),
    (
        ("signca03", _SIGN, 3, 0x067C6A21, "2023-07-16 00:50:27", "2033-07-15 14:59:59"),
        "d21ea55895617e93adbf966b941ab4edf653f08f",
        "d227f6cde11d35c5252178f106f843d24651944975413b539fa2fb68dbfa365f",
        _QUOTED,
    ),
    (
        ("authca01", _AUTH, 1, 0x01, "2015-10-20 03:08:13", "2025-10-19 14:59:59"),
        "9567951b5ca70d84a0fff1d85a87f1aab1340385",
        "4dcfc4ca0aaf9fb2a3081b3f0c991c320b3acc008667a341eeaec5af1d58ca7d",
        _NOT_COMPARED,
    ),
    (
        ("authca02", _AUTH, 2, 0x0133C349, "2019-09-14 23:41:59", "2029-09-14 14:59:59"),
        "8cd5586a891485e559379b7e29d410cfd28b3593",
        "0d98de47fc11b7f67126874b7028b6026a803d2638d6edfe53176953961fade6",
        _NOT_COMPARED + "; three real holders' certificates of 2020 to 2023 verify under it",
    ),
    (
        ("authca03", _AUTH, 3, 0x06D18006, "2023-07-16 01:01:04", "2033-07-15 14:59:59"),
        "1ac100f596a3bc8c4b3df195e32699249e9e308a",
        "64114f29620c24ed2631d46476a040e7ee740d956089c00b036a6a8118c322b5",
        _NOT_COMPARED,
    ),
)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


PUBLISHED_AUTHORITIES: Final[tuple[PublishedAuthority, ...]] = tuple(
    PublishedAuthority(
        file=file,
        purpose=purpose,
        generation=generation,
        serial=serial,
        not_before=_utc(begins),
        not_after=_utc(ends),
        subject_key_id=bytes.fromhex(key),
        fingerprint_sha256=bytes.fromhex(fingerprint),
        compared=compared,
    )
    for (file, purpose, generation, serial, begins, ends), key, fingerprint, compared in _ROWS
)
"""The three generations of both authorities. Being in this table is no trust."""


def recognise(authority: AuthorityCertificate) -> PublishedAuthority | None:
    """Return which published certificate this is, by fingerprint; ``None`` when it is none."""
    fingerprint = authority.fingerprint_sha256
    return next(
        (one for one in PUBLISHED_AUTHORITIES if one.fingerprint_sha256 == fingerprint), None
    )
