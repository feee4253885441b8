"""Very many questions about one instant: what does not depend on the certificate is decided once.

For one instant most partitions have one list that counts. A certificate that no row names has the
status its partition has; where a row names it, the row decides. Partitions with several lists of
the same second, lists that name no point, and OCSP answers go the way of single questions, so that
every answer is the same as :meth:`RevocationIndex.judge` gives.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from jpki.certificates import AuthorityCertificate
from jpki.errors import IssuerUnknown, UnusableSource
from jpki.jst import require_aware
from jpki.revocation.entries import RevokedEntry
from jpki.revocation.index.answering import Cause, IndexedStatus, RevocationIndex
from jpki.revocation.index.arrays import HOLD, NO_REASON, Array, instant_of, narrow_seconds, np
from jpki.revocation.list_judging import outside_scope
from jpki.revocation.parties import Issuer, Subject
from jpki.revocation.statements import Standing

__all__ = ["CAUSES", "STANDINGS", "IndexView", "ViewAnswers"]

STANDINGS: Final = (Standing.GOOD, Standing.HELD, Standing.REVOKED, Standing.UNKNOWN)
"""What the numbers in ``ViewAnswers.standing`` mean."""
CAUSES: Final = (None, *Cause)
"""What the numbers in ``ViewAnswers.cause`` mean."""
_GOOD, _HELD, _REVOKED, _UNKNOWN = range(4)
_STANDING_NUMBER: Final = {one: number for number, one in enumerate(STANDINGS)}
_CAUSE_NUMBER: Final = {one: number for number, one in enumerate(CAUSES)}
_CODES: Final = {one: f"revocation.{one.value}" for one in STANDINGS}
_NEVER: Final = np.datetime64("NaT", "s")
_EPOCH: Final = np.datetime64("1950-01-01", "s")
_SLOWLY: Final = -2


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


class IndexView:
    """One authority's certificates at one instant.

    A certificate is asked about by number and *partition*, which is what :meth:`partition` returns
    for the DER name of its distribution point. ``tolerance`` is as in ``RevocationIndex.status``.
    Raises ``IssuerUnknown`` when the index has no lists of the authority.
    """

    def __init__(
        self,
        index: RevocationIndex,
        authority: AuthorityCertificate | Issuer,
        *,
        at: datetime,
        tolerance: timedelta = timedelta(0),
    ) -> None:
        section = index.section(authority)
        if section is None:
            raise IssuerUnknown(
                f"{index.path}: no list of this authority is in the index",
                hint="build it with this authority's lists",
            )
        self._index, self._section = index, section
        self._issuer = authority if isinstance(authority, Issuer) else Issuer.of(authority)
        self._at, self._tolerance = require_aware(at), tolerance
        self._points: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._series: list[int] = []
        self._silent: list[IndexedStatus] = []
        self._decide()

    def __repr__(self) -> str:
        return f"<IndexView at {self._at:%Y-%m-%dT%H:%M:%SZ}, {len(self._points)} partitions>"

    def partition(self, point: bytes) -> int:
        """Return the number of a distribution point, a new one at the first question."""
        number = self._numbers.get(point)
        if number is None:
            number = self._numbers[point] = len(self._points)
            self._points.append(point)
            self._series.append(self._series_of(point))
            self._silent.append(self._judged(_NOBODY, number))
        return number

    def look_up(self, serials: Array, partitions: Array | int) -> ViewAnswers:
        """Answer many questions at once.

        ``serials`` is an array of whole numbers of any width (``object`` for those beyond 64 bits),
        ``partitions`` one of the same length, or a single number for all. Raises ``UnusableSource``
        for floating-point numbers, which cannot name a certificate, and for a partition that
        :meth:`partition` never gave.
        """
        serials = np.asarray(serials)
        if serials.dtype.kind not in "iuO":
            raise UnusableSource(
                "serials", f"an array of {serials.dtype}, which cannot hold issue numbers exactly"
            )
        places = np.broadcast_to(np.asarray(partitions, dtype=np.int64), serials.shape)
        if len(places) and not 0 <= int(places.min()) <= int(places.max()) < len(self._points):
            raise UnusableSource("partitions", "a number that no partition of this view has")
        answers = self._all_silent(places)
        narrow, numbers = _narrow(serials)
        self._named(narrow, numbers, places, answers)
        self._slowly(serials, places, answers)
        return answers

    def bound(self) -> Callable[[int, int], IndexedStatus]:
        """Return a function of number and partition that answers as fast as Python can.

        It knows the partitions that have been asked for by then. Making it takes about a byte of
        memory for each entry, and some time: make it once and keep it.
        """
        section, silent = self._section, tuple(self._silent)
        if len(section.array("wide_keys")) or _SLOWLY in self._series:
            return self._judged
        serials = memoryview(section.array("serials").data)
        buckets = memoryview(section.array("buckets").data)
        shift, named = section.shift, self._row_reader(serials)
        lowest, reach = (serials[0], serials[-1] - serials[0]) if len(serials) else (0, -1)
        fine = max(shift - _FINER, 0)
        taken = _taken(section.array("serials"), fine)

        def look_up(serial: int, partition: int) -> IndexedStatus:
            distance = serial - lowest
            if 0 <= distance <= reach:
                slot = distance >> fine
                if taken[slot >> 3] >> (slot & 7) & 1:
                    bucket = distance >> shift
                    stop = buckets[bucket + 1]
                    place = bisect_left(serials, serial, buckets[bucket], stop)
                    if place < stop and serials[place] == serial:
                        return named(place, partition)
            return silent[partition]

        return look_up

    def _row_reader(self, serials: memoryview) -> Callable[[int, int], IndexedStatus]:
        """Return what answers from the rows that begin at a place."""
        section, silent, lists = self._section, tuple(self._silent), self._lists()
        wanted, newest = tuple(self._series), self._newest.tolist()
        times, codes = memoryview(section.array("times").data), memoryview(section.codes.data)
        section.check_codes(section.codes)
        first, last, reasons = (
            section.array(f"class_{name}").tolist() for name in ("first", "last", "reason")
        )
        series, until, count = section.array("list_series").tolist(), self._seconds, len(serials)
        judged = self._judged

        def named(place: int, partition: int) -> IndexedStatus:
            found, serial, asked = silent[partition], serials[place], wanted[partition]
            while place < count and serials[place] == serial:
                code, seconds = codes[place], times[place]
                place += 1
                begins = first[code]
                if series[begins] != asked or seconds > until:
                    continue
                reason = reasons[code]
                entry = RevokedEntry(instant_of(seconds), None if reason == NO_REASON else reason)
                if reason != HOLD:
                    told = _CODES[Standing.REVOKED]
                    return IndexedStatus(Standing.REVOKED, told, entry, *lists[begins])
                if newest[asked] < 0:
                    # Whether a hold may be over is a question of the lists before.
                    return judged(serial, partition)
                if begins <= newest[asked] <= last[code]:
                    told = _CODES[Standing.HELD]
                    found = IndexedStatus(Standing.HELD, told, entry, *lists[newest[asked]])
            return found

        return named

    def _lists(self) -> tuple[tuple[int | None, datetime, datetime, bytes], ...]:
        return tuple(
            (
                None if one.number < 0 else one.number,
                instant_of(one.this_update),
                instant_of(one.next_update),
                one.digest,
            )
            for one in self._section.lists
        )

    def _judged(self, serial: int, partition: int) -> IndexedStatus:
        subject = Subject(self._issuer.name, serial, points=(self._points[partition],))
        return self._index.judge(
            subject, issuer=self._issuer, at=self._at, tolerance=self._tolerance
        )

    # what is decided once

    def _decide(self) -> None:
        section = self._section
        at = narrow_seconds(self._at)
        begins, ends = section.array("list_this"), section.array("list_next")
        series = section.array("list_series")
        count = len(section.scopes)
        made = begins <= at
        # After nextUpdate plus tolerance, to the microsecond, as the single question has it.
        oldest = narrow_seconds(self._at - self._tolerance)
        rest = (self._at - self._tolerance).microsecond > 0
        holds = made & ((ends > oldest) if rest else (ends >= oldest))
        self._newest = _last_of(series, holds, count)
        self._seconds = at
        tied = (series[1:] == series[:-1]) & (begins[1:] == begins[:-1])
        self._tied = set(series[1:][tied].tolist())

    def _series_of(self, point: bytes) -> int:
        """Return the one series that speaks of a point: -1 for none, -2 for several."""
        subject = Subject(self._issuer.name, _NOBODY, points=(point,))
        scopes = self._section.scopes
        found = [
            number
            for number in self._section.series_about(subject)
            if not isinstance(scope := scopes[number], str)
            and outside_scope(scope, subject) is None
        ]
        if len(found) > 1 or self._section.answers is not None:
            return _SLOWLY
        if not found:
            return -1
        return _SLOWLY if found[0] in self._tied else found[0]

    # many at once

    def _all_silent(self, places: Array) -> ViewAnswers:
        standing = np.array(
            [_STANDING_NUMBER[one.standing] for one in self._silent] or [0], dtype=np.uint8
        )
        cause = np.array([_CAUSE_NUMBER[one.cause] for one in self._silent] or [0], dtype=np.uint8)
        return ViewAnswers(
            standing[places],
            cause[places],
            np.full(len(places), _NEVER),
            np.full(len(places), NO_REASON, dtype=np.uint8),
        )

    def _named(self, narrow: Array, numbers: Array, places: Array, answers: ViewAnswers) -> None:
        """Let the rows decide that name a certificate."""
        section = self._section
        known = section.array("serials")
        asked, found = _matches(known, numbers)
        if narrow is not None:
            asked = narrow[asked]
        series = np.array(self._series, dtype=np.int64)
        easy = series[places[asked]] >= 0
        asked, found = asked[easy], found[easy]
        while len(asked):
            self._by_rows(asked, found, series[places[asked]], answers)
            found = found + 1
            more = found < len(known)
            asked, found = asked[more], found[more]
            more = known[found] == known[found - 1]
            asked, found = asked[more], found[more]

    def _by_rows(self, asked: Array, rows: Array, wanted: Array, answers: ViewAnswers) -> None:
        section = self._section
        codes = section.array("classes")[rows].astype(np.int64)
        if section.has("classes_high"):
            codes |= section.array("classes_high")[rows].astype(np.int64) << 16
        section.check_codes(codes)
        reasons = section.array("class_reason")[codes]
        first = section.array("class_first")[codes].astype(np.int64)
        last = section.array("class_last")[codes].astype(np.int64)
        times = section.array("times")[rows].astype(np.int64)
        counts = section.array("list_series")[first] == wanted
        counts &= times <= self._seconds
        # The oldest list that shows a revocation is the one that is told.
        revoked = counts & (reasons != HOLD) & (answers.standing[asked] != _REVOKED)
        newest = self._newest[wanted]
        held = counts & (reasons == HOLD) & (answers.standing[asked] != _REVOKED)
        shown = held & (first <= newest) & (newest <= last)
        for which, standing in ((shown, _HELD), (revoked, _REVOKED)):
            places = asked[which]
            answers.standing[places] = standing
            answers.cause[places] = 0
            answers.reason[places] = reasons[which]
            answers.recorded_at[places] = _EPOCH + times[which].astype("m8[s]")

    def _slowly(self, serials: Array, places: Array, answers: ViewAnswers) -> None:
        """Ask one by one what cannot be decided in columns."""
        slow = np.array([one == _SLOWLY for one in self._series] or [False])[places]
        if len(self._section.array("wide_keys")):
            # Rare in JPKI: then every number may have a wide entry, too.
            slow = np.ones(len(serials), dtype=bool)
        for place in np.flatnonzero(slow).tolist():
            one = self._judged(int(serials[place]), int(places[place]))
            answers.standing[place] = _STANDING_NUMBER[one.standing]
            answers.cause[place] = _CAUSE_NUMBER[one.cause]
            if one.entry is not None:
                code = one.entry.reason_code
                answers.reason[place] = NO_REASON if code is None else code
                answers.recorded_at[place] = np.datetime64(
                    one.entry.recorded_at.replace(tzinfo=None), "s"
                )


_NOBODY: Final = 1 << 160
"""A number that no list can name: it has more than twenty octets."""


_FINER: Final = 6
"""A bucket holds eight numbers; of its 64 slots most are empty, which answers most questions."""


def _taken(serials: Array, fine: int) -> bytes:
    """Return a bit for each slot of so many numbers, set where one of them is in the index."""
    if not len(serials):
        return b""
    slots = (serials - serials[0]) >> np.uint32(fine)
    places = slots >> np.uint32(3)
    starts = np.flatnonzero(np.diff(places, prepend=places[0] ^ np.uint32(1)))
    bits = np.left_shift(np.uint8(1), (slots & np.uint32(7)).astype(np.uint8))
    taken = np.zeros(int(places[-1]) + 1, dtype=np.uint8)
    taken[places[starts]] = np.bitwise_or.reduceat(bits, starts)
    return taken.tobytes()


def _last_of(series: Array, which: Array, count: int) -> Array:
    """Return the last list of each series that is one of ``which``, -1 where none is."""
    last = np.full(count, -1, dtype=np.int64)
    places = np.flatnonzero(which)
    # Of several assignments to one place the last one stays.
    last[series[places]] = places
    return last


def _narrow(serials: Array) -> tuple[Any, Array]:
    """Return which numbers fit four bytes (``None`` for all), and those."""
    if serials.dtype == np.uint32:
        return None, serials
    if serials.dtype.kind == "O":
        fits = np.array([0 <= one < 1 << 32 for one in serials.tolist()], dtype=bool)
    else:
        fits = (serials >= 0) & (serials <= 0xFFFFFFFF)
    if bool(fits.all()):
        return None, serials.astype(np.uint32)
    return np.flatnonzero(fits), serials[fits].astype(np.uint32)


def _matches(known: Array, numbers: Array) -> tuple[Array, Array]:
    """Return which numbers are known, and where each is found first.

    They are sorted first, number and place in eight bytes: the search then goes through the index
    once from front to back.
    """
    if not len(known) or not len(numbers):
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    packed = numbers.astype(np.uint64)
    packed <<= np.uint64(32)
    packed |= np.arange(len(numbers), dtype=np.uint64)
    packed.sort()
    ordered = (packed >> np.uint64(32)).astype(np.uint32)
    found = np.searchsorted(known, ordered)
    found[found == len(known)] = 0
    hit = known[found] == ordered
    packed = packed[hit]
    packed &= np.uint64(0xFFFFFFFF)
    return packed.astype(np.int64), found[hit]
