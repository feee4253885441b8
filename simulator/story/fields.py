"""What a step may say: the fields of every event, read off the events themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from jpki.errors import JpkiError
from jpki.jst import JST, require_aware
from jpki.life import events as ev
from simulator.story.problems import closest

__all__ = ["SUPPLIED", "Field", "Shape", "Unfit", "event_fields", "is_near", "tellable", "wanted"]

# What the runner fills in when a step leaves it out: numbers, texts and what the law computes.
SUPPLIED: Mapping[str, frozenset[str]] = {
    "card_issued": frozenset({"card", "made_on", "expires_on"}),
    "certificate_issued": frozenset({"serial", "municipality", "expires_on", "signed_with"}),
    "card_substitute_issued": frozenset({"expires_on"}),
    "furigana_recorded": frozenset({"value"}),
    "mobile_device_enrolled": frozenset({"device"}),
    "move_in_notified": frozenset({"municipality", "address"}),
    "resident_record_amended": frozenset({"value"}),
    "residence_period_changed": frozenset({"ends_on", "card_expires_on"}),
}
# Registration comes from the people of the story, and which authority issues from the day.
_NOT_TOLD = {"resident_registered"}
_FIRST_YEAR, _LAST_YEAR = 1850, 2199
_NEVER_WRITTEN = {"person", "authority"}


class Shape(StrEnum):
    """What the value of a field looks like."""

    TEXT = "text"
    DAY = "day"
    FLAG = "flag"
    NUMBER = "number"
    INSTANT = "instant"
    CHOICE = "choice"
    CHOICES = "choices"


_WANTED = {
    Shape.TEXT: ("a text in quotes", "引用符で囲んだ文字列"),
    Shape.DAY: ("a day such as 2026-08-04", "2026-08-04 のような日付"),
    Shape.FLAG: ("true or false", "true か false"),
    Shape.NUMBER: ("a whole number", "整数"),
    Shape.INSTANT: ("an instant such as 2026-08-04T09:10:00", "2026-08-04T09:10:00 のような日時"),
    Shape.CHOICE: ("one of its values in quotes", "引用符で囲んだ値"),
    Shape.CHOICES: ("a list of values in quotes", "引用符で囲んだ値の一覧"),
}


def wanted(shape: Shape) -> tuple[str, str]:
    """Return what a value of this shape looks like, in English and Japanese."""
    return _WANTED[shape]


def is_near(day: date) -> bool:
    """Whether a story may name the day: nobody older lives, and counting on from it stays easy."""
    return _FIRST_YEAR <= day.year <= _LAST_YEAR


class Unfit(JpkiError):
    """A value that a field cannot have; ``problem`` is the code and ``words`` fill its sentence."""

    code = "story.unfit"

    def __init__(self, problem: str, **words: object) -> None:
        super().__init__(problem)
        self.problem = problem
        self.words = words


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a step: its shape, its values when they are a closed set, and if it must be."""

    name: str
    shape: Shape
    choices: tuple[type[StrEnum], ...] = ()
    required: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """The values that can be written, when they are a closed set."""
        return tuple(each.value for choices in self.choices for each in choices)

    def read(self, value: object) -> object:
        """Return the value as the event wants it, or raise :class:`Unfit`."""
        if isinstance(value, date) and not is_near(value):
            raise Unfit("too-far", day=value)
        match self.shape:
            case Shape.CHOICES if isinstance(value, list) and value:
                return tuple(self._choice(each) for each in value)
            case Shape.CHOICE:
                return self._choice(value)
            case Shape.DAY if isinstance(value, date) and not isinstance(value, datetime):
                return value
            case Shape.INSTANT if isinstance(value, datetime):
                return require_aware(value if value.tzinfo else value.replace(tzinfo=JST))
            case Shape.FLAG if isinstance(value, bool):
                return value
            case Shape.NUMBER if isinstance(value, int) and not isinstance(value, bool):
                return value
            case Shape.TEXT if isinstance(value, str):
                return value
        raise self._unfit()

    def _choice(self, value: object) -> StrEnum:
        if not isinstance(value, str):
            raise self._unfit()
        for choices in self.choices:
            for each in choices:
                if each.value == value:
                    return each
        words = closest(value, self.values)
        raise Unfit("unknown-value", key=self.name, value=repr(value), **words)

    def _unfit(self) -> Unfit:
        en, ja = _WANTED[self.shape]
        return Unfit("wrong-type", key=self.name, wanted=en, wanted_ja=ja)


@cache
def event_fields(name: str) -> Mapping[str, Field]:
    """Return the fields that a step may give to the event ``name``."""
    kind = ev.EVENTS[name]
    hints = get_type_hints(kind)
    told: dict[str, Field] = {}
    for each in fields(kind):
        if each.name in _NEVER_WRITTEN:
            continue
        needed = each.default is MISSING and each.default_factory is MISSING
        shape, choices = _shape(hints[each.name])
        required = needed and each.name not in SUPPLIED.get(name, ())
        told[each.name] = Field(each.name, shape, choices, required)
    return told


def tellable() -> tuple[str, ...]:
    """Return the names of the events that a step may tell."""
    return tuple(name for name in ev.EVENTS if name not in _NOT_TOLD)


_PLAIN = {
    date: Shape.DAY,
    datetime: Shape.INSTANT,
    bool: Shape.FLAG,
    int: Shape.NUMBER,
    str: Shape.TEXT,
}


def _shape(hint: Any) -> tuple[Shape, tuple[type[StrEnum], ...]]:
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kinds = tuple(each for each in kinds if each is not type(None))
    if get_origin(kinds[0]) is tuple:
        return Shape.CHOICES, (get_args(kinds[0])[0],)
    if issubclass(kinds[0], StrEnum):
        return Shape.CHOICE, kinds
    return _PLAIN[kinds[0]], ()
