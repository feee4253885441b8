"""The software card through pcscd and the virtual reader, beside a card that only echoes.

The road (client, pcscd, driver, socket) is the same for both, in two slots of one private reader,
so the difference is what the card itself takes.
"""

from __future__ import annotations

import atexit
import os
from typing import Final

from benchmarks.card import card
from benchmarks.measure import Benchmark, Case
from jpki.backends.pcsc import PcscConnection, find_reader
from simulator.card.connection import SoftwareCard
from simulator.reader import PrivateReader

__all__ = ["BENCHMARK"]

_SELECT_JPKI: Final = bytes.fromhex("00A4040C0AD392F000260100000001")
_SELECT_FILE: Final = bytes.fromhex("00A4020C02000A")
_READ: Final = bytes.fromhex("00B0000000")
_SOCKET: Final = "PCSCLITE_CSOCK_NAME"
_PATIENCE: Final = 5.0


class _Echo(SoftwareCard):
    """A card that says 9000 to everything, and 256 bytes before it to READ BINARY."""

    def transmit(self, command: bytes) -> bytes:
        return bytes(256 * (command[1] == _READ[1])) + b"\x90\x00"


def _opened(reader: PrivateReader, which: SoftwareCard, slot: int) -> PcscConnection:
    inserted = reader.connect_card(which, slot=slot)
    inserted.wait_until_present()
    found = find_reader(f"00 {slot:02X}")
    found.wait_for_card(_PATIENCE)
    connection = found.connect()
    atexit.register(inserted.pull_out)
    atexit.register(connection.close)
    return connection


def _prepare() -> tuple[Case, ...]:
    reader = PrivateReader()
    reader.start()
    atexit.register(reader.stop)
    os.environ[_SOCKET] = reader.environment[_SOCKET]
    ours, echo = _opened(reader, card(), 0), _opened(reader, _Echo(card().memory), 1)
    ours.transmit(_SELECT_JPKI)
    ours.transmit(_SELECT_FILE)
    return (
        Case("echo card, SELECT", lambda: echo.transmit(_SELECT_FILE), 1, "APDUs"),
        Case("software card, SELECT of a file", lambda: ours.transmit(_SELECT_FILE), 1, "APDUs"),
        Case("echo card, 256 bytes", lambda: echo.transmit(_READ), 1, "APDUs"),
        Case("software card, READ of 256 bytes", lambda: ours.transmit(_READ), 1, "APDUs"),
    )


BENCHMARK = Benchmark(
    "reader",
    "The software card as a card in a reader: pyscard, pcscd, the virtual reader's driver, a "
    "socket, the card and back. Each APDU should take no more than 1.5 times what the echo card "
    "in the other slot takes, which stands above it.",
    _prepare,
)
