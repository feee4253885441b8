"""The work at a counter: keys made on a card, certificates written to it, PINs set anew.

It is the same work wherever it is done. Who may do it is asked by the actors' own modules (the
municipality, a consul, a post office); nothing here asks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from jpki.card.layout import Credential, TokenKind
from jpki.card.pin import Pin, SignaturePassword
from jpki.errors import ImpossibleFact
from jpki.jst import age_on, day
from jpki.law import authentication_expiry, card_expiry, five_or_six, signature_expiry
from jpki.life import Card, Person
from jpki.life.events import (
    AnyPin,
    CardIssued,
    CardMode,
    CardModeChanged,
    CardPin,
    PinReset,
    RequestPurpose,
    ResetPath,
    RevocationRequested,
)
from jpki.terms import CertificateKind, Medium, PinKind, Purpose
from simulator.tokens import (
    Slot,
    TokenPins,
    disable_pins,
    make_key,
    make_token,
    prove_possession,
    remove_certificate,
    replace_certificate,
    set_pins,
)
from simulator.world import World

__all__ = [
    "BOTH_KINDS",
    "card_of",
    "hand_over",
    "issue_onto_card",
    "kinds_for",
    "renew",
    "reset_pins",
    "switch_to_face_only",
    "switch_to_ordinary",
]

_CS = CertificateKind.CARD_SIGNATURE
_CA = CertificateKind.CARD_AUTHENTICATION

BOTH_KINDS: Final = (_CA, _CS)
"""The card's two kinds, in the order of issue: the signature certificate may not outlive the other.

施行規則 13(ii).
"""

_CREDENTIALS: Final[Mapping[AnyPin, Credential]] = MappingProxyType(
    {
        PinKind.SIGNATURE_PASSWORD: Credential.SIGNATURE_PASSWORD,
        PinKind.USER_PIN: Credential.USER_PIN,
        CardPin.TEXT_AID: Credential.INPUT_SUPPORT_PIN,
        CardPin.RESIDENT_REGISTER: Credential.JUKI_PIN,
        CardPin.COLLATION_A: Credential.CODE_A,
        CardPin.COLLATION_B: Credential.CODE_B,
    }
)
_UNBLOCKED_ONLY: Final = (CardPin.COLLATION_A, CardPin.COLLATION_B)


def hand_over(
    world: World,
    person_id: str,
    *,
    pins: TokenPins,
    kinds: Collection[CertificateKind] = BOTH_KINDS,
    made_on: date | None = None,
    photo: bool = True,
    face_only: bool = False,
) -> str:
    """Make a card with certificates of these kinds, hand it over now, return the card's name.

    The key pairs are made on the card by the municipality's machine (施行規則 6, 42). A face-only
    card (顔認証マイナンバーカード) gets none of the PINs, whatever ``pins`` says (42(3)).
    """
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
    with world.transaction():
        world.record(
            CardIssued(
                person=person_id,
                card=card,
                made_on=made,
                expires_on=expires,
                photo=photo,
                face_only=face_only,
            )
        )
        make_token(
            world,
            card,
            holder=person_id,
            profile=TokenKind.INDIVIDUAL_NUMBER_CARD,
            slots={purpose: _empty(world, purpose) for purpose in Purpose},
            pins=pins,
        )
        for kind in BOTH_KINDS:
            if kind in kinds:
                issue_onto_card(world, person_id, kind)
        if face_only:
            disable_pins(world, card)
    return card


def switch_to_face_only(world: World, person_id: str) -> None:
    """Make the person's card one without PINs (顔認証マイナンバーカード; FL-1 to FL-4).

    The signature certificate ends and leaves the card, and so does its like on a phone; the
    authentication certificate stays under its number and key, for specified verifiers alone.
    """
    with world.transaction():
        world.record(CardModeChanged(person=person_id, to=CardMode.FACE_ONLY))
        card = card_of(world.state().person(person_id)).number
        remove_certificate(world, card, Purpose.SIGNATURE)
        disable_pins(world, card)


def switch_to_ordinary(world: World, person_id: str, *, pins: TokenPins) -> None:
    """Make the person's card an ordinary one again: the holder sets PINs (EV-46).

    A signature certificate is issued only when one is applied for, and then anew.
    """
    given = pins.on_card()
    new: dict[Credential, Pin | None] = {
        Credential.SIGNATURE_PASSWORD: given.signature_password,
        Credential.USER_PIN: given.user_pin,
        Credential.INPUT_SUPPORT_PIN: given.input_support_pin,
        Credential.JUKI_PIN: given.juki_pin,
    }
    with world.transaction():
        world.record(CardModeChanged(person=person_id, to=CardMode.ORDINARY))
        card = card_of(world.state().person(person_id)).number
        set_pins(world, card, {name: pin for name, pin in new.items() if pin is not None})


def issue_onto_card(
    world: World, person_id: str, kind: CertificateKind, *, renewed_from: date | None = None
) -> None:
    """Have a certificate issued for a key made on the person's card, and write it there.

    The order of things is that of the service: the key pair is made on the card, signs the agency's
    challenge, and only then is there a certificate; it is written to the card that holds the key.
    ``renewed_from`` is the last day of the certificate that is renewed.
    """
    with world.transaction():
        state = world.state()
        person = state.person(person_id)
        card = card_of(person).number
        number = sum(record.kind is kind for record in state.records(person_id)) + 1
        label = f"{card}/{kind.value}/{number}"
        generation = world.agency.current(kind.purpose, world.now).generation
        make_key(world, card, kind.purpose, label, generation=generation)
        possession = prove_possession(world, card, kind.purpose, kind, world.agency.challenge(kind))
        expires_on = _expiry(world, person, kind, renewed_from)
        world.agency.issue(person, kind, possession, expires_on=expires_on)
        issued = world.state().live(person_id, kind)
        if issued is None:
            raise AssertionError("a certificate that was just issued is live")
        slot = Slot(serial=issued.serial, key=label, generation=issued.authority.generation)
        replace_certificate(world, card, kind.purpose, slot)


def renew(world: World, person_id: str, kinds: Iterable[CertificateKind] = BOTH_KINDS) -> None:
    """Renew the card's certificates of these kinds: revocation is requested, then new ones issued.

    With less than three months left they last to the sixth birthday (施行規則 13(i), 49(i)).
    """
    state = world.state()
    current = {kind: state.live(person_id, kind) for kind in BOTH_KINDS if kind in set(kinds)}
    expires = {kind: live.expires_on for kind, live in current.items() if live is not None}
    with world.transaction():
        world.record(
            RevocationRequested(
                person=person_id, kinds=tuple(expires), purpose=RequestPurpose.RENEWAL
            )
        )
        for kind, ended in expires.items():
            issue_onto_card(world, person_id, kind, renewed_from=ended)


def reset_pins(
    world: World,
    person_id: str,
    new: Mapping[AnyPin, Pin | None],
    *,
    path: ResetPath,
    other_known: bool = True,
    reserved_at: datetime | None = None,
) -> None:
    """Set PINs of the person's card anew, all or none; the holder types the new values (PN-5).

    The rows of ``pin.toml`` decide whether the path may and what it asks for: ``Refused`` names the
    one that forbids it. The codes that follow from what is printed (照合番号) are unblocked by
    ``None``; any other PIN needs a value. Certificates and keys stay as they are (EV-83).
    """
    with world.transaction():
        for pin, value in new.items():
            _check_value(pin, value)
            world.record(
                PinReset(
                    person=person_id,
                    medium=Medium.CARD,
                    pin=pin,
                    path=path,
                    other_known=other_known,
                    reserved_at=reserved_at,
                )
            )
        card = card_of(world.state().person(person_id)).number
        set_pins(world, card, {_CREDENTIALS[pin]: value for pin, value in new.items()})


def card_of(person: Person) -> Card:
    """Return the person's card; ``ImpossibleFact`` when there is none."""
    if person.card is None:
        raise ImpossibleFact("the person has no card")
    return person.card


def kinds_for(world: World, person_id: str) -> tuple[CertificateKind, ...]:
    """Return the kinds that may go onto a new card: under 15 no signature certificate (2.1)."""
    person = world.state().person(person_id)
    least = int(world.book.policies["signature_minimum_age"])
    return BOTH_KINDS if age_on(day(world.now), person.birth_date) >= least else (_CA,)


def _check_value(pin: AnyPin, value: Pin | None) -> None:
    if (value is None) != (pin in _UNBLOCKED_ONLY):
        raise ImpossibleFact("a PIN gets a new value; a code that is printed is only unblocked")
    is_password = isinstance(value, SignaturePassword)
    if value is not None and is_password != (pin is PinKind.SIGNATURE_PASSWORD):
        raise ImpossibleFact("the new value has the shape of another PIN")


def _empty(world: World, purpose: Purpose) -> Slot:
    return Slot(generation=world.agency.current(purpose, world.now).generation)


def _expiry(world: World, person: Person, kind: CertificateKind, renewed_from: date | None) -> date:
    on = day(world.now)
    count = five_or_six(kind, applied_on=on, current_expires_on=renewed_from, book=world.book)
    card_expires_on = card_of(person).expires_on
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
