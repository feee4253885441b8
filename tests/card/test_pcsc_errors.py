"""Every PC/SC return code becomes a named error, in one place."""

import sys
import threading

import pytest

from jpki import errors
from jpki.backends import pcsc

# winscard.h, PC/SC part 5: the code, the error at the door, the error while the card is in use.
CODES = {
    0x80100009: ("NoReader", "CardRemoved"),
    0x8010000B: ("CardInUse", "CardInUse"),
    0x8010000C: ("NoCard", "CardRemoved"),
    0x8010000F: ("UnsupportedCard", "UnsupportedCard"),
    0x80100016: ("CardRemoved", "CardRemoved"),
    0x80100017: ("NoReader", "CardRemoved"),
    0x8010001D: ("NoReaderService", "NoReaderService"),
    0x8010001E: ("NoReaderService", "NoReaderService"),
    0x8010002E: ("NoReader", "CardRemoved"),
    0x80100066: ("UnsupportedCard", "UnsupportedCard"),
    0x80100067: ("CardRemoved", "CardRemoved"),
    0x80100068: ("CardRemoved", "CardRemoved"),
    0x80100069: ("CardRemoved", "CardRemoved"),
    0x80100004: ("CardError", "CardError"),
}


class FakeScard:
    """pyscard's functions on a machine with one card, that fail where they are told to."""

    SCARD_SCOPE_USER = SCARD_SHARE_SHARED = SCARD_PROTOCOL_T0 = SCARD_LEAVE_CARD = 0
    SCARD_PROTOCOL_T1 = SCARD_PCI_T0 = 2
    SCARD_PCI_T1 = SCARD_RESET_CARD = 1
    SCARD_STATE_UNAWARE, SCARD_STATE_PRESENT = 0, 0x20

    def __init__(self, **codes):
        self.codes = codes
        self.names = ["Reader A", "Reader B"]
        self.occupied = {"Reader A"}
        self.calls = []
        self.before = {}
        self.response = [0x90, 0x00]

    def __getattr__(self, name):
        answers = {
            "SCardEstablishContext": lambda scope: 7,
            "SCardListReaders": lambda context, groups: self.names,
            "SCardConnect": lambda context, reader, share, protocols: (9, 2),
            "SCardTransmit": lambda card, pci, command: self.response,
            "SCardGetStatusChange": lambda context, timeout, states: [
                (name, 0x20 if name in self.occupied else 0x10, []) for name, _ in states
            ],
        }

        def function(*arguments):
            self.calls.append((name, arguments))
            self.before.get(name, bool)()
            code = self.codes.get(name, 0)
            if name not in answers:
                return code
            answer = answers[name](*arguments)
            return [code, *answer] if isinstance(answer, tuple) else [code, answer]

        return function


@pytest.fixture
def scard(monkeypatch):
    def install(**codes):
        fake = FakeScard(**codes)
        monkeypatch.setitem(sys.modules, "smartcard.scard", fake)
        monkeypatch.setitem(sys.modules, "smartcard", fake)
        return fake

    return install


@pytest.mark.parametrize("code", CODES)
def test_connecting_fails_with_the_error_of_the_code(scard, code):
    fake = scard(SCardConnect=code)
    with pytest.raises(errors.CardError) as caught:
        pcsc.PcscReader("Reader A").connect()
    assert type(caught.value).__name__ == CODES[code][0]
    assert f"{code:08X}" in str(caught.value)
    assert fake.calls[-1][0] == "SCardReleaseContext"


@pytest.mark.parametrize("code", CODES)
def test_an_exchange_fails_with_the_error_of_the_code(scard, code):
    scard(SCardTransmit=code)
    with pcsc.PcscReader("Reader A").connect() as connection, pytest.raises(errors.CardError) as e:
        connection.transmit(b"\x00\x84\x00\x00\x01")
    assert type(e.value).__name__ == CODES[code][1]


def test_an_answer_without_a_status_word_means_that_the_card_is_gone(scard):
    scard().response = []
    with pcsc.PcscReader("Reader A").connect() as connection, pytest.raises(errors.CardRemoved):
        connection.transmit(b"\x00\x84\x00\x00\x01")


def test_a_negative_code_is_the_same_code(scard):
    scard(SCardEstablishContext=0x8010001D - (1 << 32))
    with pytest.raises(errors.NoReaderService):
        pcsc.readers()


def test_a_machine_without_readers_has_none(scard):
    scard(SCardListReaders=0x8010002E)
    assert pcsc.readers() == ()
    with pytest.raises(errors.NoReader):
        pcsc.find_reader()


def test_the_reader_with_a_card_is_found_without_a_name(scard):
    scard()
    assert pcsc.find_reader().name == "Reader A"


def test_two_cards_want_a_name(scard):
    scard().occupied = {"Reader A", "Reader B"}
    with pytest.raises(errors.NoReader, match="Reader A, Reader B"):
        pcsc.find_reader()
    assert pcsc.find_reader("B").name == "Reader B"


def test_no_card_at_all_is_no_card(scard):
    scard().occupied = set()
    with pytest.raises(errors.NoCard):
        pcsc.find_reader()


@pytest.mark.parametrize("name", ["Reader", "Reader C"])
def test_a_name_that_fits_none_or_several_is_refused_with_the_names(scard, name):
    scard()
    with pytest.raises(errors.NoReader, match="Reader A, Reader B"):
        pcsc.find_reader(name)


def test_a_name_that_is_whole_beats_one_that_contains_it(scard):
    scard().names = ["Reader", "Reader 2"]
    assert pcsc.find_reader("Reader").name == "Reader"


def test_another_programs_transaction_is_waited_for_and_then_named(scard):
    fake = scard()
    let_go, released = threading.Event(), threading.Event()
    fake.before = {"SCardBeginTransaction": let_go.wait, "SCardReleaseContext": released.set}
    with pytest.raises(errors.CardInUse):
        pcsc.PcscConnection("Reader A", patience=0.1)
    assert fake.calls[-1][0] == "SCardBeginTransaction"
    # the attempt that nobody waits for any more leaves the card as it found it
    let_go.set()
    assert released.wait(5)
    called = [name for name, _ in fake.calls]
    assert called[-3:] == ["SCardEndTransaction", "SCardDisconnect", "SCardReleaseContext"]
    assert ("SCardDisconnect", (9, 0)) in fake.calls


def test_a_transaction_that_cannot_begin_lets_go_of_the_card(scard):
    fake = scard(SCardBeginTransaction=0x80100069)
    with pytest.raises(errors.CardRemoved):
        pcsc.PcscReader("Reader A").connect()
    assert fake.calls[-1][0] == "SCardReleaseContext"


@pytest.mark.parametrize(("reset", "disposition"), [(True, 1), (False, 0)])
def test_closing_resets_the_card_unless_told_not_to(scard, reset, disposition):
    fake = scard()
    connection = pcsc.PcscConnection("Reader A", reset_on_close=reset)
    connection.close()
    assert ("SCardDisconnect", (9, disposition)) in fake.calls
    with pytest.raises(errors.CardRemoved):
        connection.transmit(b"\x00\x84\x00\x00\x01")


def test_waiting_ends_when_nothing_comes(scard):
    scard()
    pcsc.PcscReader("Reader A").wait_for_card(0)
    with pytest.raises(errors.NoCard):
        pcsc.PcscReader("Reader B").wait_for_card(0.1)
    with pytest.raises(errors.CardInUse):
        pcsc.PcscReader("Reader A").wait_until_empty(0.1)


def test_without_pyscard_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "smartcard", None)
    monkeypatch.setitem(sys.modules, "smartcard.scard", None)
    with pytest.raises(errors.MissingExtra, match=r"jpki\[pcsc\]"):
        pcsc.readers()
