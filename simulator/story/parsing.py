"""TOML text to tables, going on after an impossible date so that all of them are found."""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from datetime import date
from typing import Any

from simulator.story.places import Place
from simulator.story.problems import Problem

__all__ = ["parse"]

# Strings and comments are matched first, so that a date inside them is left alone.
_DATES = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*'
    r"|(?<![\w-])(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)",
    re.DOTALL,
)
_SYNTAX_PLACE = re.compile(r"\s*\(at line (\d+), column (\d+)\)")


def parse(text: str, *, source: str, problems: list[Problem]) -> dict[str, Any] | None:
    """Return the tables of a TOML text, or None when it is not TOML; problems are added.

    An impossible date (30 February) is noted and read as the last day of its month, in the same
    number of characters, so that every place stays what it was.
    """
    mended = _DATES.sub(lambda match: _possible(match, text, source, problems), text)
    try:
        return tomllib.loads(mended)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        at = _SYNTAX_PLACE.search(said)
        place = Place(int(at[1]), int(at[2])) if at else Place(text.count("\n") + 1, 1)
        words = {"detail": _SYNTAX_PLACE.sub("", said)}
        problems.append(Problem(source, place, "syntax", words))
        return None


def _possible(match: re.Match[str], text: str, source: str, problems: list[Problem]) -> str:
    found = match.group()
    if match["year"] is None:
        return found
    try:
        date.fromisoformat(found)
    except ValueError:
        begin = match.start()
        place = Place(text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin))
        problems.append(Problem(source, place, "impossible-date", {"text": found}))
        return _nearest(int(match["year"]), int(match["month"]), int(match["day"]))
    return found


def _nearest(year: int, month: int, day: int) -> str:
    year, month = max(year, 1), min(max(month, 1), 12)
    last = monthrange(year, month)[1]
    return date(year, month, min(max(day, 1), last)).isoformat()
