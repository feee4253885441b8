"""The commands: exit status, text in two languages, and JSON for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli.app import app

RUNNER = CliRunner()


def call(*arguments: str) -> tuple[int, str]:
    result = RUNNER.invoke(app, ["story", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.fixture
def folder(good: str, tmp_path: Path) -> Path:
    (tmp_path / "good.toml").write_text(good, encoding="utf-8")
    return tmp_path


def test_run_is_zero_when_everything_is_as_expected(folder: Path) -> None:
    status, said = call("run", str(folder), "--lang", "en")
    assert status == 0
    assert "ok    good  A house move" in said
    assert "1 files, 1 runs: 1 passed, 0 failed" in said


def test_run_is_one_when_a_story_fails_and_the_others_still_run(folder: Path, good: str) -> None:
    wrong = good.replace('"R3 A R3c A"', '"A A A A"')
    (folder / "bad.toml").write_text(wrong, encoding="utf-8")
    status, said = call("run", str(folder), "--lang", "en")
    assert status == 1
    assert "FAIL  bad  A house move" in said
    assert "bad.toml:31:1: 2026-08-04 23:59:59 JST person-1 card_signature" in said
    assert "[amended.address.card-signature]" in said
    assert "2 files, 2 runs: 1 passed, 1 failed" in said
    assert "失敗1" in call("run", str(folder), "--lang", "ja")[1]


def test_run_is_two_when_a_file_is_no_story(folder: Path, good: str) -> None:
    (folder / "worse.toml").write_text(good.replace("born", "birn"), encoding="utf-8")
    status, said = call("run", str(folder), "--lang", "en")
    assert status == 2
    assert "worse.toml:9:1: unknown key birn (did you mean born?) [unknown-key]" in said
    assert "1 passed, 0 failed, 1 files not read" in said


def test_run_tells_programs_the_difference(folder: Path, good: str) -> None:
    (folder / "good.toml").write_text(good.replace('"valid"', '"lapsed"'), encoding="utf-8")
    status, said = call("run", str(folder), "--format", "json", "--lang", "en")
    assert status == 1
    told = json.loads(said)
    assert told["passed"] is False
    (run,) = told["runs"]
    assert (run["story"], run["covers"], run["passed"]) == ("good", ["EV-01"], False)
    difference = run["difference"]
    assert (difference["line"], difference["key"]) == (32, "card")
    assert (difference["expected"], difference["found"]) == ("lapsed", "valid")
    # The last second of 4 August in Japan.
    assert difference["at"] == "2026-08-04T14:59:59+00:00"


def test_run_without_files_runs_the_stories_that_come_along() -> None:
    status, said = call("run", "--lang", "en")
    assert status == 0
    assert "0 failed" in said


def test_of_many_stories_only_those_that_fail_are_listed(folder: Path, good: str) -> None:
    for number in range(30):
        (folder / f"{number}.toml").write_text(good, encoding="utf-8")
    assert call("run", str(folder), "--lang", "en")[1] == "31 files, 31 runs: 31 passed, 0 failed\n"
    assert call("run", str(folder), "--lang", "en", "-v")[1].count("ok    ") == 31


def test_check_lists_every_mistake(folder: Path, good: str) -> None:
    assert call("check", str(folder), "--lang", "en") == (0, "1 files, 0 problems\n")
    wrong = good.replace("2024-06-01", "2024-06-31").replace("born", "birn")
    (folder / "wrong.toml").write_text(wrong, encoding="utf-8")
    status, said = call("check", str(folder), "--lang", "ja")
    assert status == 1
    assert "wrong.toml:12:6: 2024-06-31 は暦にない日付です [impossible-date]" in said
    status, said = call("check", str(folder / "wrong.toml"), "--format", "json", "--lang", "en")
    codes = [problem["code"] for problem in json.loads(said)]
    assert status == 1
    assert codes[:2] == ["nobody", "missing-key"] or "impossible-date" in codes


def test_schema_is_json() -> None:
    status, said = call("schema")
    assert status == 0
    assert json.loads(said)["title"] == "A JPKI story"


def test_list_finds_the_stories_of_a_row() -> None:
    status, said = call("list", "--covers", "SC-01", "--lang", "ja")
    assert status == 0
    assert said.startswith("sc-01-house-move  市内の転居  [SC-01 ")
    told = json.loads(call("list", "--covers", "SC-02", "--format", "json")[1])
    assert [story["variants"] for story in told] == [["a", "b", "c", "d"]]


def test_a_folder_without_stories_is_an_error(tmp_path: Path) -> None:
    status, said = call("run", str(tmp_path))
    assert status == 2
    assert "the folder holds no .toml file" in said
