"""The pictures of a card: digits, stand-ins for printed text, and a drawing in place of a face.

The same holder gives the same bytes on every machine, so nothing here depends on installed fonts or
on a compressor: digits come from the table below, text is drawn as one pattern a character, which
cannot be read, and PNG data are stored uncompressed. The drawing is coded without loss.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Sequence
from typing import Final

from jpki.errors import MissingExtra

__all__ = ["drawing", "printed_digits", "printed_text"]

_CELL_WIDTH: Final = 6
_CELL_HEIGHT: Final = 12
_TOP: Final = 2
# Five columns by seven rows, a row a number, the highest of five bits on the left.
_DIGITS: Final = {
    "0": (0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110),
    "1": (0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110),
    "2": (0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111),
    "3": (0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110),
    "4": (0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010),
    "5": (0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110),
    "6": (0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110),
    "7": (0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000),
    "8": (0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110),
    "9": (0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100),
}
_DIGIT_WIDTH: Final = 5

_GLYPH: Final = 24
_GLYPH_DOTS: Final = 6
_DOT: Final = 3
_GLYPHS_A_LINE: Final = 20
_SPACE: Final = "　"

_PHOTO_WIDTH: Final = 96
_PHOTO_HEIGHT: Final = 120


def printed_digits(digits: str) -> bytes:
    """Return digits as a 1-bit PNG, 6 by 12 dots each: 72 by 12 for twelve, 24 by 12 for four."""
    rows = [0] * _CELL_HEIGHT
    for digit in digits:
        for row in range(_CELL_HEIGHT):
            inside = 0 <= row - _TOP < len(_DIGITS[digit])
            dots = _DIGITS[digit][row - _TOP] if inside else 0
            rows[row] = rows[row] << _CELL_WIDTH | dots << (_CELL_WIDTH - _DIGIT_WIDTH)
    return _png(_CELL_WIDTH * len(digits), rows)


def printed_text(text: str) -> bytes:
    """Return a 1-bit PNG that stands for printed text: one pattern a character, 24 by 24 dots.

    The same character always has the same pattern, and nobody can read it.
    """
    lines = [text[i : i + _GLYPHS_A_LINE] for i in range(0, len(text), _GLYPHS_A_LINE)] or [""]
    width = _GLYPH * max(1, *(len(line) for line in lines))
    rows: list[int] = []
    for line in lines:
        glyphs = [_glyph(character) for character in line]
        for row in range(_GLYPH):
            dots = 0
            for glyph in glyphs:
                dots = dots << _GLYPH | glyph[row]
            rows.append(dots << (width - _GLYPH * len(glyphs)))
    return _png(width, rows)


def _glyph(character: str) -> Sequence[int]:
    """Return 24 rows: six by six square dots with a margin, from the character's digest."""
    if character in (_SPACE, " "):
        return (0,) * _GLYPH
    bits = int.from_bytes(hashlib.sha256(character.encode()).digest(), "big")
    margin = (_GLYPH - _GLYPH_DOTS * _DOT) // 2
    rows = [0] * _GLYPH
    for line in range(_GLYPH_DOTS):
        dots = 0
        for column in range(_GLYPH_DOTS):
            black = bits >> (line * _GLYPH_DOTS + column) & 1
            dots = dots << _DOT | ((1 << _DOT) - 1) * black
        for row in range(margin + line * _DOT, margin + (line + 1) * _DOT):
            rows[row] = dots << margin
    return rows


def _png(width: int, rows: Sequence[int]) -> bytes:
    """Return black dots on white as PNG, grey-scale of one bit (ISO/IEC 15948)."""
    stride = -(-width // 8)
    paper = (1 << width) - 1
    spare = stride * 8 - width
    lines = b"".join(b"\0" + ((paper ^ row) << spare).to_bytes(stride, "big") for row in rows)
    header = width.to_bytes(4, "big") + len(rows).to_bytes(4, "big") + bytes((1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, content)
        for name, content in ((b"IHDR", header), (b"IDAT", _stored(lines)), (b"IEND", b""))
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + name + content + check


def _stored(data: bytes) -> bytes:
    """Return a zlib stream of stored blocks (RFC 1950, RFC 1951 §3.2.4)."""
    blocks = [data[i : i + 0xFFFF] for i in range(0, len(data), 0xFFFF)]
    stream = b"\x78\x01"
    for number, block in enumerate(blocks, start=1):
        size = len(block)
        last = number == len(blocks)
        stream += (
            bytes((last,)) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
        )
        stream += block
    return stream + zlib.adler32(data).to_bytes(4, "big")


def drawing(likeness: bytes) -> bytes:
    """Return the drawing in place of a photograph: rings before stripes, never a face.

    JPEG 2000, grey-scale, 96 by 120. ``likeness`` is 32 bytes of chance.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra("Pillow", extra="simulator") from error
    image = Image.frombytes("L", (_PHOTO_WIDTH, _PHOTO_HEIGHT), _greys(likeness))
    coded = io.BytesIO()
    # The comment replaces the coder's version, which would differ from machine to machine.
    image.save(coded, "JPEG2000", comment="simulated card, no photograph")
    return coded.getvalue()


def _greys(likeness: bytes) -> bytes:
    centre_x, centre_y = 24 + likeness[0] % 48, 30 + likeness[1] % 60
    ring, stripe = 6 + likeness[2] % 8, 8 + likeness[3] % 12
    slope, radius = 1 + likeness[4] % 3, 20 + likeness[5] % 20
    dark, light = 24 + likeness[6] % 64, 160 + likeness[7] % 64
    greys = bytearray()
    for y in range(_PHOTO_HEIGHT):
        for x in range(_PHOTO_WIDTH):
            distance = (x - centre_x) ** 2 + (y - centre_y) ** 2
            if distance < radius**2:
                greys.append(dark if distance // ring**2 % 2 else light)
            else:
                greys.append(112 + (slope * x + y) // stripe % 3 * 24)
    return bytes(greys)
