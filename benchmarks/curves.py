"""Scaling curves, read out of the names of cases: what differs in one number is one curve."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Curve", "curves"]

_SIZE: Final = re.compile(
    r"(?:(?P<of>\b(?:list|index|batch|file) of )(?P<size>\d[\d,]*))"
    r"|(?:\b(?P<count>\d[\d,]*) (?P<what>answers|entries|people|persons|rows|signatures)\b)"
    r"|(?:\b(?P<workers>\d+) (?:processes|process|workers|worker)\b)"
)
_LEAST_POINTS: Final = 2


@dataclass(frozen=True, slots=True)
class Curve:
    """The rates of one piece of work at several sizes; ``along`` says what grows."""

    name: str
    unit: str
    along: str
    points: tuple[tuple[int, float], ...]


def curves(cases: Sequence[Mapping[str, Any]]) -> tuple[Curve, ...]:
    """Return the curves among the cases of a benchmark, in the order they first appear."""
    found: dict[tuple[str, str, str], dict[int, float]] = {}
    for case in cases:
        for match in _SIZE.finditer(case["name"]):
            size = match["size"] or match["count"] or match["workers"]
            along = "processes" if match["workers"] else match["what"] or "entries"
            begins, ends = match.span()
            shown = f"{match['of']}N" if match["of"] else f"N {along}"
            name = f"{case['name'][:begins]}{shown}{case['name'][ends:]}"
            points = found.setdefault((name, case["unit"], along), {})
            points[int(size.replace(",", ""))] = float(case["median"])
    return tuple(
        Curve(*key, tuple(sorted(points.items())))
        for key, points in found.items()
        if len(points) >= _LEAST_POINTS
    )
