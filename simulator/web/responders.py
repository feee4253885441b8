"""Several responders on one loopback port, each a process, none with anything of its own.

The kernel shares connections out among those that listen (``SO_REUSEPORT``). They end with whoever
started them, whatever became of it: each waits for the end of a pipe.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Final, Self

from starlette.types import ASGIApp

from jpki.errors import JpkiError, MalformedDocument, WorldUnavailable
from simulator.agency.presigned import PresignedAnswers, keyless_app
from simulator.agency.presigned.server import fast_settings
from simulator.agency.publication.running import LOOPBACK, Running
from simulator.clock import RealClock
from simulator.keys import KeySource
from simulator.store import Location
from simulator.web.presigned import build_responder
from simulator.world import World

__all__ = ["MOST_PROCESSES", "Responders"]

MOST_PROCESSES: Final = 64
_STARTING_SECONDS: Final = 60.0
_STOPPING_SECONDS: Final = 15.0


class Responders:
    """Processes that answer OCSP on one port; use it as a context manager.

    Without a ``world`` they have no key, and go by this machine's clock. ``keys`` makes those
    the world was made with, if that was said when it was made. Raises ``MalformedDocument`` for
    answers that cannot be read or too many processes, ``ImpossibleFact`` for answers that need a
    world, and ``WorldUnavailable`` when the port cannot be had or a process does not start.
    """

    def __init__(
        self,
        path: Path,
        *,
        world: Location | None,
        processes: int = 1,
        port: int = 0,
        keys: Callable[[], KeySource] | None = None,
    ) -> None:
        if not 1 <= processes <= MOST_PROCESSES:
            raise MalformedDocument(f"from 1 to {MOST_PROCESSES} processes, please")
        answers = PresignedAnswers.open(path)
        if world is None:
            keyless_app(lambda: answers, RealClock().now)
        # Bound and not listening, so it keeps the port and takes no connection.
        self._kept = socket.socket(socket.AF_INET)
        self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            self._kept.bind((LOOPBACK, port))
        except (OSError, OverflowError):
            self._kept.close()
            raise WorldUnavailable(
                f"port {port} cannot be had", hint="choose another port, or 0 for one that is free"
            ) from None
        self.port: int = self._kept.getsockname()[1]
        context = get_context("spawn")
        self._ends: list[Connection] = []
        self._processes = []
        for number in range(processes):
            ours, theirs = context.Pipe()
            arguments = (path, world, self.port, keys, theirs)
            process = context.Process(target=_serve, args=arguments, name=f"responder {number}")
            self._ends.append(ours)
            self._processes.append((process, theirs))

    def __repr__(self) -> str:
        return f"<Responders at {self.url}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where they are."""
        return f"http://{LOOPBACK}:{self.port}"

    def require_all(self) -> None:
        """Raise ``WorldUnavailable`` when a process has ended that nobody told to."""
        if not all(process.is_alive() for process, _ in self._processes):
            raise WorldUnavailable("a responder has ended", hint="start them again")

    def start(self) -> Self:
        """Start all, and return when all answer."""
        for process, theirs in self._processes:
            process.start()
            theirs.close()
        try:
            for end in self._ends:
                told = end.recv() if end.poll(_STARTING_SECONDS) else "it did not start in time"
                if told:
                    raise WorldUnavailable(f"a responder does not answer: {told}")
        except BaseException as error:
            self.stop()
            if isinstance(error, EOFError):
                raise WorldUnavailable("a responder ended while it started") from None
            raise
        return self

    def stop(self) -> None:
        """Let what is under way be answered, and return when all have ended."""
        for end in self._ends:
            end.close()
        for process, _ in self._processes:
            if process.pid is None:
                continue
            process.join(_STOPPING_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
        self._kept.close()


def _serve(
    path: Path,
    world: Location | None,
    port: int,
    keys: Callable[[], KeySource] | None,
    end: Connection,
) -> None:
    # Ctrl+C reaches every process of a terminal; only the first decides.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        if world is None:
            _serve_app(keyless_app(_newest(path), RealClock().now), port, end)
            return
        with World.open(world, keys=None if keys is None else keys()) as opened:
            _serve_app(build_responder(opened, path), port, end)
    except JpkiError as error:
        end.send(str(error))


def _serve_app(app: ASGIApp, port: int, end: Connection) -> None:
    server = Running(app, port=port, name="responder", shares=True, **fast_settings())
    server.start()
    try:
        end.send("")
        wait([end])
    finally:
        server.stop()


def _newest(path: Path) -> Callable[[], PresignedAnswers]:
    """Return what gives the answers at a path, opened anew when they have had their time."""
    kept = [PresignedAnswers.open(path)]
    clock: Callable[[], datetime] = RealClock().now

    def newest() -> PresignedAnswers:
        if clock() >= kept[0].until:
            found = PresignedAnswers.open(path)
            if found.settled:
                kept[0] = found
        return kept[0]

    return newest
