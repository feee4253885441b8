"""Opening the database a world lives in: one SQLite file as shipped, PostgreSQL by URL.

Everything the store does is the same SQL on both. What differs is how one writer at a time is made
sure of, and what the database says when it cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from jpki.errors import MalformedDocument, MissingExtra, WorldUnavailable

__all__ = ["Location", "database_errors", "exists", "is_url", "lock_for_writing", "open_engine"]

Location = Path | str
"""A world file's path, or a PostgreSQL URL (``postgresql://user@host/database``)."""

_PATIENCE_SECONDS: Final = 30
# Any number will do as long as all writers of a world use the same; this spells "jpki".
_ADVISORY_LOCK: Final = 0x6A706B69


def is_url(location: Location | None) -> bool:
    """Tell whether a location is a database URL rather than a file."""
    return isinstance(location, str) and "://" in location


def exists(location: Location) -> bool:
    """Tell whether a world file is there; a database is asked when it is opened."""
    return is_url(location) or Path(location).is_file()


def open_engine(location: Location | None) -> Engine:
    """Return an engine for a file, a PostgreSQL URL, or (``None``) a world in memory.

    Raises ``MalformedDocument`` for a URL of another kind, ``MissingExtra`` without psycopg.
    """
    if location is None:
        engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        _begin_ourselves(engine)
        return engine
    if not is_url(location):
        engine = create_engine(
            URL.create("sqlite", database=str(location)),
            connect_args={"check_same_thread": False, "timeout": _PATIENCE_SECONDS},
        )
        _begin_ourselves(engine)
        return engine
    return _postgres(str(location))


def _postgres(location: str) -> Engine:
    try:
        url = make_url(location)
    except ArgumentError as error:
        raise MalformedDocument("not a database URL", source="world") from error
    if url.get_backend_name() != "postgresql":
        raise MalformedDocument(
            f"a world lives in a file or in PostgreSQL, not in {url.get_backend_name()}",
            source="world",
            hint="give a path, or postgresql://user@host/database",
        )
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            connect_args={"connect_timeout": _PATIENCE_SECONDS},
        )
    except ImportError as error:
        raise MissingExtra("the PostgreSQL driver", extra="postgres") from error


def _begin_ourselves(engine: Engine) -> None:
    """Let each transaction begin when we say so; the driver would begin at the first write."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        # Every commit is on the disk when it returns (the default of SQLite, said aloud).
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def lock_for_writing(connection: Connection) -> None:
    """Wait until no other writer is inside a transaction of this world.

    SQLite has done so when the transaction began.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SET LOCAL lock_timeout = :patience").bindparams(patience=f"{_PATIENCE_SECONDS}s")
        )
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:number)").bindparams(number=_ADVISORY_LOCK)
        )


@contextmanager
def database_errors(location: Location | None) -> Iterator[None]:
    """Turn what the database says into our own errors; a password in a URL is never repeated."""
    try:
        yield
    except DBAPIError as error:
        raise _named(error, told(location)) from error
    except SQLAlchemyError as error:
        raise WorldUnavailable(f"{told(location)}: {type(error).__name__}") from error


def told(location: Location | None) -> str:
    """Return a location as it may be shown."""
    if location is None:
        return "the world in memory"
    if is_url(location):
        return make_url(str(location)).render_as_string(hide_password=True)
    return str(location)


# What SQLite says, and what we say and advise. The first that is contained decides.
_KNOWN: Final = (
    ("disk is full", "the disk is full; nothing was written", "free some space and try again"),
    ("readonly", "the world cannot be written to", "check the permissions of file and folder"),
    ("read-only", "the world cannot be written to", "check the permissions of file and folder"),
    ("locked", "another program is writing to the world", "try again when it has finished"),
    ("lock timeout", "another program is writing to the world", "try again when it has finished"),
    ("unable to open", "the world file cannot be opened", "check the path and the permissions"),
    ("disk i/o error", "the disk does not answer as it should", "look at the system's log"),
)


def _named(error: DBAPIError, place: str) -> WorldUnavailable | MalformedDocument:
    said = str(error.orig).lower()
    for sign, message, hint in _KNOWN:
        if sign in said:
            return WorldUnavailable(f"{place}: {message}", hint=hint)
    if "not a database" in said or "malformed" in said or "no such table" in said:
        return MalformedDocument("not a world file, or a damaged one", source=place)
    first = (str(error.orig).splitlines() or [""])[0]
    return WorldUnavailable(f"{place}: {first}", hint="check that the database server is running")
