"""What a wallet holds, written down: records as issued, and to whom each was shown.

It is the phone's own memory and may differ from what the authority knows: a phone out of reach
does not learn that its record has fallen. The table is made when a first wallet is written.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, inspect, select

from jpki.errors import MalformedDocument
from jpki.mdoc import Algorithm, SignedRecord
from simulator.store import Store

__all__ = ["WALLET", "HeldRecord", "Wallet", "Wallets", "make_wallet_table"]

_METADATA: Final = MetaData()
WALLET: Final = Table(
    "wallet",
    _METADATA,
    Column("device", String, primary_key=True),
    Column("memory", Text, nullable=False),
)


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HeldRecord(_Value):
    """A record with the label of its device key; ``shown_to`` is the one party it was shown to."""

    content: str = Field(repr=False)
    key: str
    shown_to: str | None = None

    @classmethod
    def of(cls, record: SignedRecord, key: str) -> Self:
        """Return a new record, shown to nobody."""
        return cls(content=b64encode(record.to_bytes()).decode(), key=key)

    @property
    def record(self) -> SignedRecord:
        """The record as issued."""
        return SignedRecord.parse(b64decode(self.content))


class Wallet(_Value):
    """A phone's batch of records, as of one issue."""

    device: str
    holder: str
    issued_at: AwareDatetime
    valid_until: AwareDatetime
    algorithm: str
    records: tuple[HeldRecord, ...]

    @property
    def signing(self) -> Algorithm:
        """The algorithm of the device keys."""
        return Algorithm[self.algorithm]

    @property
    def unused(self) -> int:
        """How many records were shown to nobody yet."""
        return sum(record.shown_to is None for record in self.records)

    def ended_at(self, at: datetime) -> bool:
        """Tell whether the month is over."""
        return at > self.valid_until

    def showing(self, number: int, party: str) -> Wallet:
        """Return the wallet after a record was shown to a party."""
        shown = self.records[number].model_copy(update={"shown_to": party})
        records = (*self.records[:number], shown, *self.records[number + 1 :])
        return self.model_copy(update={"records": records})


class Wallets:
    """The wallets of a world."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_device(self, device: str) -> Wallet | None:
        """Return what a phone's wallet holds, ``None`` when it holds no record."""
        return next((each for each in self._read(device)), None)

    def every(self) -> tuple[Wallet, ...]:
        """Return all wallets that hold records, by the phone's name."""
        return tuple(self._read(None))

    def keep(self, wallet: Wallet) -> None:
        """Write a wallet down in the place of what it held before."""
        with self._store.transaction(), self._store.reading() as connection:
            make_wallet_table(self._store)
            connection.execute(delete(WALLET).where(WALLET.c.device == wallet.device))
            row = {"device": wallet.device, "memory": wallet.model_dump_json()}
            connection.execute(insert(WALLET).values(**row))

    def empty(self, device: str) -> None:
        """Take everything out of a wallet."""
        with self._store.transaction(), self._store.reading() as connection:
            if inspect(connection).has_table(WALLET.name):
                connection.execute(delete(WALLET).where(WALLET.c.device == device))

    def _read(self, device: str | None) -> list[Wallet]:
        with self._store.reading() as connection:
            if not inspect(connection).has_table(WALLET.name):
                return []
            chosen = select(WALLET).order_by(WALLET.c.device)
            if device is not None:
                chosen = chosen.where(WALLET.c.device == device)
            return [_wallet(row.memory) for row in connection.execute(chosen)]


def make_wallet_table(store: Store) -> None:
    """Make the table in a world that has none."""
    with store.transaction(), store.reading() as connection:
        _METADATA.create_all(connection)


def _wallet(memory: str) -> Wallet:
    try:
        return Wallet.model_validate_json(memory)
    except ValidationError:
        # ``from None``: the original message would quote the record.
        raise MalformedDocument("a wallet cannot be read") from None
