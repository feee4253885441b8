"""What is measured of batches runs, and every peer accepts what is measured."""

from __future__ import annotations

import pytest

from benchmarks import batch_runs
from benchmarks.batch import cases
from benchmarks.batch_rows import Holders
from benchmarks.measure import Case, Figure


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


def test_whole_runs_of_every_size_are_measured_with_one_process_and_two() -> None:
    found = list(batch_runs.cases((8, 40), engines=False))
    cases = [case for case in found if isinstance(case, Case)]
    for case in cases:
        case.work()
    *_, figure = (one for one in found if isinstance(one, Figure))
    # Python with Arrow and cryptography takes no less.
    assert figure.name == "40 signatures: most memory"
    assert 50 << 20 < figure.work() < 300 << 20
    assert [(case.name, case.amount) for case in cases] == [
        ("8 signatures, 1 process", 8),
        ("8 signatures, 2 processes", 8),
        ("40 signatures, 1 process", 40),
        ("40 signatures, 2 processes", 40),
    ]


@pytest.mark.system
@pytest.mark.long
def test_every_engine_is_started_and_asked_for_whole_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [
        one
        for one in batch_runs.cases((200,), engines=True)
        if isinstance(one, Figure) and "workers" in one.name
    ]
    assert "left out" not in capsys.readouterr().err
    assert [one.name.split(", ")[1] for one in found[::2]] == ["Dask", "Ray", "Spark"]
    for rate, start in zip(found[::2], found[1::2], strict=True):
        assert rate.work() > 1
        assert 0.5 < start.work() < 100  # no engine has started within half a second
