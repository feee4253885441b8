"""A whole batch: cut into lumps, judged by several processes, written so that it can be resumed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Final

from jpki.batch.arrow import pa
from jpki.batch.judge import Judge
from jpki.batch.parts import Parts
from jpki.batch.plan import Lump, lumps
from jpki.batch.settings import BatchSettings
from jpki.batch.sources import Source, open_source
from jpki.batch.table import answer_schema, check_columns, validate
from jpki.errors import BatchInterrupted, MalformedDocument

__all__ = [
    "BatchSummary",
    "Engine",
    "Progress",
    "Worker",
    "begun_at",
    "run_batch",
    "verify_batch",
    "worker_of",
]

Progress = Callable[[int, int], None]
"""Called now and then with how many rows are done and how many there are."""

Engine = Callable[[list[Lump]], Iterator[None]]
"""Does all the work, and yields whenever it is time to look how far it is."""

_FORMAT: Final = 1
_GLANCE_SECONDS: Final = 0.5
_TRIED_PARTS: Final = 2
_WORTH_SECONDS: Final = 2.5
"""Work for so long is worth the second of computing that another process takes to start."""
_OVER: Final = object()


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """How many rows there were, how many of each verdict, and how many were done before."""

    rows: int
    verdicts: Mapping[str, int]
    resumed: int


def verify_batch(
    question: Path,
    answer: Path,
    settings: BatchSettings,
    *,
    processes: int | None = None,
    restart: bool = False,
    progress: Progress | None = None,
) -> BatchSummary:
    """Judge every row of a Parquet file, or every signed file of a folder; write a Parquet file.

    ``processes`` is how many work at it at most, this one among them, by default as many as there
    are cores. A run that ended
    early is gone on with when it is asked for again: what was done is in ``ANSWER.parts``.
    ``restart`` throws that away.

    Raises ``MalformedDocument`` for a source or an answer file that cannot be used, and
    ``BatchInterrupted`` when a process was killed.
    """

    def engine(work: list[Lump]) -> Iterator[None]:
        return _by_processes(work, question, answer, settings, processes or _cores())

    return run_batch(question, answer, settings, engine=engine, restart=restart, progress=progress)


def run_batch(
    question: Path,
    answer: Path,
    settings: BatchSettings,
    *,
    engine: Engine,
    restart: bool = False,
    progress: Progress | None = None,
) -> BatchSummary:
    """Run a batch on an engine; what is asked and what is raised is as in ``verify_batch``."""
    source = open_source(question)
    check_columns(source.schema, settings, source=str(question))
    parts = Parts(answer)
    if answer.exists() and not restart and not parts.folder.exists():
        raise MalformedDocument(
            "the answer is there already", source=str(answer), hint="choose another, or --restart"
        )
    settings.check()  # what cannot be read is told before any process is started
    parts.begin(_run_record(source, settings), restart=restart)
    with parts.alone():
        return _finish(source, settings, parts, engine, progress or (lambda _done, _all: None))


def _finish(
    source: Source, settings: BatchSettings, parts: Parts, engine: Engine, told: Progress
) -> BatchSummary:
    total = sum(source.groups)
    if parts.target.exists():  # killed between the last two steps of an earlier run
        parts.clear()
        return BatchSummary(total, parts.count_verdicts(), total)
    work = list(lumps(source.groups, part_rows=source.part_rows))
    schema = answer_schema(source.schema, settings)
    before = parts.keep_whole((one for lump in work for one in lump.sizes), schema)
    with parts.joining(work[-1].parts.stop if work else 0, schema) as answer:
        for _ in engine([lump for lump in work if not all(map(parts.is_done, lump.parts))]):
            answer.go_on()
            told(min(parts.count() * source.part_rows, total), total)
        answer.finish()
    told(total, total)
    return BatchSummary(total, answer.verdicts, before)


def begun_at(answer: Path) -> datetime | None:
    """Return the instant of an unfinished run for rows that name none; ``None`` without a run."""
    at = Parts(answer).recorded("at")
    return datetime.fromisoformat(at) if isinstance(at, str) else None


def _run_record(source: Source, settings: BatchSettings) -> dict[str, object]:
    return {
        "at": None if settings.at is None else settings.at.isoformat(),
        "format": _FORMAT,
        "question": source.fingerprint,
        "settings": settings.fingerprint,
        "part_rows": source.part_rows,
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _by_processes(
    work: list[Lump], question: Path, answer: Path, settings: BatchSettings, processes: int
) -> Iterator[None]:
    """Do the work here, and as much of it in other processes as these can take.

    So a run is at work from its first moment, and not only when the others have started. They are
    started when the first parts have shown that there is work for longer than a start takes.
    """
    left = deque(work)
    here = _parts_of(left, Worker(question, answer, settings))
    seconds = 0.0
    for _ in range(_TRIED_PARTS):
        began = perf_counter()
        if next(here, _OVER) is _OVER:
            return
        seconds = perf_counter() - began  # of the last one: the first learns the forms, too
        yield
    others = min(processes - 1, len(left))
    if others < 1 or seconds * sum(len(lump.parts) for lump in left) < _WORTH_SECONDS:
        yield from here
        return
    # Started anew rather than forked: a fork of a program with threads may hang.
    pool = ProcessPoolExecutor(
        others,
        mp_context=get_context("spawn"),
        initializer=_begin,
        initargs=(question, answer, settings),
    )
    try:
        yield from _shared(left, here, pool, others)
    except BrokenProcessPool as error:
        raise BatchInterrupted(str(answer)) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _parts_of(left: deque[Lump], worker: Worker) -> Iterator[None]:
    """Do what is left, one lump after the other, and yield after each part."""
    while left:
        yield from worker.do(left.popleft())


def _shared(
    left: deque[Lump], here: Iterator[None], pool: ProcessPoolExecutor, others: int
) -> Iterator[None]:
    asked: set[Future[None]] = set()

    def look() -> None:
        """Let nobody wait, and notice whoever was killed."""
        nonlocal asked
        done = {one for one in asked if one.done()}
        for one in done:
            one.result()
        asked -= done
        # One more than are at work, since the next look may be a while away.
        while left and len(asked) <= others:
            asked.add(pool.submit(_do, left.popleft()))

    look()
    for _ in here:
        look()
        yield
    while asked:
        wait(asked, _GLANCE_SECONDS, return_when=FIRST_COMPLETED)
        look()
        yield


class Worker:
    """One process at work, with a judge that remembers forms from lump to lump."""

    def __init__(self, question: Path, answer: Path, settings: BatchSettings) -> None:
        self._source = open_source(question)
        self._settings = settings
        self._judge: Judge = settings.judge()
        self._parts = Parts(answer)
        # A question or an index that was replaced meanwhile would be judged in two ways.
        self._parts.compare(_run_record(self._source, settings))

    def do(self, lump: Lump) -> Iterator[None]:
        """Write the parts of a lump that are not there yet; yield after each."""
        done = 0
        while done < len(lump.parts) and self._parts.is_done(lump.part + done):
            done += 1
        answers: list[pa.RecordBatch] = []
        part = lump.part + done
        for piece in self._source.pieces(lump, done * lump.part_rows):
            answers.append(validate(piece, self._judge, self._settings))
            while sum(one.num_rows for one in answers) >= lump.part_rows:
                part, answers = self._keep(part, answers, lump.part_rows)
                yield
        if answers:
            self._keep(part, answers, lump.part_rows)
            yield

    def _keep(
        self, part: int, answers: list[pa.RecordBatch], rows: int
    ) -> tuple[int, list[pa.RecordBatch]]:
        table = pa.Table.from_batches(answers)
        self._parts.write(part, table.slice(0, rows))
        return part + 1, table.slice(rows).to_batches()


# One worker a process: what its judge learned serves every lump that comes to this process.
_workers: dict[tuple[Path, str, str], Worker] = {}


def worker_of(question: Path, answer: Path, settings: BatchSettings) -> Worker:
    """Return this process's worker at a batch."""
    key = (answer, open_source(question).fingerprint, settings.fingerprint)
    if key not in _workers:
        _workers.clear()
        _workers[key] = Worker(question, answer, settings)
    return _workers[key]


_asked: list[tuple[Path, Path, BatchSettings]] = []


def _begin(question: Path, answer: Path, settings: BatchSettings) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    _asked.append((question, answer, settings))


def _end_with_parent() -> None:
    """Leave when whoever started this process is gone; a pool alone would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(lump: Lump) -> None:
    for _ in worker_of(*_asked[0]).do(lump):
        pass
