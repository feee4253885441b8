"""What the services write down beside a world's log: verifiers, consents as signed, an audit.

The tables live in the world's own database and join its transactions, so what a command wrote and
what was noted of it are there together or not at all. A world that serves nobody has none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from simulator.store import Row, SideTables, Store

__all__ = ["AUDIT", "CONSENT", "SECRET", "VERIFIER", "Records", "Row"]

_METADATA: Final = MetaData()
SECRET: Final = Table(
    "service_secret",
    _METADATA,
    Column("name", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
VERIFIER: Final = Table(
    "verifier",
    _METADATA,
    Column("name", String, primary_key=True),
    Column("roles", Text, nullable=False),
    Column("purposes", Text, nullable=False),
    Column("earlier_check", String, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("stopped", Boolean, nullable=False),
)
AUDIT: Final = Table(
    "service_audit",
    _METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", String, nullable=False),
    Column("verifier", String, nullable=False),
    Column("role", String, nullable=False),
    Column("purpose_of_use", String, nullable=False),
    Column("service", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("rule", String, nullable=False),
)
CONSENT: Final = Table(
    "signed_consent",
    _METADATA,
    Column("number", String, primary_key=True),
    Column("at", String, nullable=False),
    Column("verifier", String, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
_DONE: Final = Table(
    "command_done",
    _METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", String, nullable=False, unique=True),
    Column("command", LargeBinary, nullable=False),
    Column("media_type", String, nullable=False),
    Column("answer", LargeBinary),
)
# A retry comes within seconds or minutes; after this many further commands a key is forgotten.
_KEPT_COMMANDS: Final = 10_000


class Records(SideTables):
    """The services' tables in one world."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, _METADATA)

    def secret(self, name: str, make: Callable[[], bytes]) -> bytes:
        """Return a secret of the world, making it the first time."""
        with self._store.transaction():
            found = self._one(select(SECRET).where(SECRET.c.name == name))
            value: bytes = make() if found is None else found["value"]
            if found is None:
                self._write(insert(SECRET).values(name=name, value=value))
        return value

    def verifiers(self) -> Sequence[Row]:
        """Return every verifier's row by name."""
        return self._rows(select(VERIFIER).order_by(VERIFIER.c.name))

    def verifier(self, name: str) -> Row | None:
        """Return a verifier's row."""
        return self._one(select(VERIFIER).where(VERIFIER.c.name == name))

    def add_verifier(self, row: Row) -> None:
        """Keep a new verifier."""
        self._write(insert(VERIFIER).values(**row))

    def change_verifier(self, name: str, row: Row) -> None:
        """Change what is kept of a verifier."""
        self._write(update(VERIFIER).where(VERIFIER.c.name == name).values(**row))

    def add_audit(self, row: Row) -> None:
        """Add a line at the end of the audit."""
        with self._store.transaction():
            self._write(insert(AUDIT).values(number=self._next(AUDIT), **row))

    def audit(self, *, after: int = 0, limit: int = 1000) -> Sequence[Row]:
        """Return up to ``limit`` lines of the audit behind a number."""
        chosen = select(AUDIT).where(AUDIT.c.number > after).order_by(AUDIT.c.number)
        return self._rows(chosen.limit(limit))

    def was_good(self, verifier: str, subject: str) -> bool:
        """Tell whether this verifier was once answered that a certificate was good."""
        return self._any(
            AUDIT,
            AUDIT.c.verifier == verifier,
            AUDIT.c.subject == subject,
            AUDIT.c.outcome == "good",
        )

    def has_consent(self, number: str) -> bool:
        """Tell whether a consent or withdrawal with this number was taken before."""
        return self._any(CONSENT, CONSENT.c.number == number)

    def add_consent(self, row: Row) -> None:
        """Keep a consent as it was signed."""
        self._write(insert(CONSENT).values(**row))

    def done(self, key: str) -> Row | None:
        """Return what was answered to the command with this key."""
        return self._one(select(_DONE).where(_DONE.c.key == key))

    def add_done(self, row: Row) -> None:
        """Keep what was answered to a command; the oldest are forgotten."""
        with self._store.transaction():
            number = self._next(_DONE)
            self._write(insert(_DONE).values(number=number, **row))
            self._write(delete(_DONE).where(_DONE.c.number < number - _KEPT_COMMANDS))
