"""The publication over HTTP: media types, keeping, conditional requests, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import socket
import time as real_time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.certificates import parse_authority
from jpki.revocation import IdHash, ocsp_request, parse_ocsp_response, parse_revocation_list
from jpki.revocation.http import HttpCache, HttpSource
from jpki.revocation.ocsp import ResponseStatus
from jpki.timestamps import PkiStatus, parse_timestamp_response, timestamp_request
from simulator.agency.publication import Addresses, list_template
from simulator.faults import Fault, FaultName, FaultPlan, FaultsAtWork
from tests.agency.publication.serving import CA, CS, Town, served

CRL = "/crl/sign/3/13113.crl"
OCSP = {"content-type": "application/ocsp-request"}
QUERY = {"content-type": "application/timestamp-query"}


@pytest.fixture(scope="module")
def town() -> Town:
    town = Town.build("good", "moved")
    town.wait(days=2)
    town.moves("moved")
    town.wait(days=2, minutes=7)
    return town


@pytest.fixture(scope="module")
def client(town: Town) -> Iterator[httpx.Client]:
    with served(town.world) as base, httpx.Client(base_url=base, trust_env=False) as client:
        yield client


def request_about(town: Town, person: str = "good", nonce: bytes | None = None) -> bytes:
    return ocsp_request(town.certificate(person), town.authority(), nonce=nonce).der


def by_get(request: bytes) -> str:
    return "/ocsp/" + quote(base64.b64encode(request).decode(), safe="")


def status_of(answer: httpx.Response) -> ResponseStatus:
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "application/ocsp-response",
    )
    return parse_ocsp_response(answer.content).status


# lists


def test_a_list_comes_with_its_media_type_and_times_of_the_world(
    client: httpx.Client, town: Town
) -> None:
    answer = client.get(CRL)
    listed = parse_revocation_list(answer.content)
    assert answer.headers["content-type"] == "application/pkix-crl"
    assert parsedate_to_datetime(answer.headers["last-modified"]) == listed.this_update
    assert parsedate_to_datetime(answer.headers["date"]) == town.world.now
    # The next list is made at midnight in Japan and answers ten minutes later; until then 13 h 53
    # min 10 min are left of a day that shows 10:07.
    left = timedelta(hours=13, minutes=53 + 10)
    assert answer.headers["cache-control"].startswith(f"max-age={int(left.total_seconds())},")
    assert parsedate_to_datetime(answer.headers["expires"]) == town.world.now + left
    assert town.certificate("moved").serial in listed.entries


def test_the_same_list_lies_under_the_names_of_its_distribution_point(client: httpx.Client) -> None:
    assert client.get("/crl/sign/3/Tokyo-to/Shibuya-ku.crl").content == client.get(CRL).content
    assert client.get("/crl/sign/3/Osaka-fu/Shibuya-ku.crl").status_code == 404


def test_a_list_that_is_known_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get(CRL).headers
    for known in (
        {"if-none-match": first["etag"]},
        {"if-none-match": f'"other", W/{first["etag"]}'},
        {"if-none-match": "*"},
        {"if-modified-since": first["last-modified"]},
    ):
        again = client.get(CRL, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first["etag"]
    day_before = "Tue, 12 Mar 2024 15:00:00 GMT"
    for other in (
        {"if-none-match": '"other"'},
        {"if-none-match": '"other"', "if-modified-since": first["last-modified"]},
        {"if-modified-since": day_before},
        {"if-modified-since": "yesterday"},
    ):
        assert client.get(CRL, headers=other).status_code == 200


def test_head_tells_the_same_as_get_without_a_body(client: httpx.Client) -> None:
    got, told = client.get(CRL), client.head(CRL)
    assert (told.status_code, told.content) == (200, b"")
    for name in ("etag", "content-length", "content-type", "last-modified", "expires"):
        assert told.headers[name] == got.headers[name]


@pytest.mark.parametrize(
    "path",
    [
        "/crl/sign/3/99999.crl",
        "/crl/sign/3/13113",
        "/crl/sign/9/13113.crl",
        "/crl/sign/4/13113.crl",  # not begun yet
        "/crl/sign/x/13113.crl",
        "/crl/both/3/13113.crl",
        "/crl/sign/3/１３１１３.crl",
        "/crl/sign/3/%2e%2e%2f%2e%2e%2fetc%2fpasswd.crl",
        "/crl/sign/3/../../../../etc/passwd",
        "/crl/sign/3/13113.crl%00.cer",
        "/arl/sign/0.crl",
        "/ca/sign/3.key",
        "/ca/sign/99999999999999999999.cer",
        "/tsa/root.key",
        "/where/sign/1",
        "/where/sign/99999999999999999999999",
        "/where/other/108000001",
        "/admin",
    ],
)
def test_what_is_not_published_is_not_found(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert len(answer.content) < 200
    assert b"Traceback" not in answer.content


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
@pytest.mark.parametrize("path", [CRL, "/", "/ca/sign/3.cer", "/where/sign/108000001"])
def test_nobody_can_write(client: httpx.Client, method: str, path: str) -> None:
    assert client.request(method, path).status_code == 405


# certificates and what there is


@pytest.mark.parametrize("kind", [CS, CA])
def test_the_addresses_of_a_certificate_lead_to_its_list_and_its_authority(
    client: httpx.Client, town: Town, kind: object
) -> None:
    certificate = town.certificate("moved", kind)
    word = {CS: "sign", CA: "auth"}[kind]
    told = Addresses(**client.get(f"/where/{word}/{certificate.serial}?format=json").json())
    assert (told.serial, told.generation, told.municipality) == (certificate.serial, 3, "13113")
    listed = parse_revocation_list(client.get(told.crl).content)
    assert listed.issuer == certificate.issuer
    assert listed.issuing_distribution_point is not None
    assert listed.issuing_distribution_point == certificate.crl_distribution_point.name
    authority = client.get(told.authority)
    assert authority.headers["content-type"] == "application/pkix-cert"
    assert parse_authority(authority.content) == town.authority(kind)
    own = parse_revocation_list(client.get(told.arl).content)
    assert own.distribution_point is not None
    assert own.distribution_point.only_authority_certificates


def test_the_index_and_the_listing_name_only_what_is_there(client: httpx.Client) -> None:
    told = client.get("/", headers={"accept": "application/json"}).json()
    assert told["simulated"] is True
    assert [(one["purpose"], one["generation"]) for one in told["authorities"]] == [
        ("sign", 3),
        ("auth", 3),
    ]
    assert "simulated: True" in client.get("/").text
    paths = client.get("/crl/").text.splitlines()
    assert len(paths) == len(set(paths)) > 100
    for path in paths:
        if "/3/13113" in path or "/3.crl" in path:
            assert client.get(path).status_code == 200


# OCSP


def test_ocsp_by_get_and_by_post_say_the_same(client: httpx.Client, town: Town) -> None:
    for hashed in IdHash:
        request = ocsp_request(
            town.certificate("moved"), town.authority(), nonce=None, hash_algorithm=hashed
        ).der
        posted = client.post("/ocsp", content=request, headers=OCSP)
        got = client.get(by_get(request))
        assert posted.content == got.content
        assert status_of(got) is ResponseStatus.SUCCESSFUL


def test_base64_with_slashes_is_taken_plain_and_escaped(client: httpx.Client, town: Town) -> None:
    # Nonces of 0xFF, 0xFB 0xEF 0xBE and such give slashes and pluses wherever the nonce begins.
    turns = (b"\xfb\xef\xbe", b"\xef\xbe\xfb", b"\xbe\xfb\xef")
    nonces = [bytes([255] * 32), *(turn * 10 for turn in turns)]
    chosen = [base64.b64encode(request_about(town, nonce=one)).decode() for one in nonces]
    assert any("//" in one for one in chosen)
    assert any("+" in one for one in chosen)
    for text in chosen:
        for path in (f"/ocsp/{text}", f"/ocsp/{quote(text, safe='')}"):
            assert status_of(client.get(path)) is ResponseStatus.SUCCESSFUL


def test_an_answer_by_get_may_be_kept_until_the_data_is_renewed(
    client: httpx.Client, town: Town
) -> None:
    request = request_about(town)
    answer = client.get(by_get(request))
    # It is 10:07; the data was renewed at 10:00 and will be at 10:15 (RFC 5019 §6.2).
    assert answer.headers["cache-control"].startswith("max-age=480,")
    assert answer.headers["last-modified"] == "Thu, 14 Mar 2024 01:00:00 GMT"
    known = {"if-none-match": answer.headers["etag"]}
    assert client.get(by_get(request), headers=known).status_code == 304
    for unkept in (
        client.post("/ocsp", content=request, headers=OCSP),
        client.get(by_get(request_about(town, nonce=bytes(32)))),
        client.get("/ocsp/AAAA"),
    ):
        assert unkept.headers["cache-control"] == "no-store"
        assert "etag" not in unkept.headers


@pytest.mark.parametrize(
    "content", [b"", b"0", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x00", bytes(5000)]
)
def test_what_is_no_request_is_answered_malformed_request(
    client: httpx.Client, content: bytes
) -> None:
    for answer in (
        client.post("/ocsp", content=content, headers=OCSP),
        client.get("/ocsp/" + quote(base64.b64encode(content).decode(), safe="")),
    ):
        assert status_of(answer) is ResponseStatus.MALFORMED_REQUEST


@given(st.binary(max_size=200))
def test_no_bytes_make_the_responder_or_the_timestamp_authority_fail(
    client: httpx.Client, content: bytes
) -> None:
    assert status_of(client.post("/ocsp", content=content, headers=OCSP)) in ResponseStatus
    reply = client.post("/tsa", content=content, headers=QUERY)
    assert parse_timestamp_response(reply.content).token is None


def test_a_request_about_somebody_elses_certificate_is_unauthorized(
    client: httpx.Client, town: Town
) -> None:
    strange = request_about(town).replace(
        hashlib.sha1(town.authority().name, usedforsecurity=False).digest(), bytes(20)
    )
    answer = client.post("/ocsp", content=strange, headers=OCSP)
    assert status_of(answer) is ResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("path", ["/ocsp", "/tsa"])
def test_bodies_of_another_type_or_too_long_are_refused(client: httpx.Client, path: str) -> None:
    kind = OCSP if path == "/ocsp" else QUERY
    assert client.post(path, content=b"x").status_code == 415
    assert client.post(path, content=b"x", headers={"content-type": "text/html"}).status_code == 415
    assert client.post(path, content=bytes(64 * 1024 + 1), headers=kind).status_code == 413
    assert client.post(path, content=_endless(), headers=kind).status_code == 413
    assert client.post(path, content=bytes(64 * 1024), headers=kind).status_code == 200


def _endless() -> Iterator[bytes]:
    """Chunked, without a length: nobody can know beforehand."""
    for _ in range(100):
        yield bytes(16 * 1024)


def test_a_request_by_get_that_is_too_long_is_refused(client: httpx.Client) -> None:
    assert client.get("/ocsp/" + "A" * 8193).status_code == 414


# timestamps


def test_a_timestamp_is_granted_at_the_worlds_instant_and_never_kept(
    client: httpx.Client, town: Town
) -> None:
    request = timestamp_request(bytes(32), nonce=5)
    answer = client.post("/tsa", content=request, headers=QUERY)
    assert answer.headers["content-type"] == "application/timestamp-reply"
    assert answer.headers["cache-control"] == "no-store"
    response = parse_timestamp_response(answer.content)
    assert response.status is PkiStatus.GRANTED
    assert response.token is not None
    assert response.token.gen_time == town.world.now
    assert client.get("/tsa").status_code == 405


# as served


def test_our_own_cache_keeps_a_list_until_the_world_has_a_new_one(tmp_path: Path) -> None:
    town = Town.build("moved")
    town.wait(days=1)
    with served(town.world) as base:
        source = HttpSource(
            clock=lambda: town.world.now,
            lists=list_template(base, next(iter(town.world.state().certificates)).authority),
            cache=HttpCache(tmp_path),
        )

        def number() -> int | None:
            certificate = town.certificate("moved", CA)
            (known,) = source.evidence(certificate, town.authority(CA)).lists
            return known.crl_number

        first = number()
        assert first is not None
        town.wait(hours=14, minutes=9)  # 00:09 in Japan: the old list still answers
        assert number() == first
        town.wait(minutes=2)
        assert number() == first + 1


def test_a_connection_that_sends_no_head_or_no_body_is_ended_in_time(town: Town) -> None:
    with served(town.world, head_seconds=0.5, body_seconds=0.5) as base:
        address = ("127.0.0.1", int(base.rpartition(":")[2]))
        head = (
            b"POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\n"
            b"Content-Length: 100\r\n\r\n"
        )
        for sent, answer in ((b"", b""), (b"GET / HT", b""), (head, b"HTTP/1.1 408")):
            with socket.create_connection(address, timeout=10) as connection:
                connection.sendall(sent)
                begun = real_time.monotonic()
                assert connection.recv(4096)[: len(answer) or 1] == answer
                assert real_time.monotonic() - begun < 5
        with socket.create_connection(address, timeout=10) as dripping:
            assert _bytes_taken(dripping, head * 50) < 60
        assert httpx.get(base).status_code == 200


def _bytes_taken(connection: socket.socket, content: bytes) -> int:
    """How many bytes a server takes that come one by one, twenty a second, until it hangs up."""
    connection.settimeout(0.05)
    for taken, byte in enumerate(content):
        try:
            connection.sendall(bytes([byte]))
            if connection.recv(1) == b"":
                return taken
        except TimeoutError:
            continue
        except OSError:
            return taken
    return len(content)


def test_a_head_that_never_ends_is_refused(town: Town) -> None:
    with served(town.world) as base:
        address = ("127.0.0.1", int(base.rpartition(":")[2]))
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 40_000)
            assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_a_reset_fault_resets_the_connection_and_the_server_goes_on(town: Town) -> None:
    plan = FaultPlan().ordered(Fault(name=FaultName.CONNECTION_RESET, times=1))
    with served(town.world, FaultsAtWork(plan)) as base:
        with pytest.raises(httpx.ReadError, match=r"reset|Errno|^$"):
            httpx.get(base + CRL)
        assert httpx.get(base + CRL).status_code == 200


def test_the_date_is_the_worlds_even_long_ago(client: httpx.Client) -> None:
    told = parsedate_to_datetime(client.get("/").headers["date"])
    assert told < datetime(2025, 1, 1, tzinfo=UTC)
