"""The chips of a world: cards and phones that were made in it, with their counters.

A chip's certificates and keys can be made again from the log and the seed; its PINs and counters
cannot, so they are written down before the chip answers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from jpki.card.applet import JpkiApplet
from jpki.card.layout import TokenKind
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.life import Authority
from jpki.terms import Purpose
from simulator.card.connection import SoftwareCard, SoftwareConnection
from simulator.card.contents import JpkiContents, jpki_memory
from simulator.card.memory import Memory
from simulator.world import World

__all__ = [
    "Slot",
    "TokenPins",
    "applet",
    "make_token",
    "plugged",
    "replace_certificate",
    "token_names",
]


class Slot(BaseModel):
    """A certificate on a chip: its serial number and the label of its key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    serial: int | None = None
    key: str | None = None
    generation: int


class _Chip(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    holder: str
    profile: TokenKind
    slots: dict[Purpose, Slot]
    pins: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TokenPins:
    """The PINs a chip is made with."""

    signature_password: SignaturePassword | None
    user_pin: UserPin | None


def make_token(
    world: World,
    name: str,
    *,
    holder: str,
    profile: TokenKind,
    slots: dict[Purpose, Slot],
    pins: TokenPins,
) -> None:
    """Make a chip and write its certificates, keys and PINs."""
    memory = _memory(world, profile, slots, pins)
    _keep(
        world,
        name,
        _Chip(holder=holder, profile=profile, slots=slots, pins=memory.pin_states()),
    )


def replace_certificate(world: World, name: str, purpose: Purpose, slot: Slot) -> None:
    """Write a new certificate and key onto a chip; its PINs stay as they are."""
    chip = _chip(world, name)
    _keep(world, name, chip.model_copy(update={"slots": {**chip.slots, purpose: slot}}))


def plugged(world: World, name: str) -> SoftwareCard:
    """Return the chip as a software card whose counters are written down before it answers."""
    chip = _chip(world, name)
    blank = _memory(world, chip.profile, chip.slots, TokenPins(None, None))

    def keep(memory: Memory) -> None:
        _keep(world, name, chip.model_copy(update={"pins": memory.pin_states()}))

    return SoftwareCard(blank.with_pin_states(chip.pins), on_memory_change=keep)


def applet(world: World, name: str) -> JpkiApplet:
    """Return the library's client for a chip, connected in this process and powered on."""
    return JpkiApplet(SoftwareConnection(plugged(world, name)))


def token_names(world: World, holder: str) -> tuple[str, ...]:
    """Return the names of a person's chips, oldest first."""
    return tuple(name for name in world.store.chips() if _chip(world, name).holder == holder)


def _keep(world: World, name: str, chip: _Chip) -> None:
    world.store.set_chip(name, json.dumps(chip.model_dump(mode="json"), sort_keys=True))


def _chip(world: World, name: str) -> _Chip:
    kept = world.store.chip(name)
    if kept is None:
        raise ImpossibleFact(f"this world has no chip {name!r}")
    try:
        return _Chip.model_validate_json(kept)
    except ValidationError:
        # ``from None``: the original message would quote the PINs.
        raise MalformedDocument(f"the chip {name!r} cannot be read") from None


def _memory(
    world: World, profile: TokenKind, slots: dict[Purpose, Slot], pins: TokenPins
) -> Memory:
    return jpki_memory(
        signature=_contents(world, Purpose.SIGNATURE, slots[Purpose.SIGNATURE]),
        user_authentication=_contents(
            world, Purpose.USER_AUTHENTICATION, slots[Purpose.USER_AUTHENTICATION]
        ),
        signature_password=pins.signature_password,
        user_pin=pins.user_pin,
        profile=profile,
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
