"""A secure messaging session, from a terminal written for this test."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator.card.behaviour import CardBehaviour
from simulator.card.connection import SoftwareConnection
from tests.card import specimens

TEXT = "00A4040C0AD3921000310001010408"
SEED = bytes(range(32))
DELIVERY = bytes.fromhex("A0228020") + SEED


class SecureTerminal:
    """Keeps key and counter by the published rules."""

    def __init__(self, **behaviour):
        self.card = specimens.whole_card(behaviour=CardBehaviour(**behaviour))
        self.connection = SoftwareConnection(self.card)
        self.key = SEED[:16]
        self.counter = 1

    def plain(self, command):
        return self.connection.transmit(bytes.fromhex(command))

    def sw(self, command):
        return self.plain(command)[-2:].hex().upper()

    def deliver(self, message=DELIVERY):
        public = specimens.key(f"{specimens.CARD}/input support session").public_key()
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return self.sw("80AE0000000100" + public.encrypt(message, oaep).hex())

    def open(self):
        assert self.sw(TEXT) == "9000"
        assert self.sw("002000910432333435") == "9000"
        assert self.deliver() == "9000"

    def _cipher(self):
        counter = self.counter.to_bytes(16, "big")
        ecb = Cipher(algorithms.AES(self.key), modes.ECB()).encryptor()  # noqa: S305
        return Cipher(algorithms.AES(self.key), modes.CBC(ecb.update(counter)))

    def cryptogram(self, data):
        padded = data + b"\x80"
        padded += bytes(-len(padded) % 16)
        encryptor = self._cipher().encryptor()
        return encryptor.update(padded) + encryptor.finalize()

    def secure(self, header, data, *, le=False):
        """Send a protected command; return the decrypted data and the status word."""
        short = "000000" if le else ""
        if le:
            command = f"{header}00{len(data):04X}{data.hex()}0000"
        else:
            command = f"{header}{len(data):02X}{data.hex()}{short}"
        answer = self.plain(command)
        found = answer[:-2]
        if found:
            assert found[0] == 0x86
            wide = found[1] == 0x82
            length = int.from_bytes(found[2:4], "big") if wide else found[1]
            content = found[4:] if wide else found[2:]
            assert (len(content), content[0]) == (length, 1)
            decryptor = self._cipher().decryptor()
            found = decryptor.update(content[1:]).rstrip(b"\0")
            assert found[-1] == 0x80
            found = found[:-1]
        self.counter += 1
        return found, answer[-2:].hex().upper()

    def verify(self, reference, value):
        cryptogram = self.cryptogram(value)
        data = bytes((0x86, len(cryptogram) + 1, 1)) + cryptogram
        return self.secure(f"082000{reference:02X}", data)[1]

    def select(self, fid):
        cryptogram = self.cryptogram(fid.to_bytes(2, "big"))
        return self.secure("08A4020C", b"\x86\x11\x01" + cryptogram)[1]

    def read(self, length, offset=0):
        expected = bytes.fromhex("960300") + length.to_bytes(2, "big")
        return self.secure(f"08B0{offset:04X}", expected, le=True)


@pytest.fixture
def terminal():
    opened = SecureTerminal()
    opened.open()
    return opened


def test_a_session_carries_the_code_and_the_number_encrypted(terminal):
    assert terminal.verify(0x94, specimens.CODE_A.encode()) == "9000"
    assert terminal.select(0x0001) == "9000"
    assert terminal.read(0) == (b"\xff\x10\x0c123456789018\xff\xff", "9000")
    assert terminal.read(3, 3) == (b"123", "9000")


def test_a_read_of_a_whole_file_comes_in_one_answer(terminal):
    terminal.select(0x0004)
    content, sw = terminal.read(0)
    assert (len(content), content[:2].hex(), sw) == (568, "7f21", "9000")


def test_plain_commands_between_protected_ones_do_not_count(terminal):
    terminal.select(0x0001)
    assert terminal.sw("00B0000001") == "9000"
    assert terminal.sw("0084000008") == "9000"
    assert terminal.read(1) == (b"\xff", "9000")


def test_a_command_that_the_card_refuses_counts_all_the_same(terminal):
    assert terminal.verify(0x94, b"9" * 12) == "63C9"
    assert terminal.verify(0x92, b"1234") == "6984"
    assert terminal.select(0x0077) == "6A82"
    assert terminal.select(0x0001) == "9000"
    assert terminal.read(1) == (b"\xff", "9000")


def test_a_wrong_counter_ends_the_session(terminal):
    terminal.counter += 1
    assert terminal.verify(0x94, specimens.CODE_A.encode()) == "6988"
    terminal.counter = 1
    assert terminal.verify(0x94, specimens.CODE_A.encode()) == "69FC"
    assert terminal.sw("00200094") == "63CA"  # none of it was compared


BLOCK = "00" * 16


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("0C20009413861101" + BLOCK, "6987"),  # a checksum is wanted and there is no key for it
        ("0820009405 9603000000", "6988"),
        ("08B0000013 861101" + BLOCK + "00", "6988"),
        ("08B000000A 96030000009603000000 00", "6988"),
        ("08B0000005 9602000000 00", "6988"),
        ("0820009413 861102" + BLOCK, "6988"),
        ("0820009413 871101" + BLOCK, "6988"),
        ("0820009412 861001" + "00" * 15, "6988"),
        ("0820009403 860101", "6988"),
        ("08200094", "6987"),
        ("0884000000", "6882"),
        ("08CA004200", "6882"),
    ],
)
def test_a_command_that_cannot_be_read_ends_the_session(terminal, command, sw):
    assert terminal.sw(command) == sw
    assert terminal.select(0x0001) == "6882"
    assert terminal.sw("002000910432333435") == "9000"
    terminal.counter = 1
    assert terminal.deliver() == "9000"
    assert terminal.select(0x0001) == "9000"


@pytest.mark.parametrize("head", ["8611", "868111", "86820011"])
def test_the_length_of_the_object_may_be_short_or_long(terminal, head):
    data = bytes.fromhex(head) + b"\x01" + terminal.cryptogram(b"\0\x01")
    assert terminal.secure("08A4020C", data)[1] == "9000"


def test_an_aligned_text_gets_a_whole_block_of_padding(terminal):
    assert terminal.verify(0x94, b"0" * 16) == "63C9"
    terminal.select(0x0008)
    assert terminal.read(16) == (b"\xff" * 16, "9000")


def test_an_answer_without_room_for_the_object_is_refused(terminal):
    terminal.select(0x0001)
    assert terminal.sw("08B0000005960300000010") == "6700"


@pytest.mark.parametrize(
    ("message", "sw"),
    [
        (bytes.fromhex("A0228120") + SEED, "6A80"),
        (bytes.fromhex("A0228020") + SEED + b"\0", "6A80"),
        (bytes.fromhex("A0218020") + SEED[:-1], "6A80"),
        (b"", "6A80"),
    ],
)
def test_what_is_no_seed_is_refused(message, sw):
    terminal = SecureTerminal()
    terminal.sw(TEXT)
    terminal.sw("002000910432333435")
    assert terminal.deliver(message) == sw


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("80AE0000000100" + "FF" * 256, "6F00"),
        ("80AE0000000100" + "00" * 256, "6A80"),
        ("80AE0000" + "0000FF" + "00" * 255, "6700"),
        ("80AE000000", "6700"),
        ("80AE0001000100" + "00" * 256, "6A86"),
    ],
)
def test_a_delivery_of_another_shape_is_refused(command, sw):
    terminal = SecureTerminal()
    terminal.sw(TEXT)
    terminal.sw("002000910432333435")
    assert terminal.sw(command) == sw


def test_only_the_pin_opens_a_session_unless_switched():
    for switched, sw in ((False, "6982"), (True, "9000")):
        terminal = SecureTerminal(codes_open_session=switched)
        terminal.sw(TEXT)
        assert terminal.sw("002000940C" + specimens.CODE_A.encode().hex()) == "9000"
        assert terminal.deliver() == sw


def test_leaving_the_application_or_losing_power_ends_the_session(terminal):
    terminal.sw("00A4040C07A0000001510000")
    terminal.sw(TEXT)
    assert terminal.select(0x0001) == "6882"
    terminal.counter = 1
    terminal.open()
    terminal.card.reset()
    terminal.sw(TEXT)
    assert terminal.read(1) == (b"", "69FC")


def test_selecting_the_same_application_keeps_the_session(terminal):
    terminal.sw(TEXT)
    assert terminal.select(0x0001) == "9000"


def test_the_key_shows_in_no_repr(terminal):
    terminal.select(0x0001)
    assert SEED[:16].hex() not in repr(terminal.card._volatile)
    assert str(SEED[:16]) not in repr(terminal.card._volatile)
