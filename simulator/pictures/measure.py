"""How wide text is, before anybody draws it: for a picture in pixels, for a terminal in columns.

The widths are a little more than those of Noto Sans CJK and of common sans-serif fonts, so that a
label that fits here fits there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Box", "columns", "fitted", "text_width", "visible", "wrapped"]

_NARROW = frozenset("iljtfrI.,:;'|!()[] ")
_BROAD = frozenset("mwMW@%—→←")
_WIDE = frozenset("WF")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture, in user units from the upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


def visible(text: str) -> str:
    """Return the text without what XML and terminals do not take: controls and lone surrogates."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(each) in {"Cc", "Cs", "Cn"} else each
        for each in text
    )


def text_width(text: str, size: float) -> float:
    """Return how wide the text is when drawn in this font size, in user units."""
    return size * sum(map(_advance, text))


def _advance(character: str) -> float:
    if unicodedata.east_asian_width(character) in _WIDE:
        return 1.0
    if character in _NARROW:
        return 0.33
    if character in _BROAD:
        return 0.95
    return 0.67 if character.isupper() else 0.58


def columns(text: str) -> int:
    """Return how many columns of a terminal the text takes; a Japanese character takes two."""
    return sum(2 if unicodedata.east_asian_width(each) in _WIDE else 1 for each in text)


def fitted(text: str, room: float, *, measure: Callable[[str], float]) -> str:
    """Return the text, or as much of it as fits into ``room`` with an ellipsis."""
    if measure(text) <= room:
        return text
    kept = text
    while kept and measure(kept + "…") > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrapped(text: str, room: float, *, measure: Callable[[str], float]) -> tuple[str, ...]:
    """Return the text in lines of at most ``room``: broken at spaces, Japanese anywhere."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and measure((line + piece).rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        while measure(piece.rstrip()) > room and len(piece) > 1:
            head = _head(piece, room, measure)
            lines.append(head)
            piece = piece[len(head) :]
        line += piece if line else piece.lstrip()
    return (*lines, line.rstrip()) if line.strip() or not lines else tuple(lines)


# Japanese lines do not begin with these (JIS X 4051).
_NOT_FIRST = frozenset("、。」』）】〕・ー：；？！,.)]")
# ... and do not end with these.
_NOT_LAST = frozenset("（「『【〔")


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for each in text:
        wide = unicodedata.east_asian_width(each) in _WIDE
        if not pieces:
            pieces.append(each)
        elif each == " " or each in _NOT_FIRST or pieces[-1][-1] in _NOT_LAST:
            pieces[-1] += each
        elif wide or pieces[-1][-1] == " " or _ends_wide(pieces[-1]):
            pieces.append(each)
        else:
            pieces[-1] += each
    return pieces


def _ends_wide(piece: str) -> bool:
    return unicodedata.east_asian_width(piece[-1]) in _WIDE


def _head(piece: str, room: float, measure: Callable[[str], float]) -> str:
    end = 1
    while end < len(piece) and measure(piece[: end + 1]) <= room:
        end += 1
    return piece[:end]
