"""Lists older than the days kept are forgotten: what they alone knew is unknown, and never good."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jpki.cli.app import app
from jpki.errors import UnusableSource
from jpki.revocation import Issuer, RevokedEntry, Standing, Subject
from jpki.revocation.index import Cause, IndexBuilder, IndexView, RevocationIndex, build_index
from jpki.revocation.index.arrays import GOOD, Columns, narrow_seconds
from jpki.revocation.index.series import ANSWERS, KnownList
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.publish import ListFlaws
from tests.revocation_index.conftest import DAY, MADE, MINATO, SHIBUYA, Make, point_of

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
HELD, GONE, LATE = RevokedEntry(MADE, 6), RevokedEntry(MADE, 4), RevokedEntry(MADE + 2 * DAY, 1)
DAYS = (
    {5: HELD, 2**70: HELD, 9: GONE},
    {5: HELD, 7: GONE, 9: GONE},
    {6: HELD, 7: GONE, 8: LATE, 2**70: LATE},
    {5: HELD, 7: GONE, 8: LATE},
)


@pytest.fixture
def paths(make: Make) -> list[Path]:
    """Lists of four days in one place, and one of the first day in another, each for two days."""
    days = [
        make(dict(sorted(listed.items())), at=MADE + n * DAY, number=n)
        for n, listed in enumerate(DAYS)
    ]
    return [*days, make({3: GONE}, place=MINATO, number=1)]


def status(index: RevocationIndex, agency: SimulatedAuthority, number: int, hours: int):
    issuer = Issuer.of(agency.certificate)
    subject = Subject(issuer.name, number, points=(point_of(SHIBUYA),))
    at = MADE + hours * HOUR
    single = index.judge(subject, issuer=issuer, at=at)
    view = IndexView(index, agency.certificate, at=at)
    partition = view.partition(point_of(SHIBUYA))
    assert view.bound()(number, partition) == single
    return single


@pytest.mark.parametrize("days", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("going_on", [False, True])
def test_what_is_kept_is_what_the_lists_of_those_days_give(
    days: int, going_on: bool, paths: list[Path], agency: SimulatedAuthority, tmp_path: Path
) -> None:
    authorities = [agency.certificate]
    since = None
    if going_on:
        build_index(tmp_path / "old", [*paths[:3], paths[4]], authorities=authorities)
        since = RevocationIndex.open(tmp_path / "old")
    report = build_index(
        tmp_path / "i", paths, authorities=authorities, since=since, keep=days * DAY
    )
    # Of four days the newest and as many before it stay; the newest of each place always does.
    kept = [*paths[:4][-days - 1 :], paths[4]]
    assert report.dropped == 5 - len(kept)
    build_index(tmp_path / "anew", kept, authorities=authorities)
    assert (tmp_path / "i").read_bytes() == (tmp_path / "anew").read_bytes()


def test_an_instant_before_the_days_kept_is_unknown_and_never_good(
    paths: list[Path], agency: SimulatedAuthority, tmp_path: Path
) -> None:
    build_index(tmp_path / "all", paths, authorities=[agency.certificate])
    build_index(tmp_path / "kept", paths, authorities=[agency.certificate], keep=DAY)
    everything, kept = (RevocationIndex.open(tmp_path / name) for name in ("all", "kept"))
    # The lists kept are those of the third day, 48 hours after the first, and of the fourth.
    for number in (4, 5, 6, 9, 2**70):
        for hours in (0, 24, 47):
            assert status(everything, agency, number, hours).standing is not Standing.UNKNOWN
            one = status(kept, agency, number, hours)
            assert (one.standing, one.cause) == (Standing.UNKNOWN, Cause.LIST_TOO_NEW)
        for hours in (48, 72, 100):
            if number != 9:
                assert status(kept, agency, number, hours) == status(
                    everything, agency, number, hours
                )
    # What a kept list shows as revoked since before is still known to be.
    assert status(kept, agency, 7, 24).standing is Standing.REVOKED
    # And what has left the lists is what the kept ones say of it.
    assert status(everything, agency, 9, 72).standing is Standing.REVOKED
    assert status(kept, agency, 9, 72).standing is Standing.GOOD


def test_lists_forgotten_yesterday_may_still_lie_in_the_folder(
    paths: list[Path], agency: SimulatedAuthority, tmp_path: Path
) -> None:
    authorities = [agency.certificate]
    build_index(tmp_path / "0", paths[:3], authorities=authorities, keep=DAY)
    since = RevocationIndex.open(tmp_path / "0")
    with pytest.raises(UnusableSource, match="older than one that is in the index already"):
        build_index(tmp_path / "1", paths[:4], authorities=authorities, since=since)
    report = build_index(tmp_path / "1", paths[:4], authorities=authorities, since=since, keep=DAY)
    # The first day's list is not read again, and the second day's falls out.
    assert (report.lists, report.known_already, report.dropped) == (1, 2, 2)
    since = RevocationIndex.open(tmp_path / "1")
    with pytest.raises(UnusableSource, match="older than one that is in the index already"):
        build_index(tmp_path / "2", paths[1:4], authorities=authorities, since=since, keep=2 * DAY)


def test_a_list_that_nobody_signed_makes_no_other_too_old(
    paths: list[Path],
    make: Make,
    agency: SimulatedAuthority,
    other_agency: SimulatedAuthority,
    tmp_path: Path,
) -> None:
    forged = make({}, at=MADE + 30 * DAY, number=99, flaws=ListFlaws(key=other_agency.key))
    report = build_index(
        tmp_path / "i",
        [*paths[:4], forged],
        authorities=[agency.certificate],
        strict=False,
        keep=3 * DAY,
    )
    assert (report.lists, report.dropped, len(report.left_out)) == (4, 0, 1)


def test_answers_are_forgotten_by_their_age_too(agency: SimulatedAuthority, tmp_path: Path) -> None:
    builder = IndexBuilder([agency.certificate], keep=DAY)
    noon = narrow_seconds(MADE)
    # Not in the order of their times, as answers come.
    for place, days in enumerate((2, 0, 1)):
        made = noon + days * 86_400
        known = KnownList(made, -1, bytes([place] * 32), made + 3_600)
        builder._drafts[0].of(ANSWERS).add_answers(known, Columns.of([(days, 0, GOOD)]))
    assert builder.write(tmp_path / "i").dropped == 1
    index = RevocationIndex.open(tmp_path / "i")
    found = [status(index, agency, days, 24 * days).standing for days in range(3)]
    assert found == [Standing.UNKNOWN, Standing.GOOD, Standing.GOOD]


def test_a_negative_time_to_keep_is_refused(agency: SimulatedAuthority) -> None:
    with pytest.raises(UnusableSource, match="negative"):
        IndexBuilder([agency.certificate], keep=-SECOND)


def test_the_command_keeps_so_many_days(
    paths: list[Path], agency: SimulatedAuthority, tmp_path: Path
) -> None:
    root = tmp_path / "root.der"
    root.write_bytes(agency.certificate.der)
    lists = [word for path in paths[:4] for word in ("--crl", str(path))]
    words = ["revocation", "build", str(tmp_path / "i"), "--trust", str(root), *lists]
    done = CliRunner().invoke(app, [*words, "--keep-days", "1"])
    assert (done.exit_code, "2 dropped for their age" in done.stdout) == (0, True)
    assert len(RevocationIndex.open(tmp_path / "i").sections[0].lists) == 2
    assert CliRunner().invoke(app, [*words, "--force", "--keep-days", "-1"]).exit_code == 2
    done = CliRunner().invoke(app, [*words, "--force"])
    assert "dropped" not in done.stdout
    assert len(RevocationIndex.open(tmp_path / "i").sections[0].lists) == 4
