"""A value out of a closed set, as a form names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from jpki.errors import MalformedDocument

__all__ = ["chosen"]

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
