"""What a chunk of people leaves behind in a stretch of days: rows and counts, never the past."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from simulator.population.arrays import Array, np
from simulator.population.happenings import HAPPENINGS

__all__ = ["CERTIFICATE_COLUMNS", "EVENT_COLUMNS", "HOLD_COLUMNS", "Counts", "Tally"]

EVENT_COLUMNS = ("person", "day", "happening", "until", "serial", "place", "made")
CERTIFICATE_COLUMNS = (
    "person", "kind", "serial", "place", "issued", "ends", "ended", "reason", "rule", "state",
)  # fmt: skip
HOLD_COLUMNS = ("person", "kind", "serial", "place", "issued", "ends", "held", "until")


@dataclass(slots=True)
class Counts:
    """A stretch of days in numbers; row 0 of each table is everything before the first day.

    ``issued``, ``expired``, ``held``, ``released``: day × kind. ``revoked``: day × kind × reason.
    ``entering`` and ``leaving``: the places in a table day × list, ``days`` by ``lists``, where an
    entry appears or is gone, in order; lists of the signature authority come first. ``events``
    counts happenings of the stretch by their number.
    """

    issued: Array
    expired: Array
    held: Array
    released: Array
    revoked: Array
    entering: Array
    leaving: Array
    days: int
    lists: int
    events: Array

    @property
    def listed(self) -> Array:
        """Return day × list: by how much each list grows or shrinks."""
        shape, size = (self.days, self.lists), self.days * self.lists
        grown = np.bincount(self.entering, minlength=size)
        shrunk = np.bincount(self.leaving, minlength=size)
        return (grown - shrunk).astype(np.int32).reshape(shape)


_WIDTHS: Final = {"issued": 4, "expired": 4, "held": 4, "released": 4, "revoked": 4 * 8}
"""The columns of each table."""


@dataclass(slots=True)
class Tally:
    """Collects what happens; ``close`` turns a stretch of days into :class:`Counts`.

    A day and a column of a table are kept as one number, the day times the columns of the table
    plus the column.
    """

    places: int
    with_events: bool
    events: list[tuple[Array, ...]] = field(default_factory=list)
    ended: list[tuple[Array, ...]] = field(default_factory=list)
    holds: list[tuple[Array, ...]] = field(default_factory=list)
    happened: Array = field(default_factory=lambda: np.zeros(len(HAPPENINGS), np.int64))
    _marks: dict[str, list[Array]] = field(default_factory=dict)
    _entering: list[Array] = field(default_factory=list)
    _leaving: list[Array] = field(default_factory=list)

    def mark(self, name: str, day: Array, column: Array | int) -> None:
        """Count one in a column of a table on each of these days."""
        self._marks.setdefault(name, []).append(day * _WIDTHS[name] + column)

    def enter(self, day: Array, which: Array) -> None:
        """Let an entry appear on a list from the list of this day on."""
        self._entering.append(day * (2 * self.places) + which)

    def leave(self, day: Array, which: Array) -> None:
        """Let an entry be gone from the list of this day on, which may lie far ahead."""
        self._leaving.append(day * (2 * self.places) + which)

    def close(self, first: int, last: int) -> Counts:
        """Return the counts of the days from ``first`` to ``last`` and begin anew."""
        width = 2 * self.places
        entering, self._entering = _due(self._entering, first, last, width)
        leaving, self._leaving = _due(self._leaving, first, last, width)
        tables = {
            name: _counted(_spots(self._marks.get(name, []), first, columns), first, last, columns)
            for name, columns in _WIDTHS.items()
        }
        counts = Counts(
            **tables,
            entering=entering,
            leaving=leaving,
            days=last - first + 2,
            lists=width,
            events=self.happened,
        )
        self._marks = {}
        self.happened = np.zeros(len(HAPPENINGS), np.int64)
        return counts


def _due(parts: list[Array], first: int, last: int, width: int) -> tuple[Array, list[Array]]:
    """Where the entries of the stretch fall into its table, and those that lie behind it."""
    spots = _joined(parts)
    now = spots < (last + 1) * width
    return np.sort(_spots([spots.compress(now)], first, width)), [spots.compress(~now)]


def _spots(parts: list[Array], first: int, width: int) -> Array:
    """The numbers counted from row 0, which has what was before the first day."""
    spots = _joined(parts) - np.int32((first - 1) * width)
    early = (spots < 0).nonzero()[0]
    if len(early):
        spots[early] %= width
    return spots


def _joined(parts: list[Array]) -> Array:
    return np.concatenate(parts) if parts else np.empty(0, np.int32)


def _counted(spots: Array, first: int, last: int, width: int) -> Array:
    days = last - first + 2
    return np.bincount(spots, minlength=days * width).astype(np.int32).reshape(days, width)
