"""The simulated certification authorities: self-signed, and plainly not the real ones.

Everything but the names follows the published authority certificates: the profile, ten years of
validity ending on the day before the tenth anniversary at 23:59:59 in Japan, and one running
counter of issue numbers for the leaves and the authority's own next certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from jpki import jst
from jpki.certificates.authority import AuthorityCertificate, parse_authority
from jpki.certificates.names import AUTHORITY_NAMES, JAPANESE_NAMES, Name
from jpki.certificates.profile import LARGEST_ISSUE_NUMBER, authority_expires_on
from jpki.errors import ImpossibleFact
from jpki.terms import Hierarchy, Purpose
from simulator.keys import KeySource

__all__ = [
    "FIRST_ISSUE_NUMBER",
    "SimulatedAuthority",
    "create_authority",
    "directory_name",
    "distribution_point",
    "next_issue_number",
]

FIRST_ISSUE_NUMBER: Final = 1
"""Both first-generation authorities carry it themselves."""


@dataclass(frozen=True, slots=True)
class SimulatedAuthority:
    """One generation of one authority: its certificate and the key that signs."""

    generation: int
    key: RSAPrivateKey
    certificate: AuthorityCertificate

    def __post_init__(self) -> None:
        if self.key.public_key() != self.certificate.public_key:
            raise ImpossibleFact("an authority signs with the key in its own certificate")

    def __repr__(self) -> str:
        return f"<SimulatedAuthority {self.purpose}, generation {self.generation}>"

    @property
    def purpose(self) -> Purpose:
        """Signature or user authentication."""
        return self.certificate.purpose

    @property
    def hierarchy(self) -> Hierarchy:
        """Simulated."""
        return self.certificate.hierarchy


def next_issue_number(last: int) -> int:
    """Return the issue number after ``last``: one counter per authority, across all kinds."""
    if not FIRST_ISSUE_NUMBER <= last + 1 <= LARGEST_ISSUE_NUMBER:
        raise ImpossibleFact("an issue number has four bytes and is not negative")
    return last + 1


def create_authority(
    purpose: Purpose,
    *,
    generation: int,
    keys: KeySource,
    at: datetime,
    serial: int = FIRST_ISSUE_NUMBER,
) -> SimulatedAuthority:
    """Create a generation of a simulated authority at an instant.

    ``serial`` comes from the running counter of the purpose; only the first generation has 1.
    """
    return _create(Hierarchy.SIMULATED, purpose, generation, keys=keys, at=at, serial=serial)


def _create(
    hierarchy: Hierarchy,
    purpose: Purpose,
    generation: int,
    *,
    keys: KeySource,
    at: datetime,
    serial: int,
) -> SimulatedAuthority:
    """Create an authority of any hierarchy: tests compare sizes under the production names."""
    if generation < 1 or not FIRST_ISSUE_NUMBER <= serial <= LARGEST_ISSUE_NUMBER:
        raise ImpossibleFact("generations and issue numbers start at 1")
    begins = jst.require_aware(at).replace(microsecond=0)
    ends = jst.end_of_day(authority_expires_on(jst.day(begins)))
    key = keys.rsa(f"{purpose} authority, generation {generation}")
    name = directory_name(AUTHORITY_NAMES[hierarchy, purpose])
    japanese_name = directory_name(JAPANESE_NAMES[hierarchy, purpose])
    certificate = (
        x509.CertificateBuilder(name.value, name.value, key.public_key(), serial, begins, ends)
        .add_extension(_CERT_AND_CRL_SIGN, critical=True)
        .add_extension(x509.SubjectAlternativeName([japanese_name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.CRLDistributionPoints([distribution_point(name)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return SimulatedAuthority(
        generation, key, parse_authority(certificate.public_bytes(Encoding.DER))
    )


_CERT_AND_CRL_SIGN = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def directory_name(name: Name) -> x509.DirectoryName:
    """Return a name for the certificate builder, which gives it the same string types."""
    return x509.DirectoryName(
        x509.Name(
            [
                x509.NameAttribute(x509.ObjectIdentifier(attribute.type), attribute.text)
                for attribute in name.attributes
            ]
        )
    )


def distribution_point(name: x509.DirectoryName) -> x509.DistributionPoint:
    """Return a distribution point that is a directory name and nothing else."""
    return x509.DistributionPoint([name], relative_name=None, reasons=None, crl_issuer=None)
