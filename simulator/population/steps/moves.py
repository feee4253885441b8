"""Moves: out, in, late, abroad and back, and the periods that run out on the way."""

from __future__ import annotations

from typing import Final

from simulator.population.arrays import NEVER, Array, among, chance, delay, happens, np
from simulator.population.columns import ABROAD, REGISTER
from simulator.population.happenings import NUMBER
from simulator.population.lives import CA, CS, Lives
from simulator.population.steps.names import STEP, Step
from simulator.population.steps.papers import certify_anew

__all__ = ["MOVES"]

_HOME: Final = 1
_AWAITED: Final = ("nothing", "card", "card_from_abroad")
_MOVED_OUT = np.array([NUMBER[f"deleted.moved_out.{each}"] for each in _AWAITED])
_LEFT = np.array([NUMBER[f"deleted.moved_abroad.{each}"] for each in _AWAITED])
_LEFT_WITH_CARD = np.array([NUMBER[f"deleted.moved_abroad_continuing.{each}"] for each in _AWAITED])


def _settled(lives: Lives, who: Array) -> Array:
    """On a resident record, and nothing under way but a card still to be shown."""
    c = lives.columns
    idle = c.plan_day[REGISTER][who] == NEVER
    waiting = np.isin(c.plan_step[REGISTER][who], (STEP["present"], STEP["late_90"]))
    settled: Array = c.registered.take(who) & (idle | waiting) & (c.move.take(who) == 0)
    return settled


def _move(lives: Lives, who: Array, day: Array, word: Array) -> None:
    ready = _settled(lives, who)
    who, day, word = among(ready, who, day, word)
    c = lives.columns
    planned = day + delay(word, 1, *lives.figures.days("move_notice_days"))
    lives.happen(who, day, NUMBER["move_out.domestic"], until=planned)
    c.move[who], c.filed[who], c.planned[who] = _HOME, day, planned
    lives.plan(REGISTER, who, planned, STEP["leave"], word)


def _leave(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c, share = lives.columns, lives.figures.number
    lives.happen(who, day, _MOVED_OUT[c.awaited.take(who)])
    c.registered[who] = False
    step = np.full(len(who), STEP["arrive"], np.uint8)
    then = day + delay(word, 2, *lives.figures.days("move_in_days"))
    late = happens(word, 3, share("moves_in_late"))
    step[late], then[late] = STEP["late_30"], c.planned[who[late]] + 31
    known = ~late & happens(word, 4, share("move_in_known"))
    step[known] = STEP["real_move_in"]
    c.plan_day[REGISTER][who], c.plan_step[REGISTER][who] = then, step
    c.plan_word[REGISTER][who] = word


def _real_move_in(lives: Lives, who: Array, day: Array, word: Array) -> None:
    lives.happen(who, day, NUMBER["actual_move_in_known"])
    lives.plan(REGISTER, who, day + 15, STEP["late_14"], word)


def _late_14(lives: Lives, who: Array, day: Array, word: Array) -> None:
    lives.happen(who, day, NUMBER["deadline.move_in_14_days"])
    lives.plan(REGISTER, who, day + delay(word, 5, 1, 12), STEP["arrive"], word)


def _late_30(lives: Lives, who: Array, day: Array, word: Array) -> None:
    lives.happen(who, day, NUMBER["deadline.move_in_30_days"])
    lives.columns.move[who] = 0
    lives.plan(REGISTER, who, day + delay(word, 5, 1, 300), STEP["arrive"], word)


def _arrive(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c, share = lives.columns, lives.figures.number
    forgets = lives.has_card(who, day) & happens(word, 6, share("card_not_presented"))
    back = c.abroad.take(who)
    c.place[who] = _elsewhere(lives, word)
    first = np.array([NUMBER["move_in.presented"], NUMBER["move_in.presented.returning"]])
    second = np.array([NUMBER["move_in.not_presented"], NUMBER["move_in.not_presented.returning"]])
    lives.happen(who, day, np.where(forgets, second[back * 1], first[back * 1]))
    c.registered[who], c.abroad[who], c.continued[who] = True, False, False
    c.move[who] = 0
    c.awaited[who] = np.where(forgets, np.where(back, 2, 1), 0)
    never = happens(word, 7, share("never_presented"))
    lives.unplan(REGISTER, who)
    late, soon = who[forgets & never], who[forgets & ~never]
    lives.plan(REGISTER, late, day[forgets & never] + 91, STEP["late_90"], word[forgets & never])
    shown = day[forgets & ~never] + delay(word[forgets & ~never], 8, 1, 88)
    lives.plan(REGISTER, soon, shown, STEP["present"], word[forgets & ~never])
    certify_anew(lives, *among(~forgets, who, day, word))


def _elsewhere(lives: Lives, word: Array) -> Array:
    """A place drawn by its size."""
    high, low = chance(word, 9).astype(np.float64), chance(word, 10)
    share = (high * 65536.0 + low) / 2.0**32
    return np.searchsorted(lives.places, share, side="right")


def _present(lives: Lives, who: Array, day: Array, word: Array) -> None:
    able = lives.has_card(who, day) & (lives.columns.awaited.take(who) > 0)
    who, day, word = among(able, who, day, word)
    lives.happen(who, day, NUMBER["card_presented"])
    lives.columns.awaited[who] = 0
    certify_anew(lives, who, day, word)


def _late_90(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    c = lives.columns
    anything = lives.has_card(who, day) | lives.live(CA, who, day) | lives.live(CS, who, day)
    able = anything & (c.awaited.take(who) > 0)
    who, day = among(able, who, day)
    numbers = np.array([0, NUMBER["deadline.card_90_days"], NUMBER["deadline.return_90_days"]])
    lives.happen(who, day, numbers[c.awaited.take(who)])
    c.awaited[who] = 0


# Abroad


def _emigrate(lives: Lives, who: Array, day: Array, word: Array) -> None:
    ready = _settled(lives, who)
    who, day, word = among(ready, who, day, word)
    c, share = lives.columns, lives.figures.number
    planned = day + delay(word, 1, *lives.figures.days("departure_notice_days"))
    lives.happen(who, day, NUMBER["move_out.abroad"], until=planned)
    c.move[who], c.filed[who], c.planned[who] = ABROAD, day, planned
    keeps = lives.has_card(who, day) & (c.nationality.take(who) == 0)
    keeps &= (day >= lives.law.exists("continued_use_arranged")) & happens(
        word, 2, share("use_continued")
    )
    lives.happen(*among(keeps, who, day), NUMBER["continued_use"])
    c.continued[who[keeps]] = True
    anew = keeps & happens(word, 3, share("renewed_at_departure"))
    anew &= lives.active(CS, who, day) & lives.active(CA, who, day)
    anew &= lives.can_be_certified(who, day)
    _renew(lives, *among(anew, who, day))
    off = happens(word, 4, share("departure_cancelled"))
    off &= day >= lives.law.exists("departure_cancelled")
    then = np.where(off, day + 1, planned)
    c.plan_day[REGISTER][who], c.plan_word[REGISTER][who] = then, word
    c.plan_step[REGISTER][who] = np.where(off, STEP["cancel"], STEP["depart"])


def _renew(lives: Lives, who: Array, day: Array) -> None:
    six = lives.sixth(who, day)
    lives.happen(who, day, NUMBER["renewed.both"])
    lives.certify(who, day, six)


def _cancel(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    lives.happen(who, day, NUMBER["departure_cancelled"])
    lives.columns.move[who] = 0
    lives.columns.continued[who] = False


def _depart(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    with_card = c.continued.take(who)
    awaited = c.awaited.take(who)
    lives.happen(who, day, np.where(with_card, _LEFT_WITH_CARD[awaited], _LEFT[awaited]))
    c.registered[who] = False
    c.abroad[who] = with_card
    lives.plan(REGISTER, who, c.planned.take(who) + 31, STEP["late_abroad"], word)


def _late_abroad(lives: Lives, who: Array, day: Array, word: Array) -> None:
    anything = lives.has_card(who, day) | lives.live(CA, who, day) | lives.live(CS, who, day)
    lives.happen(*among(anything, who, day), NUMBER["deadline.abroad_30_days"])
    lives.columns.move[who[anything]] = 0
    _stay(lives, who, day, word)


def _stay(lives: Lives, who: Array, day: Array, word: Array) -> None:
    least, most = lives.figures.days("abroad_days")
    lives.plan(REGISTER, who, day + delay(word, 11, least, most), STEP["abroad"], word)


_ABROAD: Final = ("abroad_return_known", "abroad_moves", "abroad_consul", "abroad_declared")


def _abroad(lives: Lives, who: Array, day: Array, word: Array) -> None:
    """Something happens abroad: most come back; an address, a card, a consul, a declaration."""
    c, share, next_word = lives.columns, lives.figures.number, _turned(word)
    lot = np.where(c.abroad[who], chance(word, 12) / 65536, 1.0)
    bounds = np.cumsum([share(name) for name in _ABROAD])
    lives.plan(REGISTER, who, day, STEP["arrive"], next_word)
    card = lives.has_card(who, day)
    known = lot < bounds[0]
    lives.plan(REGISTER, *among(known, who, day), STEP["return_known"], next_word[known])
    address = (lot >= bounds[0]) & (lot < bounds[1])
    lives.happen(*among(address, who, day), NUMBER["amended.address.abroad"])
    _stay(lives, *among(address, who, day), next_word[address])
    consul = (lot >= bounds[1]) & (lot < bounds[2]) & card & ~c.consul.take(who)
    lives.happen(*among(consul, who, day), NUMBER["consul.left"])
    c.consul[who[consul]] = True
    collects = consul & happens(word, 13, share("consul_collected"))
    then = day + delay(word, 14, 1, 80)
    lives.plan(REGISTER, who[collects], then[collects], STEP["collect"], next_word[collects])
    late = consul & ~collects
    lives.plan(REGISTER, who[late], day[late] + 91, STEP["late_consul"], next_word[late])
    declared = (lot >= bounds[2]) & (lot < bounds[3])
    lives.happen(*among(declared, who, day), NUMBER["deleted.off_supplement"])
    lives.unplan(REGISTER, who[declared])


def _turned(word: Array) -> Array:
    return (chance(word, 15) << np.uint32(16)) | chance(word, 16)


def _collect(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    able = lives.has_card(who, day) & c.consul.take(who)
    lives.happen(*among(able, who, day), NUMBER["consul.collected"])
    c.consul[who[able]] = False
    _stay(lives, who, day, word)


def _late_consul(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    able = lives.has_card(who, day) & c.consul.take(who)
    lives.happen(*among(able, who, day), NUMBER["deadline.consul_90_days"])
    c.consul[who[able]] = False
    _stay(lives, who, day, word)


def _return_known(lives: Lives, who: Array, day: Array, word: Array) -> None:
    lives.happen(who, day, NUMBER["return_known"])
    late = happens(word, 17, lives.figures.number("return_unnotified")) & lives.has_card(who, day)
    step = np.where(late, STEP["late_return"], STEP["arrive"])
    then = np.where(late, day + 15, day + delay(word, 18, 0, 14))
    c = lives.columns
    c.plan_day[REGISTER][who], c.plan_step[REGISTER][who] = then, step
    c.plan_word[REGISTER][who] = word


def _late_return(lives: Lives, who: Array, day: Array, word: Array) -> None:
    lives.happen(who, day, NUMBER["deadline.return_14_days"])
    lives.plan(REGISTER, who, day + delay(word, 19, 1, 60), STEP["arrive"], word)


MOVES: dict[str, Step] = {
    "abroad": _abroad,
    "arrive": _arrive,
    "cancel": _cancel,
    "collect": _collect,
    "depart": _depart,
    "late_14": _late_14,
    "late_30": _late_30,
    "late_90": _late_90,
    "late_abroad": _late_abroad,
    "late_consul": _late_consul,
    "late_return": _late_return,
    "leave": _leave,
    "moves_abroad": _emigrate,
    "moves_between": _move,
    "present": _present,
    "real_move_in": _real_move_in,
    "return_known": _return_known,
}
"""The step of each name."""
