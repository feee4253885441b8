"""The faults that are ordered in a world, kept in its file beside its other settings.

A server that hands :func:`kept_plan` to :class:`~simulator.faults.striking.FaultsAtWork` follows
what is ordered while it runs, from whichever program.
"""

from __future__ import annotations

from typing import Final, Protocol

from simulator.faults.plan import Fault, FaultPlan

__all__ = ["Settings", "clear_faults", "keep_plan", "kept_plan", "order_faults"]

_SETTING: Final = "faults"


class Settings(Protocol):
    """Where a world keeps its settings, such as its store."""

    def get(self, name: str) -> str | None:
        """Return a setting, or ``None``."""

    def set(self, name: str, value: str) -> None:
        """Set or replace a setting."""


def kept_plan(settings: Settings) -> FaultPlan:
    """Return what is ordered; ``MalformedDocument`` when that cannot be read."""
    kept = settings.get(_SETTING)
    return FaultPlan() if kept is None else FaultPlan.from_json(kept)


def keep_plan(settings: Settings, plan: FaultPlan) -> FaultPlan:
    """Keep a plan in place of the one before, and return it."""
    settings.set(_SETTING, plan.to_json())
    return plan


def order_faults(settings: Settings, *faults: Fault, seed: int | None = None) -> FaultPlan:
    """Order more faults, with another seed for all of them if one is given; return the plan."""
    plan = kept_plan(settings).ordered(*faults)
    if seed is not None:
        plan = FaultPlan(seed, plan.orders, plan.next_number)
    return keep_plan(settings, plan)


def clear_faults(settings: Settings, number: int | None = None) -> FaultPlan:
    """Clear one order, or all; return the plan. ``ImpossibleFact`` when there is no such order."""
    return keep_plan(settings, kept_plan(settings).cleared(number))
