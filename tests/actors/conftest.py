"""A world with few keys, and people in it who want something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from jpki.life import CertificateState
from jpki.life.events import Nationality, Platform
from jpki.terms import CertificateKind
from simulator import municipality, phone
from simulator.keys import KeyPool
from simulator.people import HouseholdKind, invent_household, invent_person
from simulator.tokens import TokenPins, applet
from simulator.world import World

# A Monday after the last actor came into being (2026-06-14).
BEGINS = at_time(date(2026, 7, 6), time(10, 0))
PASSWORD, PIN = SignaturePassword("ABC123"), UserPin("1234")
POOL = KeyPool()


def pins() -> TokenPins:
    return TokenPins(SignaturePassword("ABC123"), UserPin("1234"))


def new_world(at: datetime = BEGINS, **policies: str | bool | int) -> World:
    return World.create(None, seed="actors", at=at, policies=policies, keys=POOL)


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as made:
        yield made


@dataclass(slots=True)
class Town:
    """A world and what is wanted of its people."""

    world: World
    count: int = 0

    def resident(self, born: date = date(1990, 9, 15)) -> str:
        self.count += 1
        invented = invent_person("actors", self.count, birth_date=born)
        return municipality.register(self.world, invented)

    def foreign_resident(self) -> str:
        self.count += 1
        (invented,) = invent_household(
            "actors", self.count, on=date(2026, 7, 6), kind=HouseholdKind.FOREIGN
        )
        assert invented.nationality is not Nationality.JAPANESE
        return municipality.register(self.world, invented)

    def holder(self, born: date = date(1990, 9, 15)) -> tuple[str, str]:
        person = self.resident(born)
        return person, municipality.hand_over_card(self.world, person, pins=pins())

    def with_phone(self) -> tuple[str, str, str]:
        person, card = self.holder()
        device = phone.enrol(
            self.world,
            person,
            platform=Platform.IPHONE,
            card=applet(self.world, card),
            card_password=PASSWORD,
            pins=TokenPins(SignaturePassword("PHONE1"), UserPin("9876")),
        )
        return person, card, device

    def states(self, person: str) -> dict[CertificateKind, CertificateState]:
        """The latest certificate of each kind."""
        latest = {}
        for record in self.world.state().records(person):
            latest[record.kind] = record.state_at(self.world.now)
        return latest


@pytest.fixture
def town(world: World) -> Town:
    return Town(world)
