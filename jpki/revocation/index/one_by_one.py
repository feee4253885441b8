"""Single questions about one instant, as fast as Python answers them.

Most numbers are on no list, and a sieve tells so at once; where it does not, a few neighbours are
searched. An answer about a row is made through the slots of its class: a frozen dataclass takes
twice the time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jpki.errors import UnusableSource
from jpki.revocation.entries import RevokedEntry
from jpki.revocation.index.answering import IndexedStatus
from jpki.revocation.index.arrays import HOLD, NO_REASON, Array, instant_of, np
from jpki.revocation.index.reading import Section
from jpki.revocation.index.sieve import MARKS, MIX, mixed, sieve_of
from jpki.revocation.statements import Standing

__all__ = ["LookUp", "Told", "quick_look_up"]

LookUp = Callable[[int, int], IndexedStatus]

_FINER: Final = 4
"""A bucket of the index holds eight to sixteen numbers; of the sieve, as many bytes share it."""
_FEWEST: Final = 12
"""However few wide keys there are, their sieve has 8,192 bytes: twice two to this power."""
_SIXTY_FOUR: Final = (1 << 64) - 1
_EPOCH: Final = datetime(1950, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """What a view has decided for its instant, which is in seconds since 1950.

    By partition: the answer when no row is about a number, and the series. By series: the list that
    counts.
    """

    section: Section
    silent: Sequence[IndexedStatus]
    series: Sequence[int]
    newest: Array
    seconds: int


class _Partitions(dict[int, IndexedStatus]):
    """What each partition is silent with."""

    def __missing__(self, partition: object) -> IndexedStatus:
        raise UnusableSource(
            "partitions",
            "a number that no partition of this view had when the function was made",
            hint="ask for partitions first (IndexView.partition), then for the function (bound)",
        )


def quick_look_up(told: Told, judged: LookUp) -> LookUp:
    """Return a function of number and partition; what is rare it leaves to ``judged``."""
    section = told.section
    narrow = _narrow(told, judged)
    keys = section.array("wide_keys")
    if not len(keys):
        return narrow
    # A digest has 64 bits; its highest choose a byte, of which there are twice as many as keys.
    width = 64 - max(len(keys).bit_length(), _FEWEST) - 1
    sieve = sieve_of(mixed(keys), width).ljust(1 << 64 - width, bytes(1))

    def look_up(serial: int, partition: int) -> IndexedStatus:
        digest = serial * MIX & _SIXTY_FOUR
        marks = MARKS[digest & 255]
        if sieve[digest >> width] & marks == marks:
            return judged(serial, partition)
        return narrow(serial, partition)

    return look_up


def _narrow(told: Told, judged: LookUp) -> LookUp:
    section, silent = told.section, _Partitions(enumerate(told.silent))
    numbers = section.array("serials")
    serials, buckets = memoryview(numbers.data), memoryview(section.array("buckets").data)
    lowest, shift = serials[0] if len(serials) else 0, section.shift
    width = max(shift - _FINER, 0)
    sieve, marks_of, search = sieve_of(numbers - np.uint32(lowest), width), MARKS, bisect_left
    named = _row_reader(told, serials, silent, judged)

    def look_up(serial: int, partition: int) -> IndexedStatus:
        distance = serial - lowest
        marks = marks_of[distance & 255]
        try:
            # Below the lowest number it counts from the end; then the search finds nothing.
            if sieve[distance >> width] & marks != marks:
                return silent[partition]
        except IndexError:
            return silent[partition]
        bucket = distance >> shift
        stop = buckets[bucket + 1]
        place = search(serials, serial, buckets[bucket], stop)
        if place < stop and serials[place] == serial:
            return named(serial, place, partition)
        return silent[partition]

    return look_up


def _row_reader(
    told: Told, serials: memoryview, silent: _Partitions, judged: LookUp
) -> Callable[[int, int, int], IndexedStatus]:
    """Return what answers from the rows that begin at a place."""
    section, until, count = told.section, told.seconds, len(serials)
    wanted, newest, answers = told.series, told.newest.tolist(), section.answers
    times, codes = memoryview(section.array("times").data), memoryview(section.codes.data)
    section.check_codes(section.codes)
    first, last, reasons = (
        section.array(f"class_{name}").tolist() for name in ("first", "last", "reason")
    )
    series, lists = section.array("list_series").tolist(), _lists(section)

    def named(serial: int, place: int, partition: int) -> IndexedStatus:
        found, asked = silent[partition], wanted[partition]
        while True:
            code = codes[place]
            begins = first[code]
            if series[begins] == asked:
                seconds = times[place]
                if seconds <= until:
                    reason = reasons[code]
                    if reason != HOLD:
                        written = None if reason == NO_REASON else reason
                        return _status(_REVOKED, seconds, written, lists[begins])
                    newest_list = newest[asked]
                    if newest_list < 0:
                        # Whether a hold may be over is a question of the lists before.
                        return judged(serial, partition)
                    if begins <= newest_list <= last[code]:
                        found = _status(_HELD, seconds, reason, lists[newest_list])
            elif series[begins] == answers:
                return judged(serial, partition)
            place += 1
            if place == count or serials[place] != serial:
                return found

    return named


_KnownList = tuple[int | None, datetime, datetime, bytes]


def _lists(section: Section) -> tuple[_KnownList, ...]:
    return tuple(
        (
            None if one.number < 0 else one.number,
            instant_of(one.this_update),
            instant_of(one.next_update),
            one.digest,
        )
        for one in section.lists
    )


def _setter(kind: type, name: str) -> Callable[[Any, Any], None]:
    setter: Callable[[Any, Any], None] = kind.__dict__[name].__set__
    return setter


_new: Final = object.__new__
_REVOKED: Final = (Standing.REVOKED, f"revocation.{Standing.REVOKED.value}")
_HELD: Final = (Standing.HELD, f"revocation.{Standing.HELD.value}")
_recorded_at, _reason_code = (_setter(RevokedEntry, one) for one in ("recorded_at", "reason_code"))
_standing, _code, _entry = (_setter(IndexedStatus, one) for one in ("standing", "code", "entry"))
_crl_number, _this_update, _next_update, _digest = (
    _setter(IndexedStatus, one) for one in ("crl_number", "this_update", "next_update", "digest")
)
_problem: Final = _setter(IndexedStatus, "problem")


def _status(
    says: tuple[Standing, str], seconds: int, reason: int | None, known: _KnownList
) -> IndexedStatus:
    """Return what a row comes to, the same as the two classes called with all this."""
    entry = _new(RevokedEntry)
    _recorded_at(entry, _EPOCH + timedelta(0, seconds))
    _reason_code(entry, reason)
    status = _new(IndexedStatus)
    standing, code = says
    number, this_update, next_update, digest = known
    _standing(status, standing)
    _code(status, code)
    _entry(status, entry)
    _crl_number(status, number)
    _this_update(status, this_update)
    _next_update(status, next_update)
    _digest(status, digest)
    _problem(status, None)
    return status
