"""Our own client, through pyscard and a real pcscd, to the software card."""

import hashlib
import socket
import sys
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from jpki.backends.pcsc import PcscConnection, PcscReader, find_reader, readers
from jpki.card.apdu import CommandApdu, Ins, ResponseApdu
from jpki.card.applet import JpkiApplet
from jpki.card.layout import TokenKind
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import CardInUse, CardRemoved, NoCard, NoReader, PinRequired, WrongPin
from jpki.terms import PinKind, Purpose
from simulator.card.vpcd import DEFAULT_PORT
from simulator.reader import READER_NAME
from tests.card import specimens
from tests.system import bench

PINS = {
    Purpose.SIGNATURE: ("ABC123", SignaturePassword),
    Purpose.USER_AUTHENTICATION: ("1234", UserPin),
}


@pytest.fixture
def connection(card):
    with find_reader().connect() as opened:
        yield opened


@pytest.mark.parametrize("purpose", Purpose)
def test_the_client_reads_and_signs_through_a_reader(connection, purpose):
    applet = JpkiApplet(connection)
    assert applet.select() is TokenKind.INDIVIDUAL_NUMBER_CARD
    typed, kind = PINS[purpose]
    with kind(typed) as pin:
        applet.verify(pin)
    expected = specimens.certificate(purpose.value, f"{purpose.value} authority")
    assert applet.certificate(purpose) == expected
    signature = applet.sign_sha256(purpose, hashlib.sha256(b"a text").digest())
    public = specimens.key(purpose.value).public_key()
    public.verify(signature, b"a text", padding.PKCS1v15(), hashes.SHA256())


def test_a_wrong_pin_costs_exactly_one_try_through_a_reader(connection, card):
    applet = JpkiApplet(connection)
    with pytest.raises(WrongPin) as caught:
        applet.verify(UserPin("1111"))
    assert caught.value.tries_left == 2
    assert applet.tries_left(PinKind.USER_PIN) == 2


def test_extended_commands_pass_through_a_reader(connection):
    applet = JpkiApplet(connection)
    applet.select()
    select = CommandApdu(0, Ins.SELECT, 2, 0x0C, b"\x00\x0a")
    assert connection.transmit(bytes(select)).hex() == "9000"
    read = CommandApdu(0, Ins.READ_BINARY, le=1500, extended=True)
    answer = ResponseApdu.parse(connection.transmit(bytes(read)))
    assert (len(answer.data), answer.sw) == (1500, 0x9000)


def test_a_pin_does_not_outlive_its_connection(card):
    with find_reader().connect() as opened:
        JpkiApplet(opened).verify(UserPin("1234"))
    with find_reader().connect() as opened, pytest.raises(PinRequired):
        JpkiApplet(opened).sign_sha256(Purpose.USER_AUTHENTICATION, bytes(32))


def test_a_pin_outlives_a_connection_that_leaves_the_card_as_it_is(card):
    with PcscConnection(READER_NAME, reset_on_close=False) as opened:
        JpkiApplet(opened).verify(UserPin("1234"))
    with find_reader().connect() as opened:
        assert len(JpkiApplet(opened).sign_sha256(Purpose.USER_AUTHENTICATION, bytes(32))) == 256


def test_a_card_that_another_connection_holds_is_in_use(connection):
    with pytest.raises(CardInUse):
        PcscConnection(READER_NAME, patience=0.2)


def test_a_card_pulled_out_during_a_command_was_removed(connection, card):
    applet = JpkiApplet(connection)
    applet.select()
    card.remove_during(Ins.READ_BINARY)
    with pytest.raises(CardRemoved):
        applet.certificate(Purpose.USER_AUTHENTICATION)


def test_a_card_pulled_out_between_commands_was_removed(connection, card):
    applet = JpkiApplet(connection)
    applet.select()
    card.remove()
    PcscReader(READER_NAME).wait_until_empty(5)
    with pytest.raises(CardRemoved):
        applet.tries_left(PinKind.USER_PIN)


def test_an_empty_reader_has_no_card(reader):
    assert [r.name for r in readers()] == ["Virtual PCD 00 00", "Virtual PCD 00 01"]
    with pytest.raises(NoCard):
        PcscReader(READER_NAME).connect()
    with pytest.raises(NoCard):
        find_reader()
    assert not PcscReader(READER_NAME).card_present()


def test_a_reader_that_does_not_exist_is_no_reader(reader):
    with pytest.raises(NoReader):
        PcscReader("another reader").connect()
    with pytest.raises(NoReader):
        find_reader("another reader")


def test_a_machine_without_the_service_says_so(tmp_path):
    program = (
        "from jpki.backends.pcsc import readers\n"
        "from jpki.errors import NoReaderService\n"
        "try:\n    readers()\n"
        "except NoReaderService as error:\n    print(error.code)\n"
    )
    nowhere = {"PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody")}
    ran = bench.run(sys.executable, "-c", program, environment=nowhere)
    assert ran.stdout.strip() == "card.no-reader-service", ran.stderr


def test_a_phone_in_the_reader_is_a_phone(reader):
    phone = specimens.card(profile=TokenKind.ANDROID_PHONE)
    with bench.inserted(phone), find_reader().connect() as opened:
        applet = JpkiApplet(opened)
        assert applet.select() is TokenKind.ANDROID_PHONE
        with pytest.raises(PinRequired):
            applet.certificate(Purpose.USER_AUTHENTICATION)


def test_an_exchange_takes_no_delayed_acknowledgement(connection):
    """Forty milliseconds an APDU without TCP_QUICKACK; fifty of them would take two seconds."""
    applet = JpkiApplet(connection)
    applet.select()
    begun = time.monotonic()
    for _ in range(50):
        applet.tries_left(PinKind.USER_PIN)
    assert time.monotonic() - begun < 1.0


def test_nobody_outside_reaches_the_virtual_reader(reader):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", DEFAULT_PORT), timeout=1)
