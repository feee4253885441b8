"""What actors of a world keep for themselves beside its log: short texts under a book and a name.

They are no facts of the service: a reservation that a kiosk waits for, how often a face was held
to a camera. They live in the world's database, join its transactions, and go along when it is
handed on: a challenge that was made once is not made again elsewhere.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, inspect, select

from jpki.errors import MalformedDocument
from simulator.store.store import Store

__all__ = ["NOTE", "Notes", "make_note_table"]

_METADATA: Final = MetaData()
NOTE: Final = Table(
    "note",
    _METADATA,
    Column("book", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("text", Text, nullable=False),
)


def make_note_table(store: Store) -> None:
    """Make the table of notes in a world that has none yet."""
    with store.transaction(), store.reading() as connection:
        _METADATA.create_all(connection)


class Notes:
    """The notes in one book of a world. A world in which nobody keeps any has no table of them."""

    def __init__(self, store: Store, book: str) -> None:
        self._store = store
        self._book = book

    def get(self, name: str) -> str | None:
        """Return a note, or ``None``."""
        chosen = select(NOTE.c.text).where(NOTE.c.book == self._book, NOTE.c.name == name)
        with self._store.reading() as connection:
            if not inspect(connection).has_table(NOTE.name):
                return None
            return connection.execute(chosen).scalar_one_or_none()

    def set(self, name: str, text: str) -> None:
        """Keep a note in the place of the one before."""
        with self._store.transaction(), self._store.reading() as connection:
            make_note_table(self._store)
            self.remove(name)
            connection.execute(insert(NOTE).values(book=self._book, name=name, text=text))

    def next_number(self, name: str) -> int:
        """Count on from the number that is kept under a name, and return it: 1 the first time.

        ``MalformedDocument`` when something else is kept there.
        """
        with self._store.transaction():
            text = self.get(name) or "0"
            if not (text.isascii() and text.isdecimal()):
                raise MalformedDocument("a note is no number", source=self._book)
            number = int(text) + 1
            self.set(name, str(number))
        return number

    def remove(self, name: str) -> None:
        """Throw a note away, if there is one."""
        chosen = delete(NOTE).where(NOTE.c.book == self._book, NOTE.c.name == name)
        with self._store.transaction(), self._store.reading() as connection:
            if inspect(connection).has_table(NOTE.name):
                connection.execute(chosen)
