"""Stories as parameters of a test, shipped ones and a project's own."""

from __future__ import annotations

import pytest

# Loaded before a run inside this process begins, because pytester forgets what that run imports
# and SQLAlchemy cannot be imported twice.
import simulator.pytest_plugin.assertions
import simulator.pytest_plugin.scene  # noqa: F401

LOAD = ("-p", "simulator.pytest_plugin.plugin", "-W", "error")

TEST = """
import pytest
from simulator.pytest_plugin.assertions import assert_story

@pytest.mark.jpki_story({names})
def test_it(story):
    assert_story(story)
    assert story.entries
"""
# A move is recorded a day later and revokes the signature certificate, so this story is wrong.
WRONG = """
title_en = "A move that changes nothing"
title_ja = "何も変わらない転居"

[[person]]
born = 1990-09-15

[[step]]
on = 2024-03-10
do = "issue_card"

[[step]]
on = 2026-08-03
do = "move"

[[expect]]
on = 2026-08-04
card_signature = "A"
"""


def run(pytester: pytest.Pytester, names: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(TEST.format(names=names))
    return pytester.runpytest_inprocess(*LOAD, *arguments)


def test_a_story_is_one_test_for_every_variant(pytester: pytest.Pytester) -> None:
    result = run(pytester, '"sc-01", "sc-02"', "-v")
    # sc-01 has no variants, sc-02 has four.
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(
        ["*test_it?sc-01-house-move?*", "*test_it?sc-02-renewal-one-day-early/a?*"]
    )


def test_a_name_ends_at_a_hyphen(pytester: pytest.Pytester) -> None:
    """``sc-0`` is the beginning of many names, and the name of none."""
    result = run(pytester, '"sc-0"')
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*no shipped story is called 'sc-0'*"])


def test_a_failing_story_shows_the_first_difference_with_its_chain(
    pytester: pytest.Pytester,
) -> None:
    pytester.path.joinpath("wrong.toml").write_text(WRONG, encoding="utf-8")
    result = run(pytester, '"wrong.toml"')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: wrong",
            "*wrong.toml:18:*card_signature",
            "*expected *A*",
            "*found *R3*",
            "*because *card_signature*",
            "*affiliationChanged*",
        ]
    )


def test_a_folder_of_stories_is_taken_whole(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("stories")
    for name in ("one", "two"):
        right = WRONG.replace('card_signature = "A"', 'card_signature = "R3"')
        (folder / f"{name}.toml").write_text(right, encoding="utf-8")
    run(pytester, '"stories"').assert_outcomes(passed=2)


def test_policies_of_the_marker_hold_for_stories(pytester: pytest.Pytester) -> None:
    """With three days from notice to record, the certificate is still active on the next day."""
    pytester.path.joinpath("late.toml").write_text(WRONG, encoding="utf-8")
    pytester.makepyfile(
        """
        import pytest
        from datetime import UTC, datetime
        from simulator.pytest_plugin.assertions import assert_story

        @pytest.mark.jpki(policies={"move_record_lag_days": 3})
        @pytest.mark.jpki_story("late.toml")
        def test_it(story):
            assert_story(story)
            state = story.state(datetime(2026, 8, 7, tzinfo=UTC))
            assert {one.state_at(state.at).value for one in state.certificates.values()} == {
                "active", "revoked"
            }
        """
    )
    pytester.runpytest_inprocess(*LOAD).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not toml", "*broken.toml*"),
        ("title_en = 5", "*not a story*"),
        (WRONG.replace('do = "move"', 'do = "fly"'), "*fly*"),
    ],
)
def test_a_file_that_is_no_story_stops_the_collection_and_is_named(
    pytester: pytest.Pytester, text: str, words: str
) -> None:
    pytester.path.joinpath("broken.toml").write_text(text, encoding="utf-8")
    result = run(pytester, '"broken.toml"')
    assert result.ret != 0
    result.stdout.fnmatch_lines([words])


def test_a_file_that_is_not_there_is_named(pytester: pytest.Pytester) -> None:
    result = run(pytester, '"nowhere.toml"')
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*nowhere.toml*there is no such story*"])


def test_the_marker_without_the_argument_is_a_mistake(pytester: pytest.Pytester) -> None:
    pytester.makepyfile('import pytest\n@pytest.mark.jpki_story("sc-01")\ndef test_it(): pass\n')
    result = pytester.runpytest_inprocess(*LOAD)
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*test_it*needs the argument 'story'*"])


def test_the_argument_without_the_marker_is_a_mistake(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(story): pass\n")
    result = pytester.runpytest_inprocess(*LOAD)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_it*'story' needs @pytest.mark.jpki_story*"])
