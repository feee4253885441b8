"""Signed data written: attributes to be signed, and the message round a signature value.

Everything is DER with the versions of RFC 5652 §5.1 for one signer by issuer and serial.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from jpki.certificates import der
from jpki.certificates.structure import RSA_ENCRYPTION, SHA256_WITH_RSA, read_certificate
from jpki.cms.deviations import message_version
from jpki.cms.identifiers import DATA, SHA256, SIGNED_DATA, AttributeId, RevocationFormId
from jpki.cms.model import SignedData
from jpki.cms.reading import parse_signed_data
from jpki.errors import MalformedSignature

__all__ = [
    "add_unsigned_attributes",
    "assemble",
    "assemble_detached",
    "attribute",
    "evidence_attributes",
    "set_of",
    "signed_attributes",
]

_SHA256 = der.sequence(der.object_identifier(SHA256), der.null())


def set_of(members: Iterable[bytes], *, tag: int = der.SET) -> bytes:
    """Write a SET OF in the order of DER (X.690 §11.6)."""
    return der.encode(tag, *sorted(members))


def attribute(oid: str, *values: bytes) -> bytes:
    """Write an Attribute (RFC 5652 §5.3) with encoded values."""
    return der.sequence(der.object_identifier(oid), set_of(values))


def signed_attributes(
    *,
    content_digest: bytes,
    certificate: bytes,
    signing_time: datetime | None,
    signing_certificate: bool = True,
    extra: Iterable[bytes] = (),
) -> bytes:
    """Return the DER SET OF of signed attributes for a signature over id-data.

    ``content_digest`` is the SHA-256 of the content, ``certificate`` the signer's certificate in
    DER, ``signing_time`` the claimed time (aware; written in UTC; ``None`` leaves it out, as PDF
    signatures do). The signing-certificate-v2 attribute ties the signature to this one
    certificate (RFC 5035 §3; ETSI EN 319 122-1 §5.2.2) and makes it CAdES B-B; without it the
    signature is plain CMS. ``extra`` are further encoded attributes.
    """
    attributes = [
        attribute(AttributeId.CONTENT_TYPE, der.object_identifier(DATA)),
        attribute(AttributeId.MESSAGE_DIGEST, der.octet_string(content_digest)),
        *extra,
    ]
    if signing_time is not None:
        claimed = der.time(signing_time)
        attributes.append(attribute(AttributeId.SIGNING_TIME, claimed))
    if signing_certificate:
        attributes.append(_signing_certificate(certificate))
    return set_of(attributes)


def _signing_certificate(certificate: bytes) -> bytes:
    parsed = read_certificate(certificate)
    issuer_serial = der.sequence(der.sequence(der.context(4, parsed.issuer.der)), parsed.serial.der)
    identity = der.sequence(der.octet_string(hashlib.sha256(certificate).digest()), issuer_serial)
    value = der.sequence(der.sequence(identity))
    return attribute(AttributeId.SIGNING_CERTIFICATE_V2, value)


def assemble_detached(
    *,
    attributes: bytes,
    certificate: bytes,
    signature: bytes,
    extra_certificates: tuple[bytes, ...] = (),
) -> bytes:
    """Return the DER of a detached SignedData (RFC 5652 §5.1) with one RSA/SHA-256 signer.

    ``attributes`` is what :func:`signed_attributes` returned and ``signature`` the
    RSASSA-PKCS1-v1_5 value over it.
    """
    return assemble(
        attributes=attributes,
        certificate=certificate,
        signature=signature,
        extra_certificates=extra_certificates,
    )


def assemble(
    *,
    attributes: bytes | None,
    certificate: bytes,
    signature: bytes,
    content: bytes | None = None,
    extra_certificates: tuple[bytes, ...] = (),
    unsigned: Iterable[bytes] = (),
    rsa_encryption: bool = False,
) -> bytes:
    """Return the DER of a SignedData with one RSA/SHA-256 signer.

    Without ``attributes`` the value is over the content itself; with ``content`` it is attached.
    ``unsigned`` are encoded unsigned attributes. ``rsa_encryption`` names the signature algorithm
    rsaEncryption, as older tools write it; both mean the same (RFC 3370 §3.2).
    """
    parsed = read_certificate(certificate)
    unsigned = tuple(unsigned)
    signer = der.sequence(
        der.integer(1),
        der.sequence(parsed.issuer.der, parsed.serial.der),
        _SHA256,
        b"" if attributes is None else b"\xa0" + attributes[1:],
        RSA_ENCRYPTION if rsa_encryption else SHA256_WITH_RSA,
        der.octet_string(signature),
        set_of(unsigned, tag=0xA1) if unsigned else b"",
    )
    wrapped = b"" if content is None else der.context(0, der.octet_string(content))
    signed = der.sequence(
        der.integer(1),
        set_of([_SHA256]),
        der.sequence(der.object_identifier(DATA), wrapped),
        set_of(dict.fromkeys((certificate, *extra_certificates)), tag=0xA0),
        set_of([signer]),
    )
    return der.sequence(der.object_identifier(SIGNED_DATA), der.context(0, signed))


def add_unsigned_attributes(
    data: bytes,
    attributes: Iterable[bytes],
    *,
    certificates: Iterable[bytes] = (),
    revocation_lists: Iterable[bytes] = (),
    ocsp_responses: Iterable[bytes] = (),
    source: str = "signature",
) -> bytes:
    """Return a signature by one signer with encoded unsigned attributes added behind its own.

    What was signed stays byte for byte; what is round it is written as DER. ``certificates``,
    ``revocation_lists`` and ``ocsp_responses`` (DER, whole OCSPResponses as in RFC 5940 §2.1) are
    added to the message's own. Raises ``MalformedSignature`` when it is no signature by one signer.
    """
    signed = parse_signed_data(data, source=source)
    if len(signed.signers) != 1:
        raise MalformedSignature(
            f"{len(signed.signers)} signers; evidence is added to a signature by one",
            source=source,
        )
    (signer,) = signed.signers
    # Behind the others and not in DER order: what an index names by its bytes stays as it is.
    unsigned = b"".join((*(one.encoded for one in signer.unsigned), *attributes))
    tagged = der.encode(0xA1, unsigned) if unsigned else b""
    others = (_other_revocation(one) for one in ocsp_responses)
    everyone = tuple(dict.fromkeys((*signed.certificate_choices, *certificates)))
    revocation = tuple(dict.fromkeys((*signed.revocation_choices, *revocation_lists, *others)))
    widened = replace(signed, certificate_choices=everyone, revocation_choices=revocation)
    return _rewritten(widened, der.sequence(signer.through_signature, tagged))


def _other_revocation(response: bytes) -> bytes:
    """RFC 5652 §10.2.1, RFC 5940 §2.1: [1] { id-ri-ocsp-response, OCSPResponse }."""
    return der.context(1, der.object_identifier(RevocationFormId.OCSP_RESPONSE), response)


def _rewritten(signed: SignedData, signer: bytes) -> bytes:
    digests = (
        der.sequence(der.object_identifier(oid), der.null()) for oid in signed.digest_algorithms
    )
    content = b"" if signed.content is None else der.context(0, der.octet_string(signed.content))
    certificates, revocation = signed.certificate_choices, signed.revocation_choices
    body = der.sequence(
        der.integer(message_version(signed)),
        set_of(digests),
        der.sequence(signed.content_type_encoded, content),
        set_of(certificates, tag=0xA0) if certificates else b"",
        set_of(revocation, tag=0xA1) if revocation else b"",
        set_of([signer]),
    )
    return der.sequence(der.object_identifier(SIGNED_DATA), der.context(0, body))


def evidence_attributes(
    *,
    certificates: Iterable[bytes],
    revocation_lists: Iterable[bytes],
    basic_ocsp_responses: Iterable[bytes],
) -> tuple[bytes, ...]:
    """Return certificate-values and revocation-values (EN 319 122-1 §A.1.1.2, §A.1.2.2).

    Answers are BasicOCSPResponses here. An attribute that would be empty is left out.
    """
    certificates, lists = tuple(certificates), tuple(revocation_lists)
    answers = tuple(basic_ocsp_responses)
    found = []
    if certificates:
        values = der.sequence(*certificates)
        found.append(attribute(AttributeId.CERTIFICATE_VALUES, values))
    if lists or answers:
        values = der.sequence(
            der.context(0, der.sequence(*lists)) if lists else b"",
            der.context(1, der.sequence(*answers)) if answers else b"",
        )
        found.append(attribute(AttributeId.REVOCATION_VALUES, values))
    return tuple(found)
