"""Invented households: who lives together, how they are related, and where they move.

The shares of the kinds are chosen so that a few hundred people show every case that matters to a
certificate: minors, twins, people over a hundred, foreign residents with an alias, former surnames,
characters that need a substitute. They are no statistics of anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from jpki.life import FourItems
from jpki.life.events import Nationality
from jpki.terms import Sex
from simulator.keys import ChanceStream, SeededChance
from simulator.municipalities import Municipality, municipalities, municipality
from simulator.people.names import (
    FAMILY_NAMES,
    FOREIGN_NAMES,
    GIVEN_NAMES,
    RARE_FAMILY_NAMES,
    Name,
)
from simulator.people.persons import HouseholdRole, InventedPerson, invent_address

__all__ = ["HouseholdKind", "invent_household", "invent_people", "moved_together"]


class HouseholdKind(StrEnum):
    """What a household is like."""

    SINGLE = "single"
    COUPLE = "couple"
    FAMILY = "family"
    TWINS = "twins"
    THREE_GENERATIONS = "three_generations"
    FOREIGN = "foreign"
    CENTENARIAN = "centenarian"


# Out of a hundred households.
_SHARES: Final = {
    HouseholdKind.SINGLE: 30,
    HouseholdKind.COUPLE: 20,
    HouseholdKind.FAMILY: 25,
    HouseholdKind.TWINS: 4,
    HouseholdKind.THREE_GENERATIONS: 8,
    HouseholdKind.FOREIGN: 10,
    HouseholdKind.CENTENARIAN: 3,
}
_RARE_NAME, _FORMER_NAME, _ALIAS, _PERMANENT = 5, 25, 50, 40  # in a hundred
_YEAR: Final = 365.25
_SEXES: Final = (Sex.FEMALE, Sex.MALE)


def invent_people(
    seed: str, count: int, *, on: date, furigana: bool = False
) -> tuple[InventedPerson, ...]:
    """Return ``count`` invented people alive on a day, household after household."""
    people: list[InventedPerson] = []
    number = 0
    while len(people) < count:
        number += 1
        people += invent_household(seed, number, on=on, furigana=furigana)
    return tuple(people[:count])


def invent_household(
    seed: str,
    number: int,
    *,
    on: date,
    kind: HouseholdKind | None = None,
    municipality_code: str | None = None,
    furigana: bool = False,
) -> tuple[InventedPerson, ...]:
    """Return the ``number``-th household of a seed as of a day; what is given is kept as given.

    ``furigana`` gives Japanese nationals the reading of their name, as registers keep it since
    2025. A foreign resident has a name in the alphabet and perhaps an alias.
    """
    chance = SeededChance(seed).stream(f"household/{number}")
    chosen = kind or _kind(chance)
    place = municipality(municipality_code or chance.pick(tuple(municipalities())))
    home = _Home(seed, number, place, on, furigana, chance)
    return tuple(_MEMBERS[chosen](home))


def moved_together(
    seed: str, household: Sequence[InventedPerson], place: Municipality, *, move: int
) -> tuple[InventedPerson, ...]:
    """Return the household at a new address in a municipality: the same one for everybody."""
    return tuple(
        replace(
            each,
            municipality=place,
            items=replace(
                each.items,
                address=invent_address(seed, int(each.household[1:]), place, move=move),
            ),
        )
        for each in household
    )


@dataclass(slots=True)
class _Home:
    """A household while it is made up."""

    seed: str
    number: int
    place: Municipality
    on: date
    furigana: bool
    chance: ChanceStream
    count: int = 0

    def born(self, youngest: int, oldest: int) -> date:
        """A day of birth that makes somebody as old as this, in years."""
        span = int((oldest - youngest) * _YEAR)
        return self.on - timedelta(days=int(youngest * _YEAR) + self.chance.below(max(1, span)))

    def family_name(self) -> Name:
        rare = self.chance.below(100) < _RARE_NAME
        return self.chance.pick(RARE_FAMILY_NAMES if rare else FAMILY_NAMES)

    def japanese(
        self,
        family: Name,
        born: date,
        role: HouseholdRole,
        sex: Sex | None = None,
        former: Name | None = None,
    ) -> InventedPerson:
        sex = sex or self.chance.pick(_SEXES)
        given = self.chance.pick(GIVEN_NAMES[sex])
        items = FourItems(
            name=f"{family[0]}　{given[0]}",
            birth_date=born,
            sex=sex,
            address=invent_address(self.seed, self.number, self.place),
            former_name=former[0] if former is not None else "",
            furigana=f"{family[1]}　{given[1]}" if self.furigana else "",
        )
        return self.member(items, role)

    def member(
        self,
        items: FourItems,
        role: HouseholdRole,
        nationality: Nationality = Nationality.JAPANESE,
        residence_ends_on: date | None = None,
    ) -> InventedPerson:
        self.count += 1
        household = f"H{self.number:06d}"
        return InventedPerson(
            f"{household}-{self.count}",
            items,
            self.place,
            nationality,
            residence_ends_on,
            household,
            role,
        )


def _kind(chance: ChanceStream) -> HouseholdKind:
    drawn = chance.below(sum(_SHARES.values()))
    for kind, share in _SHARES.items():
        if drawn < share:
            return kind
        drawn -= share
    raise AssertionError("the shares were drawn from their sum")


def _single(home: _Home) -> list[InventedPerson]:
    return [home.japanese(home.family_name(), home.born(18, 90), HouseholdRole.HEAD)]


def _couple(home: _Home, youngest: int = 22, oldest: int = 85) -> list[InventedPerson]:
    family = home.family_name()
    first = home.chance.pick(_SEXES)
    second = Sex.MALE if first is Sex.FEMALE else Sex.FEMALE
    born = home.born(youngest, oldest)
    spouse_born = min(
        born + timedelta(days=home.chance.below(2000) - 1000), home.on - timedelta(days=18 * 366)
    )
    records_former = home.chance.below(100) < _FORMER_NAME
    former = home.chance.pick(FAMILY_NAMES) if records_former else None
    return [
        home.japanese(family, born, HouseholdRole.HEAD, first),
        home.japanese(family, spouse_born, HouseholdRole.SPOUSE, second, former),
    ]


def _family(home: _Home) -> list[InventedPerson]:
    return _with_children(home, 1 + home.chance.below(3))


def _with_children(home: _Home, children: int) -> list[InventedPerson]:
    parents = _couple(home, 25, 45)
    family = _family_name_of(parents[0])
    return [
        *parents,
        *(home.japanese(family, home.born(0, 18), HouseholdRole.CHILD) for _ in range(children)),
    ]


def _twins(home: _Home) -> list[InventedPerson]:
    """Two children of the same day and sex, of one family name and address."""
    parents = _couple(home, 25, 45)
    family, born, sex = _family_name_of(parents[0]), home.born(0, 18), home.chance.pick(_SEXES)
    pair = [home.japanese(family, born, HouseholdRole.CHILD, sex) for _ in range(2)]
    while pair[0].items.name == pair[1].items.name:  # twins are told apart by their given names
        home.count -= 1
        pair[1] = home.japanese(family, born, HouseholdRole.CHILD, sex)
    return [*parents, *pair]


def _three_generations(home: _Home) -> list[InventedPerson]:
    household = _with_children(home, 1 + home.chance.below(2))
    family = _family_name_of(household[0])
    return [*household, home.japanese(family, home.born(70, 95), HouseholdRole.PARENT)]


def _centenarian(home: _Home) -> list[InventedPerson]:
    """Somebody of a hundred to 113 years: born in Taisho or, the oldest, in Meiji."""
    return [home.japanese(home.family_name(), home.born(100, 113), HouseholdRole.HEAD)]


def _foreign(home: _Home) -> list[InventedPerson]:
    sex = home.chance.pick(_SEXES)
    alias = home.chance.pick(FAMILY_NAMES)[0] + "　" + home.chance.pick(GIVEN_NAMES[sex])[0]
    items = FourItems(
        name=home.chance.pick(FOREIGN_NAMES[sex]),
        birth_date=home.born(18, 70),
        sex=sex,
        address=invent_address(home.seed, home.number, home.place),
        alias=alias if home.chance.below(100) < _ALIAS else "",
    )
    stays_until = home.on + timedelta(days=90 + home.chance.below(5 * 365))
    if home.chance.below(100) < _PERMANENT:
        permanent = Nationality.FOREIGN_PERMANENT
        return [home.member(items, HouseholdRole.HEAD, permanent)]
    limited = Nationality.FOREIGN_LIMITED
    return [home.member(items, HouseholdRole.HEAD, limited, stays_until)]


def _family_name_of(person: InventedPerson) -> Name:
    written = person.items.name.partition("　")[0]
    return next(name for name in (*FAMILY_NAMES, *RARE_FAMILY_NAMES) if name[0] == written)


_MEMBERS: Final = {
    HouseholdKind.SINGLE: _single,
    HouseholdKind.COUPLE: _couple,
    HouseholdKind.FAMILY: _family,
    HouseholdKind.TWINS: _twins,
    HouseholdKind.THREE_GENERATIONS: _three_generations,
    HouseholdKind.FOREIGN: _foreign,
    HouseholdKind.CENTENARIAN: _centenarian,
}
