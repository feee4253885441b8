"""The two halves of a night's work, shared among processes: gathering entries, writing lists."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache, partial
from pathlib import Path
from threading import Thread
from typing import Self, TypeVar

from jpki.errors import NotWritten
from jpki.revocation.index.arrays import Array, np
from jpki.whole_files import naming_failures
from simulator.agency.nightly.country import Country
from simulator.agency.nightly.gather import gather_holds, gather_revoked
from simulator.agency.nightly.lists import ListWriter, Orders, Written, list_file, stretches
from simulator.agency.nightly.runs import RunWriter
from simulator.agency.nightly.signers import Signer
from simulator.agency.nightly.work import Night, Progress, Stage
from simulator.agency.publish import ListOptions

__all__ = ["Crew"]

_T = TypeVar("_T")
_Gather = Callable[[Path, Night, RunWriter], None]


class Crew:
    """So many processes, and the folder they work in; to be used in a ``with`` statement."""

    def __init__(self, night: Night, processes: int, progress: Progress, folder: Path) -> None:
        self._night, self._progress, self._folder = night, progress, folder
        self._runs = folder / "runs"
        # A fresh interpreter a process: a forked one would share the threads of pyarrow.
        context = multiprocessing.get_context("spawn")
        self._pool = (
            ProcessPoolExecutor(processes, context, _follow_parent) if processes > 1 else None
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the processes end, and forget the keys."""
        _writer.cache_clear()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def gather(self, country: Country) -> Array:
        """Gather the night's entries, and return how many each list has."""
        with naming_failures(self._runs):
            self._runs.mkdir()
        tables: tuple[tuple[_Gather, tuple[Path, ...]], ...] = (
            (gather_revoked, country.certificates),
            (gather_holds, country.holds),
        )
        tasks = [
            partial(_gather, read, path, self._night, self._runs)
            for read, paths in tables
            for path in paths
        ]
        counts = np.zeros(self._night.lists, np.int64)
        for done, found in enumerate(self._shared(tasks), 1):
            counts += found
            self._progress(Stage.GATHERING, done, len(tasks))
        return counts

    def write(
        self, counts: Array, signers: tuple[Signer, ...], options: ListOptions
    ) -> tuple[Written, ...]:
        """Write and sign the lists of these lengths; return what was written, in order."""
        for signer in signers:
            folder = (self._folder / list_file(signer.authority, 1)).parent
            with naming_failures(folder):
                folder.mkdir(parents=True)
        with naming_failures(self._runs):
            runs = tuple(sorted(self._runs.iterdir()))
        orders = Orders(self._night, signers, options, runs, self._folder)
        tasks = [partial(_write, orders, *stretch) for stretch in stretches(counts)]
        written: list[Written] = []
        for found in self._shared(tasks):
            written += found
            self._progress(Stage.WRITING, len(written), self._night.lists)
        with naming_failures(self._runs):
            shutil.rmtree(self._runs)
        return tuple(sorted(written, key=lambda one: one.number))

    def _shared(self, tasks: Sequence[Callable[[], _T]]) -> Iterator[_T]:
        """Yield what the tasks come to, in any order."""
        if self._pool is None:
            for task in tasks:
                yield task()
            return
        try:
            for done in as_completed([self._pool.submit(task) for task in tasks]):
                yield done.result()
        except BrokenProcessPool:
            why = "a process at work was killed, or had too little memory"
            raise NotWritten(str(self._folder), why) from None


def _follow_parent() -> None:
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Leave when whoever started this process is gone; a pool alone would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@lru_cache(maxsize=1)
def _writer(orders: Orders) -> ListWriter:
    return ListWriter(orders)


def _write(orders: Orders, first: int, behind: int) -> list[Written]:
    return _writer(orders).write(first, behind)


def _gather(read: _Gather, path: Path, night: Night, runs: Path) -> Array:
    into = RunWriter.begun(runs, f"{path.parent.name}-{path.stem}", night.lists)
    read(path, night, into)
    return into.counts
