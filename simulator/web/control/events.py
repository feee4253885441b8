"""Control of events: any of them by name, tried out or recorded."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, Field

from jpki.errors import MalformedDocument
from jpki.jst import day
from jpki.life import Event, entry_from_json
from jpki.life.events import EVENTS
from simulator.happenings import event_schema
from simulator.preview import preview
from simulator.timeline import changes
from simulator.web.control.model import Asked, ChangeTold, ForeseenTold, Told, WhatChanged
from simulator.web.operations import Area, Call, Operation
from simulator.web.problems import NotThere
from simulator.world import World

__all__ = ["EVENTS_TABLE", "EventTold", "EventsTold", "Happening", "SchemaTold"]

# A log entry alone would be a certificate that nobody has, and its number would be lost.
_MADE_ELSEWHERE: Final = frozenset({"certificate_issued"})


class EventTold(Told):
    """An event and what it means."""

    event: str
    note: str
    note_ja: str
    elsewhere: bool


class EventsTold(Told):
    """Every event by name; one that is ``elsewhere`` comes about by another command."""

    events: tuple[EventTold, ...]


class SchemaTold(Told):
    """The JSON Schema of an event's fields."""

    event: str
    json_schema: dict[str, Any]


class Happening(Asked):
    """An event: its fields, and whether it is only tried out, or sent as a notice.

    ``notice`` sends it through the residents' network: the agency records it some days later.
    ``until`` is how far a trial looks ahead; by itself to the day after the last notice.
    """

    fact: Annotated[dict[str, Any], Field(repr=False)]
    occurred_on: date | None = None
    known_at: datetime | None = None
    dry_run: bool = False
    notice: bool = False
    until: AwareDatetime | None = None


def _list(call: Call) -> EventsTold:
    table = call.house.world.book.table
    rows = [(name, table.event(name)) for name in EVENTS]
    return EventsTold(
        events=tuple(
            EventTold(
                event=name, note=row.note_en, note_ja=row.note_ja, elsewhere=name in _MADE_ELSEWHERE
            )
            for name, row in rows
        )
    )


def _named(call: Call) -> str:
    name = call.path["event"]
    if name not in EVENTS:
        raise NotThere("no event is called so", hint="GET /control/v1/events lists them")
    return name


def _schema(call: Call) -> SchemaTold:
    name = _named(call)
    return SchemaTold(event=name, json_schema=event_schema(name))


def _fire(call: Call) -> WhatChanged:
    asked, world, name = call.question, call.house.world, _named(call)
    if name in _MADE_ELSEWHERE:
        raise MalformedDocument(
            "a certificate is issued with its key and bytes",
            source="event",
            hint="hand over a card, or enrol a phone",
        )
    if asked.notice and asked.known_at is not None:
        raise MalformedDocument("a notice is known when it is sent", source="known_at")
    event = _event(name, asked.fact, day(world.now))
    if asked.dry_run:
        return _foreseen(world, event, asked)
    before = world.state()
    if asked.notice:
        at = world.notify(event, occurred_on=asked.occurred_on)
        return WhatChanged(entries=(), recorded_at=at, changes=())
    entry = world.record(event, occurred_on=asked.occurred_on, known_at=asked.known_at)
    return WhatChanged(
        entries=(entry.seq,),
        recorded_at=entry.recorded_at,
        changes=tuple(map(ChangeTold.of, changes(before, world.state(), entry))),
    )


def _foreseen(world: World, event: Event, asked: Happening) -> WhatChanged:
    try:
        until = None if asked.until is None else asked.until.astimezone(UTC)
    except OverflowError:
        raise MalformedDocument("not an instant that can be looked at", source="until") from None
    told = preview(
        world.state(),
        event,
        at=world.now,
        recorded_at=world.notice_due() if asked.notice else None,
        occurred_on=asked.occurred_on,
        known_at=asked.known_at,
        on_its_way=world.notices(),
        until=until,
    )
    return WhatChanged(
        entries=(),
        recorded_at=told.first.entry.recorded_at,
        dry_run=True,
        changes=tuple(map(ChangeTold.of, told.first.changes)),
        later=tuple(map(ForeseenTold.of, told.later)),
        until=told.until,
    )


def _event(name: str, fact: dict[str, Any], on: date) -> Event:
    """Return the event with these fields, read as the log reads its own."""
    entry = {
        "seq": 1,
        "event": name,
        "occurred_on": on.isoformat(),
        "known_at": f"{on.isoformat()}T00:00:00Z",
        "recorded_at": f"{on.isoformat()}T00:00:00Z",
        "fact": fact,
    }
    try:
        return entry_from_json(json.dumps(entry)).event
    except MalformedDocument:
        # ``from None``: the original message would name a field that somebody made up.
        raise MalformedDocument(
            f"these are not the fields of {name}",
            source="fact",
            hint=f"GET /control/v1/events/{name} shows them",
        ) from None


EVENTS_TABLE: Final = (
    Operation(
        Area.CONTROL, "GET", "/events", "list_events", "Every event by name.", _list, EventsTold
    ),
    Operation(
        Area.CONTROL,
        "GET",
        "/events/{event}",
        "event_schema",
        "The fields of an event.",
        _schema,
        SchemaTold,
    ),
    Operation(
        Area.CONTROL,
        "POST",
        "/events/{event}",
        "fire_event",
        "Let an event happen, or tell what would fall if it did.",
        _fire,
        WhatChanged,
        question=Happening,
        writes=True,
    ),
)
