"""A convenience-store kiosk (多機能端末): one PIN of a card is set anew by knowing the other.

First the app: card, the other PIN, and a face that is compared with the photo in the chip. It gives
a reservation, with which the kiosk sets the new value within a day (KS-1 to KS-10). A kiosk issues
and renews no certificates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jpki.card.pin import Pin
from jpki.errors import Refused
from jpki.law import Act, Actor
from jpki.life.events import ResetPath
from jpki.terms import PinKind
from simulator import counter
from simulator.acting import performs
from simulator.tokens import applet
from simulator.world import World

__all__ = ["Reservation", "finish_pin_reset", "reserve"]


@dataclass(frozen=True, slots=True)
class Reservation:
    """What the app gives: whose PIN, which, and since when. It is the one-time password."""

    person: str
    pin: PinKind
    reserved_at: datetime


def reserve(
    world: World, person_id: str, pin: PinKind, *, other: Pin, face_matches: bool
) -> Reservation:
    """Reserve the reset of a PIN in the app, at any hour (KS-4).

    ``other`` is presented to the card, so a wrong one costs a try and raises ``WrongPin``. The face
    is never enough alone, and without it there is no reservation (KS-2).
    """
    card = counter.card_of(world.state().person(person_id)).number
    applet(world, card).verify(other)
    if not face_matches:
        row = world.book.table.row("KS-1")
        raise Refused(
            "the face is not that of the photo in the chip",
            rule=row.id,
            basis=world.book.table.basis_ja(row),
            hint="go to the counter",
        )
    return Reservation(person_id, pin, world.now)


@performs(Actor.KIOSK, Act.FINISH_PIN_RESET)
def finish_pin_reset(
    world: World,
    reservation: Reservation,
    *,
    other: Pin,
    new: Pin,
    chain: ResetPath = ResetPath.KIOSK,
) -> None:
    """Set the new value at the kiosk with card, the other PIN and the reservation (KS-3)."""
    card = counter.card_of(world.state().person(reservation.person)).number
    applet(world, card).verify(other)
    counter.reset_pins(
        world,
        reservation.person,
        {reservation.pin: new},
        path=chain,
        reserved_at=reservation.reserved_at,
    )
