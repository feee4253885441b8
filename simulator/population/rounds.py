"""Time in rounds: in each, every person who has anything left to live takes their next step.

People do not wait for each other's days. What happens next to a person is the earlier of what was
drawn and what is planned; all who take the same step are taken together, whatever their days.
"""

from __future__ import annotations

from simulator.population.arrays import NEVER, Array, among, np
from simulator.population.chances import Drawn, nothing_drawn
from simulator.population.lives import Lives
from simulator.population.steps import STEPS
from simulator.population.steps.papers import plan_certificates
from simulator.population.steps.phones import plan_phone

__all__ = ["live_until"]


def live_until(lives: Lives, drawn: Drawn | None, end: int) -> None:
    """Let everybody live until the day before ``end``."""
    c = lives.columns
    drawn = nothing_drawn(c.size) if drawn is None else drawn
    spot = drawn.first.copy()
    going = np.arange(c.size)
    plans, by_itself = c.plan_day, drawn.day.take(spot)
    while True:
        planned = plans.min(axis=0)
        day = np.minimum(planned, by_itself)
        left = ((day < end) & c.alive.take(going)).nonzero()[0]
        if len(left) == 0:
            return
        going, spot, day = going.take(left), spot.take(left), day.take(left)
        drawn_now = (by_itself <= planned).take(left)
        which = _first_of(plans, planned).take(left)
        _round(lives, drawn, going, spot, day, drawn_now, which)
        spot += drawn_now
        plans, by_itself = c.plan_day.take(going, axis=1), drawn.day.take(spot)


def _first_of(plans: Array, soonest: Array) -> Array:
    """Return which of the plans is the first to lie on the soonest day of each person."""
    later = np.ones(len(soonest), np.bool_)
    which = np.zeros(len(soonest), np.intp)
    for plan in plans[:-1]:
        later &= plan != soonest
        which += later
    return which


def _round(
    lives: Lives,
    drawn: Drawn,
    going: Array,
    spot: Array,
    day: Array,
    drawn_now: Array,
    which: Array,
) -> None:
    """Let these people take their next step: what was drawn for them, or else a plan."""
    c = lives.columns
    step, word = drawn.step.take(spot), drawn.word.take(spot)
    by_plan = (~drawn_now).nonzero()[0]
    place = which.take(by_plan) * c.size + going.take(by_plan)
    step[by_plan] = c.plan_step.reshape(-1).take(place)
    word[by_plan] = c.plan_word.reshape(-1).take(place)
    c.plan_day.reshape(-1)[place] = NEVER
    order = np.argsort(step, kind="stable")
    born = (day >= c.birth.take(going)).take(order)
    who, when, words, steps = among(
        born, going.take(order), day.take(order), word.take(order), step.take(order)
    )
    low = 0
    for number, many in enumerate(np.bincount(steps, minlength=len(STEPS)).tolist()):
        if many:
            chosen = slice(low, low + many)
            STEPS[number](lives, who[chosen], when[chosen], words[chosen])
            low += many
    touched = (c.touched.take(going) & c.alive.take(going)).nonzero()[0]
    if len(touched):
        who, when = going.take(touched), day.take(touched)
        plan_certificates(lives, who, when)
        plan_phone(lives, who, when)
        c.touched[who] = False
