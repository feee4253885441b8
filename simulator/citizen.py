"""The holder (署名利用者・利用者証明利用者): what one does without going anywhere.

Applications for the phone are in ``simulator.phone``, what is done at a counter is with whoever
keeps the counter. Online, a live signature key has to sign (Act 9(4), 10(4), 28(4), 29(4)).
"""

from __future__ import annotations

from collections.abc import Collection

from jpki.card.pin import Pin
from jpki.law import Act, Actor
from jpki.life.events import (
    Channel,
    CompromiseCause,
    KeyCompromiseReported,
    MobileDeviceChange,
    MobileDeviceChanged,
    RevocationRequested,
)
from jpki.terms import CertificateKind
from simulator import callcentre, municipality, phone
from simulator.acting import performs
from simulator.tokens import applet
from simulator.world import World

__all__ = [
    "change_pin",
    "report_card_loss",
    "report_compromise",
    "request_revocation",
    "treat_phone",
]

_ME = Actor.CITIZEN
_LOSS = {
    Channel.CALL_CENTRE: callcentre.suspend_card,
    Channel.COUNTER: municipality.suspend_card,
}


@performs(_ME, Act.REQUEST_REVOCATION)
def request_revocation(
    world: World,
    person_id: str,
    kinds: Collection[CertificateKind],
    *,
    signed_with: CertificateKind,
) -> None:
    """Request revocation online; ``signed_with`` is the key that signs the request."""
    world.record(RevocationRequested(person=person_id, kinds=tuple(kinds), signed_with=signed_with))


@performs(_ME, Act.REPORT_COMPROMISE)
def report_compromise(
    world: World,
    person_id: str,
    kinds: Collection[CertificateKind],
    *,
    signed_with: CertificateKind,
    cause: CompromiseCause = CompromiseCause.LEAKED,
) -> None:
    """Report online that keys leaked or a medium is unusable, as one must (Act 10, 29, 16-9)."""
    world.record(
        KeyCompromiseReported(
            person=person_id, kinds=tuple(kinds), cause=cause, signed_with=signed_with
        )
    )


@performs(_ME, Act.REPORT_CARD_LOSS)
def report_card_loss(world: World, person_id: str, channel: Channel = Channel.CALL_CENTRE) -> None:
    """Report the loss of the card, as one must immediately (番号法 17(9))."""
    _LOSS[channel](world, person_id)


@performs(_ME, Act.KEEP_PIN)
def change_pin(world: World, token: str, *, old: Pin, new: Pin) -> None:
    """Change a PIN of one's own card or phone by its old value; nobody is told."""
    applet(world, token).change(old, new)


@performs(_ME, Act.KEEP_PIN)
def treat_phone(world: World, person_id: str, change: MobileDeviceChange) -> None:
    """Do something to the phone without applying for anything (EV-63, EV-70 to EV-78).

    What it does to the keys in the phone depends on its platform (``simulator.phone.treat``); of a
    phone that is only in the log, the log alone says it.
    """
    device = world.state().person(person_id).device
    if device is not None and world.store.chip(device.id) is not None:
        phone.treat(world, device.id, change)
    else:
        world.record(MobileDeviceChanged(person=person_id, change=change))
