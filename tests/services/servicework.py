"""A world with one person, a verifier, and consents as a holder's app would make them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from jpki.law import VerifierRole
from jpki.life import CertificateRecord
from jpki.life.events import ConsentItem, Platform, RecordItem
from jpki.services import ConsentAct, ConsentDocument, ConsentMessage
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind
from simulator import municipality, phone
from simulator.keys import KeyDirectory, SeededKeys
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet
from simulator.world import World

BEGINS = at_time(date(2026, 6, 20), time(10, 0))
PASSWORD = "PASSWORD7"
PIN = "7391"
USE = "account-opening"
MOVED_TO = "東京都渋谷区模擬町９－９－９"
SIGNING = VerifierRole.SIGNATURE_VERIFIER
LOGIN = VerifierRole.USER_AUTHENTICATION_VERIFIER

_KEPT = Path(__file__).resolve().parents[2] / "build" / "test-keys"


def keys() -> SeededKeys:
    """Keys that are made once for all runs."""
    return SeededKeys("service tests", cache=KeyDirectory(_KEPT))


def new_world(place: Path | None = None, **policies: Any) -> World:
    return World.create(place, seed="service tests", at=BEGINS, keys=keys(), policies=policies)


def pins() -> TokenPins:
    return TokenPins(SignaturePassword(PASSWORD), UserPin(PIN))


def person_with_card(world: World, number: int = 1) -> str:
    born = date(1990, 9, 15)
    person = municipality.register(world, invent_person(world.seed, number, birth_date=born))
    municipality.hand_over_card(world, person, pins=pins())
    return person


def enrol(world: World, person: str) -> None:
    card = world.state().person(person).card
    assert card is not None
    phone.enrol(
        world,
        person,
        platform=Platform.IPHONE,
        card=applet(world, card.number),
        card_password=SignaturePassword(PASSWORD),
        pins=pins(),
    )


def live(world: World, person: str, kind: CertificateKind) -> CertificateRecord:
    found = world.state().live(person, kind)
    assert found is not None
    return found


def move(world: World, person: str) -> None:
    """Move, and let the agency record it."""
    at = municipality.amend_record(world, person, RecordItem.ADDRESS, MOVED_TO)
    world.advance(at + timedelta(hours=1))


def document(
    world: World,
    *,
    act: ConsentAct = ConsentAct.GIVE,
    verifier: str = "bank",
    items: Iterable[ConsentItem] = (ConsentItem.ADDRESS, ConsentItem.NAME),
    verified: Iterable[CertificateKind] = (CertificateKind.CARD_SIGNATURE,),
    number: str = "consent-0001",
    made_at: datetime | None = None,
) -> bytes:
    giving = act is ConsentAct.GIVE
    return ConsentDocument(
        act=act,
        verifier=verifier,
        items=tuple(items) if giving else (),
        verified=tuple(verified) if giving else (),
        made_at=made_at or world.now,
        number=number,
    ).to_bytes()


def signed(world: World, person: str, content: bytes) -> bytes:
    card = world.state().person(person).card
    assert card is not None
    signer = CardSigner(applet(world, card.number), SignaturePassword(PASSWORD))
    return sign_detached(content, signer, at=world.now)


def message(content: bytes, signature: bytes, **more: Any) -> ConsentMessage:
    return ConsentMessage.model_validate(
        {
            "role": SIGNING,
            "purpose_of_use": USE,
            "document": b64encode(content),
            "signature": b64encode(signature),
            **more,
        }
    )
