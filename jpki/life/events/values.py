"""What events are made of: persons' data that never show, authorities, and the base of all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from jpki.terms import Purpose, Sex

__all__ = [
    "Authority",
    "FourItems",
    "Happening",
    "OfPerson",
]


class _Masked:
    """Shows its type and nothing of what is inside."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


@dataclass(frozen=True, slots=True, repr=False)
class FourItems(_Masked):
    """The four items (氏名、住所、生年月日、性別), with what counts as part of the name."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    birth_date: date
    sex: Sex
    address: str
    former_name: str = ""
    alias: str = ""
    furigana: str = ""


@dataclass(frozen=True, slots=True)
class Authority:
    """An issuing authority: one for each purpose, with a new key every few years."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    purpose: Purpose
    generation: int


@dataclass(frozen=True, slots=True)
class Happening:
    name: ClassVar[str]
    told: ClassVar[tuple[str, ...]] = ()
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True)
class OfPerson(Happening):
    person: str
