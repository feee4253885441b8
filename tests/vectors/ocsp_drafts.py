"""The parts of good OCSP responses, to be put together with one of them changed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm

from jpki.certificates import der
from jpki.certificates.structure import SHA256_WITH_RSA
from jpki.revocation import IdHash, Issuer, OcspRequest, RevokedEntry
from jpki.revocation.ocsp import CertificateId
from jpki.terms import Purpose
from simulator.agency.authority import create_authority
from simulator.agency.ocsp import OcspRecords, create_responder
from simulator.keys import KeySource
from tests.vectors.drafts import (
    CREATED,
    OID,
    Bases,
    Draft,
    _extension,
    draft_of,
)

SERIAL = 0x06800001
OTHER_SERIAL = 0x06800002
NONCE = bytes(range(32))
# A quarter hour, and seven minutes later the instant of the answer and of the question.
THIS_UPDATE = datetime.fromisoformat("2025-04-01T19:00:00+00:00")
NEXT_UPDATE = THIS_UPDATE + timedelta(minutes=30)
AT = THIS_UPDATE + timedelta(minutes=7)
RECORDED = THIS_UPDATE - timedelta(days=3)

NO_CHECK, OCSP_NONCE, BASIC = (f"1.3.6.1.5.5.7.48.1.{n}" for n in (5, 2, 1))
SHA1_WITH_RSA = der.sequence(OID("1.2.840.113549.1.1.5"), der.null())
SECOND = timedelta(seconds=1)


def time(at: datetime) -> bytes:
    return der.generalized_time(at)


def good_status() -> bytes:
    return der.context(0, primitive=True)


def unknown_status() -> bytes:
    return der.context(2, primitive=True)


def revoked_status(at: datetime, reason: int | None = None) -> bytes:
    code = [] if reason is None else [der.context(0, der.enumerated(reason))]
    return der.context(1, time(at), *code)


@dataclass(frozen=True)
class Single:
    """What is said of one certificate, in parts."""

    named: bytes
    status: bytes
    this_update: bytes = time(THIS_UPDATE)
    next_update: bytes = der.context(0, time(NEXT_UPDATE))
    extensions: bytes = b""

    @property
    def der(self) -> bytes:
        return der.sequence(
            self.named, self.status, self.this_update, self.next_update, self.extensions
        )


@dataclass(frozen=True)
class Answer:
    """A response in parts, each of them DER, before it is signed."""

    key: RSAPrivateKey
    responder: bytes
    singles: tuple[Single, ...]
    produced_at: bytes
    extensions: tuple[bytes, ...]
    certificates: tuple[bytes, ...]
    version: bytes = b""
    algorithm: bytes = SHA256_WITH_RSA
    digest: HashAlgorithm = field(default_factory=SHA256)
    status: bytes = der.enumerated(0)
    kind: str = BASIC
    after: bytes = b""

    def saying(self, **changes: bytes) -> Answer:
        return replace(self, singles=(replace(self.singles[0], **changes),))  # type: ignore[arg-type]

    def signed(self) -> bytes:
        listed = [der.context(1, der.sequence(*self.extensions))] if self.extensions else []
        data = der.sequence(
            self.version,
            self.responder,
            self.produced_at,
            der.sequence(*(one.der for one in self.singles)),
            *listed,
        )
        signature = self.key.sign(data, PKCS1v15(), self.digest)
        sent = [der.context(0, der.sequence(*self.certificates))] if self.certificates else []
        basic = der.sequence(data, self.algorithm, der.bit_string(signature), *sent, self.after)
        answer = der.sequence(OID(self.kind), der.octet_string(basic))
        return der.sequence(self.status, der.context(0, answer))


@dataclass(frozen=True)
class OcspVector:
    """One response, the question it is held against, and what is to be said about it.

    ``expects``: ``malformed`` with words of the reason in ``detail``, or what the status is; for
    ``unknown``, ``detail`` is the code of the reason.
    """

    file: str
    says: str
    expects: str
    detail: str
    data: bytes
    at: datetime = AT
    nonce: bytes | None = None


@dataclass(frozen=True)
class OcspBases:
    """The good objects all vectors are made from."""

    good: Answer
    certificate: Draft
    issuer: Issuer
    other_issuer: Issuer
    authority_key: RSAPrivateKey
    stranger: RSAPrivateKey
    subscriber: bytes
    authority: bytes

    def named(self, serial: int = SERIAL, hashed: IdHash = IdHash.SHA1) -> bytes:
        return CertificateId.of(self.issuer, serial, hash_algorithm=hashed).der

    def with_certificate(self, draft: Draft) -> Answer:
        """Return the good answer with another responder's certificate, signed by the authority."""
        return replace(self.good, certificates=(draft.signed(),))


def make_ocsp_bases(keys: KeySource, bases: Bases) -> OcspBases:
    """Create the responder and its good answer; it is what the simulated responder makes."""
    authority = bases.authorities[Purpose.SIGNATURE]
    issuer = Issuer.of(authority.certificate)
    # The authority's next generation: the same name and another key.
    other = create_authority(Purpose.SIGNATURE, generation=4, keys=keys, at=CREATED, serial=7)
    responder = create_responder(authority, keys=keys)
    assert responder.certificate is not None
    nonce = _extension(OCSP_NONCE, False, der.octet_string(NONCE))
    found = OcspBases(
        good=Answer(
            key=responder.key,
            responder=der.context(1, responder.name),
            singles=(Single(_name(issuer), good_status()),),
            produced_at=time(AT),
            extensions=(nonce,),
            certificates=(responder.certificate,),
        ),
        certificate=draft_of(responder.certificate, authority.key),
        issuer=issuer,
        other_issuer=Issuer.of(other.certificate),
        authority_key=authority.key,
        stranger=bases.stranger,
        subscriber=bases.signature.signed(),
        authority=authority.certificate.der,
    )
    named = CertificateId.of(issuer, SERIAL, hash_algorithm=IdHash.SHA1)
    made = responder.respond(
        OcspRequest((named,), NONCE).der, records=OcspRecords(frozenset({SERIAL})), at=AT
    )
    assert found.good.signed() == made, "the good answer is what the simulated responder makes"
    held = responder.respond(
        OcspRequest((named,), NONCE).der,
        records=OcspRecords(frozenset({SERIAL}), {SERIAL: RevokedEntry(RECORDED, 6)}),
        at=AT,
    )
    assert found.good.saying(status=revoked_status(RECORDED, 6)).signed() == held
    return found


def _name(issuer: Issuer) -> bytes:
    return CertificateId.of(issuer, SERIAL, hash_algorithm=IdHash.SHA1).der
