"""The event log: entries with their clocks, and the same as one line of JSON.

The log is append-only. ``Recorded.to_json`` and :func:`entry_from_json` are exact inverses; unknown
keys, missing keys and values of another type are refused with
:class:`~jpki.errors.MalformedDocument`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from jpki.errors import MalformedDocument
from jpki.jst import require_aware
from jpki.life.events import EVENTS, Event

__all__ = ["Recorded", "entry_from_json"]

_KEYS = ("seq", "event", "occurred_on", "known_at", "recorded_at", "fact")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry: an event and when it happened, became known and was recorded.

    ``occurred_on`` is a Japan day (civil life), ``known_at`` the instant at which the agency heard
    of it, ``recorded_at`` the instant at which it wrote it down. Loss of effect follows recording
    (Act 15(1), 16-14(1), 34(1), 35-14(1)). When a verifier could see it is a matter of publishing
    and is not kept here.
    """

    seq: int
    event: Event
    occurred_on: date
    known_at: datetime
    recorded_at: datetime

    @property
    def position(self) -> tuple[datetime, int]:
        """What entries are ordered by: the instant of recording, then the sequence number."""
        return (self.recorded_at, self.seq)

    def to_json(self) -> str:
        """Return the entry as one line of JSON. It holds personal data; keep it accordingly."""
        fact = _adapter(self.event.name).dump_python(self.event, mode="json")
        content = {
            "seq": self.seq,
            "event": self.event.name,
            "occurred_on": self.occurred_on.isoformat(),
            "known_at": _instant_text(self.known_at),
            "recorded_at": _instant_text(self.recorded_at),
            "fact": fact,
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def entry_from_json(line: str | bytes) -> Recorded:
    """Return the entry that ``to_json`` wrote; :class:`MalformedDocument` for anything else."""
    try:
        content = json.loads(line)
    except ValueError:
        raise MalformedDocument("not JSON", source="event log") from None
    if not isinstance(content, dict) or tuple(sorted(content)) != tuple(sorted(_KEYS)):
        raise MalformedDocument(f"an entry has the keys {', '.join(_KEYS)}", source="event log")
    name = content["event"]
    if not isinstance(name, str) or name not in EVENTS:
        raise MalformedDocument("the entry names no known event", source="event log")
    if type(content["seq"]) is not int:
        raise MalformedDocument("seq is not a number", source="event log")
    return Recorded(
        seq=content["seq"],
        event=_event(name, content["fact"]),
        occurred_on=_day(content["occurred_on"]),
        known_at=_instant(content["known_at"]),
        recorded_at=_instant(content["recorded_at"]),
    )


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(EVENTS[name])


def _event(name: str, fact: object) -> Event:
    try:
        event: Event = _adapter(name).validate_json(json.dumps(fact))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MalformedDocument(f"{name}: {where}: {first['msg']}", source="event log") from None
    return event


def _day(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise MalformedDocument("not a day (YYYY-MM-DD)", source="event log") from None


def _instant_text(at: datetime) -> str:
    return require_aware(at).isoformat().replace("+00:00", "Z")


def _instant(text: object) -> datetime:
    try:
        return require_aware(datetime.fromisoformat(str(text)))
    except (ValueError, TypeError):
        raise MalformedDocument("not an instant with a time zone", source="event log") from None
