"""Sixteen clients contradict one another over HTTP; the log is a legal history all the same."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from jpki.errors import ServiceRefused
from jpki.life import State, advance, decide
from jpki.life.events import RecordItem
from simulator.client import ControlClient
from simulator.world import World
from tests.services import servicework as work
from tests.web.webwork import serving

CLIENTS, COMMANDS = 16, 12


def fire(url: str, token: str, number: int) -> tuple[int, int]:
    """Fire conflicting commands; return how many were accepted and how many refused."""
    chance = random.Random(number)
    accepted = refused = 0
    with ControlClient(url, token) as control:
        for _ in range(COMMANDS):
            person = chance.choice(("P000001", "P000002"))
            try:
                match chance.randrange(6):
                    case 0:
                        control.command(person, "card/suspension")
                    case 1:
                        control.command(person, "card/suspension/lifting")
                    case 2:
                        control.command(person, "card/signature-certificate")
                    case 3:
                        value = f"東京都渋谷区模擬町{number}"
                        control.amend_record(person, RecordItem.ADDRESS, value)
                    case 4:
                        control.invent_person(number=3 + chance.randrange(20))
                    case _:
                        control.advance(timedelta(hours=7))
                accepted += 1
            except ServiceRefused:
                refused += 1
    return accepted, refused


def test_the_log_of_sixteen_clients_is_decided_again_entry_by_entry(tmp_path: Path) -> None:
    place = tmp_path / "world.sqlite"
    with serving(place) as served:
        work.person_with_card(served.world, 2)
        url, token = served.server.url, served.server.admin_token
        with ThreadPoolExecutor(CLIENTS) as clients:
            told = list(clients.map(lambda each: fire(url, token, each), range(CLIENTS)))
        acknowledged = served.control.status().entries
    assert sum(accepted + refused for accepted, refused in told) == CLIENTS * COMMANDS
    assert sum(accepted for accepted, _ in told) > 20
    assert sum(refused for _, refused in told) > 20
    with World.open(place, keys=work.keys()) as world:
        entries = world.entries
        assert len(entries) == acknowledged
        state = State.empty(entries[0].recorded_at, book=world.book)
        for entry in entries:
            again = decide(
                state,
                entry.event,
                at=entry.recorded_at,
                occurred_on=entry.occurred_on,
                known_at=entry.known_at,
            )
            assert again == entry
            state = advance(state, (entry,))
        # What was issued is there with its bytes, each serial number once.
        issued = {(c.authority.purpose, c.serial) for c in state.certificates}
        assert issued == {(purpose, serial) for purpose, serial, _ in world.store.certificates()}
