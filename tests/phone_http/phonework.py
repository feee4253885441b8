"""A served world with an enrolled phone, an app, its holder, and somewhere to be called back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from simulator.approvals import AppRole
from simulator.phone_client import HolderClient, PhoneClient
from simulator.web import RunningServer
from simulator.world import World
from tests.services import servicework as work

ALL_ROLES = tuple(AppRole)


@dataclass(frozen=True, slots=True)
class Bench:
    """A running server, one person with card and phone, one app that may ask everything."""

    world: World
    server: RunningServer
    person: str
    device: str
    app: PhoneClient
    holder: HolderClient
    callback_secret: str

    def another_app(self, name: str, *roles: AppRole) -> PhoneClient:
        token = self.holder.register_app(name, roles, verifier="bank").token
        return PhoneClient(self.server.url, token)


@cache
def _begun() -> bytes:
    """A world file with the person, made once for all tests of a run."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / "world.sqlite"
        with work.new_world(place) as world:
            work.enrol(world, work.person_with_card(world))
        return place.read_bytes()


@contextmanager
def bench(place: Path | None = None, *, callback_url: str | None = None) -> Iterator[Bench]:
    """Serve a world, in ``place`` or in a folder of its own."""
    with TemporaryDirectory() as folder:
        place = place or Path(folder) / "world.sqlite"
        place.write_bytes(_begun())
        with (
            World.open(place, keys=work.keys()) as world,
            RunningServer(world) as server,
            HolderClient(server.url, server.admin_token) as holder,
        ):
            (person,) = world.state().people
            device = world.state().person(person).device
            assert device is not None
            made = holder.register_app(
                "shop", ALL_ROLES, verifier="bank", callback_url=callback_url
            )
            with PhoneClient(server.url, made.token) as app:
                yield Bench(world, server, person, device.id, app, holder, made.callback_secret)


@dataclass
class Receiver:
    """Takes callbacks on a port of this machine; ``answers`` are given in turn, then 204."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)
    wanted: int = 1
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/called"

    def wait_for(self, number: int) -> None:
        self.wanted = number
        if len(self.got) < number:
            self.came.clear()
            assert self.came.wait(20), f"{len(self.got)} of {number} callbacks came"


@contextmanager
def receiving(*answers: int, port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.got.append((headers, self.rfile.read(length)))
            answer = receiver.answers.pop(0) if receiver.answers else 204
            self.send_response(answer)
            if answer in (301, 307):
                self.send_header("location", f"http://127.0.0.1:{receiver.port}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()
            if len(receiver.got) >= receiver.wanted:
                receiver.came.set()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", port), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def until(true: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait until something is so."""
    waited = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if true():
            return
        waited.wait(0.05)
    raise AssertionError("it did not come to be so")
