"""Where labels go so that none covers another: the lowest level that is free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Flag", "raised", "stacked"]


@dataclass(frozen=True, slots=True)
class Flag:
    """A label that flies to the right of its pole: where the pole stands, how wide the text is."""

    x: float
    width: float


def raised(flags: Sequence[Flag], *, highest: int, gap: float = 4.0) -> tuple[int | None, ...]:
    """Return the level of each flag, counted from 0 upwards; flags stand from left to right.

    A flag keeps clear of the flags of its own level and of the poles that rise through it, so a
    row of flags close together is a flight of stairs. Where the stairs would rise above
    ``highest`` a flag is left out (None): its number stays, and the list tells what it was.
    """
    levels: list[int | None] = [None] * len(flags)
    for index in reversed(range(len(flags))):
        flag = flags[index]
        reach = flag.x + flag.width + gap
        # A pole to the right crosses every level below its own flag.
        near = [levels[n] for n in range(index + 1, len(flags)) if flags[n].x < reach]
        level = max((n for n in near if n is not None), default=-1) + 1
        levels[index] = level if level <= highest else None
    return tuple(levels)


def stacked(wanted: Sequence[Flag], *, gap: float = 6.0) -> tuple[int, ...]:
    """Return the row of each label so that those of one row keep apart, the first row preferred."""
    rows: list[float] = []
    chosen = []
    for label in wanted:
        row = next((n for n, end in enumerate(rows) if end + gap <= label.x), len(rows))
        if row == len(rows):
            rows.append(0.0)
        rows[row] = label.x + label.width
        chosen.append(row)
    return tuple(chosen)
