"""Runs that are killed: what they leave, who may go on with it, and that it comes to the same."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jpki.errors import ImpossibleFact
from simulator.cli.app import app
from simulator.population import Rules, Scope, run_population, shipped_figures, simulate

ROOT = Path(__file__).resolve().parents[2]
FIGURES = shipped_figures().with_("partitions = 5", source="t")
SCOPE = Scope(6000, 2, date(2026, 4, 1), "1", FIGURES, with_events=True, chunk=400)
CHUNKS = 15
SMALL = Scope(60, 6, date(2026, 4, 1), "1", FIGURES, chunk=20)

PROGRAM = """
import pickle, sys
from pathlib import Path
from simulator.population import run_population
if __name__ == "__main__":
    scope = pickle.loads(Path(sys.argv[1]).with_name("scope").read_bytes())
    run_population(scope, Path(sys.argv[1]), processes=int(sys.argv[2]))
"""


def _digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The bytes of a run that nobody disturbs."""
    folder = tmp_path_factory.mktemp("whole") / "country"
    run_population(SCOPE, folder)
    return _digest(folder)


@contextmanager
def _running(out: Path, processes: int) -> Iterator[subprocess.Popen[bytes]]:
    script = out.parent / "program.py"
    script.write_text(PROGRAM)
    out.with_name("scope").write_bytes(pickle.dumps(SCOPE))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, script, out, str(processes)], env=environment)
    try:
        yield process
    finally:
        process.kill()  # SIGKILL, unless it has ended
        process.wait(timeout=30)


def _counted(out: Path) -> list[Path]:
    return sorted(out.with_name("country.partial").glob("work/counts/*.npz"))


def _until(what: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    ends = time.monotonic() + 60
    while not what():
        assert time.monotonic() < ends
        assert process is None or process.poll() is None
        time.sleep(0.002)


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""  # ended, and nobody has asked yet
    except (FileNotFoundError, ProcessLookupError):
        return True


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_run_killed_twice_comes_to_the_bytes_of_one_that_was_not(
    whole: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "country"
    with _running(out, 1) as process:
        _until(lambda: len(_counted(out)) >= 2, process)
    first = len(_counted(out))
    assert not out.exists()
    assert 2 <= first < CHUNKS
    with _running(out, 2) as process:
        _until(lambda: len(_counted(out)) >= first + 3, process)
        at_work = _children(process.pid)
    # Whoever worked for the killed process has left with it, and writes to no file of the next.
    assert len(at_work) >= 2
    _until(lambda: all(map(_gone, at_work)))
    second = len(_counted(out))
    assert not out.exists()
    assert first + 3 <= second < CHUNKS
    before = {path: path.stat().st_mtime_ns for path in _counted(out)}
    lived: list[int] = []

    def told(people: int) -> None:
        lived.append(people)
        if len(lived) == CHUNKS:  # those that were whole have not been lived again
            assert {path: path.stat().st_mtime_ns for path in before} == before

    run_population(SCOPE, out, progress=told)
    assert sum(lived) == SCOPE.people
    assert _digest(out) == whole
    assert not out.with_name("country.partial").exists()


class _EndedError(Exception):
    """Stands for whatever ends a run."""


def _interrupted(out: Path, *, after: int, compared: Rules | None = None) -> None:
    told: list[int] = []

    def end(people: int) -> None:
        told.append(people)
        if len(told) == after:
            raise _EndedError

    with pytest.raises(_EndedError):
        simulate(SMALL, out, compared=compared, progress=end)


def test_two_rules_side_by_side_go_on_where_they_ended_page_and_pictures_too(
    tmp_path: Path,
) -> None:
    other = Rules({"card_hold_cascades_to_ms": False})
    simulate(SMALL, tmp_path / "whole", compared=other)
    _interrupted(tmp_path / "country", after=5, compared=other)
    assert not (tmp_path / "country").exists()
    runs = simulate(SMALL, tmp_path / "country", compared=other)
    assert [run.rules for run in runs] == [Rules(), other]
    assert _digest(tmp_path / "country") == _digest(tmp_path / "whole")


@pytest.mark.parametrize("name", ["certificates", "work/counts", "work/lists-001"])
def test_a_chunk_with_a_file_that_is_cut_short_is_lived_again(name: str, tmp_path: Path) -> None:
    out = tmp_path / "country"
    _interrupted(out, after=2)
    folder = tmp_path / "country.partial" / name
    for file in folder.glob("chunk-00001*"):
        file.write_bytes(file.read_bytes()[:-9])
    run_population(SMALL, out)
    run_population(SMALL, tmp_path / "whole")
    assert _digest(out) == _digest(tmp_path / "whole")


@pytest.mark.parametrize(
    ("other", "rules", "says"),
    [
        (replace(SMALL, seed="2"), Rules(), "it differs in seed"),
        (replace(SMALL, years=7), Rules(), "it differs in years"),
        (replace(SMALL, chunk=30), Rules(), "it differs in chunk"),
        (replace(SMALL, with_events=True), Rules(), "it differs in events"),
        (replace(SMALL, figures=shipped_figures()), Rules(), "it differs in figures"),
        (SMALL, Rules({"cascade_reason": "cessationOfOperation"}), "it differs in rules, law"),
        (SMALL, Rules(law_of=date(2024, 5, 26)), "it differs in rules"),
    ],
)
def test_another_run_is_not_gone_on_with(
    other: Scope, rules: Rules, says: str, tmp_path: Path
) -> None:
    _interrupted(tmp_path / "country", after=1)
    left = _digest(tmp_path / "country.partial")
    with pytest.raises(ImpossibleFact, match=says) as told:
        run_population(other, tmp_path / "country", rules=rules)
    assert "--restart" in str(told.value.hint)
    assert _digest(tmp_path / "country.partial") == left
    run_population(other, tmp_path / "country", rules=rules, restart=True)
    run_population(other, tmp_path / "whole", rules=rules)
    assert _digest(tmp_path / "country") == _digest(tmp_path / "whole")


def test_two_rules_are_not_gone_on_with_as_one(tmp_path: Path) -> None:
    _interrupted(tmp_path / "country", after=1, compared=Rules())
    with pytest.raises(ImpossibleFact, match="it differs in compared"):
        run_population(SMALL, tmp_path / "country")


def test_a_strangers_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "country.partial").mkdir()
    (tmp_path / "country.partial" / "thesis.txt").write_text("mine")
    with pytest.raises(ImpossibleFact, match="its record cannot be read"):
        run_population(SMALL, tmp_path / "country")
    assert (tmp_path / "country.partial" / "thesis.txt").read_text() == "mine"


def test_a_result_is_never_thrown_away(tmp_path: Path) -> None:
    run_population(SMALL, tmp_path / "country")
    left = _digest(tmp_path / "country")
    with pytest.raises(ImpossibleFact, match="is there already"):
        run_population(SMALL, tmp_path / "country", restart=True)
    assert _digest(tmp_path / "country") == left


def test_what_a_run_killed_at_its_very_end_left_over_is_tidied(tmp_path: Path) -> None:
    run_population(SMALL, tmp_path / "country")
    left = _digest(tmp_path / "country")
    (tmp_path / "country" / "work").mkdir()
    with pytest.raises(ImpossibleFact, match="is there already"):
        run_population(SMALL, tmp_path / "country")
    assert _digest(tmp_path / "country") == left
    assert not (tmp_path / "country" / "work").exists()


def test_two_processes_do_not_work_on_one_folder(tmp_path: Path) -> None:
    _interrupted(tmp_path / "country", after=1)
    descriptor = os.open(tmp_path / "country.partial", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for restart in (False, True):
            with pytest.raises(ImpossibleFact, match="another process is at work"):
                run_population(SMALL, tmp_path / "country", restart=restart)
    finally:
        os.close(descriptor)
    run_population(SMALL, tmp_path / "country")
    assert (tmp_path / "country" / "summary.json").exists()


def test_the_command_goes_on_and_starts_over(tmp_path: Path) -> None:
    small = ["population", "--people", "60", "--years", "1", "--out", str(tmp_path / "c")]
    assert CliRunner().invoke(app, [*small, "--seed", "7"]).exit_code == 0
    shutil.rmtree(tmp_path / "c")
    (tmp_path / "c.partial" / "work").mkdir(parents=True)
    refused = CliRunner().invoke(app, small)
    assert refused.exit_code == 2
    assert "--restart throws it away" in refused.stderr
    assert CliRunner().invoke(app, [*small, "--restart"]).exit_code == 0
    assert (tmp_path / "c" / "index.html").exists()
