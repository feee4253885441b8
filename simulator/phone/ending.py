"""How a phone's use ends, is interrupted, or just goes on unnoticed (EV-62 to EV-78).

What somebody applies for ends certificates; what merely happens to a phone ends none, and may leave
the keys in its element (Act 16-8(3), 35-8(3) put the duty to apply on the holder).
"""

from __future__ import annotations

from jpki.errors import ImpossibleFact
from jpki.law import Act, Actor
from jpki.life.events import (
    MobileDeviceChange,
    MobileDeviceChanged,
    MobileDeviceSuspensionLifted,
    RevocationRequested,
)
from jpki.terms import CertificateKind
from simulator.acting import performs
from simulator.mdoc import synchronise
from simulator.mdoc.memory import Wallets
from simulator.mdoc.wallet import reachable
from simulator.phone.element import (
    MOBILE_KINDS,
    contact,
    holder_of,
    platform_of,
    require_online,
    revise,
)
from simulator.phone.platforms import KeysAfter, PlatformRow
from simulator.tokens import erase_token
from simulator.world import World

__all__ = ["discontinue_use", "go_offline", "go_online", "lift_suspension", "treat"]


@performs(Actor.CITIZEN, Act.REQUEST_REVOCATION)
def discontinue_use(
    world: World, person_id: str, *, signed_with: CertificateKind = CertificateKind.MOBILE_SIGNATURE
) -> None:
    """Apply for revocation because the phone's use stops.

    The holder must (Act 16-8(3), 35-8(3)). The application is made online, so a live signature key
    has to sign it: the card's or the phone's (Act 16-8(2), 35-8(2)). A phone that is offline cannot
    send what it signs itself. A phone that is online is erased then (EV-69), another one when it is
    next online.
    """
    state = world.state()
    kinds = tuple(kind for kind in MOBILE_KINDS.values() if state.live(person_id, kind) is not None)
    if not kinds:
        raise ImpossibleFact("the person has no live certificate on a phone")
    device = state.person(person_id).device
    has_chip = device is not None and world.store.chip(device.id) is not None
    with world.transaction():
        if device is not None and has_chip and signed_with is CertificateKind.MOBILE_SIGNATURE:
            row = world.book.table.row("ON-3")
            basis = world.book.table.basis_ja(row)
            require_online(world, device.id, rule=row.id, basis=basis)
        world.record(RevocationRequested(person=person_id, kinds=kinds, signed_with=signed_with))
        if device is not None and has_chip:
            contact(world, device.id)


@performs(Actor.CITIZEN, Act.LIFT_PHONE_SUSPENSION)
def lift_suspension(world: World, person_id: str) -> None:
    """Lift the suspension of a phone that was found, in the app (T-4)."""
    world.record(MobileDeviceSuspensionLifted(person=person_id))


@performs(Actor.CITIZEN, Act.KEEP_PIN)
def treat(world: World, device: str, change: MobileDeviceChange) -> None:
    """Do something to a phone without applying for anything (EV-63, EV-70 to EV-78).

    It is in the log when the phone is the one that is enrolled, and in the phone in any case: an
    erased iPhone has no keys any more, a reset Android phone still has them. Raises
    ``ImpossibleFact`` for a way of being emptied that the platform does not have.
    """
    person_id, row = holder_of(world, device), platform_of(world, device)
    if not row.can_happen(change):
        raise ImpossibleFact(
            f"{change.value} is not how an {row.name} is emptied",
            hint=f"for an {row.name} it is {row.resets_by.value}",
        )
    enrolled = world.state().person(person_id).device
    with world.transaction():
        if enrolled is not None and enrolled.id == device:
            world.record(MobileDeviceChanged(person=person_id, change=change))
        _change_chip(world, device, row, change)


def go_offline(world: World, device: str) -> None:
    """Cut a phone off from the network: it still signs, and nobody reaches it."""
    holder_of(world, device)
    revise(world, device, online=False)


def go_online(world: World, device: str) -> None:
    """Bring a phone back to the network; what the agency wants erased there is erased now.

    That is what another phone's enrolment or the holder's application ended (C-2, EV-69). The
    wallet reaches the authority, too: a record that has fallen is taken out, one that is used up or
    at its end renewed (番号法 18-2(10), (11)).
    """
    person_id = holder_of(world, device)
    with world.transaction():
        revise(world, device, online=True)
        contact(world, device)
    enrolled = world.state().person(person_id).device
    if enrolled is not None and enrolled.id == device and reachable(world, device):
        synchronise(world, person_id)


def _change_chip(world: World, device: str, row: PlatformRow, change: MobileDeviceChange) -> None:
    if row.keys_after(change) is KeysAfter.GONE:
        erase_token(world, device)
        Wallets(world.store).empty(device)
    if change is MobileDeviceChange.BROKEN:
        revise(world, device, working=False)
    if change is MobileDeviceChange.BIOMETRICS_CHANGED:
        revise(world, device, biometrics=True, pin_entered=False)
