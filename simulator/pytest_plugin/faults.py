"""Faults by the names a test may order: those of the catalogue, and a few of a server's own.

The catalogue (:mod:`simulator.faults`) has what goes wrong with an agency's lists, answers and
timestamps. Here are the ways in which whatever stands between an agency and its verifiers fails.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from jpki.errors import ImpossibleFact
from simulator.agency.publication.view import Moment
from simulator.faults import Fault, FaultName, FaultPlan, FaultsAtWork, read_fault

__all__ = ["FaultOrders", "ServerFault"]


class ServerFault(StrEnum):
    """One way in which a server fails those who ask, whatever they ask for."""

    STALE = "stale"
    """Everything stays as it was when the fault was ordered, as at a mirror that stopped."""
    NOT_FOUND = "not-found"
    """HTTP 404."""
    WRONG_TYPE = "wrong-type"
    """The right body, called text/html, as a proxy's error page is."""
    GARBAGE = "garbage"
    """The right headers and a body that is no list and no answer."""
    SILENT = "silent"
    """No answer at all, until the client gives up or the server stops."""


_OTHER_WORDS: Final[Mapping[str, FaultName]] = MappingProxyType(
    {
        "unavailable": FaultName.HTTP_5XX,
        "reset": FaultName.CONNECTION_RESET,
        "try-later": FaultName.OCSP_TRY_LATER,
    }
)
"""Short names for faults of the catalogue."""


@dataclass(slots=True)
class _Order:
    fault: ServerFault
    left: int | None
    since: Moment


class FaultOrders:
    """What is on order at one server; a test orders from its thread, the server looks from its."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[_Order] = []
        self._plan = FaultPlan()
        self.at_work: Final = FaultsAtWork(lambda: self._plan)

    def add(self, name: str, *, times: int | None, since: Moment, about: Mapping[str, Any]) -> None:
        """Order a fault; ``about`` are the fields of one of the catalogue's.

        Raises ``ImpossibleFact`` for a fault that does not exist and for fewer than one time,
        ``MalformedDocument`` for fields that the fault does not take.
        """
        if times is not None and times < 1:
            raise ImpossibleFact("a fault happens once at least, or is not ordered")
        if name not in list(ServerFault):
            self._plan = self._plan.ordered(_of_the_catalogue(name, times, about))
            return
        if about:
            raise ImpossibleFact(f"{name} takes nothing but times", hint="leave the rest out")
        with self._lock:
            self._orders.append(_Order(ServerFault(name), times, since))

    def clear(self) -> None:
        """Take every order back."""
        with self._lock:
            self._orders.clear()
        self._plan = self._plan.cleared()

    def take(self) -> tuple[frozenset[ServerFault], Moment | None]:
        """Return the server's faults for one request, and since when it is stale, if it is."""
        with self._lock:
            due = list(self._orders)
            for order in due:
                if order.left is not None:
                    order.left -= 1
            self._orders = [order for order in due if order.left is None or order.left > 0]
        # Orders stand as they were given, and the world's clock never goes back.
        stale = next((one.since for one in due if one.fault is ServerFault.STALE), None)
        return frozenset(order.fault for order in due), stale


def _of_the_catalogue(name: str, times: int | None, about: Mapping[str, Any]) -> Fault:
    known = _OTHER_WORDS.get(name, name)
    if known not in list(FaultName):
        every = ", ".join((*ServerFault, *_OTHER_WORDS, *FaultName))
        raise ImpossibleFact(f"no fault is called {str(name)[:40]!r}", hint=f"there are {every}")
    fields = {"name": known, **about} | ({} if times is None else {"times": times})
    return read_fault(fields, source=f"order({str(name)!r})")
