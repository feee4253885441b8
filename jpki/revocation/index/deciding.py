"""What rows come to in columns, for questions about one instant.

The rules are those of single questions (:mod:`jpki.revocation.index.answering`). Rows are told in
the order of their lists, those of OCSP answers last: the first that shows a revocation decides;
otherwise what is newest does, and of two equally new the one that was told first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from jpki.revocation.index.answering import Cause
from jpki.revocation.index.arrays import GOOD, HOLD, NO_REASON, UNKNOWN, Array, np
from jpki.revocation.index.reading import Section
from jpki.revocation.ocsp import OcspPolicy
from jpki.revocation.statements import Standing

__all__ = ["CAUSES", "STANDINGS", "Decision", "Instant", "ViewAnswers"]

STANDINGS: Final = (Standing.GOOD, Standing.HELD, Standing.REVOKED, Standing.UNKNOWN)
"""What the numbers in ``ViewAnswers.standing`` mean."""
CAUSES: Final = (None, *Cause)
"""What the numbers in ``ViewAnswers.cause`` mean."""
_GOOD, _HELD, _REVOKED, _UNKNOWN = range(4)
_NEVER: Final = np.datetime64("NaT", "s")
_EPOCH: Final = np.datetime64("1950-01-01", "s")
_EPOCH_INSTANT: Final = datetime(1950, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_A_SECOND: Final = 1_000_000
_NEARNESS: Final = np.array([0, 1, 2, 6, 5, 3, 4], dtype=np.uint8)
"""Of each cause: the nearest miss is the one that is told (``answering.cause_of``)."""
_NOTHING: Final = -(1 << 62)
"""How new it is when nothing is said."""


@dataclass(frozen=True, slots=True)
class ViewAnswers:
    """Answers in columns, one row a question.

    ``standing`` counts in ``STANDINGS`` and ``cause`` in ``CAUSES`` (0 when it is known).
    ``recorded_at`` (datetime64, UTC) and ``reason`` (255 for none) are those of the entry that
    holds or revokes, not-a-time and 255 without one.
    """

    standing: Array
    cause: Array
    recorded_at: Array
    reason: Array


@dataclass(frozen=True, slots=True)
class Instant:
    """The instant that is asked about, and the leeway that lists and answers have.

    All in microseconds, the instant since 1950, UTC: whole seconds are compared with it exactly,
    and no sum leaves the calendar.
    """

    at: int
    tolerance: int
    skew: int

    @classmethod
    def of(cls, at: datetime, tolerance: timedelta, policy: OcspPolicy) -> Instant:
        """Return an aware instant with the leeways."""
        spans = (at - _EPOCH_INSTANT, tolerance, policy.skew)
        return cls(*(one // _MICROSECOND for one in spans))

    @property
    def seconds(self) -> int:
        """Whole seconds since 1950."""
        return self.at // _A_SECOND

    def too_new(self, made: Array) -> Array:
        """Tell which answers were made later than the instant, beyond the skew of clocks."""
        return made * _A_SECOND > self.at + self.skew

    def too_old(self, until: Array) -> Array:
        """Tell which nextUpdate is past by more than the tolerance."""
        return until * _A_SECOND < self.at - self.tolerance


class Decision:
    """Answers to many questions while rows are told one after another.

    ``wanted`` is the series of each question, ``newest`` the list of each series that counts.
    """

    def __init__(self, section: Section, instant: Instant, *, wanted: Array, newest: Array) -> None:
        self._section, self._instant = section, instant
        self._wanted, self._newest = wanted, newest
        self._classes = {
            name: section.array(f"class_{name}") for name in ("first", "last", "reason")
        }
        self._series = section.array("list_series")
        self._newness: Array | None = None
        self.answers = ViewAnswers(*(np.zeros(0) for _ in range(4)))

    def begin(self, standing: Array, cause: Array) -> None:
        """Begin with what each question comes to when no row is about its number."""
        count = len(standing)
        reasons = np.full(count, NO_REASON, dtype=np.uint8)
        self.answers = ViewAnswers(standing, cause, np.full(count, _NEVER), reasons)
        if self._section.answers is None:
            return
        newest = self._newest[self._wanted] if len(self._newest) else np.full(count, -1)
        said = (standing == _GOOD) & (self._wanted >= 0) & (newest >= 0)
        self._newness = np.full(count, _NOTHING)
        self._newness[said] = 2 * self._section.array("list_this")[newest[said]]

    def tell(self, asked: Array, codes: Array, times: Array) -> None:
        """Let rows decide: the questions they are about, their classes and their instants."""
        self._section.check_codes(codes)
        owner = self._series[self._classes["first"][codes].astype(np.int64)]
        listed = owner == self._wanted[asked]
        self._by_lists(asked[listed], codes[listed], times[listed])
        if self._section.answers is not None:
            answered = owner == self._section.answers
            self._by_answers(asked[answered], codes[answered], times[answered])

    def _by_lists(self, asked: Array, codes: Array, times: Array) -> None:
        reasons = self._classes["reason"][codes]
        first = self._classes["first"][codes].astype(np.int64)
        last = self._classes["last"][codes].astype(np.int64)
        counts = (times <= self._instant.seconds) & (self.answers.standing[asked] != _REVOKED)
        newest = self._newest[self._wanted[asked]]
        shown = counts & (reasons == HOLD) & (first <= newest) & (newest <= last)
        for which, standing in ((shown, _HELD), (counts & (reasons != HOLD), _REVOKED)):
            self._entry(asked[which], standing, times[which], reasons[which])
        if self._newness is not None:
            made = self._section.array("list_this")
            self._newness[asked[shown]] = 2 * made[newest[shown]] + 1

    def _by_answers(self, asked: Array, codes: Array, times: Array) -> None:
        if self._newness is None or not len(asked):
            return
        reasons = self._classes["reason"][codes]
        place = self._classes["first"][codes].astype(np.int64)
        made = self._section.array("list_this")[place]
        until = self._section.array("list_next")[place]
        unknown, good = reasons == UNKNOWN, reasons == GOOD
        held = reasons == HOLD
        early = ~unknown & ~good & (times > self._instant.seconds)
        final = ~unknown & ~good & ~held & ~early
        fresh = (good | held) & ~early
        too_new = early | (fresh & self._instant.too_new(made))
        too_old = fresh & ~too_new & self._instant.too_old(until)
        for which, cause in (
            (unknown, Cause.RESPONDER_DOES_NOT_KNOW),
            (too_new, Cause.LIST_TOO_NEW),
            (too_old, Cause.LIST_TOO_OLD),
        ):
            self._obstacle(asked[which], CAUSES.index(cause))
        new = 2 * made + held
        says = fresh & ~too_new & ~too_old & (new > self._newness[asked])
        says &= self.answers.standing[asked] != _REVOKED
        self._newness[asked[says]] = new[says]
        for which, standing in ((says & held, _HELD), (says & good, _GOOD)):
            self._entry(asked[which], standing, times[which], reasons[which])
        final &= self.answers.standing[asked] != _REVOKED
        self._entry(asked[final], _REVOKED, times[final], reasons[final])

    def _obstacle(self, asked: Array, cause: int) -> None:
        nearer = self.answers.standing[asked] == _UNKNOWN
        nearer &= _NEARNESS[self.answers.cause[asked]] < _NEARNESS[cause]
        self.answers.cause[asked[nearer]] = cause

    def _entry(self, asked: Array, standing: int, times: Array, reasons: Array) -> None:
        self.answers.standing[asked] = standing
        self.answers.cause[asked] = 0
        good = standing == _GOOD
        self.answers.reason[asked] = NO_REASON if good else reasons
        recorded = _EPOCH + times.astype("m8[s]")
        self.answers.recorded_at[asked] = _NEVER if good else recorded
