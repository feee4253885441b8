"""The recorder: what a program says to a simulated card, as a trace that can be played again.

Every stretch between two losses of power is a trace of its own, since a trace has no power switch:
the first goes to the file that was named, the next to the same name with ``-2``, ``-3``. The bodies
of PIN commands are masked, and a masked command cannot be sent again; ``secrets`` keeps them, which
is right for simulated cards only, and there are no others here.
"""

from __future__ import annotations

import os
from pathlib import Path

from jpki.card.trace import BytePattern, Step, Trace, mask
from jpki.errors import MalformedDocument

__all__ = ["Recorder"]


class Recorder:
    """Writes traces, one exchange at a time, so that nothing is lost when a program is killed."""

    def __init__(self, path: Path, *, secrets: bool = False) -> None:
        if path.exists():
            raise MalformedDocument(
                "the file exists already", source=str(path), hint="name a new file"
            )
        self._path = path
        self._secrets = secrets
        self._part = 0
        self._under_way = False

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files written so far."""
        return tuple(self._named(part) for part in range(1, self._part + 1))

    def power_lost(self) -> None:
        """End the trace; the next exchange begins another."""
        self._under_way = False

    def exchanged(self, command: bytes, response: bytes | None, note: str = "") -> None:
        """Write one exchange; a command without an answer is written as a comment."""
        sent = BytePattern.of(command) if self._secrets else mask(command)
        if response is None:
            text = f"# {sent}  ({note or 'no answer'})\n"
        else:
            comment = (note,) if note else ()
            text = Trace((Step(sent, BytePattern.of(response), comment),)).format()
        new = not self._under_way
        self._part += new
        self._under_way = True
        _append(self._named(self._part), text, new=new)

    def _named(self, part: int) -> Path:
        if part == 1:
            return self._path
        return self._path.with_name(f"{self._path.stem}-{part}{self._path.suffix}")


def _append(path: Path, text: str, *, new: bool) -> None:
    """Add to a file; a new one must not exist, and is its owner's alone."""
    flags = os.O_WRONLY | (os.O_CREAT | os.O_EXCL if new else os.O_APPEND)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
            file.write(text)
    except OSError as error:
        raise MalformedDocument(
            f"cannot be written: {error.strerror}", source=str(path), hint="check the folder"
        ) from error
