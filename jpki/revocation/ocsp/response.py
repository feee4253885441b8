"""OCSP responses as values (RFC 6960 §4.2): what they say, not whether it may be believed.

A response is read once, strictly, and completely or not at all; whoever decides about a certificate
has to look at the signature, the responder and ``unknown_critical_extensions`` first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum
from typing import Final

from jpki.certificates import der
from jpki.certificates.der import Element, Fields
from jpki.certificates.structure import RawExtension, read_extensions
from jpki.errors import MalformedOcspResponse
from jpki.revocation.ocsp.certificate_id import CertificateId
from jpki.revocation.revocation_list import RevokedEntry

__all__ = [
    "LONGEST_NONCE",
    "LONGEST_RESPONSE",
    "NONCE",
    "NO_CHECK",
    "OCSP_BASIC",
    "OCSP_SIGNING",
    "BasicAnswer",
    "OcspResponse",
    "ResponseStatus",
    "SaidStatus",
    "SingleAnswer",
    "parse_ocsp_response",
    "read_nonce",
]

OCSP_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
NO_CHECK: Final = "1.3.6.1.5.5.7.48.1.5"
OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"

LONGEST_RESPONSE: Final = 2**20
"""Bytes; an answer about one certificate has two or three thousand."""
LONGEST_NONCE: Final = 128
"""RFC 9654 §2.1: a nonce has from 1 to 128 octets."""
_MOST_CERTIFICATES: Final = 16
_REASONS: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 9, 10})


class ResponseStatus(IntEnum):
    """What became of the request (RFC 6960 §4.2.1); 4 is not used."""

    SUCCESSFUL = 0
    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    SIG_REQUIRED = 5
    UNAUTHORIZED = 6

    @property
    def rfc_name(self) -> str:
        """The name in RFC 6960, such as ``tryLater``."""
        first, *rest = self.name.lower().split("_")
        return first + "".join(word.capitalize() for word in rest)


class SaidStatus(Enum):
    """What is said of one certificate (RFC 6960 §2.2), by context tag."""

    GOOD = 0x80
    REVOKED = 0xA1
    UNKNOWN = 0x82


@dataclass(frozen=True, slots=True)
class SingleAnswer:
    """What is said of one certificate; ``entry`` is there when it is revoked or held."""

    certificate_id: CertificateId
    status: SaidStatus
    entry: RevokedEntry | None
    this_update: datetime
    next_update: datetime | None
    unknown_critical_extensions: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class BasicAnswer:
    """The signed part of a successful response.

    The responder calls itself by DER name or by the SHA-1 of its key's bits. ``certificates`` are
    the DER certificates sent along, ``signed`` the exact bytes under the signature.
    """

    responder_name: bytes | None
    responder_key_hash: bytes | None
    produced_at: datetime
    singles: tuple[SingleAnswer, ...]
    nonce: bytes | None
    unknown_critical_extensions: tuple[str, ...]
    algorithm: bytes
    signed: bytes
    signature: bytes
    certificates: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"<BasicAnswer of {self.produced_at:%Y-%m-%dT%H:%M:%SZ} on {len(self.singles)}>"


@dataclass(frozen=True, slots=True, repr=False)
class OcspResponse:
    """One response. Two of them are equal when their bytes are; an error has no answer."""

    der: bytes
    status: ResponseStatus = field(compare=False)
    answer: BasicAnswer | None = field(compare=False)

    def __repr__(self) -> str:
        return f"<OcspResponse {self.status.rfc_name}, {len(self.der)} bytes>"

    @property
    def fingerprint_sha256(self) -> bytes:
        """The SHA-256 of the whole response, kept as evidence."""
        return hashlib.sha256(self.der).digest()


def parse_ocsp_response(data: bytes, *, source: str = "") -> OcspResponse:
    """Parse a response in DER; ``MalformedOcspResponse`` when it is none of the basic type.

    Nothing is verified. At most one mebibyte is read.
    """
    if len(data) > LONGEST_RESPONSE:
        raise MalformedOcspResponse(
            f"{len(data)} bytes, where a response may have {LONGEST_RESPONSE}",
            source=source,
            offset=LONGEST_RESPONSE,
        )
    whole = der.open_document(data, error=MalformedOcspResponse, source=source, any_time_form=True)
    fields = whole.fields("an OCSP response")
    status = _status(fields.take(der.ENUMERATED, "its status"))
    wrapped = fields.take_if(0xA0)
    fields.end()
    if (status is ResponseStatus.SUCCESSFUL) != (wrapped is not None):
        raise whole.malformed("an answer to a failure, or none to a success")
    answer = None if wrapped is None else _response_bytes(wrapped.only_child("answer"))
    return OcspResponse(whole.der, status, answer)


def _status(element: Element) -> ResponseStatus:
    number = element.as_integer("the status", tag=der.ENUMERATED)
    try:
        return ResponseStatus(number)
    except ValueError:
        raise element.malformed("a status that RFC 6960 does not have") from None


def _response_bytes(element: Element) -> BasicAnswer:
    fields = element.fields("the answer")
    kind = fields.take(der.OBJECT_IDENTIFIER, "its type").as_oid("the type of the answer")
    octets = fields.take(der.OCTET_STRING, "its content")
    fields.end()
    if kind != OCSP_BASIC:
        raise element.malformed("an answer of another type than id-pkix-ocsp-basic")
    return _basic(octets.inner())


def _basic(element: Element) -> BasicAnswer:
    outer = element.fields("a basic answer")
    signed = outer.take(der.SEQUENCE, "the part that is signed")
    algorithm = outer.take(der.SEQUENCE, "the signature algorithm")
    signature = outer.take(der.BIT_STRING, "the signature").as_bits("the signature")
    certificates = _certificates(outer.take_if(0xA0))
    outer.end()
    fields = signed.fields("the part that is signed")
    _version(fields)
    name, key_hash = _responder(fields.take_any("the responder"))
    produced_at = _time(fields.take_any("producedAt"), "producedAt")
    listed = fields.take(der.SEQUENCE, "the list of answers")
    extensions = read_extensions(fields.take_if(0xA1), "the answer's extensions")
    fields.end()
    singles = tuple(_single(one) for one in listed.children())
    if not singles:
        raise listed.malformed("an answer about no certificate")
    return BasicAnswer(
        responder_name=name,
        responder_key_hash=key_hash,
        produced_at=produced_at,
        singles=singles,
        nonce=read_nonce(extensions),
        unknown_critical_extensions=_unknown(extensions, NONCE),
        algorithm=algorithm.der,
        signed=signed.der,
        signature=signature,
        certificates=certificates,
    )


def _version(fields: Fields) -> None:
    wrapped = fields.take_if(0xA0)
    if wrapped is None:
        return
    if wrapped.only_child("version").as_integer("the version") != 0:
        raise wrapped.malformed("another version than 1")
    # X.690 §11.5 leaves a default out, yet responders write it; the value is the same either way.


def _certificates(wrapped: Element | None) -> tuple[bytes, ...]:
    if wrapped is None:
        return ()
    listed = wrapped.only_child("list of certificates").expect(der.SEQUENCE, "the certificates")
    found = tuple(one.expect(der.SEQUENCE, "a certificate").der for one in listed.children())
    if len(found) > _MOST_CERTIFICATES:
        raise listed.malformed(f"more than {_MOST_CERTIFICATES} certificates")
    return found


def _responder(element: Element) -> tuple[bytes | None, bytes | None]:
    if element.tag == 0xA1:
        name = element.only_child("responder's name")
        return name.expect(der.SEQUENCE, "the responder's name").der, None
    if element.tag != 0xA2:
        raise element.malformed("a responder called neither by name nor by key")
    key = element.only_child("hash of the responder's key")
    value = key.expect(der.OCTET_STRING, "the hash of the responder's key").value
    if len(value) != 20:
        raise key.malformed("the hash of the responder's key is no SHA-1")
    return None, value


def _time(element: Element, what: str) -> datetime:
    return element.expect(der.GENERALIZED_TIME, what).as_time(what)


def _single(element: Element) -> SingleAnswer:
    fields = element.fields("an answer about a certificate")
    certificate_id = CertificateId.read(fields.take(der.SEQUENCE, "its identification"))
    status, entry = _said(fields.take_any("its status"))
    this_update = _time(fields.take_any("thisUpdate"), "thisUpdate")
    until = fields.take_if(0xA0)
    next_update = None if until is None else _time(until.only_child("nextUpdate"), "nextUpdate")
    extensions = read_extensions(fields.take_if(0xA1), "the extensions of an answer")
    fields.end()
    if next_update is not None and next_update < this_update:
        raise element.malformed("nextUpdate lies before thisUpdate")
    return SingleAnswer(
        certificate_id, status, entry, this_update, next_update, _unknown(extensions)
    )


def _said(element: Element) -> tuple[SaidStatus, RevokedEntry | None]:
    try:
        status = SaidStatus(element.tag)
    except ValueError:
        raise element.malformed("a status that is neither good, revoked nor unknown") from None
    if status is SaidStatus.REVOKED:
        return status, _revoked(element)
    if element.value:
        raise element.malformed("a NULL that holds something")
    return status, None


def _revoked(element: Element) -> RevokedEntry:
    fields = Fields(element, "a revocation")
    recorded_at = _time(fields.take_any("its time"), "the time of revocation")
    wrapped = fields.take_if(0xA0)
    fields.end()
    if wrapped is None:
        return RevokedEntry(recorded_at)
    code = wrapped.only_child("reason").as_integer("the reason", tag=der.ENUMERATED)
    if code not in _REASONS:
        raise wrapped.malformed("a reason that RFC 5280 does not have")
    return RevokedEntry(recorded_at, code)


def read_nonce(extensions: tuple[RawExtension, ...]) -> bytes | None:
    """Return the nonce among the extensions of a request or response (RFC 9654 §2.1)."""
    found = next((one for one in extensions if one.oid == NONCE), None)
    if found is None:
        return None
    element = found.octets.inner().expect(der.OCTET_STRING, "the nonce")
    if not 0 < len(element.value) <= LONGEST_NONCE:
        raise element.malformed("a nonce that has not from 1 to 128 octets")
    return element.value


def _unknown(extensions: tuple[RawExtension, ...], *known: str) -> tuple[str, ...]:
    return tuple(one.oid for one in extensions if one.critical and one.oid not in known)
