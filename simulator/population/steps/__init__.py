"""Every step a life can take, by number: those that others plan, then those that just happen."""

from __future__ import annotations

from typing import Final

from simulator.population.steps.cards import CARDS
from simulator.population.steps.moves import MOVES
from simulator.population.steps.names import PLANNED, Step
from simulator.population.steps.papers import PAPERS
from simulator.population.steps.phones import PHONES
from simulator.population.steps.records import RECORDS

__all__ = ["HAPPENING_STEPS", "STEPS", "Step"]

_ALL: Final = {**MOVES, **CARDS, **PAPERS, **PHONES, **RECORDS}
_BY_ITSELF: Final = tuple(sorted(_ALL.keys() - set(PLANNED)))

STEPS: Final[tuple[Step, ...]] = tuple(_ALL[name] for name in (*PLANNED, *_BY_ITSELF))
"""Every step by its number."""

HAPPENING_STEPS: Final = {name: len(PLANNED) + place for place, name in enumerate(_BY_ITSELF)}
"""The number of each step that happens by itself, by the name of the figure that says how often."""
