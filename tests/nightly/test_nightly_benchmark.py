"""What is measured on a night is measured on a short one, too, and is a night."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks import nightly
from simulator.population.parquet import read_table


@pytest.fixture(autouse=True)
def few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = nightly.shipped_figures().with_("partitions = 6", source="t")
    monkeypatch.setattr(nightly, "shipped_figures", lambda: figures)


def test_every_case_works() -> None:
    found = nightly.cases((900,))
    for case in found:
        case.work()
    # A bare signature and a night's lists; then the builder, the limit, and the night.
    assert Counter(case.unit for case in found) == {"lists": 2, "entries": 3}
    (lists,) = [case.amount for case in found if case.name.startswith("lists of a night")]
    assert lists == 2 * 6


def test_the_country_has_as_many_entries_as_it_says(tmp_path: Path) -> None:
    nightly.write_country(tmp_path, 1_001)
    rows = read_table(tmp_path / "lists.parquet").to_pylist()
    assert sum(row["entries"] for row in rows) == 1_001
    assert len(read_table(tmp_path / "certificates")) == 8 * 1_001
