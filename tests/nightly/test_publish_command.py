"""``jpki-sim publish``: a night and its index by one command, and bad wishes in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import simulator.agency.nightly.night as night_module
from jpki.certificates import parse_authority
from jpki.revocation.index import RevocationIndex
from simulator.cli.app import app
from tests.nightly.conftest import KEYS, PLACES, Country

RUNNER = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C"})


@pytest.fixture
def pooled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of a pool in place of seeded ones, which take a second each; the seeds asked for."""
    asked: list[str] = []

    def keys(seed: str) -> object:
        asked.append(seed)
        return KEYS

    monkeypatch.setattr(night_module, "SeededKeys", keys)
    return asked


def test_a_night_and_its_index(country: Country, tmp_path: Path, pooled: list[str]) -> None:
    out, index = tmp_path / "night", tmp_path / "night.idx"
    wishes = ["--day", "2028-08-20", "--out", str(out), "--index", str(index)]
    result = RUNNER.invoke(app, ["publish", str(country.folder), *wishes, "--format", "json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["lists"] == 3 * 2 * PLACES
    assert told["made_at"] == "2028-08-19T15:00:00+00:00"
    assert told["index"] == str(index)
    assert pooled == ["night"]  # the population's seed
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert told["entries"] == manifest["entries"] == sum(r["entries"] for r in manifest["lists"])
    opened = RevocationIndex.open(index)
    for one in manifest["authorities"]:
        section = opened.section(parse_authority((out / one["certificate"]).read_bytes()))
        assert section is not None
        whose = (one["authority"], one["generation"])
        rows = [r for r in manifest["lists"] if (r["authority"], r["generation"]) == whose]
        assert section.entries == sum(row["entries"] for row in rows)
        assert len(section.lists) == PLACES


@pytest.mark.parametrize(
    ("lang", "says"),
    [("en", "14 lists of 2028-08-20 00:00:00 JST in "), ("ja", "の失効リスト 14 件、登載 ")],
)
def test_it_is_told_in_both_languages(
    lang: str, says: str, country: Country, tmp_path: Path, pooled: list[str]
) -> None:
    wishes = ["--day", "2028-08-20", "--out", str(tmp_path / "n"), "--generation", "3"]
    result = RUNNER.invoke(app, ["publish", str(country.folder), *wishes, "--lang", lang])
    assert result.exit_code == 0, result.output
    assert says in result.stdout
    assert ("架空" if lang == "ja" else "made up") in result.stdout
    assert pooled == ["night"]


@pytest.mark.parametrize(
    ("wishes", "says"),
    [
        (["--day", "tomorrow"], "error [format.document]: --day: 'tomorrow' is no day"),
        (["--day", "2021-01-01"], "error [life.impossible]: there is no list of 2021-01-01"),
        (["--day", "2028-08-20", "--generation", "1"], "no authority of this generation"),
        (["--day", "2028-08-20", "--index", "OUT/i.idx"], "does not belong into the folder"),
    ],
)
def test_a_bad_wish_is_told_in_one_line(
    wishes: list[str], says: str, country: Country, tmp_path: Path
) -> None:
    out = tmp_path / "night"
    wishes = [each.replace("OUT", str(out)) for each in wishes]
    result = RUNNER.invoke(app, ["publish", str(country.folder), *wishes, "--out", str(out)])
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_population_is_named(tmp_path: Path) -> None:
    wishes = ["--day", "2028-08-20", "--out", str(tmp_path / "n")]
    result = RUNNER.invoke(app, ["publish", str(tmp_path / "none"), *wishes])
    assert result.exit_code == 2
    assert "summary.json: is no population" in result.stderr
