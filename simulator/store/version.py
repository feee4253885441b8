"""A number that is another whenever a world's file was written to, told without waiting."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from simulator.store.engine import Location, is_url

__all__ = ["FileVersion"]


class FileVersion:
    """The version of a world's file, as SQLite counts it for one connection.

    A PostgreSQL database and a world in memory have none. It takes some microseconds and never
    waits, so it may be asked where nothing may wait.
    """

    def __init__(self, location: Location | None) -> None:
        self._path = None if location is None or is_url(location) else Path(location).absolute()
        self._connection: sqlite3.Connection | None = None

    def __repr__(self) -> str:
        return "<FileVersion>"

    def read(self) -> int | None:
        """Return the version; ``None`` when it cannot be told now, as while somebody commits."""
        if self._path is None:
            return None
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(
                    f"{self._path.as_uri()}?mode=ro",
                    uri=True,
                    timeout=0,
                    isolation_level=None,
                    check_same_thread=False,
                )
            found = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None
        return int(found[0])

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
