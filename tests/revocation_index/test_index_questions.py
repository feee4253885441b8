"""Questions in columns and one by one: the same answers, from a dictionary or asked singly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest

from jpki.errors import UnusableSource
from jpki.revocation import Issuer, Standing, Subject
from jpki.revocation.index import CAUSES, STANDINGS, Cause, IndexBuilder, IndexView, RevocationIndex
from jpki.revocation.index.arrays import GOOD, UNKNOWN, Columns, narrow_seconds, wide_key
from jpki.revocation.index.finding import Asked, WideOrder, wide_rows
from jpki.revocation.index.series import ANSWERS, KnownList
from jpki.revocation.index.sieve import MARKS, sieve_of
from jpki.revocation.revocation_list import IssuingDistributionPoint
from simulator.agency.authority import SimulatedAuthority
from tests.revocation_index.conftest import DAY, MADE, MINATO, SHIBUYA, point_of

HOUR = timedelta(hours=1)
NOON = narrow_seconds(MADE)
SPREAD = [
    *range(16, 40_000, 7),  # a sixth of all: what is issued one after another
    *(0x0100_0000 + one * 256 for one in range(200)),  # the lowest octet is NUL
    *(0x0200_0000 + one * 65_536 for one in range(200)),  # the lowest two
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
]
WIDE = [2**32, 2**40, 2**63, 2**64, 2**64 + 2**32, 2**151, 2**159 - 1, -1, -256, -(2**159)]


def opened(
    folder: Path, agency: SimulatedAuthority, *lists: tuple[str | None, int, dict[int, int]]
) -> RevocationIndex:
    """An index of lists: where, hours after ``MADE``, number to reason; recorded an hour before."""
    builder = IndexBuilder([agency.certificate])
    for place, (where, hours, entries) in enumerate(lists):
        made = NOON + hours * 3600
        scope = None if where is None else IssuingDistributionPoint((point_of(where),))
        rows = [(number, made - 3600, reason) for number, reason in entries.items()]
        known = KnownList(made, place, place.to_bytes(32, "big"), made + 2 * 86_400)
        builder.add_columns(agency.certificate, scope, known, Columns.of(rows))
    builder.write(folder / "i")
    return RevocationIndex.open(folder / "i")


def around(numbers: list[int]) -> list[int]:
    """Each number, its neighbours, and those at which four, eight and twenty octets end."""
    edges = [0, 2**32 - 1, 2**32, 2**63 - 1, 2**64 - 1, 2**159 - 1, -(2**159), 2**159, -(2**160)]
    near = {one + step for one in (*numbers, *edges) for step in (-256, -1, 0, 1, 256)}
    return sorted(near)


@pytest.mark.parametrize("listed", [SPREAD, [5], [0, 2**32 - 1], [], SPREAD + WIDE, WIDE])
def test_what_is_listed_is_found_and_nothing_else(
    listed: list[int], agency: SimulatedAuthority, tmp_path: Path
) -> None:
    known = {number: (1, 3, 4, 5)[place % 4] for place, number in enumerate(listed)}
    index = opened(tmp_path, agency, (SHIBUYA, 0, known), (MINATO, 0, {}))
    view = IndexView(index, agency.certificate, at=MADE)
    here, there = view.partition(point_of(SHIBUYA)), view.partition(point_of(MINATO))
    asked, look_up = around(listed), view.bound()
    columns = view.look_up(np.array(asked, dtype=object), here)
    expected = [known.get(number, 255) for number in asked]
    assert columns.reason.tolist() == expected
    for number, reason in zip(asked, expected, strict=True):
        one = look_up(number, here)
        found = 255 if one.entry is None else one.entry.reason_code
        assert (found, one.standing is Standing.GOOD) == (reason, reason == 255)
        assert look_up(number, there).standing is Standing.GOOD


@pytest.mark.parametrize("dtype", ["u1", "i2", "<u4", ">u4", "<i8", ">i8", "u8", "V4", "V8", "V20"])
def test_numbers_of_every_type_are_the_same_numbers(
    dtype: str, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    size = np.dtype(dtype).itemsize
    signed = np.dtype(dtype).kind != "u"
    lowest, highest = (-(1 << 8 * size - 1) if signed else 0), (1 << 8 * size - signed) - 1
    known = dict.fromkeys([*SPREAD[:9], *WIDE, 0x80, 0xFF, 0x7FFF], 4)
    index = opened(tmp_path, agency, (SHIBUYA, 0, known))
    view = IndexView(index, agency.certificate, at=MADE)
    here = view.partition(point_of(SHIBUYA))
    asked = [one for one in around(list(known)) if lowest <= one <= highest]
    assert len(asked) > 20
    if dtype.startswith("V"):
        octets = b"".join(one.to_bytes(size, "big", signed=True) for one in asked)
        column = np.frombuffer(octets, dtype=dtype)
    else:
        column = np.array(asked, dtype=dtype)
    found = view.look_up(column, here).reason.tolist()
    assert found == [known.get(number, 255) for number in asked]


def test_octets_that_are_too_many_or_none_are_refused(
    agency: SimulatedAuthority, tmp_path: Path
) -> None:
    view = IndexView(opened(tmp_path, agency, (SHIBUYA, 0, {})), agency.certificate, at=MADE)
    here = view.partition(point_of(SHIBUYA))
    assert view.look_up(np.zeros(2, dtype="V20"), here).standing.tolist() == [0, 0]
    assert not len(view.look_up(np.zeros(0, dtype="V20"), here).standing)
    refused = [np.zeros(2, dtype=dtype) for dtype in ("V21", "S20", "V0")]
    for column in (*refused, *(np.array([one, 5], dtype=object) for one in (5.0, "5", None))):
        with pytest.raises(UnusableSource, match="exactly"):
            view.look_up(column, here)


def test_a_partition_that_was_not_asked_for_is_refused_by_name(
    agency: SimulatedAuthority, tmp_path: Path
) -> None:
    lists = [(SHIBUYA, 0, {5: 1, 2**70: 1}), (None, 0, {7: 1})]
    for count in (1, 2):  # the second list makes the partition one that is asked about singly
        index = opened(tmp_path, agency, *lists[:count])
        view = IndexView(index, agency.certificate, at=MADE)
        here = view.partition(point_of(SHIBUYA))
        look_up = view.bound()
        assert look_up(5, here).standing is Standing.REVOKED
        assert look_up(4, here).standing is Standing.GOOD
        for number in (4, 5, 2**70):
            for partition in (here + 1, -1):
                with pytest.raises(UnusableSource, match="no partition of this view"):
                    look_up(number, partition)


def test_two_keys_of_one_digest_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests of 64 bits may meet; here all of them do."""
    monkeypatch.setattr(
        "jpki.revocation.index.finding._digests", lambda keys: np.zeros(len(keys), dtype=np.uint64)
    )
    numbers = [2**40, 2**40, 2**64, 2**100]
    keys = np.frombuffer(b"".join(map(wide_key, numbers)), dtype="V20")
    asked = Asked.of(np.array([2**100, 7, 2**40, 2**64 + 1], dtype=object))
    found = [
        pair
        for which, rows in wide_rows(WideOrder.of(keys), asked)
        for pair in zip(which.tolist(), rows.tolist(), strict=True)
    ]
    # Question 0 is about row 3, question 2 about rows 0 and 1, in their order.
    assert sorted(found) == [(0, 3), (2, 0), (2, 1)]
    assert found.index((2, 0)) < found.index((2, 1))


def test_a_sieve_lets_every_number_through_and_hardly_another() -> None:
    numbers = np.unique(np.random.default_rng(3).integers(0, 2**24, 2**16)).astype(np.uint32)
    sieve = sieve_of(numbers, 7)

    def passes(number: int) -> bool:
        marks = MARKS[number & 255]
        return sieve[number >> 7] & marks == marks

    assert all(map(passes, numbers.tolist()))
    others = sorted({*range(100_000)} - {*numbers.tolist()})
    # Half a number a byte sets one of its 28 pairs of bits; others share one in 28, or both bits
    # of two numbers: some three in a hundred. Without the sieve it would be all.
    assert sum(map(passes, others)) < len(others) / 10
    assert sieve_of(numbers[:0], 7) == b""


def answered(
    folder: Path, agency: SimulatedAuthority, chance: Random, noon: int
) -> tuple[RevocationIndex, list[int]]:
    """An index of random lists, and of random answers as a responder could have given them."""
    numbers = [5, 256, 0x0100_0000, 2**32 - 1, 2**40, 2**64, 2**159 - 1, -1]
    builder = IndexBuilder([agency.certificate])
    draft = builder._drafts[0]
    for place in range(chance.randrange(4)):
        made = noon + place * 12 * 3600
        where = chance.choice([SHIBUYA, MINATO])
        rows = [
            (number, made - chance.randrange(1, 200) * 3600, chance.choice([1, 4, 6, 6, 255]))
            for number in numbers
            if chance.random() < 0.4
        ]
        known = KnownList(made, place, place.to_bytes(32, "big"), made + 86_400)
        scope = IssuingDistributionPoint((point_of(where),))
        builder.add_columns(agency.certificate, scope, known, Columns.of(rows))
    for place in range(chance.randrange(1, 6)):
        # On the lists' seconds, too, where a list and an answer are equally new.
        made = noon + chance.choice([0, 12, 13, 24]) * 3600
        known = KnownList(made, -1, bytes([9] * 31 + [place]), made + chance.choice([900, 86_400]))
        rows = [
            (number, 0, said)
            if (said := chance.choice([GOOD, GOOD, UNKNOWN, 1, 6, 6, 255])) in (GOOD, UNKNOWN)
            else (number, made - chance.randrange(100) * 3600, said)
            for number in numbers
            if chance.random() < 0.5
        ]
        draft.of(ANSWERS).add_answers(known, Columns.of(rows).sorted())
    builder.write(folder / "i")
    return RevocationIndex.open(folder / "i"), [*numbers, 6, 2**40 + 1]


AFTER = [
    timedelta(seconds=-3600),
    timedelta(seconds=-300),
    timedelta(seconds=-1),
    timedelta(0),
    timedelta(seconds=900),
    timedelta(seconds=900, microseconds=1),
    12 * HOUR,
    25 * HOUR,
    3 * DAY,
]


@pytest.mark.parametrize("seed", range(40))
def test_answers_in_columns_are_those_of_single_questions(
    seed: int, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    chance = Random(seed)
    # Every other time round the turn of 2050, where instants become wide ones.
    noon = (MADE, datetime(2050, 1, 1, tzinfo=UTC))[seed % 2]
    index, numbers = answered(tmp_path, agency, chance, narrow_seconds(noon))
    issuer = Issuer.of(agency.certificate)
    tolerance = chance.choice([0, 0, 6]) * HOUR
    for at in (noon + after for after in AFTER):
        view = IndexView(index, agency.certificate, at=at, tolerance=tolerance)
        points = [point_of(SHIBUYA), point_of("01101")]
        partitions = [view.partition(point) for point in points]
        look_up = view.bound()
        for point, partition in zip(points, partitions, strict=True):
            columns = view.look_up(np.array(numbers, dtype=object), partition)
            for place, number in enumerate(numbers):
                subject = Subject(issuer.name, number, points=(point,))
                single = index.judge(subject, issuer=issuer, at=at, tolerance=tolerance)
                assert look_up(number, partition) == single
                assert told(columns, place) == (
                    single.standing,
                    single.cause,
                    single.entry and (single.entry.recorded_at, single.entry.reason_code),
                ), (number, at)


def told(
    columns: object, place: int
) -> tuple[Standing, Cause | None, tuple[datetime, int | None] | None]:
    standing, cause, recorded, reason = (
        getattr(columns, name)[place] for name in ("standing", "cause", "recorded_at", "reason")
    )
    entry = None
    if np.isnat(recorded):
        assert reason == 255
    else:
        at = recorded.astype("M8[us]").item().replace(tzinfo=MADE.tzinfo)
        entry = (at, None if reason == 255 else int(reason))
    return STANDINGS[standing], CAUSES[cause], entry
