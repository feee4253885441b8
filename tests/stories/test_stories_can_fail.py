"""A story that expects the wrong thing fails there, says why, and nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum

import pytest

from jpki.life import CertificateState
from simulator.story import Outcome, Story, failure_text, read_file, read_story, run_story
from simulator.story import story_files as files
from simulator.story.marks import NONE, Mark
from simulator.story.model import Check, Expectation, Variant
from simulator.story.run import run_variant


def run(text: str) -> tuple[Outcome, ...]:
    reading = read_story(text, name="told", source="told.toml")
    assert reading.story is not None, [problem.text("en") for problem in reading.problems]
    return run_story(reading.story)


def failing(text: str) -> Outcome:
    (outcome,) = run(text)
    assert not outcome.passed
    return outcome


def test_the_good_story_passes(good: str) -> None:
    (outcome,) = run(good)
    assert outcome.passed
    assert failure_text(outcome, "en") == ""


def test_the_first_difference_comes_with_its_place_and_its_chain_of_causes(good: str) -> None:
    outcome = failing(good.replace('"R3 A R3c A"', '"R3 A A A"'))
    text = failure_text(outcome, "en").splitlines()
    # Line 31 of the story is the wrong one; the record is of nine o'clock in the morning.
    assert text[0] == "told.toml:31:1: 2026-08-04 23:59:59 JST person-1 mobile_signature"
    assert text[1].split() == ["expected", "A"]
    assert text[2].split() == ["found", "R3c"]
    assert "mobile_signature" in text[3]
    assert "X-2.mobile-signature" in text[4]
    assert "amended.address.card-signature" in text[5]
    assert "occurred on 2026-08-03, recorded at 2026-08-04 09:00:00 JST" in text[6]


def test_the_difference_is_told_in_japanese_too(good: str) -> None:
    text = failure_text(failing(good.replace('"R3 A R3c A"', '"A A R3c A"')), "ja")
    assert "期待" in text
    assert "公的個人認証法第12条第1項第1号" in text
    assert "住所の修正" in text


def test_the_reason_of_a_card_is_the_rule_that_ended_it(good: str) -> None:
    text = good.replace(
        'event = "resident_record_amended"\nitem = "address"',
        'event = "card_returned"\ncause = "voluntary"',
    ).replace('"R3 A R3c A"', '"R5 R5 R5c R5c"')
    outcome = failing(text)
    assert "[K-13]" in failure_text(outcome, "en")
    assert outcome.difference is not None
    assert (outcome.difference.expected.en, outcome.difference.found.en) == ("valid", "lapsed")


@pytest.mark.parametrize(
    ("refused", "expected", "found"),
    [
        ("true", "refused", "recorded"),
        ('"ON-4"', "refused by ON-4", "recorded"),
    ],
)
def test_a_step_that_is_not_refused_although_it_should_be_differs(
    good: str, refused: str, expected: str, found: str
) -> None:
    difference = failing(
        good.replace('do = "enrol_phone"', f'do = "enrol_phone"\nrefused = {refused}')
    ).difference
    assert difference is not None
    assert (difference.expected.en, difference.found.en) == (expected, found)
    assert difference.place.line == 15


def test_a_step_that_is_refused_differs_unless_that_rule_was_expected(good: str) -> None:
    early = good.replace("2025-07-01", "2023-05-10").replace("2024-06-01", "2023-05-01")
    unexpected = failing(early).difference
    assert unexpected is not None
    assert unexpected.expected.en == "recorded"
    assert "[mobile_device_enrolled" in unexpected.found.en
    other = failing(early.replace('do = "enrol_phone"', 'do = "enrol_phone"\nrefused = "ON-9"'))
    assert other.difference is not None
    assert other.difference.expected.en == "refused by ON-9"
    right = early.replace(
        'do = "enrol_phone"', 'do = "enrol_phone"\nrefused = "mobile_device_enrolled"'
    )
    expected = right.replace('"A A A A"', '"A A - -"').replace('"R3 A R3c A"', '"R3 A - -"')
    assert run(expected)[0].passed


def test_a_refused_act_leaves_nothing_behind(good: str) -> None:
    text = good.replace(
        'on = 2025-07-01\ndo = "enrol_phone"',
        'on = 2025-07-01\ndo = "enrol_phone"\nkinds = ["mobile_signature", "card_signature"]\n'
        'refused = "issued.card-signature"',
    )
    text = text.replace('"A A A A"', '"A A - -"').replace('"R3 A R3c A"', '"R3 A - -"')
    text += 'device = "none"\n'
    assert run(text)[0].passed


def test_the_same_story_gives_the_same_log(good: str) -> None:
    (one,), (two,) = run(good), run(good)
    assert [entry.to_json() for entry in one.entries] == [entry.to_json() for entry in two.entries]


# Every kind of expectation can fail


def wrong(check: Check) -> object:
    """Return something else than what a check wants."""
    wanted = check.wanted
    match wanted:
        case Mark():
            return Mark(CertificateState.HELD) if wanted.state is None else NONE
        case bool():
            return not wanted
        case date():
            return wanted + timedelta(days=1)
        case StrEnum():
            return next(each for each in type(wanted) if each is not wanted)
        case _:
            return "something else"


def one_of_each() -> Iterator[tuple[Story, Variant, Expectation, Check]]:
    """Yield the first check of every kind that the shipped stories make."""
    seen: set[tuple[str, str, bool]] = set()
    for path in files(()):
        story = read_file(path).story
        assert story is not None
        for variant in story.variants:
            for expectation in variant.expectations:
                for check in expectation.checks:
                    kind = (check.subject, check.aspect, check.previous)
                    if kind not in seen:
                        seen.add(kind)
                        yield story, variant, expectation, check


EACH = tuple(one_of_each())


def test_the_shipped_stories_use_most_kinds_of_expectation() -> None:
    assert len(EACH) >= 30


@pytest.mark.parametrize(
    ("story", "variant", "expectation", "check"),
    [pytest.param(*each, id=each[3].key) for each in EACH],
)
def test_a_wrong_expectation_fails_where_it_stands(
    story: Story, variant: Variant, expectation: Expectation, check: Check
) -> None:
    mutant = replace(check, wanted=wrong(check))
    checks = tuple(mutant if each is check else each for each in expectation.checks)
    changed = replace(expectation, checks=checks)
    expectations = tuple(changed if e is expectation else e for e in variant.expectations)
    outcome = run_variant(story, replace(variant, expectations=expectations))
    assert outcome.difference is not None
    assert (outcome.difference.place, outcome.difference.key) == (check.place, check.key)
