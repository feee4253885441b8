"""Control of people: invented, registered, looked at, and what their life was."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final

from pydantic import Field

from jpki.errors import ImpossibleFact
from jpki.life import (
    CardState,
    CertificateRecord,
    CertificateState,
    DeviceState,
    FourItems,
    Person,
    State,
)
from jpki.life.events import ConsentItem, ResidentRegistered
from jpki.terms import CertificateKind, RevocationReason, Sex
from simulator import municipality as counter
from simulator.municipalities import municipality
from simulator.people import invent_person
from simulator.timeline import timeline
from simulator.tokens import token_names
from simulator.web.control.model import Asked, ChangeTold, PersonId, Told
from simulator.web.operations import Area, Call, Operation
from simulator.web.problems import NotThere
from simulator.world import World

__all__ = [
    "PEOPLE",
    "CardTold",
    "CertificateTold",
    "ConsentTold",
    "ItemsTold",
    "MomentTold",
    "PeopleTold",
    "PersonBrief",
    "PersonInvented",
    "PersonNamed",
    "PersonRegistered",
    "PersonTold",
    "PhoneTold",
    "TimelineTold",
    "certificate_told",
    "known_person",
]

_Text = Annotated[str, Field(min_length=1, max_length=200, repr=False)]
_Code = Annotated[str, Field(pattern=r"^\d{5}$")]


class PersonInvented(Asked):
    """Somebody to be invented; what is given is kept as given.

    Without ``number`` the next one; the same number of the same world is the same person.
    """

    number: Annotated[int | None, Field(ge=1, le=999_999)] = None
    birth_date: Annotated[date | None, Field(repr=False)] = None
    sex: Annotated[Sex | None, Field(repr=False)] = None
    municipality: _Code | None = None


class PersonRegistered(Asked):
    """Somebody to be registered with these items. Never give those of a real person."""

    person: PersonId
    name: _Text
    birth_date: Annotated[date, Field(repr=False)]
    sex: Annotated[Sex, Field(repr=False)]
    address: _Text
    municipality: _Code


class PersonNamed(Told):
    """Who was registered."""

    person: str


class CertificateTold(Told):
    """A certificate on record; its items are in it, not here."""

    serial: int
    kind: CertificateKind
    generation: int
    person: str
    municipality: str
    state: CertificateState
    issued_at: datetime
    expires_on: date
    revoked_at: datetime | None = None
    held_at: datetime | None = None
    reason: str | None = None
    rule: str | None = None


class CardTold(Told):
    """A card and what it is now."""

    card: str
    state: CardState
    made_on: date
    expires_on: date
    face_only: bool


class PhoneTold(Told):
    """A phone and what the agency knows of it."""

    phone: str
    platform: str
    state: DeviceState


class ConsentTold(Told):
    """A consent of the holder (CO-10)."""

    verifier: str
    items: tuple[ConsentItem, ...]
    verified: tuple[CertificateKind, ...]
    begins_at: datetime
    ends_at: datetime
    withdrawn_at: datetime | None


class PersonTold(Told):
    """What is on record about a person, without the items."""

    person: str
    registered: bool
    municipality: str
    card: CardTold | None
    phone: PhoneTold | None
    chips: tuple[str, ...]
    certificates: tuple[CertificateTold, ...]
    consents: tuple[ConsentTold, ...]


class PersonBrief(Told):
    """A line of the list."""

    person: str
    registered: bool
    municipality: str


class PeopleTold(Told):
    """Everybody who was ever registered."""

    people: tuple[PersonBrief, ...]


class ItemsTold(Told):
    """The four items on record; they never show in a ``repr``."""

    name: str = Field(repr=False)
    birth_date: date = Field(repr=False)
    sex: Sex = Field(repr=False)
    address: str = Field(repr=False)


class MomentTold(Told):
    """An event in somebody's life and what it did."""

    at: datetime
    occurred_on: date
    event: str
    entry: int | None
    note: str
    note_ja: str
    changes: tuple[ChangeTold, ...]


class TimelineTold(Told):
    """A person's life, in order."""

    person: str
    moments: tuple[MomentTold, ...]


def known_person(call: Call) -> Person:
    """Return the person in the path; ``NotThere``."""
    found = call.house.world.state().people.get(call.path["person"])
    if found is None:
        raise NotThere("nobody with this id is registered")
    return found


def certificate_told(state: State, record: CertificateRecord) -> CertificateTold:
    """Return a certificate as it is told."""
    now = state.state_of(record)
    decisive = record.lapse if now is CertificateState.REVOKED else record.hold
    reason: RevocationReason | None = None if decisive is None else decisive.reason
    return CertificateTold(
        serial=record.serial,
        kind=record.kind,
        generation=record.authority.generation,
        person=record.person,
        municipality=record.municipality,
        state=now,
        issued_at=record.issued_at,
        expires_on=record.expires_on,
        revoked_at=record.lapse.recorded_at if record.lapse is not None else None,
        held_at=record.hold.recorded_at if record.hold is not None else None,
        reason=reason.rfc_name if reason is not None else None,
        rule=decisive.rule if decisive is not None else None,
    )


def _list(call: Call) -> PeopleTold:
    people = call.house.world.state().people.values()
    return PeopleTold(
        people=tuple(
            PersonBrief(person=p.id, registered=p.registered, municipality=p.municipality)
            for p in people
        )
    )


def _show(call: Call) -> PersonTold:
    person, world = known_person(call), call.house.world
    state = world.state()
    return PersonTold(
        person=person.id,
        registered=person.registered,
        municipality=person.municipality,
        card=_card(world, person),
        phone=_phone(person),
        chips=token_names(world, person.id),
        certificates=tuple(certificate_told(state, each) for each in state.records(person.id)),
        consents=tuple(
            ConsentTold(
                verifier=each.verifier,
                items=each.items,
                verified=each.verified,
                begins_at=each.begins_at,
                ends_at=each.ends_at,
                withdrawn_at=each.withdrawn_at,
            )
            for each in person.consents
        ),
    )


def _card(world: World, person: Person) -> CardTold | None:
    if person.card is None:
        return None
    return CardTold(
        card=person.card.number,
        state=person.card.state_at(world.now),
        made_on=person.card.made_on,
        expires_on=person.card.expires_on,
        face_only=person.card.face_only,
    )


def _phone(person: Person) -> PhoneTold | None:
    if person.device is None:
        return None
    device = person.device
    return PhoneTold(phone=device.id, platform=device.platform.value, state=device.state)


def _items(call: Call) -> ItemsTold:
    items = known_person(call).items
    return ItemsTold(
        name=items.name, birth_date=items.birth_date, sex=items.sex, address=items.address
    )


def _invent(call: Call) -> PersonNamed:
    world, asked = call.house.world, call.question
    invented = invent_person(
        world.seed,
        asked.number or _next_number(world),
        birth_date=asked.birth_date,
        sex=asked.sex,
        municipality_code=asked.municipality,
    )
    return PersonNamed(person=counter.register(world, invented))


def _next_number(world: World) -> int:
    """The first number after those of everybody invented so far."""
    taken = [int(p[1:]) for p in world.state().people if p[:1] == "P" and p[1:].isdecimal()]
    return max(taken, default=0) + 1


def _register(call: Call) -> PersonNamed:
    asked = call.question
    items = FourItems(
        name=asked.name, birth_date=asked.birth_date, sex=asked.sex, address=asked.address
    )
    place = municipality(asked.municipality)
    call.house.world.record(ResidentRegistered(asked.person, items, place.code))
    return PersonNamed(person=asked.person)


def _timeline(call: Call) -> TimelineTold:
    person, world = known_person(call), call.house.world
    moments = timeline(world.entries, person.id, at=world.now, book=world.book)
    if not moments:
        raise ImpossibleFact("nothing has happened to this person")
    return TimelineTold(
        person=person.id,
        moments=tuple(
            MomentTold(
                at=each.at,
                occurred_on=each.occurred_on,
                event=each.event,
                entry=each.seq,
                note=each.note_en,
                note_ja=each.note_ja,
                changes=tuple(map(ChangeTold.of, each.changes)),
            )
            for each in moments
        ),
    )


PEOPLE: Final = (
    Operation(Area.CONTROL, "GET", "/people", "list_people", "Everybody.", _list, PeopleTold),
    Operation(
        Area.CONTROL,
        "POST",
        "/people/invented",
        "invent_person",
        "Invent somebody and make the resident record.",
        _invent,
        PersonNamed,
        question=PersonInvented,
        writes=True,
    ),
    Operation(
        Area.CONTROL,
        "POST",
        "/people",
        "register_person",
        "Make a resident record with these items, of somebody who does not exist.",
        _register,
        PersonNamed,
        question=PersonRegistered,
        writes=True,
    ),
    Operation(
        Area.CONTROL,
        "GET",
        "/people/{person}",
        "show_person",
        "Card, phone, certificates and consents of a person.",
        _show,
        PersonTold,
    ),
    Operation(
        Area.CONTROL,
        "GET",
        "/people/{person}/items",
        "show_items",
        "The four items on record.",
        _items,
        ItemsTold,
    ),
    Operation(
        Area.CONTROL,
        "GET",
        "/people/{person}/timeline",
        "timeline",
        "What happened to a person, what it did to each certificate, and why.",
        _timeline,
        TimelineTold,
    ),
)
