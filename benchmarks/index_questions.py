"""Questions to an index as a service asks them: of many places, in any order, few of them listed.

The entries are spread at random over the lists of 64 municipalities. A question is about a number
and its place of issue. Numbers come in no order; those that are listed are asked about with the
place whose list has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measure import Case
from jpki.certificates import AuthorityCertificate
from jpki.revocation.index import IndexBuilder, IndexView, RevocationIndex
from jpki.revocation.index.arrays import Array, Columns, narrow_seconds, np
from jpki.revocation.index.series import KnownList
from jpki.revocation.revocation_list import IssuingDistributionPoint

__all__ = ["LISTED", "PLACES", "question_cases"]

PLACES: Final = 64
LISTED: Final = 20
"""One question in so many is about a certificate that is listed, where it is not said otherwise."""
_IN_COLUMNS: Final = 1_000_000
_ONE_BY_ONE: Final = 100_000


def question_cases(
    path: Path, authority: AuthorityCertificate, columns: Columns, made: datetime
) -> Iterator[Case]:
    """Yield what is asked of an index of such entries, which is written to ``path``."""
    count = len(columns)
    places = np.random.default_rng(count + 1).integers(0, PLACES, count).astype(np.uint8)
    _write(path, authority, columns, places, made)
    index = RevocationIndex.open(path)
    view = IndexView(index, authority, at=made + timedelta(hours=1))
    partitions = np.array([view.partition(_point(place)) for place in range(PLACES)])
    look_up, known = view.bound(), set(columns.serials.tolist())
    size = f"index of {count:,}"
    yield Case(f"{size}: opened", partial(RevocationIndex.open, path), 1, "indexes")
    for says, listed in (
        ("nobody listed", 0.0),
        (f"1 in {LISTED} listed", 1 / LISTED),
        ("all listed", 1.0),
    ):
        serials, of = _asked(columns, places, listed)
        asked = partitions[of]
        if 0 < listed < 1:
            work = partial(view.look_up, serials, asked)
            yield Case(f"{size}: in columns, {says}", work, len(asked), "questions", 5_000_000)
        singly = _singly(look_up, serials[:_ONE_BY_ONE].tolist(), asked[:_ONE_BY_ONE].tolist())
        yield Case(f"{size}: one by one, {says}", singly, _ONE_BY_ONE, "questions", 1_000_000)
        if 0 < listed < 1:
            numbers = serials[:_ONE_BY_ONE].tolist()
            name = f"{size}: in a set, {says}, without date and reason"
            yield Case(name, partial(_in_a_set, known, numbers), len(numbers), "questions")


def _singly(
    look_up: Callable[[int, int], object], serials: list[int], partitions: list[int]
) -> Callable[[], None]:
    def singly() -> None:
        for serial, partition in zip(serials, partitions, strict=True):
            look_up(serial, partition)

    return singly


def _in_a_set(known: set[int], numbers: list[int]) -> int:
    return sum(serial in known for serial in numbers)


def _point(place: int) -> bytes:
    """Return the name of a distribution point; to the index any bytes are one."""
    return f"place {place}".encode()


def _write(
    path: Path, authority: AuthorityCertificate, columns: Columns, places: Array, made: datetime
) -> None:
    builder = IndexBuilder([authority])
    begins = narrow_seconds(made)
    for place in range(PLACES):
        which = places == place
        part = replace(
            columns,
            serials=columns.serials[which],
            times=columns.times[which],
            reasons=columns.reasons[which],
        )
        known = KnownList(begins, 7, bytes([place] * 32), begins + 2 * 86_400)
        scope = IssuingDistributionPoint((_point(place),))
        builder.add_columns(authority, scope, known, part)
    builder.write(path)


def _asked(columns: Columns, places: Array, share: float) -> tuple[Array, Array]:
    """Return numbers and places to ask about, always the same; so many are drawn from the lists."""
    chance = np.random.default_rng(7)
    serials = chance.integers(2**24, 2**31, _IN_COLUMNS).astype(np.uint32)
    of = chance.integers(0, PLACES, _IN_COLUMNS).astype(np.uint8)
    listed = chance.random(_IN_COLUMNS) < share
    rows = chance.integers(0, len(columns), int(listed.sum()))
    serials[listed], of[listed] = columns.serials[rows], places[rows]
    if share:
        return serials, of
    there = columns.serials[np.searchsorted(columns.serials, serials) % len(columns)] == serials
    return serials[~there], of[~there]
