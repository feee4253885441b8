"""Floods of OCSP questions over real sockets: all are answered or refused, and others served."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from jpki.certificates import SubscriberCertificate, parse_certificate
from jpki.revocation import ocsp_request, parse_ocsp_response
from jpki.revocation.ocsp import ResponseStatus
from jpki.revocation.ocsp.response import SaidStatus
from jpki.terms import Purpose
from simulator.store import Location
from simulator.web import RunningServer
from simulator.world import World
from tests.services import servicework as work

pytestmark = pytest.mark.system
CONNECTIONS = 64
QUESTIONS = 10
WITHIN_SECONDS = 60
HEAD = "POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\n"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[object]:
    from tests.simulator.postgres import cluster

    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "sqlite":
        return tmp_path / "world.sqlite"
    new_url: Callable[[], Location] = request.getfixturevalue("postgresql").new_world_url
    return new_url()


@pytest.fixture(params=["frozen", "running"])
def world(place: Location, request: pytest.FixtureRequest) -> Iterator[World]:
    with work.new_world(place) as made:
        work.person_with_card(made)
        made.advance_to_day(made.now.date().replace(day=made.now.day + 1))
        if request.param == "running":
            made.run_clock()
        yield made


def questions(world: World) -> dict[str, bytes]:
    """A question that is prepared for and one that is signed for alone."""
    serial = world.store.last_serial(Purpose.SIGNATURE.value)
    encoded = world.store.certificate(Purpose.SIGNATURE.value, serial)
    assert encoded is not None
    certificate = parse_certificate(encoded)
    assert isinstance(certificate, SubscriberCertificate)
    current = world.agency.current(Purpose.SIGNATURE, world.now)
    authority = world.agency.authority(current).certificate
    return {
        "plain": ocsp_request(certificate, authority).der,
        "nonce": ocsp_request(certificate, authority, nonce=b"n" * 32).der,
    }


def answered(made: socket.socket) -> tuple[int, bytes]:
    """Read one response; status 0 when the connection was closed without one."""
    stream = made.makefile("rb")
    try:
        status = stream.readline()
        length = 0
        while (line := stream.readline().strip().lower()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return (int(status.split()[1]), stream.read(length)) if status else (0, b"")
    except OSError:
        return 0, b""
    finally:
        stream.detach()


def together(work_of_one: Callable[[int], list[str]]) -> Counter[str]:
    with ThreadPoolExecutor(CONNECTIONS) as many:
        return Counter(one for found in many.map(work_of_one, range(CONNECTIONS)) for one in found)


def test_a_flood_of_questions_is_answered_and_commands_go_on(world: World) -> None:
    asked = questions(world)
    with RunningServer(world) as server, work_beside(server) as beside:
        begun = time.monotonic()

        def one(number: int) -> list[str]:
            body = asked["nonce" if number % 2 else "plain"]
            told = []
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as made:
                for _ in range(QUESTIONS):
                    made.sendall(f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                    status, content = answered(made)
                    assert status == 200, status
                    answer = parse_ocsp_response(content).answer
                    assert answer is not None
                    assert (answer.nonce is not None) is bool(number % 2)
                    told.append(answer.singles[0].status.value)
            return told

        told = together(one)
        took = time.monotonic() - begun
    assert told == {SaidStatus.GOOD.value: CONNECTIONS * QUESTIONS}
    assert took < WITHIN_SECONDS
    assert beside.refused == []
    assert beside.done >= 1


def test_questions_are_answered_while_another_program_writes(world: World, place: Location) -> None:
    body = questions(world)["nonce"]
    with RunningServer(world) as server, World.open(place, keys=work.keys()) as other:

        def ask() -> int:
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as made:
                made.sendall(f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                return answered(made)[0]

        assert ask() == 200
        with ThreadPoolExecutor(1) as waiting:
            with other.transaction():
                other.store.set("held", "the writer's lock")
                # A command of the server's own waits for the other program meanwhile.
                commanded = waiting.submit(world.tick)
                begun = time.monotonic()
                assert [ask() for _ in range(5)] == [200] * 5
                assert time.monotonic() - begun < 5
                assert not commanded.done()
            commanded.result(30)
        assert ask() == 200


MALFORMED = (
    b"",
    b"\x30",
    b"\x30\x84\xff\xff\xff\xff",
    b"\x30\x80" * 2000,
    b"\x00" * 60_000,
    b"\x30\x03\x02\x01\x00",
)


def test_a_flood_of_what_is_no_question_is_refused_and_commands_go_on(world: World) -> None:
    with RunningServer(world) as server, work_beside(server) as beside:

        def one(number: int) -> list[str]:
            told = []
            for turn in range(QUESTIONS):
                body = MALFORMED[(number + turn) % len(MALFORMED)]
                with socket.create_connection(("127.0.0.1", server.port), timeout=30) as made:
                    made.sendall(f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                    status, content = answered(made)
                told.append(f"{status} {parse_ocsp_response(content).status.name}")
            return told

        told = together(one)
        flooded = together(lambda _: [torn(server.port)])
    assert told == {f"200 {ResponseStatus.MALFORMED_REQUEST.name}": CONNECTIONS * QUESTIONS}
    assert set(flooded) <= {"0", "400", "413", "415"}
    assert beside.refused == []
    assert beside.done >= 1


def torn(port: int) -> str:
    """A body that is too long, and one that breaks off."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as made:
        made.sendall(f"{HEAD}Content-Length: 99999999\r\n\r\n".encode() + b"x" * 1000)
        status, _ = answered(made)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as made:
        made.sendall(f"{HEAD}Content-Length: 100\r\n\r\n".encode() + b"x")
    return str(status)


class work_beside:  # noqa: N801  a context manager, used as a function is
    """A keeper who asks and orders over HTTP for as long as the flood lasts."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.done = 0
        self.refused: list[str] = []

    def __enter__(self) -> work_beside:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        from simulator.client import ControlClient

        with ControlClient(self._server.url, self._server.admin_token) as control:
            while not self._over.is_set() or not self.done:
                try:
                    assert control.status().people >= 1
                    control.advance(timedelta(seconds=1))
                except Exception as error:  # it is what is counted
                    self.refused.append(repr(error))
                self.done += 1
