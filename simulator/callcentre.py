"""The call centre that suspends lost cards and phones, day and night.

It can suspend and nothing else: a card's suspension is lifted at the counter, a phone's in the app.
"""

from __future__ import annotations

from jpki.law import Act, Actor
from jpki.life.events import CardLossReported, Channel, MobileDeviceLossReported
from simulator.acting import performs
from simulator.world import World

__all__ = ["suspend_card", "suspend_phone"]

_ME = Actor.CALL_CENTRE


@performs(_ME, Act.SUSPEND_CARD)
def suspend_card(world: World, person_id: str) -> None:
    """Suspend a lost card; recorded at once (施行規則 65(1)(iii))."""
    world.record(CardLossReported(person=person_id, channel=Channel.CALL_CENTRE))


@performs(_ME, Act.SUSPEND_PHONE)
def suspend_phone(world: World, person_id: str) -> None:
    """Suspend a lost phone; recorded at once."""
    world.record(MobileDeviceLossReported(person=person_id))
