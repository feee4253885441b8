"""What happens by itself in a stretch of years: drawn from the rates, whatever the law says.

The draws depend on seed, chunk and stretch alone, so two runs under different rules meet the same
moves, losses and deaths, and differ in nothing but what the rules make of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from simulator.population.arrays import NEVER, Array, day_number, np
from simulator.population.columns import Columns
from simulator.population.figures import Figures
from simulator.population.steps import HAPPENING_STEPS

__all__ = ["Drawn", "draw", "nothing_drawn", "stream"]

_FOREIGN: Final = ("alias_changes", "naturalisations")
_DAY_BITS, _PLACE_BITS = 11, 24
_BAND = 3652.5


@dataclass(frozen=True, slots=True)
class Drawn:
    """Events of one stretch in order of person and day; after each person's comes a ``NEVER``.

    ``first`` says where the events of each person begin.
    """

    day: Array
    step: Array
    word: Array
    first: Array


def stream(seed: str, chunk: int, stretch: int) -> np.random.Generator:
    """Return the chance of one chunk in one stretch (Philox keyed by SHA-256 of all three)."""
    key = hashlib.sha256(f"{seed}\0{chunk}\0{stretch}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key[:16], "big")))


def draw(
    figures: Figures, columns: Columns, chance: np.random.Generator, first: int, last: int
) -> Drawn:
    """Draw what happens to these people by itself from the day ``first`` to the day ``last``."""
    pools = {
        "everybody": np.flatnonzero(columns.alive),
        "foreign": np.flatnonzero(columns.alive & (columns.nationality > 0)),
        "limited": np.flatnonzero(columns.alive & (columns.nationality == 2)),
        "inclined": np.flatnonzero(columns.alive & columns.inclined),
    }
    who, day, step = [], [], []
    for name, number in HAPPENING_STEPS.items():
        if name == "issuer_key_lost_on":
            continue
        pool = pools[_pool(figures, name)]
        found, on = _thinned(figures, columns, chance, name, pool, first, last)
        who.append(found)
        day.append(on)
        step.append(np.full(len(found), number, np.uint8))
    leak = figures.day("issuer_key_lost_on")
    if leak is not None and first <= day_number(leak) <= last:
        everybody = pools["everybody"]
        who.append(everybody)
        day.append(np.full(len(everybody), day_number(leak), np.int64))
        step.append(np.full(len(everybody), HAPPENING_STEPS["issuer_key_lost_on"], np.uint8))
    people, days, steps = np.concatenate(who), np.concatenate(day), np.concatenate(step)
    words = chance.integers(0, 2**32, len(people), dtype=np.uint32)
    return _in_order(columns.size, people, days, steps, words, first)


def _pool(figures: Figures, name: str) -> str:
    unit = figures.rows[name].unit
    if "inclined" in unit:
        return "inclined"
    if "foreign residents with a period" in unit:
        return "limited"
    return "foreign" if "foreign" in unit else "everybody"


def _thinned(
    figures: Figures,
    columns: Columns,
    chance: np.random.Generator,
    name: str,
    pool: Array,
    first: int,
    last: int,
) -> tuple[Array, Array]:
    """Draw at the highest rate of all ages, and keep each by its own age's share of it."""
    rates = np.array(figures.several(name))
    highest, days = float(rates.max()), last - first + 1
    expected = highest * len(pool) * days / 365.25
    many = int(chance.poisson(expected)) if expected > 0 else 0
    who = pool[chance.integers(0, len(pool), many)] if many else np.empty(0, np.int64)
    day = first + chance.integers(0, days, many)
    if rates.min() < highest:
        band = np.clip((day - columns.birth[who]) / _BAND, 0, 9).astype(np.int64)
        kept = chance.random(many) * highest < rates[band]
        who, day = who[kept], day[kept]
    return who, day


def nothing_drawn(size: int) -> Drawn:
    """Return what is drawn for people to whom nothing happens by itself."""
    never = np.full(size, NEVER, np.int32)
    return Drawn(never, np.zeros(size, np.uint8), np.zeros(size, np.uint32), np.arange(size))


def _in_order(size: int, who: Array, day: Array, step: Array, word: Array, first: int) -> Drawn:
    """Sort by person and day: with the place in one number, as long as it fits, sorts fastest."""
    keys = (who.astype(np.uint64) << np.uint64(_DAY_BITS)) | (day - first).astype(np.uint64)
    if len(who) >> _PLACE_BITS:
        order = np.argsort(keys, kind="stable")
        keys = keys.take(order)
    else:
        keys = (keys << np.uint64(_PLACE_BITS)) | np.arange(len(who), dtype=np.uint64)
        keys.sort()
        order = (keys & np.uint64((1 << _PLACE_BITS) - 1)).astype(np.intp)
        keys >>= np.uint64(_PLACE_BITS)
    days = (keys & np.uint64((1 << _DAY_BITS) - 1)).astype(np.int32) + np.int32(first)
    each = np.bincount(who, minlength=size)
    begins = np.cumsum(each + 1) - (each + 1)
    spots = np.arange(len(who)) + (keys >> np.uint64(_DAY_BITS)).astype(np.intp)
    drawn = Drawn(
        np.full(len(who) + size, NEVER, np.int32),
        np.zeros(len(who) + size, np.uint8),
        np.zeros(len(who) + size, np.uint32),
        begins,
    )
    drawn.day[spots], drawn.step[spots], drawn.word[spots] = (
        days,
        step.take(order),
        word.take(order),
    )
    return drawn
