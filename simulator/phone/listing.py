"""A person's phones as they are: what the agency has on record, and what is in each element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from jpki.life import CertificateRecord, CertificateState, DeviceState, MobileDevice, State
from jpki.life.events import Platform
from jpki.terms import CertificateKind, PinKind, Purpose, RevocationReason
from simulator.phone.element import (
    erasure_due,
    known_device,
    known_devices,
    phone_names,
    platform_of,
)
from simulator.tokens import PhoneMemory, phone_memory, slots, tries_kept
from simulator.world import World

__all__ = ["PhoneCertificate", "PhoneState", "Standing", "devices", "devices_told"]


class Standing(StrEnum):
    """What a phone is to the agency.

    ``prepared``: its keys are made and nobody has applied. ``old``: another phone was enrolled.
    """

    PREPARED = "prepared"
    ENROLLED = "enrolled"
    SUSPENDED = "suspended"
    OLD = "old"

    @property
    def label_ja(self) -> str:
        """登録前, 登録済み, 一時利用停止中 or 以前の端末."""
        return {
            "prepared": "登録前",
            "enrolled": "登録済み",
            "suspended": "一時利用停止中",
            "old": "以前の端末",
        }[self.value]


@dataclass(frozen=True, slots=True)
class PhoneCertificate:
    """A certificate of a phone: the newest of its kind there, and what became of it.

    ``rule`` is the row that ended or held it, and empty while neither has happened.
    """

    kind: CertificateKind
    serial: int
    state: CertificateState
    expires_on: date
    reason: RevocationReason | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class PhoneState:
    """A phone. ``keys`` are the purposes whose key is in the element and would sign.

    ``tries`` are the counters of its PINs; empty when the phone has no chip in this world, or a
    dead one. ``online`` and ``biometrics`` are what the phone knows of itself.
    """

    id: str
    platform: Platform
    standing: Standing
    online: bool
    working: bool
    biometrics: bool
    keys: frozenset[Purpose]
    certificates: tuple[PhoneCertificate, ...]
    tries: Mapping[PinKind, int]

    @property
    def erased(self) -> bool:
        """Whether nothing is left in the element."""
        return not self.keys

    @property
    def usable(self) -> frozenset[Purpose]:
        """The purposes for which it can still make a signature, whatever that is worth."""
        return self.keys if self.working else frozenset()


def devices(world: World, person_id: str) -> tuple[PhoneState, ...]:
    """Return every phone a person ever had, oldest first; nothing is written.

    A phone that is online and is to be erased counts as erased.
    """
    state = world.state()
    return tuple(_phone(world, state, person_id, name) for name in phone_names(world, person_id))


def devices_told(state: State, person_id: str) -> tuple[PhoneState, ...]:
    """Return a person's phones as far as the log tells, oldest first.

    Each is taken to be offline, to work, and to hold its keys unless the log says they are gone.
    """
    return tuple(
        _told(each.id, each, _certificates(state, person_id, each.id))
        for each in known_devices(state, person_id)
    )


def _phone(world: World, state: State, person_id: str, name: str) -> PhoneState:
    known = known_device(state, person_id, name)
    certificates = _certificates(state, person_id, name)
    if world.store.chip(name) is None:
        return _told(name, known, certificates)
    memory = phone_memory(world, name)
    return PhoneState(
        id=name,
        platform=platform_of(world, name).platform,
        standing=_standing(known),
        online=memory.online,
        working=memory.working,
        biometrics=memory.biometrics,
        keys=_keys(world, state, person_id, name, known, memory),
        certificates=certificates,
        tries=tries_kept(world, name) if memory.working else MappingProxyType({}),
    )


def _told(
    name: str, known: MobileDevice | None, certificates: tuple[PhoneCertificate, ...]
) -> PhoneState:
    """Return a phone of which there is only the log; it is taken to be offline and to work."""
    issued = frozenset(each.kind.purpose for each in certificates)
    return PhoneState(
        id=name,
        platform=known.platform if known else Platform.ANDROID,
        standing=_standing(known),
        online=False,
        working=True,
        biometrics=True,
        keys=issued if known is not None and known.key_present else frozenset(),
        certificates=certificates,
        tries=MappingProxyType({}),
    )


def _keys(
    world: World,
    state: State,
    person_id: str,
    name: str,
    known: MobileDevice | None,
    memory: PhoneMemory,
) -> frozenset[Purpose]:
    gone = known is not None and not known.key_present
    if gone or (memory.online and erasure_due(state, person_id, name)):
        return frozenset()
    return frozenset(p for p, slot in slots(world, name).items() if slot.key is not None)


def _standing(known: MobileDevice | None) -> Standing:
    if known is None:
        return Standing.PREPARED
    return {
        DeviceState.IN_USE: Standing.ENROLLED,
        DeviceState.SUSPENDED: Standing.SUSPENDED,
        DeviceState.REPLACED: Standing.OLD,
    }[known.state]


def _certificates(state: State, person_id: str, name: str) -> tuple[PhoneCertificate, ...]:
    newest: dict[CertificateKind, CertificateRecord] = {}
    for record in state.records(person_id):
        if record.device == name:
            newest[record.kind] = record
    return tuple(
        _certificate(newest[kind], state)
        for kind in (CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION)
        if kind in newest
    )


def _certificate(record: CertificateRecord, state: State) -> PhoneCertificate:
    now = state.state_of(record)
    ended = {CertificateState.REVOKED: record.lapse, CertificateState.HELD: record.hold}.get(now)
    return PhoneCertificate(
        kind=record.kind,
        serial=record.serial,
        state=now,
        expires_on=record.expires_on,
        reason=ended.reason if ended else None,
        rule=ended.rule if ended else "",
    )
