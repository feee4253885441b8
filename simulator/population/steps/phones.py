"""Phones: enrolled, replaced, lost and found, given up, or sold without a word to anybody."""

from __future__ import annotations

from jpki.life import events as ev
from simulator.population.arrays import NEVER, Array, among, chance, delay, happens, np
from simulator.population.columns import PHONE
from simulator.population.happenings import NUMBER
from simulator.population.lives import CA, CS, MA, MS, Lives
from simulator.population.steps.names import STEP, Step

__all__ = ["PHONES", "enrol", "plan_phone"]

_ENROLLED = np.array([NUMBER["phone_enrolled.android"], NUMBER["phone_enrolled.iphone"]])
_SILENT = np.array([NUMBER[f"phone.{change.value}"] for change in ev.MobileDeviceChange])


def enrol(lives: Lives, who: Array, day: Array, word: Array) -> None:
    """Enrol a phone of holders whose card signature certificate is in force."""
    c = lives.columns
    iphone = happens(word, 70, lives.figures.number("iphone"))
    iphone &= day >= lives.law.milestone("mobile_iphone")
    able = c.inclined.take(who) & lives.active(CS, who, day)
    able &= day >= lives.law.milestone("mobile_android")
    who, day, iphone = among(able, who, day, iphone)
    if len(who) == 0:
        return
    lives.happen(who, day, _ENROLLED[iphone * 1])
    c.device[who], c.iphone[who] = 1, iphone
    c.pins[who] &= 0x7B
    lives.issue(MS, who, day)
    proves = lives.active(CA, who, day)
    lives.issue(MA, *among(proves, who, day))


def plan_phone(lives: Lives, who: Array, day: Array) -> None:
    """Plan the enrolment anew of a phone whose signature certificate has fallen with the card's."""
    c = lives.columns
    lost = (c.device.take(who) == 1) & ~lives.live(MS, who, day) & lives.active(CS, who, day)
    lost &= c.plan_day[PHONE][who] == NEVER
    who, day = among(lost, who, day)
    word = c.id[who].astype(np.uint32) * np.uint32(0x27D4EB2F) + day.astype(np.uint32)
    again = happens(word, 71, lives.figures.number("phone_again"))
    who, day, word = among(again, who, day, word)
    least, most = lives.figures.days("phone_again_days")
    lives.plan(PHONE, who, day + delay(word, 72, least, most), STEP["enrol"], word)


def _enrol_first(lives: Lives, who: Array, day: Array, word: Array) -> None:
    none = (lives.columns.device.take(who) == 0) | ~lives.live(MS, who, day)
    enrol(lives, *among(none, who, day, word))


def _replace(lives: Lives, who: Array, day: Array, word: Array) -> None:
    again = lives.columns.device.take(who) > 0
    enrol(lives, *among(again, who, day, word))


def _lose(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    able = c.device.take(who) == 1
    who, day, word = among(able, who, day, word)
    lives.happen(who, day, NUMBER["phone_lost"])
    c.device[who] = 2
    found = happens(word, 73, lives.figures.number("phones_found"))
    c.plan_day[PHONE][who] = day + delay(word, 74, *lives.figures.days("found_days"))
    c.plan_step[PHONE][who] = np.where(found, STEP["lift_phone"], STEP["enrol"])
    c.plan_word[PHONE][who] = word


def _lift(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    c = lives.columns
    able = c.device.take(who) == 2
    lives.happen(*among(able, who, day), NUMBER["phone_lifted"])
    c.device[who[able]] = 1
    c.touched[who[able]] = True


def _discontinue(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    signs, proves = lives.live(MS, who, day), lives.live(MA, who, day)
    for name, chosen in (
        ("ended.phone", signs & proves),
        ("ended.ms", signs & ~proves),
        ("ended.ma", ~signs & proves),
    ):
        lives.happen(*among(chosen, who, day), NUMBER[name])


def _leak(lives: Lives, who: Array, day: Array, word: Array) -> None:
    both = lives.live(MS, who, day) & lives.live(MA, who, day)
    leaked = both & happens(word, 75, lives.figures.number("phone_keys_leaked"))
    broken = both & ~leaked
    lives.happen(*among(leaked, who, day), NUMBER["leaked.phone"])
    lives.happen(*among(broken, who, day), NUMBER["unusable.phone"])


def _silent(lives: Lives, who: Array, day: Array, word: Array) -> None:
    """Nobody is told, and nothing follows; one in eleven blocks the phone's PIN instead."""
    c = lives.columns
    able = c.device.take(who) > 0
    who, day, word = among(able, who, day, word)
    lot = (chance(word, 76) * np.uint32(len(_SILENT) + 1)) >> np.uint32(16)
    pin = lot == len(_SILENT)
    lives.happen(*among(~pin, who, day), _SILENT[lot[~pin]])
    blocks = pin & (c.pins.take(who) & 0x84 == 0x04)
    lives.happen(*among(blocks, who, day), NUMBER["pin_blocked.phone"])
    c.pins[who[blocks]] |= 0x80


PHONES: dict[str, Step] = {
    "enrol": enrol,
    "lift_phone": _lift,
    "phones_discontinued": _discontinue,
    "phones_enrolled": _enrol_first,
    "phones_leaked": _leak,
    "phones_lost": _lose,
    "phones_replaced": _replace,
    "phones_silent": _silent,
}
"""The step of each name."""
