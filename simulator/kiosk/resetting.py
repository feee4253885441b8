"""The two steps of a reset: a reservation in the app, the new value at the kiosk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jpki.card.card_face import CardFaceApplet
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import Refused
from jpki.law import Act, Actor
from jpki.life import decide
from jpki.life.events import PinReset, ResetPath
from jpki.terms import Medium, PinKind
from simulator import counter
from simulator.acting import performs
from simulator.card.connection import SoftwareConnection
from simulator.face import ASSUMED, FaceParameters, LiveFace, match
from simulator.kiosk import codes
from simulator.kiosk.chains import KioskChain
from simulator.tokens import applet, code_b, plugged
from simulator.world import World

__all__ = ["Reservation", "finish_pin_reset", "reserve"]

JpkiPin = SignaturePassword | UserPin


@dataclass(frozen=True, slots=True, repr=False)
class Reservation:
    """What the app shows: the one-time code, what it is for, and the last instant it is good."""

    person: str
    pin: PinKind
    code: str
    reserved_at: datetime
    expires_at: datetime

    def __repr__(self) -> str:
        return f"<Reservation of a reset of the {self.pin.value}>"


def reserve(
    world: World,
    person_id: str,
    pin: PinKind,
    *,
    other: JpkiPin,
    face: LiveFace,
    parameters: FaceParameters = ASSUMED,
) -> Reservation:
    """Reserve the reset of a PIN in the app, at any hour (KS-4).

    ``other`` is presented to the card, so a wrong one costs a try and raises ``WrongPin``,
    ``LastTry`` or ``PinBlocked``. The face is compared last, and is never enough alone (KS-2); with
    code B blocked the photo cannot be read (``PinBlocked``).
    What no kiosk could do later is refused here already, each time with its row (KS-6, KS-7, KS-10,
    KS-12). A new reservation takes the place of one that waits.
    """
    card = counter.card_of(world.state().person(person_id)).number
    _require_the_other(world, pin, other)
    _require_possible(world, person_id, pin, ResetPath.KIOSK, world.now, hours=False)
    applet(world, card).verify(other)
    # The photo is read with code B, as printed; that the app does it so is inferred.
    reader = CardFaceApplet(SoftwareConnection(plugged(world, card)))
    reader.verify(code_b(world, card), allow_last_try=True)
    told = match(world, person_id, face, parameters=parameters)
    if not told.accepted:
        raise _refused(world, "KS-1", "the face is not that of the photo in the chip")
    code = codes.made(world, person_id, card, pin)
    return Reservation(person_id, pin, code, world.now, codes.expiry(world, world.now))


@performs(Actor.KIOSK, Act.FINISH_PIN_RESET)
def finish_pin_reset(
    world: World,
    person_id: str,
    *,
    code: str,
    other: JpkiPin,
    new: JpkiPin,
    chain: KioskChain = KioskChain.SEVEN_ELEVEN,
) -> None:
    """Set the new value at the kiosk with card, the other PIN and the one-time code (KS-3).

    Which PIN is set follows from ``new``. The kiosk looks first whether it may (the rows of
    ``pin.toml``, with its hours and the age of the reservation), then at the code, and presents the
    PIN last: a refusal before that costs no try of the card, and only a success spends the code.
    Serial numbers and keys stay (KS-9).
    """
    pin = new.kind
    card = counter.card_of(world.state().person(person_id)).number
    _require_the_other(world, pin, other)
    waiting = codes.kept(world, person_id, pin)
    since = waiting.reserved_at if waiting is not None else None
    _require_possible(world, person_id, pin, chain.path, since)
    slip = codes.require(world, person_id, card, pin, code)
    applet(world, card).verify(other)
    with world.transaction():
        codes.spend(world, person_id, pin, slip)
        counter.reset_pins(
            world, person_id, {pin: new}, path=chain.path, reserved_at=slip.reserved_at
        )


def _require_the_other(world: World, pin: PinKind, other: JpkiPin) -> None:
    if other.kind is pin:
        raise _refused(world, "KS-1", "the PIN that is known is not the one to be set anew")


def _require_possible(
    world: World,
    person_id: str,
    pin: PinKind,
    path: ResetPath,
    reserved_at: datetime | None,
    *,
    hours: bool = True,
) -> None:
    """Refuse what the tables would refuse, before a PIN or a code is asked for; nothing is written.

    The hours are the last thing that a row asks for, so when they alone are in the way and do not
    matter, all the rest holds.
    """
    event = PinReset(
        person=person_id, medium=Medium.CARD, pin=pin, path=path, reserved_at=reserved_at
    )
    try:
        decide(world.state(), event, at=world.now)
    except Refused as refusal:
        if hours or refusal.rule != "KS-5":
            raise


def _refused(world: World, row_id: str, message: str) -> Refused:
    table = world.book.table
    basis = table.basis_ja(table.row(row_id))
    return Refused(message, rule=row_id, basis=basis, hint="go to the counter")
