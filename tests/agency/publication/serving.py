"""A world with a few holders, and the publication of it served for real on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import uvicorn

from jpki.card.pin import SignaturePassword, UserPin
from jpki.certificates import AuthorityCertificate, SubscriberCertificate, parse_certificate
from jpki.jst import at_time
from jpki.life.events import RecordItem
from jpki.terms import CertificateKind
from simulator import callcentre, municipality
from simulator.agency.publication import PublicationOptions
from simulator.agency.publication.app import publication_app
from simulator.agency.publication.server import ImpatientProtocol, uvicorn_settings
from simulator.faults import FaultsAtWork
from simulator.keys import KeyDirectory, SeededKeys
from simulator.people import invent_person
from simulator.tokens import TokenPins
from simulator.world import World

KEPT = Path(__file__).resolve().parents[3] / "build" / "test-keys"
KEYS = SeededKeys("publication tests", cache=KeyDirectory(KEPT))
BEGINS = at_time(date(2024, 3, 10), time(10, 0))
PLACE = "13113"
CS, CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION


@dataclass
class Town:
    """A world and its people by name; what happens to them is up to the test."""

    world: World
    people: dict[str, str]

    @classmethod
    def build(cls, *names: str, **policies: str | bool | int) -> Town:
        world = World.create(
            None, seed="publication tests", at=BEGINS, policies=policies, keys=KEYS
        )
        town = cls(world, {})
        for number, name in enumerate(names, start=1):
            invented = invent_person(
                "publication tests", number, birth_date=date(1990, 9, 15), municipality_code=PLACE
            )
            town.people[name] = municipality.register(world, invented)
            pins = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
            municipality.hand_over_card(
                world, town.people[name], pins=pins, made_on=date(2024, 3, 1)
            )
        return town

    def certificate(self, name: str, kind: CertificateKind = CS) -> SubscriberCertificate:
        """The first certificate of this kind that the person had."""
        record = next(
            one for one in self.world.state().records(self.people[name]) if one.kind is kind
        )
        encoded = self.world.store.certificate(kind.purpose.value, record.serial)
        assert encoded is not None
        return parse_certificate(encoded)

    def authority(self, kind: CertificateKind = CS) -> AuthorityCertificate:
        agency = self.world.agency
        return agency.authority(agency.current(kind.purpose, BEGINS)).certificate

    def moves(self, name: str) -> None:
        """A move is recorded the next morning, and ends the signature certificate."""
        municipality.amend_record(
            self.world, self.people[name], RecordItem.ADDRESS, "東京都渋谷区模擬町９－９－９"
        )

    def loses_the_card(self, name: str) -> None:
        callcentre.suspend_card(self.world, self.people[name])

    def wait(self, **by: float) -> datetime:
        self.world.advance(self.world.now + timedelta(**by))
        return self.world.now


@contextmanager
def served(
    world: World,
    faults: FaultsAtWork | None = None,
    *,
    options: PublicationOptions | None = None,
    body_seconds: float = 10.0,
    head_seconds: float = 10.0,
) -> Iterator[str]:
    """The base address of a server in a thread of its own; the server ends with the block."""
    app = publication_app(lambda: world, faults, options=options, body_seconds=body_seconds)
    protocol = type("Protocol", (ImpatientProtocol,), {"head_seconds": head_seconds})
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, **(uvicorn_settings() | {"http": protocol})))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
        assert not thread.is_alive()
