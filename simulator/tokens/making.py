"""Making chips, and writing keys and certificates into them."""

from __future__ import annotations

from jpki.card.layout import TokenKind
from jpki.certificates import parse_certificate
from jpki.errors import ImpossibleFact
from jpki.terms import CertificateKind, Medium, Purpose
from simulator.agency.possession import Possession, sign_possession
from simulator.card.contents.jpki import token_of
from simulator.tokens.chip import Chip, Slot, TokenPins, memory_of, read_chip, write_chip
from simulator.tokens.printed import printed_for
from simulator.world import World

__all__ = [
    "erase_token",
    "make_key",
    "make_token",
    "prove_possession",
    "remove_certificate",
    "replace_certificate",
]


def make_token(
    world: World,
    name: str,
    *,
    holder: str,
    profile: TokenKind,
    slots: dict[Purpose, Slot],
    pins: TokenPins,
) -> None:
    """Make a chip and write its certificates, keys and PINs.

    A card that the holder has been issued gets all its applications, made from the holder's items;
    a phone has the JPKI application alone.
    """
    blank = Chip(
        holder=holder,
        profile=profile,
        slots=slots,
        pins={},
        printed=printed_for(world, name, holder) if _has_face(profile) else None,
    )
    memory = memory_of(world, name, blank, pins)
    write_chip(world, name, blank.model_copy(update={"pins": memory.pin_states()}))


def make_key(world: World, name: str, purpose: Purpose, key: str, *, generation: int) -> None:
    """Make a new key pair on a chip under the label ``key``, in the place of the one before.

    The certificate of the old key leaves the chip with it. PINs stay as they are.
    """
    _write_slot(world, name, purpose, Slot(key=key, generation=generation))


def prove_possession(
    world: World, name: str, purpose: Purpose, kind: CertificateKind, challenge: bytes
) -> Possession:
    """Have the chip sign the agency's challenge with the key it holds for a purpose.

    The terminal that makes the key has it sign before a PIN protects it; no PIN is asked for here.
    Raises ``ImpossibleFact`` when the chip holds no key for the purpose.
    """
    return sign_possession(world.keys.rsa(_held_key(world, name, purpose)), kind, challenge)


def replace_certificate(world: World, name: str, purpose: Purpose, slot: Slot) -> None:
    """Write a certificate onto the chip that holds its key; its PINs stay as they are.

    Raises ``ImpossibleFact`` when the certificate's key is not the one on the chip.
    """
    held = world.keys.rsa(_held_key(world, name, purpose)).public_key()
    der = world.store.certificate(purpose.value, slot.serial) if slot.serial is not None else None
    if der is None or parse_certificate(der).public_key != held:
        raise ImpossibleFact("a certificate is written only to the chip that holds its key")
    _write_slot(world, name, purpose, slot)


def remove_certificate(world: World, name: str, purpose: Purpose) -> None:
    """Take a certificate and its key off a chip."""
    generation = read_chip(world, name).slots[purpose].generation
    _write_slot(world, name, purpose, Slot(generation=generation))


def erase_token(world: World, name: str) -> None:
    """Erase keys, certificates and PINs of a chip for good; who owns it stays known."""
    chip = read_chip(world, name)
    empty = {purpose: Slot(generation=slot.generation) for purpose, slot in chip.slots.items()}
    blank = chip.model_copy(update={"slots": empty})
    pins = memory_of(world, name, blank, TokenPins(None, None)).pin_states()
    write_chip(world, name, blank.model_copy(update={"pins": pins}))


def _write_slot(world: World, name: str, purpose: Purpose, slot: Slot) -> None:
    chip = read_chip(world, name)
    write_chip(world, name, chip.model_copy(update={"slots": {**chip.slots, purpose: slot}}))


def _held_key(world: World, name: str, purpose: Purpose) -> str:
    label = read_chip(world, name).slots[purpose].key
    if label is None:
        raise ImpossibleFact(f"{name!r} holds no key for {purpose.value}")
    return label


def _has_face(profile: TokenKind) -> bool:
    token = token_of(profile)
    return token.medium is Medium.CARD and len(token.applications) > 1
