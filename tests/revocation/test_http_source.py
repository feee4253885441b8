"""Lists and answers over HTTP: what is asked, what is kept, and every way it can go wrong."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from jpki.certificates import CrlDistributionPoint, parse_authority, parse_certificate
from jpki.cli.exit_codes import ExitCode, exit_code_of
from jpki.errors import (
    JpkiError,
    MalformedOcspResponse,
    RedirectRefused,
    SourceError,
    SourceRefused,
    SourceTimedOut,
    SourceTooLarge,
    SourceUnreachable,
    UnusableSource,
    WrongContentType,
)
from jpki.revocation import StatusEvidence, parse_ocsp_request
from jpki.revocation.http import Fetcher, HttpCache, HttpLimits, HttpSource, list_address
from jpki.revocation.http_cache import fresh_until
from jpki.terms import Purpose
from jpki.validation import Standing, status_at
from simulator.agency.ocsp import OcspRecords, OcspResponder, create_responder
from simulator.agency.publish import Edition, build_revocation_list
from simulator.municipalities import municipality
from tests.vectors.drafts import PUBLISHED, make_bases
from tests.vectors.kept_keys import VECTOR_KEYS
from tests.vectors.make_ocsp_vectors import FOLDER
from tests.vectors.ocsp_drafts import AT

AUTHORITY = parse_authority((FOLDER / "authority.der").read_bytes())
CERTIFICATE = parse_certificate((FOLDER / "certificate.der").read_bytes())
TEMPLATE = "http://lists.example/crl/{prefecture}/{municipality}.crl"
RESPONDER = "http://ocsp.example/ask"
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(scope="module")
def crl() -> bytes:
    authority = make_bases(VECTOR_KEYS).authorities[Purpose.SIGNATURE]
    return build_revocation_list(
        authority, {}, edition=Edition.daily(1, PUBLISHED), municipality=municipality("13221")
    )


@pytest.fixture(scope="module")
def responder() -> OcspResponder:
    keys = VECTOR_KEYS
    return create_responder(make_bases(keys).authorities[Purpose.SIGNATURE], keys=keys)


class Server:
    """Answers by a handler and remembers what it was asked."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.handler(request)


class Clock:
    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


def source(handler: Handler, limits: HttpLimits | None = None, **options) -> HttpSource:
    options.setdefault("clock", Clock())
    fetcher = Fetcher(transport=httpx.MockTransport(handler), limits=limits)
    return HttpSource(fetcher=fetcher, **options)


def of(made: HttpSource) -> StatusEvidence:
    return made.evidence(CERTIFICATE, AUTHORITY)


def failure(made: HttpSource) -> JpkiError:
    found = of(made)
    assert (found.lists, found.answers) == ((), ())
    (one,) = found.failures
    return one


def sends(body: bytes, kind: str = "application/pkix-crl", **headers: str) -> Handler:
    sent = {"content-type": kind} | {k.replace("_", "-"): v for k, v in headers.items()}
    return lambda request: httpx.Response(200, headers=sent, content=body)


def answers_of(responder: OcspResponder) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        asked = request.content
        if request.method == "GET":
            path = request.url.raw_path.decode().removeprefix("/ask/")
            asked = base64.b64decode(unquote(path))
        records = OcspRecords(frozenset({CERTIFICATE.serial}))
        body = responder.respond(asked, records=records, at=AT)
        return httpx.Response(
            200, headers={"content-type": "application/ocsp-response"}, content=body
        )

    return handle


def test_a_list_is_fetched_from_the_address_its_point_leads_to(crl: bytes) -> None:
    server = Server(sends(crl))
    found = of(source(server, lists=TEMPLATE))
    assert [str(one.url) for one in server.asked] == [
        "http://lists.example/crl/Tokyo-to/Kiyose-shi.crl"
    ]
    status = status_at(CERTIFICATE, authority=AUTHORITY, lists=found.lists, at=AT)
    assert status.standing is Standing.GOOD


def test_nothing_is_fetched_unless_an_address_was_given() -> None:
    server = Server(sends(b""))
    assert of(source(server)) == StatusEvidence()
    # A signature certificate names no responder.
    assert of(source(server, use_certificate_address=True)) == StatusEvidence()
    assert server.asked == []


def test_a_point_of_unknown_form_has_no_address_and_odd_characters_are_quoted() -> None:
    assert list_address(TEMPLATE, CrlDistributionPoint(b"", None, None)) is None
    odd = CrlDistributionPoint(b"", "../a", "b?c#d")
    assert list_address("http://h/{prefecture}/{municipality}", odd) == "http://h/..%2Fa/b%3Fc%23d"


@pytest.mark.parametrize("template", ["http://h/{serial}", "http://h/{", "http://h/{}"])
def test_a_template_holds_only_what_it_may(template: str) -> None:
    with pytest.raises(UnusableSource):
        HttpSource(clock=Clock(), lists=template)


@pytest.mark.parametrize(("by_post", "method"), [(False, "GET"), (True, "POST")])
def test_an_ocsp_question_goes_by_get_when_short_and_by_post_when_wanted(
    responder: OcspResponder, by_post: bool, method: str
) -> None:
    server = Server(answers_of(responder))
    found = of(source(server, responder=RESPONDER, by_post=by_post))
    (asked,) = server.asked
    assert asked.method == method
    if by_post:
        assert asked.headers["content-type"] == "application/ocsp-request"
        assert parse_ocsp_request(asked.content).nonce is None
    (answer,) = found.answers
    status = status_at(CERTIFICATE, authority=AUTHORITY, lists=(), answers=[answer], at=AT)
    assert status.standing is Standing.GOOD


def test_a_long_question_goes_by_post(responder: OcspResponder) -> None:
    server = Server(answers_of(responder))
    found = of(source(server, responder=RESPONDER, nonces=lambda: bytes(128)))
    assert [one.method for one in server.asked] == ["POST"]
    assert len(found.answers) == 1


def test_a_replayed_answer_is_a_failure(responder: OcspResponder) -> None:
    numbers = iter(range(256))
    server = Server(answers_of(responder))
    made = source(server, responder=RESPONDER, nonces=lambda: bytes([next(numbers)] * 32))
    assert len(of(made).answers) == 1
    old = server.handler(server.asked[0])
    server.handler = lambda request: httpx.Response(200, headers=old.headers, content=old.content)
    error = failure(made)
    assert isinstance(error, SourceError)
    assert "nonce" in error.message


@pytest.mark.parametrize("status", [204, 400, 401, 404, 429, 500, 503])
def test_an_http_status_that_is_no_success_is_named(status: int) -> None:
    error = failure(source(lambda request: httpx.Response(status), lists=TEMPLATE))
    assert isinstance(error, SourceRefused)
    assert error.status == status
    assert exit_code_of(error) is ExitCode.NETWORK_OR_SERVICE


def test_not_modified_without_a_cache_is_refused() -> None:
    error = failure(source(lambda request: httpx.Response(304), lists=TEMPLATE))
    assert isinstance(error, SourceRefused)


def test_errors_name_scheme_and_host_but_no_serial_number() -> None:
    error = failure(source(lambda request: httpx.Response(500), responder=RESPONDER))
    assert isinstance(error, SourceRefused)
    assert error.address == "http://ocsp.example"
    assert "ask" not in str(error)


def test_another_content_type_is_refused(crl: bytes) -> None:
    for kind in ("text/html", "", "application/ocsp-response"):
        error = failure(source(sends(crl, kind), lists=TEMPLATE))
        assert isinstance(error, WrongContentType)
    assert of(source(sends(crl, "Application/PKIX-CRL; charset=x"), lists=TEMPLATE)).lists


def test_a_compressed_answer_is_refused_as_none_was_asked_for(crl: bytes) -> None:
    server = Server(sends(crl, content_encoding="br"))
    assert isinstance(failure(source(server, lists=TEMPLATE)), WrongContentType)
    assert server.asked[0].headers["accept-encoding"] == "identity"


def test_the_size_is_limited_to_the_byte(crl: bytes) -> None:
    limits = HttpLimits(longest_list=len(crl))
    assert of(source(sends(crl), limits, lists=TEMPLATE)).lists
    limits = HttpLimits(longest_list=len(crl) - 1)
    assert isinstance(failure(source(sends(crl), limits, lists=TEMPLATE)), SourceTooLarge)


def test_an_answer_without_length_is_cut_off_too() -> None:
    given = 0

    async def endless():
        nonlocal given
        while True:
            given += 1
            yield bytes(1000)

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, headers={"content-type": "application/pkix-crl"}, content=endless()
        )

    error = failure(source(handle, HttpLimits(longest_list=10_000), lists=TEMPLATE))
    assert isinstance(error, SourceTooLarge)
    assert given == 11


def test_what_is_no_response_is_a_failure_with_its_offset() -> None:
    made = source(sends(b"\x30\x00", "application/ocsp-response"), responder=RESPONDER)
    error = failure(made)
    assert isinstance(error, MalformedOcspResponse)
    assert error.source == "http://ocsp.example"


def redirect(to: str, then: Handler) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/crl/"):
            return httpx.Response(302, headers={"location": to})
        return then(request)

    return handle


@pytest.mark.parametrize(
    ("to", "allowed"),
    [
        ("/new.crl", True),
        ("http://lists.example/new.crl", True),
        ("http://other.example/new.crl", False),
        ("http://lists.example:8080/new.crl", False),
        ("https://friend.example/new.crl", True),
        ("ftp://lists.example/new.crl", False),
        ("file:///etc/passwd", False),
        ("http://[", False),
    ],
)
def test_a_redirect_stays_on_its_host_unless_another_is_allowed(
    crl: bytes, to: str, allowed: bool
) -> None:
    limits = HttpLimits(other_hosts=frozenset({"friend.example"}))
    found = of(source(redirect(to, sends(crl)), limits, lists=TEMPLATE))
    assert bool(found.lists) is allowed
    assert [type(one) for one in found.failures] == ([] if allowed else [RedirectRefused])


def test_a_redirect_never_leads_from_https_to_http(crl: bytes) -> None:
    handler = redirect("http://lists.example/new.crl", sends(crl))
    made = source(handler, lists=TEMPLATE.replace("http:", "https:"))
    assert isinstance(failure(made), RedirectRefused)


def test_redirects_come_to_an_end() -> None:
    server = Server(lambda request: httpx.Response(302, headers={"location": "/crl/again"}))
    assert isinstance(failure(source(server, lists=TEMPLATE)), RedirectRefused)
    assert len(server.asked) == 4  # the first and three redirects


def test_a_callers_headers_go_to_the_host_asked_and_no_other(crl: bytes) -> None:
    server = Server(redirect("http://friend.example/new.crl", sends(crl)))
    limits = HttpLimits(other_hosts=frozenset({"friend.example"}))
    fetcher = Fetcher(
        transport=httpx.MockTransport(server), limits=limits, headers={"authorization": "x"}
    )
    assert of(HttpSource(clock=Clock(), lists=TEMPLATE, fetcher=fetcher)).lists
    assert [one.headers.get("authorization") for one in server.asked] == ["x", None]


@pytest.mark.parametrize(("status", "followed"), [(302, False), (303, False), (307, True)])
def test_a_question_by_post_is_not_turned_into_another(
    responder: OcspResponder, status: int, followed: bool
) -> None:
    answer = answers_of(responder)

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/ask":
            return httpx.Response(status, headers={"location": "/new"})
        return answer(request)

    found = of(source(handle, responder=RESPONDER, by_post=True))
    assert bool(found.answers) is followed
    assert [type(one) for one in found.failures] == ([] if followed else [RedirectRefused])


@pytest.mark.parametrize("address", ["ftp://h/x", "no address", "http://", "http://[::1/", ""])
def test_an_address_that_is_none_is_named(address: str) -> None:
    assert isinstance(failure(source(sends(b""), responder=address)), UnusableSource)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpx.ConnectError("x"), SourceUnreachable),
        (httpx.RemoteProtocolError("x"), SourceUnreachable),
        (OSError("x"), SourceUnreachable),
        (httpx.ReadTimeout("x"), SourceTimedOut),
        (httpx.ConnectTimeout("x"), SourceTimedOut),
    ],
)
def test_what_breaks_on_the_way_is_named(raised: Exception, expected: type[JpkiError]) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise raised

    assert type(failure(source(handle, lists=TEMPLATE))) is expected


def test_a_caller_may_have_an_event_loop(crl: bytes) -> None:
    async def ask() -> StatusEvidence:
        return of(source(sends(crl), lists=TEMPLATE))

    assert asyncio.run(ask()).lists


# the cache


def test_a_fresh_copy_is_used_and_an_old_one_is_asked_about(tmp_path: Path, crl: bytes) -> None:
    clock = Clock()
    server = Server(sends(crl, cache_control="max-age=60", etag='"1"'))
    made = source(server, lists=TEMPLATE, cache=HttpCache(tmp_path), clock=clock)
    first = of(made).lists
    clock.at = AT + timedelta(seconds=59)
    assert of(made).lists == first
    assert len(server.asked) == 1
    clock.at = AT + timedelta(seconds=60)
    server.handler = lambda request: httpx.Response(304, headers={"cache-control": "max-age=60"})
    assert of(made).lists == first
    assert server.asked[1].headers["if-none-match"] == '"1"'
    clock.at = AT + timedelta(seconds=119)
    assert of(made).lists == first
    assert len(server.asked) == 2


def test_last_modified_is_asked_about_too(tmp_path: Path, crl: bytes) -> None:
    date = "Tue, 01 Apr 2025 19:00:00 GMT"
    server = Server(sends(crl, last_modified=date))
    made = source(server, lists=TEMPLATE, cache=HttpCache(tmp_path))
    of(made), of(made)
    assert [one.headers.get("if-modified-since") for one in server.asked] == [None, date]


def test_a_copy_is_never_used_past_its_own_next_update(tmp_path: Path, crl: bytes) -> None:
    clock = Clock()
    server = Server(sends(crl, cache_control="max-age=9999999"))
    made = source(server, lists=TEMPLATE, cache=HttpCache(tmp_path), clock=clock)
    of(made)
    ends = PUBLISHED + timedelta(hours=48)
    clock.at = ends - timedelta(seconds=1)
    of(made)
    assert len(server.asked) == 1
    clock.at = ends
    of(made)
    assert len(server.asked) == 2


def test_no_store_is_honoured(tmp_path: Path, crl: bytes) -> None:
    made = source(sends(crl, cache_control="no-store"), lists=TEMPLATE, cache=HttpCache(tmp_path))
    assert of(made).lists
    assert list(tmp_path.iterdir()) == []


def test_what_the_issuer_did_not_sign_is_handed_over_but_not_kept(tmp_path: Path) -> None:
    forged = (FOLDER.parent / "revocation" / "another-key.crl").read_bytes()
    server = Server(sends(forged, cache_control="max-age=60"))
    made = source(server, lists=TEMPLATE, cache=HttpCache(tmp_path))
    assert of(made).lists
    assert list(tmp_path.iterdir()) == []


def test_an_answer_to_a_nonce_is_not_kept(tmp_path: Path, responder: OcspResponder) -> None:
    server = Server(answers_of(responder))
    cache = HttpCache(tmp_path)
    of(source(server, responder=RESPONDER, cache=cache, nonces=lambda: bytes(32)))
    assert list(tmp_path.iterdir()) == []
    of(source(server, responder=RESPONDER, cache=cache))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"null\nx", b"[]\n", b"\xff\n"])
def test_a_damaged_copy_is_fetched_again(tmp_path: Path, crl: bytes, damage: bytes) -> None:
    server = Server(sends(crl, cache_control="max-age=60"))
    made = source(server, lists=TEMPLATE, cache=HttpCache(tmp_path))
    of(made)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage)
    assert of(made).lists
    assert len(server.asked) == 2


def test_a_changed_byte_of_a_kept_body_is_noticed(tmp_path: Path, crl: bytes) -> None:
    server = Server(sends(crl, cache_control="max-age=60"))
    made = source(server, lists=TEMPLATE, cache=HttpCache(tmp_path))
    of(made)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-1] + b"\x00")
    of(made)
    assert len(server.asked) == 2


def test_copies_past_their_end_can_be_dropped(tmp_path: Path, crl: bytes) -> None:
    cache = HttpCache(tmp_path)
    of(source(sends(crl), lists=TEMPLATE, cache=cache))
    ends = PUBLISHED + timedelta(hours=48)
    assert cache.drop_ended(ends) == 0
    assert cache.drop_ended(ends + timedelta(seconds=1)) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("keep", "status", "served"), [
    (False, 503, False), (True, 503, True), (True, 404, False),
])  # fmt: skip
def test_a_kept_list_stands_in_for_a_server_that_is_down_only_when_asked_to(
    tmp_path: Path, crl: bytes, keep: bool, status: int, served: bool
) -> None:
    server = Server(sends(crl))
    made = source(server, lists=TEMPLATE, cache=HttpCache(tmp_path), keep_when_unreachable=keep)
    of(made)
    server.handler = lambda request: httpx.Response(status)
    found = of(made)
    assert bool(found.lists) is served
    assert [type(one) for one in found.failures] == [SourceRefused]


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, crl: bytes) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    made = source(sends(crl), lists=TEMPLATE, cache=HttpCache(blocked / "cache"))
    assert isinstance(failure(made), UnusableSource)


# RFC 9111 §4.2.1: max-age before Expires; §5.1: Age is taken off.
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": "public, MAX-AGE=60"}, 60),
        ({"cache-control": "max-age=60", "age": "20"}, 40),
        ({"cache-control": "max-age=60", "age": "80"}, 0),
        ({"cache-control": "max-age=x"}, 0),
        ({"cache-control": "no-cache, max-age=60"}, 0),
        ({"cache-control": "max-age=7200"}, 3600),
        (
            {
                "date": "Tue, 01 Apr 2025 00:00:00 GMT",
                "expires": "Tue, 01 Apr 2025 00:01:00 GMT",
            },
            60,
        ),
        ({"expires": "0"}, 0),
        (
            {
                "cache-control": "max-age=30",
                "date": "Tue, 01 Apr 2025 00:00:00 GMT",
                "expires": "Tue, 01 Apr 2025 00:01:00 GMT",
            },
            30,
        ),
    ],
)
def test_how_long_a_copy_is_fresh(headers: dict[str, str], seconds: int) -> None:
    ends = AT + timedelta(hours=1)
    assert fresh_until(headers, now=AT, ends=ends) == AT + timedelta(seconds=seconds)
    assert fresh_until({"cache-control": "no-store"}, now=AT, ends=ends) is None


# over a real connection


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on this machine for one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    serve(connection)
                except OSError:
                    return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(5)


def drip(connection: socket.socket) -> None:
    """Send a header that never ends, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def test_a_server_that_drips_is_cut_off_at_the_deadline() -> None:
    limits = HttpLimits(read=0.5, deadline=1.0)
    with listening(drip) as address:
        made = HttpSource(
            clock=Clock(), lists=address + "/{municipality}", fetcher=Fetcher(limits=limits)
        )
        began = time.monotonic()
        error = failure(made)
        assert time.monotonic() - began < 4
    assert isinstance(error, SourceTimedOut)


def test_half_an_answer_is_none(crl: bytes) -> None:
    def half(connection: socket.socket) -> None:
        connection.recv(65536)
        head = (
            f"HTTP/1.1 200 OK\r\ncontent-type: application/pkix-crl\r\ncontent-length: {len(crl)}"
        )
        connection.sendall(head.encode() + b"\r\n\r\n" + crl[:100])

    with listening(half) as address:
        error = failure(HttpSource(clock=Clock(), lists=address + "/{municipality}"))
    assert isinstance(error, SourceUnreachable)


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = failure(HttpSource(clock=Clock(), responder=f"http://127.0.0.1:{port}"))
    assert isinstance(error, SourceUnreachable)
