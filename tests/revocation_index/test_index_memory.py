"""A long list never takes more than 2.2 times its size, and an index opens whatever its length."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.index import columns_of
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.publish import Edition
from simulator.agency.publish_columns import write_revocation_list
from simulator.municipalities import municipality
from tests.revocation_index.conftest import MADE, SHIBUYA

_BUILD = """
import sys
from pathlib import Path
from jpki.certificates import parse_authority
from jpki.revocation.index import build_index
def most():
    # Not ru_maxrss, which a process inherits from who started it.
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024

authority = parse_authority(Path(sys.argv[3]).read_bytes())
before = most()
build_index(Path(sys.argv[1]), [Path(sys.argv[2])], authorities=[authority])
print(before, most())
"""


def built(folder: Path, agency: SimulatedAuthority, count: int) -> tuple[int, int, int]:
    """Return the size of a list, and the memory of a process before and at its most."""
    listed, root = folder / "list.crl", folder / "root.der"
    root.write_bytes(agency.certificate.der)
    size = write_revocation_list(
        listed,
        agency,
        columns_of(count),
        edition=Edition.daily(7, MADE),
        municipality=municipality(SHIBUYA),
    )
    command = [sys.executable, "-c", _BUILD, str(folder / "i"), str(listed), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    before, most = map(int, done.stdout.split())
    return size, before, most


def test_building_from_a_million_entries_takes_less_than_twice_the_list_more(
    agency: SimulatedAuthority, tmp_path: Path
) -> None:
    size, before, most = built(tmp_path, agency, 1_000_000)
    # The list itself, mapped, and its columns; beside them the interpreter, which was there before.
    assert most - before < 2.2 * size
    assert (tmp_path / "i").stat().st_size <= 12 * 1_000_000


@pytest.mark.long
def test_building_from_ten_million_entries_takes_less_than_2_2_times_the_list_in_all(
    agency: SimulatedAuthority, tmp_path: Path
) -> None:
    size, _, most = built(tmp_path, agency, 10_000_000)
    assert most < 2.2 * size
    assert (tmp_path / "i").stat().st_size <= 12 * 10_000_000
