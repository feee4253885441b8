"""Marked texts, names with brackets, readings and the address of a holder who moved abroad."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from jpki.certificates import (
    BasicAttributes,
    BracketNotation,
    MarkedText,
    OtherName,
    OverseasNotation,
)
from jpki.errors import ImpossibleFact
from jpki.terms import Sex

HOLDER = BasicAttributes.of(
    name="霞原　桜子", birth_date=date(1980, 2, 17), sex=Sex.FEMALE, address="霞野区本町１"
)


def split(name: str, notation: BracketNotation | None = None) -> tuple[str, list[str]]:
    found = (notation or BracketNotation()).split(MarkedText.plain(name))
    assert found.whole.reveal() == name
    return found.outside.reveal(), [part.reveal() for part in found.bracketed]


@pytest.mark.parametrize(
    ("name", "outside", "bracketed"),
    [
        ("霞原　桜子", "霞原　桜子", []),
        ("霞原（旧野）　桜子", "霞原　桜子", ["旧野"]),
        ("KASUMI JANE(霞　じぇーん)", "KASUMI JANE", ["霞　じぇーん"]),
        ("霞原［旧野］　桜子（通称）", "霞原　桜子", ["旧野", "通称"]),
        ("霞原（桜子", "霞原（桜子", []),
        ("霞原）桜子（", "霞原）桜子（", []),
        ("霞原()", "霞原", [""]),
        ("", "", []),
    ],
)
def test_what_stands_in_brackets_is_told_from_the_name(
    name: str, outside: str, bracketed: list[str]
) -> None:
    assert split(name) == (outside, bracketed)


def test_without_brackets_in_the_notation_a_name_is_read_as_it_stands() -> None:
    assert split("霞原（旧野）", BracketNotation(pairs=())) == ("霞原（旧野）", [])


def test_marks_stay_with_their_characters_when_a_name_is_split() -> None:
    marks = tuple(mark == "1" for mark in "010010")
    found = BracketNotation().split(MarkedText("霞原（旧野）", marks))
    assert found.outside.substitutes == (False, True)
    assert found.bracketed[0].substitutes == (False, True)


def test_a_text_has_one_mark_for_each_character() -> None:
    assert len(MarkedText("霞原", (False, True))) == 2
    for marks in ((False,), (False,) * 3):
        with pytest.raises(ImpossibleFact):
            MarkedText("霞原", marks)


def test_a_text_shows_itself_only_when_it_is_asked_to() -> None:
    name = HOLDER.marked_name()
    assert name.reveal() == "霞原　桜子"
    for shown in (repr(name), str(name), f"{name}", repr(HOLDER.recorded_name())):
        assert "霞" not in shown


def test_a_reading_is_found_under_the_type_that_the_caller_names() -> None:
    type_id = "1.2.3.4"
    holder = replace(HOLDER, extras=(OtherName(type_id, b"", "カスミハラ　サクラコ"),))
    found = holder.reading(reading_type=type_id)
    assert found is not None
    assert found.reveal() == "カスミハラ　サクラコ"
    assert holder.reading(reading_type="1.2.3.5") is None
    assert HOLDER.reading(reading_type=type_id) is None


def test_a_reading_that_is_no_text_is_none() -> None:
    holder = replace(HOLDER, extras=(OtherName("1.2.3.4", b"\x04\x00", None),))
    assert holder.reading(reading_type="1.2.3.4") is None


def test_who_lives_abroad_is_recognised_by_words_or_by_what_the_caller_says() -> None:
    abroad = replace(HOLDER, address="国外転出　令和８年１月１日")
    assert abroad.lives_abroad()
    assert not HOLDER.lives_abroad()
    assert not abroad.lives_abroad(OverseasNotation(words=()))
    assert HOLDER.lives_abroad(OverseasNotation(recognise=lambda text: text.endswith("１")))
