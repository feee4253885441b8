"""Whole batches, from one Parquet file into another: all sizes, one and two processes, engines."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.batch_engines import engine_cases
from benchmarks.batch_rows import Holders, write_question
from benchmarks.measure import Benchmark, Case
from jpki.batch import BatchSettings, verify_batch

__all__ = ["BENCHMARK", "cases"]

_HOLDERS: Final = 1_000
_QUICK: Final = (1_000, 10_000)
_FULL: Final = (1_000, 10_000, 100_000, 1_000_000)
_PROCESSES: Final = (1, 2)


def cases(sizes: tuple[int, ...], *, engines: bool) -> Iterator[Case]:
    """Yield what is measured with so many rows; engines with the most of them."""
    kept = TemporaryDirectory(prefix="jpki-bench-")
    atexit.register(kept.cleanup)
    folder, holders = Path(kept.name), Holders(min(_HOLDERS, max(sizes)))
    settings, numbers = holders.settings(), count()
    for rows in sizes:
        question = folder / f"{rows}.parquet"
        write_question(question, holders, rows)
        for processes in _PROCESSES:
            text = f"{rows:,} signatures, {processes} process{'es' * (processes > 1)}"
            run = partial(_run, question, settings, numbers, processes)
            yield Case(text, run, rows, "rows")
    if engines:
        yield from engine_cases(question, settings, rows)


def _run(question: Path, settings: BatchSettings, numbers: Iterator[int], processes: int) -> None:
    answer = question.with_name(f"answer-{next(numbers)}.parquet")
    found = verify_batch(question, answer, settings, processes=processes)
    answer.unlink()
    if set(found.verdicts) != {"valid"}:
        raise AssertionError("every row is valid")


BENCHMARK = Benchmark(
    "batch_runs",
    "Whole runs of a batch, from a Parquet file of signatures of a thousand holders into one of "
    "answers, with what each begins with: checking the settings, starting processes, learning the "
    f"forms. This machine has {os.cpu_count()} processors. An engine with two workers is started "
    "before, and asked for the same.",
    lambda: tuple(cases(_QUICK, engines=False)),
    lambda: tuple(cases(_FULL, engines=True)),
)
