"""A town with people, cards and phones; the keys are few and published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from jpki.life.events import Platform
from jpki.terms import CertificateKind
from simulator import municipality, phone
from simulator.keys import KeyPool
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet
from simulator.world import World

BEGINS = at_time(date(2026, 7, 6), time(10, 0))
CARD_PASSWORD, CARD_PIN = SignaturePassword("ABC123"), UserPin("1234")
PASSWORD, PIN = SignaturePassword("PHONE1"), UserPin("9876")
POOL = KeyPool()
MS, MA = CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION


def card_pins() -> TokenPins:
    return TokenPins(SignaturePassword("ABC123"), UserPin("1234"))


def phone_pins() -> TokenPins:
    return TokenPins(SignaturePassword("PHONE1"), UserPin("9876"))


@dataclass(slots=True)
class Holder:
    """A person with a card."""

    world: World
    id: str
    card: str

    def enrol(self, platform: Platform = Platform.ANDROID) -> str:
        return phone.enrol(
            self.world,
            self.id,
            platform=platform,
            card=applet(self.world, self.card),
            card_password=CARD_PASSWORD,
            pins=phone_pins(),
        )

    def begin(self, platform: Platform = Platform.ANDROID) -> str:
        return phone.begin_enrolment(self.world, self.id, platform=platform, pins=phone_pins())

    def apply(self, device: str) -> phone.SignedApplication:
        return phone.sign_application(
            self.world,
            device,
            card=applet(self.world, self.card),
            card_password=CARD_PASSWORD,
        )

    def state(self, device: str) -> phone.PhoneState:
        return next(each for each in phone.devices(self.world, self.id) if each.id == device)


def new_world(at: datetime = BEGINS, **policies: str | bool | int) -> World:
    return World.create(None, seed="phones", at=at, policies=policies, keys=POOL)


def new_holder(world: World, number: int = 1) -> Holder:
    invented = invent_person("phones", number, birth_date=date(1990, 9, 15))
    person = municipality.register(world, invented)
    return Holder(world, person, municipality.hand_over_card(world, person, pins=card_pins()))


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as made:
        yield made


@pytest.fixture
def holder(world: World) -> Holder:
    return new_holder(world)
