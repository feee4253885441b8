"""The memory of a run does not depend on the number of rows."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.batch_rows import Holders, write_question
from jpki.batch import BatchSettings
from jpki.batch.arrow import pq

MIB = 1 << 20

_VERIFY = """
import pickle, sys
from pathlib import Path
from jpki.batch import verify_batch

def most():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024

if __name__ == "__main__":
    question, answer, settings = map(Path, sys.argv[1:])
    verify_batch(question, answer, pickle.loads(settings.read_bytes()), processes=1)
    print(most())
"""


def most_memory(folder: Path, holders: Holders, settings: BatchSettings, rows: int) -> int:
    """Return the most memory that a process had which judged so many rows of one row group."""
    question, kept = folder / f"{rows}.parquet", folder / "settings"
    write_question(question, holders, rows, group_rows=rows)
    assert pq.read_metadata(question).num_row_groups == 1
    kept.write_bytes(pickle.dumps(settings))
    command = [sys.executable, "-c", _VERIFY, str(question), f"{question}.answer", str(kept)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)
    question.unlink()
    return int(done.stdout)


@pytest.fixture
def never_revoked() -> Holders:
    """Six hundred holders, more than a dictionary page holds; none is listed."""
    return Holders(600)


def test_five_times_the_rows_take_no_more_memory(never_revoked: Holders, tmp_path: Path) -> None:
    settings = never_revoked.settings()
    few = most_memory(tmp_path, never_revoked, settings, 8_000)
    many = most_memory(tmp_path, never_revoked, settings, 40_000)
    # What is judged is 86 MiB more.
    assert many - few < 48 * MIB
    assert many < 300 * MIB


@pytest.mark.long
def test_four_times_the_rows_take_no_more_memory(never_revoked: Holders, tmp_path: Path) -> None:
    settings = never_revoked.settings()
    # From 65,536 rows on the answer is written in groups of rows of one size.
    few = most_memory(tmp_path, never_revoked, settings, 140_000)
    many = most_memory(tmp_path, never_revoked, settings, 560_000)
    # What is judged is 1.1 GiB more. Two runs of the same rows differ by up to 50 MiB, because the
    # allocators of Arrow's threads give back what they do not use when they like.
    assert many - few < 96 * MIB
    assert many < 300 * MIB
