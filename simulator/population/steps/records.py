"""Records: births and deaths, corrections, numbers, stays of foreign residents."""

from __future__ import annotations

from simulator.population.arrays import NEVER, Array, among, chance, delay, happens, np
from simulator.population.columns import CARD, REGISTER, STAY
from simulator.population.happenings import NUMBER
from simulator.population.lives import CS, Lives
from simulator.population.steps.cards import plan_card
from simulator.population.steps.names import STEP, Step
from simulator.population.steps.papers import certify_anew

__all__ = ["RECORDS"]


def _birth(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    c = lives.columns
    told = c.nationality.take(who) + 4 * c.former_name[who]
    lives.happen(
        who,
        day,
        NUMBER["registered"],
        until=c.birth.take(who),
        made=told,
        serial=c.stay_ends.take(who),
    )
    c.registered[who] = True


def _registered(lives: Lives, who: Array) -> Array:
    """On a resident record, and not between a departure and its end."""
    return lives.columns.registered.take(who)


def _correct(name: str) -> Step:
    """A correction of the record, after which most have certificates issued anew."""

    def step(lives: Lives, who: Array, day: Array, word: Array) -> None:
        able = _registered(lives, who)
        who, day, word = among(able, who, day, word)
        before = lives.live(CS, who, day)
        lives.happen(who, day, NUMBER[name])
        lost = before & ~lives.live(CS, who, day)
        certify_anew(lives, *among(lost, who, day, word))

    return step


def _former_name(lives: Lives, who: Array, day: Array, word: Array) -> None:
    _second_name(lives, who, day, word, "former_name", lives.columns.former_name)


def _alias(lives: Lives, who: Array, day: Array, word: Array) -> None:
    foreign = lives.columns.nationality.take(who) > 0
    who, day, word = among(foreign, who, day, word)
    _second_name(lives, who, day, word, "alias", lives.columns.alias)


def _second_name(lives: Lives, who: Array, day: Array, word: Array, name: str, has: Array) -> None:
    able = _registered(lives, who)
    who, day, word = among(able, who, day, word)
    numbers = np.array([NUMBER[f"amended.{name}.added"], NUMBER[f"amended.{name}.changed"]])
    lives.happen(who, day, numbers[has[who] * 1])
    has[who] = True
    certify_anew(lives, who, day, word)


def _first_furigana(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    c = lives.columns
    able = _registered(lives, who) & ~c.furigana.take(who)
    able &= day >= lives.law.exists("furigana_recorded")
    lives.happen(*among(able, who, day), NUMBER["furigana.first"])
    c.furigana[who[able]] = True


def _later_furigana(lives: Lives, who: Array, day: Array, word: Array) -> None:
    able = _registered(lives, who) & lives.columns.furigana.take(who)
    who, day, word = among(able, who, day, word)
    lives.happen(who, day, NUMBER["furigana.later"])
    certify_anew(lives, who, day, word)


def _die(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    c = lives.columns
    lives.happen(who, day, NUMBER["deleted.death"])
    c.alive[who], c.registered[who] = False, False
    c.plan_day[:, who] = NEVER


def _ex_officio(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    able = _registered(lives, who) & (c.plan_day[REGISTER][who] == NEVER) & (c.move.take(who) == 0)
    who, day, word = among(able, who, day, word)
    lives.happen(who, day, NUMBER["deleted.ex_officio"])
    c.registered[who] = False
    lives.plan(REGISTER, who, day + delay(word, 20, 30, 900), STEP["arrive"], word)


def _not_covered(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    c = lives.columns
    able = _registered(lives, who) & (c.nationality.take(who) == 2)
    able &= (c.plan_day[REGISTER][who] == NEVER) & (c.move.take(who) == 0)
    who, day = among(able, who, day)
    lives.happen(who, day, NUMBER["deleted.not_covered"])
    c.registered[who] = False
    lives.unplan(STAY, who)


def _naturalise(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    able = _registered(lives, who) & (c.nationality.take(who) > 0)
    who, day, word = among(able, who, day, word)
    lives.happen(who, day, NUMBER["deleted.nationality_changed"])
    c.nationality[who] = 0
    c.stay_ends[who] = NEVER
    lives.unplan(STAY, who)
    certify_anew(lives, who, day, word)


def _settle(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    c = lives.columns
    able = _registered(lives, who) & (c.nationality.take(who) == 2)
    who, day = among(able, who, day)
    lives.happen(who, day, NUMBER["residence.permanent"], until=NEVER)
    c.nationality[who] = 1
    c.stay_ends[who] = NEVER
    lives.unplan(STAY, who)


def _extend(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c, figures = lives.columns, lives.figures
    able = c.registered.take(who) & (c.nationality.take(who) == 2)
    who, day, word = among(able, who, day, word)
    ends = c.stay_ends.take(who) + round(figures.number("residence_years") * 365)
    shown = lives.has_card(who, day) & happens(word, 21, figures.number("residence_presented"))
    card_ends = np.zeros(len(who), np.int32)
    card_ends[shown] = _longest(lives, who[shown], ends[shown])
    numbers = np.array(
        [NUMBER["residence.extended.not_presented"], NUMBER["residence.extended.presented"]]
    )
    lives.happen(who, day, numbers[shown * 1], until=ends, made=card_ends)
    c.stay_ends[who] = ends
    c.card_ends[who[shown]] = card_ends[shown]
    idle = shown & (c.plan_step[CARD][who] == STEP["renew_card"])
    next_word = (chance(word, 22) << np.uint32(16)) | chance(word, 23)
    plan_card(lives, *among(idle, who, day), next_word[idle])
    c.touched[who[shown]] = True
    lives.plan(STAY, who, ends - delay(word, 24, 1, 60), STEP["extend_stay"], next_word)


def _put_under_guardianship(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    able = _registered(lives, who)
    lives.happen(*among(able, who, day), NUMBER["guardianship"])
    lives.columns.guardianship[who[able]] = True


def _longest(lives: Lives, who: Array, stay_ends: Array) -> Array:
    """How far a card goes when the stay is extended: as one made then would have (K 27(2))."""
    c = lives.columns
    plain = np.zeros(len(who), np.bool_)
    ends = lives.law.grids.card(c.card_made[who], c.birth[who], c.birthday.take(who), plain)
    return np.maximum(np.minimum(ends, stay_ends), c.card_ends.take(who))


def _issuer_key(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    lives.happen(who, day, NUMBER["issuer_key.signature"])


RECORDS: dict[str, Step] = {
    "alias_changes": _alias,
    "birth": _birth,
    "birth_date_corrections": _correct("amended.birth_date"),
    "deaths": _die,
    "ex_officio_deletions": _ex_officio,
    "extend_stay": _extend,
    "former_names": _former_name,
    "furigana_first": _first_furigana,
    "furigana_later": _later_furigana,
    "guardianships": _put_under_guardianship,
    "household_changes": _correct("amended.household"),
    "issuer_key_lost_on": _issuer_key,
    "minor_corrections": _correct("amended.place_renamed"),
    "moves_within": _correct("amended.address"),
    "my_number_changes": _correct("number.my_number"),
    "name_changes": _correct("amended.name"),
    "naturalisations": _naturalise,
    "not_covered": _not_covered,
    "permanent_residence": _settle,
    "resident_code_changes": _correct("number.resident_code"),
    "sex_corrections": _correct("amended.sex"),
}
"""The step of each name."""
