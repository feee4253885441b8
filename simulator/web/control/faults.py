"""Control of faults: what the publication shall get wrong, ordered and cleared."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from jpki.errors import ImpossibleFact
from simulator.faults import (
    CATALOGUE,
    Fault,
    FaultName,
    FaultPlan,
    Target,
    hostile_plan,
    keep_plan,
    kept_plan,
)
from simulator.web.control.model import Asked, Told
from simulator.web.operations import Area, Call, Operation
from simulator.web.problems import NotThere

__all__ = ["FAULTS", "CatalogueTold", "FaultKindTold", "Hostility", "OrderTold", "PlanTold"]


class FaultKindTold(Told):
    """A fault that can be ordered, and what it can befall."""

    name: FaultName
    targets: tuple[Target, ...]


class CatalogueTold(Told):
    """Every fault by name."""

    faults: tuple[FaultKindTold, ...]


class OrderTold(Told):
    """A fault on order, and the number to clear it by."""

    number: int
    fault: Fault


class PlanTold(Told):
    """What is ordered; the same seed fails at the same questions."""

    seed: int
    orders: tuple[OrderTold, ...]


class Hostility(Asked):
    """How the agency shall be hostile; the same seed fails at the same questions."""

    seed: Annotated[int, Field(ge=0, lt=1 << 53)] = 0


def _catalogue(_: Call) -> CatalogueTold:
    return CatalogueTold(
        faults=tuple(
            FaultKindTold(name=name, targets=kind.targets) for name, kind in CATALOGUE.items()
        )
    )


def _told(plan: FaultPlan) -> PlanTold:
    orders = tuple(OrderTold(number=one.number, fault=one.fault) for one in plan.orders)
    return PlanTold(seed=plan.seed, orders=orders)


def _kept(call: Call, plan: FaultPlan) -> PlanTold:
    return _told(keep_plan(call.house.world.store, plan))


def _list(call: Call) -> PlanTold:
    return _told(kept_plan(call.house.world.store))


def _order(call: Call) -> PlanTold:
    return _kept(call, kept_plan(call.house.world.store).ordered(call.question))


def _clear_all(call: Call) -> PlanTold:
    return _kept(call, kept_plan(call.house.world.store).cleared())


def _clear_one(call: Call) -> PlanTold:
    number = call.path["number"]
    if not (number.isascii() and number.isdecimal() and len(number) <= 9):
        raise NotThere("there is no such number")
    try:
        plan = kept_plan(call.house.world.store).cleared(int(number))
    except ImpossibleFact as error:
        raise NotThere(error.message) from None
    return _kept(call, plan)


def _be_hostile(call: Call) -> PlanTold:
    return _kept(call, hostile_plan(call.question.seed))


FAULTS: Final = (
    Operation(
        Area.CONTROL,
        "GET",
        "/faults/catalogue",
        "fault_catalogue",
        "Which faults can be ordered.",
        _catalogue,
        CatalogueTold,
    ),
    Operation(
        Area.CONTROL, "GET", "/faults", "list_faults", "Which faults are ordered.", _list, PlanTold
    ),
    Operation(
        Area.CONTROL,
        "POST",
        "/faults",
        "order_fault",
        "Order a fault of the publication.",
        _order,
        PlanTold,
        question=Fault,
        writes=True,
    ),
    Operation(
        Area.CONTROL,
        "POST",
        "/faults/hostile",
        "be_hostile",
        "Order faults of every kind, by chance, in place of those ordered.",
        _be_hostile,
        PlanTold,
        question=Hostility,
        writes=True,
    ),
    Operation(
        Area.CONTROL,
        "DELETE",
        "/faults",
        "clear_faults",
        "Clear every fault.",
        _clear_all,
        PlanTold,
        writes=True,
    ),
    Operation(
        Area.CONTROL,
        "DELETE",
        "/faults/{number}",
        "clear_fault",
        "Clear one fault by its number.",
        _clear_one,
        PlanTold,
        writes=True,
    ),
)
