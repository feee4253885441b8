"""What survives, when it is written, and what people do to cards."""

import json
from dataclasses import replace

import pytest

from jpki.card.apdu import Ins
from jpki.card.applet import JpkiApplet
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import CardRemoved, MalformedDocument, NoCard, WrongPin
from jpki.terms import PinKind, Purpose
from simulator.card.connection import SoftwareCard, SoftwareConnection, SoftwareReader
from tests.card import specimens

AID = "d392f000260100000001"


def _tries(memory):
    return {name: state["tries_left"] for name, state in memory.pin_states().items()}


def _card_and_record(**kwargs):
    written = []
    card = SoftwareCard(
        specimens.memory(**kwargs), on_memory_change=lambda memory: written.append(_tries(memory))
    )
    return card, JpkiApplet(SoftwareConnection(card)), written


def test_the_counter_is_written_down_before_the_pin_is_compared():
    _, applet, written = _card_and_record()
    applet.verify(UserPin("1234"))
    assert [tries[f"{AID}/0018"] for tries in written] == [2, 3]


def test_a_wrong_pin_is_written_once():
    _, applet, written = _card_and_record()
    with pytest.raises(WrongPin):
        applet.verify(UserPin("1111"))
    assert [tries[f"{AID}/0018"] for tries in written] == [2]


def test_reading_and_asking_write_nothing():
    _, applet, written = _card_and_record()
    applet.certificate(Purpose.USER_AUTHENTICATION)
    applet.tries_left(PinKind.USER_PIN)
    assert written == []


@pytest.mark.parametrize("typed", ["1111", "1234"])
def test_pulling_the_card_out_during_verify_costs_the_try(typed):
    card, applet, written = _card_and_record()
    applet.select()
    card.remove_during(Ins.VERIFY)
    with pytest.raises(CardRemoved):
        applet.tries_left(PinKind.USER_PIN)  # the query writes nothing, and nothing is lost
    assert written == []
    card.insert()
    applet.tries_left(PinKind.USER_PIN)
    connection = SoftwareConnection(card)
    connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    card.remove_during(Ins.VERIFY)
    with pytest.raises(CardRemoved):
        connection.transmit(bytes.fromhex("0020009804") + typed.encode())
    card.insert()
    assert JpkiApplet(SoftwareConnection(card)).tries_left(PinKind.USER_PIN) == 2
    assert [tries[f"{AID}/0018"] for tries in written] == [2]


def test_three_torn_verifies_block_the_pin():
    card, _, _ = _card_and_record()
    for _ in range(3):
        connection = SoftwareConnection(card)
        connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
        card.remove_during(Ins.VERIFY)
        with pytest.raises(CardRemoved):
            connection.transmit(bytes.fromhex("002000980431323334"))
        card.insert()
    connection = SoftwareConnection(card)
    connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    assert connection.transmit(bytes.fromhex("002000980431323334")).hex() == "6984"


def test_a_command_gets_no_answer_when_its_memory_cannot_be_kept():
    def full(_memory):
        raise OSError("no space left")

    card = SoftwareCard(specimens.memory(), on_memory_change=full)
    connection = SoftwareConnection(card)
    connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    with pytest.raises(OSError, match="no space"):
        connection.transmit(bytes.fromhex("002000980431323334"))
    # and nothing was opened
    assert connection.transmit(bytes.fromhex("802A00970100 00")).hex() == "6982"


def test_kept_pins_are_put_back_into_the_same_card():
    card, applet, _ = _card_and_record()
    applet.change(SignaturePassword("ABC123"), SignaturePassword("NEW999"))
    with pytest.raises(WrongPin):
        applet.verify(UserPin("1111"))
    kept = json.loads(json.dumps(card.memory.pin_states()))
    again = SoftwareCard(specimens.memory().with_pin_states(kept))
    applet = JpkiApplet(SoftwareConnection(again))
    assert applet.tries_left(PinKind.USER_PIN) == 2
    applet.verify(SignaturePassword("NEW999"))
    assert again.memory.pin_states() != kept or applet.tries_left(PinKind.USER_PIN) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda states: states.popitem(),
        lambda states: states.update(other={"tries_left": 1, "reference": ""}),
        lambda states: states[f"{AID}/0018"].update(tries_left=4),
        lambda states: states[f"{AID}/0018"].update(tries_left=-1),
        lambda states: states[f"{AID}/0018"].update(tries_left="3"),
        lambda states: states[f"{AID}/0018"].update(reference="secret"),
        lambda states: states[f"{AID}/0018"].update(extra=1),
    ],
)
def test_kept_pins_that_are_not_this_cards_are_refused(spoil):
    memory = specimens.memory()
    states = memory.pin_states()
    spoil(states)
    with pytest.raises(MalformedDocument) as caught:
        memory.with_pin_states(states)
    assert "secret" not in str(caught.value)


def test_no_text_of_a_card_has_a_pin_or_a_certificate():
    memory = specimens.memory()
    pin = memory.applications[0].pins[0x0018]
    shown = f"{memory!r} {replace(pin, reference=b'8042')!r}"
    assert "8042" not in shown
    assert "ABC123" not in shown
    assert "simulated" not in shown


def test_a_card_that_was_removed_says_so_until_it_is_back():
    card = specimens.card()
    connection = SoftwareConnection(card)
    card.remove()
    for _ in range(2):
        with pytest.raises(CardRemoved):
            connection.transmit(bytes.fromhex("00A40000"))
    with pytest.raises(NoCard):
        SoftwareConnection(card)
    card.insert()
    assert SoftwareConnection(card).transmit(bytes.fromhex("00A40000")).hex() == "6a86"


def test_a_card_that_comes_back_has_forgotten_the_pin():
    card, applet, _ = _card_and_record()
    applet.verify(UserPin("1234"))
    card.remove()
    card.insert()
    connection = SoftwareConnection(card)
    connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    assert connection.transmit(bytes.fromhex("802A0097010000")).hex() == "6982"


def test_a_chosen_answer_is_given_once_and_nothing_is_done():
    card, _, written = _card_and_record()
    connection = SoftwareConnection(card)
    card.answer_next(0x6F00)
    assert connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001")).hex() == "6f00"
    assert connection.transmit(bytes.fromhex("00200098")).hex() == "6a82"
    assert written == []


def test_an_empty_reader_has_no_card():
    reader = SoftwareReader(name="a reader")
    assert reader.name == "a reader"
    with pytest.raises(NoCard, match="a reader"):
        reader.connect()
    reader.card = specimens.card()
    assert reader.connect().transmit(bytes.fromhex("0084000001"))[-2:].hex() == "9000"


def test_challenges_come_from_the_given_chance():
    card = SoftwareCard(specimens.memory(), chance=lambda count: b"\x07" * count)
    assert SoftwareConnection(card).transmit(bytes.fromhex("0084000003")).hex() == "0707079000"
