"""The pieces timestamps are put together from; each can be replaced before it is signed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from jpki.certificates import der
from simulator.keys import SeededKeys

SECOND = timedelta(seconds=1)
BEGINS = datetime(2024, 4, 1, tzinfo=UTC)
ENDS = datetime(2029, 3, 31, 14, 59, 59, tzinfo=UTC)
MADE = datetime(2026, 8, 1, 3, 0, 0, tzinfo=UTC)
AT = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)
LIST_BEGINS = datetime(2026, 8, 2, tzinfo=UTC)
LIST_ENDS = datetime(2026, 8, 9, tzinfo=UTC)
CONTENT = b"the signature value that was stamped"

MD5, SHA1_OID = "1.2.840.113549.2.5", "1.3.14.3.2.26"
SHA256_OID, SHA384_OID, SHA512_OID = (f"2.16.840.1.101.3.4.2.{last}" for last in (1, 2, 3))
RSA_SHA256, RSA_SHA1 = "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.5"
RSA, PSS_OID = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
NAMES = {MD5: "md5", SHA1_OID: "sha1", SHA256_OID: "sha256", SHA384_OID: "sha384"} | {
    SHA512_OID: "sha512"
}
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
ESS_1, ESS_2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
POLICY = "2.25.61737.3161"
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def oid(dotted: str) -> bytes:
    return der.object_identifier(dotted)


def algorithm(dotted: str, parameters: bytes | None = None) -> bytes:
    return der.sequence(oid(dotted), der.null() if parameters is None else parameters)


def attribute(dotted: str, *values: bytes) -> bytes:
    return der.sequence(oid(dotted), der.encode(der.SET, *values))


def gen_time(text: str) -> bytes:
    return der.encode(der.GENERALIZED_TIME, text.encode())


def imprint(dotted: str = SHA256_OID, digest: bytes | None = None) -> bytes:
    held = hashlib.new(NAMES[dotted], CONTENT).digest() if digest is None else digest
    return der.sequence(algorithm(dotted), der.octet_string(held))


def accuracy(seconds: int | None = 1, millis: int | None = None) -> bytes:
    parts = [] if seconds is None else [der.integer(seconds)]
    if millis is not None:
        parts.append(der.context(0, der.integer(millis)[2:], primitive=True))
    return der.sequence(*parts)


def extension(*, critical: bool) -> bytes:
    flag = [der.boolean(True)] if critical else []
    return der.sequence(oid("2.25.1"), *flag, der.octet_string(der.null()))


def info(
    *,
    version: int = 1,
    stamped: bytes | None = None,
    at: bytes = gen_time("20260801030000Z"),
    exact: bytes | None = accuracy(),
    ordering: bytes = b"",
    nonce: int | None = 7,
    tsa: bytes | None = None,
    extensions: Sequence[bytes] = (),
) -> bytes:
    """Return a TSTInfo."""
    return der.sequence(
        der.integer(version),
        oid(POLICY),
        imprint() if stamped is None else stamped,
        der.integer(4242),
        at,
        exact or b"",
        ordering,
        b"" if nonce is None else der.integer(nonce),
        b"" if tsa is None else der.context(0, tsa),
        der.context(1, *extensions) if extensions else b"",
    )


def name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Simulated (not real)"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
        ]
    )


def reference_1(certificate: bytes) -> bytes:
    return attribute(
        ESS_1,
        der.sequence(
            der.sequence(der.sequence(der.octet_string(hashlib.sha1(certificate).digest())))  # noqa: S324  ESSCertID is SHA-1
        ),
    )


def reference_2(certificate: bytes, *, place: x509.Certificate | None = None) -> bytes:
    where = b""
    if place is not None:
        issuer = der.context(4, place.issuer.public_bytes())
        where = der.sequence(der.sequence(issuer), der.integer(place.serial_number))
    digest = der.octet_string(hashlib.sha256(certificate).digest())
    return attribute(ESS_2, der.sequence(der.sequence(der.sequence(digest, where))))


@dataclass(frozen=True)
class Stamper:
    """A certificate and its key."""

    certificate: bytes
    key: RSAPrivateKey

    @property
    def read(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.certificate)


class Bench:
    """One simulated hierarchy with fixed keys."""

    def __init__(self) -> None:
        keys = SeededKeys("timestamp vectors")
        self.root_key, self.key = keys.rsa("root"), keys.rsa("authority")
        self.middle_key, self.other_key = keys.rsa("middle"), keys.rsa("somebody else")
        self.root = self.authority_certificate(
            "Vector Root", self.root_key, "Vector Root", self.root_key, serial=1
        )
        self.stamper = self.issue()

    def authority_certificate(
        self,
        subject: str,
        key: RSAPrivateKey,
        issuer: str,
        issuer_key: RSAPrivateKey,
        *,
        serial: int,
        ca: bool = True,
    ) -> bytes:
        return (
            x509.CertificateBuilder(
                name(issuer),
                name(subject),
                key.public_key(),
                serial,
                BEGINS - timedelta(days=900),
                ENDS + timedelta(days=3650),
            )
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(issuer_key, SHA256())
            .public_bytes(Encoding.DER)
        )

    def issue(
        self,
        *,
        purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.TIME_STAMPING,),
        critical: bool = True,
        usage: Sequence[str] = ("digital_signature",),
        key: RSAPrivateKey | None = None,
        issuer: str = "Vector Root",
        issuer_key: RSAPrivateKey | None = None,
        serial: int = 100,
        begins: datetime = BEGINS,
        ends: datetime = ENDS,
    ) -> Stamper:
        """Return a timestamp authority's certificate with its key."""
        own = key or self.key
        builder = x509.CertificateBuilder(
            name(issuer), name("Vector Authority"), own.public_key(), serial, begins, ends
        ).add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
        if usage:
            builder = builder.add_extension(
                x509.KeyUsage(**{flag: flag in usage for flag in USAGES}), critical=True
            )
        signed = builder.sign(issuer_key or self.root_key, SHA256())
        return Stamper(signed.public_bytes(Encoding.DER), own)

    def revocation_list(
        self,
        revoked_at: datetime | None = None,
        reason: x509.ReasonFlags | None = None,
        *,
        begins: datetime = LIST_BEGINS,
        ends: datetime = LIST_ENDS,
        issuer: str = "Vector Root",
        key: RSAPrivateKey | None = None,
    ) -> bytes:
        builder = x509.CertificateRevocationListBuilder(name(issuer), begins, ends)
        builder = builder.add_extension(x509.CRLNumber(7), critical=False)
        if revoked_at is not None:
            entry = x509.RevokedCertificateBuilder(100, revoked_at)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(key or self.root_key, SHA256()).public_bytes(Encoding.DER)

    def attributes(
        self,
        content: bytes,
        stamper: Stamper,
        *,
        digest: str = SHA256_OID,
        content_type: bytes | None = None,
        references: Sequence[bytes] | None = None,
    ) -> list[bytes]:
        """Return the signed attributes in the order of DER."""
        held = der.octet_string(hashlib.new(NAMES[digest], content).digest())
        return sorted(
            [
                attribute(CONTENT_TYPE, content_type or oid(TST_INFO)),
                attribute(MESSAGE_DIGEST, held),
                *([reference_2(stamper.certificate)] if references is None else references),
            ]
        )

    def signer(
        self,
        attributes: Sequence[bytes],
        stamper: Stamper,
        *,
        digest: str = SHA256_OID,
        signature_algorithm: bytes | None = None,
        hashed: HashAlgorithm | None = None,
        key: RSAPrivateKey | None = None,
        pss: bool = False,
        by_key_identifier: bool = False,
        flip: bool = False,
        unsigned: bytes = b"",
    ) -> bytes:
        """Return a SignerInfo."""
        padding = PSS(MGF1(SHA256()), 0) if pss else PKCS1v15()
        value = bytearray(
            (key or stamper.key).sign(der.encode(der.SET, *attributes), padding, hashed or SHA256())
        )
        value[-1] ^= flip
        identifier = der.sequence(
            stamper.read.issuer.public_bytes(), der.integer(stamper.read.serial_number)
        )
        if by_key_identifier:
            key_id = x509.SubjectKeyIdentifier.from_public_key(stamper.key.public_key()).digest
            identifier = der.context(0, key_id, primitive=True)
        return der.sequence(
            der.integer(3 if by_key_identifier else 1),
            identifier,
            algorithm(digest),
            der.context(0, *attributes) if attributes else b"",
            signature_algorithm or algorithm(RSA_SHA256),
            der.octet_string(bytes(value)),
            unsigned,
        )

    def signed(
        self,
        content: bytes,
        signers: Sequence[bytes],
        certificates: Sequence[bytes],
        *,
        kind: str = TST_INFO,
        digest: str = SHA256_OID,
        version: int = 3,
    ) -> bytes:
        """Return the ContentInfo."""
        data = der.sequence(
            der.integer(version),
            der.encode(der.SET, algorithm(digest)),
            der.sequence(oid(kind), der.context(0, der.octet_string(content))),
            der.context(0, *certificates) if certificates else b"",
            der.encode(der.SET, *signers),
        )
        return der.sequence(oid("1.2.840.113549.1.7.2"), der.context(0, data))

    def token(self, content: bytes | None = None, stamper: Stamper | None = None) -> bytes:
        """Return a good token over this TSTInfo."""
        held, by = info() if content is None else content, stamper or self.stamper
        return self.signed(held, [self.signer(self.attributes(held, by), by)], [by.certificate])


SHA1_HASH = SHA1()  # noqa: S303  for the vectors that are refused because of it
PSS_SHA256 = der.sequence(
    der.context(0, algorithm(SHA256_OID)),
    der.context(1, der.sequence(oid("1.2.840.113549.1.1.8"), algorithm(SHA256_OID))),
    der.context(2, der.integer(0)),
)
