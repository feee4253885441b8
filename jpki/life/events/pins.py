"""Events of the PINs. No value of a PIN is ever part of an event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from jpki.life.events.values import OfPerson
from jpki.life.events.words import CardPin, ResetPath
from jpki.terms import Medium, PinKind

__all__ = [
    "AnyPin",
    "PinBlocked",
    "PinReset",
]

AnyPin = PinKind | CardPin
"""A PIN of the JPKI application, or one of the card's other PINs."""


@dataclass(frozen=True, slots=True)
class PinBlocked(OfPerson):
    """A PIN was entered wrongly until it was blocked."""

    name: ClassVar[str] = "pin_blocked"
    told: ClassVar[tuple[str, ...]] = ("medium", "pin")
    medium: Medium
    pin: PinKind | CardPin


@dataclass(frozen=True, slots=True)
class PinReset(OfPerson):
    """A PIN was set anew on one of the paths.

    ``other_known`` says whether the holder can enter the PIN that the path asks for instead of the
    one to be set. ``reserved_at`` is the instant of the reservation a kiosk asks for.
    """

    name: ClassVar[str] = "pin_reset"
    told: ClassVar[tuple[str, ...]] = ("medium", "pin", "path")
    medium: Medium
    pin: PinKind | CardPin
    path: ResetPath = ResetPath.COUNTER
    other_known: bool = True
    reserved_at: datetime | None = None
