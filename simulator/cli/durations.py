"""Durations as people type them: ``26h``, ``2d``, ``1d12h30m``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from jpki.errors import MalformedDocument

__all__ = ["duration"]

_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_WHOLE: Final = re.compile(r"(?:(\d{1,9})([wdhms]))+", re.ASCII)
_PART: Final = re.compile(r"(\d+)([wdhms])", re.ASCII)


def duration(text: str, *, source: str = "duration") -> timedelta:
    """Return the duration that ``text`` names: numbers with w, d, h, m or s, each at most once.

    A day is 24 hours, as Japan has no summer time. ``MalformedDocument`` for anything else.
    """
    parts = _PART.findall(text)
    units = [unit for _, unit in parts]
    in_order = sorted(units, key="wdhms".index) == units and len(set(units)) == len(units)
    if not _WHOLE.fullmatch(text) or not in_order:
        raise _unreadable(text, source)
    try:
        return timedelta(**{_UNITS[unit]: int(number) for number, unit in parts})
    except OverflowError:
        raise _unreadable(text, source) from None


def _unreadable(text: str, source: str) -> MalformedDocument:
    return MalformedDocument(
        f"{text[:40]!r} is no duration",
        source=source,
        hint="write 26h, 2d, 90m or 1d12h (w, d, h, m, s, the larger first)",
    )
