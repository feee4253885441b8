"""Whole batches, from one Parquet file into another: all sizes, one and two processes, engines."""

from __future__ import annotations

import atexit
import os
import pickle
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.batch_engines import engine_figures
from benchmarks.batch_rows import Holders, write_question
from benchmarks.measure import Benchmark, Case, Figure
from benchmarks.memory import most_memory
from jpki.batch import BatchSettings, verify_batch

__all__ = ["BENCHMARK", "cases"]

_HOLDERS: Final = 1_000
_QUICK: Final = (1_000, 10_000)
_FULL: Final = (1_000, 10_000, 100_000, 1_000_000)
_PROCESSES: Final = (1, 2)
_VERIFY: Final = """
import pickle, sys
from pathlib import Path
from jpki.batch import verify_batch
question, answer, settings = map(Path, sys.argv[1:])
verify_batch(question, answer, pickle.loads(settings.read_bytes()), processes=1)
answer.unlink()
"""


def cases(sizes: tuple[int, ...], *, engines: bool) -> Iterator[Case | Figure]:
    """Yield what is measured with so many rows; engines with the most of them."""
    kept = TemporaryDirectory(prefix="jpki-bench-")
    atexit.register(kept.cleanup)
    folder, holders = Path(kept.name), Holders(min(_HOLDERS, max(sizes)))
    settings, numbers = holders.settings(), count()
    kept_settings = folder / "settings"
    kept_settings.write_bytes(pickle.dumps(settings))
    for rows in sizes:
        question = folder / f"{rows}.parquet"
        write_question(question, holders, rows)
        for processes in _PROCESSES:
            text = f"{rows:,} signatures, {processes} process{'es' * (processes > 1)}"
            run = partial(_run, question, settings, numbers, processes)
            yield Case(text, run, rows, "rows")
        paths = map(str, (question, folder / "answer", kept_settings))
        yield Figure(f"{rows:,} signatures: most memory", partial(_memory, *paths), "bytes")
    if engines:
        yield from engine_figures(question, kept_settings, rows)


def _memory(*paths: str) -> int:
    return most_memory(_VERIFY, *paths)


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
    "forms. Memory is that of a whole process which judges them alone. This machine has "
    f"{os.cpu_count()} processors. An engine is started with two workers once all else was "
    "measured, asked for one run that does not count and for three of which the median is told; "
    "its start is read apart.",
    lambda: tuple(cases(_QUICK, engines=False)),
    lambda: tuple(cases(_FULL, engines=True)),
)
