"""The parts of good certificates, to be put together with one of them changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm

from jpki.certificates import der
from jpki.certificates.attributes import BasicAttributes
from jpki.certificates.structure import read_certificate
from jpki.errors import MalformedCertificate
from jpki.terms import CertificateKind, Purpose, Sex
from simulator.agency.authority import SimulatedAuthority, create_authority
from simulator.agency.issue import (
    Issuance,
    authentication_common_name,
    issue_authentication_certificate,
    issue_signature_certificate,
    signature_common_name,
)
from simulator.keys import KeySource, SeededChance
from simulator.municipalities import municipality

CREATED = datetime(2023, 7, 16, 0, 50, 27, tzinfo=UTC)
ISSUED = datetime(2024, 5, 9, 16, 1, 40, tzinfo=UTC)
EXPIRES_ON = date(2029, 2, 17)
PUBLISHED = datetime(2025, 4, 1, 19, 0, 0, tzinfo=UTC)

OID = der.object_identifier
UTF8 = der.UTF8_STRING


@dataclass(frozen=True)
class Draft:
    """A certificate in parts, each of them DER, before it is signed."""

    key: RSAPrivateKey
    version: bytes
    serial: bytes
    algorithm: bytes
    issuer: bytes
    not_before: bytes
    not_after: bytes
    subject: bytes
    public_key: bytes
    extensions: tuple[tuple[str, bool, bytes], ...]
    after_key: bytes = b""
    outer_algorithm: bytes | None = None
    digest: HashAlgorithm = field(default_factory=SHA256)

    @property
    def extension_list(self) -> bytes:
        return der.context(3, der.sequence(*(_extension(*one) for one in self.extensions)))

    def tbs(self, extension_list: bytes | None = None) -> bytes:
        return der.sequence(
            self.version,
            self.serial,
            self.algorithm,
            self.issuer,
            der.sequence(self.not_before, self.not_after),
            self.subject,
            self.public_key,
            self.after_key,
            self.extension_list if extension_list is None else extension_list,
        )

    def signed(self, tbs: bytes | None = None) -> bytes:
        tbs = self.tbs() if tbs is None else tbs
        signature = self.key.sign(tbs, PKCS1v15(), self.digest)
        return der.sequence(tbs, self.outer_algorithm or self.algorithm, der.bit_string(signature))

    def value(self, oid: str) -> bytes:
        return next(value for one, _, value in self.extensions if one == oid)

    def with_value(self, oid: str, value: bytes) -> Draft:
        return self._mapped(lambda one: (one[0], one[1], value) if one[0] == oid else one)

    def with_criticality(self, oid: str, critical: bool) -> Draft:
        return self._mapped(lambda one: (oid, critical, one[2]) if one[0] == oid else one)

    def without(self, oid: str) -> Draft:
        return replace(self, extensions=tuple(one for one in self.extensions if one[0] != oid))

    def plus(self, oid: str, value: bytes, *, critical: bool = False) -> Draft:
        return replace(self, extensions=(*self.extensions, (oid, critical, value)))

    def _mapped(
        self, change: Callable[[tuple[str, bool, bytes]], tuple[str, bool, bytes]]
    ) -> Draft:
        return replace(self, extensions=tuple(map(change, self.extensions)))

    def with_key(self, spki: bytes, bits: bytes) -> Draft:
        key_id = hashlib.sha1(bits, usedforsecurity=False).digest()
        return replace(self, public_key=spki).with_value(SKI, der.octet_string(key_id))


def _extension(oid: str, critical: bool, value: bytes) -> bytes:
    return der.sequence(
        OID(oid), *([der.boolean(True)] if critical else []), der.octet_string(value)
    )


def draft_of(certificate: bytes, key: RSAPrivateKey) -> Draft:
    """Take a good certificate apart."""
    raw = read_certificate(certificate)
    return Draft(
        key=key,
        version=der.context(0, der.integer(raw.version - 1)),
        serial=raw.serial.der,
        algorithm=raw.algorithm.der,
        issuer=raw.issuer.der,
        not_before=raw.not_before.der,
        not_after=raw.not_after.der,
        subject=raw.subject.der,
        public_key=der.sequence(raw.key_algorithm.der, raw.key_bits.der),
        extensions=tuple((one.oid, one.critical, one.octets.value) for one in raw.extensions),
    )


KEY_USAGE, SAN, IAN, CONSTRAINTS = "2.5.29.15", "2.5.29.17", "2.5.29.18", "2.5.29.19"
CRLDP, POLICIES, AKI, EKU, SKI = (
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.35",
    "2.5.29.37",
    "2.5.29.14",
)
AIA = "1.3.6.1.5.5.7.1.1"
ARC = "1.2.392.200149.8.5"
NAME, NAME_MARKS, SEX, BIRTH, ADDRESS, ADDRESS_MARKS = (f"{ARC}.5.{n}" for n in range(1, 7))
SHA512_WITH_RSA = der.sequence(OID("1.2.840.113549.1.1.13"), der.null())
SHA256_WITH_RSA = der.sequence(OID("1.2.840.113549.1.1.11"), der.null())

ITEMS = {
    NAME: "模擬　花子",
    BIRTH: "319800217",
    SEX: "2",
    ADDRESS: "東京都清瀬市模擬町１－２－３",
    NAME_MARKS: "00000",
    ADDRESS_MARKS: "00000000000000",
}


def other_name(oid: str, text: str, *, tag: int = UTF8) -> bytes:
    return der.context(0, OID(oid), der.context(0, der.text(tag, text)))


def alternative_name(items: Sequence[tuple[str, str]]) -> bytes:
    return der.sequence(*(other_name(*item) for item in items))


def items_with(**changes: str) -> bytes:
    names = {"name": NAME, "birth": BIRTH, "sex": SEX, "address": ADDRESS}
    names |= {"name_marks": NAME_MARKS, "address_marks": ADDRESS_MARKS}
    changed = ITEMS | {names[key]: text for key, text in changes.items()}
    return alternative_name(list(changed.items()))


def policy(*policies: bytes) -> bytes:
    return der.sequence(*policies)


def one_policy(oid: str, url: str = "http://www.jpki.go.jp/cps.html") -> bytes:
    cps = der.sequence(OID("1.3.6.1.5.5.7.2.1"), der.text(der.IA5_STRING, url))
    return der.sequence(OID(oid), der.sequence(cps))


def uri(text: str) -> bytes:
    return der.context(6, text.encode(), primitive=True)


def access(method: str, url: str) -> bytes:
    return der.sequence(OID(method), uri(url))


def point(*names: bytes) -> bytes:
    return der.sequence(der.context(0, der.context(0, *names)))


def directory(name: bytes) -> bytes:
    return der.context(4, name)


OCSP, CA_ISSUERS = "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"
OCSP_URL = "http://ocspauthnorm.jpki.go.jp"


@dataclass(frozen=True)
class Vector:
    """One file: what it is, what is wrong with it, and what is to be said about that."""

    file: str
    subject: str
    says: str
    expects: str
    detail: str
    data: bytes


@dataclass(frozen=True)
class Bases:
    """The good objects everything is made from."""

    authorities: dict[Purpose, SimulatedAuthority]
    signature: Draft
    authentication: Draft
    mobile_signature: Draft
    mobile_authentication: Draft
    authority: Draft
    stranger: RSAPrivateKey


def make_bases(keys: KeySource) -> Bases:
    """Create the authorities and issue the good certificates."""
    authorities = {
        purpose: create_authority(purpose, generation=3, keys=keys, at=CREATED, serial=0x067C6A21)
        for purpose in Purpose
    }
    place = municipality("13221")
    holder = keys.rsa("holder")

    def issued(kind: CertificateKind) -> Draft:
        chance = SeededChance("vectors").stream(kind)
        authority = authorities[kind.purpose]
        signing = kind.purpose is Purpose.SIGNATURE
        name = (
            signature_common_name(chance, at=ISSUED)
            if signing
            else authentication_common_name(chance, at=ISSUED, municipality=place)
        )
        issuance = Issuance(kind, 0x06800001, name, holder.public_key(), place, ISSUED, EXPIRES_ON)
        if not signing:
            encoded = issue_authentication_certificate(authority, issuance)
        else:
            attributes = BasicAttributes.of(
                name=ITEMS[NAME],
                birth_date=date(1980, 2, 17),
                sex=Sex.FEMALE,
                address=ITEMS[ADDRESS],
            )
            encoded = issue_signature_certificate(authority, issuance, attributes=attributes)
        return draft_of(encoded, authority.key)

    own = authorities[Purpose.SIGNATURE]
    return Bases(
        authorities=authorities,
        signature=issued(CertificateKind.CARD_SIGNATURE),
        authentication=issued(CertificateKind.CARD_AUTHENTICATION),
        mobile_signature=issued(CertificateKind.MOBILE_SIGNATURE),
        mobile_authentication=issued(CertificateKind.MOBILE_AUTHENTICATION),
        authority=draft_of(own.certificate.der, own.key),
        stranger=holder,
    )


Row = tuple[str, str, str, bytes]
"""Name, sentence, what is expected, and the bytes."""


def distribution_name(good: Draft) -> bytes:
    """Return the directory name inside the certificate's distribution point."""
    element = der.open_document(good.value(CRLDP), error=MalformedCertificate)
    for _ in range(5):
        element = element.only_child("one")
    return element.der
