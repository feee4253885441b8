"""A worker that writes to a world and acknowledges each write, to be killed at any instant."""

from __future__ import annotations

import os
from datetime import date, timedelta

from jpki.life import FourItems
from jpki.life.events import ResidentRegistered
from jpki.terms import Sex
from simulator.store import Location
from simulator.world import World


def items(number: int) -> FourItems:
    return FourItems(f"模擬　{number}", date(1980, 1, 1), Sex.FEMALE, f"東京都渋谷区模擬町{number}")


def register(world: World, name: str, number: int) -> int:
    """Register one person and return the number of the log's entry."""
    return world.record(ResidentRegistered(name, items(number), "13113")).seq


def write_for_ever(location: Location, worker: str, acknowledged: int) -> None:
    """Write until killed; each acknowledgement is one line with entry number and name."""
    world = World.open(location)
    number = 0
    while True:
        number += 1
        name = f"{worker}-{number}"
        with world.transaction():
            seq = register(world, name, number)
            world.advance(world.now + timedelta(seconds=1))
        os.write(acknowledged, f"{seq} {name}\n".encode())
