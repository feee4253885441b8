"""Each case in ``tests/cases`` is a sentence, a day, a fact and what becomes of the four."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from jpki.law import Rulebook, load
from jpki.life.events import EVENTS, Event

FILE = Path(__file__).parent.parent / "cases" / "one_fact.toml"
CASES: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["case"]


def _event(fact: dict[str, Any]) -> Event:
    fields = {name: value for name, value in fact.items() if name not in ("event", "on")}
    if fact["event"] != "issuer_key_compromised":
        fields["person"] = "p"
    event: Event = TypeAdapter(EVENTS[fact["event"]]).validate_json(json.dumps(fields))
    return event


@pytest.mark.parametrize("case", CASES, ids=[f"{c['covers'][0]} {c['says']}" for c in CASES])
def test_a_fact_does_what_the_case_says(case: dict[str, Any], all_four: Callable) -> None:
    on = case["on"]
    book = Rulebook.default().with_(**case.get("policies", {}))
    has_phone = on > date(2023, 5, 11)
    early = on < date(2024, 7, 1)
    story = all_four(
        card_on=date(2022, 4, 1) if early else date(2024, 6, 1),
        phone_on=date(2023, 5, 11)
        if has_phone and early
        else date(2025, 7, 1)
        if has_phone
        else None,
        book=book,
    )
    assert story.marks() == ("A A A A" if has_phone else "A A - -")
    for earlier in case.get("first", ()):
        story.tell(date.fromisoformat(earlier["on"]), _event(earlier))
    serials = [record.serial for record in story.state.records("p")]
    story.tell(on, _event(case["fact"]), occurred_on=case.get("occurred_on"))
    assert story.marks() == case["outcome"]
    assert [record.serial for record in story.state.records("p")] == serials
    if "card" in case:
        assert story.state.person("p").card.state_at(story.now()) == case["card"]


def test_every_event_that_can_change_something_has_a_case() -> None:
    used = {c["fact"]["event"] for c in CASES}
    active = {
        name
        for rule in load().rules
        if rule.effect not in ("none", "through_card", "issue", "expire")
        for name in rule.event
        if not load().event(name).derived
    }
    # those told as stories, since they need something else to have happened before
    assert active - used == {
        "card_substitute_loss_reported",
        "deadline_passed",
        "departure_cancelled",
        "move_in_notified",
        "move_out_notified",
    }
