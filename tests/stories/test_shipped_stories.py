"""The stories that come along: they read well, pass, and leave no row and no date out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from jpki.law import load
from jpki.law.model import MilestoneRow, PolicyRow
from jpki.law.rows import ActorRow, PermissionRow, StatementRow
from simulator.story import Story, read_file, run_variant, shipped_stories, story_files

FILES = story_files(())
SCENARIOS = {f"SC-{number:02}" for number in range(1, 22)}
EVENTS = {f"EV-{number:02}" for number in range(1, 84)}
# Flags that the engine asks for by name, beside the rows that begin or end on a day.
ASKED_FOR = {
    "card_substitute_service",
    "consent_support",
    "four_items_service",
    "furigana_in_signature",
    "mobile_biometric",
    "mobile_iphone",
    "no_photo_infant",
    "overseas_use",
    "pinless_card",
    "residence_card_combined",
}
# Flags of the same days from which nothing follows for a certificate, a card, a phone or a PIN.
NO_CONSEQUENCE = {"cloud", "fast_issue", "old_insurance_stop", "outsourced_verification"}
# Rows that people read, or that only a verifier is asked about; nothing in a life is computed from
# them. What verifiers may do has its own tests on both sides of each day.
READ_ONLY = (ActorRow, MilestoneRow, PermissionRow, PolicyRow, StatementRow)


@cache
def story(path: Path) -> Story:
    reading = read_file(path)
    assert reading.story is not None, [problem.text("en") for problem in reading.problems]
    return reading.story


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_story_is_as_it_says(path: Path) -> None:
    told = story(path)
    for variant in told.variants:
        outcome = run_variant(told, variant)
        assert outcome.difference is None, (outcome.name, outcome.difference)


def test_all_scenarios_are_stories_and_there_are_at_least_sixty_more() -> None:
    scenarios = {path.stem[:5].upper() for path in FILES if path.stem.startswith("sc-")}
    assert scenarios == SCENARIOS
    assert all(path.stem[:5].upper() in story(path).covers for path in FILES if "sc-" in path.stem)
    assert len([path for path in FILES if not path.stem.startswith("sc-")]) >= 60


def test_every_numbered_event_is_covered() -> None:
    covered = {each for path in FILES for each in story(path).covers}
    assert EVENTS - covered == set()
    assert {each for each in covered if each.startswith("EV-")} <= EVENTS


def test_what_a_story_covers_is_an_id_that_a_table_or_the_numbering_knows() -> None:
    table = load()
    known = {row.id for row in table.rows()} | {each for row in table.rows() for each in row.covers}
    numbered = re.compile(r"(SC|EV|K|X|T|V|D|C|U|R|FL|PN|KS|P|CO|VS|VO|ON|CR)-?\d+")
    strange = {
        each
        for path in FILES
        for each in story(path).covers
        if each not in known and not numbered.fullmatch(each)
    }
    assert strange == set()


def days(told: Story) -> Iterator[date]:
    """Yield every day that a story names, outside its people."""
    for variant in told.variants:
        for step in variant.steps:
            yield from (when.day for when in (step.on, step.known, step.recorded) if when)
            yield from (value for value in step.values.values() if isinstance(value, date))
        yield from (expectation.on.day for expectation in variant.expectations)


def boundaries() -> set[date]:
    """Return the days on which a row that something is computed from begins or ends."""
    rows = [row for row in load().rows() if not isinstance(row, READ_ONLY)]
    days = {row.since for row in rows} | {row.until for row in rows if row.until is not None}
    return days | {row.since for row in load().milestones if row.id in ASKED_FOR}


def told_on_both_sides(told: Story) -> Iterator[date]:
    """Yield the days on which a row the story covers begins, if the days around it are told."""
    begins = {row.id: row.since for row in load().rows()}
    named = set(days(told))
    for key in told.covers:
        first = begins.get(key)
        if first is not None and first - timedelta(days=1) in named:
            # On 1 January 2016 itself every counter was closed.
            after = {first + timedelta(days=number) for number in range(4)}
            if named & after:
                yield first


def test_both_sides_of_every_day_on_which_a_rule_begins_or_ends_are_told() -> None:
    told = {first for path in FILES for first in told_on_both_sides(story(path))}
    assert boundaries() - told == set()


def test_every_dated_flag_that_a_rule_depends_on_is_covered() -> None:
    covered = {each for path in FILES for each in story(path).covers}
    days_of_rules = boundaries()
    wanted = {row.id for row in load().milestones if row.since in days_of_rules}
    assert wanted - covered == NO_CONSEQUENCE


def test_the_folder_holds_stories_only() -> None:
    assert {path.suffix for path in shipped_stories().iterdir()} == {".toml"}


def test_no_person_shows_in_the_repr_of_a_story() -> None:
    told = story(FILES[0])
    member = told.people[0]
    assert {field.name for field in fields(member) if not field.repr} == {
        "name",
        "address",
        "former_name",
        "alias",
        "furigana",
    }
    assert member.name not in repr(told)
    assert member.address not in repr(told)
