"""Any event at all, drawn from its own definition: what somebody may try to have recorded.

A new event needs nothing here: its fields' types say what can be drawn. What only the moment can
tell (a day near today, a serial number not yet used) is filled in by :meth:`Wish.event`.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from jpki.jst import at_time
from jpki.life import Authority, FourItems
from jpki.life import events as ev
from jpki.terms import Purpose, Sex


class FromMoment(Enum):
    """What is filled in when the wish is made."""

    TEXT = "text"
    NUMBER = "number"


@dataclass(frozen=True)
class InDays:
    """A day so many days from today."""

    days: int


@dataclass(frozen=True)
class AtHour:
    """An hour of today or of the day before."""

    days: int
    hour: int


@dataclass(frozen=True)
class Wish:
    """An event's class and its fields, person aside."""

    kind: type[ev.Event]
    fields: Mapping[str, Any]

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={_word(value)}" for name, value in self.fields.items())
        return f"<{self.kind.__name__} {inside}>"

    def event(self, person: str, today: date, number: int) -> ev.Event:
        """Return the event: told of a person, today, with a number nobody used."""
        told = {name: _filled(value, today, number) for name, value in self.fields.items()}
        if "person" in {field.name for field in dataclasses.fields(self.kind)}:
            told["person"] = person
        return self.kind(**told)


@st.composite
def wishes(draw: st.DrawFn, names: tuple[str, ...]) -> Wish:
    """Draw a wish for one of the events with these names."""
    kind = ev.EVENTS[draw(st.sampled_from(names))]
    hints = get_type_hints(kind)
    fields = [field.name for field in dataclasses.fields(kind) if field.name != "person"]
    return Wish(kind, {name: draw(_values(hints[name])) for name in fields})


def _values(hint: Any) -> st.SearchStrategy[Any]:
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of(*(st.none() if each is type(None) else _values(each) for each in inside))
    if origin is tuple:
        return st.lists(_values(inside[0]), min_size=1, max_size=2, unique=True).map(tuple)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    return _PLAIN[hint]


_ITEMS = FourItems("公的 太郎", date(1980, 2, 29), Sex.MALE, "架空県架空市")
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.just(FromMoment.NUMBER),
    str: st.just(FromMoment.TEXT),
    date: st.sampled_from([0, 1, 20, 400, 2000, -1]).map(InDays),
    datetime: st.builds(AtHour, st.sampled_from([0, -1]), st.sampled_from([0, 9, 22])),
    FourItems: st.just(_ITEMS),
    Authority: st.builds(Authority, st.sampled_from(Purpose), st.sampled_from([2, 3])),
}


def _filled(value: Any, today: date, number: int) -> Any:
    if isinstance(value, InDays):
        return today + timedelta(days=value.days)
    if isinstance(value, AtHour):
        return at_time(today + timedelta(days=value.days), time(value.hour))
    if value is FromMoment.TEXT:
        return f"x{number}"
    return number if value is FromMoment.NUMBER else value


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return "+".join(map(_word, value))
    return str(value.value if isinstance(value, Enum) else value)
