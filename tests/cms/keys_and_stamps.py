"""A key that signs, an authority that stamps, and one name for both in every test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from jpki.certificates import der
from tests.vectors.cms_drafts import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SHA256_OID,
    SIGNED_DATA,
    TST_INFO,
    algorithm,
    attribute,
    set_of,
    sha256,
)
from tests.vectors.make_cms_attack_vectors import AttackMaker

AT = datetime(2026, 8, 1, 3, 0, 0, tzinfo=UTC)
MAKER = AttackMaker()


@dataclass(frozen=True)
class KeySigner:
    """A key in memory with its certificate, in the place of a card."""

    key: RSAPrivateKey = MAKER.key
    certificate: bytes = MAKER.card

    def sign_sha256(self, digest: bytes) -> bytes:
        return self.key.sign(digest, PKCS1v15(), Prehashed(SHA256()))


def stamp_certificate() -> bytes:
    """A self-signed certificate that may stamp (RFC 3161 §2.3)."""
    key = MAKER.good.other_key
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test stamps")])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 9)
    builder = builder.not_valid_before(AT - timedelta(days=9))
    builder = builder.not_valid_after(AT + timedelta(days=900)).add_extension(usage, critical=True)
    builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


class Stamper:
    """A timestamp authority that answers at once; ``falsify`` makes it stamp something else."""

    def __init__(self, *, falsify: bool = False) -> None:
        self.asked: list[bytes] = []
        self._falsify = falsify
        self.certificate = stamp_certificate()

    def timestamp(self, digest: bytes) -> bytes:
        self.asked.append(digest)
        stamped = hashlib.sha256(digest).digest() if self._falsify else digest
        info = der.sequence(
            der.integer(1),
            der.object_identifier("2.25.1"),
            der.sequence(algorithm(SHA256_OID), der.octet_string(stamped)),
            der.integer(len(self.asked)),
            der.text(der.GENERALIZED_TIME, AT.strftime("%Y%m%d%H%M%SZ")),
        )
        return self._signed(info)

    def _signed(self, info: bytes) -> bytes:
        attributes = set_of(
            attribute(CONTENT_TYPE, der.object_identifier(TST_INFO)),
            attribute(MESSAGE_DIGEST, der.octet_string(sha256(info))),
            MAKER.ess(MAKER.identity(self.certificate)),
        )
        value = MAKER.good.other_key.sign(attributes, PKCS1v15(), SHA256())
        signer = der.sequence(
            der.integer(1),
            MAKER.sid(self.certificate),
            algorithm(SHA256_OID),
            b"\xa0" + attributes[1:],
            algorithm("1.2.840.113549.1.1.11"),
            der.octet_string(value),
        )
        content = der.sequence(
            der.object_identifier(TST_INFO), der.context(0, der.octet_string(info))
        )
        signed = der.sequence(
            der.integer(3),
            set_of(algorithm(SHA256_OID)),
            content,
            der.context(0, self.certificate),
            set_of(signer),
        )
        return der.sequence(der.object_identifier(SIGNED_DATA), der.context(0, signed))
