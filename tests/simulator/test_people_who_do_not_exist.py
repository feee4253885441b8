"""Invented people: the same for a seed, plausible to a register, and nobody."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest

from jpki.certificates.attributes import BirthDate, Era
from jpki.jst import age_on
from jpki.life.events import Nationality
from simulator.agency.substitutes import in_repertoire, with_substitutes
from simulator.card.contents import with_check_digit
from simulator.municipalities import municipalities, municipality
from simulator.people import (
    HouseholdKind,
    HouseholdRole,
    impossible_my_number,
    invent_household,
    invent_people,
    moved_together,
)
from simulator.people.names import FAMILY_NAMES, GIVEN_NAMES, RARE_FAMILY_NAMES

ON = date(2026, 7, 1)
PEOPLE = invent_people("people", 2000, on=ON)


def test_the_same_seed_gives_the_same_people_and_another_gives_others() -> None:
    assert invent_people("people", 50, on=ON) == PEOPLE[:50]
    assert invent_people("other", 50, on=ON) != PEOPLE[:50]


def test_one_household_does_not_depend_on_how_many_were_asked_for() -> None:
    first = PEOPLE[0].household
    assert first == "H000001"
    assert invent_household("people", 1, on=ON) == tuple(
        each for each in PEOPLE if each.household == first
    )


def test_everybody_has_an_identifier_of_their_own() -> None:
    assert len({each.person_id for each in PEOPLE}) == len(PEOPLE)


def test_every_address_is_in_a_real_municipality_and_in_a_town_that_none_has() -> None:
    for each in PEOPLE:
        place = municipalities()[each.municipality.code]
        pattern = re.escape(place.full_name_ja) + r"模擬町[０-９]+－[０-９]+－[０-９]+"
        assert re.fullmatch(pattern, each.items.address)


def test_nobody_is_born_in_the_future_and_every_age_is_there() -> None:
    ages = [age_on(ON, each.items.birth_date) for each in PEOPLE]
    assert min(ages) >= 0
    assert max(ages) <= 113
    assert any(age < 1 for age in ages)
    assert any(age == 14 for age in ages)
    assert any(age == 15 for age in ages)
    assert any(age >= 100 for age in ages)
    # Taisho ended on 1926-12-25, so whoever is a hundred was born in it or before.
    eras = {BirthDate.of(each.items.birth_date).era for each in PEOPLE}
    assert eras >= {Era.TAISHO, Era.SHOWA, Era.HEISEI, Era.REIWA}


def test_the_oldest_were_born_in_meiji() -> None:
    # The oldest are 113 and Meiji ended on 1912-07-30: on a day in 2025 some are old enough.
    people = [
        each
        for number in range(300)
        for each in invent_household(
            "old", number, on=date(2025, 7, 1), kind=HouseholdKind.CENTENARIAN
        )
    ]
    assert Era.MEIJI in {BirthDate.of(each.items.birth_date).era for each in people}


@pytest.mark.parametrize("kind", HouseholdKind)
def test_a_household_lives_at_one_address_and_has_one_head(kind: HouseholdKind) -> None:
    for number in range(30):
        home = invent_household("homes", number, on=ON, kind=kind)
        assert len({each.items.address for each in home}) == 1
        assert Counter(each.role for each in home)[HouseholdRole.HEAD] == 1
        families = {each.items.name.partition("　")[0] for each in home}
        assert len(families) == 1


def test_twins_share_a_day_of_birth_and_differ_by_their_given_name() -> None:
    for number in range(40):
        *_, first, second = invent_household("twins", number, on=ON, kind=HouseholdKind.TWINS)
        assert first.items.birth_date == second.items.birth_date
        assert first.items.name != second.items.name
        assert first.person_id != second.person_id


def test_parents_are_grown_up_and_older_than_their_children() -> None:
    for number in range(60):
        home = invent_household("family", number, on=ON, kind=HouseholdKind.FAMILY)
        parents = [e for e in home if e.role in (HouseholdRole.HEAD, HouseholdRole.SPOUSE)]
        children = [e for e in home if e.role is HouseholdRole.CHILD]
        assert children
        assert all(age_on(ON, each.items.birth_date) >= 18 for each in parents)
        assert all(age_on(ON, each.items.birth_date) <= 18 for each in children)


def test_foreign_residents_have_alphabet_names_and_some_an_alias_or_an_end_of_stay() -> None:
    foreign = [each for each in PEOPLE if each.nationality is not Nationality.JAPANESE]
    assert all(re.fullmatch(r"[A-Z]+( [A-Z]+)+", each.items.name) for each in foreign)
    assert {bool(each.items.alias) for each in foreign} == {True, False}
    for each in foreign:
        limited = each.nationality is Nationality.FOREIGN_LIMITED
        assert (each.residence_ends_on is not None) == limited
        assert each.residence_ends_on is None or each.residence_ends_on > ON


def test_there_are_former_surnames_and_characters_that_need_a_substitute() -> None:
    assert any(each.items.former_name for each in PEOPLE)
    rare = [each for each in PEOPLE if not all(map(in_repertoire, each.items.name))]
    assert rare
    for each in rare:
        assert any(with_substitutes(each.items.name).substitutes)


def test_every_rare_name_has_a_substitute_and_every_common_one_needs_none() -> None:
    for name, _ in RARE_FAMILY_NAMES:
        assert any(with_substitutes(name).substitutes)
    given = [name for names in GIVEN_NAMES.values() for name in names]
    for name, reading in (*FAMILY_NAMES, *given):
        assert not any(with_substitutes(name).substitutes)
        assert re.fullmatch("[ァ-ヴー]+", reading)


def test_readings_are_given_when_they_are_asked_for_and_to_japanese_nationals() -> None:
    with_reading = invent_people("people", 300, on=ON, furigana=True)
    assert not any(each.items.furigana for each in PEOPLE)
    for each in with_reading:
        japanese = each.nationality is Nationality.JAPANESE
        assert bool(each.items.furigana) == japanese
    assert [each.items.name for each in with_reading] == [e.items.name for e in PEOPLE[:300]]


def test_a_household_moves_together_to_an_address_it_did_not_have() -> None:
    home = invent_household("people", 3, on=ON, kind=HouseholdKind.THREE_GENERATIONS)
    moved = moved_together("people", home, municipality("13103"), move=1)
    assert len({each.items.address for each in moved}) == 1
    assert moved[0].items.address.startswith("東京都港区模擬町")
    assert moved[0].items.address != home[0].items.address
    assert [each.person_id for each in moved] == [each.person_id for each in home]
    assert [each.items.name for each in moved] == [each.items.name for each in home]


def test_an_impossible_number_has_a_wrong_check_digit() -> None:
    # By the rule of 個人番号カード等命令 5, done by hand: 12345678901 has the digits, from
    # the right, 1 0 9 8 7 6 | 5 4 3 2 1 with the weights 2 3 4 5 6 7 | 2 3 4 5 6. The sum is
    # 2+0+36+40+42+42+10+12+12+10+6 = 212, and 11 - 212 % 11 = 11 - 3 = 8.
    assert with_check_digit("12345678901") == "123456789018"
    numbers = {impossible_my_number("people", each.person_id) for each in PEOPLE[:500]}
    assert len(numbers) == 500
    for number in numbers:
        assert re.fullmatch(r"\d{12}", number)
        assert with_check_digit(number[:11]) != number


def test_the_repr_of_an_invented_person_shows_neither_name_nor_address_nor_birth() -> None:
    for each in PEOPLE[:200]:
        shown = repr(each)
        assert each.items.name not in shown
        assert each.items.address not in shown
        assert str(each.items.birth_date) not in shown
        assert "datetime.date" not in shown
