"""Events by name: which fields each takes, and an event made from what somebody typed.

Everything is read off the events' own JSON Schema, so a new event is here at once.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from jpki.errors import MalformedDocument
from jpki.life import Event, entry_from_json
from jpki.life.events import EVENTS

__all__ = ["EventField", "event_fields", "event_from", "event_schema"]

_PERSON: Final = "person"
# What a field looks like, by the schema's own words.
_WANTED: Final[Mapping[tuple[Any, Any], str]] = {
    ("string", None): "text",
    ("string", "date"): "a day such as 2026-08-04",
    ("string", "date-time"): "an instant such as 2026-08-04T09:00:00+09:00",
    ("boolean", None): "true or false",
    ("integer", None): "a whole number",
    ("object", None): "a JSON object",
    ("null", None): "null",
}


@dataclass(frozen=True, slots=True)
class EventField:
    """A field of an event: what it looks like, its closed set of values, and its default."""

    name: str
    wanted: str
    values: tuple[str, ...]
    required: bool
    default: object = None
    is_text: bool = True
    is_list: bool = False

    def read(self, text: str) -> object:
        """Return what was typed as JSON would have it."""
        if self.is_list and not text.startswith("["):
            return [part.strip() for part in text.split(",")]
        if self.is_text and not (text == "null" and not self.required):
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise MalformedDocument(
                f"{self.name} cannot be read", source="--field", hint=f"write {self.wanted}"
            ) from None


def event_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of an event; ``MalformedDocument`` when none is called so."""
    _require_known(name, EVENTS, "event")
    return _schema(name)


@cache
def _schema(name: str) -> dict[str, Any]:
    return TypeAdapter(EVENTS[name]).json_schema()


@cache
def event_fields(name: str) -> Mapping[str, EventField]:
    """Return the fields that an event takes besides its person, by name."""
    schema = event_schema(name)
    defined = schema.get("$defs", {})
    required = set(schema.get("required", ()))
    return {
        each: _field(each, shape, defined, required=each in required)
        for each, shape in schema["properties"].items()
        if each != _PERSON
    }


def _field(
    name: str, shape: dict[str, Any], defined: dict[str, Any], *, required: bool
) -> EventField:
    kinds = [_resolved(each, defined) for each in shape.get("anyOf", [shape])]
    is_list = any(kind.get("type") == "array" for kind in kinds)
    inner = [_resolved(kind.get("items", kind), defined) for kind in kinds]
    values = tuple(value for kind in inner for value in kind.get("enum", ()))
    wanted = " | ".join(values) or " or ".join(
        _WANTED.get((kind.get("type"), kind.get("format")), "JSON") for kind in inner
    )
    return EventField(
        name=name,
        wanted=f"one or more of {wanted}, with commas" if is_list else wanted,
        values=values,
        required=required,
        default=shape.get("default"),
        is_text=any(kind.get("type") == "string" for kind in inner),
        is_list=is_list,
    )


def _resolved(shape: dict[str, Any], defined: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in shape:
        return shape
    found: dict[str, Any] = defined[shape["$ref"].rpartition("/")[2]]
    return found


def event_from(name: str, person: str | None, fields: Mapping[str, str]) -> Event:
    """Return the event with these fields, as somebody typed them.

    ``MalformedDocument`` for an unknown event or field, one that is missing, or a value that it
    cannot have; the message names what there is.
    """
    known = event_fields(name)
    for each in fields:
        _require_known(each, known, f"field of {name}")
    fact = {each: known[each].read(text) for each, text in fields.items()}
    if _PERSON in event_schema(name)["properties"]:
        if person is None:
            raise MalformedDocument(
                f"{name} happens to somebody", source="--person", hint="give --person ID"
            )
        fact[_PERSON] = person
    elif person is not None:
        raise MalformedDocument(f"{name} happens to nobody in particular", source="--person")
    missing = [each.name for each in known.values() if each.required and each.name not in fact]
    if missing:
        raise MalformedDocument(
            f"{name} lacks {', '.join(missing)}",
            source="--field",
            hint="; ".join(f"{each}: {known[each].wanted}" for each in missing),
        )
    entry = {
        "seq": 1,
        "event": name,
        "occurred_on": "2016-01-01",
        "known_at": "2016-01-01T00:00:00Z",
        "recorded_at": "2016-01-01T00:00:00Z",
        "fact": fact,
    }
    try:
        return entry_from_json(json.dumps(entry)).event
    except MalformedDocument as error:
        raise MalformedDocument(error.message, source="--field", hint=error.hint) from None


def _require_known(name: str, known: Iterable[str], what: str) -> None:
    names = list(known)
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=3)
    raise MalformedDocument(
        f"there is no {what} {name!r}",
        source="event",
        hint=f"did you mean {' or '.join(near)}?" if near else "there are: " + ", ".join(names),
    )
