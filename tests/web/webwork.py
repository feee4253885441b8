"""A world that is served, and clients of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from jpki.law import VerifierRole
from jpki.services.client import VerifierClient
from simulator.approvals import AppRole
from simulator.client import ControlClient
from simulator.phone_client import HolderClient
from simulator.web import RunningServer
from simulator.web.app import OPERATIONS
from simulator.web.operations import Area, Operation
from simulator.world import World
from tests.services import servicework as work

EXAMPLES = {
    "person": "P000001",
    "chip": "card-P000001-1",
    "verifier": "bank",
    "event": "card_loss_reported",
    "purpose": "signature",
    "serial": "108000001",
    "generation": "3",
    "number": "1",
    "device": "phone-P000001-1",
    "request": "R000001",
    "app": "shop",
}


@dataclass(frozen=True, slots=True)
class Served:
    """A running server with one person and one verifier."""

    world: World
    server: RunningServer
    control: ControlClient
    person: str
    bank: str
    shop: str

    def token(self, area: Area) -> str:
        """The credential that opens a part of the server."""
        tokens = {Area.CONTROL: self.server.admin_token, Area.PHONE: self.shop}
        return tokens.get(area, self.bank)

    def bare(self, token: str | None = None) -> httpx.Client:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.server.url, headers=headers, timeout=30)

    def keeper(self) -> httpx.Client:
        return self.bare(self.server.admin_token)

    def verifier(self, role: VerifierRole = work.SIGNING) -> VerifierClient:
        return VerifierClient(self.server.url, self.bank, role=role, purpose_of_use=work.USE)


@contextmanager
def serving(place: Path | None = None, **more: Any) -> Iterator[Served]:
    with work.new_world(place) as world:
        person = work.person_with_card(world)
        with (
            RunningServer(world, **more) as server,
            ControlClient(server.url, server.admin_token) as control,
        ):
            bank = control.register_verifier(
                "bank", roles=[work.SIGNING], purposes_of_use=[work.USE]
            )
            with HolderClient(server.url, server.admin_token) as holder:
                shop = holder.register_app("shop", list(AppRole), verifier="bank").token
            yield Served(world, server, control, person, bank, shop)


def address(operation: Operation) -> str:
    """Return an operation's path with its parameters filled in."""
    fill: Callable[[re.Match[str]], str] = lambda found: EXAMPLES[found[1]]  # noqa: E731
    return re.sub(r"\{(\w+)\}", fill, operation.route)


ADDRESSES = [(each.method, address(each)) for each in OPERATIONS]
