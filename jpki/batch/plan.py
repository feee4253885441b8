"""How a table is cut into pieces of work, the same way every time, so that a run can be resumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Lump", "lumps"]

_LEAST_PARTS: Final = 4
_MOST_PARTS: Final = 32
_ENOUGH_LUMPS: Final = 64
_MOST_IN_A_GROUP: Final = 16
_SMALL_ONES: Final = 4
"""Lumps' worth of rows at the end that are cut as finely as can be."""


@dataclass(frozen=True, slots=True)
class Lump:
    """Rows of one row group that one process works through: ``first`` counts inside the group.

    ``part`` is the number of its first part in the whole answer, and each part but the last one
    has ``part_rows`` rows.
    """

    group: int
    first: int
    rows: int
    part: int
    part_rows: int

    @property
    def parts(self) -> range:
        """The numbers of its parts."""
        return range(self.part, self.part + -(-self.rows // self.part_rows))

    @property
    def sizes(self) -> Iterator[tuple[int, int]]:
        """Each of its parts with the rows that it has."""
        for place, part in enumerate(self.parts):
            yield part, min(self.part_rows, self.rows - place * self.part_rows)


def lumps(groups: Sequence[int], *, part_rows: int) -> Iterator[Lump]:
    """Cut row groups of these sizes into lumps.

    There are enough to keep many processes busy. But who works in the middle of a group has to read
    over what comes before, so no group is cut into more than sixteen. The last ones are small, so
    that nobody is long at work when all others have finished.
    """
    total = sum(groups)
    even = -(-total // _ENOUGH_LUMPS)
    usual = min(max(even, _LEAST_PARTS * part_rows), _MOST_PARTS * part_rows)
    part = done = 0
    for group, rows in enumerate(groups):
        done += rows
        wanted = part_rows if done > total - total // _ENOUGH_LUMPS * _SMALL_ONES else usual
        size = max(wanted, -(-rows // _MOST_IN_A_GROUP))
        size += -size % part_rows
        for first in range(0, rows, size):
            lump = Lump(group, first, min(size, rows - first), part, part_rows)
            part += len(lump.parts)
            yield lump
