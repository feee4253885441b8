"""A PostgreSQL server of our own for one test session: temporary, and reached by a socket only."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_ADVICE = "install what .ci/packages-test.txt lists: apt-get install postgresql"
_STARTS_WITHIN = 60.0


class Cluster:
    """A server with its data in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        assert _BINARIES, f"PostgreSQL is missing; {_ADVICE}"
        self._binaries = _BINARIES[-1]
        self.folder = folder
        self._data = folder / "data"
        self._server: subprocess.Popen[bytes] | None = None
        self._made = 0

    def make(self) -> None:
        command = ["initdb", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        subprocess.run(
            [*self._as(command), "--username=postgres", "-D", str(self._data)],
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [
                    *self._as(["postgres"]),
                    *("-D", str(self._data), "-k", str(self.folder)),
                    *("-c", "listen_addresses=", "-c", "max_connections=40"),
                ],
                stdout=log,
                stderr=log,
            )
        ends = time.monotonic() + _STARTS_WITHIN
        while True:
            try:
                psycopg.connect(self._conninfo("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                assert self._server.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < ends, "PostgreSQL did not start"
                time.sleep(0.1)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT is a fast shutdown, SIGQUIT an immediate one, as a crash is."""
        if self._server is None:
            return
        # Under runuser the server is its child; the server's own number is in its data folder.
        os.kill(int((self._data / "postmaster.pid").read_text().splitlines()[0]), how)
        self._server.wait(60)
        self._server = None

    def new_world_url(self) -> str:
        """Make an empty database and return its URL.

        It orders texts as a dictionary does ("a" before "B"), which SQLite never does.
        """
        self._made += 1
        name = f"world{self._made}"
        order = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {order}".encode())
        return f"postgresql://postgres@/{name}?host={self.folder}"

    @contextmanager
    def database_on(self, disk: Path) -> Iterator[str]:
        """Make an empty database whose data lies in this folder, and remove it afterwards."""
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{disk}'".encode())
            connection.execute(b"CREATE DATABASE small TABLESPACE small")
            try:
                yield f"postgresql://postgres@/small?host={self.folder}"
            finally:
                connection.execute(b"DROP DATABASE small WITH (FORCE)")
                connection.execute(b"DROP TABLESPACE small")

    def _conninfo(self, database: str) -> str:
        return f"host={self.folder} user=postgres dbname={database}"

    def _as(self, command: list[str]) -> list[str]:
        """PostgreSQL refuses to run as root."""
        found = [str(self._binaries / command[0]), *command[1:]]
        if os.getuid() != 0:
            return found
        return ["runuser", "--user", "postgres", "--", *found]


@contextmanager
def cluster() -> Iterator[Cluster]:
    # A socket's path has at most 107 bytes, so it lies right below the temporary folder.
    folder = Path(tempfile.mkdtemp(prefix="jpki-pg-", dir="/tmp"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    made = Cluster(folder)
    try:
        made.make()
        made.start()
        yield made
    finally:
        made.stop(signal.SIGQUIT)
        shutil.rmtree(folder)
