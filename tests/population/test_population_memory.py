"""Memory of a run: a chunk and a stretch of years, however many there are of either."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024

ALLOWANCE = 96 * MIB
"""In kB. Two runs of the same differ by 30 MiB or so. Rows of certificates kept from one stretch to
the next would come to 190 MiB in thirty years, tables of the lists to 160 MiB."""

PROGRAM = """
import sys
from datetime import date
from pathlib import Path
from simulator.population import CHUNK, Scope, run_population, shipped_figures
scope = Scope(CHUNK, int(sys.argv[1]), date(2026, 4, 1), "1", shipped_figures())
run_population(scope, Path(sys.argv[2]))
# Not ru_maxrss, which a process inherits from the one that started it.
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def _most(years: int, out: Path) -> int:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, str(years), str(out)]
    told = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment, timeout=900
    )
    return int(told.stdout)


@pytest.mark.long
def test_forty_years_need_no_more_memory_than_ten(tmp_path: Path) -> None:
    ten, forty = _most(10, tmp_path / "ten"), _most(40, tmp_path / "forty")
    assert forty <= ten + ALLOWANCE
