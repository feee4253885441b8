"""How often certificates are used and asked about: from how many live, and the figures of use."""

from __future__ import annotations

from simulator.population.arrays import Array, np
from simulator.population.figures import Figures

__all__ = ["questions"]

_BUSY = 5.0
_MONDAY = 3  # 1970-01-01 was a Thursday


def questions(figures: Figures, first: int, live: Array) -> dict[str, Array]:
    """Return per day and kind the expected OCSP questions, and how many come in a busy second.

    Expected values, not chance: a planner asks for the load, and its spread is that of the week.
    """
    share = figures.number
    uses = np.array([share("signature_uses"), share("authentication_uses")] * 2)
    uses[2:] *= share("phone_uses")
    week = np.array(figures.several("uses_by_weekday", 7))
    week = week / week.mean() if week.any() else week
    weekday = (np.arange(first, first + len(live)) + _MONDAY) % 7
    asked = live * (uses / 365.25 * share("asked_by_ocsp")) * week[weekday][:, None]
    peak = _BUSY * asked / (share("busy_hours") * 3600)
    return {"ocsp_questions": np.rint(asked).astype(np.int64), "ocsp_peak_per_second": peak}
