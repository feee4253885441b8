"""The file that an index is: named arrays behind one header, mapped and not read.

Layout, all numbers little-endian::

    header        magic, version, size of the file, place and SHA-256 of the directory; SHA-256 of
                  the header itself, cut to 16 bytes
    arrays        each begins at a multiple of 64 bytes
    directory     JSON: what each array is, where it lies, and the digests of its blocks

Opening checks header and directory, and small arrays; :meth:`Container.verify` checks every block.
The header is written last, so a file whose making was cut short has none, and it lies under another
name until it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO, Final

from jpki.errors import MalformedIndex, OtherIndexVersion
from jpki.revocation.index.arrays import Array, np
from jpki.whole_files import remove_leftovers, whole_file

__all__ = ["VERSION", "Container", "open_container", "write_container"]

VERSION: Final = 1
_MAGIC: Final = b"JPKIrevX"
_FIELDS: Final = struct.Struct("<8sIIQQQ32s")
_HEADER: Final = 128
_ALIGNED: Final = 64
_BLOCK: Final = 4 * 2**20
_SMALL: Final = 2**18
"""Bytes; an array up to here is checked whenever the file is opened."""
_MOST_ARRAYS: Final = 4096


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an array lies, what it holds and the digests of its blocks."""

    dtype: str
    offset: int
    count: int
    blocks: tuple[str, ...]

    @property
    def size(self) -> int:
        return np.dtype(self.dtype).itemsize * self.count

    @classmethod
    def read(cls, said: Mapping[str, Any], *, limit: int) -> _Place:
        place = cls(
            str(said["dtype"]), int(said["offset"]), int(said["count"]), tuple(said["blocks"])
        )
        if place.dtype not in _DTYPES or min(place.offset - _HEADER, place.count) < 0:
            raise ValueError
        blocks = -(-place.size // _BLOCK)
        if place.offset + place.size > limit or len(place.blocks) != blocks:
            raise ValueError
        return place


_DTYPES: Final = frozenset({"|u1", "<u2", "<u4", "<i8", "|V20", "|V32"})


class Container:
    """An open file: ``arrays`` by name, and ``said``, what the directory says beside them."""

    def __init__(
        self, path: Path, content: mmap, places: Mapping[str, _Place], said: Mapping[str, Any]
    ) -> None:
        self.path = path
        self.said = said
        self.size = len(content)
        self._content = content
        self._places = places

    def __repr__(self) -> str:
        return f"<Container {self.path.name}, {self.size} bytes>"

    @property
    def fingerprint(self) -> bytes:
        """The digest of the header, which has that of the directory, which has those of all."""
        return hashlib.sha256(self._content[:_HEADER]).digest()

    def array(self, name: str) -> Array:
        """Return an array as it lies in the file; ``MalformedIndex`` when there is none."""
        place = self._places.get(name)
        if place is None:
            raise MalformedIndex(f"the array {name} is missing", source=str(self.path))
        return np.frombuffer(
            self._content, dtype=place.dtype, count=place.count, offset=place.offset
        )

    def has(self, name: str) -> bool:
        """Tell whether there is an array of this name."""
        return name in self._places

    def verify(self, *, progress: Callable[[int, int], None] | None = None) -> None:
        """Check every block of every array; ``MalformedIndex`` names the first that is damaged."""
        total = sum(place.size for place in self._places.values())
        done = 0
        for name, place in self._places.items():
            for _ in self._checked(name, place):
                if progress is not None:
                    done += _BLOCK
                    progress(min(done, total), total)

    def check_small(self) -> None:
        """Check the arrays that are small."""
        for name, place in self._places.items():
            if place.size <= _SMALL:
                for _ in self._checked(name, place):
                    pass

    def _checked(self, name: str, place: _Place) -> Iterator[None]:
        for number, expected in enumerate(place.blocks):
            start = place.offset + number * _BLOCK
            stop = min(start + _BLOCK, place.offset + place.size)
            with memoryview(self._content) as whole, whole[start:stop] as block:
                found = _digest(block)
            if found != expected:
                raise MalformedIndex(
                    f"block {number} of the array {name} is damaged",
                    source=str(self.path),
                    offset=start,
                )
            yield


def _digest(block: memoryview) -> str:
    return hashlib.blake2b(block, digest_size=16).hexdigest()


def open_container(path: Path) -> Container:
    """Map a file; ``MalformedIndex`` when it is none of ours, cut short, damaged or unfinished."""
    source = str(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < _HEADER:
                raise MalformedIndex(f"{size} bytes, which is no index", source=source)
            content = mmap(file.fileno(), 0, access=ACCESS_READ)
    except OSError as error:
        raise MalformedIndex(
            f"cannot be read: {error.strerror or error}",
            source=source,
            hint="check the path and the permissions",
        ) from None
    offset, length, digest = _header(content[:_HEADER], size, source)
    directory = content[offset : offset + length]
    if hashlib.sha256(directory).digest() != digest:
        raise MalformedIndex("the directory is damaged", source=source, offset=offset)
    try:
        said = json.loads(directory)
        places = {
            name: _Place.read(each, limit=offset) for name, each in said.pop("arrays").items()
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        raise MalformedIndex(
            "the directory says what cannot be", source=source, offset=offset
        ) from None
    container = Container(path, content, places, said)
    container.check_small()
    return container


def _header(header: bytes, size: int, source: str) -> tuple[int, int, bytes]:
    """Return place, length and digest of the directory."""
    if not any(header):
        raise MalformedIndex("the index was never finished", source=source, offset=0)
    magic, version, _, told, offset, length, digest = _FIELDS.unpack_from(header)
    if magic != _MAGIC:
        raise MalformedIndex("this is no revocation index", source=source, offset=0)
    if version != VERSION:
        raise OtherIndexVersion(version, known=VERSION, source=source)
    check = header[_FIELDS.size : _FIELDS.size + 16]
    if hashlib.sha256(header[: _FIELDS.size]).digest()[:16] != check:
        raise MalformedIndex("the header is damaged", source=source, offset=0)
    if told != size or offset + length > size:
        raise MalformedIndex(
            f"{size} bytes, where the index has {told}: it was cut short or grew", source=source
        )
    return offset, length, digest


def write_container(path: Path, arrays: Mapping[str, Array], said: Mapping[str, object]) -> int:
    """Write a file whole or not at all, and return its size.

    Raises ``NotWritten``. What an earlier run left behind when it was killed is removed.
    """
    remove_leftovers(path)
    with whole_file(path) as file:
        return _write(file, arrays, said)


def _write(file: BinaryIO, arrays: Mapping[str, Array], said: Mapping[str, object]) -> int:
    file.write(bytes(_HEADER))
    places: dict[str, dict[str, object]] = {}
    for name, array in arrays.items():
        offset = -(-file.tell() // _ALIGNED) * _ALIGNED
        file.write(bytes(offset - file.tell()))
        blocks = []
        content = memoryview(np.ascontiguousarray(array).view(np.uint8).data)
        for start in range(0, content.nbytes, _BLOCK):
            block = content[start : start + _BLOCK]
            blocks.append(_digest(block))
            file.write(block)
        places[name] = {
            "dtype": array.dtype.str,
            "offset": offset,
            "count": len(array),
            "blocks": blocks,
        }
    offset = file.tell()
    directory = json.dumps({"arrays": places, **said}, sort_keys=True).encode()
    file.write(directory)
    size = file.tell()
    file.flush()
    os.fsync(file.fileno())
    digest = hashlib.sha256(directory).digest()
    fields = _FIELDS.pack(_MAGIC, VERSION, 0, size, offset, len(directory), digest)
    file.seek(0)
    file.write(fields + hashlib.sha256(fields).digest()[:16])
    file.flush()
    os.fsync(file.fileno())
    return size
