"""What can go wrong at a publishing server, by name, on order."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jpki.errors import ImpossibleFact

__all__ = ["Fault", "FaultOrders"]


class Fault(StrEnum):
    """One way in which the server fails those who ask."""

    STALE = "stale"
    """Lists and OCSP answers stay as they were when the fault was ordered."""
    UNAVAILABLE = "unavailable"
    """HTTP 503."""
    NOT_FOUND = "not-found"
    """HTTP 404."""
    WRONG_TYPE = "wrong-type"
    """The right body, called text/html, as a proxy's error page is."""
    TRUNCATED = "truncated"
    """Half of the body, then the connection is closed."""
    GARBAGE = "garbage"
    """The right headers and a body that is no list and no answer."""
    RESET = "reset"
    """The connection is closed without an answer."""
    SILENT = "silent"
    """No answer at all, until the client gives up or the server stops."""
    TRY_LATER = "try-later"
    """OCSP says tryLater (RFC 6960 §2.3); lists are as always."""


@dataclass(slots=True)
class _Order:
    fault: Fault
    left: int | None
    since: datetime


class FaultOrders:
    """Which faults are on order; a server asks once for every request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[_Order] = []

    def add(self, fault: Fault, *, times: int | None, since: datetime) -> None:
        """Order a fault for the next ``times`` requests, or until it is cleared.

        Raises ``ImpossibleFact`` for fewer than one.
        """
        if times is not None and times < 1:
            raise ImpossibleFact("a fault happens once at least, or is not ordered")
        with self._lock:
            self._orders.append(_Order(fault, times, since))

    def clear(self) -> None:
        """Take every order back."""
        with self._lock:
            self._orders.clear()

    def take(self) -> tuple[frozenset[Fault], datetime | None]:
        """Return the faults of one request, and since when data is stale, if it is."""
        with self._lock:
            due = list(self._orders)
            for order in due:
                if order.left is not None:
                    order.left -= 1
            self._orders = [order for order in due if order.left is None or order.left > 0]
        stale = [order.since for order in due if order.fault is Fault.STALE]
        return frozenset(order.fault for order in due), min(stale, default=None)
