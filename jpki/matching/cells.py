"""A text taken apart into cells that know where they came from, and what was changed on the way.

A cell is a character, a joint between two numbers (``丁目``, ``番``, a hyphen …) or a word that may
be missing. Where a cell came from is kept, so that substitute marks stay with their characters
through every normalisation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from jpki.certificates import MarkedText
from jpki.matching.steps import Step

__all__ = ["Cell", "CellKind", "Draft", "Normalised", "opaque"]


class CellKind(Enum):
    """What a cell is."""

    CHARACTER = auto()
    JOINT = auto()
    """Between two numbers; ``unit`` is empty when only a hyphen or a space says so."""
    ENDING = auto()
    """A unit behind the last number, which may be missing."""
    SECTION = auto()
    """大字 or 字, which may be missing."""
    GAP = auto()
    """A space, which may be missing."""


@dataclass(frozen=True, slots=True, repr=False)
class Cell:
    """One cell; ``origin`` is the place of its first character in the text as recorded."""

    text: str
    origin: int
    marked: bool = False
    kind: CellKind = CellKind.CHARACTER
    unit: str = ""

    def __repr__(self) -> str:
        return f"<Cell {self.kind.name} from {self.origin}>"


@dataclass(slots=True, repr=False)
class Draft:
    """A text on its way through the steps, with a tally of what each step changed."""

    cells: list[Cell]
    changes: Counter[tuple[Step, str, str]] = field(default_factory=Counter)

    def __repr__(self) -> str:
        return f"<Draft of {len(self.cells)} cells>"

    @classmethod
    def of(cls, text: MarkedText) -> Draft:
        """Return the untouched cells of a text."""
        return cls(
            [
                Cell(character, place, marked)
                for place, (character, marked) in enumerate(text.characters())
            ]
        )

    def replace(self, step: Step, start: int, end: int, cells: Iterable[Cell]) -> None:
        """Put cells in the place of others and tally it."""
        new = list(cells)
        before = "".join(cell.text for cell in self.cells[start:end])
        after = "".join(cell.text for cell in new)
        if before != after:
            self.changes[step, before, after] += 1
        self.cells[start:end] = new

    def text(self) -> str:
        """Return one character a cell; a marked one is NUL, so that no rule can read it.

        Only for drafts whose cells are single characters.
        """
        return opaque(self.cells)


def opaque(cells: Iterable[Cell]) -> str:
    """Return the cells as text with NUL for every marked one."""
    return "".join("\0" if cell.marked else cell.text for cell in cells)


@dataclass(frozen=True, slots=True, repr=False)
class Normalised:
    """A text after all steps: its cells, and what the steps changed."""

    cells: tuple[Cell, ...]
    changes: Counter[tuple[Step, str, str]]

    def __repr__(self) -> str:
        return f"<Normalised of {len(self.cells)} cells>"

    def reveal(self) -> str:
        """Return the text that the cells make."""
        return "".join(cell.text for cell in self.cells)
