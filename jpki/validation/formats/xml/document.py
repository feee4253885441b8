"""A document that is safe to look at: one encoding, no document type, every size bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from jpki.errors import MalformedSignature
from jpki.validation.formats.xml.names import XML
from jpki.validation.formats.xml.rules import XmlRules

__all__ = ["ID_NAMES", "Document", "Element", "Meter", "at_path", "open_document", "parse"]

Element = Any
"""An lxml element; lxml has no types."""

# Without a document type nothing says which attributes are identifiers. These are the names that
# XML-DSig, XAdES, e-Gov (ID) and the XML namespace use.
ID_NAMES = frozenset({"Id", "ID", "id", XML + "id"})

_DECLARATION = re.compile(
    r"""<\?xml\s+version\s*=\s*(["'])(?P<version>[0-9.]+)\1"""
    r"""(?:\s+encoding\s*=\s*(["'])(?P<encoding>[A-Za-z][A-Za-z0-9._-]*)\3)?"""
    r"""(?:\s+standalone\s*=\s*(["'])(?:yes|no)\5)?\s*\?>"""
)
_SPACE = re.compile(r"[ \t\r\n]*")
_NO_MARKUP = "xml is read only without a document type declaration"
# The mapping of Shift_JIS and its kin to Unicode differs from program to program (wave dash,
# minus, yen sign), so what was signed would depend on who reads it; XML 1.0 §2.2 asks for two.
_DECLARED = {"utf-8": {None, "utf-8", "us-ascii"}, "utf-16": {None, "utf-16"}}
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


class Meter:
    """Counts bytes that were worked on, and stops the work at a limit."""

    def __init__(self, limit: int, source: str) -> None:
        self._left = limit
        self._source = source

    def spend(self, count: int) -> None:
        """Count ``count`` bytes; raise ``MalformedSignature`` when they are too many."""
        self._left -= count
        if self._left < 0:
            raise MalformedSignature(
                "to check these signatures more would have to be canonicalised than is allowed",
                source=self._source,
                hint="raise max_work if the document is to be trusted that far",
            )


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """A parsed document. ``ids`` maps each identifier to the attributes that hold it."""

    data: bytes
    root: Element
    ids: Mapping[str, tuple[tuple[Element, str], ...]]
    rules: XmlRules
    meter: Meter
    source: str

    def again(self) -> Element:
        """Return the root of a new tree of the same document, which may be changed."""
        self.meter.spend(len(self.data))
        return parse(self.data, self.source)

    def path(self, element: Element) -> tuple[int, ...]:
        """Return where ``element`` stands: the index among its parent's nodes, from the root."""
        steps = []
        while (parent := element.getparent()) is not None:
            steps.append(parent.index(element))
            element = parent
        return tuple(reversed(steps))

    def refuse(self, message: str, element: Element | None = None) -> MalformedSignature:
        """Return the error to raise, with the line of ``element``."""
        line = None if element is None else element.sourceline
        return MalformedSignature(message, source=self.source, line=line)


def open_document(data: bytes, *, rules: XmlRules, source: str) -> Document:
    """Return ``data`` parsed, or raise ``MalformedSignature`` with what stands in the way."""
    if len(data) > rules.max_bytes:
        raise MalformedSignature(
            f"{len(data)} bytes are more than the {rules.max_bytes} that are read",
            source=source,
            hint="raise max_bytes if the document is to be trusted that far",
        )
    body = _without_declaration(_decode(data, source), source).encode()
    root = parse(body, source)
    ids = _walk(root, rules, source)
    return Document(body, root, ids, rules, Meter(rules.max_work, source), source)


def parse(data: bytes, source: str) -> Element:
    """Return the root of UTF-8 ``data``: no entities, no network, nothing from outside."""
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _not_well_formed(parser, source) from error
    # A prefix without a namespace is an error to libxml2 that lxml lets pass.
    if any(entry.level >= etree.ErrorLevels.ERROR for entry in parser.error_log):
        raise _not_well_formed(parser, source)
    if root.getroottree().docinfo.internalDTD is not None:
        raise MalformedSignature(_NO_MARKUP, source=source)
    return root


def at_path(root: Element, path: tuple[int, ...]) -> Element:
    """Return the element that :meth:`Document.path` described, in another tree."""
    for index in path:
        root = root[index]
    return root


def _not_well_formed(parser: Any, source: str) -> MalformedSignature:
    """Say where and which kind; libxml2's own words would quote the document."""
    first = next(iter(parser.error_log), None)
    kind = "" if first is None else f" ({first.type_name})"
    return MalformedSignature(
        f"not a well-formed XML document{kind}",
        source=source,
        line=None if first is None else first.line,
        hint="give the signed XML file, whole and unchanged",
    )


def _decode(data: bytes, source: str) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding not in _DECLARED:
        raise MalformedSignature(f"the encoding {encoding} is not read", source=source, offset=0)
    # Either codec takes the mark off: utf-16 by itself, utf-8 in this variant.
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        stated = _stated_encoding(data[:200].decode("latin-1"))
        raise MalformedSignature(
            f"not {encoding} text" + (f", but {stated} by its own words" if stated else ""),
            source=source,
            offset=error.start,
            hint="only UTF-8 and UTF-16 are read",
        ) from error
    stated = _stated_encoding(text)
    if (stated and stated.lower()) not in _DECLARED[encoding]:
        raise MalformedSignature(
            f"the document says it is in {stated}, which is not what is read here ({encoding})",
            source=source,
            hint="only UTF-8 and UTF-16 are read; in other encodings what was signed is ambiguous",
        )
    return text


def _stated_encoding(text: str) -> str | None:
    found = _DECLARATION.match(text)
    return found and found["encoding"]


def _without_declaration(text: str, source: str) -> str:
    """Return the text after the XML declaration; refuse a document type in what comes first."""
    found = _DECLARATION.match(text)
    if found and found["version"] != "1.0":
        raise MalformedSignature("only XML 1.0 is read", source=source, offset=0)
    if not found and re.match(r"<\?xml\s", text):
        raise MalformedSignature("the XML declaration cannot be read", source=source, offset=0)
    begins = found.end() if found else 0
    at = begins
    while True:
        at = _end_of_space(text, at)
        closing = next(
            (c for o, c in (("<!--", "-->"), ("<?", "?>")) if text.startswith(o, at)), ""
        )
        end = text.find(closing, at) if closing else -1
        if end < 0:
            break
        at = end + len(closing)
    if text.startswith("<!DOCTYPE", at):
        raise MalformedSignature(
            "the document has a document type declaration, which is not read",
            source=source,
            line=text.count("\n", 0, at) + 1,
            hint="a signed filing has none; entities could change what is seen",
        )
    return text[begins:]


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _walk(
    root: Element, rules: XmlRules, source: str
) -> dict[str, tuple[tuple[Element, str], ...]]:
    """Hold the tree against the limits and collect everything that looks like an identifier."""
    limits = _Limits(rules, source)
    ids: dict[str, list[tuple[Element, str]]] = {}
    for event, node in etree.iterwalk(root, events=("start", "end", "start-ns", "end-ns")):
        if event == "start":
            limits.enter(len(node.attrib))
            for name, value in node.attrib.items():
                if name.rpartition("}")[2].lower() == "id":
                    ids.setdefault(value, []).append((node, name))
        elif event == "end":
            limits.leave()
        else:
            limits.namespace(1 if event == "start-ns" else -1)
    return {value: tuple(found) for value, found in ids.items()}


class _Limits:
    def __init__(self, rules: XmlRules, source: str) -> None:
        self._rules = rules
        self._source = source
        self._depth = self._elements = self._namespaces = 0

    def enter(self, attributes: int) -> None:
        self._depth += 1
        self._elements += 1
        self._hold(self._depth, self._rules.max_depth, "levels of elements")
        self._hold(self._elements, self._rules.max_elements, "elements")
        self._hold(attributes, self._rules.max_attributes, "attributes on one element")

    def leave(self) -> None:
        self._depth -= 1

    def namespace(self, change: int) -> None:
        self._namespaces += change
        self._hold(self._namespaces, self._rules.max_namespaces, "namespaces in one place")

    def _hold(self, found: int, limit: int, what: str) -> None:
        if found > limit:
            raise MalformedSignature(f"more than {limit} {what}", source=self._source)
