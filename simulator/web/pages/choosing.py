"""A value out of a closed set: as a form names it, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from jpki.errors import MalformedDocument
from jpki.law import RuleTable

__all__ = ["chosen", "labels"]

_T = TypeVar("_T")


def chosen(text: str, among: Mapping[str, _T], what: str) -> _T:
    """Return what a form chose; ``MalformedDocument`` when there is nothing of this name."""
    if text not in among:
        # What was sent is not repeated: it may be anything.
        raise MalformedDocument(
            "nothing that can be chosen here was chosen",
            source=what,
            hint="choose one of: " + ", ".join(among),
        )
    return among[text]


def labels(table: RuleTable, field: str, value: str) -> tuple[str, str]:
    """Return what a value of an event's field is called in both languages, by the law's tables."""
    for row in table.labels:
        if row.value == value and row.field == field:
            return row.en, row.ja
    return value.replace("_", " "), value
