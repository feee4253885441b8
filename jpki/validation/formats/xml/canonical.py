"""Canonical XML of a part of a document, with what it inherits, within the budget."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from jpki.errors import MalformedSignature
from jpki.validation.formats.xml.document import Document, Element, Meter, parse
from jpki.validation.formats.xml.names import XML, Canonicalization

__all__ = ["canonical_document", "canonical_element", "inherited", "joins_base_from_above"]


def canonical_element(
    document: Document,
    element: Element,
    method: Canonicalization,
    *,
    prefixes: Sequence[str] = (),
    comments: bool = False,
) -> bytes:
    """Return ``element`` with all below it in canonical form, as a document subset.

    It is written out and read again as a document of its own: inside the larger tree lxml loses
    the namespaces that are declared above. A subset also takes along ``xml:`` attributes of its
    ancestors where the method says so (Canonical XML 1.0 §2.4).
    """
    data = etree.tostring(element, encoding="utf-8", with_tail=False)
    document.meter.spend(len(data))
    alone = parse(data, document.source)
    for name, value in inherited(element, method).items():
        alone.set(name, value)
    return _write(alone, method, prefixes, comments, document.meter, document.source)


def canonical_document(
    document: Document,
    root: Element,
    method: Canonicalization,
    *,
    prefixes: Sequence[str] = (),
    comments: bool = False,
) -> bytes:
    """Return the document of ``root`` in canonical form, with the instructions around it."""
    return _write(root, method, prefixes, comments, document.meter, document.source)


def inherited(element: Element, method: Canonicalization) -> dict[str, str]:
    """Return the ``xml:`` attributes that ``element`` takes from its ancestors under ``method``."""
    found: dict[str, str] = {}
    for ancestor in element.iterancestors():
        for name, value in ancestor.attrib.items():
            if not name.startswith(XML) or name in element.attrib or name in found:
                continue
            if method.inherits is None or name in method.inherits:
                found[name] = value
    return found


def joins_base_from_above(element: Element, method: Canonicalization) -> bool:
    """Say whether Canonical XML 1.1 §2.4 would have to join ``xml:base`` values, not done here."""
    base = XML + "base"
    return method.joins_base and any(base in above.attrib for above in element.iterancestors())


class _Bounded:
    """A file that counts what is written into it."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._meter.spend(len(data))
        self.pieces.append(data)
        return len(data)


def _write(
    element: Element,
    method: Canonicalization,
    prefixes: Sequence[str],
    comments: bool,
    meter: Meter,
    source: str,
) -> bytes:
    target = _Bounded(meter)
    try:
        etree.ElementTree(element).write_c14n(
            target,
            exclusive=method.exclusive,
            with_comments=comments,
            inclusive_ns_prefixes=list(prefixes) or None,
        )
    except etree.LxmlError as error:
        # Relative namespace names have no canonical form (Canonical XML 1.0 §1.3).
        raise MalformedSignature(
            "a part of the document has no canonical form, perhaps for a relative namespace",
            source=source,
        ) from error
    return b"".join(target.pieces)
