"""The PINs of a phone (P7, P8): their counters, changing them, and setting them anew in the app.

Nobody is told of a change; a reset is an application (RS-1, RS-2). No other path sets them.
"""

from __future__ import annotations

from collections.abc import Mapping

from jpki.card.applet import JpkiApplet
from jpki.card.layout import Credential
from jpki.card.pin import Pin, SignaturePassword, UserPin
from jpki.errors import ImpossibleFact
from jpki.law import Act, Actor
from jpki.life.events import PinReset, ResetPath
from jpki.terms import Medium, PinKind
from simulator.acting import performs
from simulator.phone.element import require_answer, require_pins, revise
from simulator.tokens import applet, phone_memory, set_pins
from simulator.world import World

__all__ = ["change_pin", "reset_signature_password", "reset_user_pin", "tries_left"]


def tries_left(world: World, device: str) -> Mapping[PinKind, int]:
    """Return how many tries each PIN of a phone has left; asking costs none, 0 means blocked."""
    require_answer(world, device)
    return applet(world, device).counters()


@performs(Actor.CITIZEN, Act.KEEP_PIN)
def change_pin(
    world: World, device: str, *, old: Pin, new: Pin, allow_last_try: bool = False
) -> None:
    """Change a PIN of a phone by its old value; a wrong one costs a try.

    Raises a ``PinError`` for a wrong, blocked or malformed PIN, or two of different kinds.
    """
    require_pins(world, device)
    applet(world, device).change(old, new, allow_last_try=allow_last_try)


@performs(Actor.CITIZEN, Act.KEEP_PIN)
def reset_signature_password(
    world: World,
    person_id: str,
    *,
    card: JpkiApplet,
    card_password: SignaturePassword,
    new: SignaturePassword,
) -> None:
    """Set the phone's signature password anew with the card and its password (RS-1)."""
    _device(world, person_id)
    card.verify(card_password)
    _reset(world, person_id, PinKind.SIGNATURE_PASSWORD, new)


@performs(Actor.CITIZEN, Act.KEEP_PIN)
def reset_user_pin(
    world: World, person_id: str, *, password: SignaturePassword, new: UserPin
) -> None:
    """Set the phone's authentication PIN anew with the phone's signature password (RS-2)."""
    applet(world, _device(world, person_id)).verify(password)
    _reset(world, person_id, PinKind.USER_PIN, new)


def _reset(world: World, person_id: str, pin: PinKind, new: SignaturePassword | UserPin) -> None:
    device = _device(world, person_id)
    with world.transaction():
        world.record(
            PinReset(
                person=person_id, medium=Medium.MOBILE_DEVICE, pin=pin, path=ResetPath.PHONE_APP
            )
        )
        set_pins(world, device, {Credential(pin.value): new})
        if pin is PinKind.USER_PIN and phone_memory(world, device).pin_entered is False:
            revise(world, device, pin_entered=True)


def _device(world: World, person_id: str) -> str:
    device = world.state().person(person_id).device
    if device is None:
        raise ImpossibleFact("no phone is enrolled")
    require_pins(world, device.id)
    return device.id
