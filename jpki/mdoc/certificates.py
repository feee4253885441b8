"""The two levels of the issuer's keys: what certifies records' signers, and the signers.

The law has an issuer key that signs each record and a special key that certifies it (個人番号カード
等命令 39-5, 39-26), elliptic-curve keys of at least 256 bits (39-2). Names, country, purposes and
validity of the certificates are not published (?), so nothing of these is demanded here.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from jpki.errors import MalformedCertificate

__all__ = ["RecordSigner", "SignerRoot", "parse_root"]

_FEWEST_BITS: Final = 256
_UNREADABLE: Final = (
    *(ValueError, TypeError, UnsupportedAlgorithm),
    *(x509.UnsupportedGeneralNameType, x509.InvalidVersion, x509.DuplicateExtension),
)


@dataclass(frozen=True, slots=True)
class _EcCertificate(ABC):
    der: bytes = field(repr=False)
    key: EllipticCurvePublicKey = field(repr=False)
    not_before: datetime
    not_after: datetime
    issuer: x509.Name = field(repr=False)
    subject: x509.Name = field(repr=False)
    certificate: x509.Certificate = field(repr=False, compare=False)

    @classmethod
    def parse(cls, der: bytes) -> Self:
        """Read a certificate; ``MalformedCertificate`` when it is none, or not one for this."""
        try:
            found = x509.load_der_x509_certificate(der)
            key = found.public_key()
            usage = _usage(found)
            authority = _is_authority(found)
            # What is read late by the library is read here, where it may be broken.
            begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
            names = (found.issuer, found.subject)
        except _UNREADABLE as error:
            raise MalformedCertificate("this certificate cannot be read") from error
        if not isinstance(key, EllipticCurvePublicKey) or key.key_size < _FEWEST_BITS:
            raise MalformedCertificate(
                f"the key is not on an elliptic curve of at least {_FEWEST_BITS} bits", hint=""
            )
        # The library reads past a wrong count of unused bits (X.690 §8.6.2), of which no signature
        # has any; everything else in a certificate is signed.
        if not der.endswith(b"\x00" + found.signature):
            raise MalformedCertificate("the signature is no whole number of octets")
        cls._require(usage, authority=authority)
        return cls(der, key, begins, ends, *names, found)

    @classmethod
    @abstractmethod
    def _require(cls, usage: x509.KeyUsage | None, *, authority: bool) -> None: ...

    @property
    def fingerprint_sha256(self) -> str:
        """The SHA-256 of the certificate, in hex."""
        return hashlib.sha256(self.der).hexdigest()

    def to_pem(self) -> bytes:
        """Return the certificate in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def valid_at(self, at: datetime) -> bool:
        """Tell whether an instant lies inside the validity, its ends included."""
        return self.not_before <= at <= self.not_after


class RecordSigner(_EcCertificate):
    """The certificate of the key that signs records (document signer)."""

    __slots__ = ()

    @classmethod
    def _require(cls, usage: x509.KeyUsage | None, *, authority: bool) -> None:
        if authority:
            raise MalformedCertificate("an authority's certificate does not sign records", hint="")
        if usage is None or not usage.digital_signature:
            raise MalformedCertificate("the key is not for signatures", hint="")


class SignerRoot(_EcCertificate):
    """The certificate of the special key that certifies signers (IACA)."""

    __slots__ = ()

    @classmethod
    def _require(cls, usage: x509.KeyUsage | None, *, authority: bool) -> None:
        if not authority or usage is None or not usage.key_cert_sign:
            raise MalformedCertificate("this certificate is no authority's", hint="")

    def claims(self, signer: RecordSigner) -> bool:
        """Tell whether the signer names this root as its issuer."""
        return signer.issuer == self.subject

    def signed(self, signer: RecordSigner) -> bool:
        """Tell whether this root's key has signed the signer's certificate."""
        try:
            signer.certificate.verify_directly_issued_by(self.certificate)
        except (InvalidSignature, *_UNREADABLE):
            return False
        return True


def parse_root(data: bytes) -> SignerRoot:
    """Read a root that is to be trusted, DER or PEM; ``MalformedCertificate`` when it is none."""
    if not data.lstrip().startswith(b"-----BEGIN"):
        return SignerRoot.parse(data)
    try:
        der = x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    except _UNREADABLE as error:
        raise MalformedCertificate("this certificate cannot be read") from error
    return SignerRoot.parse(der)


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        found = certificate.extensions.get_extension_for_oid(ExtensionOID.KEY_USAGE).value
    except x509.ExtensionNotFound:
        return None
    return found if isinstance(found, x509.KeyUsage) else None


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS).value
    except x509.ExtensionNotFound:
        return False
    return isinstance(found, x509.BasicConstraints) and found.ca
