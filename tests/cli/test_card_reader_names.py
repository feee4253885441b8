"""Readers with Japanese names, readers that come late, and errors that name the cure."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from jpki import errors
from jpki.backends import foreign_names, pcsc

NAMES = ["ソニー パソリ 0", "ＡＣＳ ﾘｰﾀﾞｰ 00", "Reader 2"]


class FakeScard:
    """pyscard on a machine with three readers. Like pyscard it takes ASCII names alone."""

    SCARD_SCOPE_USER = SCARD_SHARE_SHARED = SCARD_PROTOCOL_T0 = SCARD_LEAVE_CARD = 0
    SCARD_PROTOCOL_T1 = SCARD_PCI_T0 = 2
    SCARD_PCI_T1 = SCARD_RESET_CARD = 1
    SCARD_STATE_UNAWARE = 0
    SCARD_STATE_PRESENT, SCARD_STATE_EXCLUSIVE, SCARD_STATE_INUSE = 0x20, 0x80, 0x100
    SCARD_STATE_MUTE = 0x200

    def __init__(self):
        self.names = list(NAMES)
        self.flags = {}
        self.list_code = 0
        self.connect_code = 0

    def SCardEstablishContext(self, _scope):  # noqa: N802  pyscard's names
        return 0, 7

    def SCardReleaseContext(self, _context):  # noqa: N802
        return 0

    def SCardListReaders(self, _context, _groups):  # noqa: N802
        return self.list_code, self.names

    def SCardGetStatusChange(self, _context, _timeout, states):  # noqa: N802
        for name, _ in states:
            name.encode("ascii")
        return 0, [(name, self.flags.get(name, 0x10), [0x3B, 0x80]) for name, _ in states]

    def SCardConnect(self, _context, name, _share, _protocols):  # noqa: N802
        name.encode("ascii")
        return self.connect_code, 9, 2

    def SCardBeginTransaction(self, _card):  # noqa: N802
        return 0

    def SCardEndTransaction(self, _card, _disposition):  # noqa: N802
        return 0

    def SCardDisconnect(self, _card, _disposition):  # noqa: N802
        return 0

    def SCardTransmit(self, _card, _pci, _command):  # noqa: N802
        return 0, [0x90, 0x00]


@pytest.fixture
def scard(monkeypatch):
    fake = FakeScard()
    monkeypatch.setitem(sys.modules, "smartcard.scard", fake)
    monkeypatch.setitem(sys.modules, "smartcard", fake)
    monkeypatch.setattr(
        foreign_names, "state", lambda context, name, timeout: (0, fake.flags.get(name, 0x10), b"")
    )
    monkeypatch.setattr(foreign_names, "connect", lambda *_: (fake.connect_code, 9, 2))
    return fake


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("パソリ", NAMES[0]),
        (unicodedata.normalize("NFD", "パソリ"), NAMES[0]),  # as macOS keeps kana with marks
        ("ACS リーダー", NAMES[1]),  # the system has full-width letters and half-width kana
        ("acs", NAMES[1]),
        ("reader 2", NAMES[2]),
    ],
)
def test_a_name_is_found_however_it_is_typed(scard, typed, name):
    assert pcsc.find_reader(typed).name == name


def test_a_name_that_fits_none_is_told_with_the_names_there_are(scard):
    with pytest.raises(errors.NoReader, match="ソニー パソリ 0"):
        pcsc.find_reader("ソニー パソリ 9")


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_of_any_name_is_looked_at_and_spoken_to(scard, name):
    scard.flags[name] = 0x20 | 0x100
    reader = pcsc.PcscReader(name)
    state = reader.state()
    assert (state.present, state.in_use, state.exclusive, state.mute) == (True, True, False, False)
    with reader.connect() as connection:
        assert connection.transmit(b"\x00\x84\x00\x00") == b"\x90\x00"


def test_the_only_reader_with_a_card_is_found_among_japanese_names(scard):
    scard.flags[NAMES[1]] = 0x20
    assert pcsc.find_reader().name == NAMES[1]


def test_another_system_says_to_rename_the_reader(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(errors.NoReader, match="another name"):
        foreign_names.state(7, NAMES[0], 0)


# waiting


def test_waiting_counts_readers_that_are_connected_meanwhile(scard, monkeypatch):
    scard.names, told, slept = [], [], []
    scard.flags[NAMES[2]] = 0x20

    def connect_reader(seconds):
        slept.append(seconds)
        scard.names = [NAMES[2]]

    monkeypatch.setattr(pcsc.time, "sleep", connect_reader)
    found = pcsc.wait_for_reader_with_card(timeout=5, on_wait=told.append)
    assert (found.name, len(told), len(slept)) == (NAMES[2], 1, 1)


def test_waiting_tells_once_a_second_and_ends_with_what_was_missing(scard, monkeypatch):
    clock = [0.0]
    told = []
    monkeypatch.setattr(pcsc.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(pcsc.time, "sleep", lambda s: clock.__setitem__(0, clock[0] + s))
    with pytest.raises(errors.NoCard):
        pcsc.wait_for_reader_with_card("Reader 2", timeout=3, on_wait=told.append)
    assert [round(left) for left in told] == [3, 2, 1]


def test_waiting_does_not_hide_that_the_service_is_missing(scard):
    scard.list_code = 0x8010001D
    with pytest.raises(errors.NoReaderService):
        pcsc.wait_for_reader_with_card(timeout=5)


# the cure


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        (0x8010000B, "close the other program"),
        (0x8010000C, "put the card on the reader"),
        (0x8010001D, "start the smart card service"),
        (0x80100066, "clean its contacts"),
        (0x8010006A, "polkit"),
        (0x80100009, "name one that exists"),
        (0x80100069, "put the card back"),
        (0x80100068, "put the card back"),
    ],
)
def test_an_error_at_the_door_names_the_cure(scard, code, cure):
    scard.connect_code = code
    with pytest.raises(errors.CardError) as caught:
        pcsc.PcscReader("Reader 2").connect()
    assert cure in str(caught.value)


def test_no_reader_at_all_names_the_driver(scard):
    scard.names = []
    with pytest.raises(errors.NoReader, match="libccid"):
        pcsc.find_reader()
