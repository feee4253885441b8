"""The index says of every certificate what the lists say that it was built from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jpki.certificates import AuthorityCertificate, parse_authority
from jpki.errors import JpkiError
from jpki.revocation import RevocationList, RevokedEntry, parse_revocation_list
from jpki.revocation.index import (
    CAUSES,
    STANDINGS,
    Cause,
    IndexBuilder,
    IndexView,
    RevocationIndex,
    build_index,
)
from jpki.revocation.index.arrays import Columns, narrow_seconds
from jpki.revocation.index.series import KnownList
from jpki.revocation.revocation_list import IssuingDistributionPoint
from jpki.validation.status import Standing, status_at
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.publish import ListFlaws
from tests.revocation_index.conftest import DAY, MADE, MINATO, SHIBUYA, Make, certificate, point_of
from tests.vectors.make_vectors import HERE as VECTORS

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def in_order(paths: Iterable[Path]) -> list[RevocationList]:
    """Return lists as the index orders them, partition after partition."""
    lists = [parse_revocation_list(path.read_bytes()) for path in paths]
    return sorted(
        lists,
        key=lambda one: (
            one.issuing_distribution_point or b"\xff",
            one.this_update,
            -1 if one.crl_number is None else one.crl_number,
            one.fingerprint_sha256,
        ),
    )


def compare(
    index: RevocationIndex,
    lists: list[RevocationList],
    authority: AuthorityCertificate,
    *,
    numbers: Iterable[int],
    points: Iterable[bytes],
    instants: Iterable[datetime],
    tolerance: timedelta = timedelta(0),
) -> int:
    """Ask both about everything, one by one, bound and in columns; return how often they agreed."""
    numbers, points, agreed = list(numbers), list(points), 0
    for at in instants:
        view = IndexView(index, authority, at=at, tolerance=tolerance)
        partitions = [view.partition(point) for point in points]
        bound = view.bound()
        for point, partition in zip(points, partitions, strict=True):
            answers = view.look_up(np.array(numbers, dtype=object), partition)
            for place, number in enumerate(numbers):
                asked = certificate(authority.name, number, point)
                said = status_at(
                    asked,  # type: ignore[arg-type]
                    authority=authority,
                    lists=lists,
                    at=at,
                    tolerance=tolerance,
                )
                single = index.status(
                    asked,  # type: ignore[arg-type]
                    authority=authority,
                    at=at,
                    tolerance=tolerance,
                )
                assert (single.standing, single.code, single.entry) == (
                    said.standing,
                    said.code,
                    said.entry,
                ), (number, at)
                assert dict(single.facts) == dict(said.facts)
                if said.revocation_list is not None:
                    assert single.digest == said.revocation_list.fingerprint_sha256
                    assert single.crl_number == said.revocation_list.crl_number
                assert bound(number, partition) == single
                assert STANDINGS[answers.standing[place]] is said.standing
                assert CAUSES[answers.cause[place]] is single.cause
                if said.entry is None:
                    assert np.isnat(answers.recorded_at[place])
                else:
                    recorded = said.entry.recorded_at.replace(tzinfo=None)
                    assert answers.recorded_at[place] == np.datetime64(recorded, "s")
                    code = said.entry.reason_code
                    assert answers.reason[place] == (255 if code is None else code)
                agreed += 1
    return agreed


MANIFEST = tomllib.loads((VECTORS / "revocation" / "manifest.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", MANIFEST["vector"], ids=lambda row: row["file"])
def test_every_list_vector_is_refused_or_answered_alike(
    row: dict[str, str], tmp_path: Path
) -> None:
    folder = VECTORS / "revocation"
    authority = parse_authority((folder / "authority.der").read_bytes())
    good = parse_revocation_list((folder / "good.crl").read_bytes())
    assert good.issuing_distribution_point is not None
    path = folder / row["file"]
    built = build_index(tmp_path / "i", [path], authorities=[authority], strict=False)
    if row["expects"] == "malformed" or row["detail"] == "is_delta":
        assert (built.lists, [type(one).__name__ for one in built.left_out]) == (
            0,
            ["MalformedRevocationList" if row["expects"] == "malformed" else "UnusableSource"],
        )
        return
    listed = parse_revocation_list(path.read_bytes())
    agreed = compare(
        RevocationIndex.open(tmp_path / "i"),
        [listed],
        authority,
        numbers=[*listed.entries, *(one + 1 for one in listed.entries), 1],
        points=[good.issuing_distribution_point, point_of(MINATO)],
        instants=[
            good.this_update - SECOND,
            good.this_update,
            good.next_update,
            good.next_update + SECOND,
        ],
    )
    assert agreed >= 8


@pytest.mark.parametrize("row", MANIFEST["vector"], ids=lambda row: row["file"])
def test_a_strict_build_takes_a_vector_only_when_it_can_be_used(
    row: dict[str, str], tmp_path: Path
) -> None:
    folder = VECTORS / "revocation"
    authority = parse_authority((folder / "authority.der").read_bytes())
    unusable = {"not signed", "unknown_critical_extensions", "is_delta"}
    refused = row["expects"] == "malformed" or row["detail"] in unusable
    with pytest.raises(JpkiError, match=row["file"]) if refused else nullcontext():
        build_index(tmp_path / "i", [folder / row["file"]], authorities=[authority])
    assert (tmp_path / "i").exists() is not refused


NUMBERS = (
    1,
    5,
    0x7F,
    0x80,
    0x01000000,
    0x80000001,
    0xFFFFFFFF,
    2**32,
    2**63,
    2**64 + 5,
    2**159 - 1,
)
codes = st.sampled_from([None, 1, 3, 4, 5, 6, 6, 6])
one_list = st.dictionaries(
    st.sampled_from(NUMBERS), st.tuples(st.integers(-72, 0), codes), max_size=6
)
days = st.lists(
    st.tuples(st.sampled_from([SHIBUYA, SHIBUYA, MINATO, None]), st.integers(0, 3), one_list),
    min_size=1,
    max_size=6,
)


@given(days, st.sampled_from([0, 0, 30]), st.booleans())
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_random_days_of_lists_are_answered_alike(
    make: Make,
    agency: SimulatedAuthority,
    tmp_path: Path,
    drawn: list[tuple[str | None, int, dict[int, tuple[int, int | None]]]],
    hours: int,
    narrow: bool,
) -> None:
    """Holds that come and go, reasons that change, days left out, lists of the same second."""
    for old in tmp_path.iterdir():
        old.unlink()
    paths = [
        make(
            {
                number: RevokedEntry(MADE + day * DAY + before * HOUR, code)
                for number, (before, code) in listed.items()
                if number < 2**32 or not narrow
            },
            at=MADE + day * DAY,
            number=7 + place,
            place=where,
            lasts=DAY + 6 * HOUR,
        )
        for place, (where, day, listed) in enumerate(drawn)
    ]
    build_index(tmp_path / "i", paths, authorities=[agency.certificate])
    compare(
        RevocationIndex.open(tmp_path / "i"),
        in_order(paths),
        agency.certificate,
        numbers=NUMBERS,
        points=[point_of(SHIBUYA), point_of("01101")],
        instants=[
            MADE - SECOND,
            MADE + timedelta(microseconds=1),
            MADE + DAY,
            MADE + DAY + 6 * HOUR,
            MADE + DAY + 6 * HOUR + timedelta(microseconds=1),
            MADE + 3 * DAY,
        ],
        tolerance=hours * HOUR,
    )


def test_a_hold_is_told_while_it_lasts_and_after_its_release_it_is_good(
    make: Make, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    held = {9: RevokedEntry(MADE - HOUR, 6)}
    paths = [
        make({} if day == 2 else held, at=MADE + day * DAY, number=day, lasts=DAY)
        for day in range(3)
    ]
    build_index(tmp_path / "i", paths, authorities=[agency.certificate])
    index = RevocationIndex.open(tmp_path / "i")
    asked = certificate(agency.certificate.name, 9, point_of(SHIBUYA))

    def standing(at: datetime) -> tuple[Standing, Cause | None]:
        status = index.status(asked, authority=agency.certificate, at=at)  # type: ignore[arg-type]
        return status.standing, status.cause

    # Seen on the lists of day 0 and 1, gone from that of day 2; the last one ends on day 3.
    assert standing(MADE) == (Standing.HELD, None)
    assert standing(MADE + 2 * DAY - SECOND) == (Standing.HELD, None)
    assert standing(MADE + 2 * DAY) == (Standing.GOOD, None)
    assert standing(MADE + 3 * DAY) == (Standing.GOOD, None)
    assert standing(MADE + 3 * DAY + SECOND) == (Standing.UNKNOWN, Cause.LIST_TOO_OLD)
    assert standing(MADE - SECOND) == (Standing.UNKNOWN, Cause.LIST_TOO_NEW)


def test_what_is_not_in_the_index_is_unknown_with_its_cause(
    make: Make, agency: SimulatedAuthority, tmp_path: Path, other_agency: SimulatedAuthority
) -> None:
    build_index(tmp_path / "i", [make({})], authorities=[agency.certificate])
    index = RevocationIndex.open(tmp_path / "i")
    elsewhere = certificate(agency.certificate.name, 9, point_of(MINATO))
    foreign = certificate(other_agency.certificate.name, 9, point_of(SHIBUYA))
    said = [
        index.status(elsewhere, authority=agency.certificate, at=MADE),  # type: ignore[arg-type]
        index.status(foreign, authority=other_agency.certificate, at=MADE),  # type: ignore[arg-type]
    ]
    assert [one.cause for one in said] == [Cause.PARTITION_MISSING, Cause.ISSUER_UNKNOWN]
    assert {one.standing for one in said} == {Standing.UNKNOWN}


def test_a_list_left_out_for_its_signature_leaves_its_partition_unknown(
    make: Make, agency: SimulatedAuthority, tmp_path: Path, other_agency: SimulatedAuthority
) -> None:
    path = make({9: RevokedEntry(MADE, 3)}, flaws=ListFlaws(key=other_agency.key))
    report = build_index(tmp_path / "i", [path], authorities=[agency.certificate], strict=False)
    assert [one.code for one in report.left_out] == ["verification.bad-signature"]
    asked = certificate(agency.certificate.name, 9, point_of(SHIBUYA))
    index = RevocationIndex.open(tmp_path / "i")
    status = index.status(asked, authority=agency.certificate, at=MADE)  # type: ignore[arg-type]
    assert (status.cause, status.code) == (Cause.LIST_REFUSED, "revocation.bad-signature")


def test_more_classes_than_two_bytes_count_take_a_third(
    agency: SimulatedAuthority, tmp_path: Path
) -> None:
    """A partition and a reason are a class: 8,000 partitions with nine reasons make 72,000."""
    builder = IndexBuilder([agency.certificate])
    said = (1, 3, 4, 5, 6, 9, 10, 0, 2)
    begins = narrow_seconds(MADE)
    for place in range(8_000):
        scope = IssuingDistributionPoint(directory_names=(b"point %d" % place,))
        rows = [(place * 9 + n, begins - n, code) for n, code in enumerate(said)]
        known = KnownList(begins, place, place.to_bytes(32, "big"), begins + 86_400)
        builder.add_columns(agency.certificate, scope, known, Columns.of(rows))
    builder.write(tmp_path / "i")
    index = RevocationIndex.open(tmp_path / "i")
    assert index.sections[0].has("classes_high")
    view = IndexView(index, agency.certificate, at=MADE)
    partitions = [view.partition(b"point %d" % place) for place in range(8_000)]
    answers = view.look_up(np.arange(72_000), np.repeat(partitions, 9))
    assert answers.reason.reshape(-1, 9).tolist() == [list(said)] * 8_000
    # The same numbers asked about elsewhere are not listed there.
    elsewhere = view.look_up(np.arange(9, 72_000), partitions[0])
    assert {STANDINGS[one] for one in set(elsewhere.standing.tolist())} == {Standing.GOOD}
    bound = view.bound()
    last = bound(71_995, partitions[7_999])
    assert (last.standing, last.entry) == (Standing.HELD, RevokedEntry(MADE - 4 * SECOND, 6))
    assert last.crl_number == 7_999
