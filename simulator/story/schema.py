"""The format as JSON Schema, made from what the reader itself goes by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jpki.law import Policies
from simulator.story.acts import ACTS
from simulator.story.fields import Field, Shape, event_fields, tellable
from simulator.story.grammar import CERTIFICATES, SUBJECTS
from simulator.story.reading import PERSON

__all__ = ["story_schema"]

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_DAY: Schema = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_WHEN: Schema = {
    "description": "A day, or an instant (Japan time without a zone).",
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?)?$",
}
_INSTANT: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$",
}
_MARK: Schema = {
    "description": "A, H, E, -, R, Rc, R3, R3c, or in words.",
    "type": "string",
    "pattern": r"^(A|H|E|-|–|active|held|expired|none|R[0-6]?c?"
    r"|revoked( [A-Za-z]+)?( by cascade)?)$",
}
_FOUR: Schema = {
    "description": "Card signature, card authentication, phone signature, phone authentication.",
    "type": "string",
    "pattern": r"^\s*\S+(\s+\S+){3}\s*$",
}
_PLAIN: Mapping[Shape, Schema] = {
    Shape.TEXT: {"type": "string"},
    Shape.DAY: _DAY,
    Shape.INSTANT: _INSTANT,
    Shape.FLAG: {"type": "boolean"},
    Shape.NUMBER: {"type": "integer"},
}


def story_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a story file."""
    steps: Schema = {"type": "array", "items": {"oneOf": [*_event_steps(), *_act_steps()]}}
    expectations: Schema = {"type": "array", "items": _expectation()}
    parts: Schema = {
        "note": {"type": "string"},
        "policies": _policies(),
        "step": steps,
        "expect": expectations,
    }
    variant = _closed(
        {"id": _TEXT, "title_en": _TEXT, "title_ja": _TEXT, **parts},
        ("id", "title_en", "title_ja"),
    )
    top = _closed(
        {
            "title_en": _TEXT,
            "title_ja": _TEXT,
            "covers": {"type": "array", "items": _TEXT, "uniqueItems": True},
            "person": {"type": "array", "minItems": 1, "items": _table(PERSON)},
            "variant": {"type": "array", "items": variant},
            **parts,
        },
        ("title_en", "title_ja", "person"),
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A JPKI story",
        **top,
    }


def _closed(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _field(field: Field) -> Schema:
    if field.shape is Shape.CHOICE:
        return {"enum": list(field.values)}
    if field.shape is Shape.CHOICES:
        return {"type": "array", "minItems": 1, "items": {"enum": list(field.values)}}
    return _PLAIN[field.shape]


def _table(fields: Mapping[str, Field]) -> Schema:
    required = [field.name for field in fields.values() if field.required]
    return _closed({name: _field(field) for name, field in fields.items()}, required)


def _policies() -> Schema:
    return _closed(
        {
            row.id: {"enum": list(row.alternatives), "description": row.note_en}
            for row in Policies.default().rows
        }
    )


def _event_steps() -> Iterable[Schema]:
    for name in tellable():
        yield _step("event", name, event_fields(name), "")


def _act_steps() -> Iterable[Schema]:
    for act in ACTS.values():
        yield _step("do", act.name, act.fields, act.note_en)


def _step(key: str, name: str, fields: Mapping[str, Field], note: str) -> Schema:
    required = [field.name for field in fields.values() if field.required]
    step = _closed(
        {
            key: {"const": name},
            "on": _WHEN,
            "known": _WHEN,
            "recorded": _WHEN,
            "who": _TEXT,
            "refused": {"anyOf": [{"const": True}, _TEXT]},
            "note": {"type": "string"},
            **{each: _field(field) for each, field in fields.items()},
        },
        ("on", key, *required),
    )
    return {**step, "description": note} if note else step


def _expectation() -> Schema:
    subjects = {name: _subject(name, aspects) for name, aspects in SUBJECTS.items()}
    previous = _closed({name: subjects[name] for name in sorted(CERTIFICATES)})
    return _closed(
        {
            "on": _WHEN,
            "who": _TEXT,
            "note": {"type": "string"},
            "certificates": _FOUR,
            "previous": previous,
            **subjects,
        },
        ("on",),
    )


def _subject(name: str, aspects: Mapping[str, Field]) -> Schema:
    properties = {each: _field(field) for each, field in aspects.items()}
    if name in CERTIFICATES:
        properties["state"] = _MARK
    table = _closed(properties, [each.name for each in aspects.values() if each.required])
    return {"anyOf": [properties["state"], table]} if "state" in properties else table
