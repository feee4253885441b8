"""One partition's lists one after another, and what they say folded into rows.

Lists repeat themselves day after day, so an entry is one row for as long as lists in a row say the
same: from which list, to which list. A hold that is released and one that becomes a revocation are
rows of their own. OCSP answers made for the same time are kept as if they were a list that speaks
only of those it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final

from jpki.errors import UnusableSource
from jpki.jst import moment
from jpki.revocation.index.arrays import Array, Columns, instant_of, np
from jpki.revocation.revocation_list import IssuingDistributionPoint

__all__ = ["ANSWERS", "KnownList", "RefusedList", "Rows", "Scope", "Series", "Span"]


@dataclass(frozen=True, slots=True, order=True)
class KnownList:
    """What is kept of a list beside its entries; instants are seconds since 1950.

    Without a number ``number`` is -1. ``digest`` is the SHA-256 of the list, or of nothing where
    the entries came without one.
    """

    this_update: int
    number: int
    digest: bytes
    next_update: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class RefusedList:
    """A list that says nothing that can be used, and why."""

    known: KnownList
    code: str
    facts: tuple[tuple[str, str], ...] = ()


ANSWERS: Final = "answers"
Scope = IssuingDistributionPoint | str | None
"""Which certificates lists speak of; ``ANSWERS`` stands for OCSP answers."""


@dataclass(frozen=True, slots=True)
class Span:
    """Rows of one kind, narrow or wide: from the list ``first`` to the list ``last`` of a series.

    Lists are counted in the series, from the oldest.
    """

    keys: Array
    times: Array
    reasons: Array
    first: Array
    last: Array

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.keys)

    def only(self, which: Array) -> Span:
        """Return some of the rows."""
        return Span(*(getattr(self, one.name)[which] for one in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[Span]) -> Span:
        """Return the rows of all parts; there is at least one."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            *(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls))
        )

    @classmethod
    def opened(cls, keys: Array, times: Array, reasons: Array, at: int) -> Span:
        """Return entries of one list as rows that begin and end with it."""
        where = np.full(len(keys), at, dtype=np.uint16)
        return cls(keys, times, reasons, where, where)

    def continued(self, new: Span, at: int) -> tuple[Span, Span]:
        """Return the rows that ended before list ``at``, and those it goes on with or begins.

        Both hold one row for a number, in order of the numbers.
        """
        if not len(self) or not len(new):
            return self, new
        place = np.minimum(np.searchsorted(self.keys, new.keys), len(self) - 1)
        same = (
            (self.keys[place] == new.keys)
            & (self.times[place] == new.times)
            & (self.reasons[place] == new.reasons)
        )
        goes_on = np.zeros(len(self), dtype=bool)
        goes_on[place[same]] = True
        first = np.where(same, self.first[place], np.uint16(at))
        return self.only(~goes_on), replace(new, first=first)


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a series."""

    narrow: Span
    wide: Span


_EMPTY: Final = Columns.of(())
_MOST_LISTS: Final = 60_000


def _spans(columns: Columns, at: int) -> tuple[Span, Span]:
    return (
        Span.opened(columns.serials, columns.times, columns.reasons, at),
        Span.opened(columns.wide_keys, columns.wide_times, columns.wide_reasons, at),
    )


class Series:
    """The lists of one partition, each folded in as it is added, from the oldest to the newest."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.lists: list[KnownList] = []
        self.refused: list[RefusedList] = []
        self._ended: list[tuple[Span, Span]] = []
        self._open = _spans(_EMPTY, 0)

    def __repr__(self) -> str:
        return f"<Series of {len(self.lists)} lists>"

    @classmethod
    def resumed(
        cls,
        scope: Scope,
        lists: Iterable[KnownList],
        refused: Iterable[RefusedList],
        narrow: Span,
        wide: Span,
    ) -> Series:
        """Return a series as it stands in an index, to be gone on with."""
        series = cls(scope)
        series.lists, series.refused = list(lists), list(refused)
        newest = len(series.lists) - 1
        parts = [
            (span.only(span.last != newest), span.only(span.last == newest))
            for span in (narrow, wide)
        ]
        if scope == ANSWERS:
            series._ended = [(narrow, wide)]
        else:
            series._ended = [(parts[0][0], parts[1][0])]
            series._open = (_by_key(parts[0][1]), _by_key(parts[1][1]))
        return series

    def holds(self, digest: bytes) -> bool:
        """Tell whether a list of this digest is there already."""
        known = (*self.lists, *(one.known for one in self.refused))
        return any(one.digest == digest for one in known)

    def add(self, known: KnownList, columns: Columns, *, source: str) -> None:
        """Fold in a list that is newer than all before; its entries in order of their numbers.

        Raises ``UnusableSource`` for one that is older.
        """
        if self.lists and known < self.lists[-1]:
            raise UnusableSource(
                source,
                f"a list of {moment(instant_of(known.this_update))}, older than one that is in "
                "the index already",
                hint="build the index anew from all lists",
            )
        if len(self.lists) >= _MOST_LISTS:
            raise UnusableSource(source, f"more than {_MOST_LISTS} lists of one partition")
        at = len(self.lists)
        self.lists.append(known)
        pairs = [
            old.continued(new, at) for old, new in zip(self._open, _spans(columns, at), strict=True)
        ]
        if any(len(ended) for ended, _ in pairs):
            self._ended.append((pairs[0][0], pairs[1][0]))
        self._open = (pairs[0][1], pairs[1][1])

    def add_answers(self, known: KnownList, columns: Columns) -> None:
        """Add what OCSP answers of one time say; each stands for itself."""
        at = len(self.lists)
        self.lists.append(known)
        self._ended.append(_spans(columns, at))

    @property
    def newest(self) -> int | None:
        """When the newest list was made, of those that cannot be used if there are only such."""
        known = self.lists or [one.known for one in self.refused]
        return max((one.this_update for one in known), default=None)

    def forget(self, before: int) -> int:
        """Forget the lists made before an instant, and return how many; not the newest one.

        What stays is what building from the other lists alone gives.
        """
        self.refused = [one for one in self.refused if one.known.this_update >= before]
        stays = [one.this_update >= before for one in self.lists]
        if all(stays):
            return 0
        earlier = np.cumsum([0, *stays])
        self._ended = [
            (_renumbered(narrow, earlier), _renumbered(wide, earlier))
            for narrow, wide in self._ended
        ]
        narrow, wide = (
            replace(one, first=earlier[one.first].astype(np.uint16)) for one in self._open
        )
        self._open = (narrow, wide)
        self.lists = [one for one, kept in zip(self.lists, stays, strict=True) if kept]
        return len(stays) - len(self.lists)

    def rows(self) -> Rows:
        """Return all rows; those of the newest list end with it."""
        newest = max(len(self.lists) - 1, 0)
        still = tuple(
            replace(span, last=np.full(len(span), newest, dtype=np.uint16)) for span in self._open
        )
        both = [*self._ended, still]
        return Rows(Span.joined([one[0] for one in both]), Span.joined([one[1] for one in both]))


def _renumbered(span: Span, earlier: Array) -> Span:
    """Return the rows that lists still show, by how many lists that stay are earlier than each."""
    first = earlier[span.first]
    last = earlier[span.last.astype(np.int64) + 1] - 1
    still = replace(span, first=first.astype(np.uint16), last=last.astype(np.uint16))
    return still.only(last >= first)


def _by_key(span: Span) -> Span:
    return span.only(np.argsort(span.keys, kind="stable"))
