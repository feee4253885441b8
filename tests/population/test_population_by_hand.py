"""Small cases worked out by hand, and the grids of validity against the law itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest

from jpki.law import (
    Rulebook,
    authentication_expiry,
    card_expiry,
    five_or_six,
    signature_expiry,
)
from jpki.terms import CertificateKind, RevocationReason
from simulator.population import Rules, law_under, shipped_figures
from simulator.population.arrays import Array, date_of, day_number
from simulator.population.columns import ABROAD, Columns
from simulator.population.happenings import NUMBER
from simulator.population.lives import CA, CS, MA, MS, Lives
from simulator.population.steps.phones import enrol
from simulator.population.tally import Tally
from simulator.population.validity import Grids, birthday_of

_FAR = date(9999, 12, 31)


@dataclass(slots=True)
class One:
    """A person of 1990-09-15 with a card of 2026-04-01, all four certificates, and a calendar."""

    lives: Lives
    who: Array

    def happen(self, name: str, on: date) -> None:
        self.lives.happen(self.who, _on(on), NUMBER[name])

    def ended(self) -> dict[int, tuple[date, str, str]]:
        rules = self.lives.law.effects.rules
        return {
            int(row[1][0]): (
                date_of(row[6][0]),
                RevocationReason(int(row[7][0])).rfc_name,
                rules[int(row[8][0])],
            )
            for row in self.lives.tally.ended
        }


def _on(on: date) -> Array:
    return np.array([day_number(on)], np.int32)


def one(**policies: str | bool) -> One:
    columns = Columns(1)
    columns.birth[:] = day_number(date(1990, 9, 15))
    columns.birthday[:], _ = birthday_of(columns.birth)
    columns.alive[:] = columns.registered[:] = columns.wants[:] = columns.inclined[:] = True
    columns.card[:], columns.card_made[:] = 1, day_number(date(2026, 4, 1))
    columns.card_ends[:] = day_number(date(2035, 9, 15))
    tally = Tally(1, with_events=False)
    law = law_under(Rules(policies))
    lives = Lives(columns, law, shipped_figures(), tally, 1, np.array([1.0]))
    who = np.array([0])
    lives.certify(who, _on(date(2026, 4, 1)))
    enrol(lives, who, _on(date(2026, 4, 1)), np.array([1], np.uint32))
    return One(lives, who)


def test_all_four_certificates_end_on_the_fifth_birthday() -> None:
    # 15 September comes for the first time in 2026 and for the fifth in 2030; the card ends later.
    ends = one().lives.columns.ends[:, 0]
    assert [date_of(each) for each in ends] == [date(2030, 9, 15)] * 4


def test_a_move_in_town_ends_both_signature_certificates_and_no_other() -> None:
    person = one()
    person.happen("amended.address", date(2027, 5, 5))
    told = "affiliationChanged"
    assert person.ended() == {
        CS: (date(2027, 5, 5), told, "amended.address.card-signature"),
        MS: (date(2027, 5, 5), told, "X-2.mobile-signature"),
    }
    assert person.lives.columns.status[:, 0].tolist() == [0, 1, 0, 1]


def test_death_ends_all_four() -> None:
    person = one()
    person.happen("deleted.death", date(2028, 2, 29))
    assert set(person.ended()) == {CS, CA, MS, MA}
    assert person.lives.columns.card[0] == 0


@pytest.mark.parametrize(("after", "status"), [("release", 1), ("reissue", 0)])
def test_what_becomes_of_a_hold_is_the_policy_s_to_say(after: str, status: int) -> None:
    person = one(card_auth_after_hold=after)
    person.happen("card_lost.call_centre", date(2027, 5, 5))
    assert person.lives.columns.status[CA, 0] == 2
    person.happen("card_lifted", date(2027, 5, 9))
    assert person.lives.columns.status[CA, 0] == status


def test_a_held_certificate_is_on_the_list_from_the_next_night_until_its_release_is() -> None:
    person = one()
    person.happen("card_lost.call_centre", date(2027, 5, 5))
    person.happen("card_lifted", date(2027, 5, 9))
    counts = person.lives.tally.close(day_number(date(2027, 5, 5)), day_number(date(2027, 5, 12)))
    # Lists are made at midnight: that of the 6th is the first to hold it, that of the 9th the last.
    # Row 0 is what was before the 5th. The phone's certificate is not held by the card's hold.
    proofs = np.cumsum(counts.listed[:, 1]).tolist()
    assert proofs == [0, 0, 1, 1, 1, 1, 0, 0, 0]
    # The signature certificates are revoked by the loss and stay until 2030-09-15.
    assert np.cumsum(counts.listed[:, 0]).tolist() == [0, 0, 2, 2, 2, 2, 2, 2, 2]


def test_a_certificate_issued_between_filing_and_departure_survives_the_departure() -> None:
    person = one()
    columns = person.lives.columns
    columns.move[:], columns.continued[:] = ABROAD, True
    columns.filed[:], columns.planned[:] = (day_number(date(2026, 3, d)) for d in (25, 26))
    columns.planned[:] = day_number(date(2026, 4, 10))
    person.happen("deleted.moved_abroad_continuing.nothing", date(2026, 4, 10))
    assert person.ended() == {}


def test_one_issued_before_filing_does_not() -> None:
    person = one()
    columns = person.lives.columns
    columns.move[:], columns.continued[:] = ABROAD, True
    columns.filed[:] = day_number(date(2026, 4, 2))
    columns.planned[:] = day_number(date(2026, 4, 10))
    person.happen("deleted.moved_abroad_continuing.nothing", date(2026, 4, 10))
    assert set(person.ended()) == {CS, MS}


def test_a_law_frozen_before_2024_lets_no_card_live_on_abroad() -> None:
    frozen = law_under(Rules(law_of=date(2024, 5, 26)))
    row = NUMBER["deleted.moved_abroad_continuing.nothing"]
    everything = np.array([31])
    late = _on(date(2026, 4, 10))
    assert frozen.effects.card[frozen.effects.rows(row, late, 0, everything)].tolist() == [1]
    today = law_under(Rules()).effects
    assert today.card[today.rows(row, late, 0, everything)].tolist() == [0]


@pytest.mark.parametrize(
    ("filed", "planned", "survives"),
    [(1, 1, True), (1, 10, True), (2, 10, False)],
    ids=["both days included", "in between", "issued the day before filing"],
)
def test_the_exception_of_a_departure_counts_both_its_days(
    filed: int, planned: int, survives: bool
) -> None:
    person = one()  # certified on 1 April 2026
    columns = person.lives.columns
    columns.move[:], columns.continued[:] = ABROAD, True
    columns.filed[:] = day_number(date(2026, 4, filed))
    columns.planned[:] = day_number(date(2026, 4, planned))
    person.happen("deleted.moved_abroad_continuing.nothing", date(2026, 4, planned))
    assert (person.ended() == {}) == survives


def test_an_entry_is_on_the_list_of_its_last_day_and_not_on_the_next() -> None:
    person = one()
    person.happen("ended.cs", date(2030, 9, 10))
    counts = person.lives.tally.close(day_number(date(2030, 9, 9)), day_number(date(2030, 9, 17)))
    # Revoked on the 10th, valid to the end of the 15th; lists are made at 0:00. The phone's falls
    # with the card's. Row 0: before the 9th.
    listed = np.cumsum(counts.listed[:, 0]).tolist()
    assert listed == [0, 0, 0, 2, 2, 2, 2, 2, 0, 0]


# Grids

_OTHERS = {"leap_day_certificate_birthday": "mar1", "age_reached_on": "eve"}


def _pairs() -> list[tuple[date, date]]:
    """Days of issue and birth: any, near a birthday, about eighteen and twenty, leap days.

    Round 2100, which has no 29 February, as well.
    """
    chance = random.Random(8)
    pairs = []
    for number in range(300):
        on = date(2091, 1, 1) + timedelta(days=chance.randrange(6600))
        birth = on - timedelta(days=chance.randrange(366, 33000))
        pairs.append((on, date(2096, 2, 29) if number % 9 == 0 and on.year > 2097 else birth))
    for number in range(2500):
        on = date(2016, 1, 1) + timedelta(days=chance.randrange(6000))
        birth = on - timedelta(days=chance.randrange(366, 33000))
        if number % 3 == 0:
            birth = date(on.year - chance.choice(range(16, 22)), birth.month, min(birth.day, 28))
        if number % 7 == 0:
            birth = date(chance.choice([1952, 1996, 2000, 2004]), 2, 29)
            on = date(chance.randrange(2016, 2033), 2, 27) + timedelta(days=number % 4)
        elif number % 5 == 0:
            on = date(on.year, birth.month, min(birth.day, 28)) + timedelta(days=number % 4 - 2)
        if date(2016, 1, 1) <= on and birth <= on:
            pairs.append((on, birth))
    return pairs


@pytest.mark.parametrize("policies", [{}, {**_OTHERS, "three_months_left": "same_day"}])
def test_grids_tell_what_the_law_tells(policies: dict[str, str]) -> None:
    book = Rulebook.default().with_(**policies)
    grids, pairs = Grids(book), _pairs()
    on, birth = (np.array([day_number(pair[at]) for pair in pairs], np.int32) for at in (0, 1))
    number, _ = birthday_of(birth)

    def told(law: Callable[[date, date], date]) -> list[int]:
        return [day_number(law(*pair)) for pair in pairs]

    for early in (False, True):
        wanted = told(
            lambda a, b, early=early: (
                card_expiry(a, b, issued_on=a, early_renewal=early, book=book).ends_on
            )
        )
        assert grids.card(on, birth, number, np.full(len(on), early)).tolist() == wanted
    for six in (False, True):
        kind = CertificateKind.CARD_AUTHENTICATION
        wanted = told(
            lambda a, b, six=six, kind=kind: (
                authentication_expiry(
                    a,
                    b,
                    card_expires_on=_FAR,
                    count=five_or_six(
                        kind, applied_on=a, current_expires_on=a if six else None, book=book
                    ),
                    book=book,
                ).ends_on
            )
        )
        assert grids.authentication(on, number, np.full(len(on), six)).tolist() == wanted
        kind = CertificateKind.CARD_SIGNATURE
        wanted = told(
            lambda a, b, six=six, kind=kind: (
                signature_expiry(
                    a,
                    b,
                    card_expires_on=_FAR,
                    authentication_expires_on=None,
                    count=five_or_six(
                        kind, applied_on=a, current_expires_on=a if six else None, book=book
                    ),
                    book=book,
                ).ends_on
            )
        )
        assert grids.signature(on, number, np.full(len(on), six)).tolist() == wanted


@pytest.mark.parametrize("counted", ["day_after", "same_day"])
def test_a_renewal_opens_when_the_law_says(counted: str) -> None:
    book = Rulebook.default().with_(three_months_left=counted)
    expires = [date(2028, 5, 28) + timedelta(days=n) for n in range(0, 400, 3)]
    opens = Grids(book).renewal_opens(
        CertificateKind.CARD_SIGNATURE, np.array([day_number(each) for each in expires], np.int32)
    )
    for end, first in zip(expires, map(date_of, opens), strict=True):
        for applied, birthdays in ((first - timedelta(days=1), 5), (first, 6)):
            found = five_or_six(
                CertificateKind.CARD_SIGNATURE,
                applied_on=applied,
                current_expires_on=end,
                book=book,
            )
            assert found.birthdays == birthdays, f"{applied} for {end}"
