"""``jpki-sim timeline --svg --html --text`` and ``story run --picture``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree
from typer.testing import CliRunner, Result

from simulator.cli.app import app
from simulator.pictures.measure import columns
from tests.pictures.conftest import PHONE, TINY

RUNNER = CliRunner()
BEGINS = "2024-05-01T10:00"
FAILS = TINY + PHONE + '\n[[expect]]\non = 2026-08-05\ncertificates = "R3 A A A"\n'
PASSES = TINY + PHONE + '\n[[expect]]\non = 2026-08-05\ncertificates = "R3 A R3c A"\n'


def run(place: object, *args: str, status: int = 0) -> Result:
    env = {"LC_ALL": "C", "COLUMNS": "100", "JPKI_SIM_WORLD": str(place)}
    result = RUNNER.invoke(app, list(args), env=env)
    assert result.exit_code == status, result.output
    return result


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with one person and a card."""
    place = tmp_path_factory.mktemp("drawn") / "world.sqlite"
    run(None, "init", str(place), "--seed", "pictures", "--at", BEGINS)
    items = {"name": "植田 名子", "birth_date": "1990-09-15", "sex": "female", "address": "植田"}
    run(
        place,
        *("event", "resident_registered", "--person", "P1"),
        *("--field", f"items={json.dumps(items)}", "--field", "municipality=13113"),
    )
    run(
        place,
        *("event", "card_issued", "--person", "P1", "--field", "card=card-1"),
        *("--field", "made_on=2024-05-01", "--field", "expires_on=2033-09-15"),
    )
    return place


def test_a_timeline_is_drawn_to_the_standard_output(world: Path) -> None:
    picture = run(world, "timeline", "P1", "--svg", "--lang", "ja").stdout
    assert etree.fromstring(picture.encode()).tag == "{http://www.w3.org/2000/svg}svg"
    assert "カード交付" in picture
    assert run(world, "timeline", "P1", "--html").stdout.startswith("<!DOCTYPE html>")
    assert "植田" not in picture


def test_text_takes_the_width_of_the_terminal(world: Path) -> None:
    lines = run(world, "timeline", "P1", "--text").stdout.splitlines()
    assert columns(lines[0]) == 100
    assert lines[0].endswith("[SIMULATED · 模擬]")


def test_a_name_is_shown_when_it_is_asked_for(world: Path) -> None:
    assert "P1 植田 名子" in run(world, "timeline", "P1", "--text", "--names").stdout


def test_the_file_says_the_form_and_is_not_replaced_unasked(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "life.svg"
    run(world, "timeline", "P1", "--out", str(out))
    kept = out.read_bytes()
    assert kept.startswith(b"<?xml")
    refused = run(world, "timeline", "P1", "--out", str(out), status=2)
    assert "exists already" in refused.output
    run(world, "timeline", "P1", "--out", str(out), "--force")
    assert out.read_bytes() == kept


def test_from_and_to_cut_the_picture(world: Path) -> None:
    cut = ("--from", "2024-05-01T09:59:59+09:00", "--to", "2024-05-01T10:00:00+09:00")
    drawn = run(world, "timeline", "P1", "--text", *cut).stdout
    assert "2024-05-01 – 2024-05-01" in drawn


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--svg", "--html"), "choose one"),
        (("--out", "life.gif"), "has to end in"),
        (("--names",), "go with --svg"),
        (("--svg", "--format", "json"), "not JSON"),
        (("--svg", "--from", "2030-01-01T00:00:00+09:00"), "before it begins"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    world: Path, args: tuple[str, ...], told: str
) -> None:
    result = RUNNER.invoke(
        app, ["timeline", "P1", *args], env={"JPKI_SIM_WORLD": str(world), "COLUMNS": "200"}
    )
    assert result.exit_code != 0
    assert told in result.output


def test_a_story_that_fails_is_drawn_with_what_failed(tmp_path: Path) -> None:
    story, out = tmp_path / "own.toml", tmp_path / "own.svg"
    story.write_text(FAILS, encoding="utf-8")
    result = run(None, "story", "run", str(story), "--picture", str(out), status=1)
    assert f"picture: {out}" in result.stdout
    assert "Not as expected: mobile_signature" in out.read_text(encoding="utf-8")
    # Run again, it is drawn again.
    story.write_text(PASSES, encoding="utf-8")
    run(None, "story", "run", str(story), "--picture", str(out))
    assert "Not as expected" not in out.read_text(encoding="utf-8")


def test_runs_of_one_page_and_files_of_many_runs(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(PASSES, encoding="utf-8")
    page = tmp_path / "all.html"
    run(None, "story", "run", str(tmp_path), "--picture", str(page))
    assert page.read_text(encoding="utf-8").count("<article") == 2
    told = run(
        None,
        *("story", "run", str(tmp_path), "--picture", str(tmp_path / "life.svg")),
        *("--format", "json"),
    )
    names = [Path(each).name for each in json.loads(told.stdout)["pictures"]]
    assert names == ["life-one-person-1.svg", "life-two-person-1.svg"]
    assert all((tmp_path / name).exists() for name in names)


def test_a_picture_of_no_known_form_is_refused_before_anything_runs(tmp_path: Path) -> None:
    out = tmp_path / "life.png"
    run(None, "story", "run", "--picture", str(out), status=2)
    assert not out.exists()


def test_a_folder_gets_a_file_for_each_run_under_its_own_name(tmp_path: Path) -> None:
    story, new = tmp_path / "one.toml", tmp_path / "drawn" / "here"
    story.write_text(PASSES, encoding="utf-8")
    for folder in (new, new):  # made the first time, there the second
        run(None, "story", "run", str(story), "--picture", str(folder))
    assert [each.name for each in new.iterdir()] == ["one-person-1.svg"]
    in_the_way = tmp_path / "file"
    in_the_way.write_text("kept", encoding="utf-8")
    run(None, "story", "run", str(story), "--picture", str(in_the_way / "x"), status=2)
    assert in_the_way.read_text(encoding="utf-8") == "kept"
