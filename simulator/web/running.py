"""The server as it runs: on a loopback address only, in a thread, until it is told to stop."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

import uvicorn

from jpki.errors import MalformedDocument, WorldUnavailable
from simulator.web.app import build_app
from simulator.web.connection import BoundedConnection
from simulator.web.house import House
from simulator.web.operations import Operation
from simulator.web.phone.courier import Courier
from simulator.world import World

__all__ = ["LOOPBACK", "MOST_CONNECTIONS", "RunningServer"]

LOOPBACK: Final = "127.0.0.1"

MOST_CONNECTIONS: Final = 256
"""Those beyond are answered 503 at once."""

_STOPPING_SECONDS: Final = 10
_STARTING_SECONDS: Final = 30


class RunningServer:
    """A world's server, running. Use it as a context manager, or call ``start`` and ``stop``.

    ``port`` 0 takes one that is free. The keeper's token is made here unless it is given; it is
    never in a ``repr``. The world is the caller's and stays open. Raises ``MalformedDocument`` for
    a host other than this machine, ``WorldUnavailable`` when the port is taken.
    """

    def __init__(
        self,
        world: World,
        *,
        host: str = LOOPBACK,
        port: int = 0,
        admin_token: str | None = None,
        operations: Sequence[Operation] = (),
        connection: type[BoundedConnection] = BoundedConnection,
    ) -> None:
        self.admin_token = admin_token or secrets.token_urlsafe(32)
        self._socket = _bound(_loopback(host), port)
        self._address: tuple[str, int] = self._socket.getsockname()[:2]
        app = build_app(
            world,
            admin_token=self.admin_token,
            operations=operations,
        )
        self._house: House = app.state.house
        self._courier = Courier(self._house)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=connection,
                ws="none",
                lifespan="off",
                log_config=None,
                # Addresses in a log could hold names that somebody typed.
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                limit_concurrency=MOST_CONNECTIONS,
                h11_max_incomplete_event_size=16 * 1024,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=_STOPPING_SECONDS,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="jpki-sim serve", daemon=True
        )

    def __repr__(self) -> str:
        return f"<RunningServer at {self.url}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._address[1]

    @property
    def url(self) -> str:
        """Where it is, such as ``http://127.0.0.1:41234``."""
        host, port = self._address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> Self:
        """Start to serve, and return when it answers."""
        self._thread.start()
        waited = threading.Event()
        for _ in range(_STARTING_SECONDS * 100):
            if self._server.started:
                self._courier.start()
                return self
            if not self._thread.is_alive():
                break
            waited.wait(0.01)
        self.stop()
        raise WorldUnavailable("the server did not start")

    def stop(self) -> None:
        """Answer what is under way, take nothing new, and return when it is done."""
        self._house.closing.set()
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(_STOPPING_SECONDS + 5)
        self._courier.stop()
        self._socket.close()


def _loopback(host: str) -> str:
    """Return the address of this machine that a host is; refuse every other by name."""
    if host == "localhost":
        return LOOPBACK
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise MalformedDocument(
            f"{host[:80]!r} is not an address of this machine alone",
            source="--host",
            hint="a simulated authority serves on 127.0.0.1 or ::1; tunnel to it if you must",
        )
    return host


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.set_inheritable(False)
    except (OSError, OverflowError) as error:
        made.close()
        raise WorldUnavailable(
            f"port {port} cannot be had: {getattr(error, 'strerror', None) or error}",
            hint="choose another port, or 0 for one that is free",
        ) from error
    return made
