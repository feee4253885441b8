"""Notices of lapses: the authority tells the phone, and repeats it until it confirms (18-2(10)).

Which notices are under way is worked out: a wallet still holds a batch that has fallen. Confirming
one is taking the batch out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from simulator.mdoc.memory import Wallets
from simulator.mdoc.profile import DEFAULT_PROFILE, IssuingProfile
from simulator.mdoc.wallet import fall_of, reachable
from simulator.world import World

__all__ = ["FallNotice", "pending_notices", "push_notices"]


@dataclass(frozen=True, slots=True)
class FallNotice:
    """A notice to a phone that its record has fallen. ``tries``: how often it was sent by now."""

    person: str
    device: str
    rule: str
    since: datetime
    tries: int


def pending_notices(
    world: World, *, profile: IssuingProfile = DEFAULT_PROFILE
) -> tuple[FallNotice, ...]:
    """Return the notices that no phone has confirmed yet, by the phone's name."""
    found = []
    for wallet in Wallets(world.store).every():
        fall = fall_of(world, wallet)
        if fall is not None:
            tries = 1 + (world.now - fall.since) // profile.notice_every
            found.append(FallNotice(wallet.holder, wallet.device, fall.rule, fall.since, tries))
    return tuple(found)


def push_notices(
    world: World,
    *,
    reached: Callable[[str], bool] | None = None,
    profile: IssuingProfile = DEFAULT_PROFILE,
) -> tuple[FallNotice, ...]:
    """Send every notice once more; return those that a phone has confirmed.

    ``reached`` says by a phone's name whether it is there; by default that is what the phones
    themselves are, online and working or not. What confirms takes the batch out.
    """
    there = reached or partial(reachable, world)
    confirmed = tuple(
        notice for notice in pending_notices(world, profile=profile) if there(notice.device)
    )
    with world.transaction():
        for notice in confirmed:
            Wallets(world.store).empty(notice.device)
    return confirmed
