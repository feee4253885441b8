"""Tables of a part's own beside a world's log, in its database and its transactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import MetaData, Table, func, select

from simulator.store.store import Store

__all__ = ["Row", "SideTables"]

Row = Mapping[str, Any]


class SideTables:
    """The tables of ``metadata`` in one world; they are made when they are first needed."""

    def __init__(self, store: Store, metadata: MetaData) -> None:
        self._store = store
        with store.transaction(), store.reading() as connection:
            metadata.create_all(connection)

    def _rows(self, chosen: Any) -> list[Row]:
        """Return the rows that a statement selects."""
        with self._store.reading() as connection:
            return [row._asdict() for row in connection.execute(chosen)]

    def _one(self, chosen: Any) -> Row | None:
        """Return the first row that a statement selects, if there is one."""
        rows = self._rows(chosen)
        return rows[0] if rows else None

    def _any(self, table: Table, *conditions: Any) -> bool:
        """Tell whether a table has a row that meets all conditions."""
        with self._store.reading() as connection:
            count = connection.execute(select(func.count()).select_from(table).where(*conditions))
            return bool(count.scalar_one())

    def _next(self, table: Table) -> int:
        """Return the number behind the last row's; to be used within the same transaction."""
        with self._store.reading() as connection:
            last = connection.execute(select(func.max(table.c.number))).scalar_one()
        return int(last or 0) + 1

    def _write(self, statement: Any) -> None:
        """Execute a statement in the transaction that is open, or in one of its own."""
        with self._store.transaction(), self._store.reading() as connection:
            connection.execute(statement)
