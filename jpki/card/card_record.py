"""The record of the common card application (共通カードAP): number, municipality, expiry.

It is free to read, and the number follows the holder for the card's life, so it masks itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from jpki.card import layout
from jpki.card.application import CardApplication
from jpki.card.personal import day_of
from jpki.errors import MalformedCardFile

__all__ = ["CardRecord", "CommonCardApplet"]

_TAG: Final = 0x01
_LONG: Final = 0xFF
_DIGITS: Final = re.compile(rb"[0-9]{28}")
_FIRST_RECORD: Final = 1


@dataclass(frozen=True, slots=True, repr=False)
class CardRecord:
    """The first record: fifteen digits of the card's number, five of the municipality, expiry."""

    number: str
    municipality_code: str
    expiry_date: str

    @classmethod
    def parse(cls, record: bytes) -> CardRecord:
        """Read the record; ``MalformedCardFile`` when it is not of the known shape."""
        value = _simple_tlv(record)
        if not _DIGITS.fullmatch(value):
            raise MalformedCardFile("there are no 28 digits", source="card record")
        text = value.decode("ascii")
        return cls(text[:15], text[15:20], text[20:])

    @property
    def masked_number(self) -> str:
        """The number with all but its last four digits hidden."""
        return "*" * (len(self.number) - 4) + self.number[-4:]

    @property
    def expires_on(self) -> date | None:
        """The last day of the card, ``None`` when the digits name no day."""
        return day_of(self.expiry_date)

    def __repr__(self) -> str:
        return f"CardRecord({self.masked_number}, {self.municipality_code})"


class CommonCardApplet(CardApplication):
    """The common card application on the other side of a connection."""

    application: ClassVar[layout.Application] = layout.COMMON

    def record(self) -> CardRecord:
        """Return the card's record."""
        self._make_ready()
        row = self.application.file(layout.CARD_RECORD)
        assert row is not None  # noqa: S101  a row of the layout
        assert row.sfi is not None  # noqa: S101  0001 has one
        return CardRecord.parse(self._card.read_record(row.sfi, _FIRST_RECORD, name=row.name))


def _simple_tlv(record: bytes) -> bytes:
    """Return the value of a simple-TLV object: a length is one byte, or FF and two more."""
    if len(record) < 2 or record[0] != _TAG:
        raise MalformedCardFile("the record has no object 01", source="card record", offset=0)
    start, length = 2, record[1]
    if length == _LONG:
        start, length = 4, int.from_bytes(record[2:4], "big")
    if start + length > len(record):
        raise MalformedCardFile("the record is cut short", source="card record", offset=1)
    return record[start : start + length]
