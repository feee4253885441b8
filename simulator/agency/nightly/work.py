"""What a night's work is: which lists there are, by number, and what stands on them.

Lists are numbered through: by generation, within it by purpose, within that by municipality. So the
entries of any stretch of lists lie side by side once they are sorted by that number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from jpki.jst import at_time
from jpki.life import Authority
from jpki.revocation.index.arrays import Array, narrow_seconds, np
from jpki.terms import Purpose

__all__ = ["PURPOSES", "Entries", "Night", "Progress", "Stage"]

PURPOSES: Final = tuple(Purpose)
_DAY_SECONDS: Final = 86_400
_EPOCH: Final = date(1970, 1, 1)


class Stage(StrEnum):
    """What is being done."""

    GATHERING = "gathering"
    WRITING = "writing"
    INDEXING = "indexing"


Progress = Callable[[Stage, int, int], None]
"""Called with the stage, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Night:
    """The lists made at an instant: of these generations, for so many municipalities.

    ``issuing_from`` are the numbers of the days (since 1970) from which each generation issues;
    ``recorded_at`` is the time of day at which events of the population are recorded.
    """

    made: datetime
    on: date
    places: int
    recorded_at: time
    generations: tuple[int, ...]
    issuing_from: tuple[int, ...]

    @property
    def lists(self) -> int:
        """How many lists there are."""
        return len(self.generations) * len(PURPOSES) * self.places

    @property
    def made_second(self) -> int:
        """The instant in seconds since 1950."""
        return narrow_seconds(self.made)

    @property
    def day_number(self) -> int:
        """The number of the day."""
        return (self.on - _EPOCH).days

    def seconds(self, days: Array) -> Array:
        """Return the instants at which what happened on these days is recorded."""
        first = narrow_seconds(at_time(_EPOCH, self.recorded_at))
        return first + days.astype(np.int64) * _DAY_SECONDS

    def authority(self, number: int) -> Authority:
        """Return whose list the one with this number is."""
        series = number // self.places
        return Authority(PURPOSES[series % 2], self.generations[series // 2])

    def place(self, number: int) -> int:
        """Return which municipality's list it is, counted from 1."""
        return number % self.places + 1

    def numbers(self, issued: Array, purpose: Array, place: Array) -> Array:
        """Return the lists of certificates; below zero where no generation of these issued one."""
        generation = np.searchsorted(np.array(self.issuing_from), issued, side="right") - 1
        which = (generation * len(PURPOSES) + purpose) * self.places + place
        return np.where(generation < 0, -1, which)


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries in columns: on which list, number, instant in seconds since 1950, reason."""

    which: Array
    serials: Array
    times: Array
    reasons: Array

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.which)

    @classmethod
    def joined(cls, parts: list[Entries]) -> Entries:
        """Return all parts one after another."""
        empty = (np.uint16, np.uint32, np.uint32, np.uint8)
        columns = zip(
            tuple(np.empty(0, kind) for kind in empty),
            *((one.which, one.serials, one.times, one.reasons) for one in parts),
            strict=True,
        )
        return cls(*(np.concatenate(each) for each in columns))

    def in_order(self) -> Entries:
        """Return them by list, and on each by number."""
        key = (self.which.astype(np.uint64) << np.uint64(32)) | self.serials
        order = np.argsort(key, kind="stable")
        return Entries(
            self.which[order], self.serials[order], self.times[order], self.reasons[order]
        )
