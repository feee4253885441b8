"""``jpki-sim exposure``: the report in text and JSON, in both languages, and what it cannot do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jpki.errors import KeyUnavailable
from jpki.life.events import Platform
from simulator import phone
from simulator.archive import export_world, import_world
from simulator.cli.app import app
from simulator.exposure import exposure
from simulator.story import read_file, run_variant, story_files
from simulator.world import World
from tests.phone.conftest import BEGINS, POOL, new_holder

RUNNER = CliRunner()
PERSON = "person-1"


def run(place: Path, *args: str, status: int = 0) -> Result:
    env = {"LC_ALL": "C", "COLUMNS": "100", "JPKI_SIM_WORLD": str(place)}
    result = RUNNER.invoke(app, ["exposure", *args], env=env)
    assert result.exit_code == status, result.output
    return result


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world whose log is a story: a second phone was enrolled while the first was kept."""
    (path,) = [each for each in story_files(()) if each.stem == "ev-65-second-phone"]
    story = read_file(path).story
    assert story is not None
    outcome = run_variant(story, story.variants[0])
    place = tmp_path_factory.mktemp("told") / "world.sqlite"
    last = outcome.entries[-1].recorded_at
    with World.create(place, seed="told", at=last) as world, world.store.transaction():
        for entry in outcome.entries:
            world.store.append(entry.seq, entry.to_json())
    return place


def test_a_world_of_facts_alone_has_its_report(told: Path) -> None:
    data = json.loads(run(told, PERSON, "--format", "json").stdout)
    assert data["person"] == PERSON
    # Three phones, two certificates each, five people (EV-65, enrolled again the day after).
    assert len(data["uses"]) == 3 * 2 * 5
    assert {use["enrolled"] for use in data["uses"]} == {False, True}
    english = run(told, PERSON).stdout
    assert "enrolment of another phone" in english
    japanese = run(told, PERSON, "--lang", "ja").stdout
    assert "別の端末の登録" in japanese
    past = run(told, PERSON, "--at", "2026-03-31T12:00").stdout
    assert "by the log alone" in past


@pytest.mark.parametrize(
    "args",
    [
        ("nobody",),
        (PERSON, "--at", "2199-01-01T00:00"),
        (PERSON, "--at", "yesterday"),
        (),
    ],
)
def test_a_question_without_answer_is_a_usage_error(told: Path, args: tuple[str, ...]) -> None:
    run(told, *args, status=2)


def test_a_world_handed_on_without_keys_can_still_be_looked_at(tmp_path: Path) -> None:
    place, file = tmp_path / "world.sqlite", tmp_path / "world.jsonl"
    with World.create(place, seed="exposed", at=BEGINS, keys=POOL) as world:
        holder = new_holder(world)
        phone.go_offline(world, holder.enrol(Platform.ANDROID))
        holder.enrol(Platform.IPHONE)
        report = exposure(world, holder.id)
        export_world(world, file)
    with import_world(file, tmp_path / "again.sqlite") as again:
        # The pool's keys are not the seed's: nothing may ask for one.
        again.keys = Keyless()
        assert exposure(again, holder.id) == report


class Keyless:
    """A key source that has none."""

    def rsa(self, label: str):
        raise KeyUnavailable(f"{label} was asked for")
