"""The names of all steps, so that one step can plan another by its number."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from simulator.population.arrays import Array

if TYPE_CHECKING:
    from simulator.population.lives import Lives

__all__ = ["PLANNED", "STEP", "Step"]

Step: TypeAlias = "Callable[[Lives, Array, Array, Array], None]"
"""A step: it happens to these people on these days, with a word of chance for each."""

PLANNED: Final = (
    "birth", "leave", "arrive", "real_move_in", "late_14", "late_30", "present", "late_90",
    "cancel", "depart", "late_abroad", "abroad", "collect", "late_consul", "return_known",
    "late_return", "lift_card", "replace_card", "hand_over", "renew_card", "issue_signature",
    "renew_certificates", "lift_phone", "enrol", "extend_stay",
)  # fmt: skip
"""Steps that other steps plan; what happens by itself follows them in the numbering."""

STEP: Final = {name: number for number, name in enumerate(PLANNED)}
"""The number of each planned step."""
