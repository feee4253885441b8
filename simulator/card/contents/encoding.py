"""How the card writes data objects: two-byte tags, lengths of one byte or of 82 and two bytes.

The lengths are not the shortest possible: 82 is used from 128 on, where 81 would do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["object_of", "padded", "public_key", "record_of", "with_offsets"]

_LONG: Final = 0x80
_FILLER: Final = b"\xff"
_EXPONENT: Final = 0x90
_MODULUS: Final = 0x91


def object_of(tag: int, *contents: bytes) -> bytes:
    """Return one data object around the contents."""
    content = b"".join(contents)
    return _tag(tag) + _length(len(content)) + content


def with_offsets(tag: int, table_tag: int, members: Sequence[bytes]) -> bytes:
    """Return an object that begins with a table of where in the file each member starts."""
    table_size = 2 * len(members)
    head = len(_tag(table_tag)) + 1 + table_size
    total = head + sum(len(member) for member in members)
    place = len(_tag(tag)) + len(_length(total)) + head
    table = b""
    for member in members:
        table += place.to_bytes(2, "big")
        place += len(member)
    return object_of(tag, object_of(table_tag, table), *members)


def record_of(tag: int, content: bytes) -> bytes:
    """Return a record in the simple encoding of the base specification."""
    length = bytes((len(content),)) if len(content) < 0xFF else b"\xff" + _two(len(content))
    return bytes((tag,)) + length + content


def public_key(key: RSAPublicKey) -> bytes:
    """Return exponent and modulus as the card writes an RSA key."""
    numbers = key.public_numbers()
    exponent = numbers.e.to_bytes(3, "big")
    modulus = numbers.n.to_bytes(key.key_size // 8, "big")
    return object_of(_EXPONENT, exponent) + object_of(_MODULUS, modulus)


def padded(content: bytes, *, size: int | None, block: int) -> bytes:
    """Return the content in its file: of a known size, or up to the next multiple of a block."""
    rounded = -(-len(content) // block) * block
    return content.ljust(rounded if size is None else size, _FILLER)


def _tag(tag: int) -> bytes:
    return tag.to_bytes(1 if tag <= 0xFF else 2, "big")


def _length(length: int) -> bytes:
    return bytes((length,)) if length < _LONG else b"\x82" + _two(length)


def _two(number: int) -> bytes:
    return number.to_bytes(2, "big")
