"""Phones that answer by themselves, for tests that have no holder at hand. No real phone does.

The PINs are kept with the setting, as the chip of a simulated phone keeps its own; the phone still
compares them, so a wrong one costs a try and a locked one opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from jpki.card.pin import SignaturePassword, UserPin
from simulator.approvals.model import Entry, RequestKind
from simulator.approvals.records import Tables

__all__ = ["Automatic", "Settings"]


@dataclass(frozen=True, slots=True, repr=False)
class Automatic:
    """What a phone enters by itself; what it has nothing for waits for the holder.

    ``biometrics`` is for authentication alone: nothing but the password signs (PN-6).
    """

    password: str = ""
    pin: str = ""
    biometrics: bool = False

    def __repr__(self) -> str:
        return "<Automatic>"

    def entry_for(self, kind: RequestKind) -> Entry | None:
        """Return what is entered for a request of this kind; ``None`` leaves it to the holder."""
        if kind in (RequestKind.SIGNATURE, RequestKind.ITEMS):
            return Entry(password=SignaturePassword(self.password)) if self.password else None
        if kind is not RequestKind.AUTHENTICATION:
            return None
        if self.biometrics:
            return Entry(biometrics=True)
        return Entry(pin=UserPin(self.pin)) if self.pin else None


class Settings:
    """The settings of each phone."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __repr__(self) -> str:
        return "<Settings>"

    def of(self, device: str) -> Automatic | None:
        """Return how a phone answers by itself; ``None`` for one that leaves it to its holder."""
        row = self._tables.automatic(device)
        if row is None:
            return None
        return Automatic(row["password"], row["pin"], bool(row["biometrics"]))

    def set(self, device: str, automatic: Automatic | None) -> None:
        """Let a phone answer by itself; ``None`` leaves it to its holder again.

        Raises ``MalformedPin`` for PINs that no phone takes.
        """
        if automatic is None:
            self._tables.set_automatic(device, None)
            return
        for shape, text in ((SignaturePassword, automatic.password), (UserPin, automatic.pin)):
            if text:
                shape(text).wipe()
        row = {
            "password": automatic.password,
            "pin": automatic.pin,
            "biometrics": int(automatic.biometrics),
        }
        self._tables.set_automatic(device, row)
