"""A chip as the world keeps it, and the memory that it is played with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from jpki.card.layout import TokenKind
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.life import Authority
from jpki.terms import Purpose
from simulator.card.behaviour import CardBehaviour
from simulator.card.contents import CardFace, CardPins, JpkiContents, card_memory, jpki_memory
from simulator.card.memory import Memory
from simulator.tokens.printed import Printed
from simulator.world import World

__all__ = ["Chip", "PhoneMemory", "Slot", "TokenPins", "memory_of", "read_chip", "write_chip"]


class Slot(BaseModel):
    """A certificate on a chip: its serial number and the label of its key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    serial: int | None = None
    key: str | None = None
    generation: int


class PhoneMemory(BaseModel):
    """What a phone knows of itself, besides its chip: nobody else is told.

    ``online``: whether it reaches the agency. ``working``: whether its chip still answers.
    ``biometrics``: whether a finger or face is enrolled and switched on; ``pin_entered``: whether
    the PIN was given since another one was enrolled, ``None`` while none was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    online: bool = True
    working: bool = True
    biometrics: bool = True
    pin_entered: bool | None = None


class Chip(BaseModel):
    """A chip as it is written down: whose it is, what it holds, its PINs and their counters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    holder: str
    profile: TokenKind
    slots: dict[Purpose, Slot]
    pins: dict[str, dict[str, Any]]
    printed: Printed | None = None
    phone: PhoneMemory | None = None


@dataclass(frozen=True, slots=True)
class TokenPins:
    """The PINs a chip is made with.

    The three four-digit PINs of a card may be the same digits, and in practice they are (PN-1): the
    input support PIN and the resident register PIN are the user PIN unless they are given.
    ``same_digits=False`` leaves those that are not given unset, which is blocked.
    """

    signature_password: SignaturePassword | None
    user_pin: UserPin | None
    input_support_pin: UserPin | None = None
    juki_pin: UserPin | None = None
    same_digits: bool = True

    def on_card(self) -> CardPins:
        """Return the four PINs of a card."""
        default = self.user_pin if self.same_digits else None
        return CardPins(
            signature_password=self.signature_password,
            user_pin=self.user_pin,
            input_support_pin=self.input_support_pin or default,
            juki_pin=self.juki_pin or default,
        )


def write_chip(world: World, name: str, chip: Chip) -> None:
    """Write a chip down in the place of what was there."""
    world.store.set_chip(name, json.dumps(chip.model_dump(mode="json"), sort_keys=True))


def read_chip(world: World, name: str) -> Chip:
    """Return a chip of the world; ``ImpossibleFact`` when there is none of this name."""
    kept = world.store.chip(name)
    if kept is None:
        raise ImpossibleFact(f"this world has no chip {name!r}")
    try:
        return Chip.model_validate_json(kept)
    except ValidationError:
        # ``from None``: the original message would quote the PINs.
        raise MalformedDocument(f"the chip {name!r} cannot be read") from None


def memory_of(
    world: World,
    name: str,
    chip: Chip,
    pins: TokenPins,
    behaviour: CardBehaviour | None = None,
) -> Memory:
    """Return what a chip is played with: its files and keys, and ``pins`` with all their tries."""
    signature = _contents(world, Purpose.SIGNATURE, chip.slots[Purpose.SIGNATURE])
    authentication = _contents(
        world, Purpose.USER_AUTHENTICATION, chip.slots[Purpose.USER_AUTHENTICATION]
    )
    if chip.printed is None:
        return jpki_memory(
            signature=signature,
            user_authentication=authentication,
            signature_password=pins.signature_password,
            user_pin=pins.user_pin,
            profile=chip.profile,
            behaviour=behaviour,
        )
    likeness = world.chance.stream(f"likeness/{chip.holder}").bytes(32)
    return card_memory(
        CardFace(chip.printed.holder(likeness), name, world.keys),
        signature=signature,
        user_authentication=authentication,
        pins=pins.on_card(),
        profile=chip.profile,
        behaviour=behaviour,
    )


def _contents(world: World, purpose: Purpose, slot: Slot) -> JpkiContents:
    authority = world.agency.authority(Authority(purpose, slot.generation))
    return JpkiContents(
        ca_certificate=authority.certificate.der,
        certificate=(
            world.store.certificate(purpose.value, slot.serial) if slot.serial is not None else None
        ),
        key=world.keys.rsa(slot.key) if slot.key is not None else None,
    )
