"""The properties of XAdES (ETSI EN 319 132-1): signed ones are believed, the rest is evidence."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import tsp

from jpki.validation.claim import CertificateReference, Problem, ProofKind, TimeProof
from jpki.validation.formats.xml.canonical import canonical_element, joins_base_from_above
from jpki.validation.formats.xml.document import Document, Element
from jpki.validation.formats.xml.markup import SignatureMarkup, children, octets, value_of
from jpki.validation.formats.xml.names import (
    CANONICALIZATIONS,
    DIGESTS,
    DS,
    SHA1,
    SIGNED_PROPERTIES_TYPE,
    XADES,
    XADES141,
    Canonicalization,
)
from jpki.validation.formats.xml.references import Resolved
from jpki.validation.formats.xml.signed_info import problem

__all__ = ["Properties", "means", "read_properties"]

_BY_OID = {digest.oid: digest for digest in DIGESTS.values()}
_C14N_10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


@dataclass(frozen=True, slots=True)
class Properties:
    """What the XAdES properties say; empty for a plain signature."""

    claimed_time: datetime | None = None
    references: tuple[CertificateReference, ...] = ()
    proofs: tuple[TimeProof, ...] = ()
    certificates: tuple[bytes, ...] = ()
    revocation_lists: tuple[bytes, ...] = ()
    ocsp_responses: tuple[bytes, ...] = ()
    countersignatures: int = 0
    problems: tuple[Problem, ...] = ()


def read_properties(
    document: Document, markup: SignatureMarkup, resolved: Iterable[Resolved]
) -> Properties:
    """Return the properties of one signature.

    SignedProperties count only when a reference of this very signature, of the type that EN 319
    132-1 §4.4.2 names, points to this very element.
    """
    found = [
        child
        for each in markup.objects
        for child in each
        if child.tag == XADES + "QualifyingProperties"
    ]
    if not found:
        return Properties()
    target = markup.element.get("Id")
    if len(found) > 1 or not target or found[0].get("Target") != f"#{target}":
        return Properties(problems=(problem("structure.xml-properties"),))
    parts = {child.tag: child for child in children(document, found[0])}
    signed = parts.get(XADES + "SignedProperties")
    covered = any(
        each.target is signed and each.reference.type == SIGNED_PROPERTIES_TYPE
        for each in resolved
        if each.target is not None
    )
    if signed is None or not covered:
        return Properties(problems=(problem("structure.xml-properties"),))
    claimed, references = _signed_properties(document, signed)
    unsigned = parts.get(XADES + "UnsignedProperties")
    evidence = Properties() if unsigned is None else _unsigned(document, markup, unsigned)
    return Properties(
        claimed_time=claimed,
        references=references,
        proofs=evidence.proofs,
        certificates=evidence.certificates,
        revocation_lists=evidence.revocation_lists,
        ocsp_responses=evidence.ocsp_responses,
        countersignatures=evidence.countersignatures,
    )


# signed


def _signed_properties(
    document: Document, signed: Element
) -> tuple[datetime | None, tuple[CertificateReference, ...]]:
    properties = signed.find(XADES + "SignedSignatureProperties")
    if properties is None:
        return None, ()
    stated = properties.findall(XADES + "SigningTime")
    holders = [
        child
        for child in properties
        if child.tag in (XADES + "SigningCertificate", XADES + "SigningCertificateV2")
    ]
    if len(stated) > 1 or len(holders) > 1:
        raise document.refuse("a signed property stands more than once", properties)
    claimed = _instant(value_of(document, stated[0])) if stated else None
    references = tuple(
        _certificate_reference(document, cert)
        for holder in holders
        for cert in _bounded(document, children(document, holder))
    )
    return claimed, references


def _bounded(document: Document, found: list[Element]) -> list[Element]:
    if len(found) > document.rules.max_references:
        raise document.refuse(f"more than {document.rules.max_references} properties of one kind")
    return found


def _instant(text: str) -> datetime | None:
    """Return an xs:dateTime in UTC. Without a zone it names no instant, and nothing is guessed."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _certificate_reference(document: Document, cert: Element) -> CertificateReference:
    digest = cert.find(XADES + "CertDigest")
    method = None if digest is None else digest.find(DS + "DigestMethod")
    value = None if digest is None else digest.find(DS + "DigestValue")
    if method is None or value is None:
        raise document.refuse("a certificate reference lacks its digest", cert)
    known = DIGESTS.get(method.get("Algorithm", ""))
    serial = cert.find(f"{XADES}IssuerSerial/{DS}X509SerialNumber")
    exact = cert.find(XADES + "IssuerSerialV2")
    issuer, number = (None, None) if exact is None else _issuer_serial(document, exact)
    if serial is not None:
        text = value_of(document, serial)
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 50 else -1
    return CertificateReference(
        algorithm="" if known is None else known.oid,
        digest=octets(document, value),
        issuer=issuer,
        serial=number,
    )


def _issuer_serial(document: Document, element: Element) -> tuple[bytes | None, int]:
    """Return issuer and serial of an IssuerSerial in DER (RFC 5035 §4)."""
    try:
        parsed = tsp.IssuerSerial.load(octets(document, element), strict=True)
        names = [
            each.chosen.untag().dump() for each in parsed["issuer"] if each.name == "directory_name"
        ]
        return (names[0] if len(names) == 1 else None), int(parsed["serial_number"].native)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise document.refuse("IssuerSerialV2 is not DER", element) from error


# unsigned


def _unsigned(document: Document, markup: SignatureMarkup, unsigned: Element) -> Properties:
    properties = unsigned.find(XADES + "UnsignedSignatureProperties")
    if properties is None:
        return Properties()
    values = [
        each
        for holder in (properties, *properties.findall(XADES141 + "TimeStampValidationData"))
        for each in holder
    ]
    return Properties(
        proofs=tuple(_proofs(document, markup, properties)),
        certificates=_held(document, values, "CertificateValues", "EncapsulatedX509Certificate"),
        revocation_lists=_held(document, values, "RevocationValues", "EncapsulatedCRLValue"),
        ocsp_responses=_held(document, values, "RevocationValues", "EncapsulatedOCSPValue"),
        countersignatures=sum(
            len(each.findall(DS + "Signature"))
            for each in properties.findall(XADES + "CounterSignature")
        ),
    )


def _held(
    document: Document, values: Iterable[Element], holder: str, name: str
) -> tuple[bytes, ...]:
    return tuple(
        octets(document, item)
        for each in values
        if each.tag == XADES + holder
        for item in each.iter(XADES + name)
    )


def _proofs(
    document: Document, markup: SignatureMarkup, properties: Element
) -> Iterator[TimeProof]:
    """Yield signature timestamps (EN 319 132-1 §5.3), made over the SignatureValue element."""
    for stamp in _bounded(document, properties.findall(XADES + "SignatureTimeStamp")):
        method = _method(stamp)
        if method is None or joins_base_from_above(markup.signature_value, method):
            continue  # its imprint cannot be made, so it proves nothing
        imprinted = canonical_element(document, markup.signature_value, method)
        imprints = {
            digest.oid: digest.of(imprinted) for digest in DIGESTS.values() if digest is not SHA1
        }
        for token in _bounded(document, stamp.findall(XADES + "EncapsulatedTimeStamp")):
            yield TimeProof(ProofKind.SIGNATURE, octets(document, token), imprints)


def _method(stamp: Element) -> Canonicalization | None:
    stated = stamp.find(DS + "CanonicalizationMethod")
    return CANONICALIZATIONS.get(_C14N_10 if stated is None else stated.get("Algorithm", ""))


def means(reference: CertificateReference, certificate: bytes) -> bool:
    """Say whether ``reference`` was made for ``certificate`` (DER)."""
    digest = _BY_OID.get(reference.algorithm)
    return digest is not None and hmac.compare_digest(digest.of(certificate), reference.digest)
