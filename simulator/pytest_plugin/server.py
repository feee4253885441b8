"""The publishing server of a test's world: lists, OCSP and timestamps over HTTP on loopback.

It runs in a thread of the test's process, on a port that the system chooses, tells the time of the
world's clock, and fails on order. It knows nothing of the world but its ``Publication``.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.errors import ImpossibleFact, JpkiError
from jpki.revocation import StatusEvidence, StatusSource
from jpki.revocation.ocsp import ResponseStatus
from simulator.agency.ocsp import error_response
from simulator.municipalities import Municipality, municipalities
from simulator.pytest_plugin.faults import Fault, FaultOrders
from simulator.pytest_plugin.publication import Publication

__all__ = ["RevocationServer"]

_LOOPBACK: Final = "127.0.0.1"
_LONGEST_BODY: Final = 64 * 1024
_PATIENCE: Final = 5.0
"""Seconds a connection may stay without saying anything."""
_POLL: Final = 0.01
_LIST_TYPE: Final = "application/pkix-crl"
_ANSWER_TYPE: Final = "application/ocsp-response"
_TIMESTAMP_TYPE: Final = "application/timestamp-reply"
_NO_BODY: Final = b""

_Answer = tuple[HTTPStatus, str, bytes]


class RevocationServer:
    """A live server of one world. ``url`` is its address; ``stop`` is what an outage looks like."""

    def __init__(self, publication: Publication, *, clock: Callable[[], datetime]) -> None:
        self._publication = publication
        self._clock = clock
        self._orders = FaultOrders()
        self._asked: list[str] = []
        self._running: _Running | None = None
        self._port = 0
        self.start()

    def __repr__(self) -> str:
        return f"<RevocationServer {self.url}, {'up' if self._running else 'down'}>"

    # addresses

    @property
    def url(self) -> str:
        """Its address, without a slash at the end; the same after an outage."""
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def responder(self) -> str:
        """Where OCSP is asked, by GET and by POST."""
        return f"{self.url}/ocsp"

    @property
    def timestamps(self) -> str:
        """Where timestamps are asked for (RFC 3161 §3.4)."""
        return f"{self.url}/timestamps"

    def lists(self, root: AuthorityCertificate) -> str:
        """Return the template of the addresses of an authority's lists, as ``HttpSource`` takes it.

        One address a municipality; each authority, and each generation of it, has its own folder.
        """
        folder = root.subject_key_id.hex()
        return f"{self.url}/lists/{folder}/{{prefecture}}/{{municipality}}.crl"

    def source(self, *, lists: bool = True, ocsp: bool = True) -> StatusSource:
        """Return a ``StatusSource`` that asks this server anew each time; needs the extra ``http``.

        A client of your own finds the addresses in ``lists`` and ``responder``.
        """
        return _FromServer(self, self._clock, lists=lists, ocsp=ocsp)

    # what was asked

    @property
    def asked(self) -> tuple[str, ...]:
        """Method and path of every request so far, those that failed on order included."""
        return tuple(self._asked)

    # faults

    def order(self, fault: Fault | str, *, times: int | None = None) -> None:
        """Let the next ``times`` requests fail in this way, or all until ``repair``.

        Raises ``ImpossibleFact`` for a fault that does not exist.
        """
        try:
            wanted = Fault(fault)
        except ValueError:
            known = ", ".join(one.value for one in Fault)
            raise ImpossibleFact(
                f"no fault is called {str(fault)[:40]!r}", hint=f"there are {known}"
            ) from None
        self._orders.add(wanted, times=times, since=self._clock())

    def repair(self) -> None:
        """Take every order back."""
        self._orders.clear()

    def stop(self) -> None:
        """Go down: connections are refused, those that wait are closed. Once is enough."""
        running, self._running = self._running, None
        if running is not None:
            running.close()

    def start(self) -> None:
        """Come up again under the same address; nothing happens when it is up."""
        if self._running is None:
            self._running = _Running(self._port, self._respond)
            self._port = self._running.port

    # answers, in the server's threads

    def _respond(self, handler: _Handler, body: bytes) -> None:
        path = urlsplit(handler.path).path
        self._asked.append(f"{handler.command} {path}")
        faults, stale_since = self._orders.take()
        if Fault.SILENT in faults:
            handler.wait_for_the_end()
        if faults & {Fault.RESET, Fault.SILENT}:
            return
        at = stale_since or self._clock()
        try:
            answer = self._broken(faults) or self._answer(handler.command, path, body, at, faults)
        except JpkiError as error:  # such as an instant before there was any authority
            answer = HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", error.code.encode()
        handler.send(answer, faults)

    def _broken(self, faults: frozenset[Fault]) -> _Answer | None:
        if Fault.UNAVAILABLE in faults:
            return HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", b"on order\n"
        if Fault.NOT_FOUND in faults:
            return HTTPStatus.NOT_FOUND, "text/plain", b"on order\n"
        return None

    def _answer(
        self, method: str, path: str, body: bytes, at: datetime, faults: frozenset[Fault]
    ) -> _Answer:
        first, _, rest = path.lstrip("/").partition("/")
        match method, first:
            case "GET", "lists":
                return self._list(rest, at)
            case (("GET" | "POST"), "ocsp"):
                if Fault.TRY_LATER in faults:
                    return HTTPStatus.OK, _ANSWER_TYPE, error_response(ResponseStatus.TRY_LATER)
                return self._ocsp(body if method == "POST" else _from_path(rest), at)
            case "POST", "timestamps":
                return HTTPStatus.OK, _TIMESTAMP_TYPE, self._publication.timestamp(body, at)
            case _:
                return _NOTHING_HERE

    def _list(self, rest: str, at: datetime) -> _Answer:
        key_id, _, place = unquote(rest).removesuffix(".crl").partition("/")
        authority, found = self._publication.authority(key_id), _places().get(place)
        if authority is None or found is None:
            return _NOTHING_HERE
        return HTTPStatus.OK, _LIST_TYPE, self._publication.revocation_list(authority, found, at)

    def _ocsp(self, request: bytes, at: datetime) -> _Answer:
        return HTTPStatus.OK, _ANSWER_TYPE, self._publication.ocsp(request, at)


_NOTHING_HERE: Final[_Answer] = (HTTPStatus.NOT_FOUND, "text/plain", b"nothing here\n")


@cache
def _places() -> dict[str, Municipality]:
    return {f"{one.prefecture}/{one.name}": one for one in municipalities().values()}


def _from_path(rest: str) -> bytes:
    """Return the request of an OCSP GET (RFC 6960 §A.1); no bytes, which are no request, if bad."""
    try:
        return base64.b64decode(unquote(rest), validate=True)
    except (ValueError, binascii.Error):
        return _NO_BODY


_Respond = Callable[["_Handler", bytes], None]


class _Running:
    """The thread that listens, and those that answer."""

    def __init__(self, port: int, respond: _Respond) -> None:
        self._server = _Server((_LOOPBACK, port), respond)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": _POLL},
            name="jpki revocation server",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        self._server.ending.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for them
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], respond: _Respond) -> None:
        self.respond = respond
        self.ending = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """End what is still open, so that nobody who says nothing keeps the server up."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that left is no event, and tests own the standard streams."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE

    def do_GET(self) -> None:
        self.server.respond(self, _NO_BODY)

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length[:9]) > _LONGEST_BODY:
            self.send((HTTPStatus(413), "text/plain", b"too long\n"), frozenset())
            return
        self.server.respond(self, self.rfile.read(int(length)))

    def send(self, answer: _Answer, faults: frozenset[Fault]) -> None:
        """Send an answer as far as the faults let it through."""
        status, media_type, body = answer
        if Fault.GARBAGE in faults:
            body = b"\x00 no list and no answer"
        self.send_response(status)
        self.send_header("content-type", "text/html" if Fault.WRONG_TYPE in faults else media_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if Fault.TRUNCATED in faults else body)

    def wait_for_the_end(self) -> None:
        """Keep the client waiting until the server stops."""
        self.server.ending.wait()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a test's output is the test's."""


class _FromServer:
    """Asks the server as ``HttpSource`` does, at the addresses of the certificate's authority."""

    def __init__(
        self,
        server: RevocationServer,
        clock: Callable[[], datetime],
        *,
        lists: bool,
        ocsp: bool,
    ) -> None:
        self._server = server
        self._clock = clock
        self._lists = lists
        self._ocsp = ocsp

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Fetch what the server has about a certificate; what failed is among the failures."""
        from jpki.revocation.http import HttpSource

        source = HttpSource(
            clock=self._clock,
            lists=self._server.lists(authority) if self._lists else None,
            responder=self._server.responder if self._ocsp else None,
        )
        return source.evidence(certificate, authority)
