"""The rule tables compiled into arrays: what each happening does to whom, per era and policy.

Nothing here knows a rule. The rulebook is asked about every happening, every subject and every era,
and again about what follows from a lapse or a loss, until nothing new follows; the answers become a
row of numbers for each set of live certificates. So one look-up per person tells everything.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise, product
from typing import Final

from jpki.law import Effect, Fact, Rulebook, Ruling, Subject
from simulator.population.arrays import Array, by_day, date_of, day_number, np, on_days
from simulator.population.happenings import HAPPENINGS, KINDS, Happening

__all__ = ["CARD_BIT", "NOTHING", "RESUME", "REVOKE", "SUSPEND", "Effects", "compile_effects"]

NOTHING, REVOKE, SUSPEND, RESUME = range(4)
"""What a row says of a certificate; of a card, ``REVOKE`` means that it lapses."""

CARD_BIT: Final = 4
"""The bit of a live card in the mask of what lives; the kinds have the bits before it."""

_MASKS: Final = 32
_ACTION = {
    Effect.REVOKE: REVOKE,
    Effect.LAPSE: REVOKE,
    Effect.SUSPEND: SUSPEND,
    Effect.RESUME: RESUME,
}
_SUBJECTS = tuple(Subject(kind.value) for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Effects:
    """The compiled tables. Row: ``base[h] + ((era * contexts[h]) + context) * 32 + mask``.

    ``eras`` has the number of a day's era. ``action``, ``reason`` and ``rule`` have a table a kind.
    ``context`` holds one bit per kind for what is asked of the single certificate. ``rules`` are
    the ids of the rows in the law tables, by number. A happening that is not ``effective`` ends,
    holds and releases nothing, whatever lives.
    """

    eras: Array
    base: Array
    contexts: Array
    action: Array
    reason: Array
    rule: Array
    card: Array
    any: Array
    effective: Array
    rules: tuple[str, ...]

    def rows(self, happening: Array | int, day: Array, context: Array | int, mask: Array) -> Array:
        """Return the row of each happening on each day, given what lives."""
        first, era = self.base[happening], on_days(self.eras, day)
        rows: Array = first + (era * self.contexts[happening] + context) * _MASKS + mask
        return rows


def compile_effects(book: Rulebook, *, law_of: date | None = None) -> Effects:
    """Ask the rulebook about everything that can happen; its errors pass through.

    ``law_of`` freezes the law as it was on a day: every later and earlier event is judged by it.
    """
    asked = _Asked(book, {})
    eras = _eras(book) if law_of is None else (min(_eras(book)),)
    days = eras if law_of is None else (law_of,)
    base, contexts = [], []
    parts: list[_Block] = []
    for happening in HAPPENINGS:
        count = 16 if happening.by_record else 1
        base.append(len(parts) * _MASKS)
        contexts.append(count)
        parts.extend(asked.block(happening, on, bits) for on, bits in product(days, range(count)))
    action, reason, rule, card = (np.concatenate(each) for each in zip(*parts, strict=True))
    anything = (action != NOTHING).any(axis=1) | (card != NOTHING)
    bounds = [*base, len(anything)]
    effective = [bool(anything[a:b].any()) for a, b in pairwise(bounds)]
    return Effects(
        by_day(np.array([day_number(era) for era in eras], np.int32)),
        np.array(base, np.int64),
        np.array(contexts, np.int64),
        np.ascontiguousarray(action.T),
        np.ascontiguousarray(reason.T),
        np.ascontiguousarray(rule.T),
        card,
        anything,
        np.array(effective),
        tuple(asked.rules),
    )


def _eras(book: Rulebook) -> tuple[date, ...]:
    """The days on which a rule begins or ends; between two of them every answer stays."""
    days = {rule.since for rule in book.table.rules}
    days |= {rule.until for rule in book.table.rules if rule.until is not None}
    days |= {row.since for row in (*book.table.subjects, *book.table.events)}
    return tuple(sorted({date_of(day_number(date(1900, 1, 1))), *days}))


_Block = tuple[Array, Array, Array, Array]


@dataclass(slots=True)
class _Asked:
    book: Rulebook
    rules: dict[str, int]
    known: dict[tuple[object, ...], _Block] = field(default_factory=dict)

    def block(self, happening: Happening, on: date, bits: int) -> _Block:
        """The rows of one happening on one day, for every set of what lives."""
        rulings = [
            self.book.ruling(_fact(self.book, happening, number, bits), subject, on=on)
            for number, subject in enumerate(_SUBJECTS)
        ]
        about_card = _fact(self.book, happening, None, 0)
        card = self.book.ruling(about_card, Subject.CARD, on=on)
        key = (*rulings, card, on)
        if key not in self.known:
            self.known[key] = self._worked_out(rulings, card, on)
        return self.known[key]

    def _worked_out(self, rulings: list[Ruling], card: Ruling, on: date) -> _Block:
        action = np.zeros((_MASKS, 4), np.uint8)
        reason, rule = np.zeros((_MASKS, 4), np.uint8), np.zeros((_MASKS, 4), np.uint16)
        cards = np.zeros(_MASKS, np.uint8)
        if any(each.effect in _ACTION for each in (*rulings, card)):
            for mask in range(_MASKS):
                if mask >> CARD_BIT:
                    cards[mask] = _ACTION.get(card.effect, NOTHING)
                for number, ruling in self._follow(rulings, card, mask, on).items():
                    action[mask, number] = _ACTION[ruling.effect]
                    reason[mask, number] = 0 if ruling.reason is None else ruling.reason
                    rule[mask, number] = self.rules.setdefault(ruling.rule, len(self.rules))
        return action, reason, rule, cards

    def _follow(
        self, rulings: list[Ruling], card: Ruling, mask: int, on: date
    ) -> dict[int, Ruling]:
        """What each live certificate meets in the end: the last ruling, and a loss is the last."""
        live = [number for number in range(4) if mask >> number & 1]
        met: dict[int, Ruling] = {}
        pending: deque[Fact] = deque()
        self._meet({number: rulings[number] for number in live}, met, pending)
        if mask >> CARD_BIT and card.effect is Effect.LAPSE:
            pending.append(Fact.of("card_lapsed", item=card.lapses_as or ""))
        while pending:
            fact = pending.popleft()
            left = [n for n in live if n not in met or met[n].effect is not Effect.REVOKE]
            more = {n: self.book.ruling(fact, _SUBJECTS[n], on=on) for n in left}
            self._meet(more, met, pending)
        return met

    @staticmethod
    def _meet(more: dict[int, Ruling], met: dict[int, Ruling], pending: deque[Fact]) -> None:
        for number, ruling in more.items():
            if ruling.effect not in _ACTION:
                continue
            met[number] = ruling
            if ruling.effect is Effect.REVOKE:
                ground = "" if ruling.ground is None else ruling.ground.value
                reason = "" if ruling.reason is None else ruling.reason.rfc_name
                pending.append(
                    Fact.of(
                        "certificate_lost_effect",
                        kind=KINDS[number].value,
                        ground=ground,
                        reason=reason,
                    )
                )


def _fact(book: Rulebook, happening: Happening, number: int | None, bits: int) -> Fact:
    fields = {**happening.told, **happening.context}
    context = book.table.event(happening.event).context
    if "named" in context:
        fields["named"] = number is not None and KINDS[number] in happening.named
    if happening.by_record in context and happening.by_record is not None:
        fields[happening.by_record] = number is not None and bool(bits >> number & 1)
    return Fact.from_mapping(happening.event, fields)
