"""Invented people. Nobody here exists, and every address names a town that does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from jpki.life import FourItems
from jpki.life.events import Nationality
from jpki.terms import Sex
from simulator.keys import SeededChance
from simulator.municipalities import Municipality, municipalities, municipality

__all__ = ["HouseholdRole", "InventedPerson", "invent_address", "invent_person"]

_FAMILY_NAMES = (
    "青木",
    "石川",
    "上田",
    "遠藤",
    "岡本",
    "川口",
    "北村",
    "小池",
    "坂本",
    "島田",
    "杉山",
    "高野",
    "中川",
    "西村",
    "野口",
    "原田",
    "藤井",
    "松尾",
    "水野",
    "森田",
)
_GIVEN_NAMES = {
    Sex.FEMALE: ("葵", "恵", "香織", "千尋", "奈々", "春香", "真由", "美咲", "由美", "里奈"),
    Sex.MALE: ("悟", "健太", "翔", "大輔", "拓也", "直樹", "浩", "誠", "優", "亮"),
}
# A town name that no municipality has, so that no address can be a real one.
_TOWN = "模擬町"
_FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")
_FIRST_BIRTHDAY = date(1940, 1, 1)
_BIRTHDAYS = 365 * 65


class HouseholdRole(StrEnum):
    """What a person is in a household."""

    HEAD = "head"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class InventedPerson:
    """Somebody who does not exist. The repr shows no personal data.

    ``residence_ends_on`` is the end of a foreign resident's period of stay, if there is one.
    """

    person_id: str
    items: FourItems
    municipality: Municipality
    nationality: Nationality = Nationality.JAPANESE
    residence_ends_on: date | None = field(default=None, repr=False)
    household: str = ""
    role: HouseholdRole = HouseholdRole.HEAD


def invent_person(
    seed: str,
    number: int,
    *,
    birth_date: date | None = None,
    sex: Sex | None = None,
    municipality_code: str | None = None,
) -> InventedPerson:
    """Return the ``number``-th invented person of a seed; what is given is kept as given."""
    chance = SeededChance(seed).stream(f"person/{number}")
    chosen_sex = sex or chance.pick((Sex.FEMALE, Sex.MALE))
    name = f"{chance.pick(_FAMILY_NAMES)}　{chance.pick(_GIVEN_NAMES[chosen_sex])}"
    born = _FIRST_BIRTHDAY + timedelta(days=chance.below(_BIRTHDAYS))
    place = municipality(municipality_code or chance.pick(tuple(municipalities())))
    items = FourItems(
        name=name,
        birth_date=birth_date or born,
        sex=chosen_sex,
        address=invent_address(seed, number, place),
    )
    return InventedPerson(f"P{number:06d}", items, place)


def invent_address(seed: str, number: int, place: Municipality, *, move: int = 0) -> str:
    """Return an address in a municipality, another one for every ``move``."""
    chance = SeededChance(seed).stream(f"address/{number}/{move}")
    numbers = "-".join(str(1 + chance.below(limit)) for limit in (9, 29, 39))
    return f"{place.prefecture_ja}{place.name_ja}{_TOWN}{numbers}".translate(_FULL_WIDTH)
