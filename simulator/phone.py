"""The phone (移動端末設備): enrolment with the card, PINs, suspension, and the end of its use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jpki.card.applet import JpkiApplet
from jpki.card.layout import Credential, TokenKind
from jpki.card.pin import SignaturePassword, UserPin
from jpki.certificates import parse_certificate
from jpki.errors import ImpossibleFact
from jpki.law import Act, Actor
from jpki.life import MobileDevice
from jpki.life.events import (
    MobileDeviceSuspensionLifted,
    PinReset,
    Platform,
    ResetPath,
    RevocationRequested,
)
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind, Medium, PinKind, Purpose
from simulator.acting import performs
from simulator.agency.enrolment import EnrolmentApplication, answer_enrolment
from simulator.tokens import (
    Slot,
    TokenPins,
    applet,
    make_token,
    prove_possession,
    replace_certificate,
    set_pins,
)
from simulator.world import World

__all__ = [
    "discontinue_use",
    "enrol",
    "lift_suspension",
    "reset_signature_password",
    "reset_user_pin",
]

_PROFILES: Final = {Platform.ANDROID: TokenKind.ANDROID_PHONE, Platform.IPHONE: TokenKind.IPHONE}
_KINDS: Final[Mapping[Purpose, CertificateKind]] = MappingProxyType(
    {
        Purpose.SIGNATURE: CertificateKind.MOBILE_SIGNATURE,
        Purpose.USER_AUTHENTICATION: CertificateKind.MOBILE_AUTHENTICATION,
    }
)


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

    The keys are made in the phone and sign the agency's challenge, the application is signed by the
    card, the agency checks both and issues the certificates, which the phone takes in. A phone that
    was enrolled before loses its own (Act 16-5, 35-5).
    """
    person = world.state().person(person_id)
    number = len(person.past_devices) + (person.device is not None) + 1
    device = f"phone-{person_id}-{number}"
    card.verify(card_password)  # before the transaction: a try that was spent stays spent
    with world.transaction():
        labels = {purpose: f"{device}/{purpose.value}" for purpose in Purpose}
        make_token(
            world,
            device,
            holder=person_id,
            profile=_PROFILES[platform],
            slots={
                purpose: Slot(
                    key=label, generation=world.agency.current(purpose, world.now).generation
                )
                for purpose, label in labels.items()
            },
            pins=pins,
        )
        message, signature = _application(world, device, platform, card, card_password)
        answer_enrolment(world, person_id, message, signature)
        for purpose, label in labels.items():
            replace_certificate(world, device, purpose, _slot(world, person_id, purpose, label))
    return device


@performs(Actor.CITIZEN, Act.REQUEST_REVOCATION)
def discontinue_use(
    world: World, person_id: str, *, signed_with: CertificateKind = CertificateKind.MOBILE_SIGNATURE
) -> None:
    """Apply for revocation because the phone's use stops.

    The holder must (Act 16-8(3), 35-8(3)). The application is made online, so a live signature key
    has to sign it: the card's or the phone's (Act 16-8(2), 35-8(2)).
    """
    state = world.state()
    kinds = tuple(kind for kind in _KINDS.values() if state.live(person_id, kind) is not None)
    if not kinds:
        raise ImpossibleFact("the person has no live certificate on a phone")
    world.record(RevocationRequested(person=person_id, kinds=kinds, signed_with=signed_with))


@performs(Actor.CITIZEN, Act.LIFT_PHONE_SUSPENSION)
def lift_suspension(world: World, person_id: str) -> None:
    """Lift the suspension of a phone that was found, in the app (T-4)."""
    world.record(MobileDeviceSuspensionLifted(person=person_id))


@performs(Actor.CITIZEN, Act.KEEP_PIN)
def reset_signature_password(
    world: World,
    person_id: str,
    *,
    card: JpkiApplet,
    card_password: SignaturePassword,
    new: SignaturePassword,
) -> None:
    """Set the phone's signature password anew with the card and its password (RS-1)."""
    card.verify(card_password)
    _reset(world, person_id, PinKind.SIGNATURE_PASSWORD, new)


@performs(Actor.CITIZEN, Act.KEEP_PIN)
def reset_user_pin(
    world: World, person_id: str, *, password: SignaturePassword, new: UserPin
) -> None:
    """Set the phone's authentication PIN anew with the phone's signature password (RS-2)."""
    applet(world, _device(world, person_id).id).verify(password)
    _reset(world, person_id, PinKind.USER_PIN, new)


def _application(
    world: World, device: str, platform: Platform, card: JpkiApplet, password: SignaturePassword
) -> tuple[bytes, bytes]:
    """Return the phone's application and the card's signature over it."""
    signer = CardSigner(card, password)
    keys = {
        purpose: prove_possession(world, device, purpose, kind, world.agency.challenge(kind))
        for purpose, kind in _KINDS.items()
    }
    message = EnrolmentApplication.of(
        device=device,
        platform=platform,
        card_signature_serial=parse_certificate(signer.certificate).serial,
        keys=keys,
    ).to_bytes()
    return message, sign_detached(message, signer, at=world.now)


def _slot(world: World, person_id: str, purpose: Purpose, label: str) -> Slot:
    kind = _KINDS[purpose]
    record = world.state().live(person_id, kind)
    if record is None:
        raise ImpossibleFact(f"the phone got no {kind.value} certificate")
    return Slot(serial=record.serial, key=label, generation=record.authority.generation)


def _reset(world: World, person_id: str, pin: PinKind, new: SignaturePassword | UserPin) -> None:
    credential = Credential(pin.value)
    with world.transaction():
        world.record(
            PinReset(
                person=person_id, medium=Medium.MOBILE_DEVICE, pin=pin, path=ResetPath.PHONE_APP
            )
        )
        set_pins(world, _device(world, person_id).id, {credential: new})


def _device(world: World, person_id: str) -> MobileDevice:
    device = world.state().person(person_id).device
    if device is None:
        raise ImpossibleFact("no phone is enrolled")
    return device
