"""Oversize, malformed, slow and crooked requests are refused by name, and others are served."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from jpki.errors import MalformedDocument, WorldUnavailable
from simulator.web import RunningServer
from simulator.web.app import LONGEST_BODY
from simulator.web.connection import BoundedConnection
from tests.services import servicework as work
from tests.web.webwork import Served, serving

INVENT = "/control/v1/people/invented"


class Hasty(BoundedConnection):
    """A connection whose patience fits into a test."""

    head_seconds = 0.5
    answer_seconds = 1.5


@pytest.fixture(scope="module")
def hasty() -> Iterator[Served]:
    with serving(connection=Hasty) as running:
        yield running


def serves(served: Served) -> bool:
    return served.control.status().people >= 1


def test_a_body_of_the_longest_length_is_read_and_one_byte_more_is_not(standing: Served) -> None:
    with standing.keeper() as client:
        just = client.post(
            INVENT, content=b" " * LONGEST_BODY, headers={"content-type": "application/json"}
        )
        over = client.post(
            INVENT, content=b" " * (LONGEST_BODY + 1), headers={"content-type": "application/json"}
        )
    assert (just.status_code, just.json()["code"]) == (400, "web.not-json")
    assert (over.status_code, over.json()["code"]) == (413, "web.too-large")


def test_a_body_without_a_length_is_bounded_as_well(standing: Served) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    with standing.keeper() as client:
        try:
            answer = client.post(
                INVENT, content=parts(), headers={"content-type": "application/json"}
            )
        except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
            pass  # refused before all was sent
        else:
            assert answer.status_code == 413
    assert serves(standing)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"number": 1',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'"\\ud800"',
        b"NaN",
        b"1e999999",
    ],
)
def test_what_is_no_json_object_is_refused(standing: Served, body: bytes) -> None:
    with standing.keeper() as client:
        answer = client.post(INVENT, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_json_is_taken_only_where_it_is_said_to_be(standing: Served, kind: str) -> None:
    with standing.keeper() as client:
        answer = client.post(INVENT, content=b"{}", headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "web.not-json")


@pytest.mark.parametrize(
    "der", [b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80" * 2000, b"\x00" * 100_000]
)
def test_a_signature_that_is_none_is_refused(served: Served, der: bytes) -> None:
    asked = work.message(work.document(served.world), der)
    with served.bare(served.bank) as client:
        answer = client.post(
            "/services/v1/consents",
            content=asked.model_dump_json(),
            headers={"content-type": "application/json"},
        )
    assert (answer.status_code, answer.json()["rule"]) == (409, "CO-1")


@pytest.mark.parametrize(
    "path",
    [
        "/control/v1/../../etc/passwd",
        "/control/v1/%2e%2e/%2e%2e/etc/passwd",
        "/control/v1/people/..%2f..%2fetc%2fpasswd",
        "/control/v1/people/%00",
        "/control/v1/certificates/signature/" + "9" * 5000,
        "/control/v1/certificates/signature/-1",
        "/control/v1/certificates/signature/１",
        "/control/v1/roots/signature/99",
        "/control/v1/events/..",
        "/crl/../../etc/passwd",
        "/crl/sign/3/..%2f..%2fetc%2fpasswd.crl",
    ],
)
def test_a_path_leads_nowhere_but_where_it_says(standing: Served, path: str) -> None:
    with standing.keeper() as client:
        answer = client.get(standing.server.url + path)
    assert answer.status_code in (400, 404)
    assert "root:" not in answer.text


def test_a_query_that_is_not_known_is_refused(standing: Served) -> None:
    with standing.keeper() as client:
        assert client.get("/control/v1/status?x=1").status_code == 400
        assert client.get("/control/v1/audit?after=x").status_code == 422
        assert client.get("/control/v1/audit?before=1").status_code == 422


def opened(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.server.port), timeout=10)


def test_a_connection_that_sends_its_head_byte_by_byte_is_closed(hasty: Served) -> None:
    slow = [opened(hasty) for _ in range(20)]
    begun = time.monotonic()
    for each in slow:
        each.sendall(b"GET / HTTP/1.1\r\nX-A: b")
    for _ in range(6):
        time.sleep(0.2)
        for each in slow:
            try:
                each.send(b"c")
            except OSError:
                continue
    assert serves(hasty)
    for each in slow:
        with suppress(ConnectionResetError):
            assert each.recv(100) == b""
        each.close()
    assert time.monotonic() - begun < 8


def test_a_body_that_never_comes_is_given_up(hasty: Served) -> None:
    with opened(hasty) as slow:
        head = (
            f"POST {INVENT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {hasty.server.admin_token}"
        )
        slow.sendall(head.encode() + b"\r\n\r\n{")
        try:
            while slow.recv(1000):
                pass
        except ConnectionResetError:
            pass
    assert serves(hasty)


def test_bytes_that_are_no_http_are_refused(standing: Served) -> None:
    for junk in (b"\x16\x03\x01\x00\xa5", b"GET\r\n\r\n", b"\x00" * 70_000):
        with opened(standing) as crooked:
            crooked.sendall(junk)
            try:
                answer = crooked.recv(1000)
            except ConnectionResetError:
                answer = b""
            assert answer[:12] in (b"", b"HTTP/1.1 400")
    assert serves(standing)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "192.0.2.1", "example.org", "", "127.0.0.1.example.org"],  # noqa: S104  that is what is refused
)
def test_a_host_that_others_can_reach_is_refused_by_name(host: str) -> None:
    with work.new_world() as world, pytest.raises(MalformedDocument, match="this machine"):
        RunningServer(world, host=host)


def test_a_port_that_is_taken_is_said_so(standing: Served) -> None:
    with work.new_world() as world, pytest.raises(WorldUnavailable, match="cannot be had"):
        RunningServer(world, port=standing.server.port)


def test_the_keepers_token_is_in_no_repr(standing: Served) -> None:
    token = standing.server.admin_token
    assert len(token) >= 40
    assert token not in repr(standing.server) + repr(standing.control) + json.dumps(
        standing.control.status().model_dump(mode="json")
    )
