"""The records in a person's wallets: what a phone out of reach could still show, and until when."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.exposure.model import RecordExposure
from simulator.mdoc import pending_notices, reach_of_wallets, reachable
from simulator.phone.element import known_device
from simulator.world import World

__all__ = ["records_of"]


def records_of(world: World, person: str) -> tuple[RecordExposure, ...]:
    """Return what every wallet of the person's phones holds, the replaced ones' too."""
    return tuple(_records(world, person))


def _records(world: World, person: str) -> Iterator[RecordExposure]:
    state = world.state()
    notices = {each.device: each for each in pending_notices(world)}
    for device, reach in reach_of_wallets(world, person):
        known = known_device(state, person, device)
        if reach.until is None or (known is not None and not known.key_present):
            continue
        notice = notices.get(device)
        yield RecordExposure(
            device=device,
            reachable=reachable(world, device),
            new_parties=reach.new_parties,
            known_parties=reach.known_parties,
            until=reach.until,
            fallen_by=reach.fallen_by,
            notices_sent=notice.tries if notice is not None else 0,
        )
