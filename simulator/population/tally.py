"""What a chunk of people leaves behind in a stretch of days: rows and counts, never the past."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    ``listed``: day × list, by how much each list grows or shrinks; lists of the signature authority
    come first. ``events`` counts happenings of the stretch by their number.
    """

    issued: Array
    expired: Array
    held: Array
    released: Array
    revoked: Array
    listed: Array
    events: Array


@dataclass(slots=True)
class Tally:
    """Collects what happens; ``close`` turns a stretch of days into :class:`Counts`."""

    places: int
    with_events: bool
    events: list[tuple[Array, ...]] = field(default_factory=list)
    ended: list[tuple[Array, ...]] = field(default_factory=list)
    holds: list[tuple[Array, ...]] = field(default_factory=list)
    happened: Array = field(default_factory=lambda: np.zeros(len(HAPPENINGS), np.int64))
    _marks: dict[str, list[tuple[Array, Array]]] = field(default_factory=dict)
    _entering: list[tuple[Array, Array]] = field(default_factory=list)
    _leaving: list[tuple[Array, Array]] = field(default_factory=list)

    def mark(self, name: str, day: Array, column: Array) -> None:
        """Count one in a column of a table on each of these days."""
        self._marks.setdefault(name, []).append((day, column))

    def enter(self, day: Array, which: Array) -> None:
        """Let an entry appear on a list from the list of this day on."""
        self._entering.append((day, which))

    def leave(self, day: Array, which: Array) -> None:
        """Let an entry be gone from the list of this day on, which may lie far ahead."""
        self._leaving.append((day, which))

    def close(self, first: int, last: int) -> Counts:
        """Return the counts of the days from ``first`` to ``last`` and begin anew."""
        days = last - first + 2
        width = 2 * self.places
        listed, self._entering = _due(self._entering, first, last, width)
        gone, self._leaving = _due(self._leaving, first, last, width)
        listed -= gone
        counts = Counts(
            self._table("issued", first, days, 4),
            self._table("expired", first, days, 4),
            self._table("held", first, days, 4),
            self._table("released", first, days, 4),
            self._table("revoked", first, days, 4 * 8),
            listed,
            self.happened,
        )
        self._marks = {}
        self.happened = np.zeros(len(HAPPENINGS), np.int64)
        return counts

    def _table(self, name: str, first: int, days: int, width: int) -> Array:
        day, column = _joined(self._marks.get(name, []))
        return _counted(day, column, first, days, width)


def _due(
    parts: list[tuple[Array, Array]], first: int, last: int, width: int
) -> tuple[Array, list[tuple[Array, Array]]]:
    """What falls into the stretch, counted, and what lies behind it."""
    day, which = _joined(parts)
    now = day <= last
    counted = _counted(day[now], which[now], first, last - first + 2, width)
    return counted, [(day[~now], which[~now])]


def _joined(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    if not parts:
        return np.empty(0, np.int32), np.empty(0, np.int64)
    days, columns = zip(*parts, strict=True)
    return np.concatenate(days), np.concatenate(columns)


def _counted(day: Array, column: Array, first: int, days: int, width: int) -> Array:
    row = np.maximum(day - (first - 1), 0).astype(np.int64)
    spots = row * width + column
    return np.bincount(spots, minlength=days * width).astype(np.int32).reshape(days, width)
