"""Sign XML with a card or a phone: XML-DSig, XAdES B-B and B-T, and the form of e-Gov filings.

The private key never leaves the token. What the token signs is the SHA-256 of the canonical
SignedInfo, which holds the digest of everything that is covered.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain, count
from urllib.parse import quote

from asn1crypto import tsp, x509

from jpki.errors import MalformedCertificate, MalformedDocument, MalformedSignature, MissingExtra
from jpki.jst import JST, require_aware
from jpki.sign import Signer, Timestamper, checked_value

try:
    from lxml import etree

    from jpki.validation.formats.xml.canonical import canonical_element
    from jpki.validation.formats.xml.document import Document, Element, open_document
    from jpki.validation.formats.xml.markup import signature_markup
    from jpki.validation.formats.xml.names import (
        CANONICALIZATIONS,
        DS,
        ENVELOPED,
        SIGNED_PROPERTIES_TYPE,
        XADES,
    )
    from jpki.validation.formats.xml.references import file_name, resolve
    from jpki.validation.formats.xml.rules import XmlRules
    from jpki.validation.formats.xml.signed_info import read_signed_info
except ImportError as missing:
    raise MissingExtra("signing XML", extra="xml") from missing

__all__ = ["EgovLayout", "XadesLevel", "XmlForm", "sign_xml"]

_C14N_10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
# Put where a digest or a value will stand until it is known.
_PLACEHOLDER = base64.b64encode(bytes(32)).decode()
_SOURCE = "document to sign"
# What stands in a file reference as it is: printable ASCII that has no meaning in a URI.
_PLAIN = "!$&'()*+,;=@[]~-._"


class XmlForm(StrEnum):
    """Where the signature stands."""

    ENVELOPED = "enveloped"
    """As the last child of the document's root; it covers the whole document."""
    ENVELOPING = "enveloping"
    """Around the document's root, which becomes an Object of the signature."""
    EGOV = "egov"
    """Beside the signed element, as e-Gov filings have it in their 構成管理情報."""


class XadesLevel(StrEnum):
    """The levels of ETSI EN 319 132-1 that a signer alone can make."""

    B_B = "B-B"
    """The time claimed and the certificate meant are signed as well."""
    B_T = "B-T"
    """The same with a timestamp over the signature value."""


@dataclass(frozen=True, slots=True)
class EgovLayout:
    """Which element of an e-Gov filing is signed, and which holds the signatures.

    As seen in filings made by others (a published interface specification was not available):
    ``<構成情報 ID="構成情報">`` is signed, ``<署名情報>`` beside it holds the signatures.
    """

    target_id: str = "構成情報"
    holder: str = "署名情報"


@dataclass(frozen=True, slots=True)
class _Plan:
    """Everything that is decided before the first byte is written."""

    form: XmlForm
    layout: EgovLayout
    at: datetime
    certificate: bytes
    files: Mapping[str, bytes]
    xades: XadesLevel | None

    @property
    def method(self) -> str:
        """The canonicalisation: what e-Gov uses there, else the one that can be moved about."""
        return _C14N_10 if self.form is XmlForm.EGOV else _EXCLUSIVE


def sign_xml(
    document: bytes,
    signer: Signer,
    *,
    at: datetime,
    form: XmlForm = XmlForm.ENVELOPED,
    files: Mapping[str, bytes] | None = None,
    xades: XadesLevel | None = None,
    timestamper: Timestamper | None = None,
    layout: EgovLayout | None = None,
) -> bytes:
    """Return ``document`` with one signature added, in UTF-8.

    ``at`` is the claimed time (aware). In the form ``EGOV`` it gives the signature its identifier
    (yyyymmddhhmmss in Japan time); at a XAdES level it is signed. ``files`` are covered by name,
    each digested as it is. ``timestamper`` is asked once at level B-T and is needed there.

    Raises ``MalformedDocument`` when the document is no XML that a verifier would read, is signed
    already in a way that a new signature would break, or lacks the element to sign; or when a
    file's name cannot stand in a reference. Raises ``MalformedCertificate`` when the signer's is
    none and a XAdES level is asked for, and whatever the signer raises.
    """
    if (xades is XadesLevel.B_T) != (timestamper is not None):
        raise MalformedDocument(
            "level B-T needs a timestamper, and nothing else does", source=_SOURCE
        )
    plan = _Plan(
        form=form,
        layout=layout or EgovLayout(),
        at=require_aware(at),
        certificate=signer.certificate,
        files=files or {},
        xades=xades,
    )
    try:
        return _signed(_open(document), signer, plan, timestamper)
    except MalformedSignature as error:
        raise MalformedDocument(
            error.message, hint="sign a document that verifiers read"
        ) from error


def _open(data: bytes) -> Document:
    return open_document(data, rules=XmlRules(), source=_SOURCE)


def _signed(
    original: Document, signer: Signer, plan: _Plan, timestamper: Timestamper | None
) -> bytes:
    signature, tree = _place(original, plan)
    path = original.path(signature)
    # The document is read again between the stages, so that what is digested is what a verifier
    # will parse.
    document, signature = _reread(tree, path)
    markup = signature_markup(document, signature)
    info = read_signed_info(document, markup)
    for reference, element in zip(
        info.references, markup.signed_info.findall(DS + "Reference"), strict=True
    ):
        found = resolve(document, markup, reference, plan.files)
        if found.problems or found.content.found is None:
            raise MalformedDocument("the signature would not be accepted", source=_SOURCE)
        element.find(DS + "DigestValue").text = _base64(found.content.found)
    document, signature = _reread(document.root.getroottree(), path)
    markup = signature_markup(document, signature)
    digest = hashlib.sha256(read_signed_info(document, markup).canonical_bytes).digest()
    markup.signature_value.text = _base64(checked_value(signer, digest))
    if timestamper is not None:
        _add_timestamp(document, signature, timestamper)
    return _bytes(document.root.getroottree())


def _reread(tree: Element, path: tuple[int, ...]) -> tuple[Document, Element]:
    document = _open(_bytes(tree))
    element = document.root
    for index in path:
        element = element[index]
    return document, element


def _bytes(tree: Element) -> bytes:
    written: bytes = etree.tostring(tree, encoding="UTF-8", xml_declaration=True)
    return written


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# where the signature stands


def _place(document: Document, plan: _Plan) -> tuple[Element, Element]:
    """Put an empty signature in its place; return it and the tree it stands in."""
    root = document.root
    signature = _skeleton(document, plan)
    match plan.form:
        case XmlForm.ENVELOPED:
            if next(root.iter(DS + "Signature"), None) is not None:
                raise MalformedDocument(
                    "the document is signed already, and a second enveloped signature would "
                    "break the first",
                    source=_SOURCE,
                )
            root.append(signature)
        case XmlForm.ENVELOPING:
            signature.find(DS + "Object").append(root)
            return signature, signature.getroottree()
        case XmlForm.EGOV:
            _holder(document, plan.layout).append(signature)
    return signature, root.getroottree()


def _holder(document: Document, layout: EgovLayout) -> Element:
    targets = document.ids.get(layout.target_id, ())
    if len(targets) != 1 or targets[0][0].getparent() is None:
        raise MalformedDocument(
            f"{len(targets)} elements below the root have the identifier {layout.target_id}",
            source=_SOURCE,
            hint="name the element to sign in the layout",
        )
    parent = targets[0][0].getparent()
    name = etree.QName(etree.QName(parent).namespace, layout.holder)
    found = parent.findall(name)
    if len(found) > 1:
        raise MalformedDocument(f"{len(found)} elements {layout.holder}", source=_SOURCE)
    return found[0] if found else etree.SubElement(parent, name)


# what the signature is made of


def _skeleton(document: Document, plan: _Plan) -> Element:
    prefix = None if plan.form is XmlForm.EGOV else "ds"
    signature = etree.Element(DS + "Signature", nsmap={prefix: DS[1:-1]})
    stamp = f"{plan.at.astimezone(JST):%Y%m%d%H%M%S}"
    wanted = stamp if plan.form is XmlForm.EGOV else f"signature-{stamp}"
    identifier = _free(document, wanted)
    signature.set("Id", identifier)
    info = _add(signature, DS, "SignedInfo")
    _add(info, DS, "CanonicalizationMethod", Algorithm=plan.method)
    _add(info, DS, "SignatureMethod", Algorithm=_RSA_SHA256)
    object_id = _free(document, "content")
    content = _add_content_reference(info, plan, object_id)
    references = [content, *(_add_reference(info, _file_uri(name)) for name in plan.files)]
    _add(signature, DS, "SignatureValue").text = _PLACEHOLDER
    data = _add(_add(signature, DS, "KeyInfo"), DS, "X509Data")
    _add(data, DS, "X509Certificate").text = _base64(plan.certificate)
    if plan.form is XmlForm.ENVELOPING:
        _add(signature, DS, "Object", Id=object_id)
    if plan.xades is not None:
        for number, reference in enumerate(references, start=1):
            reference.set("Id", f"{identifier}-reference-{number}")
        _add_properties(signature, info, references, plan)
    return signature


def _free(document: Document, wanted: str) -> str:
    """Return an identifier that the document does not have yet."""
    numbered = (f"{wanted}-{number}" for number in count(2))
    return next(each for each in chain([wanted], numbered) if each not in document.ids)


def _add(parent: Element, namespace: str, name: str, **attributes: str) -> Element:
    return etree.SubElement(parent, namespace + name, **attributes)


def _add_content_reference(info: Element, plan: _Plan, object_id: str) -> Element:
    uri = {
        XmlForm.ENVELOPED: "",
        XmlForm.ENVELOPING: f"#{object_id}",
        # e-Gov writes the fragment percent-encoded as it does file names.
        XmlForm.EGOV: "#" + quote(plan.layout.target_id, safe=_PLAIN),
    }[plan.form]
    transforms = [ENVELOPED] if plan.form is XmlForm.ENVELOPED else []
    return _add_reference(info, uri, *transforms, plan.method)


def _add_reference(info: Element, uri: str, *transforms: str) -> Element:
    reference = _add(info, DS, "Reference", URI=uri)
    if transforms:
        holder = _add(reference, DS, "Transforms")
        for algorithm in transforms:
            _add(holder, DS, "Transform", Algorithm=algorithm)
    _add(reference, DS, "DigestMethod", Algorithm=_SHA256)
    _add(reference, DS, "DigestValue").text = _PLACEHOLDER
    return reference


def _file_uri(name: str) -> str:
    try:
        uri = quote(name, safe=_PLAIN)
    except UnicodeEncodeError:
        uri = ""
    if not uri or file_name(uri) != name:
        raise MalformedDocument(
            "a file's name cannot stand in a reference",
            source=_SOURCE,
            hint="give the bare name, without folders, colons, '?' or '#'",
        )
    return uri


# XAdES


def _add_properties(
    signature: Element, info: Element, references: list[Element], plan: _Plan
) -> None:
    """Add the properties of ETSI EN 319 132-1 §6.3 for B-B and the reference that signs them."""
    identifier = signature.get("Id")
    signed_id = f"{identifier}-properties"
    holder = etree.SubElement(
        _add(signature, DS, "Object"),
        XADES + "QualifyingProperties",
        nsmap={"xades": XADES[1:-1]},
        Target=f"#{identifier}",
    )
    signed = _add(holder, XADES, "SignedProperties", Id=signed_id)
    about = _add(signed, XADES, "SignedSignatureProperties")
    time = plan.at.astimezone(UTC)
    _add(about, XADES, "SigningTime").text = f"{time:%Y-%m-%dT%H:%M:%SZ}"
    cert = _add(_add(about, XADES, "SigningCertificateV2"), XADES, "Cert")
    digest = _add(cert, XADES, "CertDigest")
    _add(digest, DS, "DigestMethod", Algorithm=_SHA256)
    _add(digest, DS, "DigestValue").text = _base64(hashlib.sha256(plan.certificate).digest())
    _add(cert, XADES, "IssuerSerialV2").text = _base64(_issuer_serial(plan.certificate))
    objects = _add(signed, XADES, "SignedDataObjectProperties")
    for number, reference in enumerate(references):
        described = _add(
            objects, XADES, "DataObjectFormat", ObjectReference=f"#{reference.get('Id')}"
        )
        kind = "application/octet-stream" if number else "application/xml"
        _add(described, XADES, "MimeType").text = kind
    _add_reference(info, f"#{signed_id}", plan.method).set("Type", SIGNED_PROPERTIES_TYPE)


def _issuer_serial(certificate: bytes) -> bytes:
    """Return the IssuerSerial of RFC 5035 §4 in DER."""
    try:
        parsed = x509.Certificate.load(certificate, strict=True)
        name = x509.GeneralName("directory_name", parsed.issuer)
        issuer = tsp.IssuerSerial({"issuer": [name], "serial_number": parsed.serial_number})
        return bytes(issuer.dump())
    except (ValueError, TypeError, KeyError) as error:
        raise MalformedCertificate("not a certificate", source="signer") from error


def _add_timestamp(document: Document, signature: Element, timestamper: Timestamper) -> None:
    """Add a signature timestamp (EN 319 132-1 §5.3) over the canonical SignatureValue element."""
    value = signature.find(DS + "SignatureValue")
    imprinted = canonical_element(document, value, CANONICALIZATIONS[_EXCLUSIVE])
    token = timestamper.timestamp(hashlib.sha256(imprinted).digest())
    holder = signature.find(f"{DS}Object/{XADES}QualifyingProperties")
    unsigned = _add(_add(holder, XADES, "UnsignedProperties"), XADES, "UnsignedSignatureProperties")
    stamp = _add(unsigned, XADES, "SignatureTimeStamp")
    _add(stamp, DS, "CanonicalizationMethod", Algorithm=_EXCLUSIVE)
    _add(stamp, XADES, "EncapsulatedTimeStamp").text = _base64(token)
