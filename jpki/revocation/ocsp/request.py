"""OCSP requests: made for a verifier, read for a responder (RFC 6960 §4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jpki.certificates import AuthorityCertificate, SubscriberCertificate, der
from jpki.certificates.der import Element
from jpki.certificates.structure import read_extensions
from jpki.errors import MalformedOcspRequest
from jpki.revocation.ocsp.certificate_id import CertificateId, IdHash
from jpki.revocation.ocsp.response import LONGEST_NONCE, NONCE, read_nonce
from jpki.revocation.parties import Issuer

__all__ = ["OcspRequest", "ocsp_request", "parse_ocsp_request"]

_LONGEST_REQUEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """What is asked about which certificates.

    ``is_signed`` says that a signature came along, which nobody verified;
    ``unknown_critical_extensions`` names what a responder may not pass over.
    """

    certificate_ids: tuple[CertificateId, ...]
    nonce: bytes | None = None
    is_signed: bool = False
    unknown_critical_extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.certificate_ids:
            raise MalformedOcspRequest("a request about no certificate")
        if self.nonce is not None and not 0 < len(self.nonce) <= LONGEST_NONCE:
            raise MalformedOcspRequest("a nonce that has not from 1 to 128 octets")

    def __repr__(self) -> str:
        return f"<OcspRequest about {len(self.certificate_ids)} certificates>"

    @property
    def der(self) -> bytes:
        """The unsigned request in DER."""
        asked = der.sequence(*(der.sequence(one.der) for one in self.certificate_ids))
        return der.sequence(der.sequence(asked, *_nonce_extension(self.nonce)))


def _nonce_extension(nonce: bytes | None) -> tuple[bytes, ...]:
    if nonce is None:
        return ()
    value = der.octet_string(der.octet_string(nonce))
    extension = der.sequence(der.object_identifier(NONCE), value)
    return (der.context(2, der.sequence(extension)),)


def ocsp_request(
    certificate: SubscriberCertificate,
    authority: AuthorityCertificate,
    *,
    nonce: bytes | None = None,
    hash_algorithm: IdHash = IdHash.SHA1,
) -> OcspRequest:
    """Return a request about one certificate; its ``der`` is what is sent.

    The nonce comes from the caller's randomness, 1 to 128 octets (RFC 9654 asks for 32); any other
    length raises ``MalformedOcspRequest``. SHA-1 is
    the hash every responder understands; which ones J-LIS's takes is not published (?).
    """
    issuer = Issuer.of(authority)
    named = CertificateId.of(issuer, certificate.serial, hash_algorithm=hash_algorithm)
    return OcspRequest((named,), nonce)


def parse_ocsp_request(data: bytes, *, source: str = "") -> OcspRequest:
    """Parse a request in DER; ``MalformedOcspRequest`` when it is none."""
    if len(data) > _LONGEST_REQUEST:
        raise MalformedOcspRequest(
            f"{len(data)} bytes, where a request may have {_LONGEST_REQUEST}",
            source=source,
            offset=_LONGEST_REQUEST,
        )
    whole = der.open_document(data, error=MalformedOcspRequest, source=source)
    outer = whole.fields("an OCSP request")
    asked = outer.take(der.SEQUENCE, "what is asked")
    signature = outer.take_if(0xA0)
    outer.end()
    fields = asked.fields("what is asked")
    version = fields.take_if(0xA0)
    if version is not None and version.only_child("version").as_integer("the version") != 0:
        raise version.malformed("another version than 1")
    fields.take_if(0xA1)
    listed = fields.take(der.SEQUENCE, "the list of requests")
    extensions = read_extensions(fields.take_if(0xA2), "the request's extensions")
    fields.end()
    each = tuple(_request(one) for one in listed.children())
    if not each:
        raise listed.malformed("a request about no certificate")
    return OcspRequest(
        certificate_ids=tuple(one for one, _ in each),
        nonce=read_nonce(extensions),
        is_signed=signature is not None,
        unknown_critical_extensions=(
            *(one.oid for one in extensions if one.critical and one.oid != NONCE),
            *(oid for _, unknown in each for oid in unknown),
        ),
    )


def _request(element: Element) -> tuple[CertificateId, tuple[str, ...]]:
    fields = element.fields("a request")
    named = CertificateId.read(fields.take(der.SEQUENCE, "the certificate's identification"))
    extensions = read_extensions(fields.take_if(0xA0), "the extensions of a request")
    fields.end()
    return named, tuple(one.oid for one in extensions if one.critical)
