"""Stories to draw: all that are shipped, and small ones of our own."""

from __future__ import annotations

import pytest

from simulator.pictures import Picture, pictures_of
from simulator.story import Outcome, read_file, read_story, run_story, shipped_stories, story_files

TINY = """\
title_en = "A card"
title_ja = "カード"
covers = ["EV-01"]

[[person]]
born = 1990-09-15
name = "植田 名子"
address = "植田県植田市1-1"

[[step]]
on = 2024-06-01
do = "issue_card"

[[expect]]
on = 2024-06-01
card = "valid"
"""

PHONE = """\
[[step]]
on = 2025-07-01
do = "enrol_phone"

[[step]]
on = 2026-08-03
event = "resident_record_amended"
item = "address"
value = "植田県植田市2-2"
recorded = 2026-08-04
"""


def outcome_of(content: str, name: str = "own") -> Outcome:
    """Run a story of one variant."""
    reading = read_story(content, name=name, source=f"{name}.toml")
    assert reading.story is not None, reading.problems
    (outcome,) = run_story(reading.story)
    return outcome


def moved(policies: str = "", wanted: str = "R3 A R3c A") -> Outcome:
    """Run the story of somebody who has a card and a phone and moves."""
    head = TINY.replace("[[person]]", f"{policies}\n[[person]]", 1)
    expected = f'\n[[expect]]\non = 2026-08-05\ncertificates = "{wanted}"\n'
    return outcome_of(head + PHONE + expected)


@pytest.fixture(scope="session")
def shipped() -> dict[str, Picture]:
    """Every person of every run of every shipped story, as a picture."""
    drawn = {}
    for path in story_files([shipped_stories()]):
        story = read_file(path).story
        assert story is not None
        for outcome in run_story(story):
            for picture in pictures_of(outcome):
                drawn[f"{outcome.name} {picture.person}"] = picture
    return drawn
