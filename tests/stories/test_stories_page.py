"""The page about stories is true: its example passes, and it names everything there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.story import failure_text, read_story, run_story
from simulator.story.acts import ACTS
from simulator.story.grammar import SUBJECTS
from simulator.story.reading import PERSON, STEP, TOP, VARIANT

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "stories.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```toml\n(title_en.*?)```", PAGE, re.DOTALL)[0]
FAILURE = re.findall(r"```text\n(FAIL.*?)```", PAGE, re.DOTALL)[0]


def test_the_example_passes() -> None:
    reading = read_story(EXAMPLE, name="my-story", source="my-story.toml")
    assert reading.problems == ()
    assert reading.story is not None
    assert all(outcome.passed for outcome in run_story(reading.story))


def test_the_failure_shown_is_what_is_printed() -> None:
    text = EXAMPLE.replace('"R3 A R3c A"', '"R3 A A A"')
    reading = read_story(text, name="my-story", source="my-story.toml")
    assert reading.story is not None
    (outcome,) = run_story(reading.story)
    head, *difference = FAILURE.rstrip("\n").split("\n")
    assert head == f"FAIL  {outcome.name}  {outcome.story.title_en}"
    assert failure_text(outcome, "en").split("\n") == difference


@pytest.mark.parametrize(
    "word",
    [
        *ACTS,
        *(name for act in ACTS.values() for name in act.fields),
        *SUBJECTS,
        *(name for aspects in SUBJECTS.values() for name in aspects),
        *(key for key in (*PERSON, *STEP, *TOP, *VARIANT) if key not in ("step", "expect")),
    ],
)
def test_every_word_of_the_format_is_on_the_page(word: str) -> None:
    assert re.search(rf"[`\[]{word}[`\]]", PAGE), word
