"""A world on disk: one SQLite file holding the event log and what was made.

The log is append-only and each transaction is durable before it is answered. Two writers cannot
both win: a log entry's number is its primary key.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import StaticPool

from jpki.errors import ImpossibleFact, MalformedDocument

__all__ = ["FORMAT", "Store"]

FORMAT = "1"

_METADATA = MetaData()
_SETTINGS = Table(
    "setting",
    _METADATA,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
_LOG = Table(
    "log",
    _METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False),
)
_PENDING = Table(
    "pending",
    _METADATA,
    Column("number", Integer, primary_key=True),
    Column("entry", Text, nullable=False),
)
_CERTIFICATES = Table(
    "certificate",
    _METADATA,
    Column("purpose", String, primary_key=True),
    Column("serial", Integer, primary_key=True, autoincrement=False),
    Column("der", LargeBinary, nullable=False),
)
_KEYS = Table(
    "private_key",
    _METADATA,
    Column("place", String, primary_key=True),
    Column("der", LargeBinary, nullable=False),
)
_CHIPS = Table(
    "chip",
    _METADATA,
    Column("chip_id", String, primary_key=True),
    Column("memory", Text, nullable=False),
)


class Store:
    """The tables of one world. Everything is read and written through one connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    @classmethod
    def create(cls, path: Path | None) -> Store:
        """Make an empty world file, or a world in memory when ``path`` is ``None``.

        Raises ``MalformedDocument`` when the file exists: a world is never overwritten.
        """
        if path is not None and path.exists():
            raise MalformedDocument(
                "the world file exists already",
                source=str(path),
                hint="choose another name, or remove the old world yourself",
            )
        store = cls(_engine(path))
        with _as_named(path), store.transaction():
            _METADATA.create_all(store._connected())
            store.set("format", FORMAT)
        return store

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open a world file; ``MalformedDocument`` when it is none or of another format."""
        if not path.is_file():
            raise MalformedDocument(
                "there is no such world file", source=str(path), hint="check the path"
            )
        store = cls(_engine(path))
        with _as_named(path), store.transaction():
            found = store.get("format")
        if found != FORMAT:
            raise MalformedDocument(
                f"the world has format {found}; this version reads format {FORMAT}",
                source=str(path),
            )
        return store

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside happen wholly or not at all; a nested one joins the outer."""
        if self._connection is not None:
            yield
            return
        with self._engine.begin() as connection:
            self._connection = connection
            try:
                yield
            finally:
                self._connection = None

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    # settings

    def get(self, name: str) -> str | None:
        """Return a setting, or ``None``."""
        with self.transaction():
            found = self._connected().execute(
                select(_SETTINGS.c.value).where(_SETTINGS.c.name == name)
            )
            return found.scalar_one_or_none()

    def set(self, name: str, value: str) -> None:
        """Set or replace a setting."""
        statement = upsert(_SETTINGS).values(name=name, value=value)
        with self.transaction():
            self._connected().execute(
                statement.on_conflict_do_update(index_elements=["name"], set_={"value": value})
            )

    # the log

    def entries(self) -> list[str]:
        """Return the log from its beginning."""
        with self.transaction():
            found = self._connected().execute(select(_LOG.c.entry).order_by(_LOG.c.seq))
            return list(found.scalars())

    def append(self, seq: int, entry: str) -> None:
        """Add one entry at the end of the log.

        ``ImpossibleFact`` when another writer took the number first; nothing is written then.
        """
        try:
            with self.transaction():
                self._connected().execute(insert(_LOG).values(seq=seq, entry=entry))
        except IntegrityError as error:
            raise ImpossibleFact(
                f"entry {seq} was written by another program; open the world again"
            ) from error

    # notices on their way to the agency

    def pending(self) -> list[tuple[int, str]]:
        """Return the notices that are not recorded yet, in the order in which they were sent."""
        with self.transaction():
            found = self._connected().execute(select(_PENDING).order_by(_PENDING.c.number))
            return [(row.number, row.entry) for row in found]

    def add_pending(self, entry: str) -> None:
        """Keep a notice until the agency records it."""
        with self.transaction():
            self._connected().execute(insert(_PENDING).values(entry=entry))

    def remove_pending(self, number: int) -> None:
        """Take a notice off, because it has been recorded or refused."""
        with self.transaction():
            self._connected().execute(delete(_PENDING).where(_PENDING.c.number == number))

    # what was made

    def certificate(self, purpose: str, serial: int) -> bytes | None:
        """Return an issued certificate in DER."""
        with self.transaction():
            found = self._connected().execute(
                select(_CERTIFICATES.c.der).where(
                    _CERTIFICATES.c.purpose == purpose, _CERTIFICATES.c.serial == serial
                )
            )
            return found.scalar_one_or_none()

    def add_certificate(self, purpose: str, serial: int, der: bytes) -> None:
        """Keep an issued certificate."""
        with self.transaction():
            self._connected().execute(
                insert(_CERTIFICATES).values(purpose=purpose, serial=serial, der=der)
            )

    def last_serial(self, purpose: str) -> int:
        """Return the highest serial number issued for a purpose, or 0."""
        with self.transaction():
            found = self._connected().execute(
                select(func.max(_CERTIFICATES.c.serial)).where(_CERTIFICATES.c.purpose == purpose)
            )
            return found.scalar_one() or 0

    @property
    def keys(self) -> MutableMapping[str, bytes]:
        """The private keys that have been made, by their place; a cache for a key source."""
        return _KeyTable(self)

    def chip(self, chip_id: str) -> str | None:
        """Return the memory of a card or a phone's secure element."""
        with self.transaction():
            found = self._connected().execute(
                select(_CHIPS.c.memory).where(_CHIPS.c.chip_id == chip_id)
            )
            return found.scalar_one_or_none()

    def set_chip(self, chip_id: str, memory: str) -> None:
        """Write the memory of a chip, its PIN counters among it."""
        statement = upsert(_CHIPS).values(chip_id=chip_id, memory=memory)
        with self.transaction():
            self._connected().execute(
                statement.on_conflict_do_update(index_elements=["chip_id"], set_={"memory": memory})
            )

    def chips(self) -> list[str]:
        """Return the names of all chips."""
        with self.transaction():
            return list(self._connected().execute(select(_CHIPS.c.chip_id)).scalars())

    def _connected(self) -> Connection:
        if self._connection is None:
            raise AssertionError("the store is used outside a transaction")
        return self._connection


class _KeyTable(MutableMapping[str, bytes]):
    """The key table as a mapping, which is what key sources take as their cache."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, place: str) -> bytes:
        with self._store.transaction():
            found = self._store._connected().execute(
                select(_KEYS.c.der).where(_KEYS.c.place == place)
            )
            der: bytes | None = found.scalar_one_or_none()
        if der is None:
            raise KeyError(place)
        return der

    def __setitem__(self, place: str, der: bytes) -> None:
        with self._store.transaction():
            self._store._connected().execute(insert(_KEYS).values(place=place, der=der))

    def __delitem__(self, place: str) -> None:
        with self._store.transaction():
            self._store._connected().execute(delete(_KEYS).where(_KEYS.c.place == place))

    def __iter__(self) -> Iterator[str]:
        with self._store.transaction():
            places = list(self._store._connected().execute(select(_KEYS.c.place)).scalars())
        return iter(places)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _engine(path: Path | None) -> Engine:
    if path is None:
        return create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
    return create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})


@contextmanager
def _as_named(path: Path | None) -> Iterator[None]:
    """Turn what the database says of a foreign or locked file into our own error."""
    try:
        yield
    except DatabaseError as error:
        raise MalformedDocument(
            f"not a world file, or not usable: {error.orig}", source=str(path or "memory")
        ) from error
