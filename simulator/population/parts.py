"""A run that is not whole yet: the folder it is made in, and which of its chunks are whole.

Beside the tables there lies, until the run is whole, the folder ``work``: the record of the run,
how each chunk's lists grow and shrink, and what each chunk was counted to. A chunk's counts appear
last and at once, so a chunk is whole when they are there and its other files are as long as they
say: a run that was killed goes on at the first chunk that is not.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

from jpki.errors import ImpossibleFact
from simulator.population.accounts import Accounts
from simulator.population.arrays import np
from simulator.population.parquet import writing

__all__ = ["PARTIAL", "ChunkFiles", "Unfinished"]

PARTIAL: Final = ".partial"
"""What the folder's name ends with while a run is not whole."""

_WORK: Final = "work"
_RUN: Final = "run.json"
_ELSE: Final = "name another folder or remove it"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The folder ``OUT.partial`` beside the one that is being made."""

    out: Path

    @property
    def folder(self) -> Path:
        """Return the folder that is there until the run is whole."""
        return self.out.with_name(self.out.name + PARTIAL)

    def begin(self, record: Mapping[str, object], *, restart: bool) -> None:
        """Begin a run, or go on with it when the folder holds the same one.

        ``ImpossibleFact`` when the result is there, or the folder holds something else, which is
        left as it is. ``restart`` throws an unfinished run away, unless somebody is at work on it.
        """
        if self.out.exists():
            with writing(self.out):  # killed between the last two steps of an earlier run
                shutil.rmtree(self.out / _WORK, ignore_errors=True)
            raise ImpossibleFact(f"{self.out} is there already", hint=_ELSE)
        told = json.loads(json.dumps(record))
        if restart and self.folder.exists():
            with self.alone(), writing(self.folder):
                shutil.rmtree(self.folder)
        with writing(self.folder):
            begun = self.folder.exists() and any(self.folder.iterdir())
        if begun:
            self._compare(told)
            return
        with writing(self.folder):
            (self.folder / _WORK).mkdir(parents=True)
            _whole(self.folder / _WORK / _RUN, json.dumps(told, indent=1).encode())

    def _compare(self, record: Mapping[str, object]) -> None:
        try:
            known = json.loads((self.folder / _WORK / _RUN).read_bytes())
            different = [name for name in record if known.get(name) != record[name]]
        except (OSError, ValueError, AttributeError):
            raise self._other("its record cannot be read") from None
        if different:
            raise self._other(f"it differs in {', '.join(different)}")

    def _other(self, problem: str) -> ImpossibleFact:
        return ImpossibleFact(
            f"{self.folder} is there already, from another run: {problem}",
            hint="--restart throws it away; or name another folder",
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from working in the folder meanwhile; ``ImpossibleFact`` to them."""
        with writing(self.folder):
            descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise ImpossibleFact(
                f"another process is at work on {self.out}",
                hint="wait for it, or name another folder",
            ) from None
        except OSError:  # a file system that knows no locks
            pass
        try:
            yield
        finally:
            os.close(descriptor)

    def finish(self, *runs: Path) -> None:
        """Give the folder its name, and remove what only the work needed, of these runs too."""
        with writing(self.out):
            self.folder.rename(self.out)
            for run in (Path(), *runs):
                shutil.rmtree(self.out / run / _WORK, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class ChunkFiles:
    """The files of one chunk in the folder of a run."""

    folder: Path
    number: int

    @property
    def certificates(self) -> Path:
        """Return the file of its certificates."""
        return self.folder / "certificates" / f"{self._name}.parquet"

    @property
    def holds(self) -> Path:
        """Return the file of its holds."""
        return self.folder / "holds" / f"{self._name}.parquet"

    @property
    def events(self) -> Path:
        """Return the file of its events."""
        return self.folder / "events" / f"{self._name}.parquet"

    def lists(self, stretch: int) -> Path:
        """Return the file of how its lists grow and shrink in a stretch."""
        return self.folder / _WORK / f"lists-{stretch:03d}" / f"{self._name}.parquet"

    @property
    def _counts(self) -> Path:
        return self.folder / _WORK / "counts" / f"{self._name}.npz"

    @property
    def _name(self) -> str:
        return f"chunk-{self.number:05d}"

    def keep(self, accounts: Accounts, stretches: int) -> None:
        """Say that the chunk is whole, once all its files are on the disk."""
        with writing(self._counts):
            sizes = self._sizes(stretches)
            for path in self._files(stretches):
                if path.exists():
                    _flush(path)
            self._counts.parent.mkdir(parents=True, exist_ok=True)
            aside = self._counts.with_suffix(".aside")
            with aside.open("wb") as file:
                tables = {"sizes": np.array(sizes, np.int64), **accounts.tables()}
                np.savez(file, allow_pickle=False, **tables)
            _flush(aside)
            aside.replace(self._counts)

    def accounts(self, stretches: int) -> Accounts | None:
        """Return what a whole chunk was counted to, and ``None`` for one that is not whole."""
        try:
            with self._counts.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                tables = dict(file.items())
            if tables.pop("sizes").tolist() == self._sizes(stretches):
                return Accounts.of(tables)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            pass
        return None

    def _files(self, stretches: int) -> list[Path]:
        return [self.certificates, self.holds, self.events, *map(self.lists, range(stretches))]

    def _sizes(self, stretches: int) -> list[int]:
        """How long each file is; -1 for one that is not there."""
        files = self._files(stretches)
        return [path.stat().st_size if path.exists() else -1 for path in files]


def _whole(path: Path, content: bytes) -> None:
    aside = path.with_suffix(".aside")
    aside.write_bytes(content)
    _flush(aside)
    aside.replace(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
