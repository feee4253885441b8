"""Signed data read from DER, BER or PEM, to the last byte, or refused.

What a signature may look like and still be refused (two signers, SHA-1, algorithms that do not fit
together) is said by :mod:`jpki.cms.deviations` and decided by the numbered steps.
"""

from __future__ import annotations

import os
import re
from typing import BinaryIO, Final

from jpki.certificates import der
from jpki.cms.ber import Node, open_message
from jpki.cms.identifiers import SIGNED_DATA, RevocationFormId
from jpki.cms.model import SignedData, SignerIdentifier, SignerInfo
from jpki.cms.signed_attributes import read_algorithm, read_signed_attributes
from jpki.cms.unsigned_attributes import read_unsigned_attributes
from jpki.errors import MalformedSignature

__all__ = ["LARGEST_SIGNATURE", "load_signature", "parse_signed_data"]

LARGEST_SIGNATURE: Final = 256 << 20
"""Bytes of a signature file, its content included when that is attached."""

_ARMOUR = re.compile(rb"\s*-----BEGIN (PKCS7|CMS|PKCS #7 SIGNED DATA)-----")
_MESSAGE_VERSIONS = {1, 3, 4, 5}
_SIGNER_VERSIONS = {1, 3}


def load_signature(
    file: BinaryIO, *, source: str = "signature", largest: int = LARGEST_SIGNATURE
) -> bytes:
    """Return the bytes of a signature file of at most ``largest`` bytes.

    A larger one is refused with ``MalformedSignature``: before anything is read of a file that
    tells its size, otherwise before more than that is read.
    """
    if file.seekable():
        begins = file.tell()
        if file.seek(0, os.SEEK_END) - begins > largest:
            raise _too_large(source, largest)
        file.seek(begins)
    data = file.read(largest + 1)
    if len(data) > largest:
        raise _too_large(source, largest)
    return data


def _too_large(source: str, largest: int) -> MalformedSignature:
    return MalformedSignature(
        f"more than {largest:,} bytes, which no signature has",
        source=source,
        hint="give the signature; a large document goes beside it, as detached content",
    )


def parse_signed_data(data: bytes, *, source: str = "signature") -> SignedData:
    """Return the SignedData in ``data`` (DER, BER or PEM), read to the last byte.

    Raises ``MalformedSignature`` with what was found and where. No signer at all is not refused
    here: such a message carries certificates (RFC 5652 §5.1).
    """
    if len(data) > LARGEST_SIGNATURE:
        raise _too_large(source, LARGEST_SIGNATURE)
    armour = _ARMOUR.match(data[:256])
    if armour is not None:
        data = der.from_pem(data, label=armour[1].decode(), error=MalformedSignature, source=source)
    info = open_message(bytes(data), source=source).fields("content info")
    kind = info.take(der.OBJECT_IDENTIFIER, "the content type")
    found = kind.strictly().as_oid("the content type")
    if found != SIGNED_DATA:
        raise kind.malformed(f"the content type is {found}, not signed data")
    signed = info.take(0xA0, "the content").only_child("signed data")
    info.end()
    return _signed_data(signed)


def _signed_data(node: Node) -> SignedData:
    fields = node.fields("signed data")
    version = _version(fields.take(der.INTEGER, "its version"), _MESSAGE_VERSIONS)
    algorithms = fields.take(der.SET, "the digest algorithms")
    content_type, content = _encapsulated(fields.take(der.SEQUENCE, "the encapsulated content"))
    certificates = _members(fields.take_if(0xA0))
    revocation = _members(fields.take_if(0xA1))
    signers = fields.take(der.SET, "the signers")
    fields.end()
    _known(certificates, {der.SEQUENCE, 0xA0, 0xA1, 0xA2, 0xA3}, "a certificate")
    _known(revocation, {der.SEQUENCE, 0xA1}, "revocation data")
    return SignedData(
        content_type=content_type.strictly().as_oid("the content type"),
        content=content,
        certificates=_sequences(certificates),
        signers=tuple(_signer(one) for one in signers.children()),
        version=version,
        digest_algorithms=tuple(
            read_algorithm(one.strictly(), "a digest algorithm") for one in algorithms.children()
        ),
        revocation_lists=_sequences(revocation),
        ocsp_responses=_ocsp_responses(revocation),
        certificate_choices=tuple(one.encoded for one in certificates),
        revocation_choices=tuple(one.encoded for one in revocation),
        content_type_encoded=content_type.encoded,
    )


def _version(node: Node, known: set[int]) -> int:
    version = node.strictly().as_integer("the version")
    if version not in known:
        raise node.malformed(f"version {version}, which RFC 5652 does not have here")
    return version


def _encapsulated(node: Node) -> tuple[Node, bytes | None]:
    fields = node.fields("the encapsulated content")
    content_type = fields.take(der.OBJECT_IDENTIFIER, "its type")
    wrapped = fields.take_if(0xA0)
    fields.end()
    if wrapped is None:
        return content_type, None
    return content_type, wrapped.only_child("content").octets("the content")


def _members(node: Node | None) -> tuple[Node, ...]:
    return () if node is None else node.children()


def _known(members: tuple[Node, ...], tags: set[int], what: str) -> None:
    for one in members:
        if one.tag not in tags:
            raise one.malformed(f"tag {one.tag:02X} where {what} should be")


def _sequences(members: tuple[Node, ...]) -> tuple[bytes, ...]:
    return tuple(one.encoded for one in members if one.tag == der.SEQUENCE)


def _ocsp_responses(members: tuple[Node, ...]) -> tuple[bytes, ...]:
    """RFC 5940 §2.1: [1] { id-ri-ocsp-response, OCSPResponse }."""
    found = []
    for one in members:
        if one.tag == der.SEQUENCE:
            continue
        children = one.children()
        if len(children) != 2:
            raise one.malformed("revocation data of another form that is not type and value")
        form = children[0].strictly().as_oid("the form of revocation data")
        if form == RevocationFormId.OCSP_RESPONSE:
            found.append(children[1].encoded)
    return tuple(found)


def _signer(node: Node, *, countersignature: bool = False) -> SignerInfo:
    fields = node.fields("a signer")
    version_node = fields.take(der.INTEGER, "its version")
    sid = fields.take_any("the signer's identifier")
    digest = fields.take(der.SEQUENCE, "the digest algorithm")
    signed = fields.take_if(0xA0)
    algorithm = fields.take(der.SEQUENCE, "the signature algorithm")
    value = fields.take_any("the signature value")
    unsigned = fields.take_if(0xA1)
    fields.end()
    came = read_unsigned_attributes(unsigned, countersignature=_countersigner)
    return SignerInfo(
        identifier=_identifier(sid),
        digest_algorithm=read_algorithm(digest.strictly(), "the digest algorithm"),
        signature_algorithm=read_algorithm(algorithm.strictly(), "the signature algorithm"),
        signature=value.octets("the signature value"),
        attributes=None
        if signed is None
        else read_signed_attributes(signed.strictly(), countersignature=countersignature),
        version=_version(version_node, _SIGNER_VERSIONS),
        unsigned=tuple(came.attributes),
        signature_timestamps=tuple(came.signature_timestamps),
        archive_timestamps=tuple(came.archive_timestamps),
        countersignatures=tuple(came.countersignatures),
        certificate_values=tuple(came.certificates),
        revocation_lists=tuple(came.revocation_lists),
        ocsp_responses=tuple(came.ocsp_responses),
        hash_index=came.hash_index,
        through_signature=node.message.data[version_node.start : value.after],
    )


def _countersigner(node: Node) -> SignerInfo:
    return _signer(node, countersignature=True)


def _identifier(sid: Node) -> SignerIdentifier:
    if sid.tag != der.SEQUENCE:
        return SignerIdentifier(subject_key_id=sid.octets("a subject key identifier", tag=0x80))
    fields = sid.fields("issuer and serial number")
    issuer = fields.take(der.SEQUENCE, "the issuer")
    serial = fields.take(der.INTEGER, "the serial number")
    fields.end()
    return SignerIdentifier(
        issuer=issuer.encoded, serial=serial.strictly().as_integer("the serial number")
    )
