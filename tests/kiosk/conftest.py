"""A town whose people have forgotten a PIN."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import PinBlocked, WrongPin
from jpki.terms import PinKind
from simulator.tokens import applet
from simulator.world import World
from tests.actors.conftest import BEGINS, Town, new_world

PASSWORD, PIN = SignaturePassword("ABC123"), UserPin("1234")
NEW_PASSWORD, NEW_PIN = SignaturePassword("NEW999"), UserPin("5678")
P1, P2 = PinKind.SIGNATURE_PASSWORD, PinKind.USER_PIN


def town_at(at: datetime = BEGINS, **policies: str | bool | int) -> Town:
    return Town(new_world(at, **policies))


@pytest.fixture
def town() -> Iterator[Town]:
    made = town_at()
    with made.world:
        yield made


def block(world: World, token: str, pin: PinKind) -> None:
    """Type wrong values until the chip blocks."""
    wrong = SignaturePassword("WRONG1") if pin is P1 else UserPin("0000")
    client = applet(world, token)
    while client.tries_left(pin):
        with pytest.raises((WrongPin, PinBlocked)):
            client.verify(wrong, allow_last_try=True)
