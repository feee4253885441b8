"""Certificates on the card: issued anew, renewed, ended, leaked; and the PINs beside them."""

from __future__ import annotations

from simulator.population.arrays import NEVER, Array, among, chance, delay, happens, np
from simulator.population.columns import CERTIFICATE
from simulator.population.happenings import NUMBER
from simulator.population.lives import CA, CS, Lives
from simulator.population.steps.names import STEP, Step

__all__ = ["PAPERS", "certify_anew", "due_renewal", "plan_certificates"]

_TRIED_AGAIN = 20


def certify_anew(lives: Lives, who: Array, day: Array, word: Array) -> None:
    """Let most have lost certificates issued at the same visit; the others come later."""
    at_once = happens(word, 40, lives.figures.number("signature_at_once"))
    lives.certify(*among(at_once, who, day))


def due_renewal(lives: Lives, ends: Array, word: Array) -> Array:
    """Return the day on which each renews what ends on a day: before, late, or never."""
    share = lives.figures.number
    lot = chance(word, 41)
    in_time = lot < round(share("renewed_in_time") * 65536)
    late = lot < round((share("renewed_in_time") + share("renewed_late")) * 65536)
    before = ends - delay(word, 42, *lives.figures.days("renewal_days"))
    behind = ends + delay(word, 43, *lives.figures.days("overdue_days"))
    return np.where(in_time, before, np.where(late, behind, NEVER))


def plan_certificates(lives: Lives, who: Array, day: Array) -> None:
    """Plan what comes next for the certificates on the card: a renewal, or one that is missing.

    The chance of it follows from person and card, so that planning again plans the same.
    """
    c = lives.columns
    word = _own_word(lives, who, CA)
    renewal = due_renewal(lives, c.ends[CA][who], word)
    ends_before_card = c.ends[CA][who] < c.card_ends.take(who)
    renewal = np.where(lives.live(CA, who, day) & ends_before_card, renewal, NEVER)
    least, most = lives.figures.days("signature_later_days")
    missing = lives.can_be_certified(who, day) & ~lives.live(CS, who, day) & c.wants.take(who)
    missing &= ~lives.barred(who)
    lost = _own_word(lives, who, CS)
    anew = np.maximum(day, c.signs_from.take(who)) + delay(lost, 44, least, most)
    anew = np.where(missing, anew, NEVER)
    renewal = np.where(renewal > day, renewal, day + _TRIED_AGAIN)
    c.plan_day[CERTIFICATE][who] = np.minimum(renewal, anew)
    first = renewal <= anew
    c.plan_step[CERTIFICATE][who] = np.where(
        first, STEP["renew_certificates"], STEP["issue_signature"]
    )
    c.plan_word[CERTIFICATE][who] = word


def _own_word(lives: Lives, who: Array, kind: int) -> Array:
    c = lives.columns
    seed = c.id[who].astype(np.uint32) * np.uint32(0x9E3779B1)
    word: Array = seed + c.count[kind % 2][who].astype(np.uint32) * np.uint32(0x85EBCA77)
    return word


def _issue_signature(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    lives.certify(who, day)
    lives.columns.touched[who] = True


def _renew_certificates(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    able = lives.can_be_certified(who, day)
    who, day = among(able, who, day)
    signs, proves = lives.live(CS, who, day), lives.live(CA, who, day)
    six = lives.sixth(who, day)
    for name, chosen in (
        ("renewed.both", signs & proves),
        ("renewed.ca", ~signs & proves),
    ):
        lives.happen(*among(chosen, who, day), NUMBER[name])
    lives.certify(who, day, six)
    lives.columns.touched[who] = True


# Ended, leaked, abandoned


def _named(lives: Lives, who: Array, day: Array, name: str, *kinds: int) -> None:
    """Record an event that names kinds of which every one has to be live."""
    able = np.ones(len(who), np.bool_)
    for kind in kinds:
        able &= lives.live(kind, who, day)
    lives.happen(*among(able, who, day), NUMBER[name])


def _end_signature(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    _named(lives, who, day, "ended.cs", CS)


def _end_both(lives: Lives, who: Array, day: Array, word: Array) -> None:
    both = happens(word, 45, lives.figures.number("ended_both"))
    _named(lives, *among(both, who, day), "ended.both", CS, CA)
    _named(lives, *among(~both, who, day), "ended.ca", CA)


def _either(name: str) -> Step:
    def step(lives: Lives, who: Array, day: Array, word: Array) -> None:
        signs = happens(word, 46, lives.figures.number("signature_concerned"))
        _named(lives, *among(signs, who, day), f"{name}.cs", CS)
        _named(lives, *among(~signs, who, day), f"{name}.ca", CA)

    return step


def _abandon(lives: Lives, who: Array, day: Array, _word: Array) -> None:
    _named(lives, who, day, "abandoned.cs", CS)


# PINs


def _block(lives: Lives, who: Array, day: Array, word: Array) -> None:
    c = lives.columns
    lot = chance(word, 47) / 65536
    first, second, _ = np.cumsum(lives.figures.several("pins_which", 3))
    usable = lives.has_card(who, day) & ~c.face_only.take(who)
    resets = happens(word, 48, lives.figures.number("pins_reset"))
    for name, bit, needs, chosen in (
        ("signature_password", 0x10, 0x01, lot < first),
        ("user_pin", 0x20, 0x02, (lot >= first) & (lot < second)),
        ("text_aid_pin", 0x40, 0x00, lot >= second),
    ):
        pins = c.pins.take(who)
        able = chosen & usable & (pins & needs == needs) & (pins & bit == 0)
        lives.happen(*among(able, who, day), NUMBER[f"pin_blocked.{name}"])
        again = able & resets
        lives.happen(*among(again, who, day), NUMBER[f"pin_reset.{name}"])
        c.pins[who[able & ~resets]] |= bit


PAPERS: dict[str, Step] = {
    "authentications_ended": _end_both,
    "issue_signature": _issue_signature,
    "issues_abandoned": _abandon,
    "keys_leaked": _either("leaked"),
    "media_unusable": _either("unusable"),
    "pins_blocked": _block,
    "record_errors": _either("record_error"),
    "renew_certificates": _renew_certificates,
    "signatures_ended": _end_signature,
}
"""The step of each name."""
