"""Faults on order: an agency that errs, by name, by chance and by seed, and never by accident.

* :data:`CATALOGUE` says what can go wrong and what must follow from it.
* :func:`read_faults`, :func:`lint_faults` and :func:`fault_schema` are for files of faults,
  :func:`hostile_plan` is the plan that errs in every way.
* :class:`FaultPlan` holds what is ordered; :class:`FaultsAtWork` lets it strike.
"""

from simulator.faults.catalogue import CATALOGUE, FaultKind, FaultName, Target
from simulator.faults.lint import FaultRemark, lint_faults
from simulator.faults.plan import (
    Fault,
    FaultPlan,
    FaultScript,
    Order,
    fault_schema,
    hostile_plan,
    read_fault,
    read_faults,
)
from simulator.faults.striking import Asked, FaultsAtWork, Struck

__all__ = [
    "CATALOGUE",
    "Asked",
    "Fault",
    "FaultKind",
    "FaultName",
    "FaultPlan",
    "FaultRemark",
    "FaultScript",
    "FaultsAtWork",
    "Order",
    "Struck",
    "Target",
    "fault_schema",
    "hostile_plan",
    "lint_faults",
    "read_fault",
    "read_faults",
]
