"""The seam between the card's language and whatever carries it.

Everything above it runs without hardware: the software card in process, the PC/SC backend and a
played-back trace all satisfy these two protocols.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["CardConnection", "CardReader"]


@runtime_checkable
class CardConnection(Protocol):
    """A card that is present and powered."""

    def transmit(self, command: bytes) -> bytes:
        """Send one command APDU and return the response APDU, status word included.

        Raises a ``CardError`` when there was no answer; a refusal by the card is an answer.
        """
        ...


class CardReader(Protocol):
    """A place a card can be put."""

    @property
    def name(self) -> str:
        """The name the reader service gives it."""
        ...

    def connect(self) -> CardConnection:
        """Power the card and return a connection; ``NoCard`` when the reader is empty."""
        ...
