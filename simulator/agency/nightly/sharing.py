"""The two halves of a night's work, shared among processes: gathering entries, writing lists."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from jpki.errors import NotWritten
from jpki.revocation.index.arrays import Array, np
from simulator.agency.nightly.country import Country
from simulator.agency.nightly.gather import gather_holds, gather_revoked
from simulator.agency.nightly.runs import RunWriter
from simulator.agency.nightly.signers import Signer
from simulator.agency.nightly.work import Night, Progress, Stage, writing
from simulator.agency.nightly.lists import ListWriter, Written, stretches
from simulator.agency.publication.addresses import list_path
from simulator.agency.publication.office import ListKey
from simulator.agency.publish import ListOptions

__all__ = ["Crew"]

_T = TypeVar("_T")
_Gather = Callable[[Path, Night, RunWriter], None]


@dataclass(frozen=True, slots=True)
class Crew:
    """So many processes, and the folder they work in."""

    night: Night
    processes: int
    progress: Progress
    folder: Path

    @property
    def runs(self) -> Path:
        """Where the entries lie between the two halves."""
        return self.folder / "runs"

    def gather(self, country: Country) -> Array:
        """Gather the night's entries, and return how many each list has."""
        with writing(self.runs):
            self.runs.mkdir()
        tables: tuple[tuple[_Gather, tuple[Path, ...]], ...] = (
            (gather_revoked, country.certificates),
            (gather_holds, country.holds),
        )
        tasks = [
            partial(_gather, read, path, self.night, self.runs)
            for read, paths in tables
            for path in paths
        ]
        counts = np.zeros(self.night.lists, np.int64)
        for done, found in enumerate(self._shared(tasks, _nothing), 1):
            counts += found
            self.progress(Stage.GATHERING, done, len(tasks))
        return counts

    def write(
        self, counts: Array, signers: Sequence[Signer], options: ListOptions
    ) -> tuple[Written, ...]:
        """Write and sign the lists of these lengths; return what was written, in order."""
        for signer in signers:
            folder = self.folder / list_path(ListKey(signer.authority, "0")).lstrip("/")
            with writing(folder.parent):
                folder.parent.mkdir(parents=True)
        with writing(self.runs):
            runs = sorted(self.runs.iterdir())
        made = partial(ListWriter, self.night, signers, options, runs=runs, folder=self.folder)
        tasks = [partial(_write, first, behind) for first, behind in stretches(counts)]
        written: list[Written] = []
        try:
            for found in self._shared(tasks, partial(_begin, made)):
                written += found
                self.progress(Stage.WRITING, len(written), self.night.lists)
        finally:
            _mine.clear()
        with writing(self.runs):
            shutil.rmtree(self.runs)
        return tuple(sorted(written, key=lambda one: one.number))

    def _shared(self, tasks: Sequence[Callable[[], _T]], begin: Callable[[], None]) -> Iterator[_T]:
        """Yield what the tasks come to, in any order; each process begins with ``begin``."""
        if self.processes == 1 or len(tasks) <= 1:
            begin()
            for task in tasks:
                yield task()
            return
        # A fresh interpreter a process: a forked one would share the threads of pyarrow.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(min(self.processes, len(tasks)), context, begin)
        try:
            for done in as_completed([pool.submit(task) for task in tasks]):
                yield done.result()
        except BrokenProcessPool:
            why = "a process at work was killed, or had too little memory"
            raise NotWritten(str(self.folder), why) from None
        finally:
            pool.shutdown(cancel_futures=True)


_mine: Final[list[ListWriter]] = []


def _nothing() -> None:
    """Begin without anything to make ready."""


def _begin(made: Callable[[], ListWriter]) -> None:
    _mine[:] = [made()]


def _write(first: int, behind: int) -> list[Written]:
    return _mine[0].write(first, behind)


def _gather(read: _Gather, path: Path, night: Night, runs: Path) -> Array:
    into = RunWriter.begun(runs, f"{path.parent.name}-{path.stem}", night.lists)
    read(path, night, into)
    return into.counts
