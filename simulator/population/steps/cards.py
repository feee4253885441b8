"""Cards: handed over, lost and found, broken, exchanged, renewed, returned, made face-only."""

from __future__ import annotations

from simulator.population.arrays import NEVER, Array, among, chance, delay, happens, np
from simulator.population.columns import CARD
from simulator.population.happenings import NUMBER
from simulator.population.lives import Lives
from simulator.population.steps.names import STEP, Step
from simulator.population.steps.papers import certify_anew, due_renewal

__all__ = ["CARDS", "hand_over", "plan_card"]

_SOON = 85


def hand_over(
    lives: Lives, who: Array, day: Array, word: Array, *, early: Array | None = None
) -> None:
    """Hand over a card, made the same day, to who holds none and may, and its certificates."""
    c = lives.columns
    able = (c.registered.take(who) | c.abroad.take(who)) & ~lives.has_card(who, day)
    able &= c.stay_ends.take(who) >= day
    soon = np.zeros(len(who), np.bool_) if early is None else early
    who, day, word, soon = among(able, who, day, word, soon)
    if len(who) == 0:
        return
    ends = lives.law.grids.card(day, c.birth[who], c.birthday.take(who), soon)
    ends = np.minimum(ends, c.stay_ends.take(who))
    lives.happen(who, day, NUMBER["card_issued"], until=ends, made=day)
    c.card[who], c.card_made[who], c.card_ends[who] = 1, day, ends
    c.face_only[who], c.consul[who] = False, False
    c.pins[who] &= 0x84
    lives.certify(who, day)
    c.touched[who] = True
    plan_card(lives, who, day, word)


def plan_card(lives: Lives, who: Array, day: Array, word: Array) -> None:
    """Plan the renewal of a card: in its last months, late, or never."""
    c = lives.columns
    then = np.maximum(due_renewal(lives, c.card_ends.take(who), word), day + 1)
    lives.plan(CARD, who, then, STEP["renew_card"], word)


def _renew_card(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    held = lives.has_card(who, day)
    known = (c.registered.take(who) | c.abroad.take(who)) & (c.stay_ends.take(who) >= day)
    held &= known
    lives.happen(*among(held, who, day), NUMBER["card_exchanged.renewal"])
    early = held & (c.card_ends.take(who) - day <= _SOON)
    hand_over(lives, who, day, _turned(word), early=early)


def _turned(word: Array) -> Array:
    return (chance(word, 60) << np.uint32(16)) | chance(word, 61)


def _apply(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    able = c.registered.take(who) & ~lives.has_card(who, day) & (c.plan_day[CARD][who] == NEVER)
    _order(lives, *among(able, who, day, word))


def _order(lives: Lives, who: Array, day: Array, word: Array) -> None:
    least, most = lives.figures.days("card_lead_days")
    lives.plan(CARD, who, day + delay(word, 62, least, most), STEP["hand_over"], _turned(word))


def _collect_card(lives: Lives, who: Array, day: Array, word: Array) -> None:
    hand_over(lives, who, day, word)


def _lose(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    able = lives.has_card(who, day) & (c.card.take(who) == 1)
    who, day, word = among(able, who, day, word)
    channels = np.array([NUMBER["card_lost.call_centre"], NUMBER["card_lost.counter"]])
    share = lives.figures.number
    lives.happen(who, day, channels[happens(word, 63, share("cards_lost_at_counter")) * 1])
    found = happens(word, 64, share("cards_found"))
    c.plan_day[CARD][who] = day + delay(word, 65, *lives.figures.days("found_days"))
    c.plan_step[CARD][who] = np.where(found, STEP["lift_card"], STEP["replace_card"])
    c.plan_word[CARD][who] = _turned(word)


def _lift(lives: Lives, who: Array, day: Array, word: Array) -> None:
    able = lives.has_card(who, day) & (lives.columns.card.take(who) == 2)
    who, day, word = among(able, who, day, word)
    lives.happen(who, day, NUMBER["card_lifted"])
    certify_anew(lives, who, day, word)
    plan_card(lives, who, day, word)


def _replace(lives: Lives, who: Array, day: Array, word: Array) -> None:
    able = lives.has_card(who, day)
    lives.happen(*among(able, who, day), NUMBER["card_reissue.lost"])
    found = able & happens(word, 66, lives.figures.number("cards_found_late"))
    found &= lives.columns.card.take(who) == 0
    lives.happen(*among(found, who, day), NUMBER["card_found"])
    _order(lives, who, day, word)


_CAUSES = np.array(
    [NUMBER[f"card_reissue.{cause}"] for cause in ("malfunctioning", "damaged", "burnt")]
)


def _break(lives: Lives, who: Array, day: Array, word: Array) -> None:
    able = lives.has_card(who, day)
    who, day, word = among(able, who, day, word)
    lives.happen(who, day, _CAUSES[(chance(word, 67) * np.uint32(3)) >> np.uint32(16)])
    _order(lives, who, day, word)


def _returned(name: str) -> Step:
    def step(lives: Lives, who: Array, day: Array, _word: Array) -> None:
        able = lives.has_card(who, day)
        lives.happen(*among(able, who, day), NUMBER[name])
        lives.unplan(CARD, who[able])

    return step


def _exchange(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    able = lives.has_card(who, day) & c.registered.take(who) & (c.stay_ends.take(who) >= day)
    who, day, word = among(able, who, day, word)
    combined = (c.nationality.take(who) > 0) & (
        day >= lives.law.milestone("residence_card_combined")
    )
    numbers = np.array(
        [NUMBER["card_exchanged.append_area_full"], NUMBER["card_exchanged.residence_card"]]
    )
    lives.happen(who, day, numbers[combined * 1])
    hand_over(lives, who, day, _turned(word))


def _face_only(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    c = lives.columns
    able = lives.has_card(who, day) & ~c.face_only.take(who)
    able &= day >= lives.law.exists("card_mode_changed")
    who, day = among(able, who, day)
    lives.happen(who, day, NUMBER["card_mode.face_only"])
    c.face_only[who] = True
    c.pins[who] &= 0x87
    c.touched[who] = True


def _ordinary(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    able = lives.has_card(who, day) & c.face_only.take(who)
    who, day, word = among(able, who, day, word)
    lives.happen(who, day, NUMBER["card_mode.ordinary"])
    c.face_only[who] = False
    c.pins[who] &= 0x87
    certify_anew(lives, who, day, word)
    c.touched[who] = True


CARDS: dict[str, Step] = {
    "cards_applied": _apply,
    "cards_broken": _break,
    "cards_exchanged": _exchange,
    "cards_lost": _lose,
    "cards_recalled": _returned("card_returned.ordered"),
    "cards_returned": _returned("card_returned.voluntary"),
    "face_only": _face_only,
    "face_only_undone": _ordinary,
    "hand_over": _collect_card,
    "lift_card": _lift,
    "renew_card": _renew_card,
    "replace_card": _replace,
}
"""The step of each name."""
