"""BER-TLV as the card writes it: two-byte tags, lengths that need not be minimal, filler behind.

Strict DER readers fail on these files: the card writes ``82 00 9F`` where ``81 9F`` would do. Only
definite lengths of at most three bytes occur (ISO/IEC 7816-4 §5.2.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jpki.errors import MalformedCardFile

__all__ = ["Tlv", "is_filler", "members", "only", "read_object"]

_MORE_TAG: Final = 0x1F
_CONTINUED: Final = 0x80
_LONGEST_LENGTH: Final = 3
_FILLERS: Final = (0x00, 0xFF)


@dataclass(frozen=True, slots=True, repr=False)
class Tlv:
    """One object: its tag, its value, and the bytes exactly as the card stores them."""

    tag: int
    value: bytes
    stored: bytes

    def __repr__(self) -> str:
        return f"Tlv({self.tag:X}, {len(self.value)} bytes)"


def read_object(data: bytes, *, tag: int, source: str) -> Tlv:
    """Return the object at the start of a file; what follows it is filler and is not looked at.

    Raises ``MalformedCardFile`` when there is no such object, or when it is cut short.
    """
    if not data or is_filler(data):
        raise MalformedCardFile("the file is empty", source=source, offset=0)
    found = _read(data, 0, source)
    if found.tag != tag:
        raise MalformedCardFile(
            f"expected the object {tag:X}, found {found.tag:X}", source=source, offset=0
        )
    return found


def is_filler(data: bytes) -> bool:
    """Return whether there is nothing but filler here."""
    return all(byte in _FILLERS for byte in data)


def members(container: Tlv, *, source: str) -> tuple[Tlv, ...]:
    """Return the objects inside one, in order. Filler may stand behind the last, nothing else."""
    return tuple(_members(container.value, source))


def _members(value: bytes, source: str) -> Iterator[Tlv]:
    position = 0
    while position < len(value) and not is_filler(value[position:]):
        member = _read(value, position, source)
        position += len(member.stored)
        yield member


def only(found: tuple[Tlv, ...], tag: int, *, source: str) -> Tlv:
    """Return the one object with this tag; ``MalformedCardFile`` for none and for several."""
    matching = [member for member in found if member.tag == tag]
    if len(matching) != 1:
        raise MalformedCardFile(
            f"expected one object {tag:X}, found {len(matching)}", source=source
        )
    return matching[0]


def _read(data: bytes, start: int, source: str) -> Tlv:
    tag_end = _tag_end(data, start, source)
    length, value_start = _length(data, tag_end, source)
    end = value_start + length
    if end > len(data):
        raise MalformedCardFile(
            f"an object of {length} bytes is cut short after {len(data) - value_start}",
            source=source,
            offset=value_start,
        )
    return Tlv(int.from_bytes(data[start:tag_end], "big"), data[value_start:end], data[start:end])


def _tag_end(data: bytes, start: int, source: str) -> int:
    if data[start] & _MORE_TAG != _MORE_TAG:
        return start + 1
    end = start + 2
    if end > len(data) or data[end - 1] & _CONTINUED:
        raise MalformedCardFile("a tag that has not two bytes", source=source, offset=start)
    return end


def _length(data: bytes, start: int, source: str) -> tuple[int, int]:
    if start >= len(data):
        raise MalformedCardFile("an object without a length", source=source, offset=start)
    first = data[start]
    if first < _CONTINUED:
        return first, start + 1
    count = first - _CONTINUED
    digits = data[start + 1 : start + 1 + count]
    if not 1 <= count <= _LONGEST_LENGTH or len(digits) < count:
        raise MalformedCardFile("a length that cannot be read", source=source, offset=start)
    return int.from_bytes(digits, "big"), start + 1 + count
