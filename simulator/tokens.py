"""The chips of a world: cards and phones that were made in it, with their counters.

A chip's certificates and keys can be made again from the log and the seed; its PINs and counters
cannot, so they are written down before the chip answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from jpki.card.applet import JpkiApplet
from jpki.card.layout import JPKI_ON_CARD, Credential, TokenKind
from jpki.card.pin import CodeB, Pin, SignaturePassword, UserPin
from jpki.certificates import parse_certificate
from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.life import Authority, FourItems, Person
from jpki.terms import CertificateKind, Medium, PinKind, Purpose, Sex
from simulator.agency.possession import Possession, sign_possession
from simulator.card.behaviour import CardBehaviour
from simulator.card.connection import SoftwareCard, SoftwareConnection
from simulator.card.contents import (
    CardFace,
    CardHolder,
    CardPins,
    JpkiContents,
    card_memory,
    jpki_memory,
    with_check_digit,
)
from simulator.card.contents.jpki import token_of
from simulator.card.memory import Memory, PinState, pin_name
from simulator.world import World

__all__ = [
    "PhoneMemory",
    "Slot",
    "TokenPins",
    "applet",
    "code_b",
    "disable_pins",
    "erase_token",
    "make_key",
    "make_token",
    "my_number",
    "phone_memory",
    "plugged",
    "prove_possession",
    "remove_certificate",
    "replace_certificate",
    "rewrite_items",
    "set_phone_memory",
    "set_pins",
    "shows_items",
    "slots",
    "token_holder",
    "token_names",
    "token_profile",
    "tries_kept",
]


# What a terminal makes of the items that the card shows.
_CODES: Final = (Credential.CODE_A, Credential.CODE_B, Credential.BIRTH_DATE_CODE)

_HELD_BY_THE_HOLDER: Final = (
    Credential.SIGNATURE_PASSWORD,
    Credential.USER_PIN,
    Credential.INPUT_SUPPORT_PIN,
    Credential.JUKI_PIN,
)


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


class _Printed(BaseModel):
    """What is printed on a card and written into it, as of the last time somebody wrote it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    address: str
    birth_date: date
    sex: Sex
    my_number: str
    expires_on: date
    municipality: str
    serial: str
    security_code: str

    def holder(self, likeness: bytes) -> CardHolder:
        """Return the holder as the contents of a card are made from."""
        return CardHolder(
            name=self.name,
            address=self.address,
            birth_date=self.birth_date,
            sex=self.sex,
            my_number=self.my_number,
            expires_on=self.expires_on,
            municipality_code=self.municipality,
            serial=self.serial,
            security_code=self.security_code,
            likeness=likeness,
        )


class _Chip(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    holder: str
    profile: TokenKind
    slots: dict[Purpose, Slot]
    pins: dict[str, dict[str, Any]]
    printed: _Printed | None = None
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
    blank = _Chip(
        holder=holder,
        profile=profile,
        slots=slots,
        pins={},
        printed=_print(world, name, holder) if _has_face(profile) else None,
    )
    memory = _memory(world, name, blank, pins)
    _keep(world, name, blank.model_copy(update={"pins": memory.pin_states()}))


def my_number(world: World, person_id: str) -> str:
    """Return a person's invented My Number: a right check digit, from the world's seed.

    Whether somebody has been given the same number cannot be known, and nothing is claimed.
    """
    chance = world.chance.stream(f"my number/{person_id}")
    return with_check_digit(chance.text("0123456789", 11))


def shows_items(world: World, name: str) -> bool:
    """Return whether there is a chip of this name with the card-face applications."""
    return world.store.chip(name) is not None and _chip(world, name).printed is not None


def rewrite_items(world: World, name: str, items: FourItems | None = None) -> None:
    """Write items onto a card, as the counter does after a move; default: the holder's of now.

    The attributes, the card face, their digests and signatures are made anew. PINs and every
    counter stay. A code that is made of an item follows it (a corrected birth date is in code B and
    in the birth date code), since terminals make codes of what the card shows; that a real counter
    writes them too is inferred. The number of the municipality stays that of the one that issued
    the card; what a move to another one changes there is not known. Raises ``ImpossibleFact`` for
    a chip without a face.
    """
    chip = _chip(world, name)
    if chip.printed is None:
        raise ImpossibleFact(f"{name!r} shows no items")
    now = items or world.state().person(chip.holder).items
    written = chip.model_copy(update={"printed": chip.printed.model_copy(update=_items(now))})
    fresh = _memory(world, name, written, TokenPins(None, None))
    memory = fresh.with_pin_states(chip.pins)
    for held in fresh.all:
        for pin in held.pins.values():
            if pin.rule.credential in _CODES:
                kept = memory.at(held.application.aid).pins[pin.rule.fid]
                code = replace(kept, reference=pin.reference)
                memory = memory.with_pin(held.application.aid, code)
    _keep(world, name, written.model_copy(update={"pins": memory.pin_states()}))


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


def set_pins(world: World, name: str, new: Mapping[Credential, Pin | None]) -> None:
    """Set PINs of a chip anew, with all their tries, wherever the chip keeps a copy.

    ``None`` gives a value back its tries and leaves it as it is: so are codes unblocked that follow
    from what is printed. Raises ``ImpossibleFact`` for a PIN that the chip does not have.
    """
    chip = _chip(world, name)
    memory = _memory(world, name, chip, TokenPins(None, None)).with_pin_states(chip.pins)
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
    _keep(world, name, chip.model_copy(update={"pins": memory.pin_states()}))


def disable_pins(world: World, name: str) -> None:
    """Take the holder's four PINs off a card, as on a face-only card (施行規則 42(3)).

    Such a PIN is as one that was never set: blocked. Codes that are printed stay.
    """
    chip = _chip(world, name)
    memory = _memory(world, name, chip, TokenPins(None, None)).with_pin_states(chip.pins)
    for held in memory.all:
        for state in held.pins.values():
            if state.rule.credential in _HELD_BY_THE_HOLDER:
                memory = memory.with_pin(held.application.aid, PinState.unset(state.rule))
    _keep(world, name, chip.model_copy(update={"pins": memory.pin_states()}))


def remove_certificate(world: World, name: str, purpose: Purpose) -> None:
    """Take a certificate and its key off a chip."""
    generation = _chip(world, name).slots[purpose].generation
    _write_slot(world, name, purpose, Slot(generation=generation))


def plugged(world: World, name: str, *, behaviour: CardBehaviour | None = None) -> SoftwareCard:
    """Return the chip as a software card whose counters are written down before it answers.

    ``behaviour`` sets what is not known of real cards.
    """
    chip = _chip(world, name)
    blank = _memory(world, name, chip, TokenPins(None, None), behaviour)

    def keep(memory: Memory) -> None:
        # Read again: a certificate may have been replaced while the card was plugged in.
        _keep(world, name, _chip(world, name).model_copy(update={"pins": memory.pin_states()}))

    return SoftwareCard(blank.with_pin_states(chip.pins), on_memory_change=keep)


def applet(world: World, name: str) -> JpkiApplet:
    """Return the library's client for a chip, connected in this process and powered on."""
    return JpkiApplet(SoftwareConnection(plugged(world, name)))


def code_b(world: World, name: str) -> CodeB:
    """Return what a reader makes of the printed face of a card (照合番号B).

    Raises ``ImpossibleFact`` for a chip without a face.
    """
    printed = _chip(world, name).printed
    if printed is None:
        raise ImpossibleFact(f"{name!r} shows nothing to read")
    return CodeB.of(
        printed.birth_date,
        expiry_year=printed.expires_on.year,
        security_code=printed.security_code,
    )


def token_names(world: World, holder: str) -> tuple[str, ...]:
    """Return the names of a person's chips, oldest first."""
    return tuple(name for name in world.store.chips() if _chip(world, name).holder == holder)


def token_holder(world: World, name: str) -> str:
    """Return whose chip this is; ``ImpossibleFact`` when there is none of this name."""
    return _chip(world, name).holder


def token_profile(world: World, name: str) -> TokenKind:
    """Return what kind of token a chip plays."""
    return _chip(world, name).profile


def slots(world: World, name: str) -> Mapping[Purpose, Slot]:
    """Return what a chip holds for each purpose."""
    return MappingProxyType(_chip(world, name).slots)


def phone_memory(world: World, name: str) -> PhoneMemory:
    """Return what a phone knows of itself; a new one is online and works."""
    return _chip(world, name).phone or PhoneMemory()


def tries_kept(world: World, name: str) -> Mapping[PinKind, int]:
    """Return how many tries each PIN of the JPKI application has left, as written on the chip.

    Neither the chip nor any key is used for it, so it is known in a world without keys, too.
    """
    chip = _chip(world, name)
    application = token_of(chip.profile).application or JPKI_ON_CARD
    kept = {
        rule.kind: chip.pins[pin_name(application, rule)]["tries_left"]
        for rule in application.pins
        if rule.kind is not None
    }
    return MappingProxyType(kept)


def set_phone_memory(world: World, name: str, memory: PhoneMemory) -> None:
    """Write down what a phone knows of itself."""
    _keep(world, name, _chip(world, name).model_copy(update={"phone": memory}))


def erase_token(world: World, name: str) -> None:
    """Erase keys, certificates and PINs of a chip for good; who owns it stays known."""
    chip = _chip(world, name)
    empty = {purpose: Slot(generation=slot.generation) for purpose, slot in chip.slots.items()}
    blank = chip.model_copy(update={"slots": empty})
    pins = _memory(world, name, blank, TokenPins(None, None)).pin_states()
    _keep(world, name, blank.model_copy(update={"pins": pins}))


def _write_slot(world: World, name: str, purpose: Purpose, slot: Slot) -> None:
    chip = _chip(world, name)
    _keep(world, name, chip.model_copy(update={"slots": {**chip.slots, purpose: slot}}))


def _held_key(world: World, name: str, purpose: Purpose) -> str:
    label = _chip(world, name).slots[purpose].key
    if label is None:
        raise ImpossibleFact(f"{name!r} holds no key for {purpose.value}")
    return label


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
    world: World,
    name: str,
    chip: _Chip,
    pins: TokenPins,
    behaviour: CardBehaviour | None = None,
) -> Memory:
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


def _has_face(profile: TokenKind) -> bool:
    token = token_of(profile)
    return token.medium is Medium.CARD and len(token.applications) > 1


def _print(world: World, name: str, person_id: str) -> _Printed:
    """Return what is printed on a new card; its numbers come from the world's seed."""
    person = world.state().person(person_id)
    chance = world.chance.stream(f"card numbers/{name}")
    return _Printed(
        **_items(person.items),
        my_number=my_number(world, person_id),
        expires_on=_expiry(person, name),
        municipality=person.municipality,
        serial="9" + chance.text("0123456789", 14),
        security_code=chance.text("0123456789", 4),
    )


def _items(items: FourItems) -> dict[str, Any]:
    return {
        "name": items.name,
        "address": items.address,
        "birth_date": items.birth_date,
        "sex": items.sex,
    }


def _expiry(person: Person, name: str) -> date:
    """Return when the card of this name expires; one of another name expires as the holder's."""
    cards = [card for card in (person.card, *person.past_cards) if card is not None]
    if not cards:
        raise ImpossibleFact("the holder was never issued a card")
    return next((card for card in cards if card.number == name), cards[0]).expires_on


def _contents(world: World, purpose: Purpose, slot: Slot) -> JpkiContents:
    authority = world.agency.authority(Authority(purpose, slot.generation))
    return JpkiContents(
        ca_certificate=authority.certificate.der,
        certificate=(
            world.store.certificate(purpose.value, slot.serial) if slot.serial is not None else None
        ),
        key=world.keys.rsa(slot.key) if slot.key is not None else None,
    )
