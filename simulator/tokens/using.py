"""What is known of a chip, and the chip as a card that answers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from jpki.card.applet import JpkiApplet
from jpki.card.layout import TokenKind
from jpki.terms import Purpose
from simulator.card.behaviour import CardBehaviour
from simulator.card.connection import SoftwareCard, SoftwareConnection
from simulator.card.memory import Memory
from simulator.tokens.chip import PhoneMemory, Slot, TokenPins, memory_of, read_chip, write_chip
from simulator.world import World

__all__ = [
    "applet",
    "phone_memory",
    "plugged",
    "set_phone_memory",
    "slots",
    "token_holder",
    "token_names",
    "token_profile",
]


def plugged(world: World, name: str, *, behaviour: CardBehaviour | None = None) -> SoftwareCard:
    """Return the chip as a software card whose counters are written down before it answers.

    ``behaviour`` sets what is not known of real cards.
    """
    chip = read_chip(world, name)
    blank = memory_of(world, name, chip, TokenPins(None, None), behaviour)

    def keep(memory: Memory) -> None:
        # Read again: a certificate may have been replaced while the card was plugged in.
        now = read_chip(world, name)
        write_chip(world, name, now.model_copy(update={"pins": memory.pin_states()}))

    return SoftwareCard(blank.with_pin_states(chip.pins), on_memory_change=keep)


def applet(world: World, name: str) -> JpkiApplet:
    """Return the library's client for a chip, connected in this process and powered on."""
    return JpkiApplet(SoftwareConnection(plugged(world, name)))


def token_names(world: World, holder: str) -> tuple[str, ...]:
    """Return the names of a person's chips, oldest first."""
    return tuple(name for name in world.store.chips() if read_chip(world, name).holder == holder)


def token_holder(world: World, name: str) -> str:
    """Return whose chip this is; ``ImpossibleFact`` when there is none of this name."""
    return read_chip(world, name).holder


def token_profile(world: World, name: str) -> TokenKind:
    """Return what kind of token a chip plays."""
    return read_chip(world, name).profile


def slots(world: World, name: str) -> Mapping[Purpose, Slot]:
    """Return what a chip holds for each purpose."""
    return MappingProxyType(read_chip(world, name).slots)


def phone_memory(world: World, name: str) -> PhoneMemory:
    """Return what a phone knows of itself; a new one is online and works."""
    return read_chip(world, name).phone or PhoneMemory()


def set_phone_memory(world: World, name: str, memory: PhoneMemory) -> None:
    """Write down what a phone knows of itself."""
    write_chip(world, name, read_chip(world, name).model_copy(update={"phone": memory}))
