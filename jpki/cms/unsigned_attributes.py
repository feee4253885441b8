"""Unsigned attributes: timestamps, countersignatures and the evidence of CAdES.

Anybody can add them. They are read as what they claim to be and proven, if at all, by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from jpki.certificates import der
from jpki.cms.ber import Node
from jpki.cms.identifiers import SHA256, AttributeId, RevocationFormId
from jpki.cms.model import HashIndex, UnsignedAttribute
from jpki.cms.signed_attributes import read_algorithm
from jpki.errors import MalformedSignature

if TYPE_CHECKING:
    from jpki.cms.model import SignerInfo

__all__ = [
    "Unsigned",
    "basic_response",
    "ocsp_response",
    "read_unsigned_attributes",
]


class Unsigned:
    """What the unsigned attributes of one signer hold."""

    def __init__(self) -> None:
        self.attributes: list[UnsignedAttribute] = []
        self.signature_timestamps: list[bytes] = []
        self.archive_timestamps: list[bytes] = []
        self.countersignatures: list[SignerInfo] = []
        self.certificates: list[bytes] = []
        self.revocation_lists: list[bytes] = []
        self.ocsp_responses: list[bytes] = []
        self.hash_index: HashIndex | None = None


def read_unsigned_attributes(
    node: Node | None, *, countersignature: Callable[[Node], SignerInfo]
) -> Unsigned:
    """Return the attributes in ``node``, the ``[1]`` of a signer; nothing when there is none.

    ``countersignature`` reads one SignerInfo (RFC 5652 §11.4). Attributes that are not known are
    kept as they are.
    """
    found = Unsigned()
    for member in () if node is None else node.children():
        fields = member.fields("an unsigned attribute")
        kind = fields.take(der.OBJECT_IDENTIFIER, "its type")
        oid = kind.strictly().as_oid("an attribute type")
        values = fields.take(der.SET, "its values").children()
        fields.end()
        if not values:
            raise member.malformed(f"unsigned attribute {oid} has no value")
        encoded = tuple(value.encoded for value in values)
        found.attributes.append(UnsignedAttribute(oid, kind.encoded, encoded, member.encoded))
        for value in values:
            if oid == AttributeId.COUNTERSIGNATURE:
                found.countersignatures.append(countersignature(value))
            elif oid in _READERS:
                _READERS[oid](value, found)
    return found


def _signature_timestamp(value: Node, found: Unsigned) -> None:
    found.signature_timestamps.append(value.expect(der.SEQUENCE, "a timestamp").encoded)


def _archive_timestamp(value: Node, found: Unsigned) -> None:
    found.archive_timestamps.append(value.expect(der.SEQUENCE, "a timestamp").encoded)


def _certificate_values(value: Node, found: Unsigned) -> None:
    members = value.expect(der.SEQUENCE, "certificate-values").children()
    found.certificates.extend(one.expect(der.SEQUENCE, "a certificate").encoded for one in members)


def _revocation_values(value: Node, found: Unsigned) -> None:
    """RevocationValues: [0] lists, [1] BasicOCSPResponses, [2] others (EN 319 122-1 §A.1.2.2)."""
    fields = value.fields("revocation-values")
    lists, answers = fields.take_if(0xA0), fields.take_if(0xA1)
    fields.take_if(0xA2)
    fields.end()
    found.revocation_lists.extend(one.encoded for one in _inside(lists))
    found.ocsp_responses.extend(ocsp_response(one.encoded) for one in _inside(answers))


def _inside(tagged: Node | None) -> Iterator[Node]:
    if tagged is not None:
        listed = tagged.only_child("list").expect(der.SEQUENCE, "revocation data")
        yield from (one.expect(der.SEQUENCE, "revocation data") for one in listed.children())


def _hash_index_v3(value: Node, found: Unsigned) -> None:
    _read_index(value, found, whole_attributes=False)


def _hash_index_v1(value: Node, found: Unsigned) -> None:
    _read_index(value, found, whole_attributes=True)


def _read_index(value: Node, found: Unsigned, *, whole_attributes: bool) -> None:
    if found.hash_index is not None:
        raise value.malformed("more than one ats-hash-index (EN 319 122-1 §5.5.2)")
    element = value.strictly()
    fields = element.fields("ats-hash-index")
    children = element.children()
    algorithm = SHA256
    # The older form leaves the algorithm out when it is SHA-256.
    if len(children) == 4:
        algorithm = read_algorithm(fields.take_any("its algorithm"), "its digest algorithm")
    parts = [
        tuple(one.expect(der.OCTET_STRING, "a digest").value for one in listed.children())
        for listed in (fields.take(der.SEQUENCE, "a list of digests") for _ in range(3))
    ]
    fields.end()
    found.hash_index = HashIndex(
        encoded=element.der,
        algorithm=algorithm,
        certificates=parts[0],
        revocation=parts[1],
        unsigned_attributes=parts[2],
        whole_attributes=whole_attributes,
    )


_READERS: dict[str, Callable[[Node, Unsigned], None]] = {
    AttributeId.SIGNATURE_TIMESTAMP: _signature_timestamp,
    AttributeId.ARCHIVE_TIMESTAMP_V3: _archive_timestamp,
    AttributeId.CERTIFICATE_VALUES: _certificate_values,
    AttributeId.REVOCATION_VALUES: _revocation_values,
    AttributeId.ATS_HASH_INDEX_V3: _hash_index_v3,
    AttributeId.ATS_HASH_INDEX: _hash_index_v1,
}


def ocsp_response(basic: bytes) -> bytes:
    """Return the OCSPResponse (RFC 6960 §4.2.1, successful) round a BasicOCSPResponse."""
    inside = der.sequence(
        der.object_identifier(RevocationFormId.OCSP_BASIC), der.octet_string(basic)
    )
    return der.sequence(der.enumerated(0), der.context(0, inside))


def basic_response(response: bytes, *, source: str = "OCSP response") -> bytes:
    """Return the BasicOCSPResponse inside a successful OCSPResponse (RFC 6960 §4.2.1).

    Raises ``MalformedSignature`` when there is none inside.
    """
    document = der.open_document(response, error=MalformedSignature, source=source)
    fields = document.fields("an OCSP response")
    status = fields.take(der.ENUMERATED, "its status")
    if status.as_integer("its status", tag=der.ENUMERATED) != 0:
        raise status.malformed("an OCSP response that answers nothing")
    inside = fields.take(0xA0, "its answer").only_child("answer").fields("the answer")
    fields.end()
    form = inside.take(der.OBJECT_IDENTIFIER, "its form")
    basic = inside.take(der.OCTET_STRING, "the answer")
    inside.end()
    if form.as_oid("its form") != RevocationFormId.OCSP_BASIC:
        raise form.malformed("an OCSP answer of another form than basic")
    return basic.value
