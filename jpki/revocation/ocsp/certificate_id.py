"""How OCSP names a certificate: hashes of its issuer's name and key, and its serial number."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from jpki.certificates import der
from jpki.certificates.der import Element
from jpki.revocation.parties import Issuer

__all__ = ["CertificateId", "IdHash", "read_algorithm"]

LONGEST_SERIAL: Final = 20
"""RFC 5280 §4.1.2.2: no serial number has more octets."""


class IdHash(StrEnum):
    """The hashes a certificate is named with here.

    Which of them J-LIS's responder takes is not published (?). SHA-1 is only a name in this place:
    what is believed is signed with SHA-256.
    """

    SHA1 = "sha1"
    SHA256 = "sha256"

    def of(self, data: bytes) -> bytes:
        """Return the digest."""
        return hashlib.new(self.value, data, usedforsecurity=False).digest()


_OIDS: Final[Mapping[str, IdHash]] = MappingProxyType(
    {"1.3.14.3.2.26": IdHash.SHA1, "2.16.840.1.101.3.4.2.1": IdHash.SHA256}
)
_BY_HASH: Final = {known: oid for oid, known in _OIDS.items()}


@dataclass(frozen=True, slots=True)
class CertificateId:
    """A CertID (RFC 6960 §4.1.1). ``algorithm`` is the identifier of the hash, known or not."""

    algorithm: str
    name_hash: bytes
    key_hash: bytes
    serial: int

    @classmethod
    def of(cls, issuer: Issuer, serial: int, *, hash_algorithm: IdHash) -> CertificateId:
        """Name the certificate with this serial number of this issuer."""
        return cls(
            _BY_HASH[hash_algorithm],
            hash_algorithm.of(issuer.name),
            hash_algorithm.of(issuer.key_bits),
            serial,
        )

    @classmethod
    def read(cls, element: Element) -> CertificateId:
        """Read a CertID."""
        fields = element.fields("a certificate's identification")
        algorithm = read_algorithm(fields.take(der.SEQUENCE, "its hash algorithm"))
        name_hash = fields.take(der.OCTET_STRING, "the hash of the issuer's name")
        key_hash = fields.take(der.OCTET_STRING, "the hash of the issuer's key")
        serial = fields.take(der.INTEGER, "the serial number")
        fields.end()
        if len(serial.value) > LONGEST_SERIAL:
            raise serial.malformed("a serial number longer than 20 octets")
        number = serial.as_integer("the serial number")
        return cls(algorithm, name_hash.value, key_hash.value, number)

    @property
    def hash_algorithm(self) -> IdHash | None:
        """The hash, when it is one of those known here."""
        return _OIDS.get(self.algorithm)

    @property
    def der(self) -> bytes:
        """The DER, with NULL parameters as most software writes them."""
        return der.sequence(
            der.sequence(der.object_identifier(self.algorithm), der.null()),
            der.octet_string(self.name_hash),
            der.octet_string(self.key_hash),
            der.integer(self.serial),
        )

    def names(self, issuer: Issuer, serial: int) -> bool:
        """Tell whether this names the certificate with this serial number of this issuer."""
        known = self.hash_algorithm
        if known is None or self.serial != serial:
            return False
        wanted = CertificateId.of(issuer, serial, hash_algorithm=known)
        return hmac.compare_digest(
            self.name_hash + self.key_hash, wanted.name_hash + wanted.key_hash
        )


def read_algorithm(element: Element) -> str:
    """Return the identifier of a hash algorithm, whose parameters are NULL or absent."""
    fields = element.fields("a hash algorithm")
    oid = fields.take(der.OBJECT_IDENTIFIER, "its identifier").as_oid("a hash algorithm")
    parameters = fields.take_if(der.NULL)
    fields.end()
    if parameters is not None and parameters.value:
        raise parameters.malformed("a NULL that holds something")
    return oid
