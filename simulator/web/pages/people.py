"""People: the list, and one person's card, phone, certificates and life."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact
from jpki.life import CertificateRecord, Person, Recorded, State, Step, why
from jpki.life.events import IssuerKeyCompromised, PinReset
from jpki.terms import CertificateKind, Medium, PinKind
from simulator import municipality as counter
from simulator import phone
from simulator.municipalities import municipality
from simulator.people import invent_person
from simulator.pictures import picture_of, svg_fragment
from simulator.timeline import timeline
from simulator.tokens import TokenPins, applet
from simulator.web.pages.visit import Answer, Gone, Shown, Visit
from simulator.world import World

__all__ = [
    "CARD_PINS",
    "PHONE_PINS",
    "CertificateLine",
    "Notebook",
    "card_tries",
    "invent",
    "notebook",
    "people",
    "person",
]

CARD_PINS: Final = ("ABC123", "1234")
"""Password and PIN of every card that is made here or by ``jpki-sim init``: published, invented."""

PHONE_PINS: Final = ("PHONE1", "9876")
"""What the notebook proposes for a phone."""

_MOST_PEOPLE: Final = 999_999
_STYLE: Final = re.compile(r"<style>.*?</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Notebook:
    """What a careless holder has written down: the PINs that simulated people begin with.

    ``changed`` are the PINs of the card that were set anew since; nobody wrote those down.
    """

    card: tuple[str, str]
    phone: tuple[str, str]
    changed: frozenset[PinKind]


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """A certificate and why it is what it is, its own reason first."""

    record: CertificateRecord
    state: Any
    reasons: tuple[Step, ...]


def notebook(world: World, person_id: str) -> Notebook:
    """Return the notebook of a person."""
    resets = (entry.event for entry in world.entries)
    changed = frozenset(
        PinKind(event.pin)
        for event in resets
        if isinstance(event, PinReset)
        and event.person == person_id
        and event.medium is Medium.CARD
        and isinstance(event.pin, PinKind)
    )
    return Notebook(CARD_PINS, PHONE_PINS, changed)


def card_tries(world: World, known: Person) -> dict[PinKind, int]:
    """Return how many tries the PINs of a person's card have left; empty without a chip."""
    card = known.card
    if card is None or card.face_only or world.store.chip(card.number) is None:
        return {}
    return dict(applet(world, card.number).counters())


def people(visit: Visit) -> Answer:
    """Show everybody."""
    state = visit.world.state()
    rows = [(each, [_line(state, r) for r in _newest(state, each)]) for each in _living(state)]
    return Shown("people.html", {"rows": rows})


def invent(visit: Visit) -> Answer:
    """Invent somebody, with a card."""
    world = visit.world
    taken = [int(p[1:]) for p in world.state().people if p[:1] == "P" and p[1:].isdecimal()]
    number = max(taken, default=0) + 1
    if number > _MOST_PEOPLE:
        raise ImpossibleFact("there is no room for more people")
    password, pin = CARD_PINS
    with world.transaction():
        made = counter.register(world, invent_person(world.seed, number))
        pins = TokenPins(SignaturePassword(password), UserPin(pin))
        counter.hand_over_card(world, made, pins=pins)
    visit.tell(
        "A person was invented and has a card now.", "架空の人物を作り、カードを交付しました。"
    )
    return Gone(f"/people/{made}")


def person(visit: Visit) -> Answer:
    """Show what is on record about a person, and what was their life."""
    known, world = visit.person, visit.world
    state = world.state()
    moments = timeline(world.entries, known.id, at=world.now, book=world.book)
    lines = [_line(state, record) for record in state.records(known.id)]
    ended = {line.record.kind for line in lines if line.record.lapse is not None}
    if {CertificateKind.CARD_SIGNATURE, CertificateKind.MOBILE_SIGNATURE} <= ended:
        visit.session.did.add(f"saw {known.id}")
    return Shown(
        "person.html",
        {
            "person": known,
            "place": municipality(known.municipality),
            "card_state": known.card.state_at(world.now) if known.card else None,
            "tries": card_tries(world, known),
            "phones": phone.devices(world, known.id),
            "lines": list(reversed(lines)),
            "moments": list(reversed(moments)),
            "picture": _picture(visit, known),
            "waiting": _waiting(world, known.id),
            "notebook": notebook(world, known.id),
        },
    )


def _picture(visit: Visit, known: Person) -> Markup:
    """Return the life as a picture; how it looks is in the style sheet, as pages have no styles."""
    world = visit.world
    picture = picture_of(world.entries, known.id, at=world.now, book=world.book)
    drawn = svg_fragment(picture, visit.language)
    return Markup(_STYLE.sub("", drawn))  # noqa: S704  made by an XML writer, which escapes


def _waiting(world: World, person_id: str) -> list[tuple[Recorded, Any]]:
    """Return the notices about a person that the agency has not recorded."""
    notices = [
        notice
        for notice in world.notices()
        if not isinstance(notice.event, IssuerKeyCompromised) and notice.event.person == person_id
    ]
    return [(notice, world.book.table.event(notice.event.name)) for notice in notices]


def _living(state: State) -> list[Person]:
    return sorted(state.people.values(), key=lambda each: each.id)


def _newest(state: State, known: Person) -> list[CertificateRecord]:
    found = (state.latest(known.id, kind) for kind in CertificateKind)
    return [record for record in found if record is not None]


def _line(state: State, record: CertificateRecord) -> CertificateLine:
    now = state.state_of(record)
    told = why(state, record.serial, purpose=record.kind.purpose)
    return CertificateLine(record, now, told.steps)
