"""Very many questions about one instant: what does not depend on the certificate is decided once.

For one instant most partitions have one list that counts. A certificate that no row names has the
status its partition has; where a row names it, the row decides. Partitions with several lists of
the same second, and lists that name no point, go the way of single questions, so that every answer
is the same as :meth:`RevocationIndex.judge` gives.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from jpki.certificates import AuthorityCertificate
from jpki.errors import IssuerUnknown, UnusableSource
from jpki.jst import require_aware
from jpki.revocation.index.answering import IndexedStatus, RevocationIndex
from jpki.revocation.index.arrays import NO_REASON, Array, narrow_seconds, np
from jpki.revocation.index.deciding import CAUSES, STANDINGS, Decision, Instant, ViewAnswers
from jpki.revocation.index.finding import Asked, narrow_rows, wide_rows
from jpki.revocation.index.one_by_one import Told, quick_look_up
from jpki.revocation.list_judging import outside_scope
from jpki.revocation.ocsp import JPKI_ANSWERS
from jpki.revocation.parties import Issuer, Subject

__all__ = ["CAUSES", "STANDINGS", "IndexView", "ViewAnswers"]

_STANDING_NUMBER: Final = {one: number for number, one in enumerate(STANDINGS)}
_CAUSE_NUMBER: Final = {one: number for number, one in enumerate(CAUSES)}
_SLOWLY: Final = -2


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
        self._instant = Instant.of(self._at, tolerance, JPKI_ANSWERS)
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
        or of octets, highest first, two's complement (``V20``, or shorter). ``partitions`` is one
        of the same length, or a single number for all. Raises ``UnusableSource`` for floating-point
        numbers, which cannot name a certificate, and for a partition that :meth:`partition` never
        gave.
        """
        asked = Asked.of(np.asarray(serials))
        places = np.broadcast_to(np.asarray(partitions, dtype=np.int64), asked.serials.shape)
        if len(places) and not 0 <= int(places.min()) <= int(places.max()) < len(self._points):
            raise _no_partition()
        wanted = np.array(self._series or [-1], dtype=np.int64)[places]
        decision = Decision(self._section, self._instant, wanted=wanted, newest=self._newest)
        decision.begin(*(column[places] for column in self._silent_columns()))
        by_one = self._tell_rows(asked, decision)
        slowly = np.union1d(np.flatnonzero(wanted == _SLOWLY), by_one)
        self._ask_single(slowly, asked, places, decision.answers)
        return decision.answers

    def bound(self) -> Callable[[int, int], IndexedStatus]:
        """Return a function of number and partition that answers as fast as Python can.

        It knows the partitions that have been asked for by then, and raises ``UnusableSource`` for
        others. Making it takes some two bytes of memory for each entry, and some time: make it
        once and keep it.
        """
        slow = frozenset(n for n, series in enumerate(self._series) if series == _SLOWLY)
        told = Told(self._section, self._silent, self._series, self._newest, self._seconds)
        look_up = quick_look_up(told, self._judged)
        if not slow:
            return look_up
        judged = self._judged

        def either(serial: int, partition: int) -> IndexedStatus:
            return (judged if partition in slow else look_up)(serial, partition)

        return either

    def _judged(self, serial: int, partition: int) -> IndexedStatus:
        if not 0 <= partition < len(self._points):
            raise _no_partition()
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
        if len(found) > 1:
            return _SLOWLY
        if not found:
            return -1
        return _SLOWLY if found[0] in self._tied else found[0]

    # many at once

    def _silent_columns(self) -> tuple[Array, Array]:
        """Return standing and cause of each partition when no row is about a number."""
        standing = [_STANDING_NUMBER[one.standing] for one in self._silent]
        cause = [_CAUSE_NUMBER[one.cause] for one in self._silent]
        return np.array(standing or [0], dtype=np.uint8), np.array(cause or [0], dtype=np.uint8)

    def _tell_rows(self, asked: Asked, decision: Decision) -> Array:
        """Tell every row about the numbers; return the questions that want more than that."""
        section = self._section
        narrow = []
        for which, rows in narrow_rows(section.array("serials"), asked):
            decision.tell(which, section.narrow_codes(rows), section.array("times")[rows])
            narrow.append(which)
        wide = []
        if len(section.array("wide_keys")):
            codes, times = section.array("wide_classes"), section.array("wide_times")
            for which, rows in wide_rows(section.wide_order, asked):
                decision.tell(which, codes[rows], times[rows])
                wide.append(which)
        if not narrow or not wide:
            return np.zeros(0, dtype=np.int64)
        # Of a number with rows of both kinds the order of its lists is not that of its rows.
        return np.intersect1d(np.concatenate(narrow), np.concatenate(wide))

    def _ask_single(self, slowly: Array, asked: Asked, places: Array, answers: ViewAnswers) -> None:
        """Ask one by one what cannot be decided in columns."""
        numbers = asked.numbers(slowly)
        for place, number in zip(slowly.tolist(), numbers, strict=True):
            one = self._judged(number, int(places[place]))
            answers.standing[place] = _STANDING_NUMBER[one.standing]
            answers.cause[place] = _CAUSE_NUMBER[one.cause]
            code = None if one.entry is None else one.entry.reason_code
            answers.reason[place] = NO_REASON if code is None else code
            recorded = None if one.entry is None else one.entry.recorded_at.replace(tzinfo=None)
            answers.recorded_at[place] = np.datetime64(recorded, "s")


_NOBODY: Final = 1 << 160
"""A number that no list can name: it has more than twenty octets."""


def _no_partition() -> UnusableSource:
    return UnusableSource("partitions", "a number that no partition of this view has")


def _last_of(series: Array, which: Array, count: int) -> Array:
    """Return the last list of each series that is one of ``which``, -1 where none is."""
    last = np.full(count, -1, dtype=np.int64)
    places = np.flatnonzero(which)
    # Of several assignments to one place the last one stays.
    last[series[places]] = places
    return last
