"""Entries on the disk between gathering and writing: runs, each sorted by list.

A night's entries need not fit into memory. Each run holds about a million at most, eleven bytes
each; what belongs to a stretch of lists is one piece of every run, so all is read exactly once.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from jpki.revocation.index.arrays import Array, np
from jpki.whole_files import naming_failures
from simulator.agency.nightly.work import Entries

__all__ = ["MOST_IN_A_RUN", "MOST_LISTS", "RunWriter", "read_entries"]

MOST_IN_A_RUN: Final = 1 << 20
"""How many entries are in memory while they are gathered."""
MOST_LISTS: Final = 1 << 16
"""A list's number has two bytes on the disk."""

_COLUMNS: Final[tuple[np.dtype[Any], ...]] = (
    np.dtype("<u2"),
    np.dtype("<u4"),
    np.dtype("<u4"),
    np.dtype("<u1"),
)
_WHERE: Final = np.dtype("<u8")


@dataclass(slots=True)
class RunWriter:
    """Collects the entries of one file of the population and writes runs of them.

    ``counts`` has how many entries of each list there are so far.
    """

    folder: Path
    name: str
    lists: int
    counts: Array
    written: int
    _parts: list[Entries]

    @classmethod
    def begun(cls, folder: Path, name: str, lists: int) -> RunWriter:
        """Return one with nothing in it yet; its files' names begin with ``name``."""
        return cls(folder, name, lists, np.zeros(lists, np.int64), 0, [])

    def add(self, entries: Entries) -> None:
        """Take some more."""
        self._parts.append(entries)
        if sum(map(len, self._parts)) >= MOST_IN_A_RUN:
            self.close()

    def close(self) -> None:
        """Write what was collected."""
        entries = Entries.joined(self._parts).in_order()
        self._parts = []
        if not len(entries):
            return
        counts = np.bincount(entries.which, minlength=self.lists)
        self.counts += counts
        begins = np.concatenate([[0], np.cumsum(counts)]).astype(_WHERE)
        path = self.folder / f"{self.name}-{self.written:04d}.run"
        with naming_failures(path), path.open("wb") as file:
            # Not with tofile, which takes no notice of a disk that is full when it is done.
            file.write(begins.tobytes())
            columns = (entries.which, entries.serials, entries.times, entries.reasons)
            for column, kind in zip(columns, _COLUMNS, strict=True):
                file.write(column.astype(kind, copy=False).tobytes())
        self.written += 1


def read_entries(runs: Sequence[Path], lists: int, first: int, behind: int) -> Entries:
    """Return the entries of the lists from ``first`` on, up to ``behind``, in order."""
    return Entries.joined([_piece(path, lists, first, behind) for path in runs]).in_order()


def _piece(path: Path, lists: int, first: int, behind: int) -> Entries:
    with path.open("rb") as file:
        start, stop = (int(_read(file, _WHERE, at, 1)[0]) for at in _places(first, behind))
        total = int(_read(file, _WHERE, lists * _WHERE.itemsize, 1)[0])
        columns, begins = [], (lists + 1) * _WHERE.itemsize
        for kind in _COLUMNS:
            columns.append(_read(file, kind, begins + start * kind.itemsize, stop - start))
            begins += total * kind.itemsize
    return Entries(*columns)


def _places(first: int, behind: int) -> tuple[int, int]:
    return first * _WHERE.itemsize, behind * _WHERE.itemsize


def _read(file: BinaryIO, kind: np.dtype[Any], at: int, count: int) -> Array:
    file.seek(at)
    content = file.read(count * kind.itemsize)
    if len(content) != count * kind.itemsize:
        raise OSError(errno.EIO, "the entries gathered are cut short")
    return np.frombuffer(content, kind)
