"""A story's text to a :class:`Story`, or to everything that is wrong with it.

Reading never stops at the first mistake: each is noted with its line and column, and what can still
be understood is read on. :func:`read_story` gives the story only when nothing was noted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jpki.errors import UnknownPolicy
from jpki.law import Policies, load
from jpki.law.model import Value
from jpki.life.events import EVENTS, Nationality
from jpki.terms import Sex
from simulator.story.acts import ACTS
from simulator.story.consistency import inconsistencies
from simulator.story.expectations import EXPECT, read_expectations
from simulator.story.fields import Field, Shape, event_fields, tellable
from simulator.story.model import Member, Step, Story, Variant
from simulator.story.notes import Desk
from simulator.story.parsing import parse
from simulator.story.places import Path, places_of
from simulator.story.problems import Problem, closest

__all__ = ["EXPECT", "PERSON", "STEP", "TOP", "VARIANT", "Reading", "read_story"]

TOP = ("title_en", "title_ja", "note", "covers", "policies", "person", "step", "expect", "variant")
VARIANT = ("id", "title_en", "title_ja", "note", "policies", "step", "expect")
STEP = ("on", "known", "recorded", "who", "event", "do", "refused", "note")
PERSON: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("id", Shape.TEXT),
        Field("born", Shape.DAY, required=True),
        Field("registered_on", Shape.DAY),
        Field("sex", Shape.CHOICE, (Sex,)),
        Field("nationality", Shape.CHOICE, (Nationality,)),
        Field("residence_ends_on", Shape.DAY),
        Field("municipality", Shape.TEXT),
        Field("name", Shape.TEXT),
        Field("address", Shape.TEXT),
        Field("former_name", Shape.TEXT),
        Field("alias", Shape.TEXT),
        Field("furigana", Shape.TEXT),
    )
}

# Invented, and so named that nobody can take it for real.
_NAMES = ("模擬　一子", "模擬　二郎", "模擬　三奈", "模擬　四郎")
_MUNICIPALITY = "13101"
_ADDRESS = "架空県架空市模擬町１"
_COVERED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a text: the story, or the problems in the order of their places."""

    source: str
    story: Story | None
    problems: tuple[Problem, ...]


def read_story(text: str, *, name: str, source: str) -> Reading:
    """Read the text of the story called ``name``; ``source`` is how problems name the file."""
    problems: list[Problem] = []
    content = parse(text, source=source, problems=problems)
    if content is None:
        return Reading(source, None, tuple(problems))
    story = _story(Desk(source, places_of(text), problems), content, name)
    if story is not None:
        problems += inconsistencies(story, complete=not problems)
    unique = {(each.place, each.code, each.message("en")): each for each in problems}
    ordered = tuple(sorted(unique.values(), key=lambda each: each.place))
    return Reading(source, None if ordered else story, ordered)


def _story(desk: Desk, content: dict[str, Any], name: str) -> Story | None:
    desk.known_keys(content, (), TOP)
    titles = [desk.text(content, (), key) for key in ("title_en", "title_ja")]
    covers = _covers(desk, content)
    people = _people(desk, content)
    if not people:
        desk.note("nobody", ())
        return None
    policies = _policies(desk, content, ())
    variants = _variants(desk, content, people, policies)
    return Story(name, desk.source, titles[0], titles[1], covers, people, variants)


def _covers(desk: Desk, content: dict[str, Any]) -> tuple[str, ...]:
    covered: list[str] = []
    for number, each in enumerate(desk.array(content, (), "covers")):
        path: Path = ("covers", number)
        if not isinstance(each, str) or not _COVERED.fullmatch(each):
            desk.wrong_type(path, "covers", Shape.TEXT)
        elif each in covered:
            desk.note("used-twice", path, value=each)
        else:
            covered.append(each)
    return tuple(covered)


# Who


def _people(desk: Desk, content: dict[str, Any]) -> tuple[Member, ...]:
    people: dict[str, Member] = {}
    for number, raw in enumerate(desk.tables(content, (), "person")):
        path: Path = ("person", number)
        desk.known_keys(raw, path, PERSON)
        said = desk.fields(raw, path, PERSON)
        born = said.get("born")
        if not isinstance(born, date):
            continue
        member = _member(said, born, number)
        if member.id in people:
            desk.note("used-twice", (*path, "id"), value=member.id)
        if member.registered_on < born:
            desk.note("before-birth", (*path, "registered_on"), day=member.registered_on)
        if member.registered_on < _began():
            where = (*path, "registered_on")
            desk.note("before-the-card", where, day=member.registered_on, began=_began())
        people[member.id] = member
    return tuple(people.values())


def _began() -> date:
    """Return the first day of what a story can tell."""
    return load().event("resident_registered").since


def _member(said: Mapping[str, Any], born: date, number: int) -> Member:
    return Member(
        id=said.get("id", f"person-{number + 1}"),
        born=born,
        registered_on=said.get("registered_on", max(born, _began())),
        sex=said.get("sex", Sex.FEMALE),
        nationality=said.get("nationality", Nationality.JAPANESE),
        residence_ends_on=said.get("residence_ends_on"),
        municipality=said.get("municipality", _MUNICIPALITY),
        name=said.get("name", _NAMES[number % len(_NAMES)]),
        address=said.get("address", _ADDRESS),
        former_name=said.get("former_name", ""),
        alias=said.get("alias", ""),
        furigana=said.get("furigana", ""),
    )


# Which policies


def _policies(desk: Desk, content: dict[str, Any], path: Path) -> dict[str, Value | int]:
    chosen: dict[str, Value | int] = {}
    default = Policies.default()
    for name, value in desk.table(content, path, "policies").items():
        where = (*path, "policies", name)
        if name not in default:
            desk.note("unknown-policy", where, value=name, **closest(name, default))
            continue
        try:
            default.with_(**{name: value})
        except (UnknownPolicy, TypeError):
            known = ", ".join(map(str, default.row(name).alternatives))
            desk.note("unknown-value", where, at_value=True, key=name, value=value, known=known)
            continue
        chosen[name] = value
    return chosen


# What happens


def _variants(
    desk: Desk,
    content: dict[str, Any],
    people: tuple[Member, ...],
    policies: dict[str, Value | int],
) -> tuple[Variant, ...]:
    steps = _steps(desk, content, (), people)
    expected = read_expectations(desk, content, (), people)
    found: dict[str, Variant] = {}
    for number, raw in enumerate(desk.tables(content, (), "variant")):
        path: Path = ("variant", number)
        desk.known_keys(raw, path, VARIANT)
        variant = Variant(
            id=desk.text(raw, path, "id"),
            title_en=desk.text(raw, path, "title_en"),
            title_ja=desk.text(raw, path, "title_ja"),
            policies={**policies, **_policies(desk, raw, path)},
            steps=(*steps, *_steps(desk, raw, path, people)),
            expectations=(*expected, *read_expectations(desk, raw, path, people)),
        )
        if variant.id in found:
            desk.note("used-twice", (*path, "id"), at_value=True, value=variant.id)
        found[variant.id] = variant
    return tuple(found.values()) or (Variant("", "", "", policies, steps, expected),)


def _steps(
    desk: Desk, content: dict[str, Any], path: Path, people: tuple[Member, ...]
) -> tuple[Step, ...]:
    steps = (
        _step(desk, raw, (*path, "step", number), people)
        for number, raw in enumerate(desk.tables(content, path, "step"))
    )
    return tuple(step for step in steps if step is not None)


def _step(desk: Desk, raw: dict[str, Any], path: Path, people: tuple[Member, ...]) -> Step | None:
    named = [key for key in ("event", "do") if key in raw]
    fields: Mapping[str, Field] | None = None
    if len(named) != 1:
        desk.note("event-or-act", path)
    else:
        fields = _fields_of(desk, raw[named[0]], (*path, named[0]), is_act=named[0] == "do")
    values: dict[str, object] = {}
    if fields is not None:
        desk.known_keys(raw, path, (*STEP, *fields))
        values = desk.fields(raw, path, fields)
    on = desk.when(raw, path, "on", required=True)
    known, recorded = (desk.when(raw, path, key) for key in ("known", "recorded"))
    who = desk.who(raw, path, people, needed=raw.get("event") != "issuer_key_compromised")
    refused = _refused(desk, raw, path)
    if fields is None or on is None or who is None:
        return None
    return Step(
        place=desk.places.of_key(path),
        who=who,
        name=str(raw[named[0]]),
        is_act=named[0] == "do",
        on=on,
        known=known,
        recorded=recorded,
        values=values,
        refused=refused,
    )


def _fields_of(desk: Desk, name: object, path: Path, *, is_act: bool) -> Mapping[str, Field] | None:
    if not isinstance(name, str):
        desk.wrong_type(path, str(path[-1]), Shape.TEXT)
        return None
    if is_act and name in ACTS:
        return ACTS[name].fields
    if not is_act and name in tellable():
        return event_fields(name)
    if not is_act and name in EVENTS:
        desk.note("not-for-stories", path, at_value=True, value=name)
        return None
    code, there_are = ("unknown-act", tuple(ACTS)) if is_act else ("unknown-event", tellable())
    desk.note(code, path, at_value=True, value=repr(name), **closest(name, there_are))
    return None


def _refused(desk: Desk, raw: dict[str, Any], path: Path) -> str | bool:
    refused = raw.get("refused", False)
    where = (*path, "refused")
    if isinstance(refused, str):
        ids = [row.id for row in load().rows()]
        if refused not in ids:
            near = closest(refused, ids)
            desk.note("unknown-rule", where, at_value=True, value=repr(refused), **near)
        return refused
    if refused is not True and "refused" in raw:
        desk.note(
            "wrong-type",
            where,
            at_value=True,
            key="refused",
            wanted="a row's id, or true",
            wanted_ja="行のidかtrue",
        )
    return bool(refused)
