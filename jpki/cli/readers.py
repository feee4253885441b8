"""Which reader a command uses, how long it waits for a card, and what is told of the exchange."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from jpki.backends import pcsc
from jpki.card.apdu import CommandApdu
from jpki.card.connection import CardConnection
from jpki.card.token import Identity, identify
from jpki.card.trace import masked
from jpki.errors import MalformedApdu, UnsupportedCard

__all__ = ["CardDesk", "ReaderOption", "VerboseOption", "WaitOption", "WatchedConnection"]

ReaderOption = Annotated[
    str | None,
    typer.Option(
        "--reader",
        metavar="NAME",
        envvar="JPKI_READER",
        help="The reader, by its name or a part of it. Default: the only one with a card.",
    ),
]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, metavar="SECONDS", help="How long to wait for a card.")
]
VerboseOption = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        help="Trace the exchange with the card, secrets masked; twice: with the commands' data.",
    ),
]


class WatchedConnection:
    """A connection that tells every exchange on the error stream. Secrets are never told.

    Answers are told by their length: certificates and attributes carry names and addresses.
    """

    def __init__(self, connection: CardConnection, *, level: int) -> None:
        self._connection = connection
        self._level = level

    def transmit(self, command: bytes) -> bytes:
        """Pass the command on and tell it and its answer."""
        sys.stderr.write(f"> {masked(command) if self._level > 1 else _headline(command)}\n")
        response = self._connection.transmit(command)
        data = f"[{len(response) - 2}] " if len(response) > 2 else ""
        sys.stderr.write(f"< {data}{response[-2:].hex().upper()}\n")
        return response


def _headline(command: bytes) -> str:
    try:
        return repr(CommandApdu.parse(command))
    except MalformedApdu:
        return f"{len(command)} bytes that are no command"


@dataclass(frozen=True, slots=True)
class CardDesk:
    """Where a command meets the card."""

    reader: str | None = None
    wait: float = 0.0
    verbose: int = 0

    @contextmanager
    def connection(self) -> Iterator[CardConnection]:
        """Hold the card in a transaction of its own; it is reset when that ends."""
        found = (
            pcsc.wait_for_reader_with_card(self.reader, timeout=self.wait, on_wait=_tell_waiting)
            if self.wait
            else pcsc.find_reader(self.reader)
        )
        with found.connect() as opened:
            yield WatchedConnection(opened, level=self.verbose) if self.verbose else opened

    def identity(self) -> Identity:
        """Say what is in the reader; ``UnsupportedCard`` for what cannot be used."""
        with self.connection() as connection:
            found = identify(connection)
        if found.foreign:
            raise UnsupportedCard("this is no JPKI token; run: jpki card doctor")
        if not found.usable:
            raise UnsupportedCard("this is an old Juki card; run: jpki card doctor")
        return found


def _tell_waiting(left: float) -> None:
    sys.stderr.write(f"waiting for a card ({left:.0f} s)\n")
