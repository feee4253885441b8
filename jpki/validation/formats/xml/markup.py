"""Reading the elements of a signature strictly: each child known, each value in one piece."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from jpki.errors import MalformedSignature
from jpki.validation.formats.xml.document import Document, Element
from jpki.validation.formats.xml.names import DS

__all__ = ["SignatureMarkup", "children", "local", "octets", "only", "signature_markup", "value_of"]

_PARTS = (DS + "SignedInfo", DS + "SignatureValue")


@dataclass(frozen=True, slots=True, repr=False)
class SignatureMarkup:
    """The parts of one ds:Signature element (XML-DSig §4)."""

    element: Element
    signed_info: Element
    signature_value: Element
    key_info: Element | None
    objects: tuple[Element, ...]


def signature_markup(document: Document, element: Element) -> SignatureMarkup:
    """Return the parts of a signature; raise ``MalformedSignature`` on any other order."""
    found = children(document, element)
    tags = [child.tag for child in found]
    # e-Gov filings are seen with KeyInfo in its place as well; anything else is not the schema's.
    if tuple(tags[:2]) != _PARTS:
        raise document.refuse("a signature does not begin with SignedInfo, SignatureValue", element)
    rest = found[2:]
    key_info = rest.pop(0) if rest and rest[0].tag == DS + "KeyInfo" else None
    for child in rest:
        if child.tag != DS + "Object":
            raise document.refuse(f"{local(child)} stands where only Object may stand", child)
    return SignatureMarkup(element, found[0], found[1], key_info, tuple(rest))


def children(document: Document, element: Element) -> list[Element]:
    """Return the child elements; raise ``MalformedSignature`` when text stands between them."""
    found = []
    texts = [element.text]
    for child in element:
        texts.append(child.tail)
        if isinstance(child.tag, str):
            found.append(child)
        elif child.tag is not etree.Comment:
            raise document.refuse("an instruction stands inside the signature", child)
    if any(text and text.strip(" \t\r\n") for text in texts):
        raise document.refuse(f"text stands between the parts of {local(element)}", element)
    return found


def value_of(document: Document, element: Element) -> str:
    """Return the text of an element that has nothing but text.

    A comment inside would split it, and programs differ in which part they then see.
    """
    if len(element):
        raise document.refuse(f"markup stands inside the value of {local(element)}", element)
    return (element.text or "").strip(" \t\r\n")


def octets(document: Document, element: Element) -> bytes:
    """Return the bytes that stand in an element in base64 (RFC 4648 §4, white space allowed)."""
    text = "".join(value_of(document, element).split())
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise _not_base64(document, element) from error
    if base64.b64encode(data).decode() != text or not data:
        raise _not_base64(document, element)
    return data


def local(element: Element) -> str:
    """Return the element's name without its namespace, shortened."""
    return str(etree.QName(element).localname)[:40]


def only(document: Document, found: Sequence[Element], what: str, within: Element) -> Element:
    """Return the single element found, or raise ``MalformedSignature``."""
    if len(found) != 1:
        raise document.refuse(f"{len(found)} {what} in {local(within)}, not one", within)
    return found[0]


def _not_base64(document: Document, element: Element) -> MalformedSignature:
    return document.refuse(f"the value of {local(element)} is not base64", element)
