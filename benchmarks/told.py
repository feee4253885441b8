"""What was left out, remembered: rooms say so on standard error, and the page says it, too."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Final, TextIO

__all__ = ["LEFT_OUT", "Overheard", "overheard"]

LEFT_OUT: Final = "left out: "


class Overheard(io.TextIOBase):
    """A standard error that passes everything on and remembers what was left out."""

    def __init__(self, onward: TextIO) -> None:
        self._onward = onward
        self._line = ""
        self.left_out: list[str] = []

    def write(self, text: str) -> int:
        """Pass text on."""
        self._onward.write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            if line.startswith(LEFT_OUT):
                self.left_out.append(line.removeprefix(LEFT_OUT))
        return len(text)

    def flush(self) -> None:
        """Pass it on now."""
        self._onward.flush()


@contextmanager
def overheard() -> Iterator[Overheard]:
    """Remember what is told to be left out inside the block."""
    heard = Overheard(sys.stderr)
    with redirect_stderr(heard):
        yield heard
