"""The front of a responder over real sockets: strange clients, slow ones, and those that go."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.requests import Request
from starlette.responses import Response

from simulator.agency.presigned.front import Patience
from simulator.agency.presigned.questions import UNFINISHED, QuestionReader, read_head
from simulator.agency.presigned.server import fast_settings
from simulator.agency.publication.running import Running

pytest.importorskip("httptools", reason="the front is there with the extra scale")

QUESTION = b"what is it?"
SHORT = Patience(question=0.3, next=0.3, answer=0.3)
"""Looked after every 0.3 s, so a connection lasts 0.6 s at most."""


def head(*lines: bytes, start: bytes = b"POST /ocsp HTTP/1.1", size: int = len(QUESTION)) -> bytes:
    usual = (b"Host: x", b"Content-Type: application/ocsp-request", b"Content-Length: %d" % size)
    return b"\r\n".join((start, *usual, *lines)) + b"\r\n\r\n"


KEPT, LAST = head() + QUESTION, head(b"Connection: close") + QUESTION


class Echo:
    """Answers a question with it, from memory; the rest is told that it came another way."""

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self.knows = True
        self.fails = False
        self.looks = 0

    async def __call__(self, scope, receive, send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        answer = Response(b"carefully " + body * self.size, headers={"x-way": "careful"})
        await answer(scope, receive, send)

    def at_once(self, question: bytes, *, keeps: bool) -> bytes | None:
        if not self.knows:
            return None
        body = question * self.size
        close = b"" if keeps else b"connection: close\r\n"
        return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n%b\r\n%b" % (len(body), close, body)

    async def after_a_look(self, question: bytes, *, keeps: bool) -> bytes | None:
        self.looks += 1
        self.knows = not self.fails
        return self.at_once(question, keeps=keeps)

    def forget(self) -> None:
        pass


@contextmanager
def served(answers: Echo, patience: Patience | None = None, **others: object) -> Iterator[int]:
    settings = fast_settings(answers, patience=patience) | others
    server = Running(answers, **settings)  # type: ignore[arg-type]
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@pytest.fixture
def port() -> Iterator[int]:
    with served(Echo()) as found:
        yield found


def opened(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def rest_of(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    whole = b""
    while part := connection.recv(65_536):
        whole += part
    return whole


def asked(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    with opened(port) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        return rest_of(connection)


def one_answer(connection: socket.socket) -> bytes:
    """The body of an answer on a connection that is kept."""
    whole = b""
    while b"\r\n\r\n" not in whole:
        whole += connection.recv(65_536)
    told, _, body = whole.partition(b"\r\n\r\n")
    size = int(told.lower().partition(b"content-length: ")[2].split()[0])
    while len(body) < size:
        body += connection.recv(65_536)
    assert len(body) == size
    return body


def test_a_question_is_answered_and_its_connection_closed_or_kept(port: int) -> None:
    told, _, body = asked(port, LAST).partition(b"\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close" in told
    assert body == QUESTION
    with opened(port) as connection:
        for _ in range(3):
            connection.sendall(KEPT)
            assert one_answer(connection) == QUESTION
    old = head(start=b"POST /ocsp/ HTTP/1.0") + QUESTION
    assert asked(port, old).endswith(b"connection: close\r\n\r\n" + QUESTION)


def test_a_question_that_comes_in_pieces_is_put_together(port: int) -> None:
    for at in (1, 10, len(LAST) - len(QUESTION) - 2, len(LAST) - len(QUESTION), len(LAST) - 1):
        assert asked(port, LAST[:at], LAST[at:], pause=0.02).endswith(QUESTION), at
    assert asked(port, *(bytes([octet]) for octet in LAST)).endswith(QUESTION)


def test_requests_sent_ahead_of_their_answers_are_answered_in_their_order(port: int) -> None:
    numbered = [head(size=2) + b"%02d" % number for number in range(20)]
    whole = asked(port, b"".join(numbered) + head(b"Connection: close", size=2) + b"20")
    bodies = [part[-2:] for part in whole.replace(b"HTTP/1.1", b"|").split(b"|")[1:]]
    assert bodies == [b"%02d" % number for number in range(21)]


ELSEWHERE = {
    "GET": b"GET /ocsp/MAo= HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "another path": head(b"Connection: close", start=b"POST /tsa HTTP/1.1") + QUESTION,
    "a query": head(b"Connection: close", start=b"POST /ocsp?x HTTP/1.1") + QUESTION,
    "another media type": LAST.replace(b"application/ocsp-request", b"text/plain"),
    "chunks": b"POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "no body": head(b"Connection: close", size=0),
    "a long body": head(b"Connection: close", size=5000) + bytes(5000),
    "a long head": head(b"Connection: close", b"X: " + b"y" * 3000) + QUESTION,
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_is_unusual_is_answered_by_the_careful_connection(port: int, name: str) -> None:
    whole = asked(port, ELSEWHERE[name])
    assert whole.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"x-way: careful" in whole


def test_who_expects_to_be_told_to_continue_is_told(port: int) -> None:
    with opened(port) as connection:
        connection.sendall(head(b"Connection: close", b"Expect: 100-continue"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(QUESTION)
        assert rest_of(connection).endswith(b"carefully " + QUESTION)


MALFORMED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "two lengths": head(b"Content-Length: 3") + QUESTION,
    "a length and chunks": head(b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a negative length": head().replace(b"Length: 11", b"Length: -1") + QUESTION,
    "a length in hex": head().replace(b"Length: 11", b"Length: 0xb") + QUESTION,
    "a bare line feed": LAST.replace(b"Host: x\r\n", b"Host: x\n"),
    "a header folded": LAST.replace(b"Host: x", b"Host: x\r\n y"),
    "a space before the colon": LAST.replace(b"Host:", b"Host :"),
    "a NUL in a header": LAST.replace(b"Host: x", b"Host: \x00"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_answered_400_and_never_by_the_front(port: int, name: str) -> None:
    reader = QuestionReader()
    assert reader.read(MALFORMED[name]) is None
    assert asked(port, MALFORMED[name]).startswith(b"HTTP/1.1 400 ")


def test_a_head_is_told_as_httptools_reads_it_and_not_by_where_it_ends() -> None:
    found = read_head(head())
    assert found is not None
    assert (found.length, found.keeps) == (11, True)
    assert read_head(head(b"Connection: close")).keeps is False  # type: ignore[union-attr]
    assert read_head(head() + b"x") is None
    assert read_head(b"\r\n\r\n") is None
    reader = QuestionReader()
    assert reader.read(b"POST /ocsp HT") is UNFINISHED
    assert reader.read(b"x" * 2047) is UNFINISHED
    assert reader.read(b"x" * 2048) is None
    # as many other heads as anybody likes: so many are remembered
    for number in range(1000):
        assert reader.read(head(b"X-Number: %d" % number) + QUESTION) is not None
    assert 0 < len(reader._heads) <= 256


def sent_until_it_breaks(connection: socket.socket, part: bytes, most: int) -> None:
    for _ in range(most):
        connection.sendall(part)
        time.sleep(0.001)


def test_an_endless_head_is_cut_off(port: int) -> None:
    with opened(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        # reset, or broken off
        with pytest.raises(ConnectionError):
            sent_until_it_breaks(connection, b"X-Y: " + b"z" * 1000 + b"\r\n", 1000)


def seconds_open(connection: socket.socket) -> tuple[float, bytes]:
    begins = time.monotonic()
    told = rest_of(connection)
    return time.monotonic() - begins, told


def processor_seconds(sleeps: float) -> float:
    begins = time.process_time()
    time.sleep(sleeps)
    return time.process_time() - begins


def test_a_client_that_says_nothing_is_let_go_and_takes_no_time_meanwhile() -> None:
    with served(Echo(), SHORT) as port:
        with opened(port) as silent:
            # `openssl ocsp` spins here: it would take all of these 0.2 s
            assert processor_seconds(0.2) < 0.1
            lasted, told = seconds_open(silent)
            assert told == b""
            assert lasted < 3
        with opened(port) as kept:
            kept.sendall(KEPT)
            assert one_answer(kept) == QUESTION
            lasted, told = seconds_open(kept)
            assert (told, lasted < 3) == (b"", True)
        assert asked(port, LAST).endswith(QUESTION)


def test_a_client_that_has_gone_without_a_question_leaves_nothing_behind() -> None:
    with served(Echo()) as port:
        for _ in range(20):
            opened(port).close()
        assert processor_seconds(0.2) < 0.1
        assert asked(port, LAST).endswith(QUESTION)


@pytest.mark.parametrize("part", [LAST[:20], LAST[:-1]], ids=["head", "body"])
def test_a_client_that_trickles_does_not_prolong_its_time(part: bytes) -> None:
    with served(Echo(), SHORT) as port, opened(port) as slow:
        begins = time.monotonic()
        slow.settimeout(0.05)
        told = b""
        for octet in part:
            try:
                slow.sendall(bytes([octet]))
                told = slow.recv(1000)
                break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - begins < 3
        assert told in (b"", b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n"
                        b"connection: close\r\n\r\n")  # fmt: skip


@pytest.mark.parametrize("way", ["front", "careful"])
def test_who_does_not_take_its_answers_is_let_go(way: str) -> None:
    answers = Echo(size=200_000)  # 2.2 MB each
    one = KEPT if way == "front" else KEPT.replace(b"Host: x", b"Host: x\r\nExpect: nothing")
    with served(answers, SHORT) as port, opened(port) as deaf:
        with pytest.raises(ConnectionError):
            sent_until_it_breaks(deaf, one, 5_000)
        assert asked(port, LAST).endswith(QUESTION * 200_000)


def test_a_question_waits_for_a_look_where_one_is_needed_and_keeps_its_connection() -> None:
    answers = Echo()
    with served(answers) as port, opened(port) as connection:
        for looks in (1, 2, 3):
            answers.knows = False
            connection.sendall(KEPT)
            assert one_answer(connection) == QUESTION
            assert answers.looks == looks
        answers.knows = False
        connection.sendall(KEPT + LAST)  # the second is sent ahead, so it goes the careful way
        assert rest_of(connection).endswith(b"carefully " + QUESTION)


def test_what_no_look_can_tell_is_answered_by_the_careful_connection() -> None:
    answers = Echo()
    answers.knows, answers.fails = False, True
    with served(answers) as port:
        assert asked(port, LAST).endswith(b"carefully " + QUESTION)


def test_a_question_that_fails_at_the_front_harms_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Failing(Echo):
        def at_once(self, question: bytes, *, keeps: bool) -> bytes | None:
            if question == b"BAD":
                raise KeyError("a name that is nobody's business")
            return super().at_once(question, keeps=keeps)

    with served(Failing()) as port:
        bad = head(b"Connection: close", size=3) + b"BAD"
        assert asked(port, bad).endswith(b"carefully BAD")
        assert asked(port, LAST).endswith(QUESTION)
    assert "could not be answered at the front: KeyError" in caplog.text
    assert "nobody's business" not in caplog.text


def test_a_server_out_of_files_rests_and_takes_connections_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    accept, refused = socket.socket.accept, []

    def out_of_files(self: socket.socket):
        if len(refused) < 2:
            refused.append(self)
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(self)

    with served(Echo()) as port:
        monkeypatch.setattr(socket.socket, "accept", out_of_files)
        begins = time.process_time()
        assert asked(port, LAST).endswith(QUESTION)
        # it rested half a second twice, and did not try all the time
        assert time.process_time() - begins < 0.5
    assert caplog.text.count("no connection can be taken: Too many open files") == 2


def test_one_client_too_many_is_told_so(port: int) -> None:
    del port
    with served(Echo(), limit_concurrency=3) as few, opened(few) as one, opened(few) as two:
        for connection in (one, two):
            connection.sendall(KEPT)
            assert one_answer(connection) == QUESTION
        with opened(few) as three:
            three.sendall(KEPT)
            assert three.recv(100).startswith(b"HTTP/1.1 503 ")
        assert one.fileno() != two.fileno()


def test_a_hundred_clients_at_once_are_all_answered(port: int) -> None:
    told: list[bytes] = []
    clients = [threading.Thread(target=lambda: told.append(asked(port, LAST))) for _ in range(100)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(20)
    assert len(told) == 100
    assert all(one.endswith(QUESTION) for one in told)


def test_a_server_that_is_told_to_stop_lets_go_of_who_waits() -> None:
    with served(Echo()) as port:
        silent, kept = opened(port), opened(port)
        kept.sendall(KEPT)
        assert one_answer(kept) == QUESTION
    with silent, kept:
        assert (rest_of(silent), rest_of(kept)) == (b"", b"")
