"""What the batch's tests share: some holders' signatures, and a question made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.batch_rows import Holders, write_question
from jpki.batch import BatchSettings, verify_batch
from jpki.batch.arrow import pa, pq


@pytest.fixture(scope="session")
def holders() -> Holders:
    """Five hundred holders, three of whom are on a list."""
    return Holders(500, revoked=range(6, 9))


@pytest.fixture(scope="session")
def settings(holders: Holders) -> BatchSettings:
    return holders.settings()


@pytest.fixture(scope="session")
def question(holders: Holders, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen thousand rows, four parts, in two row groups."""
    path = tmp_path_factory.mktemp("batch") / "question.parquet"
    write_question(path, holders, 14_000, group_rows=8_192)
    return path


@pytest.fixture(scope="session")
def undisturbed(question: Path, settings: BatchSettings) -> pa.Table:
    """The answer of one process that nobody disturbed."""
    answer = question.with_name("undisturbed.parquet")
    verify_batch(question, answer, settings, processes=1)
    return pq.read_table(answer)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes are started for any work, however soon it would be done without them."""
    monkeypatch.setattr("jpki.batch.run._WORTH_SECONDS", 0.0)
