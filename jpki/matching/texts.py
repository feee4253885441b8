"""Two texts compared cell by cell, after the steps that a policy tolerates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from jpki.certificates import MarkedText
from jpki.matching.addresses import address_steps, street_part
from jpki.matching.cells import Cell, CellKind, Draft, Normalised
from jpki.matching.characters import character_steps, gaps
from jpki.matching.policy import MatchPolicy
from jpki.matching.report import Answer, Item, ItemMatch
from jpki.matching.steps import Step

__all__ = ["compare_texts", "normalise"]


def normalise(text: MarkedText, item: Item, policy: MatchPolicy) -> Normalised:
    """Return a name or an address after the steps that the policy tolerates."""
    draft = Draft.of(text)
    character_steps(draft, policy.tolerates, policy.variants)
    if item is Item.ADDRESS:
        address_steps(draft, policy.tolerates)
    if Step.SPACES in policy.tolerates:
        gaps(draft)
    return Normalised(tuple(draft.cells), draft.changes)


def compare_texts(
    left: MarkedText, right: MarkedText, item: Item, policy: MatchPolicy
) -> ItemMatch:
    """Compare two texts; a marked character fits any single one, and is told by its place.

    Places are those of the text that has the mark, the left one's where both have.
    """
    if left == right and not any(left.substitutes):
        return ItemMatch(item, Answer.SAME)
    found = _compared(left, right, item, policy)
    if found.answer is Answer.DIFFERENT and any(left.substitutes + right.substitutes):
        # A mark on a unit or a numeral hides it from the steps that read numbers, on one side
        # only; as plain characters, as a name is compared, the two may fit all the same.
        return replace(_compared(left, right, Item.NAME, policy), item=item)
    return found


def _compared(left: MarkedText, right: MarkedText, item: Item, policy: MatchPolicy) -> ItemMatch:
    one, other = normalise(left, item, policy), normalise(right, item, policy)
    changed = _changed(one.changes, other.changes)
    cells, others = one.cells, other.cells
    if Step.KYOTO_STREETS in policy.tolerates:
        cells, others, dropped = _without_streets(cells, others)
        changed |= dropped
    walk = _Walk(cells, others, policy)
    if not walk.fits():
        return ItemMatch(item, Answer.DIFFERENT)
    overlooked = tuple(step for step in Step if step in changed | walk.overlooked)
    if walk.positions:
        return ItemMatch(item, Answer.SUBSTITUTE, overlooked, tuple(sorted(walk.positions)))
    return ItemMatch(item, Answer.SAME_AFTER_NORMALISATION, overlooked)


_Changes = Counter[tuple[Step, str, str]]


def _changed(one: _Changes, other: _Changes) -> set[Step]:
    """Return the steps that did not do the same to both texts."""
    return {step for (step, _, _) in ((one - other) + (other - one))}


_Cells = tuple[Cell, ...]


def _without_streets(one: _Cells, other: _Cells) -> tuple[_Cells, _Cells, set[Step]]:
    """Leave Kyoto street names out where only one of the two has them."""
    spans = street_part(one), street_part(other)
    match spans:
        case ((start, end), None):
            return one[:start] + one[end:], other, {Step.KYOTO_STREETS}
        case (None, (start, end)):
            return one, other[:start] + other[end:], {Step.KYOTO_STREETS}
        case _:
            return one, other, set()


_MAY_BE_MISSING = {
    CellKind.GAP: Step.SPACES,
    CellKind.ENDING: Step.NUMBERING,
    CellKind.SECTION: Step.SECTION,
}


@dataclass(slots=True)
class _Place:
    """Where a walk stands in one text."""

    cells: _Cells
    at: int = 0

    @property
    def here(self) -> Cell | None:
        return self.cells[self.at] if self.at < len(self.cells) else None


class _Walk:
    """A walk along both texts at once."""

    def __init__(self, left: _Cells, right: _Cells, policy: MatchPolicy) -> None:
        self._left, self._right = _Place(left), _Place(right)
        self._policy = policy
        self.overlooked: set[Step] = set()
        self.positions: set[int] = set()

    def fits(self) -> bool:
        """Tell whether the texts fit to their ends."""
        while self._left.here is not None or self._right.here is not None:
            if not self._step(self._left.here, self._right.here):
                return False
        return True

    def _step(self, one: Cell | None, other: Cell | None) -> bool:
        if one is not None and other is not None and one.kind is other.kind:
            self._left.at += 1
            self._right.at += 1
            return self._same_kind(one, other)
        return self._skip(one, self._left) or self._skip(other, self._right)

    def _skip(self, cell: Cell | None, place: _Place) -> bool:
        step = None if cell is None else _MAY_BE_MISSING.get(cell.kind)
        if step is None:
            return False
        self.overlooked.add(step)
        place.at += 1
        return True

    def _same_kind(self, one: Cell, other: Cell) -> bool:
        if one.kind is CellKind.CHARACTER:
            return self._same_character(one, other)
        if one.unit and other.unit:
            return self._same_unit(one.unit, other.unit)
        if one.unit or other.unit:
            self.overlooked.add(Step.NUMBERING)
            return True
        return one.text == other.text

    def _same_character(self, one: Cell, other: Cell) -> bool:
        if one.marked or other.marked:
            self.positions.add(one.origin if one.marked else other.origin)
            return True
        return one.text == other.text

    def _same_unit(self, one: str, other: str) -> bool:
        if one == other:
            return True
        self.overlooked.add(Step.NUMBERING)
        return self._policy.block_is_lot and {one, other} == {"番", "番地"}
