"""Every parser survives its seeds, what fuzzing found before, and a short guided run."""

from __future__ import annotations

from pathlib import Path

import pytest

from jpki.errors import MalformedDocument
from tests.fuzz import planted
from tests.fuzz.session import Limits, run
from tests.fuzz.target import CORPUS, CRASHES, kept_inputs
from tests.fuzz.targets import TARGETS

SHORT = Limits(seconds=2)
PLANTED = "tests.fuzz.planted"


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_survives_its_seeds_its_corpus_and_old_crashes(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())
    assert seeds, "a target starts from something"
    assert max(map(len, seeds)) <= target.longest, "a seed longer than what is tried is lost"
    for data in (*seeds, *(path.read_bytes() for path in kept_inputs(name))):
        target.run(data)


@pytest.mark.parametrize("name", TARGETS)
def test_some_seed_is_read_and_not_refused(name: str) -> None:
    target = TARGETS[name]
    refused = 0
    for data in target.seeds():
        try:
            target.read(data)
        except Exception:
            refused += 1
    assert refused < len(list(target.seeds()))


def test_corpus_and_crashes_belong_to_targets_and_stay_small() -> None:
    folders = {path.name for folder in (CORPUS, CRASHES) for path in folder.glob("*/")}
    assert folders <= TARGETS.keys()
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_000_000


def test_a_named_error_is_no_crash_unless_a_value_was_promised() -> None:
    planted.TARGETS["refuses"].run(b"")
    with pytest.raises(MalformedDocument):
        planted.TARGETS["refuses, and should not"].run(b"")


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_a_target_survives_a_short_guided_run(name: str, tmp_path: Path) -> None:
    outcome = run(TARGETS[name], SHORT, crashes=tmp_path)
    assert outcome.survived, outcome.reason


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("crashes", "ValueError: planted"),
        ("refuses, and should not", "MalformedDocument"),
        ("grows", "out-of-memory"),
    ],
)
def test_a_guided_run_finds_a_planted_fault_and_keeps_what_caused_it(
    name: str, reason: str, tmp_path: Path
) -> None:
    target = planted.TARGETS[name]
    outcome = run(target, Limits(seconds=20, megabytes=512), table=PLANTED, crashes=tmp_path)
    assert not outcome.survived
    assert reason in outcome.reason
    assert [path.parent for path in outcome.crashes] == [tmp_path / name]
