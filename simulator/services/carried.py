"""What of the tables beside the log goes along when a world is handed on, checked row by row.

Verifiers with the digests of their tokens, the keys of digests and pseudonyms, consents as signed,
the audit, the phones' wallets of records, and what actors noted for themselves. Answers that are
kept for commands sent again stay behind: they are of one server.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Boolean, Integer, LargeBinary, Table, insert, inspect, select

from jpki.errors import MalformedDocument
from jpki.law import VerifierRole
from simulator.mdoc.memory import WALLET, make_wallet_table
from simulator.services.records import AUDIT, CONSENT, SECRET, VERIFIER, Records, Row
from simulator.services.verifiers import EarlierCheck
from simulator.store import Store
from simulator.store.notes import NOTE, make_note_table

__all__ = ["ServiceRow", "checked_row", "keep_rows", "row_key", "rows_of"]

ServiceRow = tuple[str, Row]
"""The name of a table, and a row of it."""

_TABLES: Final[dict[str, Table]] = {
    table.name: table for table in (SECRET, VERIFIER, AUDIT, CONSENT, WALLET, NOTE)
}
_MAKERS: Final[dict[str, Callable[[Store], object]]] = {
    WALLET.name: make_wallet_table,
    NOTE.name: make_note_table,
}
_LARGEST_NUMBER: Final = (1 << 31) - 1


def rows_of(store: Store) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield table and row, as JSON has it, in a fixed order; nothing when nobody is served."""
    with store.reading() as connection:
        there = set(inspect(connection).get_table_names())
        for name, table in _TABLES.items():
            if name not in there:
                continue
            # Sorted here: each database has an order of texts of its own, by how it was made.
            rows = (row._asdict() for row in connection.execute(select(table)))
            for row in sorted(rows, key=lambda row: _key(table, row)):
                yield name, {each: _written(value) for each, value in row.items()}


def checked_row(name: str, written: Mapping[str, Any]) -> ServiceRow:
    """Return the row that was written; ``MalformedDocument`` when no such row can be."""
    table = _TABLES.get(name)
    if table is None or set(written) != set(table.columns.keys()):
        raise MalformedDocument("a row that no service keeps")
    try:
        row = {column.name: _read(column.type, written[column.name]) for column in table.columns}
        _check_words(row)
    except (ValueError, TypeError):
        raise MalformedDocument(f"a row of {name} cannot be so") from None
    return name, row


def row_key(row: ServiceRow) -> tuple[str, object]:
    """Return what tells a row from every other."""
    name, content = row
    return name, _key(_TABLES[name], content)


def keep_rows(store: Store, rows: Iterable[ServiceRow]) -> None:
    """Write checked rows into a world that has none; the tables are made when there are any."""
    kept = tuple(rows)
    if not kept:
        return
    for make in {_MAKERS.get(name, Records): None for name, _ in kept}:
        make(store)
    with store.transaction(), store.reading() as connection:
        for name, row in kept:
            connection.execute(insert(_TABLES[name]).values(**row))


def _key(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _written(value: object) -> object:
    return b64encode(value).decode() if isinstance(value, bytes | memoryview) else value


def _read(kind: object, value: object) -> object:
    match kind, value:
        case LargeBinary(), str():
            return b64decode(value, validate=True)
        case Boolean(), bool():
            return value
        case Integer(), int() if not isinstance(value, bool) and 0 < value <= _LARGEST_NUMBER:
            return value
        case ((LargeBinary() | Boolean() | Integer()), _):
            raise ValueError
        case _, str():
            return value
    raise ValueError


def _check_words(row: Row) -> None:
    """Raise ``ValueError`` for a word that the services do not have."""
    for role in row.get("roles", "").split():
        VerifierRole(role)
    if "earlier_check" in row:
        EarlierCheck(row["earlier_check"])
    if "at" in row and datetime.fromisoformat(row["at"]).tzinfo is None:
        raise ValueError
