"""The steps that concern addresses: kanji numerals and units of lot numbers, 大字, Kyoto streets.

A kanji numeral is a number only where its surroundings say so (``三丁目``, ``二番地``, ``二-三``):
一番町, 六本木 and 三田 are names and stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jpki.matching.cells import Cell, CellKind, Draft, opaque
from jpki.matching.characters import KANJI_DIGITS, NUMERALS
from jpki.matching.steps import Step

__all__ = ["address_steps", "kanji_number", "street_part"]

_N: Final = f"[0-9{NUMERALS}]"
_NO_BLOCK: Final = "町丁街館棟通目組割条"
"""What follows 番 in a name (一番町, 二番丁, 三番街), where it is not the number of a block."""
_NO_NUMBER: Final = "館棟地線橋舎"
"""What follows 号 where it counts something else than a house (2号館, 3号棟, 5号線)."""

# Where a numeral ends a number: before a unit, a joint, a space or the end.
_UNIT_AFTER: Final = (
    r"\s*(?:丁目|番地|地割"
    rf"|番(?=$|[\s\-]|{_N}|[のノ]{_N})"
    r"|号室?|室(?=$|[\s\-])"
    rf"|丁(?=$|[\s\-]|{_N}))"
)
_CHAINED_AFTER: Final = rf"(?=\s*$|\s*-|\s|{_UNIT_AFTER}|番(?![{_NO_BLOCK}])|[のノ]{_N})"
_JOINT_BEFORE: Final = rf"(?:(?:丁目?|番地?|号)(?:\s*[-のノ])?\s*|{_N}\s*-\s*|{_N}[のノ])$"
_FIRST_OF_CHAIN: Final = (
    rf"\s*-\s*{_N}+(?=$|\s|-|{_UNIT_AFTER})|[のノ]{_N}+(?=$|\s|-|{_UNIT_AFTER})"
)
_DIRECTION_BEFORE: Final = re.compile(r"[東西南北]$")
# Only the grid of Hokkaido: 北一条西二丁目. A street of Kyoto or Nara called 一条 is a name.
_GRID_AFTER: Final = re.compile(rf"条(?=[東西南北]|{_N}|\s|$)")

_AFTER_UNIT = re.compile(_UNIT_AFTER)
_AFTER_CHAINED = re.compile(_CHAINED_AFTER)
_AFTER_FIRST = re.compile(_FIRST_OF_CHAIN)
_BEFORE = re.compile(_JOINT_BEFORE)
_RUN = re.compile(f"[{NUMERALS}]+")
_LOOK_BACK = 12
"""Characters in front of a numeral that can decide about it."""

_PLACES: Final = {"千": 1000, "百": 100, "十": 10}


def kanji_number(text: str) -> str | None:
    """Return the digits of a kanji numeral; ``None`` when it is not one number.

    Both ways of writing are read: ``二十三`` and ``二三``.
    """
    plain = text.replace("零", "〇")
    if not any(sign in _PLACES for sign in plain):
        return "".join(str(KANJI_DIGITS.index(sign)) for sign in plain) or None
    total, factor, last = 0, 0, 10_000
    for sign in plain:
        place = _PLACES.get(sign)
        if place is None:
            if factor or sign == "〇":
                return None
            factor = KANJI_DIGITS.index(sign)
        elif place >= last:
            return None
        else:
            total, factor, last = total + (factor or 1) * place, 0, place
    return str(total + factor)


def address_steps(draft: Draft, tolerates: frozenset[Step]) -> None:
    """Apply the steps for addresses that are tolerated."""
    if Step.DASHES in tolerates:
        _long_marks(draft)
    if Step.KYOTO_SPELLING in tolerates and "京都市" in draft.text():
        _kyoto_spelling(draft)
    if Step.KANJI_NUMERALS in tolerates:
        _numerals(draft)
    if Step.SECTION in tolerates:
        _sections(draft)
    if Step.NUMBERING in tolerates:
        draft.cells = list(_Numbering(draft).cells())


# ー between numbers is a hyphen that was typed with the wrong key; in コーポ it is a long vowel.
_LONG_MARK = re.compile(rf"(?<=[0-9A-Z{NUMERALS}目番地号])ー(?=[0-9A-Z{NUMERALS}])")


def _long_marks(draft: Draft) -> None:
    for found in _LONG_MARK.finditer(draft.text()):
        place = found.start()
        draft.replace(Step.DASHES, place, place + 1, [Cell("-", draft.cells[place].origin)])


_KYOTO = (
    (re.compile(r"(?<=[上下])(?:が?ル|がる|ガル|る)(?!ー)"), "る"),
    (re.compile(r"(?<=[東西南北])入(?:ル|る)?"), "入る"),
)


def _kyoto_spelling(draft: Draft) -> None:
    for pattern, words in _KYOTO:
        for found in reversed(list(pattern.finditer(draft.text()))):
            _write(draft, Step.KYOTO_SPELLING, found.start(), found.end(), words)


def _write(draft: Draft, step: Step, start: int, end: int, words: str) -> None:
    if opaque(draft.cells[start:end]) != words:
        origin = draft.cells[start].origin
        draft.replace(step, start, end, [Cell(sign, origin) for sign in words])


def _numerals(draft: Draft) -> None:
    text = draft.text()
    for found in reversed(list(_RUN.finditer(text))):
        digits = kanji_number(found.group())
        if digits is not None and _is_number(text, found.start(), found.end()):
            _write(draft, Step.KANJI_NUMERALS, found.start(), found.end(), digits)


def _is_number(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _LOOK_BACK) : start]
    if _AFTER_UNIT.match(text, end):
        return True
    if _BEFORE.search(before) and _AFTER_CHAINED.match(text, end):
        return True
    if _DIRECTION_BEFORE.search(before) and _GRID_AFTER.match(text, end):
        return True
    return bool(_AFTER_FIRST.match(text, end))


_SECTION = re.compile(r"大字|(?<=[町村市区郡])小?字(?![0-9])")
_LATER_SECTION = re.compile(r"(?<![文十大小])小?字(?![0-9])")


def _sections(draft: Draft) -> None:
    """大字 and 字 in front of a section's name; 文字, 十文字 and the like are names."""
    text = draft.text()
    found = list(_SECTION.finditer(text))
    if found:
        later = _LATER_SECTION.finditer(text, found[0].end())
        found += [one for one in later if one.start() not in {each.start() for each in found}]
    for one in sorted(found, key=lambda match: match.start(), reverse=True):
        label = "大字" if one.group() == "大字" else "字"
        cell = Cell(label, draft.cells[one.start()].origin, kind=CellKind.SECTION, unit=label)
        draft.replace(Step.SECTION, one.start(), one.end(), [cell])


# Longest first; what each counts as. 丁 is written for 丁目 in Sakai, 室 beside 号 in buildings.
_UNITS: Final = (
    ("丁目", "丁目"), ("番地", "番地"), ("号室", "号"), ("丁", "丁目"),
    ("番", "番"), ("号", "号"), ("室", "号"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Joint:
    """What stands behind a number: until where, with which unit, and whether a number follows."""

    end: int
    unit: str
    says_hyphen: bool
    number_follows: bool


class _Numbering:
    """Lot numbers with their joints in one form, so that 2丁目3番4号 and 2-3-4 can be compared."""

    def __init__(self, draft: Draft) -> None:
        self._changes = draft.changes
        self._cells = cells = draft.cells
        self._text = "".join(
            "\0" if cell.marked or cell.kind is not CellKind.CHARACTER else cell.text
            for cell in cells
        )

    def cells(self) -> Iterator[Cell]:
        """Yield the cells, units and hyphens behind numbers replaced by joints and endings."""
        place, chained = 0, False
        while place < len(self._cells):
            yield self._cells[place]
            place += 1
            if not self._ends_number(place):
                chained = chained and self._is_digit(place - 1)
                continue
            joint = self._joint(place, chained=chained)
            if joint is None:
                chained = False
                continue
            yield self._cell(place, joint)
            place, chained = joint.end, joint.number_follows

    def _cell(self, place: int, joint: _Joint) -> Cell:
        kind = CellKind.JOINT if joint.number_follows else CellKind.ENDING
        text = joint.unit or ("-" if joint.says_hyphen else " ")
        written = self._text[place : joint.end]
        if written != text:
            self._changes[Step.NUMBERING, written, text] += 1
        return Cell(text, self._cells[place].origin, kind=kind, unit=joint.unit)

    def _ends_number(self, place: int) -> bool:
        return self._is_digit(place - 1) and not self._is_digit(place)

    def _is_digit(self, place: int) -> bool:
        return 0 <= place < len(self._text) and self._text[place] in "0123456789"

    def _joint(self, place: int, *, chained: bool) -> _Joint | None:
        behind_space = self._past(place)
        written, unit = self._unit(behind_space, chained=chained)
        behind_unit = behind_space + len(written)
        behind = self._past(behind_unit)
        hyphen = self._text[behind : behind + 1] == "-" or (
            self._text[behind : behind + 1] in ("の", "ノ") and self._is_digit(behind + 1)
        )
        number = self._past(behind + 1) if hyphen else behind
        if self._is_digit(number):
            return _Joint(number, unit, hyphen, True)
        return _Joint(behind_unit, unit, False, False) if unit else None

    def _past(self, place: int) -> int:
        while self._text[place : place + 1] == " ":
            place += 1
        return place

    def _unit(self, place: int, *, chained: bool) -> tuple[str, str]:
        for written, unit in _UNITS:
            end = place + len(written)
            if self._text.startswith(written, place) and self._counts(written, end, chained):
                return written, unit
        return "", ""

    def _counts(self, written: str, end: int, chained: bool) -> bool:
        """Tell whether a word behind a number is its unit, by what follows."""
        follower = self._text[end : end + 1]
        ends = follower in ("", " ", "-") or self._is_digit(end)
        joined = follower in ("の", "ノ") and self._is_digit(end + 1)
        match written:
            case "丁目" | "番地" | "号室":
                return True
            case "番":
                return ends or joined or (chained and follower not in _NO_BLOCK)
            case "号":
                return ends or joined or (chained and follower not in _NO_NUMBER)
            case _:
                return ends


_STREETS = re.compile(r"京都市[^区]{1,3}区(.*(?:[上下]る|[東西南北]入る))")


def street_part(cells: tuple[Cell, ...]) -> tuple[int, int] | None:
    """Return where the street names of a Kyoto address begin and end (通り名), if it has any."""
    text = "".join("\0" if cell.marked else cell.text[0] for cell in cells)
    found = _STREETS.search(text)
    return None if found is None else found.span(1)
