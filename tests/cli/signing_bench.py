"""Two people's cards and phones, lists before and after they move, and a timestamp authority."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from jpki.card.layout import TokenKind
from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from jpki.life.events import Platform, RecordItem
from simulator import municipality, phone
from simulator.agency.timestamps import (
    SimulatedTimestampAuthority,
    create_timestamp_authority,
    timestamp_response,
    timestamp_revocation_list,
)
from simulator.card.connection import SoftwareCard
from simulator.card.memory import Memory
from simulator.keys import KeyDirectory, SeededKeys
from simulator.municipalities import municipality as place_named
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet, plugged
from simulator.world import World

PASSWORD, PIN = "ABC123", "1234"
SIGNED = at_time(date(2026, 8, 1), time(12))  # 03:00 UTC
BEFORE, AFTER = "2026-08-02T12:00", "2026-08-05T12:00"
_KEPT = Path(__file__).resolve().parents[2] / "build" / "test-keys"
KEYS = SeededKeys("sign command", cache=KeyDirectory(_KEPT))
TOKENS = {
    TokenKind.INDIVIDUAL_NUMBER_CARD: "card-P000001-1",
    TokenKind.ANDROID_PHONE: "phone-P000001-1",
    TokenKind.IPHONE: "phone-P000002-1",
}


@dataclass(frozen=True)
class Material:
    """What signers and verifiers have in hand."""

    memories: dict[TokenKind, Memory]
    root: bytes
    auth_root: bytes
    list_before: bytes
    list_after: bytes
    auth_list_before: bytes
    timestamps: SimulatedTimestampAuthority
    timestamp_list: bytes

    def token(self, kind: TokenKind) -> SoftwareCard:
        """Return a fresh token with all its tries."""
        return SoftwareCard(self.memories[kind])

    def write(self, folder: Path) -> Path:
        """Write what a verifier is handed, each under a name of its own."""
        for name, data in (
            ("root.cer", self.root),
            ("auth-root.cer", self.auth_root),
            ("before.crl", self.list_before),
            ("after.crl", self.list_after),
            ("auth-before.crl", self.auth_list_before),
            ("tsa.cer", self.timestamps.root),
            ("tsa.crl", self.timestamp_list),
        ):
            (folder / name).write_bytes(data)
        return folder


@cache
def material() -> Material:
    """Play the world once: three tokens, a list, both move, and the list after it."""
    world = World.create(seed="sign command", at=at_time(date(2026, 4, 1), time(12)), keys=KEYS)
    pins = TokenPins(SignaturePassword(PASSWORD), UserPin(PIN))
    people = []
    # One phone to a person: a second one would take the place of the first.
    for number, platform in enumerate((Platform.ANDROID, Platform.IPHONE), start=1):
        invented = invent_person("sign command", number, municipality_code="13113")
        people.append(municipality.register(world, invented))
        card = municipality.hand_over_card(world, people[-1], pins=pins)
        phone.enrol(
            world, people[-1], platform=platform, card=applet(world, card),
            card_password=pins.signature_password, pins=pins,
        )  # fmt: skip
    memories = {kind: plugged(world, name).memory for kind, name in TOKENS.items()}
    timestamps = create_timestamp_authority(keys=KEYS, at=world.now)
    roots = {root.purpose.value: root.der for root in world.agency.roots(world.now)}
    world.advance_to_day(date(2026, 8, 2), time(5))
    before, auth_before = _list(world, "card_signature"), _list(world, "card_authentication")
    timestamp_list = timestamp_revocation_list(timestamps, at=world.now)
    world.advance_to_day(date(2026, 8, 3))
    for person in people:
        municipality.amend_record(world, person, RecordItem.ADDRESS, "転居先")
    world.advance_to_day(date(2026, 8, 5), time(5))
    return Material(
        memories,
        roots["signature"],
        roots["user_authentication"],
        before,
        _list(world, "card_signature"),
        auth_before,
        timestamps,
        timestamp_list,
    )


def _list(world: World, kind: str) -> bytes:
    record = next(one for one in world.state().certificates.values() if one.kind == kind)
    return world.agency.revocation_list(
        record.authority, place_named(record.municipality), world.now
    )


Answer = Callable[[bytes], tuple[int, str, bytes]]
REPLY = "application/timestamp-reply"


@dataclass
class Served:
    """A server's address and what it was asked."""

    url: str = ""
    asked: list[bytes] = field(default_factory=list)


def stamping(at: datetime = SIGNED) -> Answer:
    """Return what the simulated authority answers at an instant."""
    authority = material().timestamps
    return lambda request: (200, REPLY, timestamp_response(authority, request, at=at))


@contextmanager
def served(answer: Answer) -> Iterator[Served]:
    """Serve ``answer`` over HTTP on a free port of the loopback until the block ends."""
    told = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["content-type"] == "application/timestamp-query"
            told.asked.append(body)
            status, kind, data = answer(body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}/tsa"
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        running.start()
        try:
            yield told
        finally:
            server.shutdown()
            running.join()
