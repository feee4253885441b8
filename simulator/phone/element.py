"""What is in a phone's element, and what the agency may erase there when it reaches the phone.

The agency ends certificates in its records at once; the keys stay where they are until the phone is
online, and until then they still sign. That is two truths, and they are kept apart here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from types import MappingProxyType
from typing import Final

from jpki.errors import ImpossibleFact, NoCertificate, Refused
from jpki.life import DeviceState, MobileDevice, State
from jpki.life.events import RevocationRequested
from jpki.terms import CertificateKind, Medium, Purpose
from simulator.mdoc.wallet import reachable, take_out_fallen
from simulator.phone.platforms import PLATFORMS, PlatformRow
from simulator.tokens import (
    PhoneMemory,
    erase_token,
    phone_memory,
    set_phone_memory,
    slots,
    token_holder,
    token_profile,
)
from simulator.world import World

__all__ = [
    "MOBILE_KINDS",
    "contact",
    "erasure_due",
    "holder_of",
    "known_device",
    "known_devices",
    "phone_names",
    "platform_of",
    "require_answer",
    "require_key",
    "require_online",
    "require_pins",
    "revise",
    "unused_name",
]

MOBILE_KINDS: Final[Mapping[Purpose, CertificateKind]] = MappingProxyType(
    {purpose: CertificateKind.of(purpose, Medium.MOBILE_DEVICE) for purpose in Purpose}
)
"""The kind of certificate a phone has for each purpose."""


def platform_of(world: World, device: str) -> PlatformRow:
    """Return the row of a phone's platform; ``ImpossibleFact`` when the chip is no phone's."""
    profile = token_profile(world, device)
    for row in PLATFORMS.values():
        if row.token is profile:
            return row
    raise ImpossibleFact(f"{device!r} is no phone")


def holder_of(world: World, device: str) -> str:
    """Return whose phone this is; ``ImpossibleFact`` when there is no such phone."""
    platform_of(world, device)
    return token_holder(world, device)


def known_device(state: State, person_id: str, device: str) -> MobileDevice | None:
    """Return what the agency knows of a phone, or ``None`` when it was never enrolled."""
    return next((each for each in known_devices(state, person_id) if each.id == device), None)


def known_devices(state: State, person_id: str) -> tuple[MobileDevice, ...]:
    """Return the phones that were ever enrolled, oldest first; one enrolled again counts as new."""
    person = state.person(person_id)
    if person.device is None:
        return person.past_devices
    past = (each for each in person.past_devices if each.id != person.device.id)
    return (*past, person.device)


def phone_names(world: World, person_id: str) -> tuple[str, ...]:
    """Return a person's phones, oldest first: those enrolled, and those that only made keys."""
    logged, numbered = _logged(world.state(), person_id), []
    for number, name in enumerate(_numbered(person_id), start=1):
        if name in logged or world.store.chip(name) is not None:
            numbered.append(name)
        elif number > len(logged):
            break
    # The log names a phone in another way when it was told, not played.
    return (*(name for name in logged if name not in numbered), *numbered)


def unused_name(world: World, person_id: str) -> str:
    """Return the name of the person's next phone."""
    logged = _logged(world.state(), person_id)
    for number, name in enumerate(_numbered(person_id), start=1):
        taken = name in logged or world.store.chip(name) is not None
        if number > len(logged) and not taken:
            return name
    raise AssertionError("counting does not end")


def erasure_due(state: State, person_id: str, device: str) -> bool:
    """Whether the phone's keys are erased as soon as it is online.

    They are when another phone was enrolled (C-2), and when the holder applied for the end of both
    certificates (EV-69). No source says it of any other way to lose them, so it happens in none.
    """
    known = known_device(state, person_id, device)
    if known is not None and known.state is DeviceState.REPLACED:
        return True
    records = [each for each in state.records(person_id) if each.device == device]
    newest = {each.kind: each for each in records}
    return bool(newest) and all(
        each.lapsed_at(state.at)
        and each.lapse is not None
        and each.lapse.cause.because is None
        and isinstance(each.lapse.cause.entry.event, RevocationRequested)
        for each in newest.values()
    )


def contact(world: World, device: str) -> None:
    """Let the chip follow what was done to the phone, and what the agency asks of one online.

    Up to 48 hours are announced for the erasure (EV-69); here it is done at the first contact. A
    record that has fallen leaves the wallet then, which confirms the notice (番号法 18-2(10)).
    """
    if reachable(world, device):
        take_out_fallen(world, device)
    if not _holds_anything(world, device):
        return
    person_id, state = holder_of(world, device), world.state()
    known = known_device(state, person_id, device)
    gone = known is not None and not known.key_present
    reached = phone_memory(world, device).online and erasure_due(state, person_id, device)
    if gone or reached:
        with world.transaction():
            erase_token(world, device)


def require_answer(world: World, device: str) -> None:
    """Refuse use of a chip that is dead; what was to be erased in a living one is gone then."""
    holder_of(world, device)
    if not phone_memory(world, device).working:
        raise ImpossibleFact(
            "the phone's chip does not answer any more",
            hint="report it with the card: the notice is signed with the card's key",
        )
    contact(world, device)


def require_pins(world: World, device: str) -> None:
    """Refuse to set PINs in a chip that is dead (``ImpossibleFact``) or empty."""
    require_answer(world, device)
    if not _holds_anything(world, device):
        raise NoCertificate("nothing is left in the phone's element", hint="enrol the phone")


def require_key(world: World, device: str, purpose: Purpose) -> None:
    """Refuse use of a chip that is dead (``ImpossibleFact``) or empty (``NoCertificate``)."""
    require_answer(world, device)
    slot = slots(world, device)[purpose]
    if slot.key is None or slot.serial is None:
        raise NoCertificate(
            f"the phone holds no {purpose.value} key with a certificate",
            hint="enrol the phone with the card",
        )


def require_online(world: World, device: str, *, rule: str, basis: str) -> None:
    """Refuse what a phone can only do online; nothing was begun then."""
    if not phone_memory(world, device).online:
        raise Refused(
            "the phone is offline, and this is an application made online",
            rule=rule,
            basis=basis,
            hint="let it go online and do it again",
        )


def revise(world: World, device: str, **changed: bool) -> PhoneMemory:
    """Change what a phone knows of itself, and return it."""
    with world.transaction():
        memory = phone_memory(world, device).model_copy(update=changed)
        set_phone_memory(world, device, memory)
    return memory


def _holds_anything(world: World, device: str) -> bool:
    return any(slot.key is not None for slot in slots(world, device).values())


def _logged(state: State, person_id: str) -> tuple[str, ...]:
    return tuple(each.id for each in known_devices(state, person_id))


def _numbered(person_id: str) -> Iterator[str]:
    return (f"phone-{person_id}-{number}" for number in count(1))
