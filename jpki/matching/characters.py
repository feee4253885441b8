"""The steps that concern single characters: width, forms, dashes, case, small kana, spaces."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from jpki.matching.cells import Cell, CellKind, Draft
from jpki.matching.steps import Step

__all__ = ["KANJI_DIGITS", "NUMERALS", "character_steps", "gaps"]

KANJI_DIGITS: Final = "〇一二三四五六七八九"
NUMERALS: Final = KANJI_DIGITS + "零十百千"
_NUMBERS: Final = "0123456789" + NUMERALS

# U+2010 to U+2015, minus, box drawing, small and full-width hyphens: what keyboards and registers
# put between lot numbers. The prolonged sound mark ー is none of them, but see ``_long_marks``.
_DASHES: Final = frozenset("‐‑‒–—―−─━⁃﹘﹣－˗")
_SMALL_KANA: Final = {"ヶ": "ケ", "ヵ": "カ"}


def character_steps(draft: Draft, tolerates: frozenset[Step], variants: Mapping[str, str]) -> None:
    """Apply the steps that are tolerated, in the one order that makes each see plain characters."""
    single: tuple[tuple[Step, Callable[[str], str]], ...] = (
        (Step.EQUIVALENT_FORM, _equivalent),
        (Step.VARIANT, lambda character: variants.get(character, character)),
        (Step.DASHES, lambda character: "-" if character in _DASHES else character),
        (Step.CASE, _upper),
        (Step.SMALL_KANA, lambda character: _SMALL_KANA.get(character, character)),
    )
    if Step.WIDTH in tolerates:
        _width(draft)
    if Step.EQUIVALENT_FORM in tolerates:
        _selectors(draft)
    for step, change in single:
        if step in tolerates:
            _each(draft, step, change)
    if Step.SPACES in tolerates:
        _each(draft, Step.SPACES, lambda character: " " if character.isspace() else character)


def _each(draft: Draft, step: Step, change: Callable[[str], str]) -> None:
    for place, cell in enumerate(draft.cells):
        changed = change(cell.text)
        if not cell.marked and changed != cell.text:
            draft.replace(step, place, place + 1, [Cell(changed, cell.origin)])


def _width(draft: Draft) -> None:
    """Make half- and full-width forms ordinary, and join kana with the marks that follow them."""
    place = 0
    while place < len(draft.cells):
        cell = draft.cells[place]
        follower = draft.cells[place + 1] if place + 1 < len(draft.cells) else None
        joined = None if follower is None else _composed(cell, follower)
        if follower is not None and joined is not None:
            first = follower if follower.marked and not cell.marked else cell
            draft.replace(Step.WIDTH, place, place + 2, [replace(first, text=joined)])
        elif not cell.marked and (plain := _plain_width(cell.text)) != cell.text:
            draft.replace(Step.WIDTH, place, place + 1, [Cell(plain, cell.origin)])
        place += 1


def _composed(cell: Cell, follower: Cell) -> str | None:
    if not unicodedata.combining(follower.text) and follower.text not in "ﾞﾟ":
        return None
    joined = unicodedata.normalize("NFKC", _plain_width(cell.text) + follower.text)
    return joined if len(joined) == 1 else None


# Alone, a half-width voicing mark is the spacing mark; NFKC would make it combine with what stands
# in front of it only by chance.
_VOICING = {"ﾞ": "゛", "ﾟ": "゜"}


def _plain_width(character: str) -> str:
    """Unicode's halfwidth and fullwidth forms (U+FF00 to U+FFEF)."""
    if character in _VOICING:
        return _VOICING[character]
    if "\uff00" <= character <= "\uffef":
        plain = unicodedata.normalize("NFKC", character)
        return plain if len(plain) == 1 else character
    return character


def _equivalent(character: str) -> str:
    """A CJK compatibility ideograph is canonically equivalent to a unified one (Unicode, NFC)."""
    if "\uf900" <= character <= "\ufaff" or "\U0002f800" <= character <= "\U0002fa1f":
        return unicodedata.normalize("NFC", character)
    return character


def _selectors(draft: Draft) -> None:
    """Drop variation selectors (UTS #37): they choose a glyph of the same character."""
    for place in range(len(draft.cells) - 1, -1, -1):
        character = draft.cells[place].text
        if "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
            draft.replace(Step.EQUIVALENT_FORM, place, place + 1, [])


def _upper(character: str) -> str:
    """Upper case, where lower case leads back: not for ß or the dotless i."""
    upper = character.upper()
    return upper if upper.lower() == character else character


def gaps(draft: Draft) -> None:
    """Turn what spaces are left into gaps, which may be missing."""
    draft.cells = [
        Cell(" ", cell.origin, kind=CellKind.GAP)
        if cell.text == " " and not cell.marked and cell.kind is CellKind.CHARACTER
        else cell
        for cell in draft.cells
    ]
