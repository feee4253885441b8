"""From a document to its claims: the only way in to the modules that use lxml and signxml."""

from __future__ import annotations

from dataclasses import replace

from jpki.validation.claim import (
    Problem,
    Severity,
    SignatureClaim,
    SignatureFormat,
    SignedDocument,
)
from jpki.validation.formats.xml import Files, judge
from jpki.validation.formats.xml.document import Document, Element, open_document
from jpki.validation.formats.xml.key_info import (
    KeyMaterial,
    identifier_of,
    made_by,
    read_key_info,
)
from jpki.validation.formats.xml.markup import SignatureMarkup, octets, signature_markup
from jpki.validation.formats.xml.names import DS, XADES
from jpki.validation.formats.xml.properties import (
    Properties,
    means,
    read_properties,
)
from jpki.validation.formats.xml.references import Resolved, resolve
from jpki.validation.formats.xml.rules import XmlRules
from jpki.validation.formats.xml.signed_info import SignedInfo, problem, read_signed_info

__all__ = ["read_document"]

_RSA_SHA256 = "1.2.840.113549.1.1.11"


def read_document(
    data: bytes,
    *,
    files: Files | None,
    certificates: tuple[bytes, ...],
    rules: XmlRules,
    source: str,
) -> SignedDocument:
    """Return the claims of ``data``; see :func:`jpki.validation.formats.xml.read_xml`."""
    document = open_document(data, rules=rules, source=source)
    signatures = [each for each in document.root.iter(DS + "Signature") if not _counters(each)]
    if not signatures:
        raise document.refuse("there is no XML signature in the document")
    if len(signatures) > rules.max_signatures:
        raise document.refuse(f"more than {rules.max_signatures} signatures")
    claims = tuple(_claim(document, each, files, certificates) for each in signatures)
    return SignedDocument(SignatureFormat.XML, claims)


def _counters(signature: Element) -> bool:
    """A countersignature speaks of another signature, not of the document."""
    return any(
        above.tag in (XADES + "CounterSignature", XADES + "UnsignedProperties")
        for above in signature.iterancestors()
    )


def _claim(
    document: Document, element: Element, files: Files | None, beside: tuple[bytes, ...]
) -> SignatureClaim:
    markup = signature_markup(document, element)
    info = read_signed_info(document, markup)
    resolved = tuple(resolve(document, markup, each, files) for each in info.references)
    keys = read_key_info(document, markup.key_info)
    properties = read_properties(document, markup, resolved)
    signature = octets(document, markup.signature_value)
    digest = b"" if info.algorithm is None else info.algorithm.digest.of(info.canonical_bytes)
    claim = SignatureClaim(
        format=SignatureFormat.XML,
        certificates=(),
        identifier=None,
        digest_algorithm="" if info.algorithm is None else info.algorithm.digest.oid,
        signature_algorithm="" if info.algorithm is None else info.algorithm.oid,
        signed_digest=digest,
        signature=signature,
        content=tuple(each.content for each in resolved),
        label=element.get("Id", ""),
        claimed_time=properties.claimed_time,
        proofs=properties.proofs,
        revocation_lists=keys.revocation_lists + properties.revocation_lists,
        ocsp_responses=properties.ocsp_responses,
        countersignatures=properties.countersignatures,
        parts=tuple(each.part for each in resolved if each.part is not None),
        problems=(*_problems(info, resolved), *keys.problems, *properties.problems),
    )
    claim, signer = _with_signer(claim, keys, properties, beside)
    return _judged(document, markup, info, resolved, files, claim, signer)


def _problems(info: SignedInfo, resolved: tuple[Resolved, ...]) -> tuple[Problem, ...]:
    found = [*info.problems, *(each for one in resolved for each in one.problems)]
    if not found and not any(each.is_content for each in resolved):
        found.append(problem("structure.xml-nothing-signed"))
    if any(each.content.found not in (None, each.content.stated) for each in resolved):
        # Content that differs is wrong, whatever else could not be decided about it.
        found = [each for each in found if each.severity is Severity.INVALID]
    return tuple(found)


def _with_signer(
    claim: SignatureClaim, keys: KeyMaterial, properties: Properties, beside: tuple[bytes, ...]
) -> tuple[SignatureClaim, bytes | None]:
    """Say which certificate is the signer's: the one whose key made the value.

    Certificates in KeyInfo stand in any order (XML-DSig §4.5.4). One key may have several
    certificates; then the signed reference of XAdES decides, and without one nothing does.
    """
    offered = keys.certificates or tuple(dict.fromkeys(beside))
    made = [
        each
        for each in offered
        if made_by(each, claim.signature, claim.signed_digest, claim.signature_algorithm)
    ]
    stated = properties.references
    meant = [each for each in made if any(means(one, each) for one in stated)]
    likely = meant or made or list(offered[:1])
    signer = likely[0] if likely else None
    if signer is None:
        return claim, None
    problems = claim.problems
    if len(likely) > 1:
        problems += (Problem("signer", "signer.ambiguous", {"count": str(len(likely))}),)
    everything = tuple(dict.fromkeys((*offered, *beside, *properties.certificates)))
    identifier = identifier_of(signer) if len(everything) > 1 else None
    if identifier is None:
        everything = (signer,)
    # A list of references may name authorities as well (EN 319 132-1 §5.2.2); of those that
    # mean the signer's certificate each is a statement about it, and if none does, all are.
    references = tuple(each for each in stated if means(each, signer)) or stated
    found = replace(
        claim,
        certificates=everything,
        identifier=identifier,
        references=references,
        problems=problems,
    )
    return found, signer


def _judged(
    document: Document,
    markup: SignatureMarkup,
    info: SignedInfo,
    resolved: tuple[Resolved, ...],
    files: Files | None,
    claim: SignatureClaim,
    signer: bytes | None,
) -> SignatureClaim:
    """Ask the second judge about a signature that looks good; bad ones need no second opinion."""
    good = (
        signer is not None
        and claim.signature_algorithm == _RSA_SHA256
        and made_by(signer, claim.signature, claim.signed_digest, claim.signature_algorithm)
        and all(each.found == each.stated for each in claim.content)
        and not any(each.severity is Severity.INVALID for each in claim.problems)
    )
    if not good or signer is None or judge.abstains(document, markup, info, resolved):
        return claim
    if judge.agrees(document, markup, resolved, signer, files):
        return claim
    doubt = replace(problem("signature.xml-second-judge"), severity=Severity.INDETERMINATE)
    return replace(claim, problems=(*claim.problems, doubt))
