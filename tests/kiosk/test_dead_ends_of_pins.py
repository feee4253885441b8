"""SC-14 on the chips: ways out of blocked PINs, ends without one, and walks that find no others."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, LifeError, PinBlocked, PinError, Refused
from jpki.life import CertificateState
from jpki.life.events import RecordItem
from jpki.terms import PinKind
from simulator import kiosk, municipality, phone, postoffice
from simulator.archive import export_world
from simulator.face import LiveFace
from simulator.tokens import applet
from simulator.world import World
from tests.actors.conftest import Town
from tests.kiosk.conftest import NEW_PASSWORD, NEW_PIN, P1, P2, PASSWORD, PIN, block, town_at

PHONE_PASSWORD, NEW_PHONE_PASSWORD = SignaturePassword("PHONE1"), SignaturePassword("PHONE2")


def test_sc_14_from_the_user_pin_to_the_phones_pin_by_way_of_the_kiosk(town: Town) -> None:
    """P8, P7 and P1 are blocked: P2, kiosk, P1, P7, P8. Every certificate stays."""
    world = town.world
    person, card, device = town.with_phone()
    serials = {record.kind: record.serial for record in world.state().records(person)}
    block(world, card, P1)
    block(world, device, P1)
    block(world, device, P2)
    # The phone's PIN wants the phone's password, and that one the card's.
    with pytest.raises(PinBlocked):
        phone.reset_user_pin(world, person, password=PHONE_PASSWORD, new=NEW_PIN)
    with pytest.raises(PinBlocked):
        phone.reset_signature_password(
            world,
            person,
            card=applet(world, card),
            card_password=PASSWORD,
            new=NEW_PHONE_PASSWORD,
        )
    ticket = kiosk.reserve(world, person, P1, other=PIN, face=LiveFace.HOLDER)
    kiosk.finish_pin_reset(world, person, code=ticket.code, other=PIN, new=NEW_PASSWORD)
    phone.reset_signature_password(
        world,
        person,
        card=applet(world, card),
        card_password=NEW_PASSWORD,
        new=NEW_PHONE_PASSWORD,
    )
    phone.reset_user_pin(world, person, password=NEW_PHONE_PASSWORD, new=NEW_PIN)
    applet(world, device).verify(NEW_PIN)
    assert {record.kind: record.serial for record in world.state().records(person)} == serials
    assert set(town.states(person).values()) == {CertificateState.ACTIVE}


def test_sc_14_after_a_move_the_kiosk_is_no_way_out() -> None:
    with (town := town_at(move_record_lag_days=0)).world as world:
        person, card = town.holder()
        block(world, card, P1)
        municipality.amend_record(world, person, RecordItem.ADDRESS, "東京都架空区一丁目2番3号")
        with pytest.raises(Refused) as caught:
            kiosk.reserve(world, person, P1, other=PIN, face=LiveFace.HOLDER)
        assert caught.value.rule == "KS-10"
        # A new certificate does not unblock the password on the chip; the counter does both.
        municipality.issue_signature_certificate(world, person)
        assert applet(world, card).tries_left(P1) == 0
        municipality.reset_pins(world, person, {P1: NEW_PASSWORD})
        applet(world, card).verify(NEW_PASSWORD)


def test_a_phone_of_a_person_without_the_password_of_the_card_is_stuck_with_it(
    town: Town,
) -> None:
    world = town.world
    person, card, device = town.with_phone()
    block(world, card, P1)
    block(world, card, P2)
    block(world, device, P1)
    for attempt in (
        lambda: kiosk.reserve(world, person, P1, other=PIN, face=LiveFace.HOLDER),
        lambda: kiosk.reserve(world, person, P2, other=PASSWORD, face=LiveFace.HOLDER),
        lambda: phone.reset_signature_password(
            world, person, card=applet(world, card), card_password=PASSWORD, new=NEW_PASSWORD
        ),
    ):
        with pytest.raises(PinBlocked):
            attempt()
    # The phone goes on authenticating: its own PIN is another one (PN-3).
    applet(world, device).verify(UserPin("9876"))


def test_an_exported_world_carries_no_code_of_a_reservation(town: Town, tmp_path: Path) -> None:
    person, _ = town.holder()
    ticket = kiosk.reserve(town.world, person, P1, other=PIN, face=LiveFace.HOLDER)
    export_world(town.world, tmp_path / "world.jsonl")
    text = (tmp_path / "world.jsonl").read_text(encoding="utf-8")
    assert "kiosk reservations" in text  # the keyed digest travels, so the code is still good there
    assert ticket.code not in text


# Walks: what the holder knows, what the chip says, and whatever somebody tries next.

PASSWORDS = [SignaturePassword(f"WALK{number}A") for number in range(4)]
PINS = [UserPin(f"{number}{number}{number}{number}") for number in range(1, 5)]
Value = SignaturePassword | UserPin


class Walk:
    """A card and a model of it: each PIN's value and tries, and the code that waits."""

    def __init__(self, town: Town, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world: World = town.world
        self.person, self.card = town.holder()
        self.value: dict[PinKind, Value] = {P1: PASSWORD, P2: PIN}
        self.tries = {P1: 5, P2: 3}
        self.codes: dict[PinKind, str] = {}

    def some(self, pin: PinKind) -> Value:
        """The right value more often than not."""
        if self.chance.random() < 0.6:
            return self.value[pin]
        return self.chance.choice(PASSWORDS if pin is P1 else PINS)

    def typed(self, pin: PinKind, value: Value) -> bool:
        """What the model makes of an entry: a blocked PIN stays so whatever is typed."""
        if self.tries[pin] == 0:
            return False
        full = 5 if pin is P1 else 3
        right = value == self.value[pin]
        self.tries[pin] = full if right else self.tries[pin] - 1
        return right

    def verify(self) -> None:
        pin = self.chance.choice((P1, P2))
        value = self.some(pin)
        try:
            applet(self.world, self.card).verify(value, allow_last_try=True)
            opened = True
        except PinError:
            opened = False
        assert opened == self.typed(pin, value)

    def reserve(self) -> None:
        pin = self.chance.choice((P1, P2))
        other = P2 if pin is P1 else P1
        value, face = self.some(other), self.chance.choice((LiveFace.HOLDER, LiveFace.STRANGER))
        guarded = self.tries[other] == 1  # the app does not spend a last try
        right = not guarded and self.typed(other, value)
        try:
            ticket = kiosk.reserve(self.world, self.person, pin, other=value, face=face)
        except (LifeError, PinError):
            assert not right or face is LiveFace.STRANGER
        else:
            assert right
            assert face is LiveFace.HOLDER
            self.codes[pin] = ticket.code

    def finish(self) -> None:
        pin = self.chance.choice((P1, P2))
        other = P2 if pin is P1 else P1
        value, new = self.some(other), self.chance.choice(PASSWORDS if pin is P1 else PINS)
        code = self.codes.get(pin, "NOCODE")
        known = pin in self.codes
        guarded = self.tries[other] == 1
        right = known and not guarded and self.typed(other, value)
        try:
            kiosk.finish_pin_reset(self.world, self.person, code=code, other=value, new=new)
        except (LifeError, PinError):
            assert not right
        else:
            assert right
            del self.codes[pin]
            self.value[pin], self.tries[pin] = new, 5 if pin is P1 else 3

    def elsewhere(self) -> None:
        """The counter or the post office: nothing need be known."""
        pin = self.chance.choice((P1, P2))
        new = self.chance.choice(PASSWORDS if pin is P1 else PINS)
        office = self.chance.choice((municipality.reset_pins, postoffice.reset_pins))
        office(self.world, self.person, {pin: new})
        self.value[pin], self.tries[pin] = new, 5 if pin is P1 else 3

    def wait(self) -> None:
        self.world.advance(self.world.now + timedelta(minutes=1))

    def step(self) -> None:
        steps = (self.verify, self.reserve, self.finish, self.elsewhere, self.wait)
        self.chance.choices(steps, weights=(5, 3, 3, 0.5, 1))[0]()
        found = applet(self.world, self.card).counters()
        assert dict(found) == self.tries


@pytest.mark.parametrize("seed", range(6))
def test_no_walk_finds_another_way_to_a_usable_pin(town: Town, seed: int) -> None:
    walk = Walk(town, seed)
    for _ in range(40):
        walk.step()
    assert len(list(walk.world.state().records(walk.person))) == 2


def test_a_person_whom_nobody_registered_has_no_way_at_all(town: Town) -> None:
    with pytest.raises(ImpossibleFact):
        kiosk.reserve(town.world, "P999999", P1, other=PIN, face=LiveFace.HOLDER)
    with pytest.raises(ImpossibleFact):
        kiosk.finish_pin_reset(town.world, "P999999", code="", other=PIN, new=NEW_PASSWORD)
