"""Addresses and names compared as practice writes them: a table of pairs, and properties of all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki.certificates import BasicAttributes, BirthDate, MarkedText
from jpki.errors import ImpossibleFact
from jpki.matching import (
    STRICT,
    Answer,
    Brackets,
    CustomerRecord,
    Item,
    ItemMatch,
    MatchPolicy,
    Outcome,
    Step,
    Why,
    match,
)
from jpki.matching.addresses import kanji_number
from jpki.matching.texts import compare_texts, normalise
from jpki.terms import Sex
from tests.matching.address_cases import ADDRESSES
from tests.matching.people import PERSON

TOLERANT = MatchPolicy()


def addresses(one: str, other: str, policy: MatchPolicy = TOLERANT, marks: str = "") -> ItemMatch:
    flags = tuple(mark == "1" for mark in marks) or (False,) * len(one)
    left, right = MarkedText(one, flags), MarkedText.plain(other)
    return compare_texts(left, right, Item.ADDRESS, policy)


@pytest.mark.parametrize(("recorded", "said", "answer", "overlooked"), ADDRESSES)
def test_a_pair_of_addresses_is_answered_as_practice_has_it(
    recorded: str, said: str, answer: Answer, overlooked: set[Step]
) -> None:
    found = addresses(recorded, said)
    assert (found.answer, set(found.overlooked)) == (answer, overlooked)


@pytest.mark.parametrize(("recorded", "said", "answer", "overlooked"), ADDRESSES)
def test_the_answer_does_not_depend_on_who_wrote_which(
    recorded: str, said: str, answer: Answer, overlooked: set[Step]
) -> None:
    found = addresses(said, recorded)
    assert (found.answer, set(found.overlooked)) == (answer, overlooked)


@pytest.mark.parametrize(("recorded", "said", "answer", "overlooked"), ADDRESSES)
def test_nothing_is_overlooked_that_the_policy_does_not_tolerate(
    recorded: str, said: str, answer: Answer, overlooked: set[Step]
) -> None:
    found = addresses(recorded, said, STRICT)
    assert found.answer is (Answer.SAME if recorded == said else Answer.DIFFERENT)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("一", "1"), ("十", "10"), ("十三", "13"), ("二十", "20"), ("二十三", "23"),
        ("百", "100"), ("百二", "102"), ("三百四十五", "345"), ("千", "1000"),
        ("二千二十", "2020"), ("〇", "0"), ("零", "0"), ("一〇一", "101"), ("二三", "23"),
        ("十十", None), ("二三十", None), ("百千", None), ("十〇", None), ("", None),
        ("十三三", None),
    ],
)  # fmt: skip
def test_a_kanji_numeral_is_one_number_or_none(text: str, digits: str | None) -> None:
    assert kanji_number(text) == digits


# Choices of the policy, both ways


def test_a_block_is_a_lot_only_where_the_policy_says_so() -> None:
    lenient = MatchPolicy(block_is_lot=True)
    assert addresses("本町1番地2", "本町1番2", TOLERANT).answer is Answer.DIFFERENT
    found = addresses("本町1番地2", "本町1番2", lenient)
    assert (found.answer, found.overlooked) == (
        Answer.SAME_AFTER_NORMALISATION,
        (Step.NUMBERING,),
    )


def test_kyoto_streets_may_be_left_out_only_where_the_policy_says_so() -> None:
    pair = ("京都市霞京区寺前通御池上る桜町1", "京都市霞京区桜町1")
    lenient = MatchPolicy(tolerates=frozenset(Step))
    assert addresses(*pair).answer is Answer.DIFFERENT
    found = addresses(*pair, lenient)
    assert (found.answer, found.overlooked) == (
        Answer.SAME_AFTER_NORMALISATION,
        (Step.KYOTO_STREETS,),
    )
    another = "京都市霞京区寺前通御池下る桜町1"
    assert addresses(pair[0], another, lenient).answer is Answer.DIFFERENT


def test_variants_are_taken_for_one_another_only_by_a_table_that_was_given() -> None:
    given_table = MatchPolicy(variants={"邊": "辺"})
    assert addresses("渡邊町1", "渡辺町1").answer is Answer.DIFFERENT
    found = addresses("渡邊町1", "渡辺町1", given_table)
    assert (found.answer, found.overlooked) == (Answer.SAME_AFTER_NORMALISATION, (Step.VARIANT,))


@pytest.mark.parametrize(
    "table", [{"㈱": "株式"}, {"": "辺"}, {"邊": "邉", "邉": "辺"}, {"辺": "辺"}]
)
def test_a_table_of_variants_maps_single_characters_to_final_ones(table: dict[str, str]) -> None:
    with pytest.raises(ImpossibleFact):
        MatchPolicy(variants=table)


# Substitutes


def test_a_marked_character_fits_any_single_one_and_is_told_by_its_place() -> None:
    found = addresses("渡辺町１－２", "渡邊町1-2", marks="010000")
    assert (found.answer, found.positions) == (Answer.SUBSTITUTE, (1,))
    assert found.overlooked == (Step.WIDTH,)


def test_a_marked_character_fits_neither_none_nor_two() -> None:
    assert addresses("渡辺町1", "渡町1", marks="0100").answer is Answer.DIFFERENT
    assert addresses("渡辺町1", "渡邊邉町1", marks="0100").answer is Answer.DIFFERENT


def test_what_is_not_marked_must_still_agree() -> None:
    assert addresses("渡辺町1", "渡邊町2", marks="0100").answer is Answer.DIFFERENT


def test_a_marked_character_is_told_even_where_the_texts_are_equal() -> None:
    found = addresses("渡辺町1", "渡辺町1", marks="0100")
    assert (found.answer, found.positions) == (Answer.SUBSTITUTE, (1,))


def test_places_count_the_characters_as_recorded() -> None:
    # 本町二丁目３番　〓桜: the mark is on the tenth character, behind what is normalised.
    found = addresses("本町二丁目３番　ｶﾞ〓桜", "本町2-3ガ櫻桜", marks="00000000" + "00" + "10")
    assert (found.answer, found.positions) == (Answer.SUBSTITUTE, (10,))


def test_a_marked_numeral_is_not_read_as_a_number() -> None:
    assert addresses("本町二丁目", "本町弐丁目", marks="00100").answer is Answer.SUBSTITUTE
    assert addresses("本町二十丁目", "本町20丁目", marks="001000").answer is Answer.DIFFERENT


# Four items


person = partial(replace, PERSON)


ELSEWHERE = "東京都霞野区本町2-3-5"
BORN = date(1980, 2, 17)
NEXT_DAY = date(1980, 2, 18)
RECORD = CustomerRecord("霞原桜子", date(1980, 2, 17), Sex.FEMALE, "東京都霞野区本町2-3-4")


def answers(attributes: BasicAttributes, record: CustomerRecord, policy: MatchPolicy) -> list[str]:
    return [one.answer.value for one in match(attributes, record, policy=policy).items]


def test_four_items_of_one_person_are_the_same_after_normalisation() -> None:
    report = match(person(), RECORD)
    assert report.outcome is Outcome.SAME
    assert report.of(Item.NAME).overlooked == (Step.SPACES,)
    assert answers(person(), RECORD, TOLERANT) == [
        "same_after_normalisation",
        "same",
        "same",
        "same_after_normalisation",
    ]


@pytest.mark.parametrize(
    ("record", "item"),
    [
        (CustomerRecord("霞原花子", BORN, Sex.FEMALE, RECORD.address), Item.NAME),
        (CustomerRecord("霞原桜子", NEXT_DAY, Sex.FEMALE, RECORD.address), Item.BIRTH_DATE),
        (CustomerRecord("霞原桜子", BORN, Sex.MALE, RECORD.address), Item.SEX),
        (CustomerRecord("霞原桜子", BORN, Sex.FEMALE, ELSEWHERE), Item.ADDRESS),
    ],
)  # fmt: skip
def test_one_item_that_differs_makes_the_whole_different(
    record: CustomerRecord, item: Item
) -> None:
    report = match(person(), record)
    assert report.outcome is Outcome.DIFFERENT
    assert [one.item for one in report.items if one.answer is Answer.DIFFERENT] == [item]


def test_three_items_leave_the_sex_out() -> None:
    record = CustomerRecord("霞原桜子", date(1980, 2, 17), Sex.MALE, RECORD.address)
    report = match(person(), record, policy=MatchPolicy(sex=False))
    assert report.outcome is Outcome.SAME
    assert report.of(Item.SEX).why is Why.LEFT_OUT


@pytest.mark.parametrize(
    ("attributes", "record", "item", "why"),
    [
        (person(), replace(RECORD, name=None), Item.NAME, Why.NOT_IN_RECORD),
        (person(), replace(RECORD, birth_date=None), Item.BIRTH_DATE, Why.NOT_IN_RECORD),
        (person(), replace(RECORD, sex=None), Item.SEX, Why.NOT_IN_RECORD),
        (person(), replace(RECORD, address=None), Item.ADDRESS, Why.NOT_IN_RECORD),
        (person(sex=Sex.UNKNOWN), RECORD, Item.SEX, Why.UNKNOWN_CODE),
        (person(name_substitutes=(True,)), RECORD, Item.NAME, Why.MARKS_NOT_ALIGNED),
        (
            person(address="国外転出", address_substitutes=(False,) * 4),
            RECORD,
            Item.ADDRESS,
            Why.LIVES_ABROAD,
        ),
    ],
)
def test_what_cannot_be_compared_decides_nothing(
    attributes: BasicAttributes, record: CustomerRecord, item: Item, why: Why
) -> None:
    report = match(attributes, record)
    assert report.of(item).why is why
    assert report.outcome is Outcome.UNDECIDED


def test_a_birth_without_a_certain_day_decides_nothing() -> None:
    incomplete = BirthDate.read("319800200")
    report = match(person(birth_date=incomplete), RECORD)
    assert report.of(Item.BIRTH_DATE).why is Why.INCOMPLETE_DATE
    assert report.outcome is Outcome.UNDECIDED


def test_marks_that_do_not_align_are_no_matter_where_none_is_set() -> None:
    assert match(person(name_substitutes=(False,)), RECORD).outcome is Outcome.SAME


def test_a_part_in_brackets_counts_only_where_the_policy_says_so() -> None:
    attributes = person(name="霞原（旧野）　桜子", name_substitutes=(False,) * 9)
    assert match(attributes, RECORD).outcome is Outcome.DIFFERENT
    found = match(attributes, RECORD, policy=MatchPolicy(brackets=Brackets.EITHER))
    assert found.of(Item.NAME).overlooked == (Step.SPACES, Step.BRACKETS)


def test_a_substitute_in_a_name_with_brackets_is_told_by_its_place_in_the_whole() -> None:
    marks = tuple(mark == "1" for mark in "000000010")
    attributes = person(name="霞原（旧野）　桜子", name_substitutes=marks)
    found = match(attributes, RECORD, policy=MatchPolicy(brackets=Brackets.EITHER))
    assert found.of(Item.NAME).positions == (7,)


def test_a_foreign_name_is_compared_without_case_and_width() -> None:
    name = "ＫＡＳＵＭＩ　ＪＡＮＥ"
    attributes = person(name=name, name_substitutes=(False,) * len(name))
    record = CustomerRecord("Kasumi Jane", RECORD.birth_date, RECORD.sex, RECORD.address)
    found = match(attributes, record).of(Item.NAME)
    assert (found.answer, found.overlooked) == (
        Answer.SAME_AFTER_NORMALISATION,
        (Step.WIDTH, Step.SPACES, Step.CASE),
    )


def test_a_numeral_in_a_name_is_never_a_number() -> None:
    attributes = person(name="二号　一", name_substitutes=(False,) * 4)
    record = CustomerRecord("2号1", RECORD.birth_date, RECORD.sex, RECORD.address)
    assert match(attributes, record).of(Item.NAME).answer is Answer.DIFFERENT


def test_no_value_shows_in_a_repr() -> None:
    attributes = person()
    report = match(attributes, RECORD)
    shown = repr((report, RECORD, attributes.marked_name(), str(attributes.marked_address())))
    shown += repr(normalise(attributes.marked_address(), Item.ADDRESS, TOLERANT))
    shown += repr(attributes.recorded_name())
    for value in ("霞", "桜", "1980", "本町"):
        assert value not in shown


# Properties

SIGNS = "0129一二三十百〇町村字大丁目番地号室のノーｰ-－ 　条北上る入京都市区ヶケＡaｶﾞ館棟"
TEXTS = st.text(alphabet=SIGNS, max_size=24)


@given(TEXTS)
def test_a_text_is_itself(text: str) -> None:
    assert addresses(text, text).answer is Answer.SAME


@given(TEXTS, TEXTS)
@settings(max_examples=400)
def test_comparing_is_symmetric(one: str, other: str) -> None:
    there, back = addresses(one, other), addresses(other, one)
    assert (there.answer, there.overlooked) == (back.answer, back.overlooked)


@given(TEXTS)
@settings(max_examples=1000)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(MarkedText.plain(text), Item.ADDRESS, TOLERANT).reveal()
    twice = normalise(MarkedText.plain(once), Item.ADDRESS, TOLERANT).reveal()
    assert twice == once


@given(TEXTS)
@settings(max_examples=400)
def test_a_text_and_its_normal_form_are_the_same_and_it_is_told_why(text: str) -> None:
    normal = normalise(MarkedText.plain(text), Item.ADDRESS, TOLERANT).reveal()
    found = addresses(text, normal)
    if text == normal:
        assert found.answer is Answer.SAME
    else:
        assert found.answer is Answer.SAME_AFTER_NORMALISATION
        assert found.overlooked


@given(TEXTS.filter(str.strip), st.sampled_from([Item.NAME, Item.ADDRESS]), st.data())
@settings(max_examples=400)
def test_a_marked_place_is_told_and_never_makes_a_text_differ_from_itself(
    text: str, item: Item, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from([n for n, sign in enumerate(text) if not sign.isspace()]))
    marks = tuple(number == place for number in range(len(text)))
    found = compare_texts(MarkedText(text, marks), MarkedText.plain(text), item, MatchPolicy())
    assert found.answer is Answer.SUBSTITUTE
    assert found.positions == (place,)


def test_a_mark_on_a_unit_hides_no_agreement() -> None:
    assert addresses("本町二丁目３", "本町二丁目3", marks="000100").positions == (3,)
    assert addresses("本町二丁目３", "本町二丁目4", marks="000100").answer is Answer.DIFFERENT
