"""The simulated OCSP responder: a function from a request and an instant to a response.

What J-LIS's responder is like is not published; what is assumed about it is a field of
``ResponderOptions``. It answers from the records as they were at the last quarter hour, so a
revocation shows some minutes after it was recorded, as it does at the real one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from jpki import jst
from jpki.certificates import der
from jpki.certificates.names import AUTHORITY_NAMES, AttributeType, Name
from jpki.certificates.profile import LARGEST_ISSUE_NUMBER
from jpki.certificates.structure import SHA256_WITH_RSA
from jpki.errors import ImpossibleFact, MalformedOcspRequest
from jpki.life import Authority, State, revocations_at
from jpki.revocation import IdHash, Issuer, OcspRequest, RevokedEntry, parse_ocsp_request
from jpki.revocation.ocsp import CertificateId, ResponseStatus
from jpki.revocation.ocsp.response import NONCE, OCSP_BASIC
from simulator.agency.authority import SimulatedAuthority, directory_name
from simulator.keys import KeySource

__all__ = [
    "AnswerFlaws",
    "OcspRecords",
    "OcspResponder",
    "ResponderOptions",
    "StateSource",
    "WorldResponder",
    "certificate_status",
    "create_responder",
    "error_response",
    "records_of",
]

_COMMON_NAME: Final = "OCSP responder (simulated)"


@dataclass(frozen=True, slots=True)
class ResponderOptions:
    """What is assumed about the real responder (?), one field each.

    ``delegated``: a certificate of its own signs, not the authority; ``no_check`` stands in that
    certificate. ``called_by_key``: it calls itself by the hash of its key, not by name.
    ``quarter``: how often the records are looked at; ``next_update_after``: from thisUpdate on,
    ``None`` for no nextUpdate. ``echo_nonce`` and ``hashes``: what it understands.
    ``known_after_expiry``: whether a certificate past its last day is still answered for; its
    revocation is no longer kept then (Order 3 to 6), so saying good would be wrong.
    ``prepares``: whether a question without nonce gets the answer that was signed when the records
    were looked at (RFC 6960 §2.5), with that instant as producedAt, or one signed anew.
    """

    delegated: bool = True
    no_check: bool = True
    called_by_key: bool = False
    quarter: timedelta = timedelta(minutes=15)
    next_update_after: timedelta | None = timedelta(minutes=30)
    echo_nonce: bool = True
    hashes: frozenset[IdHash] = frozenset(IdHash)
    known_after_expiry: bool = False
    prepares: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class AnswerFlaws:
    """What is wrong with an answer that is made wrong on purpose; nothing, unless it is said.

    ``key`` signs in place of the responder's, ``nonce`` is given back instead of the one that was
    sent, and ``critical_extension`` is an identifier that no reader knows.
    """

    key: RSAPrivateKey | None = None
    nonce: bytes | None = None
    critical_extension: str | None = None

    def __repr__(self) -> str:
        return "<AnswerFlaws>"


@dataclass(frozen=True, slots=True)
class OcspRecords:
    """What one authority's responder knows: which numbers were issued, and what became of them."""

    issued: frozenset[int]
    entries: Mapping[int, RevokedEntry] = field(default_factory=dict)


class StateSource(Protocol):
    """A world, as far as the responder needs it."""

    def state(self, at: datetime) -> State:
        """Return what was so at an instant."""


def records_of(
    state: State, authority: Authority, *, options: ResponderOptions | None = None
) -> OcspRecords:
    """Return what the records of a state say of an authority's certificates."""
    options = options or ResponderOptions()
    return OcspRecords(
        frozenset(
            record.serial
            for record in state.certificates.values()
            if record.authority == authority
            and (options.known_after_expiry or state.at <= record.valid_until)
        ),
        {
            one.serial: RevokedEntry(one.recorded_at, one.reason.value)
            for one in revocations_at(state)
            if one.authority == authority
        },
    )


@dataclass(frozen=True, slots=True, repr=False)
class OcspResponder:
    """The responder of one authority: its key, and its certificate when it has one of its own."""

    authority: SimulatedAuthority
    key: RSAPrivateKey
    certificate: bytes | None
    name: bytes
    options: ResponderOptions

    def __repr__(self) -> str:
        return f"<OcspResponder of {self.authority!r}>"

    def records_from(self, at: datetime) -> datetime:
        """Return the instant of which the records are told at ``at``: the last quarter hour."""
        at = jst.require_aware(at)
        return at - (at - _EPOCH) % self.options.quarter

    def respond(
        self,
        request: bytes,
        *,
        records: OcspRecords,
        at: datetime,
        as_of: datetime | None = None,
        flaws: AnswerFlaws | None = None,
    ) -> bytes:
        """Answer a request at an instant; ``records`` are those of ``as_of``.

        Without ``as_of`` they are those of ``records_from(at)``.

        What is no request gets malformedRequest; a question about another authority's certificates,
        or one named by a hash that is not understood, gets unauthorized (RFC 5019 §2.2.3).
        ``flaws`` makes the answer wrong on purpose.
        """
        try:
            asked = parse_ocsp_request(request)
        except MalformedOcspRequest:
            return error_response(ResponseStatus.MALFORMED_REQUEST)
        return self.answer(asked, records=records, at=at, as_of=as_of, flaws=flaws)

    def answer(
        self,
        asked: OcspRequest,
        *,
        records: OcspRecords,
        at: datetime,
        as_of: datetime | None = None,
        flaws: AnswerFlaws | None = None,
    ) -> bytes:
        """Answer a request that has been read, as :meth:`respond` does."""
        if asked.unknown_critical_extensions:
            return error_response(ResponseStatus.MALFORMED_REQUEST)
        if not all(map(self.is_asked, asked.certificate_ids)):
            return error_response(ResponseStatus.UNAUTHORIZED)
        whole_second = jst.require_aware(at).replace(microsecond=0)
        told = _Told(records, whole_second, as_of or self.records_from(at), flaws or AnswerFlaws())
        return self._signed(asked, told)

    def is_asked(self, named: CertificateId) -> bool:
        """Tell whether this is the responder for the certificate so named."""
        issuer = Issuer.of(self.authority.certificate)
        return named.hash_algorithm in self.options.hashes and named.names(issuer, named.serial)

    def _signed(self, asked: OcspRequest, told: _Told) -> bytes:
        flaws = told.flaws
        singles = [self._single(one, told.records, told.as_of) for one in asked.certificate_ids]
        extensions = self._extensions(asked, flaws)
        data = der.sequence(
            self.responder_id(),
            der.generalized_time(told.at),
            der.sequence(*singles),
            *([der.context(1, der.sequence(*extensions))] if extensions else []),
        )
        signature = (flaws.key or self.key).sign(data, PKCS1v15(), SHA256())
        chain = [] if self.certificate is None else [der.sequence(self.certificate)]
        basic = der.sequence(
            data,
            SHA256_WITH_RSA,
            der.bit_string(signature),
            *(der.context(0, one) for one in chain),
        )
        answer = der.sequence(der.object_identifier(OCSP_BASIC), der.octet_string(basic))
        return der.sequence(der.enumerated(ResponseStatus.SUCCESSFUL), der.context(0, answer))

    def _extensions(self, asked: OcspRequest, flaws: AnswerFlaws) -> list[bytes]:
        echoed = flaws.nonce or (asked.nonce if self.options.echo_nonce else None)
        found = []
        if echoed is not None:
            value = der.octet_string(der.octet_string(echoed))
            found.append(der.sequence(der.object_identifier(NONCE), value))
        if flaws.critical_extension is not None:
            oid = der.object_identifier(flaws.critical_extension)
            found.append(der.sequence(oid, der.boolean(True), der.octet_string(der.null())))
        return found

    def responder_id(self) -> bytes:
        """Return how it calls itself in its answers (RFC 6960 §4.2.1 ResponderID), in DER."""
        if not self.options.called_by_key:
            return der.context(1, self.name)
        bits = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        # RFC 6960 §4.2.1: KeyHash is SHA-1 whatever else is in use.
        key_hash = hashlib.sha1(bits, usedforsecurity=False).digest()
        return der.context(2, der.octet_string(key_hash))

    def _single(self, named: CertificateId, records: OcspRecords, this_update: datetime) -> bytes:
        known = records.entries.get(named.serial), named.serial in records.issued
        return der.sequence(named.der, certificate_status(*known), self.times(this_update))

    def times(self, this_update: datetime) -> bytes:
        """Return thisUpdate, and nextUpdate unless there is none, as they stand in an answer."""
        after = self.options.next_update_after
        until = b"" if after is None else der.context(0, der.generalized_time(this_update + after))
        return der.generalized_time(this_update) + until


@dataclass(frozen=True, slots=True)
class _Told:
    """What one answer tells, and when."""

    records: OcspRecords
    at: datetime
    as_of: datetime
    flaws: AnswerFlaws


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def certificate_status(entry: RevokedEntry | None, issued: bool = True) -> bytes:
    """Return a CertStatus (RFC 6960 §4.2.1): revoked, good, or unknown when never issued."""
    if entry is not None:
        code = entry.reason_code
        reason = [] if code is None else [der.context(0, der.enumerated(code))]
        return der.context(1, der.generalized_time(entry.recorded_at), *reason)
    return der.context(0 if issued else 2, primitive=True)


def error_response(status: ResponseStatus) -> bytes:
    """Return a response that is no answer, such as tryLater; nobody signs it (RFC 6960 §2.3)."""
    if status is ResponseStatus.SUCCESSFUL:
        raise ImpossibleFact("a success comes with an answer")
    return der.sequence(der.enumerated(status))


def create_responder(
    authority: SimulatedAuthority,
    *,
    keys: KeySource,
    options: ResponderOptions | None = None,
    begins: datetime | None = None,
    ends: datetime | None = None,
    serial: int | None = None,
) -> OcspResponder:
    """Create the responder of an authority, with a certificate of its own unless told otherwise.

    The certificate is valid as long as the authority's unless told otherwise, and has a serial
    number from the far end of the counter, so that no holder's certificate is in its way.
    """
    options = options or ResponderOptions()
    if not options.delegated:
        name = authority.certificate.name
        return OcspResponder(authority, authority.key, None, name, options)
    key = keys.rsa(f"{authority.purpose} OCSP responder, generation {authority.generation}")
    whose = AUTHORITY_NAMES[authority.hierarchy, authority.purpose]
    own = Name.of(
        *((one.type, one.text) for one in whose.attributes),
        (AttributeType.COMMON_NAME, _COMMON_NAME),
    )
    builder = (
        x509.CertificateBuilder()
        .issuer_name(directory_name(whose).value)
        .subject_name(directory_name(own).value)
        .public_key(key.public_key())
        .serial_number(LARGEST_ISSUE_NUMBER - authority.generation if serial is None else serial)
        .not_valid_before(begins or authority.certificate.not_before)
        .not_valid_after(ends or authority.certificate.not_after)
        .add_extension(_DIGITAL_SIGNATURE, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier(authority.certificate.subject_key_id, None, None),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if options.no_check:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    certificate = builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)
    return OcspResponder(authority, key, certificate, own.der, options)


_DIGITAL_SIGNATURE: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class WorldResponder:
    """The function from a request and an instant to a response, over a world's records.

    ``responders`` holds the responder of each authority that is answered for.
    """

    world: StateSource
    responders: Mapping[Authority, OcspResponder]

    def __call__(self, request: bytes, at: datetime) -> bytes:
        """Answer a request at an instant."""
        try:
            named = parse_ocsp_request(request).certificate_ids[0]
        except MalformedOcspRequest:
            return error_response(ResponseStatus.MALFORMED_REQUEST)
        for authority, responder in self.responders.items():
            if responder.is_asked(named):
                state = self.world.state(responder.records_from(at))
                records = records_of(state, authority, options=responder.options)
                return responder.respond(request, records=records, at=at)
        return error_response(ResponseStatus.UNAUTHORIZED)
