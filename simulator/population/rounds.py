"""Time in rounds: in each, every person who has anything left to live takes their next step.

People do not wait for each other's days. What happens next to a person is the earlier of what was
drawn and what is planned; all who take the same step are taken together, whatever their days.
"""

from __future__ import annotations

from itertools import pairwise

from simulator.population.arrays import NEVER, Array, np
from simulator.population.chances import Drawn
from simulator.population.lives import Lives
from simulator.population.steps import STEPS
from simulator.population.steps.papers import plan_certificates
from simulator.population.steps.phones import plan_phone

__all__ = ["live_until"]


def live_until(lives: Lives, drawn: Drawn | None, end: int) -> None:
    """Let everybody live until the day before ``end``."""
    c = lives.columns
    place = np.zeros(c.size, np.int64) if drawn is None else drawn.first.copy()
    c.next[:] = c.plan_day.min(axis=0)
    soonest = np.minimum(c.next, _drawn_day(drawn, place, np.arange(c.size)))
    going = np.flatnonzero(soonest < end)
    while len(going):
        going = going[c.alive[going]]
        _round(lives, drawn, place, going)
        c.next[going] = c.plan_day[:, going].min(axis=0)
        soonest = np.minimum(c.next[going], _drawn_day(drawn, place[going], going))
        going = going[soonest < end]


def _drawn_day(drawn: Drawn | None, place: Array, who: Array) -> Array:
    if drawn is None:
        return np.full(len(who), NEVER, np.int32)
    return np.where(drawn.who[place] == who, drawn.day[place], NEVER)


def _round(lives: Lives, drawn: Drawn | None, place: Array, going: Array) -> None:
    c = lives.columns
    spot = place[going]
    by_itself = _drawn_day(drawn, spot, going)
    happens = by_itself <= c.next[going]
    planned = np.flatnonzero(~happens)
    day = np.minimum(by_itself, c.next[going])
    step, word = np.empty(len(going), np.uint8), np.empty(len(going), np.uint32)
    if drawn is not None:
        mine = np.flatnonzero(happens)
        step[mine], word[mine] = drawn.step[spot[mine]], drawn.word[spot[mine]]
        place[going[mine]] += 1
    who = going[planned]
    slot = c.plan_day[:, who].argmin(axis=0)
    step[planned], word[planned] = c.plan_step[slot, who], c.plan_word[slot, who]
    c.plan_day[slot, who] = NEVER
    born = day >= c.birth[going]
    order = np.argsort(step, kind="stable")
    order = order[born[order]]
    sorted_steps = step[order]
    bounds = np.flatnonzero(np.diff(sorted_steps, prepend=-1, append=256))
    for low, high in pairwise(bounds):
        chosen = order[low:high]
        STEPS[sorted_steps[low]](lives, going[chosen], day[chosen], word[chosen])
    again = np.flatnonzero(c.touched[going] & c.alive[going])
    if len(again):
        who, on = going[again], day[again]
        plan_certificates(lives, who, on)
        plan_phone(lives, who, on)
        c.touched[who] = False
