"""The door to a PC/SC reader: the card's side of the vpcd socket protocol.

The card connects by TCP to the reader. Every message is a two-byte big-endian length and that many
bytes. A message of one byte is a control: 00 power off, 01 power on, 02 reset, 04 give the ATR, the
only one that is answered. Anything longer is a command APDU and is answered by a response APDU.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable
from enum import Enum, IntEnum
from typing import Final

from jpki.card.apdu import StatusWord
from jpki.errors import CardError, CardRemoved, NoReader
from simulator.card.connection import SoftwareCard

__all__ = ["DEFAULT_PORT", "Departure", "dial", "serve", "serve_socket"]

DEFAULT_PORT: Final = 35963  # 0x8C7B, slot 0 as the driver is shipped; slot 1 is the next
_PATIENCE: Final = 5.0
_POLL: Final = 0.1
_SEND_TIMEOUT: Final = 5.0
_MAX_MESSAGE: Final = 0xFFFF
_RECEIVE: Final = 65536

_log = logging.getLogger("jpki.vpcd")


class _Control(IntEnum):
    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    ATR = 4


class Departure(Enum):
    """Why the card is no longer in the reader."""

    STOPPED = "the card was taken out as asked"
    CARD_REMOVED = "the card was pulled out"
    READER_GONE = "the reader went away"


def serve(
    card: SoftwareCard,
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    stop_event: threading.Event,
    on_ready: Callable[[], None] | None = None,
) -> Departure:
    """Put the card into the reader that listens there, and stay until something ends it.

    ``on_ready`` is called once the reader has powered the card on. Raises ``NoReader`` when nobody
    listens within a few seconds, and ``CardError`` for an address that is not this machine's.
    """
    with dial(host, port, stop_event=stop_event) as connected:
        return serve_socket(card, connected, stop_event=stop_event, on_ready=on_ready)


def dial(
    host: str,
    port: int,
    *,
    stop_event: threading.Event,
    patience: float = _PATIENCE,
) -> socket.socket:
    """Connect to a reader on this machine, retrying while it starts."""
    if not _is_loopback(host):
        raise CardError("a simulated card goes into a reader on this machine only")
    deadline = time.monotonic() + patience
    while True:
        try:
            return socket.create_connection((host, port), timeout=_SEND_TIMEOUT)
        except OSError as error:
            if time.monotonic() >= deadline or stop_event.wait(_POLL):
                raise NoReader(
                    f"no virtual reader listens on port {port}",
                    hint="start pcscd with the driver of the Debian package vsmartcard-vpcd",
                ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve_socket(
    card: SoftwareCard,
    connected: socket.socket,
    *,
    stop_event: threading.Event,
    on_ready: Callable[[], None] | None = None,
) -> Departure:
    """Answer a reader on a connected socket until the card, the reader or the caller ends it."""
    session = _Session(card, on_ready)
    buffer = bytearray()
    while True:
        if stop_event.is_set():
            card.power_off()
            return Departure.STOPPED
        if not card.present:
            return Departure.CARD_REMOVED
        received = _receive(connected)
        if received is None:
            continue
        if not received:
            card.power_off()
            return Departure.READER_GONE
        buffer += received
        try:
            for message in _messages(buffer):
                _answer(session, connected, message)
        except CardRemoved:
            return Departure.CARD_REMOVED
        except OSError:
            card.power_off()
            return Departure.READER_GONE


def _receive(connected: socket.socket) -> bytes | None:
    """Return what has come, ``None`` when nothing has, nothing when the reader is gone."""
    connected.settimeout(_POLL)
    try:
        received = connected.recv(_RECEIVE)
    except TimeoutError:
        return None
    except OSError:
        return b""
    _acknowledge_at_once(connected)
    return received


def _acknowledge_at_once(connected: socket.socket) -> None:
    """Send no delayed acknowledgement.

    The driver sends length and payload apart without TCP_NODELAY, so each APDU would wait 40 ms
    for ours. The option does not stick and is set after every receive.
    """
    if connected.family is socket.AF_UNIX:
        return
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _messages(buffer: bytearray) -> list[bytes]:
    """Take the complete messages out of what has been received."""
    found = []
    while len(buffer) >= 2:
        length = int.from_bytes(buffer[:2], "big")
        if len(buffer) < 2 + length:
            break
        found.append(bytes(buffer[2 : 2 + length]))
        del buffer[: 2 + length]
    return found


def _answer(session: _Session, connected: socket.socket, message: bytes) -> None:
    reply = session.reply(message)
    if reply is None:
        return
    connected.settimeout(_SEND_TIMEOUT)
    connected.sendall(len(reply).to_bytes(2, "big") + reply)  # one send: see above
    session.answered(message)


class _Session:
    """What one stay in the reader says to each message."""

    def __init__(self, card: SoftwareCard, on_ready: Callable[[], None] | None) -> None:
        self._card = card
        self._on_ready = on_ready
        self._powered = False

    def reply(self, message: bytes) -> bytes | None:
        """Return the answer to a message, or ``None`` when there is none to give."""
        if not message:
            return None
        if len(message) > 1:
            return self._transmit(message)
        match message[0]:
            case _Control.POWER_OFF:
                self._card.power_off()
            case _Control.POWER_ON:
                self._card.power_on()
                self._powered = True
            case _Control.RESET:
                self._card.reset()
            case _Control.ATR:
                return self._card.atr
            case unknown:
                _log.debug("unknown control %02X", unknown)
        return None

    def answered(self, message: bytes) -> None:
        """Report readiness with the first ATR given after power-on: the reader then has it."""
        if self._on_ready is not None and self._powered and message == b"\x04":
            on_ready, self._on_ready = self._on_ready, None
            on_ready()

    def _transmit(self, command: bytes) -> bytes:
        try:
            response = self._card.transmit(command)
        except CardRemoved:
            raise
        except Exception as error:  # a card that hangs would block every client
            _log.error("the card failed: %s", type(error).__name__)
            response = _INTERNAL_FAILURE
        return response if len(response) <= _MAX_MESSAGE else _INTERNAL_FAILURE


_INTERNAL_FAILURE: Final = StatusWord.INTERNAL_FAILURE.to_bytes(2, "big")
