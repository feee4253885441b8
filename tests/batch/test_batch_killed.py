"""Whoever is killed and whenever: run again, no row is lost or doubled or answered otherwise."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.batch_rows import AT, Holders, write_question
from jpki.batch import BatchSettings, verify_batch
from jpki.batch.arrow import pa, pq
from jpki.batch.parts import Parts

LIMIT = 120

# The command, which starts other processes for any work, however soon it would be done.
_EAGER = """
import jpki.batch.run
from jpki.cli import main
jpki.batch.run._WORTH_SECONDS = 0.0
main()
"""


class Run:
    """``jpki batch verify`` as a process, with two more of its own."""

    def __init__(self, question: Path, answer: Path, holders: Holders) -> None:
        self.parts = Parts(answer)
        trust = question.with_name("root.cer")
        trust.write_bytes(holders.root)
        lists = [question.with_name(f"{number}.crl") for number in range(len(holders.lists))]
        for path, listed in zip(lists, holders.lists, strict=True):
            path.write_bytes(listed)
        listed_by = [word for path in lists for word in ("--crl", str(path))]
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", _EAGER, "batch", "verify", str(question), str(answer)),
                *("--trust", str(trust), *listed_by, "--at", AT.isoformat(), "--processes", "3"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def parts_there(self) -> int:
        try:
            return self.parts.count()
        except OSError:
            return 0

    def wait_for_parts(self, count: int) -> bool:
        """Wait until so many parts are there; tell whether the run is still going then."""
        ends = time.monotonic() + LIMIT
        while self.process.poll() is None and time.monotonic() < ends:
            if self.parts_there() >= count:
                return True
            time.sleep(0.002)
        return False

    def workers(self) -> list[int]:
        """The processes that this run has started to judge, by their parent's number."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with suppress(OSError):
                stat = (entry / "stat").read_text()
                parent = int(stat.rpartition(")")[2].split()[1])
                if parent == self.process.pid and b"spawn_main" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        return found


def gone(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def play(
    question: Path,
    holders: Holders,
    settings: BatchSettings,
    expected: pa.Table,
    *,
    chance: random.Random,
    kills: int,
) -> None:
    answer = question.with_name(f"answer-{chance.random()}.parquet")
    for _ in range(kills):
        run = Run(question, answer, holders)
        going = run.wait_for_parts(run.parts_there() + chance.randrange(1, 3))
        time.sleep(chance.random() / 20)
        workers = run.workers()
        if going and workers and chance.random() < 0.5:
            os.kill(chance.choice(workers), signal.SIGKILL)
            _, told = run.process.communicate(timeout=LIMIT)
            # It may have been finished or not yet at work; else it says so and ends.
            assert run.process.returncode == 0 or "run the same command again" in told, told
        else:
            run.process.kill()
            run.process.communicate(timeout=LIMIT)
        ends = time.monotonic() + LIMIT
        while not all(map(gone, workers)):
            assert time.monotonic() < ends, "a worker outlived who had started it"
            time.sleep(0.01)
        if run.parts.folder.exists():
            assert answer.exists() is False or pq.read_table(answer).equals(expected)
    if not answer.exists() or Parts(answer).folder.exists():
        verify_batch(question, answer, settings, processes=1)
    assert pq.read_table(answer).equals(expected)
    assert not Parts(answer).folder.exists()


@pytest.fixture
def own_question(question: Path, tmp_path: Path) -> Path:
    own = tmp_path / "question.parquet"
    own.write_bytes(question.read_bytes())
    return own


def test_killed_at_random_nothing_is_lost_or_doubled(
    own_question: Path, holders: Holders, settings: BatchSettings, undisturbed: pa.Table
) -> None:
    play(own_question, holders, settings, undisturbed, chance=random.Random(8), kills=2)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_killed_many_times_nothing_is_lost_or_doubled(
    seed: int, holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    question = tmp_path / "question.parquet"
    write_question(question, holders, 60_000, group_rows=20_000)
    plain = tmp_path / "plain.parquet"
    verify_batch(question, plain, settings, processes=1)
    expected = pq.read_table(plain)
    play(question, holders, settings, expected, chance=random.Random(seed), kills=6)
