"""Letting an event happen: its form, what would follow from it, and only then the event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from jpki.errors import MalformedDocument
from jpki.jst import day
from jpki.law import RuleTable
from jpki.life import Event
from jpki.life.events import EVENTS, RecordItem, ResidentRecordAmended
from simulator import municipality as counter
from simulator.happenings import EventField, event_fields, event_from, event_schema
from simulator.municipalities import municipality
from simulator.people import invent_address
from simulator.preview import Preview, preview
from simulator.web.pages.fields import FIELD_HINTS, FIELD_WORDS, value_words
from simulator.web.pages.visit import Answer, Gone, Shown, Visit
from simulator.web.problems import NotThere

__all__ = ["Asked", "act_event", "act_move", "event_form", "event_list", "move_form"]

# A log entry alone would be a certificate that nobody has, and its number would be lost.
_MADE_ELSEWHERE: Final = ("certificate_issued",)
# Whose events make a person or a whole record; a button invents one instead.
_INVENTED_ELSEWHERE: Final = ("resident_registered",)
_PERSON: Final = "person"


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of an event as a form asks for it: its control, and the words of its choices."""

    field: EventField
    en: str
    ja: str
    control: str
    choices: tuple[tuple[str, str, str], ...]
    default: str
    hint: tuple[str, str]


def event_list(visit: Visit) -> Answer:
    """Show every event that can be fired."""
    table = visit.world.book.table
    left_out = (*_MADE_ELSEWHERE, *_INVENTED_ELSEWHERE)
    rows = [(name, table.event(name)) for name in EVENTS if name not in left_out]
    return Shown("events.html", {"person": visit.person, "rows": rows})


def event_form(visit: Visit) -> Answer:
    """Show the form of an event."""
    name, table = _name(visit), visit.world.book.table
    return Shown(
        "event.html",
        {
            "person": visit.person,
            "name": name,
            "row": table.event(name),
            "fields": [_asked(table, each) for each in event_fields(name).values()],
            "today": day(visit.world.now),
        },
    )


def act_event(visit: Visit) -> Answer:
    """Show what would follow from the event, or, when that was confirmed, let it happen."""
    name, person = _name(visit), visit.person
    wanted = visit.form.text("notice") == "yes"
    on = _day(visit.form.text("occurred_on"))
    event = event_from(name, _whom(name, person.id), _fields(visit, name))
    if visit.form.text("confirmed") != "yes":
        return _previewed(visit, event, on, notice=wanted, to=f"/people/{person.id}/events/{name}")
    if wanted:
        visit.world.notify(event, occurred_on=on)
        visit.tell(
            "The notice is on its way to the agency.",
            "通知を送りました。機構の記録はこれからです。",
        )
    else:
        visit.world.record(event, occurred_on=on)
        visit.tell("It has happened and is recorded.", "起きました。記録済みです。")
    return Gone(f"/people/{person.id}")


# a move, as the counter takes it


def move_form(visit: Visit) -> Answer:
    """Show the notice of a move, with an address that does not exist."""
    person, world = visit.person, visit.world
    moves = sum(
        isinstance(entry.event, ResidentRecordAmended) and entry.event.person == person.id
        for entry in (*world.entries, *world.notices())
    )
    number = int("".join(filter(str.isdigit, person.id)) or 1)
    place = municipality(person.municipality)
    address = invent_address(world.seed, number, place, move=moves + 1)
    return Shown("move.html", {"person": person, "address": address})


def act_move(visit: Visit) -> Answer:
    """Show what would fall by the move, or, when that was confirmed, take the notice."""
    person, address = visit.person, visit.form.text("value")
    if not 1 <= len(address) <= 200:
        raise MalformedDocument("an address has 1 to 200 characters", source="address")
    event = ResidentRecordAmended(person=person.id, item=RecordItem.ADDRESS, value=address)
    if visit.form.text("confirmed") != "yes":
        return _previewed(visit, event, None, notice=True, to=f"/people/{person.id}/move")
    counter.amend_record(visit.world, person.id, RecordItem.ADDRESS, address)
    visit.tell(
        "The municipality has the new address. The agency records it later: move the clock on.",
        "市区町村が届出を受けました。機構の記録は後日です。時計を進めてください。",
    )
    return Gone(f"/people/{person.id}")


def _previewed(visit: Visit, event: Event, on: date | None, *, notice: bool, to: str) -> Answer:
    world = visit.world
    told: Preview = preview(
        world.state(),
        event,
        at=world.now,
        recorded_at=world.notice_due() if notice else None,
        occurred_on=on,
        on_its_way=world.notices(),
    )
    sent = [
        (name, value)
        for name, values in visit.form.fields.items()
        for value in values
        if name not in ("csrf", "confirmed")
    ]
    return Shown(
        "preview.html",
        {
            "person": visit.person,
            "row": world.book.table.event(event.name),
            "told": told,
            "sent": sent,
            "to": to,
            "notice": None,
            "as_notice": notice,
            "events": world.book.table.event,
        },
    )


def _name(visit: Visit) -> str:
    name = visit.path["event"]
    if name in _INVENTED_ELSEWHERE:
        raise NotThere("a person is invented by the button of the list of people")
    if name not in EVENTS or name in _MADE_ELSEWHERE:
        raise NotThere("no event is called so", hint="choose one from the list")
    return name


def _whom(name: str, person: str) -> str | None:
    return person if _PERSON in event_schema(name)["properties"] else None


def _fields(visit: Visit, name: str) -> dict[str, str]:
    """Return the fields as they were typed; what was left empty is left to the event."""
    found: dict[str, str] = {}
    for each in event_fields(name).values():
        values = [value.strip() for value in visit.form.all(f"field.{each.name}")]
        typed = ",".join(value for value in values if value)
        if typed:
            found[each.name] = typed
    return found


def _asked(table: RuleTable, field: EventField) -> Asked:
    control = "text"
    if field.values:
        control = "many" if field.is_list else "one"
    elif field.wanted.startswith("a day"):
        control = "date"
    elif field.wanted == "true or false":
        control = "flag"
    return Asked(
        field,
        *FIELD_WORDS.get(field.name, (field.name, field.name)),
        control,
        tuple((value, *value_words(table, field.name, value)) for value in field.values),
        "" if field.default is None else str(field.default),
        FIELD_HINTS.get(field.name, (field.wanted, field.wanted)),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise MalformedDocument(
            "not a day", source="occurred_on", hint="write 2026-08-04"
        ) from None
