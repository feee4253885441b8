"""Which bytes of a PDF file a signature covers: all of its revision but its own value.

ISO 32000-2 §12.8.1: the byte range shall be the entire file, including the signature dictionary
but excluding the signature value. Everything here works on the raw bytes, never on what a parser
made of them, because the attacks live in the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["CoveredBytes", "NotCovered", "covered_bytes"]


_PIECE = 1 << 20
_RANGES = 4
_HEX = re.compile(rb"[0-9A-Fa-f]*")
_NAME_BEFORE = re.compile(rb"/Contents[\x00\t\n\f\r ]*\Z")
_LOOK_BACK = 64


class NotCovered(ValueError):
    """The byte range is not the whole revision without the value; the reason is safe to show."""


@dataclass(frozen=True, slots=True)
class CoveredBytes:
    """The file from byte 0 to ``end`` without the bytes from ``gap_start`` to ``gap_end``."""

    gap_start: int
    gap_end: int
    end: int

    def pieces(self, view: memoryview) -> Iterator[memoryview]:
        """Yield the covered bytes of the file in pieces, in their order."""
        for start, stop in ((0, self.gap_start), (self.gap_end, self.end)):
            for at in range(start, stop, _PIECE):
                yield view[at : min(at + _PIECE, stop)]


def covered_bytes(
    data: bytes, numbers: object, contents: bytes, *, dictionary_at: int
) -> CoveredBytes:
    """Return what a ByteRange covers, or raise ``NotCovered`` with the reason.

    ``numbers`` is the parsed ByteRange, ``contents`` the parsed signature value and
    ``dictionary_at`` the offset of the object that holds both. The bytes left out must be exactly
    the hexadecimal string, brackets included, that stands as Contents in that object.
    """
    first, length, second, rest = _four(numbers)
    if first != 0:
        raise NotCovered(f"the first range begins at byte {first}, not 0")
    end = second + rest
    if not 0 < length < second < end:
        raise NotCovered("the ranges are empty, overlap or run backwards")
    if end > len(data):
        raise NotCovered(f"the ranges end at byte {end}, after the file ({len(data)} bytes)")
    _check_gap(data, length, second, contents)
    _check_place(data, dictionary_at, length)
    return CoveredBytes(length, second, end)


def _four(numbers: object) -> tuple[int, int, int, int]:
    if not isinstance(numbers, list) or not all(_is_integer(one) for one in numbers):
        raise NotCovered("ByteRange is not an array of integers")
    if len(numbers) != _RANGES:
        raise NotCovered(f"ByteRange has {len(numbers)} numbers instead of 4")
    first, length, second, rest = (int(one) for one in numbers)
    if min(first, length, second, rest) < 0:
        raise NotCovered("ByteRange has a negative number")
    return first, length, second, rest


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_gap(data: bytes, start: int, stop: int, contents: bytes) -> None:
    inner = data[start + 1 : stop - 1]
    if data[start : start + 1] != b"<" or data[stop - 1 : stop] != b">":
        raise NotCovered("the bytes left out are not one string in angle brackets")
    if not _HEX.fullmatch(inner) or len(inner) % 2:
        raise NotCovered("the bytes left out are not whole hexadecimal bytes")
    if bytes.fromhex(inner.decode("ascii")) != contents:
        raise NotCovered("the bytes left out are not the value of Contents")


def _check_place(data: bytes, dictionary_at: int, gap_start: int) -> None:
    """Check that the string is the Contents of this very object, not one that looks the same."""
    if not 0 <= dictionary_at < gap_start or b"endobj" in data[dictionary_at:gap_start]:
        raise NotCovered("the bytes left out are not in the signature dictionary")
    if not _NAME_BEFORE.search(data[max(0, gap_start - _LOOK_BACK) : gap_start]):
        raise NotCovered("the bytes left out do not follow the name Contents")
