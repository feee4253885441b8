"""Writers to a world: some acknowledge each write and are killed, some contradict one another."""

from __future__ import annotations

import os
import random
from datetime import date, time, timedelta
from pathlib import Path

from jpki.errors import LifeError
from jpki.jst import at_time
from jpki.life import FourItems
from jpki.life.events import (
    CardIssued,
    CardLossReported,
    CardSuspensionLifted,
    Channel,
    RecordItem,
    ResidentRecordAmended,
    ResidentRegistered,
)
from jpki.terms import CertificateKind, Sex
from simulator.agency.possession import sign_possession
from simulator.keys import KeyDirectory, SeededKeys
from simulator.store import Location
from simulator.world import World

BEGINS = at_time(date(2024, 3, 10), time(10, 0))
PEOPLE = 4

KEPT_KEYS = Path(__file__).resolve().parents[2] / "build" / "test-keys"
_ENDS_ON = date(2028, 9, 15)


def items(number: int) -> FourItems:
    return FourItems(f"模擬　{number}", date(1980, 1, 1), Sex.FEMALE, f"東京都渋谷区模擬町{number}")


def register(world: World, name: str, number: int) -> int:
    """Register one person and return the number of the log's entry."""
    return world.record(ResidentRegistered(name, items(number), "13113")).seq


def write_for_ever(place: Location, worker: str, acknowledged: int) -> None:
    """Write until killed; each acknowledgement is one line with entry number and name."""
    with World.open(place) as world:
        number = 0
        while True:
            number += 1
            names = (f"{worker}-{number}-a", f"{worker}-{number}-b")
            with world.transaction():
                written = [(register(world, name, number), name) for name in names]
                world.advance(world.now + timedelta(seconds=1))
            os.write(acknowledged, "".join(f"{seq} {name}\n" for seq, name in written).encode())


def keys() -> SeededKeys:
    """Keys that are made once for all runs."""
    return SeededKeys("world tests", cache=KeyDirectory(KEPT_KEYS))


def populate(world: World) -> None:
    """Register people with cards, to be fought over."""
    for number in range(PEOPLE):
        person = f"P{number}"
        register(world, person, number)
        world.record(
            CardIssued(person, f"card-{person}", made_on=date(2024, 3, 1), expires_on=_ENDS_ON)
        )


def fire_conflicting(place: Location, seed: int, commands: int) -> None:
    """Fire commands that other writers contradict; being refused is part of it."""
    chance = random.Random(seed)
    source = keys()
    with World.open(place, keys=source) as world:
        for number in range(commands):
            person = f"P{chance.randrange(PEOPLE)}"
            fire = chance.choice((_register, _suspend, _lift, _amend, _issue, _issue, _advance))
            try:
                fire(world, person, seed, number)
            except LifeError:
                continue
        register(world, f"writer-{seed}", seed)


def _register(world: World, _: str, seed: int, number: int) -> None:
    register(world, f"new-{number}", seed)  # every writer wants the same names


def _suspend(world: World, person: str, *_: int) -> None:
    world.record(CardLossReported(person, Channel.CALL_CENTRE))


def _lift(world: World, person: str, *_: int) -> None:
    world.record(CardSuspensionLifted(person))


def _amend(world: World, person: str, seed: int, number: int) -> None:
    value = f"東京都渋谷区模擬町{seed}－{number}"
    world.record(ResidentRecordAmended(person, RecordItem.ADDRESS, value=value))


def _issue(world: World, person: str, *_: int) -> None:
    """Issue whichever certificate is missing; the key is one of a few, to be quick."""
    with world.transaction():
        known = world.state().person(person)
        for kind in (CertificateKind.CARD_AUTHENTICATION, CertificateKind.CARD_SIGNATURE):
            key = world.keys.rsa(f"race/{kind.value}")
            proof = sign_possession(key, kind, world.agency.challenge(kind))
            world.agency.issue(known, kind, proof, expires_on=_ENDS_ON)


def _advance(world: World, *_: object) -> None:
    with world.transaction():
        world.advance(world.now + timedelta(minutes=5))
