"""How a table is cut into pieces of work, the same way every time, so that a run can be resumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["PART_ROWS", "Lump", "lumps"]

PART_ROWS: Final = 4096
"""Rows of one part of the answer: what is done anew, at most, for each process that was killed."""
_LUMP_PARTS: Final = 32


@dataclass(frozen=True, slots=True)
class Lump:
    """Rows of one row group that one process works through: ``first`` counts inside the group.

    ``part`` is the number of its first part in the whole answer.
    """

    group: int
    first: int
    rows: int
    part: int

    @property
    def parts(self) -> range:
        """The numbers of its parts."""
        return range(self.part, self.part + -(-self.rows // PART_ROWS))


def lumps(groups: Iterable[int]) -> Iterator[Lump]:
    """Cut row groups of these sizes into lumps.

    Who works in the middle of a group has to read over what comes before, so lumps are large and
    the parts that are written inside them small.
    """
    part = 0
    for group, rows in enumerate(groups):
        size = max(PART_ROWS * _LUMP_PARTS, -(-rows // _LUMP_PARTS))
        size += -size % PART_ROWS
        for first in range(0, rows, size):
            lump = Lump(group, first, min(size, rows - first), part)
            part += len(lump.parts)
            yield lump
