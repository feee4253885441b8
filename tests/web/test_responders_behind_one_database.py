"""Several responders on one port, behind one database: each tells what is recorded, any may end."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, time
from pathlib import Path

import pytest

from jpki.errors import WorldUnavailable
from jpki.jst import at_time
from jpki.revocation import ocsp_request, parse_ocsp_response
from jpki.revocation.ocsp import SaidStatus
from jpki.terms import CertificateKind
from simulator import municipality
from simulator.agency.presigned import presign
from simulator.agency.publication import Publication
from simulator.keys import KeyPool
from simulator.store import Location
from simulator.web.responders import Responders
from simulator.world import World
from tests.agency.publication.serving import BEGINS, Town

pytestmark = pytest.mark.system
PROCESSES = 3
MOST_CONNECTIONS = 300
"""Until each has had one; the kernel chooses by a hash of the client's port."""
DAY = BEGINS.date()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[object]:
    from tests.simulator.postgres import cluster

    with cluster() as running:
        yield running


@pytest.fixture
def place(postgresql: object) -> Location:
    new_url: Callable[[], Location] = postgresql.new_world_url  # type: ignore[attr-defined]
    return new_url()


@pytest.fixture
def town(place: Location) -> Iterator[Town]:
    """It is 10:05 in Japan. Data was renewed at 10:00, and is next at 10:15."""
    with World.create(place, seed="one database", at=BEGINS, keys=KeyPool()) as world:
        made = Town(world, {})
        made.moves_in("Hanako")
        made.wait(minutes=5)
        yield made


class Clients:
    """Who asks all of the responders on a port."""

    def __init__(self, responders: Responders) -> None:
        self.port = responders.port
        self.processes = [process for process, _ in responders._processes]

    def each(self, question: bytes) -> dict[int, bytes]:
        """What each process that runs answers, by its number."""
        running = {one.pid for one in self.processes if one.is_alive()}
        told: dict[int, bytes] = {}
        for _ in range(MOST_CONNECTIONS):
            process, answer = self.once(question)
            assert process in running
            told[process] = answer
            if told.keys() == running:
                return told
        raise AssertionError(f"only {sorted(told)} of {sorted(map(str, running))} were met")

    def once(self, question: bytes) -> tuple[int, bytes]:
        """One answer over a connection of its own, and which process gave it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Content-Type": "application/ocsp-request"}
            connection.request("POST", "/ocsp", question, headers)
            response = connection.getresponse()
            answer = response.read()
            assert response.status == 200
            return self._process_of(connection.sock), answer
        finally:
            connection.close()

    def _process_of(self, ours: socket.socket) -> int:
        """Which process has the other end of a connection that is still open."""
        # Open on both sides (01): an earlier connection of the same port may still be waited out,
        # and a table that changes while it is read may show a row twice.
        ends = f":{self.port:04X} 0100007F:{ours.getsockname()[1]:04X} 01 "
        rows = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()
        (inode,) = {row.split()[9] for row in rows if ends in row}
        for process in self.processes:
            if process.is_alive():
                files = Path(f"/proc/{process.pid}/fd").iterdir()
                if f"socket:[{inode}]" in {_target(file) for file in files}:
                    return process.pid or 0
        raise AssertionError("nobody has the other end")


def _target(file: Path) -> str:
    try:
        return str(file.readlink())
    except OSError:
        return ""


def question(
    town: Town,
    nonce: bytes | None = None,
    *,
    kind: CertificateKind = CertificateKind.CARD_SIGNATURE,
) -> bytes:
    return ocsp_request(town.certificate("Hanako", kind), town.authority(kind), nonce=nonce).der


def says(answer: bytes) -> tuple[SaidStatus, datetime, datetime]:
    told = parse_ocsp_response(answer).answer
    assert told is not None
    return told.singles[0].status, told.singles[0].this_update, told.produced_at


def in_japan(hour: int, minute: int, second: int = 0) -> datetime:
    return at_time(DAY, time(hour, minute, second))


def test_all_tell_what_is_recorded_while_they_run_and_one_that_is_killed_is_missed_by_nobody(
    town: Town, place: Location, tmp_path: Path
) -> None:
    world, file = town.world, tmp_path / "answers.ocsp"
    presign(Publication(world), file, at=world.now)
    with Responders(file, world=place, processes=PROCESSES, keys=KeyPool) as responders:
        clients = Clients(responders)
        a_revocation_is_told_by_all_at_the_next_renewal(town, clients, file)
        one_is_killed(town, clients)
        with pytest.raises(WorldUnavailable, match="a responder has ended"):
            responders.require_all()


def a_revocation_is_told_by_all_at_the_next_renewal(
    town: Town, clients: Clients, file: Path
) -> None:
    world, plain, with_nonce = town.world, question(town), question(town, b"n" * 32)
    theirs = Publication(world).ocsp(plain, world.now)
    assert set(clients.each(plain).values()) == {theirs}
    # signed in the moment it is asked, from the data of 10:00
    good = SaidStatus.GOOD, in_japan(10, 0), in_japan(10, 5)
    assert {says(one) for one in clients.each(with_nonce).values()} == {good}

    kinds = (CertificateKind.CARD_SIGNATURE,)
    municipality.accept_revocation_request(world, town.people["Hanako"], kinds)
    # told until the data is renewed as it was, byte for byte
    world.advance(in_japan(10, 14, 59))
    assert set(clients.each(plain).values()) == {theirs}
    world.advance(in_japan(10, 15))
    revoked = SaidStatus.REVOKED, in_japan(10, 15), in_japan(10, 15)
    for asked in (plain, with_nonce):
        assert {says(one) for one in clients.each(asked).values()} == {revoked}

    # a file of the new data is taken up by all while they run
    world.advance(in_japan(10, 16))
    presign(Publication(world), file, at=world.now)
    (answer,) = set(clients.each(plain).values())
    assert says(answer) == revoked
    assert answer == Publication(world).ocsp(plain, world.now)


def one_is_killed(town: Town, clients: Clients) -> None:
    world, other = town.world, question(town, kind=CertificateKind.CARD_AUTHENTICATION)
    first = clients.processes[0]
    first.kill()
    first.join(20)
    asked = [clients.once(other) for _ in range(40)]
    left = {one.pid for one in clients.processes[1:]}
    assert {process for process, _ in asked} <= left
    assert {answer for _, answer in asked} == {Publication(world).ocsp(other, world.now)}
    # and what is recorded afterwards is told by those that are left
    town.loses_the_card("Hanako")
    world.advance(in_japan(10, 30))
    told = clients.each(other)
    assert told.keys() == left
    assert {says(one)[0] for one in told.values()} == {SaidStatus.REVOKED}
