"""The publishing server: what it serves over HTTP, how it fails on order, and how it ends."""

from __future__ import annotations

import re
import socket
import threading
import time
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jpki.errors import (
    ImpossibleFact,
    MalformedDocument,
    MalformedRevocationList,
    SourceRefused,
    SourceTimedOut,
    SourceUnreachable,
    WrongContentType,
)
from jpki.revocation import ocsp_request, parse_ocsp_response, parse_revocation_list
from jpki.revocation.http import Fetcher, HttpLimits, HttpSource, list_address
from jpki.terms import Purpose
from jpki.timestamps import parse_timestamp_response, timestamp_request
from jpki.validation import Verdict
from simulator.faults import CATALOGUE, FaultName, Target
from simulator.pytest_plugin.assertions import assert_verdict
from simulator.pytest_plugin.faults import ServerFault

ROOT = Path(__file__).resolve().parents[2]
CONTENT = b"a contract"
OCSP = {"content-type": "application/ocsp-request"}
TIMESTAMP = {"content-type": "application/timestamp-query"}


def ask(url: str, method: str = "GET", body: bytes | None = None, headers=None):
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request(method, parts.path, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers["content-type"], response.read()
    finally:
        connection.close()


def list_url(server, authority, certificate) -> str:
    root = authority.root(certificate.purpose)
    return list_address(server.lists(root), certificate.parsed.crl_distribution_point)


def test_it_listens_on_loopback_alone(revocation_server) -> None:
    assert urlsplit(revocation_server.url).hostname == "127.0.0.1"
    assert urlsplit(revocation_server.url).port != 0


def test_a_list_is_served_under_its_authoritys_folder(revocation_server, authority, card) -> None:
    url = list_url(revocation_server, authority, card.signature_certificate)
    status, media_type, body = ask(url)
    assert (status, media_type) == (200, "application/pkix-crl")
    assert parse_revocation_list(body).signed_by(authority.root(Purpose.SIGNATURE))
    assert revocation_server.asked == (f"GET {urlsplit(url).path}",)


def test_ocsp_is_answered_by_get_and_by_post(revocation_server, authority, card, clock) -> None:
    certificate = card.authentication_certificate.parsed
    root = authority.root(Purpose.USER_AUTHENTICATION)
    for by_post in (False, True):
        source = HttpSource(clock=clock, responder=revocation_server.responder, by_post=by_post)
        found = source.evidence(certificate, root)
        assert not found.failures
        assert len(found.answers) == 1
    assert [one.split()[0] for one in revocation_server.asked] == ["GET", "POST"]


def test_timestamps_are_given(revocation_server) -> None:
    request = timestamp_request(bytes(32), nonce=7)
    status, media_type, body = ask(revocation_server.timestamps, "POST", request, TIMESTAMP)
    assert (status, media_type) == (200, "application/timestamp-reply")
    assert parse_timestamp_response(body).token.nonce == 7


def test_the_verifier_believes_the_server_as_it_believes_the_authority(
    revocation_server, verifier, card
) -> None:
    verifier.source = revocation_server.source()
    assert_verdict(verifier.receive(card.sign(CONTENT), CONTENT), Verdict.VALID)
    assert len(revocation_server.asked) == 2


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/crl/../../etc/passwd",
        "/crl/sign/99/Tokyo-to/Shibuya-ku.crl",
        "/crl/sign/%2e%2e/Tokyo-to/Shibuya-ku.crl",
        "/tsa/root.key",
    ],
)
def test_what_is_not_published_is_not_there(revocation_server, path) -> None:
    assert ask(revocation_server.url + path)[0] == 404


def test_a_town_that_does_not_exist_has_no_list(revocation_server, authority) -> None:
    template = revocation_server.lists(authority.root(Purpose.SIGNATURE))
    url = template.format(prefecture="Tokyo-to", municipality="Nowhere-shi")
    assert ask(url)[0] == 404


@pytest.mark.parametrize("body", [b"", b"\x30\x00", b"no request", bytes(60_000)])
def test_a_malformed_question_is_answered_as_such(revocation_server, body) -> None:
    status, _, answer = ask(revocation_server.responder, "POST", body, OCSP)
    assert status == 200
    assert parse_ocsp_response(answer).status.name == "MALFORMED_REQUEST"


@pytest.mark.parametrize(
    ("length", "refused"), [("70000", 413), ("-1", 400), ("x", 400), ("9" * 400, 400)]
)
def test_a_body_that_is_too_long_is_refused_before_it_is_read(
    revocation_server, length, refused
) -> None:
    """RFC 9110 §8.6: a length that is no number is no request at all."""
    headers = OCSP | {"content-length": length}
    status, _, _ = ask(revocation_server.responder, "POST", b"", headers)
    assert status == refused


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("unavailable", SourceRefused),
        ("not-found", SourceRefused),
        ("wrong-type", WrongContentType),
        ("truncated", MalformedRevocationList),
        ("garbage", MalformedRevocationList),
        ("reset", SourceUnreachable),
    ],
)
def test_a_fault_is_what_a_client_sees(
    revocation_server, authority, verifier, card, fault, error
) -> None:
    signature = card.sign(CONTENT)
    verifier.source = revocation_server.source(ocsp=False)
    revocation_server.order(fault)
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INDETERMINATE
    assert [type(one) for one in verifier.failures] == [error]
    revocation_server.repair()
    assert verifier.receive(signature, CONTENT).verdict is Verdict.VALID


def test_a_server_that_says_nothing_is_given_up(revocation_server, authority, card, clock) -> None:
    revocation_server.order("silent")
    fetcher = Fetcher(limits=HttpLimits(read=0.2, deadline=0.4))
    root = authority.root(Purpose.SIGNATURE)
    source = HttpSource(clock=clock, lists=revocation_server.lists(root), fetcher=fetcher)
    found = source.evidence(card.signature_certificate.parsed, root)
    assert [type(one) for one in found.failures] == [SourceTimedOut]


UNKNOWN_BY_LIST = [
    name
    for name, kind in CATALOGUE.items()
    if kind.standing.get(Target.CRL) == "unknown" and not kind.in_delivery
]


@pytest.mark.parametrize("name", UNKNOWN_BY_LIST)
def test_a_flawed_list_of_the_catalogue_leaves_the_verifier_in_doubt(
    revocation_server, verifier, card, name
) -> None:
    """The catalogue's rows are judged one by one elsewhere; here each reaches the fixture."""
    signature = card.sign(CONTENT)
    verifier.source = revocation_server.source(ocsp=False)
    revocation_server.order(name, times=1)
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INDETERMINATE
    assert verifier.receive(signature, CONTENT).verdict is Verdict.VALID


def test_every_fault_of_the_catalogue_can_be_ordered(revocation_server) -> None:
    for name in FaultName:
        revocation_server.order(name)
    revocation_server.repair()
    assert ask(f"{revocation_server.url}/crl/auth/3/13113.crl")[0] == 200


def test_the_documentation_names_every_fault_and_its_orders_are_taken(revocation_server) -> None:
    page = (ROOT / "docs" / "pytest.md").read_text("utf-8")
    assert [name for name in (*ServerFault, *FaultName) if f"`{name}`" not in page] == []
    orders = re.findall(r"^revocation_server(\.order\(.+\))$", page, re.MULTILINE)
    assert len(orders) == 4
    for order in orders:
        eval(f"server{order}", {"server": revocation_server})  # noqa: S307  our own page


def test_a_fault_befalls_only_what_it_is_about(revocation_server) -> None:
    revocation_server.order("http-5xx", target="crl", partition="13113", status=502)
    lists = f"{revocation_server.url}/crl/sign/3"
    assert ask(f"{lists}/13113.crl")[0] == 502
    assert ask(f"{lists}/13104.crl")[0] == 200
    assert ask(revocation_server.responder, "POST", b"x", OCSP)[0] == 200


def test_a_timestamp_authority_whose_clock_is_ahead_says_so(revocation_server, clock) -> None:
    """Ahead by an hour, as ordered; a token tells whole seconds."""
    revocation_server.order("clock-skew", target="tsa", seconds=3600)
    request = timestamp_request(bytes(32), nonce=7)
    _, _, body = ask(revocation_server.timestamps, "POST", request, TIMESTAMP)
    assert parse_timestamp_response(body).token.gen_time == clock.now + timedelta(hours=1)


def test_try_later_spoils_ocsp_and_leaves_the_lists(revocation_server, verifier, card) -> None:
    signature = card.sign(CONTENT)
    revocation_server.order("try-later")
    verifier.source = revocation_server.source(lists=False)
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INDETERMINATE
    verifier.source = revocation_server.source()
    assert verifier.receive(signature, CONTENT).verdict is Verdict.VALID


def test_stale_data_is_that_of_the_order_and_runs_out(
    revocation_server, verifier, card, clock
) -> None:
    """A list is good for 48 hours from midnight: to the fifth of August, 00:00, and no longer."""
    signature = card.sign(CONTENT)
    verifier.source = revocation_server.source(ocsp=False)
    revocation_server.order("stale")
    card.report_lost()
    clock.at("2026-08-04T23:59:59")
    assert verifier.receive(signature, CONTENT).verdict is Verdict.VALID
    clock.at("2026-08-05T00:00:01")
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INDETERMINATE
    revocation_server.repair()
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INVALID


def test_what_happens_at_the_instant_of_a_stale_order_is_not_told(
    revocation_server, verifier, card, clock
) -> None:
    """The clock stands at ten, when OCSP is renewed: what comes after the order is at ten, too."""
    signature = card.sign(CONTENT)
    verifier.source = revocation_server.source(lists=False)
    revocation_server.order("stale", times=1)
    card.report_lost()
    assert verifier.receive(signature, CONTENT).verdict is Verdict.VALID
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INVALID


def test_an_order_for_some_requests_is_used_up(revocation_server) -> None:
    revocation_server.order("unavailable", times=2)
    found = [ask(revocation_server.responder, "POST", b"x", OCSP)[0] for _ in range(3)]
    assert found == [503, 503, 200]


def test_an_order_that_cannot_be_is_refused(revocation_server) -> None:
    with pytest.raises(ImpossibleFact) as caught:
        revocation_server.order("gremlins")
    assert "try-later" in caught.value.hint
    with pytest.raises(ImpossibleFact):
        revocation_server.order("stale", times=0)
    with pytest.raises(ImpossibleFact):
        revocation_server.order("stale", target="crl")
    with pytest.raises(MalformedDocument) as caught:
        revocation_server.order("stale-crl", target="ocsp")
    assert "stale-crl cannot befall ocsp" in str(caught.value)


def test_another_worlds_authority_has_no_address_here(revocation_server, authority) -> None:
    root = authority.root(Purpose.SIGNATURE)
    foreign = replace(root, subject_key_id=bytes(20))
    assert revocation_server.lists(root).startswith(f"{revocation_server.url}/crl/sign/")
    with pytest.raises(ImpossibleFact):
        revocation_server.lists(foreign)


def test_an_outage_refuses_connections_and_ends_under_the_same_address(
    revocation_server, verifier, card
) -> None:
    signature = card.sign(CONTENT)
    verifier.source = revocation_server.source()
    url = revocation_server.url
    revocation_server.stop()
    revocation_server.stop()
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INDETERMINATE
    assert {type(one) for one in verifier.failures} == {SourceUnreachable}
    revocation_server.start()
    revocation_server.start()
    assert revocation_server.url == url
    assert verifier.receive(signature, CONTENT).verdict is Verdict.VALID


def test_a_client_that_says_nothing_does_not_keep_the_server_up(revocation_server) -> None:
    port = urlsplit(revocation_server.url).port
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        revocation_server.stop()
    assert not [one for one in threading.enumerate() if "revocation server" in one.name]


def test_a_client_that_waits_in_vain_does_not_keep_the_server_up(revocation_server) -> None:
    revocation_server.order("silent")
    port = urlsplit(revocation_server.url).port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as waiting:
        waiting.sendall(b"GET /ocsp/x HTTP/1.1\r\nhost: x\r\n\r\n")
        while not revocation_server.asked:
            threading.Event().wait(0.01)
        revocation_server.stop()
        assert waiting.recv(1) == b""
    assert not [one for one in threading.enumerate() if "revocation server" in one.name]


def test_an_answer_that_takes_a_minute_does_not_keep_the_server_up(revocation_server) -> None:
    revocation_server.order("slow", seconds=60)
    port = urlsplit(revocation_server.url).port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as waiting:
        waiting.sendall(b"GET /crl/sign/3/13113.crl HTTP/1.1\r\nhost: x\r\n\r\n")
        assert waiting.recv(8) == b"HTTP/1.1"
        before = time.monotonic()
        revocation_server.stop()
    assert time.monotonic() - before < 20
    assert not [one for one in threading.enumerate() if "revocation server" in one.name]


def test_the_server_tells_the_truth_while_the_world_goes_on(
    revocation_server, authority, make_card, people
) -> None:
    """Asked from many threads while the test writes, it never breaks an answer or the log."""
    first = make_card(people.invent())
    url = list_url(revocation_server, authority, first.signature_certificate)
    request = ocsp_request(
        first.signature_certificate.parsed, authority.root(Purpose.SIGNATURE)
    ).der
    found: list[int] = []

    def asks() -> None:
        for _ in range(10):
            found.append(ask(url)[0])
            found.append(ask(revocation_server.responder, "POST", request, OCSP)[0])

    threads = [threading.Thread(target=asks) for _ in range(4)]
    for thread in threads:
        thread.start()
    cards = [make_card(people.invent()) for _ in range(5)]
    for thread in threads:
        thread.join()
    assert found == [200] * 80
    assert len({card.signature_certificate.serial for card in (first, *cards)}) == 6
