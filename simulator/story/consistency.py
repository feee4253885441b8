"""What is wrong with a story although every part of it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from jpki.jst import end_of_day
from simulator.story.marks import Mark
from simulator.story.model import Check, Expectation, Member, Step, Story, Variant
from simulator.story.places import Place
from simulator.story.problems import Problem

__all__ = ["inconsistencies", "instant_of"]


def inconsistencies(story: Story, *, complete: bool) -> list[Problem]:
    """Return the problems between the parts of a story, variant by variant.

    What is missing is looked for only when every part could be read (``complete``).
    """
    return [
        Problem(story.source, place, code, words)
        for variant in story.variants
        for place, code, words in _found(story, variant, complete=complete)
    ]


_Found = Iterator[tuple[Place, str, dict[str, object]]]


def _found(story: Story, variant: Variant, *, complete: bool) -> _Found:
    people = {member.id: member for member in story.people}
    for step in variant.steps:
        yield from _of_step(step, people[step.who])
    for each in variant.expectations:
        if each.on.day < people[each.who].registered_on:
            yield each.place, "before-registration", {"day": each.on.day}
    yield from _order(variant.steps)
    yield from _contradictions(variant)
    if not complete:
        return
    yield from _expected_too_early(variant)
    yield from _without_comparison(variant)
    if not variant.expectations and not any(step.refused for step in variant.steps):
        yield _end(variant), "expects-nothing", {}


def _end(variant: Variant) -> Place:
    return variant.steps[-1].place if variant.steps else Place(1, 1)


def _of_step(step: Step, member: Member) -> _Found:
    if step.on.day < member.born:
        yield step.place, "before-birth", {"day": step.on.day}
    elif step.written.day < member.registered_on:
        yield step.place, "before-registration", {"day": step.written.day}
    known = step.known or step.on
    if known.before(step.on) or step.written.before(known):
        yield step.place, "clocks", {}


def _order(steps: tuple[Step, ...]) -> _Found:
    for above, step in pairwise(steps):
        if step.written.before(above.written):
            yield step.place, "out-of-order", {"day": step.written.day}


def _expected_too_early(variant: Variant) -> _Found:
    first = min((step.on.day for step in variant.steps), default=None)
    for each in variant.expectations:
        if first is None or each.on.day < first:
            yield each.place, "before-first-step", {"day": each.on.day}


def _contradictions(variant: Variant) -> _Found:
    said: dict[tuple[object, ...], Check] = {}
    for expectation in variant.expectations:
        for check in expectation.checks:
            key = (expectation.who, instant_of(expectation), check.key, check.asking)
            other = said.setdefault(key, check)
            if not _agree(check.wanted, other.wanted):
                words: dict[str, object] = {
                    "key": check.key,
                    "value": check.wanted,
                    "other": other.wanted,
                    "line": other.place.line,
                }
                yield check.place, "contradiction", words


def _agree(one: object, other: object) -> bool:
    if isinstance(one, Mark) and isinstance(other, Mark):
        return one.fits(other) or other.fits(one)
    return one == other


def _without_comparison(variant: Variant) -> _Found:
    seen: set[tuple[str, str]] = set()
    for expectation in sorted(variant.expectations, key=instant_of):
        for check in expectation.checks:
            subject = (expectation.who, check.subject)
            if check.aspect == "serial" and subject not in seen:
                yield check.place, "nothing-to-compare", {"key": check.subject}
        seen |= {(expectation.who, check.subject) for check in expectation.checks}


def instant_of(expectation: Expectation) -> datetime:
    """Return the instant an expectation speaks of: a day means its last second in Japan."""
    return expectation.on.at or end_of_day(expectation.on.day)
