"""Invented people. Nobody here exists, and every address names a town that does not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from jpki.terms import Sex
from simulator.keys import SeededChance
from simulator.municipalities import Municipality, municipalities, municipality

__all__ = ["Person", "invent_address", "invent_person"]

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


@dataclass(frozen=True, slots=True)
class Person:
    """A resident as the register knows them. The repr shows only the identifier."""

    person_id: str
    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)
    address: str = field(repr=False)
    municipality_code: str = field(repr=False)

    @property
    def municipality(self) -> Municipality:
        """The municipality of residence."""
        return municipality(self.municipality_code)

    def moved_to(self, address: str) -> Person:
        """Return the same person at another address in the same municipality."""
        return replace(self, address=address)

    def renamed(self, name: str) -> Person:
        """Return the same person under another name."""
        return replace(self, name=name)


def invent_person(
    seed: str,
    number: int,
    *,
    birth_date: date | None = None,
    sex: Sex | None = None,
    municipality_code: str | None = None,
) -> Person:
    """Return the ``number``-th invented person of a seed; what is given is kept as given."""
    chance = SeededChance(seed).stream(f"person/{number}")
    sex = sex or chance.choice((Sex.FEMALE, Sex.MALE))
    code = municipality_code or chance.choice(tuple(place.code for place in municipalities()))
    return Person(
        person_id=f"P{number:06d}",
        name=f"{chance.choice(_FAMILY_NAMES)}　{chance.choice(_GIVEN_NAMES[sex])}",
        birth_date=birth_date or _FIRST_BIRTHDAY + timedelta(days=chance.below(_BIRTHDAYS)),
        sex=sex,
        address=invent_address(seed, number, municipality_code=code),
        municipality_code=code,
    )


def invent_address(seed: str, number: int, *, municipality_code: str, move: int = 0) -> str:
    """Return an address in a municipality, another one for every ``move``."""
    chance = SeededChance(seed).stream(f"address/{number}/{move}")
    place = municipality(municipality_code)
    numbers = "-".join(str(1 + chance.below(limit)) for limit in (9, 29, 39))
    return f"{place.prefecture_ja}{place.name_ja}{_TOWN}{numbers}".translate(_FULL_WIDTH)
