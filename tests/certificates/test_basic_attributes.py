"""The four attributes: eras, dates of birth and substitute marks."""

from __future__ import annotations

from datetime import date

import pytest

from jpki.certificates.attributes import (
    AttributeId,
    BasicAttributes,
    BirthDate,
    Era,
    read_flags,
    write_flags,
)
from jpki.errors import ImpossibleFact
from jpki.terms import Sex


@pytest.mark.parametrize(
    ("day", "era"),
    [
        (date(1912, 7, 29), Era.MEIJI),
        (date(1912, 7, 30), Era.TAISHO),
        (date(1926, 12, 24), Era.TAISHO),
        (date(1926, 12, 25), Era.SHOWA),
        (date(1989, 1, 7), Era.SHOWA),
        (date(1989, 1, 8), Era.HEISEI),
        (date(2019, 4, 30), Era.HEISEI),
        (date(2019, 5, 1), Era.REIWA),
        (date(1868, 1, 24), Era.UNKNOWN),
    ],
)
def test_an_era_begins_on_its_first_day(day: date, era: Era) -> None:
    assert Era.of(day) is era


def test_a_date_of_birth_is_an_era_digit_and_a_gregorian_date() -> None:
    birth = BirthDate.of(date(1980, 2, 17))
    assert birth.text == "319800217"
    assert BirthDate.read("319800217") == birth


def test_a_date_of_birth_without_a_certain_day_keeps_its_text() -> None:
    birth = BirthDate.read("319800200")
    assert birth is not None
    assert (birth.era, birth.text, birth.day) == (Era.SHOWA, "319800200", None)


@pytest.mark.parametrize("text", ["", "19800217", "3198002170", "619800217", "３19800217"])
def test_what_is_not_nine_digits_with_an_era_is_no_date_of_birth(text: str) -> None:
    assert BirthDate.read(text) is None


def test_marks_are_one_digit_a_character() -> None:
    assert read_flags("0100") == (False, True, False, False)
    assert write_flags((False, True, False, False)) == "0100"
    assert read_flags("0200") is None
    assert read_flags("０") is None


def test_attributes_made_from_words_have_a_mark_for_each_character() -> None:
    made = BasicAttributes.of(
        name="黒桐　幹也",
        birth_date=date(1995, 8, 1),
        sex=Sex.MALE,
        address="東京都清瀬市観布子南１２－７－２０２",
    )
    assert write_flags(made.name_substitutes) == "00000"
    assert write_flags(made.address_substitutes) == "0" * 18
    assert made.aligned
    assert not made.uncertain_name
    assert not made.uncertain_address


def test_a_holder_without_a_name_is_impossible() -> None:
    with pytest.raises(ImpossibleFact):
        BasicAttributes.of(name="", birth_date=date(1995, 8, 1), sex=Sex.MALE, address="東京都")


def test_the_items_stand_in_the_order_of_the_real_certificates() -> None:
    assert [one.removeprefix("1.2.392.200149.8.5.5.") for one in AttributeId.IN_ORDER] == [
        "1",
        "4",
        "3",
        "5",
        "2",
        "6",
    ]
