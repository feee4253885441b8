"""What the bank keeps of its customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from jpki.life.events import ConsentItem


@dataclass(frozen=True, slots=True)
class Account:
    """An account. Items and serial numbers never show in a ``repr``.

    ``customer`` is the serial number of the holder's authentication certificate on the card: it
    stays when the phone is replaced and when the holder moves. ``signed_with`` is that of the
    certificate which signed last, checked at ``checked_at``.
    """

    number: int
    customer: int = field(repr=False)
    signed_with: int = field(repr=False)
    checked_at: datetime
    items: dict[ConsentItem, str] = field(repr=False)


class Accounts:
    """The accounts by customer."""

    def __init__(self) -> None:
        self._of: dict[int, Account] = {}

    def of(self, customer: int) -> Account | None:
        """Return the account of a customer."""
        return self._of.get(customer)

    def keep(self, account: Account) -> None:
        """Keep a new account, or a changed one."""
        self._of[account.customer] = account

    def next_number(self) -> int:
        """Return the number of the next account."""
        return 1_000_001 + len(self._of)
