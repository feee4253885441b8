"""Invented people: nobody here exists, and every address names a town that does not.

:func:`invent_person` makes one adult resident, :func:`invent_household` people who live together,
:func:`invent_people` as many households as it takes. All is a function of a seed. How names,
families and addresses are made, and why they are nobody's, is in ``docs/actors.md``.
"""

from simulator.people.households import (
    HouseholdKind,
    invent_household,
    invent_people,
    moved_together,
)
from simulator.people.numbers import impossible_my_number
from simulator.people.persons import (
    HouseholdRole,
    InventedPerson,
    invent_address,
    invent_person,
)

__all__ = [
    "HouseholdKind",
    "HouseholdRole",
    "InventedPerson",
    "impossible_my_number",
    "invent_address",
    "invent_household",
    "invent_people",
    "invent_person",
    "moved_together",
]
