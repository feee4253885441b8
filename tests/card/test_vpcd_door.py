"""The socket door: controls, frames whole and broken, and every way to leave."""

import socket
import threading

import pytest

from jpki.errors import CardError, NoReader
from simulator.card.connection import SoftwareCard
from simulator.card.vpcd import Departure, dial, serve, serve_socket
from tests.card import specimens

POWER_OFF, POWER_ON, RESET, ATR = b"\x00", b"\x01", b"\x02", b"\x04"
SELECT = bytes.fromhex("00A4040C0AD392F000260100000001")


class Reader:
    """The reader's side of a card that is being served by a thread."""

    def __init__(self, card, *, on_ready=None):
        self.card = card
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(5)
        self.stop = threading.Event()
        self.departure = None
        self.thread = threading.Thread(target=self._run, args=(theirs, on_ready))
        self.thread.start()

    def _run(self, theirs, on_ready):
        with theirs:
            self.departure = serve_socket(
                self.card, theirs, stop_event=self.stop, on_ready=on_ready
            )

    def send(self, message):
        self.socket.sendall(len(message).to_bytes(2, "big") + message)

    def receive(self):
        length = int.from_bytes(self._exactly(2), "big")
        return self._exactly(length)

    def _exactly(self, count):
        found = b""
        while len(found) < count:
            part = self.socket.recv(count - len(found))
            if not part:
                raise EOFError
            found += part
        return found

    def ask(self, message):
        self.send(message)
        return self.receive()

    def close(self):
        self.stop.set()
        self.thread.join(5)
        self.socket.close()
        assert not self.thread.is_alive()


@pytest.fixture
def card():
    return specimens.card()


@pytest.fixture
def reader(card):
    reader = Reader(card)
    yield reader
    reader.close()


def test_only_the_atr_is_answered_among_the_controls(reader, card):
    for control in (POWER_ON, RESET, POWER_OFF, b"\x03", b"\xff", b""):
        reader.send(control)
    assert reader.ask(ATR) == card.atr == bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B")


def test_an_apdu_is_answered_by_a_response(reader):
    reader.send(POWER_ON)
    assert reader.ask(SELECT).hex() == "9000"
    assert reader.ask(bytes.fromhex("00200098")).hex() == "63c3"


@pytest.mark.parametrize("control", [POWER_OFF, POWER_ON, RESET])
def test_power_and_reset_clear_the_status(reader, control):
    assert reader.ask(SELECT).hex() == "9000"
    assert reader.ask(bytes.fromhex("002000980431323334")).hex() == "9000"
    reader.send(control)
    assert reader.ask(SELECT).hex() == "9000"
    assert reader.ask(bytes.fromhex("802A0097010000")).hex() == "6982"


def test_frames_may_come_in_pieces_and_together(reader):
    frame = len(SELECT).to_bytes(2, "big") + SELECT
    for byte in frame:
        reader.socket.sendall(bytes((byte,)))
    assert reader.receive().hex() == "9000"
    reader.socket.sendall(frame * 3)
    assert [reader.receive().hex() for _ in range(3)] == ["9000"] * 3


@pytest.mark.parametrize("junk", [b"\x00\xa4", b"\x00\xa4\x04", bytes(65535)])
def test_a_frame_that_is_no_command_is_answered_with_6700(reader, junk):
    assert reader.ask(junk).hex() == "6700"
    assert reader.ask(SELECT).hex() == "9000"


def test_an_answer_too_long_for_a_frame_is_an_internal_failure(card):
    class Talkative(SoftwareCard):
        def transmit(self, command):
            return bytes(65536)

    reader = Reader(Talkative(card.memory))
    assert reader.ask(SELECT).hex() == "6f00"
    reader.close()


def test_a_card_that_fails_answers_6f00_and_goes_on(card):
    class Failing(SoftwareCard):
        def transmit(self, command):
            raise RuntimeError("a fault")

    reader = Reader(Failing(card.memory))
    assert reader.ask(SELECT).hex() == "6f00"
    assert reader.ask(ATR) == card.atr
    reader.close()


def test_the_card_is_ready_once_it_was_powered_and_gave_its_atr(card):
    ready = threading.Event()
    reader = Reader(card, on_ready=ready.set)
    reader.ask(ATR)
    assert not ready.is_set()
    reader.send(POWER_ON)
    reader.ask(ATR)
    assert ready.wait(5)
    reader.close()


def test_stopping_takes_the_card_out_in_the_middle_of_a_frame(reader):
    reader.socket.sendall(b"\x00\x10\x00")
    reader.stop.set()
    reader.thread.join(5)
    assert reader.departure is Departure.STOPPED
    with pytest.raises(EOFError):
        reader.receive()


def test_a_card_pulled_out_during_a_command_leaves_without_an_answer(reader, card):
    card.remove_during(0xA4)
    reader.send(SELECT)
    with pytest.raises(EOFError):
        reader.receive()
    reader.thread.join(5)
    assert reader.departure is Departure.CARD_REMOVED


def test_a_card_that_is_removed_leaves_the_reader(reader, card):
    card.remove()
    reader.thread.join(5)
    assert reader.departure is Departure.CARD_REMOVED


def test_a_reader_that_goes_away_ends_the_stay(reader):
    reader.send(b"")
    reader.socket.shutdown(socket.SHUT_RDWR)
    reader.thread.join(5)
    assert reader.departure is Departure.READER_GONE


def test_nobody_listening_is_a_named_error():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(NoReader, match=str(port)):
        dial("127.0.0.1", port, stop_event=threading.Event(), patience=0.2)


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "::"])
def test_a_card_goes_into_no_reader_elsewhere(host):
    with pytest.raises(CardError, match="on this machine"):
        dial(host, 1, stop_event=threading.Event())


def test_the_card_waits_for_a_reader_that_starts_late(card):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        stop, departures = threading.Event(), []
        thread = threading.Thread(
            target=lambda: departures.append(serve(card, port=port, stop_event=stop))
        )
        thread.start()
        listening.listen()
        listening.settimeout(5)
        connected, _ = listening.accept()
        with connected:
            connected.settimeout(5)
            connected.sendall(b"\x00\x01\x04")
            assert connected.recv(100)[2:] == card.atr
            stop.set()
            thread.join(5)
    assert departures == [Departure.STOPPED]
