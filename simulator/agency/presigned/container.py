"""The file of pre-signed answers: columns behind one header, mapped and not read.

Layout, all numbers little-endian::

    header      magic, version, size of the file, place and SHA-256 of the directory
    columns     for each section: serials (4 octets), instants (8), reasons (1), signatures
    directory   JSON: what each section is, where its columns lie, and their SHA-256

What the answers of a section share stands in the directory once, so a certificate takes 13 octets
and its signature, not the 1.7 kB of its answer. A file is written under another name, synchronised
and moved, so nobody ever sees half of one.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO, Final

from jpki.errors import MalformedDocument, NotWritten, WorldUnavailable
from jpki.whole_files import remove_leftovers, whole_file

__all__ = ["VERSION", "ColumnWriter", "mapped", "numbers", "written_aside"]

VERSION: Final = 1
_MAGIC: Final = b"JPKIocsp"
_HEADER: Final = struct.Struct("<8sIIQQQ32s")
_LARGEST_DIRECTORY: Final = 256 * 2**20
_HINT: Final = "sign anew: jpki-sim ocsp presign"

Place = dict[str, Any]
"""Where a column lies: ``offset``, ``size`` and ``sha256``."""


class ColumnWriter:
    """A file that is being written: columns one after another, then the directory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._file.write(bytes(_HEADER.size))

    def column(self, parts: Iterable[bytes]) -> Place:
        """Write a column and return where it lies."""
        # Numbers begin at a multiple of their size.
        self._file.write(bytes(-self._file.tell() % 8))
        offset, digest, size = self._file.tell(), hashlib.sha256(), 0
        for part in parts:
            self._file.write(part)
            digest.update(part)
            size += len(part)
        return {"offset": offset, "size": size, "sha256": digest.hexdigest()}

    def numbers(self, values: array[int]) -> Place:
        """Write a column of numbers."""
        if sys.byteorder == "big":
            values = array(values.typecode, values)
            values.byteswap()
        return self.column([values.tobytes()])

    def finish(self, directory: dict[str, Any]) -> None:
        """Write the directory, and the header last."""
        encoded = json.dumps(directory, sort_keys=True).encode()
        place = self._file.tell()
        self._file.write(encoded)
        size, digest = self._file.tell(), hashlib.sha256(encoded).digest()
        self._file.seek(0)
        self._file.write(_HEADER.pack(_MAGIC, VERSION, 0, size, place, len(encoded), digest))


@contextmanager
def written_aside(path: Path) -> Iterator[ColumnWriter]:
    """Write a file beside ``path`` and put it there when it is whole.

    ``WorldUnavailable`` when it cannot be written, as on a full disk; what stood there stays.
    """
    remove_leftovers(path)
    try:
        with whole_file(path) as file:
            yield ColumnWriter(file)
    except NotWritten as error:
        raise WorldUnavailable(
            f"{path}: {error.reason}", hint="make room, or choose another file"
        ) from error


def mapped(path: Path, *, verify: bool) -> tuple[memoryview, dict[str, Any]]:
    """Map a file; return its bytes and its directory.

    ``verify`` reads all of it and holds the columns against their digests. ``MalformedDocument``
    when it is no such file, of another version, cut short or damaged.
    """
    try:
        with path.open("rb") as file:
            view = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or "there is nothing in it"
        raise _malformed(path, found) from None
    if len(view) < _HEADER.size:
        raise _malformed(path, "it is shorter than its header")
    magic, version, _, size, place, length, digest = _HEADER.unpack_from(view)
    if magic != _MAGIC:
        raise _malformed(path, "it holds no pre-signed answers, or its writing was cut short")
    if version != VERSION:
        raise _malformed(path, f"it has version {version}; this program reads {VERSION}")
    encoded = bytes(view[place : place + length]) if length <= _LARGEST_DIRECTORY else b""
    if size != len(view) or hashlib.sha256(encoded).digest() != digest:
        raise _malformed(path, "it is damaged")
    directory: dict[str, Any] = json.loads(encoded)
    if verify:
        for section in directory["sections"]:
            for column in section["columns"].values():
                lies = view[column["offset"] : column["offset"] + column["size"]]
                if hashlib.sha256(lies).hexdigest() != column["sha256"]:
                    raise _malformed(path, "it is damaged")
    return view, directory


def numbers(view: memoryview, place: Place, code: str) -> Sequence[int]:
    """Return a column of numbers as it lies in the file."""
    column = view[place["offset"] : place["offset"] + place["size"]]
    if sys.byteorder == "little":
        return column.cast(code)  # type: ignore[call-overload,no-any-return]
    swapped = array(code, column.tobytes())
    swapped.byteswap()
    return swapped


def _malformed(path: Path, reason: str) -> MalformedDocument:
    return MalformedDocument(reason, source=str(path), hint=_HINT)
