"""What SignedInfo says, read from the very bytes that the signature value was computed over."""

from __future__ import annotations

from dataclasses import dataclass

from jpki.validation.claim import Problem
from jpki.validation.formats.xml.canonical import canonical_element, joins_base_from_above
from jpki.validation.formats.xml.document import Document, Element, parse
from jpki.validation.formats.xml.markup import (
    SignatureMarkup,
    children,
    octets,
    only,
)
from jpki.validation.formats.xml.names import (
    CANONICALIZATIONS,
    DIGESTS,
    DS,
    ENVELOPED,
    EXC_C14N,
    SHA1,
    SIGNATURES,
    Canonicalization,
    Digest,
    SignatureAlgorithm,
)

__all__ = ["Reference", "SignedInfo", "problem", "read_signed_info"]

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Reference:
    """One ds:Reference. ``number`` counts from one. ``digest`` is ``None`` when not known.

    ``canonical`` is ``None`` when no canonicalisation is named.
    """

    number: int
    uri: str | None
    type: str
    enveloped: bool
    canonical: Canonicalization | None
    prefixes: tuple[str, ...]
    digest: Digest | None
    stated: bytes
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class SignedInfo:
    """What was signed, and by which algorithms. ``algorithm`` is ``None`` when not known."""

    canonical_bytes: bytes
    method: Canonicalization
    algorithm: SignatureAlgorithm | None
    references: tuple[Reference, ...]
    problems: tuple[Problem, ...]


def problem(code: str, **facts: object) -> Problem:
    """Return a problem of the step that ``code`` begins with, its facts as short text."""
    step = code.partition(".")[0]
    return Problem(step, code, {name: str(value)[:_SHOWN] for name, value in facts.items()})


def read_signed_info(document: Document, markup: SignatureMarkup) -> SignedInfo:
    """Return what was signed; raise ``MalformedSignature`` when it cannot be read."""
    method_element = only(
        document,
        markup.signed_info.findall(DS + "CanonicalizationMethod"),
        "CanonicalizationMethod",
        markup.signed_info,
    )
    uri = method_element.get("Algorithm", "")
    method = CANONICALIZATIONS.get(uri)
    if method is None or joins_base_from_above(markup.signed_info, method):
        raise document.refuse("the canonicalisation of SignedInfo is not known", method_element)
    signed = canonical_element(
        document,
        markup.signed_info,
        method,
        prefixes=_prefixes(document, method_element, method),
        comments=method.comments,
    )
    document.meter.spend(len(signed))
    # From here on nothing is read that was not signed.
    again = parse(signed, document.source)
    found = children(document, again)
    tags = [child.tag for child in found]
    if tags[:2] != [DS + "CanonicalizationMethod", DS + "SignatureMethod"] or set(tags[2:]) != {
        DS + "Reference"
    }:
        raise document.refuse("SignedInfo is not made of its three parts", markup.signed_info)
    if len(found) - 2 > document.rules.max_references:
        raise document.refuse(
            f"more than {document.rules.max_references} references", markup.signed_info
        )
    algorithm, problems = _algorithm(document, found[1])
    references = tuple(_reference(document, each, n) for n, each in enumerate(found[2:], start=1))
    return SignedInfo(signed, method, algorithm, references, problems)


def _algorithm(
    document: Document, element: Element
) -> tuple[SignatureAlgorithm | None, tuple[Problem, ...]]:
    uri = element.get("Algorithm", "")
    algorithm = SIGNATURES.get(uri)
    if algorithm is None or children(document, element):
        # A truncated MAC (HMACOutputLength) comes here as well.
        return algorithm, (problem("structure.xml-signature-method", uri=uri),)
    if algorithm.digest is SHA1 and not document.rules.allow_sha1:
        return algorithm, (problem("structure.xml-weak-digest", what="SignatureMethod"),)
    return algorithm, ()


def _reference(document: Document, element: Element, number: int) -> Reference:
    parts = children(document, element)
    found = {child.tag: child for child in parts}
    names = [child.tag for child in parts]
    wanted = [DS + "Transforms", DS + "DigestMethod", DS + "DigestValue"]
    if names not in (wanted, wanted[1:]):
        raise document.refuse(f"reference {number} is not made of its parts")
    problems: list[Problem] = []
    uri = found[DS + "DigestMethod"].get("Algorithm", "")
    digest = DIGESTS.get(uri)
    if digest is None or children(document, found[DS + "DigestMethod"]):
        problems.append(problem("structure.xml-digest-method", number=number, uri=uri))
    elif digest is SHA1 and not document.rules.allow_sha1:
        problems.append(problem("structure.xml-weak-digest", what=f"reference {number}"))
    enveloped, canonical, prefixes, refused = _transforms(
        document, found.get(DS + "Transforms"), number
    )
    return Reference(
        number=number,
        uri=element.get("URI"),
        type=element.get("Type", ""),
        enveloped=enveloped,
        canonical=canonical,
        prefixes=prefixes,
        digest=digest,
        stated=octets(document, found[DS + "DigestValue"]),
        problems=(*problems, *refused),
    )


def _transforms(
    document: Document, element: Element | None, number: int
) -> tuple[bool, Canonicalization | None, tuple[str, ...], tuple[Problem, ...]]:
    """Take at most the enveloped-signature transform and one canonicalisation, in this order.

    Everything else (XPath, XSLT, base64) can leave out content that the reader still sees.
    """
    enveloped = False
    canonical: Canonicalization | None = None
    prefixes: tuple[str, ...] = ()
    for child in [] if element is None else children(document, element):
        uri = child.get("Algorithm", "")
        known = CANONICALIZATIONS.get(uri)
        if child.tag == DS + "Transform" and canonical is None:
            if uri == ENVELOPED and not enveloped and not len(child):
                enveloped = True
                continue
            if known is not None:
                canonical, prefixes = known, _prefixes(document, child, known)
                continue
        return False, None, (), (problem("structure.xml-transform", number=number, uri=uri),)
    return enveloped, canonical, prefixes, ()


def _prefixes(document: Document, element: Element, method: Canonicalization) -> tuple[str, ...]:
    """Return the prefixes of Exclusive XML Canonicalization §4; nothing else may stand inside."""
    found = children(document, element)
    if not found:
        return ()
    inside = only(document, found, "parameters", element)
    if inside.tag != EXC_C14N + "InclusiveNamespaces" or not method.exclusive or len(inside):
        raise document.refuse("a canonicalisation has parameters that are not known", inside)
    prefixes = tuple(inside.get("PrefixList", "").split())
    if len(prefixes) > document.rules.max_namespaces:
        raise document.refuse("too many namespace prefixes", inside)
    return prefixes
