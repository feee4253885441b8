"""Texts about persons: a marked text that masks itself, and what the service does not say of them.

How a former surname (旧氏), an alias (通称), a name reading (振り仮名) and the entry of a holder
who moved abroad (国外転出者) are written in a certificate could not be read at the source. Each is
therefore a value that a caller can replace, and never a constant asserted as fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from jpki.errors import ImpossibleFact

__all__ = ["BracketNotation", "MarkedText", "OverseasNotation", "RecordedName"]


@dataclass(frozen=True, slots=True, repr=False)
class MarkedText:
    """A text with one mark a character: whether it is a substitute (代替文字).

    Neither ``repr`` nor ``str`` shows it; ``reveal()`` does. Raises ``ImpossibleFact`` when there
    is not one mark for each character.
    """

    _text: str
    substitutes: tuple[bool, ...]

    def __post_init__(self) -> None:
        if len(self._text) != len(self.substitutes):
            raise ImpossibleFact(
                f"{len(self.substitutes)} substitute marks for {len(self._text)} characters"
            )

    def __repr__(self) -> str:
        return f"<MarkedText of {len(self._text)} characters>"

    __str__ = __repr__

    def __len__(self) -> int:
        return len(self._text)

    @classmethod
    def plain(cls, text: str) -> MarkedText:
        """Return a text in which no character is a substitute."""
        return cls(text, (False,) * len(text))

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def characters(self) -> Iterator[tuple[str, bool]]:
        """Yield each character with its mark."""
        yield from zip(self._text, self.substitutes, strict=True)

    def at(self, places: Iterable[int]) -> MarkedText:
        """Return the characters at these places, with their marks."""
        chosen = tuple(places)
        return MarkedText(
            "".join(self._text[place] for place in chosen),
            tuple(self.substitutes[place] for place in chosen),
        )


@dataclass(frozen=True, slots=True, repr=False)
class RecordedName:
    """A name as recorded, and what stands in brackets in it. It does not show itself."""

    whole: MarkedText
    outside: MarkedText
    bracketed: tuple[MarkedText, ...]

    def __repr__(self) -> str:
        return f"<RecordedName with {len(self.bracketed)} parts in brackets>"


@dataclass(frozen=True, slots=True)
class BracketNotation:
    """How a former surname or an alias is set apart from the name: by which brackets.

    Uncertain (?): no source says how either stands in the name item, so these are the brackets in
    general use, and ``pairs=()`` reads every name as it stands.
    """

    pairs: tuple[tuple[str, str], ...] = (
        ("（", "）"), ("(", ")"), ("［", "］"), ("[", "]"), ("〔", "〕"),
    )  # fmt: skip

    def split(self, name: MarkedText) -> RecordedName:
        """Split a name; an opening bracket that nothing closes is a character as any other."""
        outside, *bracketed = self.places(name.reveal())
        return RecordedName(name, name.at(outside), tuple(map(name.at, bracketed)))

    def places(self, text: str) -> tuple[tuple[int, ...], ...]:
        """Return which characters stand outside brackets, and then those of each bracket."""
        start, outside, bracketed = 0, list[int](), list[tuple[int, ...]]()
        while (found := self._next(text, start)) is not None:
            opens, closes = found
            outside += range(start, opens)
            bracketed.append(tuple(range(opens + 1, closes)))
            start = closes + 1
        outside += range(start, len(text))
        return tuple(outside), *bracketed

    def _next(self, text: str, start: int) -> tuple[int, int] | None:
        closing = dict(self.pairs)
        for place in range(start, len(text)):
            if text[place] in closing:
                end = text.find(closing[text[place]], place + 1)
                if end > 0:
                    return place, end
        return None


@dataclass(frozen=True, slots=True)
class OverseasNotation:
    """How the address item of a holder who moved abroad is recognised (Act 7).

    Since 2024-05-27 it holds the fact of being an emigrant and the planned day of departure. The
    text is fixed by the agency and not known (?): by default the legal word is looked for, and
    ``recognise`` replaces the word list altogether.
    """

    words: tuple[str, ...] = ("国外転出",)
    recognise: Callable[[str], bool] | None = None

    def is_overseas(self, address: str) -> bool:
        """Tell whether an address item says that the holder lives abroad."""
        if self.recognise is not None:
            return self.recognise(address)
        return any(word in address for word in self.words)
