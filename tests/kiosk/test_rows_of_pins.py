"""PN-1 to PN-11 on the chips themselves, where no story reaches; each test names its row."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from jpki.assurance import Gate, assurance
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, MalformedPin, PinBlocked, WrongPin
from jpki.jst import day
from jpki.life.pins import biometrics_stand_in
from jpki.terms import CertificateKind, PinKind
from simulator import municipality
from simulator.card.connection import SoftwareConnection
from simulator.tokens import applet, plugged
from tests.actors.conftest import Town
from tests.kiosk.conftest import NEW_PIN, P1, P2, PASSWORD, PIN, block

WRONG = UserPin("0000")


def test_pn_1_three_pins_of_four_digits_may_be_the_same_and_the_password_never_is(
    town: Town,
) -> None:
    _, card = town.holder()
    held = json.loads(town.world.store.chip(card) or "")["pins"]
    four_digits = (
        "d392f000260100000001/0018", "d3921000310001010408/0011", "d3921000310001010401/001c",
    )  # fmt: skip
    assert {held[place]["reference"] for place in four_digits} == {b"1234".hex()}
    # Digits alone are no password.
    with pytest.raises(MalformedPin):
        SignaturePassword("123456")


def test_pn_2_a_right_entry_refills_the_counter_and_waiting_does_not(town: Town) -> None:
    _, card = town.holder()
    client = applet(town.world, card)
    for _ in range(2):
        with pytest.raises(WrongPin):
            client.verify(WRONG)
    town.world.advance(town.world.now + timedelta(days=365))
    client = applet(town.world, card)
    assert client.tries_left(P2) == 1
    client.verify(PIN, allow_last_try=True)
    assert client.tries_left(P2) == 3


def test_pn_3_a_blocked_password_leaves_the_pin_usable_and_the_other_way_round(town: Town) -> None:
    for locked, other in ((P1, PIN), (P2, PASSWORD)):
        _, card = town.holder()
        block(town.world, card, locked)
        applet(town.world, card).verify(other)
        with pytest.raises(PinBlocked):
            applet(town.world, card).verify(PASSWORD if locked is P1 else PIN, allow_last_try=True)


def test_pn_4_tries_left_are_told_as_63cx_and_a_block_as_another_word(town: Town) -> None:
    """VERIFY without data asks, and costs nothing. 6983 or 6984 by the card; 63C0 is told too."""
    _, card = town.holder()

    def asked() -> str:
        connection = SoftwareConnection(plugged(town.world, card))
        for select in ("00A4040C0AD392F000260100000001", "00A4020C020018"):
            assert connection.transmit(bytes.fromhex(select)).hex() == "9000"
        return connection.transmit(bytes.fromhex("00200080")).hex()

    assert asked() == "63c3"
    with pytest.raises(WrongPin):
        applet(town.world, card).verify(WRONG)
    assert asked() == "63c2"
    block(town.world, card, P2)
    assert asked() in {"63c0", "6983", "6984"}


def test_pn_5_the_holder_types_the_new_value_and_no_event_keeps_it(town: Town) -> None:
    person, card = town.holder()
    municipality.reset_pins(town.world, person, {P2: NEW_PIN})
    applet(town.world, card).verify(NEW_PIN)
    assert "5678" not in town.world.entries[-1].to_json()


def test_pn_6_and_pn_7_a_finger_stands_in_for_the_phones_pin_and_for_no_password(
    town: Town,
) -> None:
    person, _, _ = town.with_phone()
    assert biometrics_stand_in(town.world.state(), person)
    on = day(town.world.now)
    phone = assurance(CertificateKind.MOBILE_AUTHENTICATION, Gate.BIOMETRICS, on=on)
    assert phone.authenticator is not None
    for kind in set(CertificateKind) - {CertificateKind.MOBILE_AUTHENTICATION}:
        with pytest.raises(ImpossibleFact):
            assurance(kind, Gate.BIOMETRICS, on=on)


def test_pn_11_a_phone_tells_how_many_tries_are_left_and_signs_with_its_password(
    town: Town,
) -> None:
    _, _, device = town.with_phone()
    client = applet(town.world, device)
    assert dict(client.counters()) == {PinKind.SIGNATURE_PASSWORD: 5, PinKind.USER_PIN: 3}
    client.verify(UserPin("9876"))
    client.verify(SignaturePassword("PHONE1"))
