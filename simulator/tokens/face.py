"""The face of a card, and what was written into it from there."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from jpki.card.layout import Credential
from jpki.card.pin import CodeB
from jpki.errors import ImpossibleFact
from jpki.life import FourItems
from simulator.tokens.chip import TokenPins, memory_of, read_chip, write_chip
from simulator.tokens.printed import items_printed
from simulator.world import World

__all__ = ["code_b", "rewrite_items", "shows_items"]

# What a terminal makes of the items that the card shows.
_CODES: Final = (Credential.CODE_A, Credential.CODE_B, Credential.BIRTH_DATE_CODE)


def shows_items(world: World, name: str) -> bool:
    """Return whether there is a chip of this name with the card-face applications."""
    return world.store.chip(name) is not None and read_chip(world, name).printed is not None


def rewrite_items(world: World, name: str, items: FourItems | None = None) -> None:
    """Write items onto a card, as the counter does after a move; default: the holder's of now.

    The attributes, the card face, their digests and signatures are made anew. PINs and every
    counter stay. A code that is made of an item follows it (a corrected birth date is in code B and
    in the birth date code), since terminals make codes of what the card shows; that a real counter
    writes them too is inferred. The number of the municipality stays that of the one that issued
    the card; what a move to another one changes there is not known. Raises ``ImpossibleFact`` for
    a chip without a face.
    """
    chip = read_chip(world, name)
    if chip.printed is None:
        raise ImpossibleFact(f"{name!r} shows no items")
    now = items or world.state().person(chip.holder).items
    printed = chip.printed.model_copy(update=items_printed(now))
    written = chip.model_copy(update={"printed": printed})
    fresh = memory_of(world, name, written, TokenPins(None, None))
    memory = fresh.with_pin_states(chip.pins)
    for held in fresh.all:
        for pin in held.pins.values():
            if pin.rule.credential in _CODES:
                kept = memory.at(held.application.aid).pins[pin.rule.fid]
                code = replace(kept, reference=pin.reference)
                memory = memory.with_pin(held.application.aid, code)
    write_chip(world, name, written.model_copy(update={"pins": memory.pin_states()}))


def code_b(world: World, name: str) -> CodeB:
    """Return what a reader makes of the printed face of a card (照合番号B).

    Raises ``ImpossibleFact`` for a chip without a face.
    """
    printed = read_chip(world, name).printed
    if printed is None:
        raise ImpossibleFact(f"{name!r} shows nothing to read")
    return CodeB.of(
        printed.birth_date,
        expiry_year=printed.expires_on.year,
        security_code=printed.security_code,
    )
