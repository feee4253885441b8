"""Opening the database a world lives in: one SQLite file as shipped, PostgreSQL by URL.

Everything the store does is the same SQL on both. What differs is how one writer at a time is made
sure of, and what the database says when it cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from jpki.errors import MalformedDocument, MissingExtra, WorldUnavailable

__all__ = [
    "Location",
    "database_errors",
    "exists",
    "for_reading",
    "for_writing",
    "is_url",
    "lock_for_writing",
    "open_engine",
    "told",
]

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
    try:
        return is_url(location) or Path(location).is_file()
    except OSError as error:
        raise WorldUnavailable(
            f"{location}: cannot be looked at: {error.strerror or error}",
            hint="check the path and the permissions",
        ) from error


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
            # The whole path, as SQLite has names of its own such as ":memory:".
            URL.create("sqlite", database=str(Path(location).absolute())),
            connect_args={"check_same_thread": False, "timeout": _PATIENCE_SECONDS},
        )
        _begin_ourselves(engine)
        return engine
    return _postgres(str(location))


def _postgres(location: str) -> Engine:
    try:
        url = make_url(location)
    except (ArgumentError, ValueError):
        # The cause is left out: it may repeat the URL, and with it a password.
        raise MalformedDocument(
            "not a database URL", source="world", hint="write postgresql://user@host/database"
        ) from None
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
        # Every commit is on the disk when it returns, the folder's entry included: with FULL, the
        # default, a power cut right after the commit could bring the old journal back.
        connection.execute("PRAGMA synchronous = EXTRA")
        # A world file may come with a bug report; what its schema says to run is not trusted.
        connection.execute("PRAGMA trusted_schema = OFF")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def for_writing(connection: Connection) -> Connection:
    """Return a connection whose transactions write."""
    return connection.execution_options(writing=True)


def for_reading(connection: Connection) -> Connection:
    """Return a connection whose transactions read one state of the world, and only read."""
    if connection.dialect.name == "postgresql":
        return connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
    return connection


# Ours whatever the server's defaults are: waiting ends, and a commit that returns is on the disk.
_FOR_THIS_TRANSACTION: Final = {
    "lock_timeout": f"{_PATIENCE_SECONDS}s",
    "synchronous_commit": "on",
}


def lock_for_writing(connection: Connection) -> None:
    """Wait until no other writer is inside a transaction of this world.

    SQLite has done so when the transaction began. On PostgreSQL each statement after the lock sees
    what was committed before it (READ COMMITTED), so nobody decides on an old log.
    """
    if connection.dialect.name != "postgresql":
        return
    for name, value in _FOR_THIS_TRANSACTION.items():
        connection.execute(select(func.set_config(name, value, True)))
    connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))


@contextmanager
def database_errors(location: Location | None) -> Iterator[None]:
    """Turn what the database says into our own errors; a password in a URL is never repeated."""
    try:
        yield
    except DBAPIError as error:
        raise _named(error, told(location)) from error
    except SQLAlchemyError as error:
        raise WorldUnavailable(f"{told(location)}: {type(error).__name__}") from error
    except UnicodeEncodeError:
        raise MalformedDocument(
            "a text that is no Unicode (half a surrogate pair)", source=told(location)
        ) from None
    except OverflowError:
        raise MalformedDocument("a number that is too large", source=told(location)) from None


def told(location: Location | None) -> str:
    """Return a location as it may be shown: without password, and without a URL's parameters."""
    if location is None:
        return "the world in memory"
    if is_url(location):
        # Parameters may hold a password, too.
        return make_url(str(location)).set(query={}).render_as_string(hide_password=True)
    return str(location)


_NOT_WRITABLE: Final = (
    "the world cannot be written to",
    "check the permissions of file and folder",
)
_FULL: Final = ("the disk is full; nothing was written", "free some space and try again")
_BUSY: Final = (
    "another program is writing to the world",
    "try again when it has finished",
)
# What SQLite and PostgreSQL say, and what we say and advise. The first that is contained decides.
_KNOWN: Final = (
    ("disk is full", _FULL),
    ("no space left", _FULL),
    ("readonly", _NOT_WRITABLE),
    ("read-only", _NOT_WRITABLE),
    ("database is locked", _BUSY),
    ("lock timeout", _BUSY),
    ("unable to open", ("the world file cannot be opened", "check the path and the permissions")),
    (
        "disk i/o error",
        (
            "the disk refuses to write or read",
            "look for a full disk, a limit on file sizes (ulimit -f) and the system's log",
        ),
    ),
)
_NO_WORLD: Final = ("not a database", "malformed", "no such table", "unsupported file format")


def _named(error: DBAPIError, place: str) -> WorldUnavailable | MalformedDocument:
    said = str(error.orig).lower()
    for sign, (message, hint) in _KNOWN:
        if sign in said:
            return WorldUnavailable(f"{place}: {message}", hint=hint)
    if any(sign in said for sign in _NO_WORLD):
        return MalformedDocument("not a world file, or a damaged one", source=place)
    first = (str(error.orig).splitlines() or [""])[0]
    return WorldUnavailable(f"{place}: {first}", hint="check that the database server is running")
