"""Signed data written: attributes to be signed, and the message round a signature value.

Everything is DER with the versions of RFC 5652 §5.1 for one signer by issuer and serial.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from jpki.certificates import der
from jpki.certificates.structure import RSA_ENCRYPTION, SHA256_WITH_RSA, read_certificate
from jpki.cms.identifiers import DATA, SHA256, SIGNED_DATA, AttributeId
from jpki.cms.model import SignedData
from jpki.cms.reading import parse_signed_data
from jpki.errors import MalformedSignature

__all__ = [
    "add_unsigned_attributes",
    "assemble",
    "assemble_detached",
    "attribute",
    "set_of",
    "signed_attributes",
]

_SHA256_ALONE = der.sequence(der.object_identifier(SHA256))


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
        _SHA256_ALONE,
        b"" if attributes is None else b"\xa0" + attributes[1:],
        RSA_ENCRYPTION if rsa_encryption else SHA256_WITH_RSA,
        der.octet_string(signature),
        set_of(unsigned, tag=0xA1) if unsigned else b"",
    )
    wrapped = b"" if content is None else der.context(0, der.octet_string(content))
    signed = der.sequence(
        der.integer(1),
        set_of([_SHA256_ALONE]),
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
    source: str = "signature",
) -> bytes:
    """Return a signature by one signer with encoded unsigned attributes added behind its own.

    What was signed stays byte for byte; what is round it is written as DER. ``certificates`` (DER)
    are added to the message's. Raises ``MalformedSignature`` when it is no signature by one signer.
    """
    signed = parse_signed_data(data, source=source)
    if len(signed.signers) != 1:
        raise MalformedSignature(
            f"{len(signed.signers)} signers; evidence is added to a signature by one",
            source=source,
        )
    (signer,) = signed.signers
    # Behind the others and not in DER order: an archive timestamp covers what stands before it.
    unsigned = b"".join((*(one.encoded for one in signer.unsigned), *attributes))
    rebuilt = der.sequence(signer.through_signature, der.encode(0xA1, unsigned))
    return _rewritten(signed, rebuilt, certificates)


def _rewritten(signed: SignedData, signer: bytes, certificates: Iterable[bytes]) -> bytes:
    digests = (der.sequence(der.object_identifier(oid)) for oid in signed.digest_algorithms)
    content = b"" if signed.content is None else der.context(0, der.octet_string(signed.content))
    everyone = dict.fromkeys((*signed.certificate_choices, *certificates))
    body = der.sequence(
        der.integer(signed.version),
        set_of(digests),
        der.sequence(signed.content_type_encoded, content),
        set_of(everyone, tag=0xA0) if everyone else b"",
        set_of(signed.revocation_choices, tag=0xA1) if signed.revocation_choices else b"",
        set_of([signer]),
    )
    return der.sequence(der.object_identifier(SIGNED_DATA), der.context(0, body))
