"""Numbers of persons that cannot be anybody's."""

from __future__ import annotations

from simulator.card.contents import with_check_digit
from simulator.keys import SeededChance

__all__ = ["impossible_my_number"]


def impossible_my_number(seed: str, person_id: str) -> str:
    """Return twelve digits of which the last is not the check digit of the others.

    So the number is no My Number (番号法施行令 8; 個人番号カード等命令 5) and no real person has
    it. The cards of a simulated world carry numbers with a right check digit instead, because
    readers look at it; whether somebody has one of those cannot be known.
    """
    chance = SeededChance(seed).stream(f"impossible number/{person_id}")
    right = with_check_digit(chance.text("0123456789", 11))
    wrong = (int(right[-1]) + 1 + chance.below(9)) % 10
    return f"{right[:-1]}{wrong}"
