"""The municipality of residence (住所地市町村長): its register, and the counter.

It keeps the resident records, tells the agency of changes through the residents' network, makes the
keys on the cards, hands cards over and takes them back, and sets PINs anew. What it may do is row
A2 of the table of actors; it signs no certificate and keeps no copy of a key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from jpki.card.pin import Pin
from jpki.law import Act, Actor
from jpki.life import CardState, FourItems, advance, entry_from_json
from jpki.life.events import (
    AnyPin,
    CardExchanged,
    CardLossReported,
    CardPresence,
    CardPresented,
    CardReissueRequested,
    CardReturned,
    CardSuspensionLifted,
    Channel,
    CompromiseCause,
    ContinuedUseArranged,
    DeletionGround,
    Destination,
    ExchangeCause,
    KeyCompromiseReported,
    Minor,
    MoveInNotified,
    MoveOutNotified,
    RecordItem,
    ReissueCause,
    ResetPath,
    ResidentRecordAmended,
    ResidentRecordDeleted,
    ResidentRegistered,
    ReturnCause,
    RevocationRequested,
)
from jpki.terms import CertificateKind
from simulator import counter
from simulator.acting import performs
from simulator.people import InventedPerson
from simulator.tokens import TokenPins, rewrite_items, shows_items
from simulator.world import World

__all__ = [
    "accept_compromise_notice",
    "accept_move_in",
    "accept_move_out",
    "accept_revocation_request",
    "amend_record",
    "arrange_continued_use",
    "delete_record",
    "exchange_card",
    "hand_over_card",
    "issue_certificate",
    "issue_signature_certificate",
    "lift_card_suspension",
    "present_card",
    "register",
    "register_items",
    "renew_certificates",
    "report_death",
    "request_reissue",
    "reset_pins",
    "suspend_card",
    "switch_to_face_only",
    "switch_to_ordinary",
    "take_back_card",
]

_ME = Actor.MUNICIPALITY


# The register


@performs(_ME, Act.REPORT_REGISTER_CHANGE)
def register(world: World, invented: InventedPerson) -> str:
    """Make a resident record for an invented person and return their identifier."""
    world.record(
        ResidentRegistered(
            person=invented.person_id,
            items=invented.items,
            municipality=invented.municipality.code,
            nationality=invented.nationality,
            residence_ends_on=invented.residence_ends_on,
        )
    )
    return invented.person_id


@performs(_ME, Act.REPORT_REGISTER_CHANGE)
def amend_record(
    world: World,
    person_id: str,
    item: RecordItem,
    value: str,
    *,
    minor: Minor = Minor.NONE,
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
            ResidentRecordAmended(person=person_id, item=item, value=value, minor=minor),
            occurred_on=occurred_on,
        )
        if card_present:
            _write_items(world, person_id)
    return recorded_at


@performs(_ME, Act.REPORT_REGISTER_CHANGE)
def delete_record(
    world: World, person_id: str, ground: DeletionGround, *, occurred_on: date | None = None
) -> datetime:
    """Delete a record and notify the agency; return when it will record the deletion."""
    return world.notify(
        ResidentRecordDeleted(person=person_id, ground=ground), occurred_on=occurred_on
    )


def report_death(world: World, person_id: str, *, died_on: date) -> datetime:
    """Delete the record because of a death and notify the agency; return when it will record."""
    return delete_record(world, person_id, DeletionGround.DEATH, occurred_on=died_on)


def register_items(world: World, person_id: str) -> FourItems:
    """Return a person's items as the municipality has them.

    That is what the agency has recorded, and the municipality's notices that are still on the way.
    """
    state = world.state()
    begin = len(world.entries)  # what is to be recorded comes after what is
    notices = [
        replace(entry_from_json(line), seq=begin + number) for number, line in world.store.pending()
    ]
    return advance(state, notices).person(person_id).items


# Moves


@performs(_ME, Act.ACCEPT_MOVE_OUT)
def accept_move_out(
    world: World, person_id: str, *, planned_on: date, destination: Destination
) -> None:
    """Accept the notice of a move out (転出届); recorded at once.

    The record is deleted on the planned day, which ``delete_record`` is called for then.
    """
    world.record(MoveOutNotified(person=person_id, destination=destination, planned_on=planned_on))


@performs(_ME, Act.REPORT_REGISTER_CHANGE)
def accept_move_in(
    world: World,
    person_id: str,
    *,
    municipality: str,
    address: str,
    card_present: bool = True,
    occurred_on: date | None = None,
) -> None:
    """Accept the notice of a move in (転入届); the card, when brought along, is written.

    ``municipality`` is the code of the new one, ``occurred_on`` the day the person moved in.
    """
    presence = CardPresence.PRESENTED if card_present else CardPresence.NOT_PRESENTED
    with world.transaction():
        world.record(
            MoveInNotified(
                person=person_id, card=presence, municipality=municipality, address=address
            ),
            occurred_on=occurred_on,
        )
        if card_present:
            _write_items(world, person_id)


@performs(_ME, Act.REPORT_REGISTER_CHANGE)
def present_card(world: World, person_id: str) -> None:
    """Take note of a card that is put on the counter after a move in, and write it."""
    with world.transaction():
        world.record(CardPresented(person=person_id))
        _write_items(world, person_id)


@performs(_ME, Act.REPORT_REGISTER_CHANGE)
def arrange_continued_use(world: World, person_id: str) -> None:
    """Prepare a card for use abroad, by the day before the planned departure (K-1)."""
    world.record(ContinuedUseArranged(person=person_id))


# Cards


@performs(_ME, Act.IDENTIFY, Act.MAKE_CARD_KEYS, Act.HAND_OVER_CARD)
def hand_over_card(
    world: World,
    person_id: str,
    *,
    pins: TokenPins,
    kinds: Collection[CertificateKind] | None = None,
    made_on: date | None = None,
    photo: bool = True,
    face_only: bool = False,
) -> str:
    """Issue a card with its certificates and hand it over now; return the card's name.

    ``kinds`` are those the holder applied for; left out, those that the holder's age allows, and on
    a face-only card (without PINs) the authentication certificate alone.
    """
    allowed = counter.kinds_for(world, person_id)
    if face_only:
        allowed = (CertificateKind.CARD_AUTHENTICATION,)
    return counter.hand_over(
        world,
        person_id,
        pins=pins,
        kinds=allowed if kinds is None else kinds,
        made_on=made_on,
        photo=photo,
        face_only=face_only,
    )


@performs(_ME, Act.TAKE_BACK_CARD)
def take_back_card(
    world: World, person_id: str, cause: ReturnCause = ReturnCause.VOLUNTARY
) -> None:
    """Take back a card that is returned, freely or because its return was ordered (K-13, K-14)."""
    world.record(CardReturned(person=person_id, cause=cause))


@performs(_ME, Act.TAKE_BACK_CARD)
def request_reissue(world: World, person_id: str, cause: ReissueCause) -> None:
    """Take the request for a new card in place of one that was lost or damaged.

    The old card lapses at the request, before the new one exists (K-16); ``hand_over_card`` follows
    when it does.
    """
    world.record(CardReissueRequested(person=person_id, cause=cause))


@performs(_ME, Act.TAKE_BACK_CARD)
def exchange_card(
    world: World,
    person_id: str,
    *,
    pins: TokenPins,
    cause: ExchangeCause = ExchangeCause.RENEWAL,
    made_on: date | None = None,
) -> str:
    """Take back a valid card for a new one; return the new card's name (K-17)."""
    with world.transaction():
        world.record(CardExchanged(person=person_id, cause=cause))
        return hand_over_card(world, person_id, pins=pins, made_on=made_on)


@performs(_ME, Act.SUSPEND_CARD)
def suspend_card(world: World, person_id: str) -> None:
    """Take the report of a lost card at the counter; recorded at once (番号法 17(9))."""
    world.record(CardLossReported(person=person_id, channel=Channel.COUNTER))


@performs(_ME, Act.LIFT_CARD_SUSPENSION)
def lift_card_suspension(world: World, person_id: str) -> None:
    """Lift the suspension of a card that was found and brought to the counter."""
    world.record(CardSuspensionLifted(person=person_id))


# Certificates


@performs(_ME, Act.IDENTIFY, Act.MAKE_CARD_KEYS, Act.FORWARD_APPLICATION)
def issue_certificate(world: World, person_id: str, kind: CertificateKind) -> None:
    """Issue a new certificate of a kind onto the person's card."""
    counter.issue_onto_card(world, person_id, kind)


def issue_signature_certificate(world: World, person_id: str) -> None:
    """Issue a new signature certificate onto the person's card, as after a move."""
    issue_certificate(world, person_id, CertificateKind.CARD_SIGNATURE)


@performs(_ME, Act.IDENTIFY, Act.MAKE_CARD_KEYS, Act.FORWARD_APPLICATION)
def renew_certificates(
    world: World, person_id: str, kinds: Iterable[CertificateKind] = counter.BOTH_KINDS
) -> None:
    """Renew the card's certificates: revocation is requested, then new ones are issued."""
    counter.renew(world, person_id, kinds)


@performs(_ME, Act.FORWARD_REVOCATION_REQUEST)
def accept_revocation_request(
    world: World, person_id: str, kinds: Collection[CertificateKind]
) -> None:
    """Forward a holder's request for revocation (Act 9, 28); recorded at once."""
    world.record(RevocationRequested(person=person_id, kinds=tuple(kinds)))


@performs(_ME, Act.ACCEPT_COMPROMISE_NOTICE)
def accept_compromise_notice(
    world: World,
    person_id: str,
    kinds: Collection[CertificateKind],
    cause: CompromiseCause = CompromiseCause.LEAKED,
) -> None:
    """Accept the notice that a key leaked or the card is unusable (Act 10, 29)."""
    world.record(KeyCompromiseReported(person=person_id, kinds=tuple(kinds), cause=cause))


# PINs


@performs(_ME, Act.IDENTIFY, Act.RESET_CARD_PINS)
def reset_pins(world: World, person_id: str, new: Mapping[AnyPin, Pin | None]) -> None:
    """Set PINs of the card anew with card and proof of identity; nothing else need be known.

    The holder types the values. A printed code (照合番号) is unblocked by ``None``.
    """
    counter.reset_pins(world, person_id, new, path=ResetPath.COUNTER)


@performs(_ME, Act.IDENTIFY, Act.RESET_CARD_PINS)
def switch_to_face_only(world: World, person_id: str) -> None:
    """Make the person's card one without PINs, at the holder's wish (顔認証マイナンバーカード)."""
    counter.switch_to_face_only(world, person_id)


@performs(_ME, Act.IDENTIFY, Act.RESET_CARD_PINS)
def switch_to_ordinary(world: World, person_id: str, *, pins: TokenPins) -> None:
    """Make the person's card an ordinary one again; the holder types the PINs (FL-4).

    ``issue_signature_certificate`` follows when the holder wants one.
    """
    counter.switch_to_ordinary(world, person_id, pins=pins)


def _write_items(world: World, person_id: str) -> None:
    """Write the register's items onto the card on the counter, if it is one to be written."""
    card = world.state().person(person_id).card
    if card is None or card.state_at(world.now) is not CardState.VALID:
        return
    if shows_items(world, card.number):
        rewrite_items(world, card.number, register_items(world, person_id))
