"""One sentence of a finding in two languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Language", "Sentence"]

Language = Literal["en", "ja"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in two languages; ``{names}`` are facts of the finding."""

    en: str
    ja: str
