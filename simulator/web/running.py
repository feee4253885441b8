"""The server as it runs: on a loopback address only, in a thread, until it is told to stop."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final, Self

from simulator.agency.publication.running import LOOPBACK, Running
from simulator.web.app import build_app
from simulator.web.connection import BoundedConnection
from simulator.web.house import House
from simulator.web.operations import Operation
from simulator.web.pages import ROOT, Door
from simulator.web.phone.courier import Courier
from simulator.world import World

__all__ = ["LOOPBACK", "MOST_CONNECTIONS", "RunningServer"]

MOST_CONNECTIONS: Final = 256
"""Those beyond are answered 503 at once."""

_STOPPING_SECONDS: Final = 10


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
        self._door = Door(self.admin_token)
        app = build_app(world, admin_token=self.admin_token, operations=operations, door=self._door)
        self._house: House = app.state.house
        self._courier = Courier(self._house)
        self._running = Running(
            app,
            host=host,
            port=port,
            name="jpki-sim serve",
            http=connection,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=_STOPPING_SECONDS,
        )

    def __repr__(self) -> str:
        return f"<RunningServer at {self.url}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._running.port

    @property
    def url(self) -> str:
        """Where it is, such as ``http://127.0.0.1:41234``."""
        return self._running.url

    def sign_in_link(self) -> str:
        """Return a link that lets one browser in to the pages, once."""
        return f"{self.url}{ROOT}/sign-in?key={self._door.new_key()}"

    def start(self) -> Self:
        """Start to serve, and return when it answers."""
        self._running.start()
        self._courier.start()
        return self

    def stop(self) -> None:
        """Answer what is under way, take nothing new, and return when it is done."""
        self._house.closing.set()
        self._running.stop()
        self._courier.stop()
