"""Enrolling a phone with the card, in three steps or in one (Act 16-2, 35-2; 施行令 7-2, 23-2).

The keys are made in the element and sign the agency's challenge; the card signs the application;
the agency checks both, ends the pair of the phone before, and issues; the phone takes the
certificates in. What stops in between leaves keys without certificates, and may be done again.
"""

from __future__ import annotations

from dataclasses import dataclass

from jpki.card.applet import JpkiApplet
from jpki.card.pin import SignaturePassword
from jpki.certificates import parse_certificate
from jpki.errors import ImpossibleFact, Refused
from jpki.law import Act, Actor
from jpki.life.events import Platform
from jpki.sign import CardSigner, sign_detached
from jpki.terms import Purpose
from simulator.acting import performs
from simulator.agency.enrolment import EnrolmentApplication, answer_download, answer_enrolment
from simulator.phone.element import (
    MOBILE_KINDS,
    contact,
    holder_of,
    platform_of,
    require_key,
    require_online,
    unused_name,
)
from simulator.phone.platforms import PLATFORMS, PlatformRow
from simulator.tokens import (
    Slot,
    TokenPins,
    make_key,
    make_token,
    prove_possession,
    replace_certificate,
    slots,
)
from simulator.world import World

__all__ = [
    "SignedApplication",
    "begin_enrolment",
    "download_signature_certificate",
    "enrol",
    "send_application",
    "sign_application",
]

_ONLINE, _ONLINE_BASIS = "ON-9", "公的個人認証法第16条の2第2項"


@dataclass(frozen=True, slots=True, repr=False)
class SignedApplication:
    """An application and the card's detached CMS signature over it, ready to be sent."""

    message: bytes
    signature: bytes

    def __repr__(self) -> str:
        return "<SignedApplication>"


@performs(Actor.DEVICE, Act.HOLD_MOBILE_KEYS)
@performs(Actor.CITIZEN, Act.APPLY)
def enrol(
    world: World,
    person_id: str,
    *,
    platform: Platform,
    card: JpkiApplet,
    card_password: SignaturePassword,
    pins: TokenPins,
) -> str:
    """Enrol a phone with the person's card held to it; return the phone's name.

    It happens wholly or not at all. A phone that was enrolled before loses its certificates, on
    whatever system it runs (Act 16-5, 35-5; C-2, C-3), and its keys when it is online.
    """
    card.verify(card_password)  # before the transaction: a try that was spent stays spent
    with world.transaction():
        device = begin_enrolment(world, person_id, platform=platform, pins=pins)
        application = sign_application(world, device, card=card, card_password=card_password)
        send_application(world, device, application)
    return device


@performs(Actor.DEVICE, Act.HOLD_MOBILE_KEYS)
def begin_enrolment(world: World, person_id: str, *, platform: Platform, pins: TokenPins) -> str:
    """Make both key pairs in the element of a new phone, set its PINs, and return its name.

    Nobody is told. The phone is good for nothing before it has certificates.
    """
    with world.transaction():
        device = unused_name(world, person_id)
        authority = {p: world.agency.current(p, world.now).generation for p in Purpose}
        make_token(
            world,
            device,
            holder=person_id,
            profile=_row(platform).token,
            slots={
                purpose: Slot(key=f"{device}/{purpose.value}", generation=authority[purpose])
                for purpose in Purpose
            },
            pins=pins,
        )
    return device


@performs(Actor.CITIZEN, Act.APPLY)
def sign_application(
    world: World, device: str, *, card: JpkiApplet, card_password: SignaturePassword
) -> SignedApplication:
    """Have the keys sign the agency's challenge and the card sign the application.

    Raises ``Refused`` for a phone that is offline, as the challenge comes from the agency; a
    ``PinError`` for the card's password.
    """
    _require_unenrolled(world, device)
    return _signed(world, device, tuple(Purpose), card, card_password)


def send_application(world: World, device: str, application: SignedApplication) -> None:
    """Send an application to the agency and write what it issues into the element.

    Raises ``Refused`` with the rule when the phone is offline or the agency refuses, and then
    nothing was recorded and the keys stay, so that it can be done again; a challenge that was used
    up in the meantime has to be signed anew, with :func:`sign_application`.
    """
    person_id = holder_of(world, device)
    require_online(world, device, rule=_ONLINE, basis=_ONLINE_BASIS)
    with world.transaction():
        _require_own(application, device)
        before = world.state().person(person_id).device
        answer_enrolment(world, person_id, application.message, application.signature)
        for purpose in Purpose:
            _take_in(world, person_id, device, purpose)
        if before is not None and world.store.chip(before.id) is not None:
            contact(world, before.id)


@performs(Actor.DEVICE, Act.HOLD_MOBILE_KEYS)
@performs(Actor.CITIZEN, Act.APPLY)
def download_signature_certificate(
    world: World, person_id: str, *, card: JpkiApplet, card_password: SignaturePassword
) -> None:
    """Get a new signature certificate onto the enrolled phone, with a new key (EV-67, EV-80).

    After a suspension was lifted, or when the certificate was revoked alone, the authentication
    certificate stays as it is. Raises ``Refused`` and ``PinError`` as an enrolment does.
    """
    enrolled = world.state().person(person_id).device
    if enrolled is None:
        raise ImpossibleFact("no phone is enrolled")
    device, purpose = enrolled.id, Purpose.SIGNATURE
    require_key(world, device, Purpose.USER_AUTHENTICATION)
    card.verify(card_password)
    with world.transaction():
        kind = MOBILE_KINDS[purpose]
        records = world.state().records(person_id)
        number = sum(each.kind is kind and each.device == device for each in records) + 1
        generation = world.agency.current(purpose, world.now).generation
        label = f"{device}/{purpose.value}/{number}"
        make_key(world, device, purpose, label, generation=generation)
        application = _signed(world, device, (purpose,), card, card_password)
        answer_download(world, person_id, application.message, application.signature)
        _take_in(world, person_id, device, purpose)


def _signed(
    world: World,
    device: str,
    purposes: tuple[Purpose, ...],
    card: JpkiApplet,
    password: SignaturePassword,
) -> SignedApplication:
    """Return the phone's application with the card's signature over it."""
    require_online(world, device, rule=_ONLINE, basis=_ONLINE_BASIS)
    signer = CardSigner(card, password)
    keys = {}
    for purpose in purposes:
        kind = MOBILE_KINDS[purpose]
        challenge = world.agency.challenge(kind)
        keys[purpose] = prove_possession(world, device, purpose, kind, challenge)
    message = EnrolmentApplication.of(
        device=device,
        platform=platform_of(world, device).platform,
        card_signature_serial=parse_certificate(signer.certificate).serial,
        keys=keys,
    ).to_bytes()
    return SignedApplication(message, sign_detached(message, signer, at=world.now))


def _take_in(world: World, person_id: str, device: str, purpose: Purpose) -> None:
    """Write the certificate that was issued into the element that holds its key."""
    record = world.state().live(person_id, MOBILE_KINDS[purpose])
    if record is None:
        raise ImpossibleFact(f"the phone got no {MOBILE_KINDS[purpose].value} certificate")
    held = slots(world, device)[purpose]
    slot = Slot(serial=record.serial, key=held.key, generation=record.authority.generation)
    replace_certificate(world, device, purpose, slot)


def _row(platform: Platform) -> PlatformRow:
    try:
        return PLATFORMS[Platform(platform)]
    except ValueError:
        raise ImpossibleFact(
            "no phone of this system can be enrolled",
            hint="there are: " + ", ".join(each.value for each in Platform),
        ) from None


def _require_unenrolled(world: World, device: str) -> None:
    holder_of(world, device)
    held = slots(world, device).values()
    if any(slot.serial is not None or slot.key is None for slot in held):
        raise ImpossibleFact(
            "this phone has been enrolled before", hint="begin again with new keys"
        )


def _require_own(application: SignedApplication, device: str) -> None:
    if EnrolmentApplication.read(application.message).device != device:
        raise Refused("the application is another phone's", rule=_ONLINE, basis=_ONLINE_BASIS)
