"""The unfinished answer on disk: a folder of parts, each of which is whole or not there at all."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from jpki.batch.arrow import pa, pq
from jpki.errors import BatchInterrupted, MalformedDocument
from jpki.whole_files import naming_failures, whole_file

__all__ = ["Joining", "Parts"]

_RUN: Final = "run.json"
_JOINED: Final = 16
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
        with naming_failures(self.folder):
            if restart:
                self.target.unlink(missing_ok=True)
                if self.folder.exists():
                    shutil.rmtree(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
        record = self.folder / _RUN
        if record.exists() or self.count():
            self.compare(run)
            return
        with self._whole_file(record) as file:
            file.write(json.dumps(run, indent=1).encode())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from beginning the same answer meanwhile; ``MalformedDocument`` to them."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise MalformedDocument(
                "another process is at work on it",
                source=str(self.target),
                hint="wait for it, or name another answer file",
            ) from error
        except OSError:  # a file system that knows no locks
            pass
        try:
            yield
        finally:
            os.close(descriptor)

    def recorded(self, name: str) -> object:
        """Return what the record of an unfinished run says of this, or ``None``."""
        try:
            return json.loads((self.folder / _RUN).read_bytes()).get(name)
        except (OSError, ValueError, AttributeError):
            return None

    def compare(self, run: dict[str, Any]) -> None:
        """Raise ``MalformedDocument`` unless the folder holds this run."""
        try:
            known = json.loads((self.folder / _RUN).read_bytes())
        except (OSError, ValueError) as error:
            raise self._other("its record cannot be read") from error
        if not isinstance(known, dict):
            raise self._other("its record cannot be read")
        different = [name for name in run if known.get(name) != run[name]]
        if different:
            raise self._other(f"it differs in {', '.join(different)}")

    def _other(self, problem: str) -> MalformedDocument:
        return MalformedDocument(
            f"another run was begun here: {problem}",
            source=str(self.folder),
            hint="--restart throws it away; or name another answer file",
        )

    def is_done(self, part: int) -> bool:
        """Tell whether a part is there."""
        return self._part(part).exists()

    def count(self) -> int:
        """Return how many parts are there."""
        return sum(entry.name.endswith(".parquet") for entry in os.scandir(self.folder))

    def keep_whole(self, rows: Iterable[tuple[int, int]], schema: pa.Schema) -> int:
        """Remove every part that is damaged, given number and rows of each; return their rows.

        A part appears whole, so a damaged one is the doing of the disk or of a stranger.
        """
        kept = 0
        for part, count in rows:
            if not self.is_done(part):
                continue
            try:
                found = self._read(part, schema).num_rows
            except (OSError, pa.ArrowException):
                found = None
            if found == count:
                kept += count
            else:
                with naming_failures(self.folder):
                    self._part(part).unlink()
        return kept

    def write(self, part: int, answers: pa.Table) -> None:
        """Write one part, whole or not at all."""
        with self._whole_file(self._part(part)) as file:
            pq.write_table(answers, file, compression="zstd", write_page_checksum=True)

    @contextmanager
    def joining(self, count: int, schema: pa.Schema) -> Iterator[Joining]:
        """Make the answer of so many parts, and remove them when all went well."""
        with (
            self._whole_file(self.target) as file,
            pq.ParquetWriter(file, schema, compression="zstd") as writer,
        ):
            yield Joining(self, writer, count)
        self.clear()

    def count_verdicts(self) -> Counter[str]:
        """Return how often each verdict is in the finished answer."""
        verdicts: Counter[str] = Counter()
        with pq.ParquetFile(self.target) as file:
            for piece in file.iter_batches(columns=["verdict"]):
                verdicts.update(_verdicts(piece))
        return verdicts

    def clear(self) -> None:
        """Remove the folder."""
        with naming_failures(self.folder):
            shutil.rmtree(self.folder)

    def read(self, part: int, schema: pa.Schema) -> pa.Table:
        """Return a part's rows; ``BatchInterrupted`` when it turns out to be damaged."""
        try:
            return self._read(part, schema)
        except (OSError, pa.ArrowException) as error:
            raise BatchInterrupted(
                str(self.target), f"part {part} cannot be read back: the disk may be damaged"
            ) from error

    def _read(self, part: int, schema: pa.Schema) -> pa.Table:
        """Read a part, its checksums compared; ``ArrowInvalid`` when its columns are others."""
        table = pq.read_table(self._part(part), page_checksum_verification=True)
        if not table.schema.equals(schema):
            raise pa.ArrowInvalid("other columns")
        return table

    def _whole_file(self, path: Path) -> AbstractContextManager[BinaryIO]:
        # In the folder, where what a killed process left is thrown away at the end.
        return whole_file(path, within=self.folder)

    def _part(self, part: int) -> Path:
        return self.folder / f"{part:08}.parquet"


class Joining:
    """An answer that grows while its parts are still made, always by the next ones in order."""

    def __init__(self, parts: Parts, writer: pq.ParquetWriter, count: int) -> None:
        self._parts = parts
        self._writer = writer
        self._count = count
        self._joined = 0
        self.verdicts: Counter[str] = Counter()

    def go_on(self) -> None:
        """Add what is there, by whole row groups; ``BatchInterrupted`` when a part is damaged."""
        while self._joined < self._count:
            some = range(self._joined, min(self._joined + _JOINED, self._count))
            if not all(map(self._parts.is_done, some)):
                return
            schema = self._writer.schema
            table = pa.concat_tables(self._parts.read(part, schema) for part in some)
            self.verdicts.update(_verdicts(table))
            self._writer.write_table(table)
            self._joined = some.stop

    def finish(self) -> None:
        """Add all that is left; ``BatchInterrupted`` when a part is missing or damaged."""
        self.go_on()
        for part in range(self._joined, self._count):
            self._parts.read(part, self._writer.schema)


def _verdicts(answers: pa.Table | pa.RecordBatch) -> dict[str, int]:
    counts = answers.column("verdict").value_counts().to_pylist()
    return {one["values"]: one["counts"] for one in counts}
