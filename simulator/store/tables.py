"""The tables of a world: settings, the log, notices on their way, and what was made."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, Text

__all__ = [
    "CERTIFICATES",
    "CHIPS",
    "FORMAT",
    "KEYS",
    "LOG",
    "METADATA",
    "PENDING",
    "SETTINGS",
]

FORMAT: Final = "2"

METADATA: Final = MetaData()
SETTINGS: Final = Table(
    "setting",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
LOG: Final = Table(
    "log",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False),
)
PENDING: Final = Table(
    "pending",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False),
)
CERTIFICATES: Final = Table(
    "certificate",
    METADATA,
    Column("purpose", String, primary_key=True),
    Column("serial", BigInteger, primary_key=True, autoincrement=False),
    Column("der", LargeBinary, nullable=False),
)
KEYS: Final = Table(
    "private_key",
    METADATA,
    Column("place", String, primary_key=True),
    Column("der", LargeBinary, nullable=False),
)
CHIPS: Final = Table(
    "chip",
    METADATA,
    Column("chip_id", String, primary_key=True),
    Column("memory", Text, nullable=False),
)
