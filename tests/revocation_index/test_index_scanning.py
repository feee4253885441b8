"""Entries read in columns are the entries that the full reader reads, whatever they look like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki.certificates import der
from jpki.certificates.der import Document, Element
from jpki.errors import MalformedRevocationList
from jpki.revocation import RevokedEntry
from jpki.revocation.entries import EntryReader
from jpki.revocation.index.arrays import NO_REASON, Columns, instant_of, serial_of_key
from jpki.revocation.index.scanning import scanned
from tests.revocation_index.conftest import entry_der

WHEN = datetime(2026, 8, 1, 3, 4, 5, tzinfo=UTC)
INVALID_SINCE = der.sequence(
    der.object_identifier("2.5.29.24"), der.octet_string(der.generalized_time(WHEN))
)
NEVER_HEARD_OF = der.sequence(
    der.object_identifier("2.25.5280"), der.boolean(True), der.octet_string(der.null())
)


def listed(content: bytes) -> Element:
    data = der.sequence(content)
    return Document(data, MalformedRevocationList, "list").element_at(0, len(data))


def as_mapping(columns: Columns) -> dict[int, RevokedEntry]:
    numbers = [
        *columns.serials.tolist(),
        *(serial_of_key(bytes(one)) for one in columns.wide_keys),
    ]
    times = [*columns.times.tolist(), *columns.wide_times.tolist()]
    reasons = [*columns.reasons.tolist(), *columns.wide_reasons.tolist()]
    return {
        number: RevokedEntry(instant_of(seconds), None if reason == NO_REASON else reason)
        for number, seconds, reason in zip(numbers, times, reasons, strict=True)
    }


def both(content: bytes) -> tuple[object, object]:
    """Return what each of the two readers makes of the entries."""
    results: list[object] = []
    for fast in (True, False):
        reader = EntryReader(is_delta=False)
        try:
            if fast:
                found = as_mapping(scanned(listed(content), reader=reader))
            else:
                reader.read(listed(content))
                found = reader.found
            results.append((found, reader.unknown_critical))
        except MalformedRevocationList:
            results.append("refused")
    return results[0], results[1]


serials = st.one_of(
    st.integers(0, 300),
    st.integers(0x7FFFFF00, 0x80000100),
    st.integers(0xFFFFFF00, 0x1000000FF),
    st.integers(0, 2**32),
    st.integers(-(2**159), 2**159 - 1),
)
instants = st.integers(0, 110 * 366 * 86_400).map(
    lambda seconds: datetime(1950, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
reasons = st.sampled_from([None, 0, 1, 2, 3, 4, 5, 6, 9, 10])
entries = st.tuples(
    serials, instants, reasons, st.sampled_from([(), (), (), (INVALID_SINCE,), (NEVER_HEARD_OF,)])
)


@given(st.lists(entries, min_size=1, max_size=60), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_any_entries_are_read_alike(
    drawn: list[tuple[int, datetime, int | None, tuple[bytes, ...]]], times: int
) -> None:
    # Repeated with other numbers, so that some stand in a row that are alike.
    written = [
        entry_der(serial + step, RevokedEntry(at, reason), *extra)
        for serial, at, reason, extra in drawn
        for step in (range(times) if abs(serial) < 2**150 else (0,))
    ]
    fast, full = both(b"".join(written))
    assert fast == full


@given(
    st.integers(0, 2**31),
    st.lists(st.tuples(st.integers(0, 399 * 37), st.integers(0, 255)), min_size=1, max_size=3),
)
@settings(max_examples=80, deadline=None)
def test_bytes_changed_in_a_row_of_like_entries_are_noticed_alike(
    first: int, changed: list[tuple[int, int]]
) -> None:
    content = bytearray(
        b"".join(
            entry_der(0x01000000 + first % 0x60000000 + n, RevokedEntry(WHEN, 3))
            for n in range(400)
        )
    )
    for place, value in changed:
        content[place] = value
    fast, full = both(bytes(content))
    assert fast == full


@pytest.mark.parametrize("when", [b"260230000000Z", b"261301000000Z", b"260100000000Z"])
@pytest.mark.parametrize("place", [0, 1, 299])
def test_a_day_that_does_not_exist_is_refused_wherever_it_stands(when: bytes, place: int) -> None:
    rows = [entry_der(0x01000000 + n, RevokedEntry(WHEN, 3)) for n in range(300)]
    rows[place] = rows[place].replace(b"260801030405Z", when)
    with pytest.raises(MalformedRevocationList):
        scanned(listed(b"".join(rows)), reader=EntryReader(is_delta=False))


@pytest.mark.parametrize(
    ("when", "right"),
    [
        (b"000229235959Z", True),  # 2000 was a leap year
        (b"500228000000Z", True),  # 1950 was none
        (b"500229000000Z", False),
        (b"490228235960Z", False),
        (b"240229000000Z", True),
        (b"230229000000Z", False),
    ],
)
def test_leap_days_and_seconds_in_columns_are_those_of_the_calendar(
    when: bytes, right: bool
) -> None:
    rows = [entry_der(0x01000000 + n, RevokedEntry(WHEN, 3)) for n in range(40)]
    rows[20:] = [one.replace(b"260801030405Z", when) for one in rows[20:]]
    fast, full = both(b"".join(rows))
    assert fast == full
    assert (fast != "refused") == right


@pytest.mark.parametrize(("first", "second"), [(0, 599), (0, 1), (300, 301)])
def test_a_certificate_named_twice_is_refused_where_it_is_named_again(
    first: int, second: int
) -> None:
    rows = [entry_der(0x01000000 + n, RevokedEntry(WHEN, 3)) for n in range(600)]
    rows[second] = rows[first]
    with pytest.raises(MalformedRevocationList, match="second time") as caught:
        scanned(listed(b"".join(rows)), reader=EntryReader(is_delta=False))
    # An entry has 37 bytes; the outer SEQUENCE's tag and length have 4.
    assert caught.value.offset == 4 + 37 * second


def test_a_certificate_named_narrow_and_wide_is_refused() -> None:
    late = RevokedEntry(datetime(2051, 1, 1, tzinfo=UTC), 3)
    rows = entry_der(5, RevokedEntry(WHEN, 3)) + entry_der(5, late)
    with pytest.raises(MalformedRevocationList, match="second time"):
        scanned(listed(rows), reader=EntryReader(is_delta=False))


def test_numbers_that_end_in_nul_bytes_stay_apart() -> None:
    # A fixed-width string type that drops trailing NULs takes these for one and the same.
    numbers = [0x7A << 8 * n for n in range(19)] + [0x7A]
    rows = b"".join(entry_der(n, RevokedEntry(WHEN, 3)) for n in sorted(set(numbers)))
    found = as_mapping(scanned(listed(rows), reader=EntryReader(is_delta=False)))
    assert set(found) == set(numbers)
    assert len(found) == 19
