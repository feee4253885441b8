"""The municipality of residence: the register, and the counter where cards are handed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from jpki.card.layout import TokenKind
from jpki.errors import ImpossibleFact
from jpki.jst import day
from jpki.law import authentication_expiry, card_expiry, five_or_six, signature_expiry
from jpki.life import Card, CardState, FourItems, Person, advance, entry_from_json
from jpki.life.events import (
    CardIssued,
    CardSuspensionLifted,
    DeletionGround,
    RecordItem,
    RequestPurpose,
    ResidentRecordAmended,
    ResidentRecordDeleted,
    ResidentRegistered,
    RevocationRequested,
)
from jpki.terms import CertificateKind, Purpose
from simulator.people import InventedPerson
from simulator.tokens import (
    Slot,
    TokenPins,
    make_token,
    replace_certificate,
    rewrite_items,
    shows_items,
)
from simulator.world import World

__all__ = [
    "amend_record",
    "hand_over_card",
    "issue_signature_certificate",
    "lift_card_suspension",
    "register",
    "register_items",
    "renew_certificates",
    "report_death",
]

_CS = CertificateKind.CARD_SIGNATURE
_CA = CertificateKind.CARD_AUTHENTICATION


def register(world: World, invented: InventedPerson) -> str:
    """Make a resident record for an invented person and return their identifier."""
    world.record(
        ResidentRegistered(
            person=invented.person_id,
            items=invented.items,
            municipality=invented.municipality.code,
        )
    )
    return invented.person_id


def hand_over_card(
    world: World, person_id: str, *, pins: TokenPins, made_on: date | None = None
) -> str:
    """Issue a card with both certificates and hand it over now; return the card's name.

    The key pairs are made on the card by the municipality's machine (施行規則 6, 42), the
    authentication certificate first, because the signature certificate may not outlive it
    (施行規則 13).
    """
    with world.transaction():
        person = world.state().person(person_id)
        card = f"card-{person_id}-{len(person.past_cards) + (person.card is not None) + 1}"
        made = made_on or day(world.now)
        expires = card_expiry(
            made,
            person.birth_date,
            issued_on=day(world.now),
            residence_ends_on=person.residence_ends_on,
            book=world.book,
        ).ends_on
        world.record(CardIssued(person=person_id, card=card, made_on=made, expires_on=expires))
        slots = {
            Purpose.USER_AUTHENTICATION: _issue(world, person_id, card, _CA),
            Purpose.SIGNATURE: _issue(world, person_id, card, _CS),
        }
        make_token(
            world,
            card,
            holder=person_id,
            profile=TokenKind.INDIVIDUAL_NUMBER_CARD,
            slots=slots,
            pins=pins,
        )
    return card


def issue_signature_certificate(world: World, person_id: str) -> None:
    """Issue a new signature certificate onto the person's card, as after a move."""
    with world.transaction():
        card = _card(world.state().person(person_id)).number
        replace_certificate(world, card, Purpose.SIGNATURE, _issue(world, person_id, card, _CS))


def renew_certificates(world: World, person_id: str) -> None:
    """Renew both card certificates: revocation is requested, then new ones are issued."""
    state = world.state()
    current = {kind: state.live(person_id, kind) for kind in (_CA, _CS)}
    expires = {kind: live.expires_on for kind, live in current.items() if live is not None}
    with world.transaction():
        world.record(
            RevocationRequested(
                person=person_id, kinds=tuple(expires), purpose=RequestPurpose.RENEWAL
            )
        )
        card = _card(state.person(person_id)).number
        for kind in expires:
            slot = _issue(world, person_id, card, kind, renewed_from=expires[kind])
            replace_certificate(world, card, kind.purpose, slot)


def amend_record(
    world: World,
    person_id: str,
    item: RecordItem,
    value: str,
    *,
    occurred_on: date | None = None,
    card_present: bool = True,
) -> datetime:
    """Correct an item of the record (a move is the address) and notify the agency.

    The holder brings the card along unless ``card_present`` is false, as when the municipality
    corrects by itself: then the counter writes the register's items onto it at once, and the
    card-face applications show them, whereas the certificates stand until the agency has recorded
    the change. A card that is suspended, lapsed or expired is not written. Returns when the agency
    will record it.
    """
    with world.transaction():
        recorded_at = world.notify(
            ResidentRecordAmended(person=person_id, item=item, value=value),
            occurred_on=occurred_on,
        )
        card = world.state().person(person_id).card
        written = card_present and card is not None and card.state_at(world.now) is CardState.VALID
        if written and card is not None and shows_items(world, card.number):
            rewrite_items(world, card.number, register_items(world, person_id))
    return recorded_at


def register_items(world: World, person_id: str) -> FourItems:
    """Return a person's items as the municipality has them.

    That is what the agency has recorded, and the municipality's notices that are still on the way.
    """
    state = world.state()
    begin = len(world.store.entries())  # what is to be recorded comes after what is
    notices = [
        replace(entry_from_json(line), seq=begin + number) for number, line in world.store.pending()
    ]
    return advance(state, notices).person(person_id).items


def report_death(world: World, person_id: str, *, died_on: date) -> datetime:
    """Delete the record because of a death and notify the agency; return when it will record."""
    return world.notify(
        ResidentRecordDeleted(person=person_id, ground=DeletionGround.DEATH), occurred_on=died_on
    )


def lift_card_suspension(world: World, person_id: str) -> None:
    """Lift the suspension of a card that was found and brought to the counter."""
    world.record(CardSuspensionLifted(person=person_id))


def _card(person: Person) -> Card:
    if person.card is None:
        raise ImpossibleFact("the person has no card")
    return person.card


def _issue(
    world: World,
    person_id: str,
    card: str,
    kind: CertificateKind,
    *,
    renewed_from: date | None = None,
) -> Slot:
    """Have a certificate issued for a key made on the card; return where it goes."""
    state = world.state()
    person = state.person(person_id)
    number = sum(record.kind is kind for record in state.records(person_id)) + 1
    label = f"{card}/{kind.value}/{number}"
    expires_on = _expiry(world, person, kind, renewed_from)
    world.agency.issue(person, kind, world.keys.rsa(label).public_key(), expires_on=expires_on)
    issued = world.state().live(person_id, kind)
    if issued is None:
        raise AssertionError("a certificate that was just issued is live")
    return Slot(serial=issued.serial, key=label, generation=issued.authority.generation)


def _expiry(world: World, person: Person, kind: CertificateKind, renewed_from: date | None) -> date:
    on = day(world.now)
    count = five_or_six(kind, applied_on=on, current_expires_on=renewed_from, book=world.book)
    card_expires_on = _card(person).expires_on
    if kind is _CA:
        return authentication_expiry(
            on, person.birth_date, card_expires_on=card_expires_on, count=count, book=world.book
        ).ends_on
    partner = world.state().live(person.id, _CA)
    return signature_expiry(
        on,
        person.birth_date,
        card_expires_on=card_expires_on,
        authentication_expires_on=partner.expires_on if partner is not None else None,
        count=count,
        book=world.book,
    ).ends_on
