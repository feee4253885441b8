"""What is measured of batches runs, and every peer accepts what is measured."""

from __future__ import annotations

import pytest

from benchmarks.batch import cases
from benchmarks.batch_rows import Holders


@pytest.mark.system
def test_every_case_beside_the_batch_runs_and_finds_every_row_good(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = list(cases(Holders(8), 2_000))
    for case in found:
        case.work()
    assert "left out" not in capsys.readouterr().err
    assert [case.amount for case in found] == [8] * len(found)
    # Three in C, the batch with lists and with an index and either new or known, and pyHanko.
    assert len(found) == 3 + 4 + 1
