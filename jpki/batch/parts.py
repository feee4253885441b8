"""The unfinished answer on disk: a folder of parts, each of which is whole or not there at all."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from jpki.batch.arrow import pa, pq
from jpki.errors import MalformedDocument

__all__ = ["Parts"]

_RUN: Final = "run.json"
_JOINED: Final = 32
"""Parts in one row group of the answer."""


class Parts:
    """The folder ``ANSWER.parts`` beside the answer that is being made."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = target.with_name(target.name + ".parts")

    def begin(self, run: dict[str, Any], *, restart: bool) -> None:
        """Begin the run, or go on with it when the folder holds the same one.

        ``MalformedDocument`` when it holds another, which is left as it is.
        """
        if restart and self.folder.exists():
            shutil.rmtree(self.folder)
        if self.folder.exists():
            self._compare(run)
            return
        with _writing(self.folder):
            self.folder.mkdir(parents=True)
        content = json.dumps(run, indent=1).encode()
        _write(self.folder / _RUN, lambda path: path.write_bytes(content))

    def recorded(self, name: str) -> object:
        """Return what the record of an unfinished run says of this, or ``None``."""
        try:
            return json.loads((self.folder / _RUN).read_bytes()).get(name)
        except (OSError, ValueError, AttributeError):
            return None

    def _compare(self, run: dict[str, Any]) -> None:
        try:
            known = json.loads((self.folder / _RUN).read_bytes())
        except FileNotFoundError:
            known = None
        except (OSError, ValueError) as error:
            raise self._other("its record cannot be read") from error
        different = [] if known is None else [name for name in run if known.get(name) != run[name]]
        if known is None or different:
            raise self._other(f"it differs in {', '.join(different) or 'everything'}")

    def _other(self, problem: str) -> MalformedDocument:
        return MalformedDocument(
            f"another run was begun here: {problem}",
            source=str(self.folder),
            hint="--restart throws it away; or name another answer file",
        )

    def is_done(self, part: int) -> bool:
        """Tell whether a part is there, and so is whole."""
        return self._part(part).exists()

    def count(self) -> int:
        """Return how many parts are there."""
        return sum(entry.name.endswith(".parquet") for entry in os.scandir(self.folder))

    def write(self, part: int, answers: pa.Table) -> None:
        """Write one part, whole or not at all."""
        _write(self._part(part), lambda path: pq.write_table(answers, path, compression="zstd"))

    def join(self, count: int, schema: pa.Schema) -> Counter[str]:
        """Make the answer of all parts, remove them, and return how often each verdict is there."""
        verdicts: Counter[str] = Counter()

        def write(path: Path) -> None:
            with pq.ParquetWriter(path, schema, compression="zstd") as writer:
                for first in range(0, count, _JOINED):
                    some = range(first, min(first + _JOINED, count))
                    table = pa.concat_tables(pq.read_table(self._part(part)) for part in some)
                    verdicts.update(table.column("verdict").to_pylist())
                    writer.write_table(table)

        _write(self.target, write)
        shutil.rmtree(self.folder)
        return verdicts

    def _part(self, part: int) -> Path:
        return self.folder / f"{part:08}.parquet"


def _write(path: Path, make: Callable[[Path], object]) -> None:
    """Let a file appear under its name only when all of it is on the disk."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with _writing(path):
        try:
            make(aside)
            _flush(aside)
            aside.replace(path)
            _flush(path.parent)
        finally:
            aside.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MalformedDocument(
            f"cannot be written: {error.strerror or error}",
            source=str(path),
            hint="free some space or check the folder; what is done is kept, so run it again",
        ) from error
