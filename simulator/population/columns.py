"""What is so of each person, in columns: some 150 bytes a person and no object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from simulator.population.arrays import NEVER, Array, np

__all__ = ["ABROAD", "CARD", "CERTIFICATE", "PHONE", "REGISTER", "STAY", "Columns"]

REGISTER, CARD, CERTIFICATE, PHONE, STAY = range(5)
"""The five plans a person may have under way at once: what comes next, and when."""

ABROAD: Final = 2
"""The pending move whose destination is abroad (1: within the country)."""

_PERSON: Final[dict[str, str]] = {
    "id": "i8",
    "birth": "i4",
    "birthday": "i2",
    "signs_from": "i4",
    "place": "u2",
    "nationality": "u1",
    "stay_ends": "i4",
    "alive": "?",
    "registered": "?",
    "abroad": "?",
    "furigana": "?",
    "former_name": "?",
    "alias": "?",
    "guardianship": "?",
    "inclined": "?",
    "wants": "?",
    "move": "u1",
    "filed": "i4",
    "planned": "i4",
    "continued": "?",
    "awaited": "u1",
    "consul": "?",
    "card": "u1",
    "card_made": "i4",
    "card_ends": "i4",
    "face_only": "?",
    "pins": "u1",
    "device": "u1",
    "iphone": "?",
    "touched": "?",
}
_KIND: Final[dict[str, str]] = {
    "status": "u1",
    "issued": "i4",
    "ends": "i4",
    "held_on": "i4",
    "issued_at": "u2",
    "serial": "i8",
    "carries": "?",
}
_PLAN: Final[dict[str, str]] = {"plan_day": "i4", "plan_step": "u1", "plan_word": "u4"}
_SHAPES: Final = (
    *((name, kind, 0) for name, kind in _PERSON.items()),
    *((name, kind, 4) for name, kind in _KIND.items()),
    *((name, kind, 5) for name, kind in _PLAN.items()),
    ("count", "u2", 2),
)


@dataclass(slots=True)
class Columns:
    """The columns of some people. ``card`` and ``status``: 0 none, 1 in force, 2 suspended or held.

    ``pins``: bits 0 and 1 say which certificates were issued on this card, 2 which on this phone;
    bits 4 to 7 which PINs are blocked (password, user PIN, text aid, the phone's). ``count`` is how
    many certificates each of the two authorities has issued to the person. ``held_on`` tells since
    when, of what is held.
    """

    size: int
    id: Array = field(init=False)
    birth: Array = field(init=False)
    birthday: Array = field(init=False)
    signs_from: Array = field(init=False)
    place: Array = field(init=False)
    nationality: Array = field(init=False)
    stay_ends: Array = field(init=False)
    alive: Array = field(init=False)
    registered: Array = field(init=False)
    abroad: Array = field(init=False)
    furigana: Array = field(init=False)
    former_name: Array = field(init=False)
    alias: Array = field(init=False)
    guardianship: Array = field(init=False)
    inclined: Array = field(init=False)
    wants: Array = field(init=False)
    move: Array = field(init=False)
    filed: Array = field(init=False)
    planned: Array = field(init=False)
    continued: Array = field(init=False)
    awaited: Array = field(init=False)
    consul: Array = field(init=False)
    card: Array = field(init=False)
    card_made: Array = field(init=False)
    card_ends: Array = field(init=False)
    face_only: Array = field(init=False)
    pins: Array = field(init=False)
    device: Array = field(init=False)
    iphone: Array = field(init=False)
    touched: Array = field(init=False)
    status: Array = field(init=False)
    issued: Array = field(init=False)
    ends: Array = field(init=False)
    held_on: Array = field(init=False)
    issued_at: Array = field(init=False)
    serial: Array = field(init=False)
    carries: Array = field(init=False)
    plan_day: Array = field(init=False)
    plan_step: Array = field(init=False)
    plan_word: Array = field(init=False)
    count: Array = field(init=False)

    def __post_init__(self) -> None:
        for name, kind, rows in _SHAPES:
            shape = (rows, self.size) if rows else (self.size,)
            setattr(self, name, np.zeros(shape, kind))
        self.plan_day[:] = NEVER
        self.stay_ends[:] = NEVER

    def put(self, rows: Array, others: Columns) -> None:
        """Put others into the rows of people who are gone, so that memory follows who there is."""
        for name, _, several in _SHAPES:
            column, new = getattr(self, name), getattr(others, name)
            if several:
                column[:, rows] = new[:, : len(rows)]
            else:
                column[rows] = new[: len(rows)]
        if others.size > len(rows):
            self._append(others, len(rows))

    def _append(self, others: Columns, first: int) -> None:
        for name, _, several in _SHAPES:
            both = (getattr(self, name), getattr(others, name)[..., first:])
            setattr(self, name, np.concatenate(both, axis=1 if several else 0))
        self.size = len(self.id)
