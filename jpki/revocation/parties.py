"""The issuer and the certificate as far as revocation is concerned.

JPKI's own certificates become these without any choice; those of other services are read from
their certificates. What is decided about a list or an answer is decided on these alone, so that
there is one set of checks.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki.certificates import AuthorityCertificate, SubscriberCertificate

__all__ = ["Issuer", "Subject"]


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issued the certificate: its DER name, its key and the bits of that key.

    ``may_sign_lists`` is what its own key usage says (cRLSign, RFC 5280 §6.3.3 (f)).
    """

    name: bytes
    public_key: RSAPublicKey
    key_bits: bytes
    subject_key_id: bytes | None
    may_sign_lists: bool = True

    @classmethod
    def of(cls, authority: AuthorityCertificate) -> Issuer:
        """Return a JPKI authority as an issuer; its profile demands cRLSign."""
        bits = authority.public_key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        return cls(authority.name, authority.public_key, bits, authority.subject_key_id)


@dataclass(frozen=True, slots=True)
class Subject:
    """The certificate asked about.

    ``points`` are the DER directory names and ``addresses`` the URIs under which its lists hang.
    ``is_authority`` is ``None`` when the certificate does not say (before version 3);
    ``lists_elsewhere`` when a distribution point names another list issuer, or some reasons only.
    """

    issuer: bytes
    serial: int
    points: tuple[bytes, ...] = ()
    addresses: tuple[str, ...] = ()
    is_authority: bool | None = False
    lists_elsewhere: bool = False

    @classmethod
    def of(cls, certificate: SubscriberCertificate) -> Subject:
        """Return one of the four kinds as a subject: one directory name, and never an authority."""
        point = certificate.crl_distribution_point.name
        return cls(certificate.issuer, certificate.serial, points=(point,))
