"""The PINs of a chip, as whoever may set them anew writes them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jpki.card.layout import JPKI_ON_CARD, Credential
from jpki.card.pin import Pin
from jpki.errors import ImpossibleFact
from jpki.terms import PinKind
from simulator.card.contents.jpki import token_of
from simulator.card.memory import PinState, pin_name
from simulator.tokens.chip import TokenPins, memory_of, read_chip, write_chip
from simulator.world import World

__all__ = ["disable_pins", "set_pins", "tries_kept"]

_HELD_BY_THE_HOLDER: Final = (
    Credential.SIGNATURE_PASSWORD,
    Credential.USER_PIN,
    Credential.INPUT_SUPPORT_PIN,
    Credential.JUKI_PIN,
)


def set_pins(world: World, name: str, new: Mapping[Credential, Pin | None]) -> None:
    """Set PINs of a chip anew, with all their tries, wherever the chip keeps a copy.

    ``None`` gives a value back its tries and leaves it as it is: so are codes unblocked that follow
    from what is printed. Raises ``ImpossibleFact`` for a PIN that the chip does not have.
    """
    chip = read_chip(world, name)
    memory = memory_of(world, name, chip, TokenPins(None, None)).with_pin_states(chip.pins)
    for credential, pin in new.items():
        copies = [
            (held.application.aid, state)
            for held in memory.all
            for state in held.pins.values()
            if state.rule.credential is credential
        ]
        if not copies:
            raise ImpossibleFact(f"{name!r} has no {credential.value}")
        for aid, state in copies:
            written = state.restored() if pin is None else PinState.fresh(state.rule, pin.reveal())
            memory = memory.with_pin(aid, written)
    write_chip(world, name, chip.model_copy(update={"pins": memory.pin_states()}))


def disable_pins(world: World, name: str) -> None:
    """Take the holder's four PINs off a card, as on a face-only card (施行規則 42(3)).

    Such a PIN is as one that was never set: blocked. Codes that are printed stay.
    """
    chip = read_chip(world, name)
    memory = memory_of(world, name, chip, TokenPins(None, None)).with_pin_states(chip.pins)
    for held in memory.all:
        for state in held.pins.values():
            if state.rule.credential in _HELD_BY_THE_HOLDER:
                memory = memory.with_pin(held.application.aid, PinState.unset(state.rule))
    write_chip(world, name, chip.model_copy(update={"pins": memory.pin_states()}))


def tries_kept(world: World, name: str) -> Mapping[PinKind, int]:
    """Return how many tries each PIN of the JPKI application has left, as written on the chip.

    Neither the chip nor any key is used for it, so it is known in a world without keys, too.
    """
    chip = read_chip(world, name)
    application = token_of(chip.profile).application or JPKI_ON_CARD
    kept = {
        rule.kind: chip.pins[pin_name(application, rule)]["tries_left"]
        for rule in application.pins
        if rule.kind is not None
    }
    return MappingProxyType(kept)
