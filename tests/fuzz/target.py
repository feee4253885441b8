"""What a fuzz target is: a parser, the bytes it starts from, and what counts as a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from jpki.errors import JpkiError

__all__ = ["CORPUS", "CRASHES", "Target", "kept_inputs"]

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
CRASHES = HERE / "crashes"


@dataclass(frozen=True)
class Target:
    """``read`` takes any bytes. It may raise a ``JpkiError`` unless the reader answers with a value
    whatever it is given (``never_raises``); everything else it raises is a crash, a broken
    assertion about what was read included.

    ``seeds`` are inputs to start from. ``longest`` bounds what is tried, in bytes.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    longest: int = 4096
    never_raises: bool = False

    def run(self, data: bytes) -> None:
        """Give the reader these bytes; whatever is raised here is a crash."""
        try:
            self.read(data)
        except JpkiError:
            if self.never_raises:
                raise


def kept_inputs(name: str) -> list[Path]:
    """Return the files of earlier runs for a target: finds worth keeping, and old crashes."""
    return [
        path
        for folder in (CORPUS / name, CRASHES / name)
        if folder.is_dir()
        for path in sorted(folder.iterdir())
    ]
