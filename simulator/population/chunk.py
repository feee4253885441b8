"""A chunk of people from before the first day to the last, one stretch of years after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from statistics import NormalDist

from jpki.jst import nth_birthday_after
from simulator.population.arrays import Array, day_number, np
from simulator.population.chances import draw, stream
from simulator.population.columns import CARD, PHONE, REGISTER, STAY, Columns
from simulator.population.figures import Figures
from simulator.population.lives import Law, Lives
from simulator.population.rounds import live_until
from simulator.population.steps import STEPS
from simulator.population.steps.names import STEP
from simulator.population.tally import Counts, Tally
from simulator.population.validity import birthday_of, birthday_on

__all__ = ["CHUNK", "STRETCH", "Chunk", "Scope", "Stretch"]

CHUNK = 262_144
"""How many people there are in a chunk at the beginning, unless a scope says otherwise."""

_CARDS_BEGAN = day_number(date(2016, 1, 1))
_WEIGHTS = 10


STRETCH = 5
"""How many years are lived at once. What they leave is written down before the next ones."""


@dataclass(frozen=True)
class Scope:
    """How many people, from which day, for how many years, by which seed and figures.

    ``chunk`` is how many people are lived at once; it is part of what the seed gives.
    """

    people: int
    years: int
    begins: date
    seed: str
    figures: Figures
    with_events: bool = False
    chunk: int = CHUNK

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.people // self.chunk)

    @property
    def stretches(self) -> int:
        """How many stretches of years there are; the last may be shorter."""
        return -(-self.years // STRETCH)

    def stretch_begins(self, stretch: int) -> int:
        """Return the first day of a stretch; behind the last, the day after the run."""
        return self.year_begins(min(stretch * STRETCH, self.years))

    def size(self, chunk: int) -> int:
        """Return how many people a chunk begins with."""
        return min(self.chunk, self.people - chunk * self.chunk)

    def births(self, chunk: int, years: int) -> int:
        """Return how many are born in a chunk in its first years; no chance decides this."""
        return round(self.figures.number("births") * self.size(chunk) * years)

    @cached_property
    def everybody(self) -> int:
        """How many people there ever are."""
        born = sum(self.births(chunk, self.years) for chunk in range(self.chunks))
        return self.people + born

    def first_born(self, chunk: int) -> int:
        """Return the number of the first person born in a chunk."""
        return self.people + sum(self.births(each, self.years) for each in range(chunk))

    @cached_property
    def places(self) -> int:
        """How many municipalities and wards there are."""
        return int(self.figures.number("partitions"))

    @cached_property
    def shares(self) -> Array:
        """Up to which share of all people each place reaches, the largest places first."""
        spread = NormalDist(sigma=max(self.figures.number("partition_spread"), 1e-9))
        ranks = [(place + 0.5) / self.places for place in range(self.places)]
        sizes = np.exp([-spread.inv_cdf(rank) for rank in ranks])
        reach: Array = np.cumsum(sizes) / sizes.sum()
        reach[-1] = 1.0
        return reach

    def year_begins(self, year: int) -> int:
        """Return the first day of a year of the run, 0 being the first; the last has none."""
        return day_number(nth_birthday_after(self.begins, self.begins, year) if year else
                          self.begins)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some years of one chunk: counts, rows of certificates and holds that ended, and of events."""

    counts: Counts
    certificates: tuple[Array, ...]
    holds: tuple[Array, ...]
    events: tuple[Array, ...]
    living: tuple[int, ...]


@dataclass(slots=True)
class Chunk:
    """The lives of one chunk."""

    scope: Scope
    number: int
    law: Law

    def stretches(self) -> Iterator[Stretch]:
        """Yield one after the other; the first counts what was before it in row 0 of its tables."""
        scope = self.scope
        tally = Tally(scope.places, scope.with_events)
        lives = Lives(
            self._beginning(stream(scope.seed, self.number, -1)),
            self.law,
            scope.figures,
            tally,
            scope.everybody,
            scope.shares,
        )
        self._before(lives, stream(scope.seed, self.number, -2))
        tally.happened[:] = 0
        for stretch in range(scope.stretches):
            first, behind = scope.stretch_begins(stretch), scope.stretch_begins(stretch + 1)
            chance = stream(scope.seed, self.number, stretch)
            c = lives.columns
            self._born(lives, chance, stretch, first, behind)
            live_until(lives, draw(scope.figures, c, chance, first, behind - 1), behind)
            lives.expire_all(behind - 1)
            living = tuple(int((c.status[kind] > 0).sum()) for kind in range(4))
            if stretch == scope.stretches - 1:
                lives.still_live()
            yield _stretch(tally, tally.close(first, behind - 1), living)

    def _beginning(self, chance: np.random.Generator) -> Columns:
        """People of all ages and places, on record since the cards began or since birth."""
        scope, figures = self.scope, self.scope.figures
        first, many = scope.year_begins(0), scope.size(self.number)
        c = Columns(many)
        c.id[:] = np.arange(many) + self.number * scope.chunk
        weights = np.array(figures.several("age_shares"))
        band = chance.choice(_WEIGHTS, many, p=weights / weights.sum())
        age = ((band + chance.random(many)) * 3652.5).astype(np.int32)
        c.birth[:] = first - 1 - age
        self._attributes(c, chance)
        c.former_name[:] = chance.random(many) < figures.number("former_name_recorded")
        return c

    def _attributes(self, c: Columns, chance: np.random.Generator) -> None:
        """What a person is from the start, whatever happens."""
        scope, figures = self.scope, self.scope.figures
        c.birthday[:], year = birthday_of(c.birth)
        least = int(self.law.policy("signature_minimum_age"))
        c.signs_from[:] = birthday_on(c.birthday, year + least) if least else c.birth
        c.alive[:] = True
        c.place[:] = np.searchsorted(scope.shares, chance.random(c.size), side="right")
        lot = chance.random(c.size)
        permanent, limited = figures.number("foreign_permanent"), figures.number("foreign_limited")
        c.nationality[:] = np.where(lot < limited, 2, np.where(lot < limited + permanent, 1, 0))
        c.inclined[:] = chance.random(c.size) < figures.number("phone_inclined")
        c.wants[:] = chance.random(c.size) < figures.number("signature_wanted")

    def _stays(self, lives: Lives, chance: np.random.Generator, first: int) -> None:
        """Periods of stay that end some time after the first day, and their extension."""
        c, years = lives.columns, lives.figures.number("residence_years")
        who = np.flatnonzero(c.nationality == 2)
        ends = first + 60 + chance.integers(0, max(1, round(years * 365) - 60), len(who))
        c.stay_ends[who] = ends
        word = chance.integers(0, 2**32, len(who), dtype=np.uint32)
        lives.plan(STAY, who, ends - 1 - chance.integers(0, 50, len(who)), 0, word)
        c.plan_step[STAY][who] = STEP["extend_stay"]

    def _before(self, lives: Lives, chance: np.random.Generator) -> None:
        """Live through what led to the first day: cards, renewals, phones; nothing by itself."""
        c, figures = lives.columns, lives.figures
        first, everybody = self.scope.year_begins(0), np.arange(lives.columns.size)
        self._stays(lives, chance, first)
        word = chance.integers(0, 2**32, c.size, dtype=np.uint32)
        registered = np.maximum(c.birth, _CARDS_BEGAN)
        STEPS[STEP["birth"]](lives, everybody, registered, word)
        band = np.clip((first - c.birth) / 3652.5, 0, 9).astype(np.int64)
        held = chance.random(c.size) < np.array(figures.several("card_held"))[band]
        weights = np.array(figures.several("cards_by_year"))
        back = chance.choice(_WEIGHTS, c.size, p=weights / weights.sum())
        back = np.where(first - c.birth < 8000, back % 5, 9 - back)
        ago = ((back + chance.random(c.size)) * 365).astype(np.int32)
        span = np.maximum(first - 1 - registered, 0)
        made = np.where(ago <= span, first - 1 - ago, first - 1 - ago % (span + 1))
        who = np.flatnonzero(held & (made < first))
        lives.plan(CARD, who, np.maximum(made, registered)[who], STEP["hand_over"], word[who])
        phone = c.inclined & held & (chance.random(c.size) < figures.number("phone_enrolled"))
        since = np.maximum(lives.law.milestone("mobile_android"), first - 700)
        if since < first:
            when = since + (chance.random(c.size) * (first - since)).astype(np.int32)
            who = np.flatnonzero(phone)
            lives.plan(PHONE, who, when[who], STEP["enrol"], word[who])
        live_until(lives, None, first)
        lives.expire_all(first - 1)

    def _born(
        self, lives: Lives, chance: np.random.Generator, stretch: int, first: int, behind: int
    ) -> None:
        scope = self.scope
        earlier = scope.births(self.number, stretch * STRETCH)
        until = min((stretch + 1) * STRETCH, scope.years)
        many = scope.births(self.number, until) - earlier
        c = Columns(many)
        c.id[:] = scope.first_born(self.number) + earlier + np.arange(many)
        c.birth[:] = first + chance.integers(0, behind - first, many)
        self._attributes(c, chance)
        c.nationality[c.nationality == 2] = 1
        c.plan_day[REGISTER] = c.birth
        c.plan_step[REGISTER] = STEP["birth"]
        known = lives.columns
        gone = np.flatnonzero(~known.alive)
        gone = gone[~(known.status[:, gone] > 0).any(axis=0)]
        known.put(gone[:many], c)


def _stretch(tally: Tally, counts: Counts, living: tuple[int, ...]) -> Stretch:
    kept = (tally.ended, tally.holds, tally.events)
    certificates, holds, events = map(_rows, kept)
    for each in kept:
        each.clear()
    return Stretch(counts, certificates, holds, events, living)


def _rows(parts: list[tuple[Array, ...]]) -> tuple[Array, ...]:
    if not parts:
        return ()
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))
