"""Strict DER (X.690): a small reader that knows where it is, and the writers that go with it.

Only what certificates and revocation lists need. The reader accepts definite, minimal lengths and
single-byte tags, refuses left-over bytes, and names the byte at which something is wrong. Nothing
here knows X.509. asn1crypto is not used because it also reads BER, so it could not be the judge.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from jpki.errors import FormatError
from jpki.jst import require_aware

__all__ = [
    "BIT_STRING",
    "BOOLEAN",
    "ENUMERATED",
    "GENERALIZED_TIME",
    "IA5_STRING",
    "INTEGER",
    "NULL",
    "OBJECT_IDENTIFIER",
    "OCTET_STRING",
    "PRINTABLE_STRING",
    "SEQUENCE",
    "SET",
    "UTC_TIME",
    "UTF8_STRING",
    "Document",
    "Element",
    "Fields",
    "bit_string",
    "boolean",
    "context",
    "decode_oid",
    "encode",
    "enumerated",
    "from_pem",
    "generalized_time",
    "integer",
    "null",
    "object_identifier",
    "octet_string",
    "open_document",
    "sequence",
    "text",
    "time",
    "utc_time",
]

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

# Far beyond any identifier in use; it keeps arcs within what Python writes as decimal.
_LONGEST_OID = 64
_CONSTRUCTED = 0x20
_CONTEXT = 0x80
_PRINTABLE = re.compile(rb"[A-Za-z0-9 '()+,\-./:=?]*")
_ENCODINGS = {UTF8_STRING: "utf-8", PRINTABLE_STRING: "ascii", IA5_STRING: "ascii"}
_TIMES = {
    UTC_TIME: re.compile(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z"),
    GENERALIZED_TIME: re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z"),
}
_WHOLE_UTC_TIME = re.compile(bytes((UTC_TIME, 13)) + _TIMES[UTC_TIME].pattern)
# 9999-12-31 23:59:59 in Japan: what lies behind it is no Japan day any more.
_LAST_INSTANT = datetime(9999, 12, 31, 14, 59, 59, tzinfo=UTC)
# RFC 5280 §4.1.2.5: UTCTime until 2049, where YY of 50 and more means 19YY.
_UTC_TIME_YEARS = range(1950, 2050)


class Document(NamedTuple):
    """The bytes that are read, the error to raise about them and the name of their source.

    ``any_time_form`` lets a GeneralizedTime stand for an instant before 2050, as OCSP has it and
    as RFC 5280 §4.1.2.5 wants every reader to understand; JPKI's own objects never need it.
    """

    data: bytes
    error: type[FormatError]
    source: str
    any_time_form: bool = False

    def malformed(self, reason: str, offset: int) -> FormatError:
        """Return (not raise) the error that says what is wrong at which byte."""
        return self.error(reason, source=self.source, offset=offset)

    def element_at(self, start: int, limit: int) -> Element:
        """Read the one element that begins at ``start`` and ends no later than ``limit``."""
        data = self.data
        if start + 2 > limit:
            raise self.malformed("the data ends in the middle of an element", start)
        tag = data[start]
        if tag & 0x1F == 0x1F:
            raise self.malformed("a multi-byte tag, which nothing here uses", start)
        length = data[start + 1]
        content = start + 2
        if length >= 0x80:
            length, content = self._long_length(start, limit)
        if content + length > limit:
            raise self.malformed("the element is longer than what holds it", start)
        return Element(self, tag, start, content, content + length)

    def _long_length(self, start: int, limit: int) -> tuple[int, int]:
        count = self.data[start + 1] & 0x7F
        content = start + 2 + count
        if count == 0:
            raise self.malformed("an indefinite length, which is not DER", start + 1)
        if count > 4 or content > limit:
            raise self.malformed("a length that cannot be", start + 1)
        length = int.from_bytes(self.data[start + 2 : content], "big")
        if length < 0x80 or self.data[start + 2] == 0:
            raise self.malformed("a length in more bytes than needed, which is not DER", start + 1)
        return length, content


class Element(NamedTuple):
    """One TLV and its place: tag at ``start``, value from ``content`` up to ``end``."""

    document: Document
    tag: int
    start: int
    content: int
    end: int

    @property
    def value(self) -> bytes:
        """The content bytes."""
        return self.document.data[self.content : self.end]

    @property
    def der(self) -> bytes:
        """The whole element as it stands in the data."""
        return self.document.data[self.start : self.end]

    def malformed(self, reason: str) -> FormatError:
        """Return (not raise) the error that says what is wrong with this element."""
        return self.document.malformed(reason, self.start)

    def expect(self, tag: int, what: str) -> Element:
        """Return this element when it has the tag; raise when it is something else."""
        if self.tag != tag:
            raise self.malformed(f"tag {self.tag:02X} where {what} ({tag:02X}) should be")
        return self

    def children(self) -> tuple[Element, ...]:
        """Return the elements inside a constructed one; they fill it completely."""
        if not self.tag & _CONSTRUCTED:
            raise self.malformed("a primitive element where a constructed one should be")
        found = []
        at = self.content
        while at < self.end:
            child = self.document.element_at(at, self.end)
            found.append(child)
            at = child.end
        return tuple(found)

    def fields(self, what: str) -> Fields:
        """Return a cursor over the elements of this SEQUENCE."""
        return Fields(self.expect(SEQUENCE, what), what)

    def only_child(self, what: str) -> Element:
        """Return the single element inside an explicit tag."""
        children = self.children()
        if len(children) != 1:
            raise self.malformed(f"{len(children)} elements where one {what} should be")
        return children[0]

    def inner(self) -> Element:
        """Return the element that fills this OCTET STRING (offsets stay those of the whole)."""
        inside = self.document.element_at(self.content, self.end)
        if inside.end != self.end:
            raise self.document.malformed("bytes are left over", inside.end)
        return inside

    def as_integer(self, what: str, *, tag: int = INTEGER) -> int:
        """Return the value of an INTEGER (or ENUMERATED) in its shortest form."""
        value = self.expect(tag, what).value
        if not value:
            raise self.malformed(f"{what} is empty")
        if len(value) > 1 and (value[0], value[1] >= 0x80) in ((0x00, False), (0xFF, True)):
            raise self.malformed(f"{what} has more bytes than needed, which is not DER")
        return int.from_bytes(value, "big", signed=True)

    def as_boolean(self, what: str) -> bool:
        """Return the value of a BOOLEAN, which DER writes as 00 or FF."""
        value = self.expect(BOOLEAN, what).value
        if value not in (b"\x00", b"\xff"):
            raise self.malformed(f"{what} is neither 00 nor FF")
        return value == b"\xff"

    def as_oid(self, what: str) -> str:
        """Return an OBJECT IDENTIFIER as dotted text."""
        decoded = decode_oid(self.expect(OBJECT_IDENTIFIER, what).value)
        if decoded is None:
            raise self.malformed(f"{what} is not an object identifier")
        return decoded

    def as_text(self, what: str) -> str:
        """Return a UTF8String, PrintableString or IA5String as text."""
        if self.tag not in _ENCODINGS:
            raise self.malformed(f"tag {self.tag:02X} where {what} should be a string")
        value = self.value
        allowed = self.tag != PRINTABLE_STRING or _PRINTABLE.fullmatch(value)
        try:
            if allowed:
                return value.decode(_ENCODINGS[self.tag])
        except UnicodeDecodeError:
            pass
        raise self.malformed(f"{what} has bytes that its string type does not allow")

    def as_bits(self, what: str, *, tag: int = BIT_STRING) -> bytes:
        """Return a BIT STRING that is whole bytes, as keys and signatures are."""
        value = self.expect(tag, what).value
        if not value or value[0] != 0:
            raise self.malformed(f"{what} is not a whole number of bytes")
        return value[1:]

    def as_flags(self, what: str, *, tag: int = BIT_STRING) -> frozenset[int]:
        """Return the numbers of the bits that are set; DER cuts trailing zeros (X.690 §11.2.2)."""
        value = self.expect(tag, what).value
        bits = value[1:]
        unused = value[0] if value else 8
        if unused > 7 or (unused and not bits) or (bits and not bits[-1] >> unused & 1):
            raise self.malformed(f"{what} is not a DER bit list")
        if bits and bits[-1] & ((1 << unused) - 1):
            raise self.malformed(f"{what} has bits set that it calls unused")
        return frozenset(i for i in range(8 * len(bits)) if bits[i // 8] >> (7 - i % 8) & 1)

    def as_time(self, what: str) -> datetime:
        """Return a UTCTime or GeneralizedTime in the form RFC 5280 §4.1.2.5 allows."""
        pattern = _TIMES.get(self.tag)
        if pattern is None:
            raise self.malformed(f"tag {self.tag:02X} where {what} should be a time")
        found = pattern.fullmatch(self.value)
        if found is None:
            raise self.malformed(f"{what} is not written to the second in UTC")
        year, *rest = map(int, found.groups())
        if self.tag == UTC_TIME:
            year += 1900 if year >= 50 else 2000
        elif year in _UTC_TIME_YEARS and not self.document.any_time_form:
            raise self.malformed(f"{what} is a GeneralizedTime before 2050")
        try:
            at = datetime(year, *rest, tzinfo=UTC)  # type: ignore[arg-type, misc]
        except ValueError:
            raise self.malformed(f"{what} is no day or hour that exists") from None
        if at > _LAST_INSTANT:
            raise self.malformed(f"{what} lies beyond the last day in Japan")
        return at


class Fields:
    """The elements of a SEQUENCE taken one after another, none left over."""

    def __init__(self, of: Element, what: str) -> None:
        self._of = of
        self._what = what
        self._elements = of.children()
        self._next = 0

    def take(self, tag: int, what: str) -> Element:
        """Take the next element, which must have this tag."""
        return self.take_any(what).expect(tag, what)

    def take_any(self, what: str) -> Element:
        """Take the next element, whatever it is."""
        if self._next == len(self._elements):
            raise self._of.malformed(f"{self._what} ends before {what}")
        self._next += 1
        return self._elements[self._next - 1]

    def take_if(self, *tags: int) -> Element | None:
        """Take the next element when it has one of these tags."""
        if self._next == len(self._elements) or self._elements[self._next].tag not in tags:
            return None
        self._next += 1
        return self._elements[self._next - 1]

    def end(self) -> None:
        """Raise when something is left over."""
        if self._next != len(self._elements):
            raise self._elements[self._next].malformed(f"{self._what} has something left over")


def open_document(
    data: bytes, *, error: type[FormatError], source: str = "", any_time_form: bool = False
) -> Element:
    """Return the one element that ``data`` consists of."""
    document = Document(bytes(data), error, source, any_time_form)
    element = document.element_at(0, len(document.data))
    if element.end != len(document.data):
        raise document.malformed("bytes are left over", element.end)
    return element


_PEM = re.compile(
    rb"\s*-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----\s*", re.ASCII
)


def from_pem(data: bytes, *, label: str, error: type[FormatError], source: str = "") -> bytes:
    """Return the DER inside one PEM block (RFC 7468 §3), or ``data`` itself when it is no PEM."""
    if data.lstrip()[:10] != b"-----BEGIN":
        return data
    block = _PEM.fullmatch(data)
    if block is None or block[1] != label.encode():
        raise error(f"not exactly one PEM block of a {label}", source=source, offset=0)
    try:
        return base64.b64decode(re.sub(rb"[\r\n]", b"", block[2]), validate=True)
    except binascii.Error:
        raise error("the PEM block is not base64", source=source, offset=0) from None


def utc_time(encoded: bytes) -> datetime | None:
    """Return what the whole encoding of a UTCTime says, or ``None`` when it is none.

    It is for reading very many of them; ``Element.as_time`` says what is wrong with one.
    """
    found = _WHOLE_UTC_TIME.fullmatch(encoded)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    year += 1900 if year >= 50 else 2000
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


@lru_cache(maxsize=512)
def decode_oid(content: bytes) -> str | None:
    """Return the dotted text of an OBJECT IDENTIFIER's content, or ``None`` when it is none."""
    if not content or content[-1] & 0x80 or len(content) > _LONGEST_OID:
        return None
    arcs: list[int] = []
    arc = 0
    fresh = True
    for byte in content:
        if fresh and byte == 0x80:
            return None
        arc = arc << 7 | byte & 0x7F
        fresh = not byte & 0x80
        if fresh:
            arcs.append(arc)
            arc = 0
    root = min(arcs[0] // 40, 2)
    return ".".join(map(str, (root, arcs[0] - 40 * root, *arcs[1:])))


def encode(tag: int, *parts: bytes) -> bytes:
    """Write one element with the joined parts as its value."""
    value = b"".join(parts)
    length = len(value)
    if length < 0x80:
        return bytes((tag, length)) + value
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + value


def sequence(*parts: bytes) -> bytes:
    """Write a SEQUENCE."""
    return encode(SEQUENCE, *parts)


def context(number: int, *parts: bytes, primitive: bool = False) -> bytes:
    """Write a context-specific element: constructed, unless it replaces a primitive one."""
    return encode(_CONTEXT | (0 if primitive else _CONSTRUCTED) | number, *parts)


def boolean(value: bool) -> bytes:
    """Write a BOOLEAN."""
    return encode(BOOLEAN, b"\xff" if value else b"\x00")


def integer(value: int) -> bytes:
    """Write an INTEGER in its shortest form."""
    return encode(INTEGER, _signed(value))


def enumerated(value: int) -> bytes:
    """Write an ENUMERATED."""
    return encode(ENUMERATED, _signed(value))


def _signed(value: int) -> bytes:
    bits = value.bit_length() if value >= 0 else (~value).bit_length()
    return value.to_bytes(bits // 8 + 1, "big", signed=True)


def bit_string(value: bytes) -> bytes:
    """Write a BIT STRING of whole bytes."""
    return encode(BIT_STRING, b"\x00", value)


def octet_string(value: bytes) -> bytes:
    """Write an OCTET STRING."""
    return encode(OCTET_STRING, value)


def null() -> bytes:
    """Write a NULL."""
    return encode(NULL)


@lru_cache(maxsize=512)
def object_identifier(dotted: str) -> bytes:
    """Write an OBJECT IDENTIFIER from dotted text."""
    first, second, *rest = map(int, dotted.split("."))
    return encode(OBJECT_IDENTIFIER, *map(_base128, (40 * first + second, *rest)))


def _base128(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(0x80 | arc & 0x7F)
    return bytes(reversed(groups))


def text(tag: int, value: str) -> bytes:
    """Write a string with the given string tag."""
    return encode(tag, value.encode("utf-8" if tag == UTF8_STRING else "ascii"))


def generalized_time(at: datetime) -> bytes:
    """Write an instant to the second as GeneralizedTime whatever the year, as OCSP does."""
    at = require_aware(at)
    return text(GENERALIZED_TIME, f"{at.year:04}" + at.strftime("%m%d%H%M%SZ"))


def time(at: datetime) -> bytes:
    """Write an instant to the second: UTCTime until 2049, GeneralizedTime from 2050."""
    at = require_aware(at)
    if at.year in _UTC_TIME_YEARS:
        return text(UTC_TIME, at.strftime("%y%m%d%H%M%SZ"))
    return generalized_time(at)
