"""Where a batch's questions come from: a Parquet file, or a folder of signed files.

A source knows how many rows there are before anything is judged, and reads any lump of them in
small pieces, so that what it takes of memory does not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from jpki.batch.arrow import pa, pq
from jpki.batch.plan import Lump
from jpki.errors import MalformedDocument

__all__ = ["FolderSource", "ParquetSource", "Source", "open_source"]

_PIECE: Final = 512
_BUFFER: Final = 1 << 20
_SIGNED: Final = frozenset({".p7s", ".p7m", ".pdf", ".xml"})
_LARGEST_FILE: Final = 1 << 28


class Source(Protocol):
    """Questions in an order that does not change."""

    @property
    def path(self) -> Path:
        """The file or folder."""

    @property
    def schema(self) -> pa.Schema:
        """The columns."""

    @property
    def groups(self) -> tuple[int, ...]:
        """How many rows each group has that can be read by itself."""

    @property
    def part_rows(self) -> int:
        """The rows of one part of the answer: what is done anew, at most, for a killed process."""

    @property
    def fingerprint(self) -> str:
        """A digest that tells another source, as far as that is seen without reading it all."""

    def pieces(self, lump: Lump, skip: int) -> Iterator[pa.RecordBatch]:
        """Yield a lump's rows from the row ``skip`` of it on."""


def open_source(path: Path) -> Source:
    """Return a folder's files or a Parquet file's rows; raise ``MalformedDocument`` for others."""
    return FolderSource(path) if path.is_dir() else ParquetSource(path)


class ParquetSource:
    """A Parquet file, read page by page."""

    part_rows = 4096

    def __init__(self, path: Path) -> None:
        self.path = path
        metadata = self._file().metadata
        self.schema = metadata.schema.to_arrow_schema()
        self.groups = tuple(
            metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)
        )

    def _file(self) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(self.path, pre_buffer=False, buffer_size=_BUFFER)
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(self.path, error) from error

    @cached_property
    def fingerprint(self) -> str:
        """The digest of the file's size and of its footer, which knows the place of every page."""
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            file.seek(-8, 2)
            length = min(int.from_bytes(file.read(4), "little") + 8, size)
            file.seek(-length, 2)
            return sha256(size.to_bytes(8, "big") + file.read()).hexdigest()

    def pieces(self, lump: Lump, skip: int) -> Iterator[pa.RecordBatch]:
        """Yield a lump's rows; what lies before them in the group is read over."""
        first, last = lump.first + skip, lump.first + lump.rows
        row = 0
        try:
            with self._file() as file:
                for piece in file.iter_batches(batch_size=_PIECE, row_groups=[lump.group]):
                    begins, row = row, row + piece.num_rows
                    if row > first:
                        yield piece.slice(max(0, first - begins), last - max(begins, first))
                    if row >= last:
                        return
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(self.path, error) from error


def _unreadable(path: Path, error: Exception) -> MalformedDocument:
    if isinstance(error, FileNotFoundError):
        return MalformedDocument("there is no such file", source=str(path))
    # Of a damaged file the library says which page or length; it quotes no values.
    problem = str(error).splitlines()[0][:200]
    return MalformedDocument(
        f"it cannot be read as Parquet: {problem}",
        source=str(path),
        hint="it may be cut short: write or copy it again",
    )


@dataclass(frozen=True)
class FolderSource:
    """The signed files of a folder and what is below it, each a row named by its path.

    Beside ``contract.txt.p7s`` its content ``contract.txt`` is looked for.
    """

    path: Path

    @property
    def schema(self) -> pa.Schema:
        """The file's path as ``id``, its bytes, and those of its content."""
        return pa.schema(
            [
                pa.field("id", pa.string()),
                pa.field("signature", pa.binary()),
                pa.field("content", pa.binary()),
            ]
        )

    @property
    def part_rows(self) -> int:
        """Few, because a file may take long."""
        return 64

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The signed files, in the order of their paths."""
        try:
            found = sorted(
                file
                for file in self.path.rglob("*")
                if file.suffix.lower() in _SIGNED and file.is_file()
            )
        except OSError as error:
            raise _closed(self.path, error) from error
        if not found:
            kinds = " ".join(sorted(_SIGNED))
            raise MalformedDocument(f"the folder holds no {kinds} file", source=str(self.path))
        return tuple(found)

    @property
    def groups(self) -> tuple[int, ...]:
        """All files in one group: any of them can be read by itself."""
        return (len(self.files),)

    @cached_property
    def fingerprint(self) -> str:
        """The digest of the files' paths and sizes."""
        digest = sha256()
        for file in self.files:
            digest.update(f"{file.relative_to(self.path)}\0{file.stat().st_size}\n".encode())
        return digest.hexdigest()

    def pieces(self, lump: Lump, skip: int) -> Iterator[pa.RecordBatch]:
        """Yield files one by one: each may be large."""
        for file in self.files[lump.first + skip : lump.first + lump.rows]:
            content = _read(file.with_suffix("")) if _is_detached(file) else None
            columns = (str(file.relative_to(self.path)), _read(file), content)
            yield pa.record_batch(
                [
                    pa.array([column], field.type)
                    for column, field in zip(columns, self.schema, strict=True)
                ],
                schema=self.schema,
            )


def _is_detached(file: Path) -> bool:
    return file.suffix.lower() == ".p7s" and file.with_suffix("").is_file()


def _read(file: Path) -> bytes | None:
    """Return a file's bytes; a file that cannot be read is a row without a signature."""
    try:
        return file.read_bytes() if file.stat().st_size <= _LARGEST_FILE else None
    except OSError:
        return None


def _closed(path: Path, error: OSError) -> MalformedDocument:
    return MalformedDocument(f"cannot be read: {error.strerror}", source=str(path))
