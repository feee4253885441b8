"""Lists from Parquet in columns: the same as their rows one by one, whatever stands where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jpki.errors import MalformedDocument
from jpki.revocation.index import IndexBuilder, RevocationIndex
from jpki.revocation.index.arrays import Columns, narrow_seconds
from jpki.revocation.index.exchange import ENTRY_COLUMNS, add_parquet
from jpki.revocation.index.series import KnownList
from jpki.revocation.revocation_list import IssuingDistributionPoint
from simulator.agency.authority import SimulatedAuthority
from tests.revocation_index.conftest import DAY, MADE, MINATO, SHIBUYA, point_of

EDGES = [0, 1, 127, 128, 255, 256, 2**31, 2**32 - 1, 2**32, 2**63, 2**64, 2**159 - 1]
NUMBERS = [*EDGES, *(-one - 1 for one in EDGES), *range(70_000, 70_200)]
INSTANTS = [
    datetime(1949, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(1950, 1, 1, tzinfo=UTC),
    MADE,
    datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2050, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
]
Row = dict[str, object]


def octets(number: int) -> bytes:
    """Two's complement in as few octets as it takes."""
    return number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True)


def row(agency: SimulatedAuthority, day: int, serial: int | None, **given: object) -> Row:
    return {
        "key_id": agency.certificate.subject_key_id,
        "partition": point_of(SHIBUYA),
        "number": 7,
        "this_update": MADE + day * DAY,
        "next_update": MADE + (day + 2) * DAY,
        "serial": None if serial is None else octets(serial),
        "recorded_at": None if serial is None else MADE,
        "reason": None,
    } | given


def written(path: Path, rows: list[Row], *, together: int = 50) -> Path:
    table = pa.Table.from_pylist(rows, schema=ENTRY_COLUMNS)
    pq.write_table(table, path, row_group_size=together)
    return path


def test_lists_whose_rows_are_mixed_are_what_each_list_says(
    agency: SimulatedAuthority, tmp_path: Path
) -> None:
    chance = Random(4)
    rows: list[Row] = [row(agency, 3, None, partition=None, number=None)]
    expected = {}
    for place, (where, day, number) in enumerate(
        [(SHIBUYA, 0, 1), (MINATO, 0, 1), (None, 0, None), (SHIBUYA, 1, 2), (SHIBUYA, 1, 3)]
    ):
        entries = [
            (one, chance.choice(INSTANTS), chance.choice([None, 0, 1, 3, 4, 6, 10]))
            for one in chance.sample(NUMBERS, 150)
        ]
        expected[place] = (where, day, number, entries)
        point = None if where is None else point_of(where)
        rows += [
            row(agency, day, one, partition=point, number=number, recorded_at=at, reason=reason)
            for one, at, reason in entries
        ]
    expected[5] = (None, 3, None, [])
    chance.shuffle(rows)
    builder = IndexBuilder([agency.certificate])
    add_parquet(builder, written(tmp_path / "e.parquet", rows), [agency.certificate])
    builder.write(tmp_path / "a")
    by_hand = IndexBuilder([agency.certificate])
    for place, (where, day, number, entries) in sorted(expected.items()):
        made, until = (narrow_seconds(MADE + days * DAY) for days in (day, day + 2))
        known = KnownList(made, -1 if number is None else number, bytes([place] * 32), until)
        scope = None if where is None else IssuingDistributionPoint((point_of(where),))
        told = [
            (one, narrow_seconds(at), 255 if reason is None else reason)
            for one, at, reason in entries
        ]
        by_hand.add_columns(agency.certificate, scope, known, Columns.of(told))
    by_hand.write(tmp_path / "b")
    (found,), (wanted,) = (RevocationIndex.open(tmp_path / name).sections for name in "ab")
    names = ["serials", "times", "classes", "wide_keys", "wide_times", "wide_classes"]
    names += ["class_first", "class_last", "class_reason", "list_this", "list_next"]
    for name in [*names, "list_series", "list_numbers", "scope_names"]:
        assert found.array(name).tobytes() == wanted.array(name).tobytes(), name
    assert len(wanted.array("wide_keys")) > 100
    assert len(wanted.array("serials")) > 300


def test_the_same_rows_in_another_order_are_the_same_list(
    agency: SimulatedAuthority, tmp_path: Path
) -> None:
    rows = [row(agency, 0, one) for one in NUMBERS]
    builder = IndexBuilder([agency.certificate])
    for name, given in (
        ("a", rows),
        ("b", rows[::-1]),
        ("c", [*rows[1:], rows[0] | {"reason": 1}]),
    ):
        path = written(tmp_path / f"{name}.parquet", given)
        if name != "c":
            add_parquet(builder, path, [agency.certificate])
    report = builder.write(tmp_path / "i")
    assert (report.lists, report.known_already) == (1, 1)
    other = IndexBuilder([agency.certificate])
    add_parquet(other, tmp_path / "c.parquet", [agency.certificate])
    other.write(tmp_path / "o")
    digests = {
        RevocationIndex.open(tmp_path / name).sections[0].lists[0].digest for name in ("i", "o")
    }
    assert len(digests) == 2


LATE = datetime(2050, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("again", "at"),
    [(70_000, MADE), (70_000, LATE), (2**64, MADE), (2**64, LATE), (0, LATE)],
)
def test_a_number_named_twice_is_told_by_its_second_row(
    again: int, at: datetime, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    numbers = [0, *range(70_000, 70_120), 2**64]
    rows = [row(agency, 0, one) for one in numbers]
    rows.insert(100, row(agency, 1, again))  # on another list, which is no second time
    path = written(tmp_path / "e.parquet", rows)
    add_parquet(IndexBuilder([agency.certificate]), path, [agency.certificate])
    rows += [row(agency, 0, again, recorded_at=at), row(agency, 0, 9)]
    path = written(tmp_path / "e.parquet", rows)
    # 122 numbers and one on the other list are rows 0 to 122.
    with pytest.raises(MalformedDocument, match="row 123: the same certificate"):
        add_parquet(IndexBuilder([agency.certificate]), path, [agency.certificate])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"serial": bytes(21)}, "row 77: a number of 21 octets"),
        ({"serial": b""}, "row 77: a number of 0 octets"),
        ({"recorded_at": None}, "row 77: .* without an instant"),
        ({"recorded_at": MADE + timedelta(milliseconds=999)}, "row 77: .* parts of a second"),
        ({"reason": 255}, "row 77: a reason that a list cannot give"),
        ({"reason": 8}, "row 77: a reason that a list cannot give"),
    ],
)
def test_a_row_that_cannot_be_is_named_wherever_it_stands(
    given: Row, words: str, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    rows = [row(agency, 0, one) for one in range(70_000, 70_120)]
    rows[77] |= given
    with pytest.raises(MalformedDocument, match=words):
        add_parquet(
            IndexBuilder([agency.certificate]),
            written(tmp_path / "e.parquet", rows),
            [agency.certificate],
        )


@pytest.mark.parametrize("column", ["recorded_at", "this_update", "next_update"])
@pytest.mark.parametrize("milliseconds", [-62_135_596_801_000, 253_402_300_800_000])
def test_an_instant_outside_the_calendar_is_refused(
    column: str, milliseconds: int, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    """The second before the year 1, and the first of the year 10000 (``date -u -d @…``)."""
    table = pa.Table.from_pylist([row(agency, 0, 5)], schema=ENTRY_COLUMNS)
    place = ENTRY_COLUMNS.get_field_index(column)
    instants = pa.array([milliseconds], type=ENTRY_COLUMNS.field(column).type)
    pq.write_table(table.set_column(place, column, instants), tmp_path / "e.parquet")
    with pytest.raises(MalformedDocument, match="of a year that no list can write"):
        add_parquet(
            IndexBuilder([agency.certificate]), tmp_path / "e.parquet", [agency.certificate]
        )
