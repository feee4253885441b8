"""Whole runs: the same bytes whatever the processes, sums that agree, and every bad wish named."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from jpki.errors import (
    ImpossibleFact,
    MalformedDocument,
    PopulationUnfinished,
    UnknownPolicy,
)
from simulator.cli.app import app
from simulator.population import Rules, Scope, run_population, shipped_figures, simulate
from simulator.population.arrays import NEVER, day_number
from simulator.population.parquet import read_table
from tests.population.conftest import Lived

SCOPE = Scope(900, 6, date(2026, 4, 1), "1", shipped_figures().with_("partitions = 5", source="t"))
CHUNKS = replace(SCOPE, chunk=400)
"""The same in three chunks."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("population") / "country"
    run_population(SCOPE, folder)
    return folder


def _digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_with_one_process_or_two(tmp_path: Path) -> None:
    run_population(CHUNKS, tmp_path / "1", processes=1)
    run_population(CHUNKS, tmp_path / "2", processes=2)
    one, two = _digest(tmp_path / "1"), _digest(tmp_path / "2")
    assert one == two
    assert sum(name.startswith("certificates/") for name in one) == 3
    run_population(replace(CHUNKS, seed="2"), tmp_path / "other")
    assert _digest(tmp_path / "other") != one


def test_live_is_what_was_issued_less_what_ended(out: Path) -> None:
    """The days table against the rows of the certificates, counted one by one."""
    days = read_table(out / "days.parquet").to_pylist()
    rows = read_table(out / "certificates").to_pylist()
    last = max(row["date"] for row in days)
    for kind in ("card_signature", "card_authentication", "mobile_signature"):
        for on in (SCOPE.begins, date(2028, 12, 31), last):
            told = next(d["live"] for d in days if d["date"] == on and d["kind"] == kind)
            live = [
                row
                for row in rows
                if row["kind"] == kind
                and row["issued_on"] <= on
                and (row["ended_on"] is None or row["ended_on"] > on)
            ]
            assert told == len(live)
    issued = Counter((row["issued_on"], row["kind"]) for row in rows)
    assert all(day["issued"] == issued[day["date"], day["kind"]] for day in days)
    ended = Counter(
        (row["ended_on"], row["kind"]) for row in rows if row["state"] in ("revoked", "expired")
    )
    assert all(d["revoked"] + d["expired"] == ended[d["date"], d["kind"]] for d in days)


def test_revocations_by_day_and_reason_are_those_of_the_certificates(out: Path) -> None:
    rows = read_table(out / "certificates").to_pylist()
    wanted = Counter(
        (row["ended_on"], row["kind"], row["reason"])
        for row in rows
        if row["state"] == "revoked" and row["ended_on"] >= SCOPE.begins
    )
    table = read_table(out / "revocations.parquet").to_pylist()
    found = {(row["date"], row["kind"], row["reason"]): row["revoked"] for row in table}
    assert found == wanted


def test_entries_stay_until_the_certificate_would_have_ended(out: Path) -> None:
    """The authentication lists of one night, made again from the rows (holds apart)."""
    night = date(2030, 6, 1)
    wanted: Counter[str] = Counter()
    for row in read_table(out / "certificates").to_pylist():
        if row["kind"].endswith("authentication") and row["state"] == "revoked":
            wanted[row["municipality"]] += row["ended_on"] < night <= row["expires_on"]
    lists = read_table(out / "lists.parquet").to_pylist()
    found = {
        row["municipality"]: row["entries"]
        for row in lists
        if row["date"] == night and row["authority"] == "user_authentication"
    }
    held = sum(found.values()) - sum(wanted.values())
    assert 0 <= held <= 3
    assert all(found[place] >= wanted[place] for place in found)


def test_nobody_lives_in_two_places_of_the_columns(lived: Lived) -> None:
    """What the columns count as live at the end of a stretch is what the marks add up to."""
    total = np.zeros(4, np.int64)
    for stretch in lived.years:
        counts = stretch.counts
        lost = counts.revoked.reshape(-1, 4, 8).sum(axis=2) + counts.expired
        total += (counts.issued - lost).sum(axis=0)
        assert total.tolist() == list(stretch.living)


def test_the_questions_follow_from_what_lives(out: Path) -> None:
    # 13 uses a year, 0.7 of them asked by OCSP; a Monday has 1.25 of the mean day of a week of
    # ratios whose mean is 1.
    days = read_table(out / "days.parquet").to_pylist()
    monday = next(
        d for d in days if d["date"] == date(2027, 1, 4) and d["kind"] == "card_authentication"
    )
    assert monday["ocsp_questions"] == round(monday["live"] * 13 / 365.25 * 0.7 * 1.25)


def test_two_rules_side_by_side_meet_the_same_deaths(tmp_path: Path) -> None:
    both = simulate(SCOPE, tmp_path / "both", compared=Rules({"card_hold_cascades_to_ms": False}))
    first, second = (run.as_dict()["events_by_kind"] for run in both)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    for name in ("deleted.death", "move_out.domestic", "amended.address"):
        assert first[name] == second[name]
    page = (tmp_path / "both" / "index.html").read_text()
    assert "card_hold_cascades_to_ms=false" in page
    assert {path.name for path in (tmp_path / "both").glob("*.png")} == {
        "lists.png",
        "live.png",
        "revocations.png",
    }
    assert (tmp_path / "both" / "b" / "summary.json").exists()


# Bad wishes


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        (Scope(0, 1, date(2026, 4, 1), "1", SCOPE.figures), "people"),
        (Scope(-5, 1, date(2026, 4, 1), "1", SCOPE.figures), "people"),
        (Scope(10, 0, date(2026, 4, 1), "1", SCOPE.figures), "years"),
        (Scope(10, 101, date(2026, 4, 1), "1", SCOPE.figures), "years"),
        (Scope(10, 1, date(2016, 3, 31), "1", SCOPE.figures), "2016"),
    ],
)
def test_a_scope_that_cannot_be_is_refused(scope: Scope, says: str, tmp_path: Path) -> None:
    with pytest.raises(ImpossibleFact, match=says):
        run_population(scope, tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_the_smallest_population_lives(tmp_path: Path) -> None:
    run_population(Scope(1, 1, date(2016, 4, 1), "1", SCOPE.figures), tmp_path / "one")
    assert json.loads((tmp_path / "one" / "summary.json").read_text())["people"] == 1


def test_nothing_is_written_over(out: Path) -> None:
    with pytest.raises(ImpossibleFact, match="is there already"):
        run_population(SCOPE, out)


def test_a_policy_that_is_none_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownPolicy):
        run_population(SCOPE, tmp_path / "none", rules=Rules({"no_such": True}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("move_between = 1", "moves_between"),
        ("moves_between = -0.1", "negative"),
        ("moves_between = 21", "twenty"),
        ("moves_between = [1, 2]", "2 parts instead of 10"),
        ("moves_between = true", "no number"),
        ("deaths = nan", "negative"),
        ("card_not_presented = 1.01", "whole"),
        ("abroad_days = [9, 3]", "least"),
        ("partitions = 0", "from 1 to 5000"),
        ("partitions = 5001", "from 1 to 5000"),
        ("residence_years = 0", "from 1 to 50"),
        ("age_shares = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]", "more than nothing"),
        ("births = 0.11", "from 0 to 0.1"),
        ("abroad_days = [0, 9]", "from 1 to 36500"),
        ('issuer_key_lost_on = "soon"', "no day"),
        ("= 3", "rates"),
    ],
)
def test_a_rate_that_cannot_be_is_named(text: str, says: str) -> None:
    with pytest.raises(MalformedDocument, match=says):
        shipped_figures().with_(text, source="rates")


def test_bounds_of_rates_are_taken() -> None:
    figures = shipped_figures().with_("deaths = 0\ncard_not_presented = 1\n", source="rates")
    assert figures.several("deaths") == (0.0,) * 10
    assert figures.replaced == ("card_not_presented", "deaths")


def test_every_figure_says_where_it_comes_from() -> None:
    for row in shipped_figures().rows.values():
        assert row.source
        assert row.note_ja
        assert row.certainty.value in ("practice", "assumed")


def test_a_full_disk_leaves_what_is_clearly_partial_and_room_lets_it_go_on(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("simulator.population.parquet.pq.ParquetWriter", full)
    with pytest.raises(PopulationUnfinished, match="No space left") as told:
        run_population(SCOPE, tmp_path / "country")
    assert "partial" in str(told.value)
    assert [path.name for path in tmp_path.iterdir()] == ["country.partial"]
    monkeypatch.undo()
    run_population(SCOPE, tmp_path / "country")
    assert _digest(tmp_path / "country") == _digest(out)


# The command


def test_the_command_tells_json(tmp_path: Path) -> None:
    rates = tmp_path / "rates.toml"
    rates.write_text("partitions = 3\n")
    small = ["--people", "2e2", "--years", "1", "--out", str(tmp_path / "c")]
    rest = ["--rates", str(rates), "--events", "--format", "json"]
    rules = ["--policy", "cascade_reason=cessationOfOperation", "--compare", "law=2024-05-26"]
    result = CliRunner().invoke(app, ["population", *small, *rest, *rules])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert [run["rules"] for run in told["runs"]] == [
        "cascade_reason=cessationOfOperation",
        "cascade_reason=cessationOfOperation, law of 2024-05-26",
    ]
    events = read_table(tmp_path / "c" / "a" / "events").to_pylist()
    assert len(events) > told["runs"][0]["events"]  # what led to the first day is written, too


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--people", "many"], "no number of people"),
        (["--people", "1.5"], "no number of people"),
        (["--people", "inf"], "between one and"),
        (["--people", "nan"], "no number of people"),
        (["--people", "-3"], "between one and"),
        (["--years", "0"], "between one and a hundred years"),
        (["--from", "today"], "no day"),
        (["--policy", "cascade_reason"], "NAME=VALUE"),
        (["--policy", "cascade_reason=7"], "it can be"),
        (["--compare", "no_such=7"], "no policy is called"),
        (["--rates", "/no/such/file"], "cannot be read"),
        (["--processes", "0"], "at least one process"),
    ],
)
def test_a_bad_wish_is_told_in_one_line(arguments: list[str], says: str, tmp_path: Path) -> None:
    small = ["--people", "10", "--years", "1", "--out", str(tmp_path / "c")]
    result = CliRunner().invoke(app, ["population", *small, *arguments])
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stderr.startswith("error [")
    assert list(tmp_path.iterdir()) == []


def test_days_are_numbered_as_parquet_does() -> None:
    # 2026-04-01 is 20,544 days after 1970-01-01: 56 years with 14 leap days, and 90 days.
    assert day_number(date(2026, 4, 1)) == 56 * 365 + 14 + 90
    assert day_number(date(9999, 12, 31)) < NEVER
