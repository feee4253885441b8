"""``jpki-sim fault``: order, list, clear, lint; kept in the world and followed by a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli.fault import fault_app
from simulator.faults import CATALOGUE, Asked, FaultName, FaultPlan, FaultsAtWork, Target, kept_plan
from simulator.world import World
from tests.agency.publication.serving import BEGINS, KEYS

RUNNER = CliRunner()
CRL = Asked(Target.CRL, "sign", 3, frozenset({"13113"}))


@pytest.fixture
def world(tmp_path: Path) -> Path:
    path = tmp_path / "world.sqlite"
    World.create(path, seed="fault commands", at=BEGINS, keys=KEYS).close()
    return path


def run(*words: str | Path, status: int = 0) -> str:
    result = RUNNER.invoke(fault_app, [str(word) for word in words])
    assert result.exit_code == status, result.output
    return result.output


def test_faults_are_ordered_listed_and_cleared(world: Path) -> None:
    at = ("--world", world)
    assert run("list", *at) == "no fault is ordered\n"
    run("order", "stale-crl", "--partition", "13113", "--since", "2024-05-02", *at)
    run("order", "http-5xx", "--target", "ocsp", "--chance", "0.5", "--burst", "3", *at)
    assert run("list", *at).splitlines() == [
        "  1  stale-crl partition=13113 since=2024-05-01T15:00:00Z",
        "  2  http-5xx target=ocsp chance=0.5 burst=3",
    ]
    assert run("clear", "1", *at).splitlines() == ["  2  http-5xx target=ocsp chance=0.5 burst=3"]
    assert run("clear", *at) == "no fault is ordered\n"
    told = json.loads(run("order", "slow", "--seed", "9", "--format", "json", *at))
    assert (told["seed"], told["orders"][0]["number"]) == (9, 3)


def test_a_file_of_faults_is_ordered_with_its_seed(world: Path, tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text('seed = 5\n[[fault]]\nname = "slow"\n[[fault]]\nname = "truncated"\n')
    run("order", file, "--world", world)
    with World.open(world, keys=KEYS) as opened:
        plan = kept_plan(opened.store)
    assert plan.seed == 5
    assert [one.fault.name for one in plan.orders] == [FaultName.SLOW, FaultName.TRUNCATED]


def test_the_hostile_plan_takes_the_place_of_what_is_ordered(world: Path) -> None:
    run("order", "slow", "--world", world)
    lines = run("hostile", "--seed", "4", "--world", world).splitlines()
    assert len(lines) == len([kind for kind in CATALOGUE.values() if kind.alone])


def test_a_server_follows_what_is_ordered_in_the_world_it_serves(world: Path) -> None:
    with World.open(world, keys=KEYS) as opened:
        faults = FaultsAtWork(lambda: kept_plan(opened.store))
        assert faults.strike(CRL, BEGINS) is None
        run("order", "slow", "--world", world)
        struck = faults.strike(CRL, BEGINS)
        assert struck is not None
        assert struck.fault.name is FaultName.SLOW
        run("clear", "--world", world)
        assert faults.strike(CRL, BEGINS) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("order", "no-such-fault"), "neither a fault's name nor a file"),
        (("order", "no-such-fault", "--times", "2"), "a fault of this name is not known"),
        (("order", "stale-crl", "--target", "tsa"), "cannot befall tsa"),
        (("order", "slow", "--chance", "2"), "less than or equal to 1"),
        (("clear", "7"), "no fault 7 is ordered"),
    ],
)
def test_what_cannot_be_ordered_or_cleared_is_refused_and_nothing_changes(
    world: Path, words: tuple[str, ...], said: str
) -> None:
    result = RUNNER.invoke(fault_app, [*words, "--world", str(world)])
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert run("list", "--world", world) == "no fault is ordered\n"


def test_lint_tells_remarks_and_errors_by_exit_status(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text('[[fault]]\nname = "slow"\n')
    assert run("lint", file) == ""
    file.write_text('[[fault]]\nname = "slow"\n[[fault]]\nname = "slow"\n')
    assert "fault 2: it never strikes" in run("lint", file, status=1)
    file.write_text("[[fault]]\n")
    assert "fault.0.name" in run("lint", file, status=2)


def test_names_and_schema_can_be_read_by_programs() -> None:
    rows = json.loads(run("names", "--format", "json"))
    assert [row["name"] for row in rows] == [name.value for name in FaultName]
    assert all(CATALOGUE[FaultName(row["name"])].ja in run("names", "--lang", "ja") for row in rows)
    assert json.loads(run("schema"))["title"] == "FaultScript"


def test_a_plan_in_the_world_that_cannot_be_read_is_named(world: Path) -> None:
    with World.open(world, keys=KEYS) as opened:
        opened.store.set("faults", "{")
    assert "faults" in run("list", "--world", world, status=2)
    assert FaultPlan().orders == ()
