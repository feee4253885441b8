"""The municipalities a simulated world has: real places, so that names and lists look real.

The table is a file next to this module and holds only places of which code and names are certain.
A municipality that is not in it does not exist in a simulated world.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jpki.errors import ImpossibleFact, MalformedDocument

__all__ = ["Municipality", "municipalities", "municipality", "read_municipalities"]

_SOURCE = "municipalities.toml"


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality (市町村), special ward, or ward of a designated city.

    ``code`` has five digits: JIS X 0402 with the prefecture, without check digit. The romaji names
    carry their suffix (``Tokyo-to``, ``Sapporo-shi-Minami-ku``); Hokkaido has none.
    """

    code: str
    prefecture: str
    prefecture_ja: str
    name: str
    name_ja: str

    @property
    def full_name_ja(self) -> str:
        """The name as an address begins, such as 東京都渋谷区."""
        return self.prefecture_ja + self.name_ja


_ROMAJI_PREFECTURE = r"^(Hokkaido|[A-Z][a-z]+-(to|fu|ken))$"
_ROMAJI_MUNICIPALITY = r"^([A-Z][a-z]+-shi-)?[A-Z][a-z]+-(shi|ku|machi|cho|mura|son)$"


class _Prefecture(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=_ROMAJI_PREFECTURE)
    name_ja: str = Field(pattern=r".[都道府県]$")


class _Place(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=_ROMAJI_MUNICIPALITY)
    name_ja: str = Field(pattern=r".[市区町村]$")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    prefectures: dict[Annotated[str, Field(pattern=r"^\d{2}$")], _Prefecture]
    municipalities: dict[Annotated[str, Field(pattern=r"^\d{5}$")], _Place]


def read_municipalities(text: str) -> Mapping[str, Municipality]:
    """Read a table of municipalities by code; ``MalformedDocument`` when it is not one."""
    try:
        file = _File.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise MalformedDocument(str(error), source=_SOURCE) from None
    orphans = [code for code in file.municipalities if code[:2] not in file.prefectures]
    if orphans:
        raise MalformedDocument(f"no prefecture for {', '.join(orphans)}", source=_SOURCE)
    return MappingProxyType({code: _place(code, file) for code in sorted(file.municipalities)})


def _place(code: str, file: _File) -> Municipality:
    prefecture, place = file.prefectures[code[:2]], file.municipalities[code]
    return Municipality(code, prefecture.name, prefecture.name_ja, place.name, place.name_ja)


@lru_cache(maxsize=1)
def municipalities() -> Mapping[str, Municipality]:
    """Return every municipality of the shipped table, by code."""
    return read_municipalities(
        resources.files("simulator").joinpath(_SOURCE).read_text(encoding="utf-8")
    )


def municipality(code: str) -> Municipality:
    """Return the municipality with this code; ``ImpossibleFact`` when there is none."""
    found = municipalities().get(code)
    if found is None:
        raise ImpossibleFact(
            "no municipality has this code",
            hint="use the five-digit code without check digit of one in the simulator's table",
        )
    return found
