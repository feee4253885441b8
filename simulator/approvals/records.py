"""The tables of apps, requests, settings and callbacks, in the world's own database.

They join the world's transactions, so what a phone did and what became of the request are there
together or not at all. They are of one server: they stay behind when a world is exported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
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

__all__ = ["Row", "Tables"]

_METADATA: Final = MetaData()
_APP: Final = Table(
    "phone_app",
    _METADATA,
    Column("name", String, primary_key=True),
    Column("roles", Text, nullable=False),
    Column("verifier", String, nullable=False),
    Column("callback_url", Text, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("callback_secret", LargeBinary, nullable=False),
)
_REQUEST: Final = Table(
    "phone_request",
    _METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("app", String, nullable=False, index=True),
    Column("person", String, nullable=False, index=True),
    Column("device", String, nullable=False),
    Column("asked", Text, nullable=False),
    Column("once", String, nullable=False, index=True),
    Column("created_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("status", String, nullable=False, index=True),
    Column("settled_at", String, nullable=False),
    Column("means", String, nullable=False),
    Column("result", Text, nullable=False),
    Column("failure", Text, nullable=False),
)
_SETTING: Final = Table(
    "phone_automatic",
    _METADATA,
    Column("device", String, primary_key=True),
    Column("password", String, nullable=False),
    Column("pin", String, nullable=False),
    Column("biometrics", Integer, nullable=False),
)
_CALLBACK: Final = Table(
    "phone_callback",
    _METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("app", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String, nullable=False, index=True),
)
_KEPT_REQUESTS: Final = 10_000
"""Settled requests beyond these many later ones are forgotten, and so are done callbacks."""


class Tables(SideTables):
    """The tables in one world."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, _METADATA)

    def apps(self) -> Sequence[Row]:
        """Return every app by name."""
        return self._rows(select(_APP).order_by(_APP.c.name))

    def app(self, name: str) -> Row | None:
        """Return an app."""
        return self._one(select(_APP).where(_APP.c.name == name))

    def add_app(self, row: Row) -> None:
        """Keep a new app."""
        self._write(insert(_APP).values(**row))

    def change_app(self, name: str, row: Row) -> None:
        """Change what is kept of an app."""
        self._write(update(_APP).where(_APP.c.name == name).values(**row))

    def add_request(self, row: Row) -> int:
        """Keep a request and return its number; the oldest settled ones are forgotten."""
        number = self._next(_REQUEST)
        self._write(insert(_REQUEST).values(number=number, **row))
        old = _REQUEST.c.number <= number - _KEPT_REQUESTS
        self._write(delete(_REQUEST).where(old, _REQUEST.c.status != "pending"))
        return number

    def request(self, number: int) -> Row | None:
        """Return a request."""
        return self._one(select(_REQUEST).where(_REQUEST.c.number == number))

    def pending(self, *, person: str | None = None, device: str | None = None) -> Sequence[Row]:
        """Return the requests that wait, oldest first: all, a person's, or a phone's."""
        chosen = select(_REQUEST).where(_REQUEST.c.status == "pending")
        if person is not None:
            chosen = chosen.where(_REQUEST.c.person == person)
        if device is not None:
            chosen = chosen.where(_REQUEST.c.device == device)
        return self._rows(chosen.order_by(_REQUEST.c.number))

    def asked_before(self, app: str, once: str) -> bool:
        """Tell whether the app asked this before, of whomever."""
        return self._any(_REQUEST, _REQUEST.c.app == app, _REQUEST.c.once == once)

    def change_request(self, number: int, row: Row) -> None:
        """Change what is kept of a request."""
        self._write(update(_REQUEST).where(_REQUEST.c.number == number).values(**row))

    def automatic(self, device: str) -> Row | None:
        """Return how a phone answers by itself, where it does."""
        return self._one(select(_SETTING).where(_SETTING.c.device == device))

    def set_automatic(self, device: str, row: Row | None) -> None:
        """Let a phone answer by itself, or no longer."""
        with self._store.transaction():
            self._write(delete(_SETTING).where(_SETTING.c.device == device))
            if row is not None:
                self._write(insert(_SETTING).values(device=device, **row))

    def add_callback(self, row: Row) -> None:
        """Put a message into the outbox."""
        number = self._next(_CALLBACK)
        self._write(insert(_CALLBACK).values(number=number, attempts=0, state="waiting", **row))
        old = _CALLBACK.c.number <= number - _KEPT_REQUESTS
        self._write(delete(_CALLBACK).where(old, _CALLBACK.c.state != "waiting"))

    def callbacks(self, state: str) -> Sequence[Row]:
        """Return the messages of a state, oldest first."""
        chosen = select(_CALLBACK).where(_CALLBACK.c.state == state)
        return self._rows(chosen.order_by(_CALLBACK.c.number))

    def change_callback(self, number: int, row: Row) -> None:
        """Change what is kept of a message."""
        self._write(update(_CALLBACK).where(_CALLBACK.c.number == number).values(**row))
