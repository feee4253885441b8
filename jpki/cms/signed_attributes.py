"""Signed attributes, read as strict DER: only those bytes can be what the signer signed.

RFC 5652 §5.4 has them in DER even where everything round them is BER. A verifier that takes
anything looser computes its digest over other bytes than it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jpki.certificates import der
from jpki.certificates.der import Element
from jpki.certificates.structure import GeneralNameForm, read_general_names
from jpki.cms.identifiers import (
    DIGESTS,
    RSA_ENCRYPTION,
    RSA_WITH,
    SHA1,
    SHA256,
    AttributeId,
)
from jpki.cms.model import AlgorithmProtection, CertificateIdentity, SignedAttributes

__all__ = ["read_algorithm", "read_signed_attributes"]

_CONSTRUCTED = 0x20
_CONTEXT = 0xC0
# Types whose DER is always primitive, and the only universal ones that are constructed.
_CONSTRUCTED_UNIVERSAL = {0x08, 0x0B, 0x10, 0x11, 0x1D}
_DEEPEST = 30
_WITHOUT_PARAMETERS = {*DIGESTS, *RSA_WITH, RSA_ENCRYPTION, SHA1}


def read_signed_attributes(
    element: Element, *, countersignature: bool = False, own_tag: bool = True
) -> SignedAttributes:
    """Return the attributes in ``element``, a SET OF (or the ``[0]`` that stands for one).

    Raises the document's error for anything that is not DER in the order of DER (X.690 §11.6), an
    attribute that comes twice, and one without its single value. ``own_tag`` tells that the tag
    is ``[0]``.
    """
    element.expect(0xA0 if own_tag else der.SET, "signed attributes")
    _must_be_der(element, 0)
    members = element.children()
    if not _in_order(members):
        raise element.malformed("the signed attributes are not in DER order (RFC 5652 §5.4)")
    found: dict[str, Element] = {}
    for member in members:
        oid, value = _attribute(member)
        if oid in found:
            raise member.malformed(
                f"signed attribute {oid} does not stand exactly once with one value"
            )
        if value is not None:
            found[oid] = value
    _must_have(element, found, countersignature)
    return _attributes(element, found)


def read_algorithm(element: Element, what: str, *, tag: int = der.SEQUENCE) -> str:
    """Return the identifier of an AlgorithmIdentifier.

    The digests and RSA algorithms known here have parameters that are absent or NULL (RFC 5754
    §2, RFC 8017 appendix A.2.4); what others have is not looked at.
    """
    children = element.expect(tag, what).children()
    if not 1 <= len(children) <= 2:
        raise element.malformed(f"{what} is no algorithm identifier")
    oid = children[0].as_oid(what)
    if len(children) == 2:
        parameters = children[1]
        if oid in _WITHOUT_PARAMETERS:
            parameters.expect(der.NULL, "NULL parameters")
        if parameters.tag == der.NULL and parameters.value:
            raise parameters.malformed(f"{what} has a NULL that is not empty")
    return oid


def _must_be_der(element: Element, depth: int) -> None:
    if depth > _DEEPEST:
        raise element.malformed("the signed attributes are nested too deep")
    universal = not element.tag & _CONTEXT
    constructed = bool(element.tag & _CONSTRUCTED)
    if universal and constructed is not (element.tag & 0x1F in _CONSTRUCTED_UNIVERSAL):
        raise element.malformed("the signed attributes are not in DER (RFC 5652 §5.4)")
    if element.tag == der.BOOLEAN:
        element.as_boolean("a BOOLEAN")
    if element.tag in (der.INTEGER, der.ENUMERATED):
        element.as_integer("an INTEGER", tag=element.tag)
    if element.tag == der.NULL and element.value:
        raise element.malformed("a NULL that is not empty")
    if constructed:
        for child in element.children():
            _must_be_der(child, depth + 1)


def _in_order(members: tuple[Element, ...]) -> bool:
    encoded = [member.der for member in members]
    return encoded == sorted(encoded)


# RFC 5652 §11.1–11.3, RFC 5035 §3, RFC 6211 §2: one instance, one value.
_SINGLE_VALUED = {
    AttributeId.CONTENT_TYPE,
    AttributeId.MESSAGE_DIGEST,
    AttributeId.SIGNING_TIME,
    AttributeId.SIGNING_CERTIFICATE,
    AttributeId.SIGNING_CERTIFICATE_V2,
    AttributeId.ALGORITHM_PROTECTION,
    AttributeId.ADOBE_REVOCATION,
}
# Signed, these would mean nothing: they are made after the signature (RFC 5652 §11.4).
_NEVER_SIGNED = {AttributeId.COUNTERSIGNATURE, AttributeId.SIGNATURE_TIMESTAMP}


def _attribute(member: Element) -> tuple[str, Element | None]:
    fields = member.fields("a signed attribute")
    oid = fields.take(der.OBJECT_IDENTIFIER, "its type").as_oid("an attribute type")
    values = fields.take(der.SET, "its values")
    fields.end()
    children = values.children()
    if oid in _NEVER_SIGNED:
        raise member.malformed(f"attribute {oid} among the signed ones, where it cannot be")
    if oid in _SINGLE_VALUED and len(children) != 1:
        raise member.malformed(f"signed attribute {oid} does not stand exactly once with one value")
    if not children:
        raise values.malformed(f"signed attribute {oid} has no value")
    if not _in_order(children):
        raise values.malformed(f"the values of attribute {oid} are not in DER order")
    return oid, children[0]


def _must_have(element: Element, found: Mapping[str, Element], countersignature: bool) -> None:
    if AttributeId.MESSAGE_DIGEST not in found:
        raise element.malformed("the signed attributes lack message-digest (RFC 5652 §11.2)")
    if countersignature is (AttributeId.CONTENT_TYPE in found):
        if countersignature:
            raise element.malformed("a countersignature with a content-type (RFC 5652 §11.4)")
        raise element.malformed("the signed attributes lack content-type (RFC 5652 §11.1)")


@dataclass(slots=True)
class _Revocation:
    lists: tuple[bytes, ...] = ()
    responses: tuple[bytes, ...] = ()


def _attributes(element: Element, found: Mapping[str, Element]) -> SignedAttributes:
    def optional(oid: str) -> Element | None:
        return found.get(oid)

    content_type = optional(AttributeId.CONTENT_TYPE)
    signing_time = optional(AttributeId.SIGNING_TIME)
    revocation = _adobe_revocation(optional(AttributeId.ADOBE_REVOCATION))
    digest = found[AttributeId.MESSAGE_DIGEST].expect(der.OCTET_STRING, "message-digest")
    return SignedAttributes(
        signed_bytes=bytes([der.SET]) + element.der[1:],
        content_type="" if content_type is None else content_type.as_oid("content-type"),
        message_digest=digest.value,
        signing_time=None if signing_time is None else signing_time.as_time("signing-time"),
        signing_certificates=_identities(optional(AttributeId.SIGNING_CERTIFICATE), _identity_v1),
        signing_certificates_v2=_identities(
            optional(AttributeId.SIGNING_CERTIFICATE_V2), _identity_v2
        ),
        algorithm_protection=_protection(optional(AttributeId.ALGORITHM_PROTECTION)),
        types=tuple(found),
        revocation_lists=revocation.lists,
        ocsp_responses=revocation.responses,
    )


def _identities(
    value: Element | None, read: Callable[[Element], CertificateIdentity]
) -> tuple[CertificateIdentity, ...]:
    """RFC 5035 §3, RFC 2634 §5.4: SEQUENCE { certs, policies OPTIONAL }, at least one of certs."""
    if value is None:
        return ()
    fields = value.fields("signing-certificate")
    certs = fields.take(der.SEQUENCE, "its certificates")
    fields.take_if(der.SEQUENCE)
    fields.end()
    identities = tuple(read(one) for one in certs.children())
    if not identities:
        raise certs.malformed("signing-certificate names no certificate")
    return identities


def _identity_v1(element: Element) -> CertificateIdentity:
    return _identity(element, SHA1, versions_algorithm=False)


def _identity_v2(element: Element) -> CertificateIdentity:
    return _identity(element, SHA256, versions_algorithm=True)


def _identity(element: Element, algorithm: str, *, versions_algorithm: bool) -> CertificateIdentity:
    fields = element.fields("an ESSCertID")
    stated = fields.take_any("its digest")
    if versions_algorithm and stated.tag == der.SEQUENCE:
        algorithm = read_algorithm(stated, "the digest algorithm of an ESSCertIDv2")
        stated = fields.take_any("its digest")
    digest = stated.expect(der.OCTET_STRING, "a certificate's digest").value
    named = fields.take_if(der.SEQUENCE)
    fields.end()
    if named is None:
        return CertificateIdentity(algorithm, digest)
    issuer, serial = _issuer_serial(named)
    return CertificateIdentity(algorithm, digest, issuer, serial)


def _issuer_serial(element: Element) -> tuple[bytes, int]:
    """RFC 5035 §5: of a public-key certificate the issuer is one directoryName."""
    fields = element.fields("an IssuerSerial")
    names = read_general_names(fields.take(der.SEQUENCE, "the issuer's names"))
    serial = fields.take(der.INTEGER, "a serial number").as_integer("a serial number")
    fields.end()
    if len(names) != 1 or names[0].form is not GeneralNameForm.DIRECTORY_NAME:
        raise element.malformed("an issuer that is not one directory name (RFC 5035 §5)")
    return names[0].element.der, serial


def _protection(value: Element | None) -> AlgorithmProtection | None:
    if value is None:
        return None
    fields = value.fields("cmsAlgorithmProtection")
    digest = read_algorithm(fields.take(der.SEQUENCE, "a digest algorithm"), "its digest algorithm")
    signature = fields.take_if(0xA1)
    mac = fields.take_if(0xA2)
    fields.end()
    if (signature is None) is (mac is None):
        raise value.malformed("cmsAlgorithmProtection names not exactly one algorithm (RFC 6211)")
    if signature is None:
        return AlgorithmProtection(digest, None)
    return AlgorithmProtection(digest, read_algorithm(signature, "its algorithm", tag=0xA1))


def _adobe_revocation(value: Element | None) -> _Revocation:
    """adbe-revocationInfoArchival: lists in [0], whole OCSP responses in [1], others in [2]."""
    found = _Revocation()
    if value is None:
        return found
    fields = value.fields("adbe-revocationInfoArchival")
    lists, responses = fields.take_if(0xA0), fields.take_if(0xA1)
    fields.take_if(0xA2)
    fields.end()
    if lists is not None:
        found.lists = _encoded(lists)
    if responses is not None:
        found.responses = _encoded(responses)
    return found


def _encoded(tagged: Element) -> tuple[bytes, ...]:
    listed = tagged.only_child("list").expect(der.SEQUENCE, "revocation data")
    return tuple(one.der for one in listed.children())
