"""What each reference points to, where that stands, and the digest of what is there now."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from lxml import etree

from jpki.validation.claim import ContentDigest, Problem, Severity, SignedPart
from jpki.validation.formats.xml.canonical import (
    canonical_document,
    canonical_element,
    joins_base_from_above,
)
from jpki.validation.formats.xml.document import ID_NAMES, Document, Element, at_path
from jpki.validation.formats.xml.markup import SignatureMarkup
from jpki.validation.formats.xml.names import (
    CANONICALIZATIONS,
    DS,
    MANIFEST_TYPE,
    XADES,
)
from jpki.validation.formats.xml.signed_info import Reference, problem

__all__ = ["Resolved", "file_name", "resolve"]

# XML-DSig §4.4.3.2: a node-set that is to be digested is written in Canonical XML 1.0.
_DEFAULT = CANONICALIZATIONS["http://www.w3.org/TR/2001/REC-xml-c14n-20010315"]
_ABOUT_THE_SIGNATURE = {DS + "SignatureProperties", DS + "SignatureProperty", DS + "Manifest"}
_UNKNOWN = Severity.INDETERMINATE
_NOT_A_NAME = re.compile(r"[/\\:?#\x00-\x1f\x7f]|^\.{0,2}$")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A reference followed. ``target`` is the element in the document, if it is in there.

    ``is_content`` is false for what a signature says of itself: its properties and its key.
    """

    reference: Reference
    content: ContentDigest
    target: Element | None = None
    is_content: bool = False
    part: SignedPart | None = None
    problems: tuple[Problem, ...] = ()


def resolve(
    document: Document,
    markup: SignatureMarkup,
    reference: Reference,
    files: Mapping[str, bytes] | Callable[[str], bytes | None] | None,
) -> Resolved:
    """Return what ``reference`` points to, digested; everything odd about it is a problem."""
    name = _name(reference.uri, plus_means_space=document.rules.plus_means_space)
    nothing = Resolved(
        reference, ContentDigest(reference.stated, None, name or ""), problems=reference.problems
    )
    if reference.problems:
        return nothing
    if reference.uri is None or name is None:
        return _refused(nothing, problem("structure.xml-reference", number=reference.number))
    if reference.uri and not reference.uri.startswith("#"):
        return _file(replace(nothing, is_content=True), name, files)
    return _inside(document, markup, nothing, name)


def file_name(uri: str, *, plus_means_space: bool = False) -> str | None:
    """Return the file name that a relative reference means, or ``None`` when it means no file.

    Percent-encoded UTF-8 (RFC 3986 §2.1). A path, a scheme or a control character is no name.
    """
    try:
        name = unquote_to_bytes(uri.replace("+", " ") if plus_means_space else uri).decode()
    except (UnicodeDecodeError, UnicodeEncodeError):
        return None
    return None if _NOT_A_NAME.search(name) else name


def _name(uri: str | None, *, plus_means_space: bool) -> str | None:
    if uri is None:
        return None
    if uri == "":
        return ""
    if uri.startswith("#"):
        fragment = file_name(uri[1:])
        # An XPointer expression, which has parentheses, can point to anything.
        return None if fragment is None or "(" in fragment else "#" + fragment
    return file_name(uri, plus_means_space=plus_means_space)


def _refused(resolved: Resolved, *found: Problem) -> Resolved:
    return replace(resolved, problems=(*resolved.problems, *found))


def _file(
    resolved: Resolved,
    name: str,
    files: Mapping[str, bytes] | Callable[[str], bytes | None] | None,
) -> Resolved:
    reference = resolved.reference
    if reference.enveloped or reference.canonical is not None:
        return _refused(resolved, problem("structure.xml-file-transform", number=reference.number))
    find = files if callable(files) else (files or {}).get
    data = find(name)
    if data is None or reference.digest is None:
        return resolved
    return replace(
        resolved, content=ContentDigest(reference.stated, reference.digest.of(data), name)
    )


def _inside(document: Document, markup: SignatureMarkup, resolved: Resolved, name: str) -> Resolved:
    reference = resolved.reference
    number = reference.number
    if name:
        holders = document.ids.get(name[1:], ())
        if len(holders) != 1 or holders[0][1] not in ID_NAMES:
            return _refused(
                resolved, problem("structure.xml-identifier", number=number, count=len(holders))
            )
        target = holders[0][0]
    else:
        target = document.root
    misplaced = _place(document, markup, reference, target)
    if any(each.severity is Severity.INVALID for each in misplaced):
        return _refused(resolved, *misplaced)
    method = reference.canonical or _DEFAULT
    if joins_base_from_above(target, method) or (method.comments and _has_comments(target)):
        undecided = problem("content.xml-canonicalization", number=number, uri=method.uri)
        return _refused(resolved, replace(undecided, severity=_UNKNOWN))
    data = _canonical(document, markup, reference, target, whole=not name)
    # Without a known digest there is a problem already, and nothing comes here.
    found = b"" if reference.digest is None else reference.digest.of(data)
    same = hmac.compare_digest(found, reference.stated)
    is_content = _is_content(markup, target)
    return replace(
        resolved,
        content=ContentDigest(reference.stated, found, name),
        target=target,
        is_content=is_content,
        part=SignedPart(name, data) if same and is_content else None,
        problems=(*resolved.problems, *misplaced, *_manifests(reference, target)),
    )


def _canonical(
    document: Document,
    markup: SignatureMarkup,
    reference: Reference,
    target: Element,
    *,
    whole: bool,
) -> bytes:
    method = reference.canonical or _DEFAULT
    root, at = document.root, document.path(target)
    if reference.enveloped:
        root = document.again()
        _take_out(at_path(root, document.path(markup.element)))
        document = replace(document, root=root)
    if whole:
        return canonical_document(document, root, method, prefixes=reference.prefixes)
    return canonical_element(document, at_path(root, at), method, prefixes=reference.prefixes)


def _take_out(signature: Element) -> None:
    """Remove the signature and keep the text after it (XML-DSig §6.6.4)."""
    parent, before = signature.getparent(), signature.getprevious()
    if signature.tail and before is not None:
        before.tail = (before.tail or "") + signature.tail
    elif signature.tail:
        parent.text = (parent.text or "") + signature.tail
    parent.remove(signature)


def _place(
    document: Document, markup: SignatureMarkup, reference: Reference, target: Element
) -> tuple[Problem, ...]:
    """Hold where the target stands against what the transforms say of it.

    Around the signature it must leave the signature out; anywhere else it must not pretend to.
    Inside the signature only an Object or KeyInfo can be meant. This is where a signed element
    that was carried off (signature wrapping) is told from one in its place.
    """
    signature = markup.element
    above = [signature, *signature.iterancestors()]
    position = problem("structure.xml-position", number=reference.number)
    if target in above[1:]:
        return () if reference.enveloped else (position,)
    if target is signature or reference.enveloped:
        return (position,)
    lineage = [target, *target.iterancestors()]
    if signature in lineage:
        top = lineage[lineage.index(signature) - 1]
        return () if top in markup.objects or top is markup.key_info else (position,)
    if target.getparent() in above or document.rules.allow_displaced:
        return ()
    return (replace(problem("content.xml-displaced", number=reference.number), severity=_UNKNOWN),)


def _has_comments(target: Element) -> bool:
    """Comments never belong to what a bare reference selects (XML-DSig §4.4.3.3)."""
    return next(target.iter(etree.Comment), None) is not None


def _is_content(markup: SignatureMarkup, target: Element) -> bool:
    own = target is markup.key_info or any(
        above is markup.key_info for above in target.iterancestors()
    )
    return not own and not target.tag.startswith(XADES) and target.tag not in _ABOUT_THE_SIGNATURE


def _manifests(reference: Reference, target: Element) -> tuple[Problem, ...]:
    """A manifest is signed, but what it lists is not checked by its signature (XML-DSig §5.1)."""
    if reference.type != MANIFEST_TYPE and target.tag != DS + "Manifest":
        return ()
    return (replace(problem("content.xml-manifest", number=reference.number), severity=_UNKNOWN),)
