"""A world's tables, read and written: the log, what was made, and the settings.

The log is append-only and each transaction is durable before it is answered. One writer at a time
is inside a transaction; a log entry's number is its primary key besides, so two can never both win.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    inspect,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

from jpki.errors import ImpossibleFact, MalformedDocument, WorldUnavailable
from simulator.store.engine import (
    Location,
    database_errors,
    exists,
    for_reading,
    for_writing,
    is_url,
    lock_for_writing,
    open_engine,
    told,
)
from simulator.store.tables import (
    CERTIFICATES,
    CHIPS,
    FORMAT,
    KEYS,
    LOG,
    METADATA,
    PENDING,
    SETTINGS,
)

__all__ = ["Store"]


class Store:
    """The tables of one world. Everything is read and written through one connection."""

    def __init__(self, engine: Engine, location: Location | None) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._writing = False
        self.alone = threading.RLock()
        """Held by the thread that is inside a transaction."""
        self.location = location

    @classmethod
    def create(
        cls, location: Location | None, fill: Callable[[Store], None] | None = None
    ) -> Store:
        """Make a world, in memory when ``location`` is ``None``; ``fill`` writes its first content.

        Tables and content are one transaction: a world is there wholly or not at all. Raises
        ``MalformedDocument`` when there is one already: nothing is ever overwritten.
        """
        ours = location is not None and not is_url(location) and _claim(Path(location))
        store = cls(open_engine(location), location)
        try:
            with store.transaction():
                connection = store._connected()
                if _tables_of(connection) & set(METADATA.tables):
                    raise _taken(location)
                METADATA.create_all(connection)
                store.set("format", FORMAT)
                if fill is not None:
                    fill(store)
        except BaseException:
            store.close()
            if ours:
                Path(str(location)).unlink(missing_ok=True)
            raise
        return store

    @classmethod
    def open(cls, location: Location) -> Store:
        """Open a world; ``MalformedDocument`` when it is none or of another format."""
        if not exists(location):
            raise MalformedDocument(
                "there is no such world file",
                source=str(location),
                hint="check the path, or make one with: jpki-sim init",
            )
        store = cls(open_engine(location), location)
        try:
            store._require_format()
        except BaseException:
            store.close()
            raise
        return store

    def _require_format(self) -> None:
        with self.reading() as connection:
            found = self.get("format") if SETTINGS.name in _tables_of(connection) else None
        if found != FORMAT:
            raise MalformedDocument(
                "there is no world in it"
                if found is None
                else f"the world has format {found}; this version reads format {FORMAT}",
                source=told(self.location),
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside happen wholly or not at all; a nested one joins the outer.

        Only one writer of a world is inside at a time; other programs, and other threads of this
        one, wait for it.
        """
        with self.alone:
            if self._connection is not None:
                if not self._writing:
                    raise AssertionError("something is written inside a reading")
                yield
                return
            with database_errors(self.location), self._engine.connect() as connection:
                writer = for_writing(connection)
                with writer.begin():
                    lock_for_writing(writer)
                    with self._inside(writer, writing=True):
                        yield

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Let everything inside see one state of the world; it joins what is around it."""
        with self.alone:
            if self._connection is not None:
                yield self._connection
                return
            with database_errors(self.location), self._engine.connect() as connection:
                reader = for_reading(connection)
                with reader.begin(), self._inside(reader, writing=False):
                    yield reader

    @contextmanager
    def _inside(self, connection: Connection, *, writing: bool) -> Iterator[None]:
        self._connection, self._writing = connection, writing
        try:
            yield
        finally:
            self._connection, self._writing = None, False

    def beside(self) -> Store:
        """Return another door to the same tables: what is read there waits for no writer here.

        A world in memory has one connection, and so one door. Only one of the two is closed.
        """
        return self if self.location is None else Store(self._engine, self.location)

    @property
    def inside_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection is not None

    def close(self) -> None:
        """Let go of the file or the server."""
        self._engine.dispose()

    # settings

    def get(self, name: str) -> str | None:
        """Return a setting, or ``None``."""
        with self.reading() as connection:
            found = connection.execute(select(SETTINGS.c.value).where(SETTINGS.c.name == name))
            return found.scalar_one_or_none()

    def settings(self) -> dict[str, str]:
        """Return all settings in the order of their names, the same on every database."""
        with self.reading() as connection:
            rows = connection.execute(select(SETTINGS.c.name, SETTINGS.c.value))
            return dict(sorted((row.name, row.value) for row in rows))

    def mark(self) -> tuple[tuple[str, str], ...]:
        """Return what is another whenever the log, the notices or the settings are.

        It is one statement and reads no entry, so it may be asked as often as one likes.
        """
        with self.reading() as connection:
            return tuple((row.name, row.value) for row in connection.execute(_MARK))

    def set(self, name: str, value: str) -> None:
        """Set or replace a setting."""
        with self.transaction():
            self._upsert(SETTINGS, "name", {"name": name, "value": value})

    # the log

    def entries(self, *, after: int = 0) -> list[str]:
        """Return the log from its beginning, or what follows the entry number ``after``."""
        with self.reading() as connection:
            found = connection.execute(
                select(LOG.c.entry).where(LOG.c.seq > after).order_by(LOG.c.seq)
            )
            return list(found.scalars())

    def append(self, seq: int, entry: str) -> None:
        """Add one entry at the end of the log.

        ``ImpossibleFact`` when another writer took the number first; nothing is written then.
        """
        with self.transaction():
            try:
                self._connected().execute(insert(LOG).values(seq=seq, entry=entry))
            except IntegrityError as error:
                raise ImpossibleFact(
                    f"entry {seq} was written by another program; open the world again"
                ) from error

    # notices on their way to the agency

    def pending(self) -> list[tuple[int, str]]:
        """Return the notices that are not recorded yet, in the order in which they were sent."""
        with self.reading() as connection:
            found = connection.execute(select(PENDING).order_by(PENDING.c.number))
            return [(row.number, row.entry) for row in found]

    def add_pending(self, entry: str, *, number: int | None = None) -> None:
        """Keep a notice until the agency records it, as the next one or under a number."""
        with self.transaction():
            if number is None:
                last = self._connected().execute(select(func.max(PENDING.c.number))).scalar_one()
                number = (last or 0) + 1
            self._connected().execute(insert(PENDING).values(number=number, entry=entry))

    def remove_pending(self, number: int) -> None:
        """Take a notice off, because it has been recorded or refused."""
        with self.transaction():
            self._connected().execute(delete(PENDING).where(PENDING.c.number == number))

    # what was made

    def certificate(self, purpose: str, serial: int) -> bytes | None:
        """Return an issued certificate in DER."""
        with self.reading() as connection:
            found = connection.execute(
                select(CERTIFICATES.c.der).where(
                    CERTIFICATES.c.purpose == purpose, CERTIFICATES.c.serial == serial
                )
            )
            return found.scalar_one_or_none()

    def add_certificate(self, purpose: str, serial: int, der: bytes) -> None:
        """Keep an issued certificate."""
        with self.transaction():
            self._connected().execute(
                insert(CERTIFICATES).values(purpose=purpose, serial=serial, der=der)
            )

    def certificates(self) -> list[tuple[str, int, bytes]]:
        """Return purpose, serial number and DER of every issued certificate, in that order."""
        with self.reading() as connection:
            found = connection.execute(
                select(CERTIFICATES).order_by(CERTIFICATES.c.purpose, CERTIFICATES.c.serial)
            )
            return [(row.purpose, row.serial, row.der) for row in found]

    def last_serial(self, purpose: str) -> int:
        """Return the highest serial number issued for a purpose, or 0."""
        with self.reading() as connection:
            found = connection.execute(
                select(func.max(CERTIFICATES.c.serial)).where(CERTIFICATES.c.purpose == purpose)
            )
            return found.scalar_one() or 0

    @property
    def keys(self) -> MutableMapping[str, bytes]:
        """The private keys that have been made, by their place; a cache for a key source."""
        return _KeyTable(self)

    def chip(self, chip_id: str) -> str | None:
        """Return the memory of a card or a phone's secure element."""
        with self.reading() as connection:
            found = connection.execute(select(CHIPS.c.memory).where(CHIPS.c.chip_id == chip_id))
            return found.scalar_one_or_none()

    def set_chip(self, chip_id: str, memory: str) -> None:
        """Write the memory of a chip, its PIN counters among it."""
        with self.transaction():
            self._upsert(CHIPS, "chip_id", {"chip_id": chip_id, "memory": memory})

    def chips(self) -> list[str]:
        """Return the names of all chips in order, the same on every database."""
        with self.reading() as connection:
            return sorted(connection.execute(select(CHIPS.c.chip_id)).scalars())

    def _upsert(self, table: Table, key: str, row: dict[str, str]) -> None:
        connection = self._connected()
        make = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
        rest = {name: value for name, value in row.items() if name != key}
        statement = make(table).values(**row)
        connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=rest))

    def _connected(self) -> Connection:
        if self._connection is None:
            raise AssertionError("the store is used outside a transaction")
        return self._connection


class _KeyTable(MutableMapping[str, bytes]):
    """The key table as a mapping, which is what key sources take as their cache."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, place: str) -> bytes:
        with self._store.reading() as connection:
            found = connection.execute(select(KEYS.c.der).where(KEYS.c.place == place))
            der: bytes | None = found.scalar_one_or_none()
        if der is None:
            raise KeyError(place)
        return der

    def __setitem__(self, place: str, der: bytes) -> None:
        with self._store.transaction():
            self._store._connected().execute(insert(KEYS).values(place=place, der=der))

    def __delitem__(self, place: str) -> None:
        with self._store.transaction():
            self._store._connected().execute(delete(KEYS).where(KEYS.c.place == place))

    def __iter__(self) -> Iterator[str]:
        with self._store.reading() as connection:
            places = list(connection.execute(select(KEYS.c.place)).scalars())
        return iter(places)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_MARK: Final = union_all(
    select(SETTINGS.c.name, SETTINGS.c.value),
    *(
        select(literal(name), cast(func.coalesce(counted, 0), Text))
        for name, counted in (
            ("/log", func.max(LOG.c.seq)),
            ("/notices", func.count(PENDING.c.number)),
            ("/notice", func.max(PENDING.c.number)),
        )
    ),
).order_by("name")


def _tables_of(connection: Connection) -> set[str]:
    """Return the names of the tables in the database."""
    return set(inspect(connection).get_table_names())


def _claim(path: Path) -> bool:
    """Make the file, empty, so that it is certain that nobody else made it."""
    try:
        path.open("xb").close()
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        raise WorldUnavailable(
            f"{path}: the world file cannot be made: {error.strerror or error}",
            hint="check that the folder is there and may be written to",
        ) from error
    return True


def _taken(location: Location | None) -> MalformedDocument:
    return MalformedDocument(
        "there is a world already, or another file",
        source=told(location),
        hint="choose another name, or remove what is there yourself",
    )
