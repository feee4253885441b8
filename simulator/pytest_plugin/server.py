"""The publishing server of a test's world: lists, OCSP and timestamps over HTTP on loopback.

It is the agency's publication (:mod:`simulator.agency.publication`) in a thread of the test's
process, on a port that the system chooses. It tells the time of the world's clock and fails on
order.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.errors import ImpossibleFact
from jpki.revocation import StatusEvidence, StatusSource
from simulator.agency.publication import Publication, list_template
from simulator.agency.publication.app import publication_app
from simulator.agency.publication.running import LOOPBACK, Running
from simulator.agency.publication.view import Moment, WorldView
from simulator.pytest_plugin.faults import FaultOrders, ServerFault
from simulator.pytest_plugin.publication import trusted_authorities
from simulator.world import World

__all__ = ["RevocationServer"]

_GARBAGE: Final = b"\x00 no list and no answer"


class RevocationServer:
    """A live server of one world. ``url`` is its address; ``stop`` is what an outage looks like."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._orders = FaultOrders()
        self._asked: list[str] = []
        self._running: Running | None = None
        self._port = 0
        # Keys are made now, so that none is made while somebody waits, and always in one order.
        Publication(world).warm(world.now)
        served = WorldView(world, lambda: _STALE.get() or Moment(world.now, world.entries))
        self._app = _Front(
            publication_app(lambda: served, self._orders.at_work), self._orders, self._asked
        )
        self.start()

    def __repr__(self) -> str:
        return f"<RevocationServer {self.url}, {'up' if self._running else 'down'}>"

    # addresses

    @property
    def url(self) -> str:
        """Its address, without a slash at the end; the same after an outage."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def responder(self) -> str:
        """Where OCSP is asked, by GET and by POST."""
        return f"{self.url}/ocsp"

    @property
    def timestamps(self) -> str:
        """Where timestamps are asked for (RFC 3161 §3.4)."""
        return f"{self.url}/tsa"

    def lists(self, root: AuthorityCertificate) -> str:
        """Return the template of the addresses of an authority's lists, as ``HttpSource`` takes it.

        One address a municipality; each authority, and each generation of it, has its own folder.
        Raises ``ImpossibleFact`` for an authority of another world.
        """
        for one in trusted_authorities(self._world):
            own = self._world.agency.authority(one).certificate
            if own.subject_key_id == root.subject_key_id:
                return list_template(self.url, one)
        raise ImpossibleFact(
            "this world has no such authority", hint="authority.roots are those there are"
        )

    def source(self, *, lists: bool = True, ocsp: bool = True) -> StatusSource:
        """Return a ``StatusSource`` that asks this server anew each time; needs the extra ``http``.

        A client of your own finds the addresses in ``lists`` and ``responder``.
        """
        return _FromServer(self, lambda: self._world.now, lists=lists, ocsp=ocsp)

    # what was asked

    @property
    def asked(self) -> tuple[str, ...]:
        """Method and path of every request so far, those that failed on order included."""
        return tuple(self._asked)

    # faults

    def order(self, fault: str, *, times: int | None = None, **about: Any) -> None:
        """Let the next ``times`` requests fail in this way, or all until ``repair``.

        ``about`` are the fields of a fault of the catalogue, such as ``target``, ``partition``,
        ``days`` or ``status``: the requests that it befalls and how (:mod:`simulator.faults.plan`).
        Raises ``ImpossibleFact`` for a fault that does not exist, ``MalformedDocument`` for fields
        that it does not take.
        """
        since = Moment(self._world.now, self._world.entries)
        self._orders.add(fault, times=times, since=since, about=about)

    def repair(self) -> None:
        """Take every order back."""
        self._orders.clear()

    def stop(self) -> None:
        """Go down: connections are refused, those that wait are closed. Once is enough."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def start(self) -> None:
        """Come up again under the same address; nothing happens when it is up."""
        if self._running is None:
            running = Running(self._app, port=self._port, breaks_off=True)
            running.start()
            self._running, self._port = running, running.port


# in the server's thread

_STALE: ContextVar[Moment | None] = ContextVar("stale", default=None)
"""Since when the data is stale for the request that is being answered."""


class _Front:
    """Stands before the publication: notes what is asked, and fails as a server does."""

    def __init__(self, app: ASGIApp, orders: FaultOrders, asked: list[str]) -> None:
        self._app = app
        self._orders = orders
        self._asked = asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or fail to."""
        self._asked.append(f"{scope['method']} {scope['raw_path'].decode('ascii', 'replace')}")
        faults, stale = self._orders.take()
        if ServerFault.SILENT in faults:
            await _until_it_gives_up(receive)
        elif ServerFault.NOT_FOUND in faults:
            await Response(b"on order\n", 404, media_type="text/plain")(scope, receive, send)
        else:
            _STALE.set(stale)
            await self._app(scope, receive, _spoiling(send, faults))


async def _until_it_gives_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _spoiling(send: Send, faults: frozenset[ServerFault]) -> Send:
    """Return a way to send that spoils what is sent, as far as the faults want it."""

    async def spoilt(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            if ServerFault.WRONG_TYPE in faults:
                headers["content-type"] = "text/html"
            if ServerFault.GARBAGE in faults:
                headers["content-length"] = str(len(_GARBAGE))
        elif ServerFault.GARBAGE in faults:
            # In place of the end, so that what comes before it, if anything, is left out.
            if message.get("more_body", False):
                return
            message = {**message, "body": _GARBAGE}
        await send(message)

    return spoilt


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
