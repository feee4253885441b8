"""The phone (移動端末設備): enrolment with the card, and the end of its use."""

from __future__ import annotations

from jpki.card.applet import JpkiApplet
from jpki.card.layout import TokenKind
from jpki.card.pin import SignaturePassword
from jpki.certificates import parse_certificate
from jpki.errors import ImpossibleFact
from jpki.life.events import Platform, RevocationRequested
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind, Purpose
from simulator.agency.enrolment import EnrolmentApplication, answer_enrolment
from simulator.tokens import Slot, TokenPins, make_token
from simulator.world import World

__all__ = ["discontinue_use", "enrol"]

_PROFILES = {Platform.ANDROID: TokenKind.ANDROID_PHONE, Platform.IPHONE: TokenKind.IPHONE}
_KINDS = (CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION)


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

    The keys are made in the phone, the application is signed by the card, the agency checks it
    and issues both certificates. A phone that was enrolled before loses its own (Act 16-5, 35-5).
    """
    person = world.state().person(person_id)
    number = len(person.past_devices) + (person.device is not None) + 1
    device = f"phone-{person_id}-{number}"
    labels = {purpose: f"{device}/{purpose.value}" for purpose in Purpose}
    signer = CardSigner(card, card_password)
    message = EnrolmentApplication.of(
        device=device,
        platform=platform,
        card_signature_serial=parse_certificate(signer.certificate).serial,
        public_keys={p: world.keys.rsa(label).public_key() for p, label in labels.items()},
    ).to_bytes()
    signature = sign_detached(message, signer, at=world.now)
    with world.transaction():
        answer_enrolment(world, person_id, message, signature)
        slots = {purpose: _slot(world, person_id, purpose, labels[purpose]) for purpose in Purpose}
        make_token(
            world,
            device,
            holder=person_id,
            profile=_PROFILES[platform],
            slots=slots,
            pins=pins,
        )
    return device


def discontinue_use(
    world: World, person_id: str, *, signed_with: CertificateKind = CertificateKind.MOBILE_SIGNATURE
) -> None:
    """Apply for revocation because the phone's use stops.

    The holder must (Act 16-8(3), 35-8(3)). The application is made online, so a live signature key
    has to sign it: the card's or the phone's (Act 16-8(2), 35-8(2)).
    """
    state = world.state()
    kinds = tuple(kind for kind in _KINDS if state.live(person_id, kind) is not None)
    if not kinds:
        raise ImpossibleFact("the person has no live certificate on a phone")
    world.record(RevocationRequested(person=person_id, kinds=kinds, signed_with=signed_with))


def _slot(world: World, person_id: str, purpose: Purpose, label: str) -> Slot:
    kind = next(kind for kind in _KINDS if kind.purpose is purpose)
    record = world.state().live(person_id, kind)
    if record is None:
        raise ImpossibleFact(f"the phone got no {kind.value} certificate")
    return Slot(serial=record.serial, key=label, generation=record.authority.generation)
