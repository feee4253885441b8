"""Which fault strikes a question: by plan, by seed, and by what was asked before; nothing else.

The same seed and the same questions give the same faults, whatever the order in which questions
about different things come: each thing that can be asked about has a count of its own.
"""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from simulator.faults.catalogue import UNDIVIDED, Target
from simulator.faults.plan import Fault, FaultPlan, Order

__all__ = ["Asked", "FaultsAtWork", "Struck"]

_MOST_COUNTED: Final = 65_536


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is about, as far as faults choose by it."""

    target: Target
    purpose: str = ""
    generation: int = 0
    partitions: frozenset[str] = frozenset()
    serials: frozenset[int] = frozenset()

    @property
    def label(self) -> str:
        """The thing asked about, under which questions are counted."""
        about = sorted(self.partitions if self.target is Target.CRL else map(str, self.serials))
        return "/".join((self.target, self.purpose, str(self.generation), ",".join(about)))


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that strikes a question; ``draw`` is fresh chance for it, 32 bytes."""

    number: int
    fault: Fault
    draw: bytes


class FaultsAtWork:
    """A plan at work on a server. ``plan`` is looked at for every question, so it may change."""

    def __init__(self, plan: FaultPlan | Callable[[], FaultPlan] | None = None) -> None:
        self._plan = plan if callable(plan) else _always(plan or FaultPlan())
        self._seen: OrderedDict[tuple[int, str], int] = OrderedDict()
        self._struck: Counter[int] = Counter()

    def __repr__(self) -> str:
        return f"<FaultsAtWork, {sum(self._struck.values())} struck>"

    @property
    def struck(self) -> dict[int, int]:
        """How often each order has struck, by its number."""
        return dict(self._struck)

    @property
    def idle(self) -> bool:
        """Whether nothing is ordered, so that no question need be looked at or counted."""
        return not self._plan().orders

    def strike(self, asked: Asked, at: datetime) -> Struck | None:
        """Return what goes wrong with a question at an instant of the world; count it."""
        plan = self._plan()
        striking = [one for one in plan.orders if self._strikes(plan, one, asked, at)]
        if not striking:
            return None
        first = striking[0]
        self._struck[first.number] += 1
        draw = _digest(plan.seed, first.number, asked.label, self._seen_of(first, asked), "draw")
        return Struck(first.number, first.fault, draw)

    def _strikes(self, plan: FaultPlan, order: Order, asked: Asked, at: datetime) -> bool:
        fault = order.fault
        if not _is_about(fault, asked) or not _is_due(fault, at):
            return False
        seen = self._count(order, asked)
        if fault.times is not None and self._struck[order.number] >= fault.times:
            return False
        if fault.chance is None:
            return True
        # A burst: a question fails with its own draw or with that of one shortly before.
        earliest = max(1, seen - (fault.burst or 1) + 1)
        return any(
            _fraction(_digest(plan.seed, order.number, asked.label, number)) < fault.chance
            for number in range(earliest, seen + 1)
        )

    def _count(self, order: Order, asked: Asked) -> int:
        place = (order.number, asked.label)
        self._seen[place] = self._seen.get(place, 0) + 1
        self._seen.move_to_end(place)
        while len(self._seen) > _MOST_COUNTED:
            self._seen.popitem(last=False)
        return self._seen[place]

    def _seen_of(self, order: Order, asked: Asked) -> int:
        return self._seen[order.number, asked.label]


def _always(plan: FaultPlan) -> Callable[[], FaultPlan]:
    return lambda: plan


def _is_about(fault: Fault, asked: Asked) -> bool:
    if asked.target not in fault.targets:
        return False
    if asked.target in UNDIVIDED:
        return not (fault.purpose or fault.generation or fault.partition or fault.serial)
    return (
        fault.purpose in (None, asked.purpose)
        and fault.generation in (None, asked.generation)
        and (fault.partition is None or fault.partition in asked.partitions)
        and (fault.serial is None or asked.target is Target.CRL or fault.serial in asked.serials)
    )


def _is_due(fault: Fault, at: datetime) -> bool:
    return (fault.since is None or fault.since <= at) and (fault.until is None or at < fault.until)


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("/".join(map(str, parts)).encode()).digest()


def _fraction(digest: bytes) -> float:
    """A number from 0 up to, not including, 1."""
    return int.from_bytes(digest[:6], "big") / (1 << 48)
