"""Whether a signature is whole: content unchanged, value right. It proves nobody's identity.

Certificates are taken as they come, from the signature or from whoever asks: no chain is built, no
validity, usage or revocation is looked at. Anybody can make a certificate in anybody's name and a
signature that is whole under it. Who signed, and whether it may be relied on, is for the numbered
steps of :mod:`jpki.validation`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jpki.certificates import der
from jpki.certificates.parse import public_key_of
from jpki.certificates.structure import RawCertificate, read_certificate
from jpki.cms.content import Content, DigestedContent, digest_content
from jpki.cms.deviations import JPKI_DIGESTS, deviations_of
from jpki.cms.identifiers import DIGESTS, RSA_ENCRYPTION
from jpki.cms.model import CertificateIdentity, SignedData, SignerIdentifier, SignerInfo
from jpki.cms.reading import parse_signed_data
from jpki.errors import (
    BadSignature,
    DigestMismatch,
    Indeterminate,
    MalformedCertificate,
    MalformedSignature,
    VerificationError,
)
from jpki.rsa_pkcs1 import signature_matches

__all__ = ["IntactSignature", "integrity"]


@dataclass(frozen=True, slots=True)
class IntactSignature:
    """One signature that is whole under a certificate which nobody has vouched for."""

    certificate: bytes = field(repr=False)
    digest_algorithm: str


def integrity(
    data: bytes,
    *,
    content: Content | DigestedContent | None = None,
    certificates: Iterable[bytes] = (),
    digest_algorithms: Set[str] = JPKI_DIGESTS,
    lenient_digest_info: bool = False,
    source: str = "signature",
) -> tuple[IntactSignature, ...]:
    """Return one answer for each signer when every signature is whole; raise otherwise.

    This is **no verification**: it says nothing of who signed (see the module). ``content`` is for
    a detached signature, ``certificates`` (DER) for signers whose certificate did not come along,
    ``digest_algorithms`` (dotted) are those taken.

    Raises ``MalformedSignature``, ``DigestMismatch``, ``BadSignature``, ``Indeterminate`` when the
    content or the certificate is missing, and ``VerificationError`` for whatever else does not fit.
    """
    signed = parse_signed_data(data, source=source)
    if not signed.signers:
        raise MalformedSignature("there is no signature in it", source=source)
    carried = [_certificate(one, source) for one in dict.fromkeys(signed.certificates)]
    given = [_certificate(one, "a certificate given") for one in dict.fromkeys(certificates)]
    digested = _content(signed, content)
    return tuple(
        _intact(
            _Check(signed, one, digested, (*carried, *given), lenient_digest_info),
            digest_algorithms,
        )
        for one in signed.signers
    )


@dataclass(frozen=True, slots=True)
class _Check:
    signed: SignedData
    signer: SignerInfo
    content: DigestedContent
    certificates: tuple[RawCertificate, ...]
    lenient: bool


def _content(signed: SignedData, given: Content | DigestedContent | None) -> DigestedContent:
    if signed.content is None and given is None:
        raise Indeterminate("the signature is detached and no content was given")
    inside = None if signed.content is None else digest_content(signed.content)
    outside = None if given is None else digest_content(given)
    if inside is not None and outside is not None and inside.differs_from(outside):
        raise DigestMismatch("the signature carries its content, and other content was given")
    found = inside or outside
    if found is None:
        raise AssertionError("one of the two was there")
    return found


def _intact(check: _Check, taken: Set[str]) -> IntactSignature:
    signer = check.signer
    for deviation in deviations_of(check.signed, signer, digest_algorithms=taken):
        facts = ", ".join(f"{name} {value}" for name, value in deviation.facts.items())
        raise VerificationError(f"{deviation.code}: {facts}")
    certificate = _signers(check.certificates, signer.identifier)
    signed_digest = _signed_digest(check)
    key = _key(certificate)
    if not signature_matches(
        key,
        signer.signature,
        signed_digest,
        algorithm=signer.digest_algorithm,
        lenient=check.lenient,
    ):
        raise BadSignature("the signature value does not match the certificate's key")
    return IntactSignature(certificate.element.der, signer.digest_algorithm)


def _signed_digest(check: _Check) -> bytes:
    algorithm = check.signer.digest_algorithm
    found = check.content.digests.get(algorithm)
    if found is None:
        raise Indeterminate(f"the content was not digested with {DIGESTS[algorithm]}")
    attributes = check.signer.attributes
    if attributes is None:
        if check.content.reads_as_attributes:
            raise DigestMismatch("the content is signed attributes, and none are in the signature")
        return found
    if not hmac.compare_digest(found, attributes.message_digest):
        raise DigestMismatch("the content is not what was signed")
    firsts = (attributes.signing_certificates[:1], attributes.signing_certificates_v2[:1])
    certificate = _signers(check.certificates, check.signer.identifier)
    if not all(_names(identity, certificate) for first in firsts for identity in first):
        raise VerificationError("the signature was made for another certificate")
    return hashlib.new(DIGESTS[algorithm], attributes.signed_bytes).digest()


_ESS_DIGESTS = {**DIGESTS, "1.3.14.3.2.26": "sha1"}


def _names(identity: CertificateIdentity, certificate: RawCertificate) -> bool:
    name = _ESS_DIGESTS.get(identity.algorithm)
    if name is None:
        return False
    digest = hashlib.new(name, certificate.element.der, usedforsecurity=name != "sha1").digest()
    return (
        hmac.compare_digest(digest, identity.digest)
        and identity.issuer in (None, certificate.issuer.der)
        and identity.serial in (None, certificate.issue_number)
    )


def _certificate(data: bytes, source: str) -> RawCertificate:
    try:
        certificate = read_certificate(data, source=source)
        for name in (certificate.issuer, certificate.subject):
            _check_name(name)
        return certificate
    except MalformedCertificate as error:
        raise MalformedSignature(
            f"a certificate in it cannot be read: {error.message}", source=source
        ) from error


# DirectoryString, IA5String and NumericString (RFC 5280 §4.1.2.4, X.520).
_STRINGS = {der.UTF8_STRING, der.PRINTABLE_STRING, der.IA5_STRING, 0x12, 0x14, 0x1C, 0x1E}


def _check_name(name: der.Element) -> None:
    """RFC 5280 §4.1.2.4: sets of types with strings. Nothing else here decodes a name."""
    for relative in name.children():
        members = relative.expect(der.SET, "a part of a name").children()
        if not members:
            raise relative.malformed("a part of a name that is empty")
        for member in members:
            fields = member.fields("an attribute of a name")
            fields.take(der.OBJECT_IDENTIFIER, "its type").as_oid("the type in a name")
            value = fields.take_any("its value")
            fields.end()
            if value.tag not in _STRINGS:
                raise value.malformed(f"tag {value.tag:02X} where a name should have a string")


def _signers(certificates: tuple[RawCertificate, ...], named: SignerIdentifier) -> RawCertificate:
    answering = {one.element.der: one for one in certificates if _answers_to(one, named)}
    if not answering:
        raise Indeterminate("the signer's certificate is neither in the signature nor given")
    if len(answering) > 1:
        raise VerificationError(f"{len(answering)} certificates answer to the signer's name")
    return next(iter(answering.values()))


def _answers_to(certificate: RawCertificate, named: SignerIdentifier) -> bool:
    if named.subject_key_id is not None:
        return certificate.values.subject_key == named.subject_key_id
    return (certificate.issuer.der, certificate.issue_number) == (named.issuer, named.serial)


_RSA = der.sequence(der.object_identifier(RSA_ENCRYPTION), der.null())


def _key(certificate: RawCertificate) -> RSAPublicKey:
    if certificate.key_algorithm.der != _RSA:
        raise VerificationError("the certificate's key is not an RSA key")
    try:
        return public_key_of(certificate)
    except MalformedCertificate as error:
        raise VerificationError(error.message) from error
