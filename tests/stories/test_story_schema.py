"""The JSON Schema says yes to the stories that come along and no to the mistakes."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from simulator.story import story_files, story_schema

SCHEMA = story_schema()
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
SAYS = {
    "$schema",
    "title",
    "description",
    "format",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "pattern",
    "anyOf",
    "oneOf",
    "minItems",
    "minLength",
    "uniqueItems",
}


def valid(value: Any, schema: dict[str, Any]) -> bool:
    """Judge by the keywords that the schema uses; any other keyword is a failure of this test."""
    assert schema.keys() <= SAYS
    if "type" in schema:
        is_flag = isinstance(value, bool)
        if not isinstance(value, TYPES[schema["type"]]) or (
            is_flag != (schema["type"] == "boolean")
        ):
            return False
    if "const" in schema and (type(value), value) != (type(schema["const"]), schema["const"]):
        return False
    if "enum" in schema and (type(value), value) not in [(type(e), e) for e in schema["enum"]]:
        return False
    if "anyOf" in schema and not any(valid(value, each) for each in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(valid(value, each) for each in schema["oneOf"]) != 1:
        return False
    match value:
        case str():
            return bool(re.search(schema.get("pattern", ""), value)) and len(value) >= schema.get(
                "minLength", 0
            )
        case list():
            if len(value) < schema.get("minItems", 0):
                return False
            if schema.get("uniqueItems") and len(set(value)) != len(value):
                return False
            return all(valid(each, schema.get("items", {})) for each in value)
        case dict():
            return valid_table(value, schema)
        case _:
            return True


def valid_table(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    properties = schema.get("properties", {})
    if not set(schema.get("required", ())) <= value.keys():
        return False
    if schema.get("additionalProperties") is False and not value.keys() <= properties.keys():
        return False
    return all(valid(each, properties.get(key, {})) for key, each in value.items())


def as_json(value: Any) -> Any:
    """Return what a JSON document would hold: days and instants are text there."""
    match value:
        case dict():
            return {key: as_json(each) for key, each in value.items()}
        case list():
            return [as_json(each) for each in value]
        case date() | datetime() | time():
            return value.isoformat()
        case _:
            return value


@pytest.mark.parametrize("path", story_files(()), ids=lambda path: path.stem)
def test_the_schema_accepts_the_shipped_stories(path: Path) -> None:
    assert valid(as_json(tomllib.loads(path.read_text(encoding="utf-8"))), SCHEMA)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ('title_ja = "転居"\n', ""),
        ("covers =", "cover ="),
        ('"copy"', '"copi"'),
        ("born =", "birn ="),
        ('"issue_card"', '"issue_crad"'),
        ('"issue_card"', '"issue_card"\nevent = "card_issued"'),
        ('"issue_card"', '"issue_card"\nmade = 2024-05-01'),
        ('"issue_card"', '"issue_card"\nrefused = false'),
        ('item = "address"\n', ""),
        ('"address"', '"adress"'),
        ("on = 2025-07-01", "on = 12:00:00"),
        ('"A A A A"', '"A A A"'),
        ('card = "valid"', 'card = "vaild"'),
        ('card = "valid"', 'card.stat = "valid"'),
        ('card = "valid"', 'card_signature = "R7"'),
        ('card = "valid"', 'previous.card = "valid"'),
    ],
)
def test_the_schema_refuses_mistakes_and_nothing_else(good: str, old: str, new: str) -> None:
    text = good.replace(old, new, 1) if old else good
    assert valid(as_json(tomllib.loads(text)), SCHEMA) is (not old)
