"""Reading what has to be so: ``[[expect]]`` tables to checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jpki.law import load
from simulator.story.fields import Shape
from simulator.story.grammar import CERTIFICATES, KINDS, QUESTIONS, SUBJECTS
from simulator.story.marks import Mark, read_mark
from simulator.story.model import Check, Expectation, Member
from simulator.story.notes import Desk
from simulator.story.places import Path
from simulator.story.problems import closest

__all__ = ["EXPECT", "read_expectations"]

EXPECT = ("on", "who", "note", "certificates", "previous", *SUBJECTS)
_ALL_FOUR = ('four states such as "R3 A R3c A"', '"R3 A R3c A" のような4つの状態')
_SUBJECT = ("a state, or a table", "状態かテーブル")
_STATE = "state"


def read_expectations(
    desk: Desk, content: dict[str, Any], path: Path, people: tuple[Member, ...]
) -> tuple[Expectation, ...]:
    """Return the expectations of a story or a variant that can be read."""
    found = (
        _expectation(desk, raw, (*path, "expect", number), people)
        for number, raw in enumerate(desk.tables(content, path, "expect"))
    )
    return tuple(each for each in found if each is not None)


def _expectation(
    desk: Desk, raw: dict[str, Any], path: Path, people: tuple[Member, ...]
) -> Expectation | None:
    desk.known_keys(raw, path, EXPECT)
    on = desk.when(raw, path, "on", required=True)
    who = desk.who(raw, path, people)
    checks = [*_all_four(desk, raw, path), *_named(desk, raw, path, SUBJECTS)]
    before = desk.table(raw, path, "previous")
    desk.known_keys(before, (*path, "previous"), CERTIFICATES)
    for check in _named(desk, before, (*path, "previous"), CERTIFICATES):
        checks.append(Check(check.place, check.subject, check.aspect, check.wanted, previous=True))
    if on is None or who is None:
        return None
    return Expectation(desk.places.of_key(path), on, who, tuple(checks))


def _all_four(desk: Desk, raw: dict[str, Any], path: Path) -> Iterator[Check]:
    """Read ``certificates = "R3 A R3c A"``, in the order CS, CA, MS, MA."""
    if "certificates" not in raw:
        return
    path = (*path, "certificates")
    written = raw["certificates"]
    words = written.split() if isinstance(written, str) else []
    if len(words) != len(KINDS):
        desk.wrong_type(path, "certificates", _ALL_FOUR)
        return
    for kind, word in zip(KINDS, words, strict=True):
        mark = _mark(desk, path, word)
        if mark is not None:
            yield Check(desk.places.of_key(path), kind.value, _STATE, mark)


def _named(desk: Desk, raw: dict[str, Any], path: Path, subjects: Any) -> Iterator[Check]:
    for subject in SUBJECTS:
        if subject not in raw or subject not in subjects:
            continue
        where = (*path, subject)
        said = raw[subject]
        if isinstance(said, dict):
            desk.known_keys(said, where, SUBJECTS[subject])
            yield from _aspects(desk, said, where, subject)
            for field in SUBJECTS[subject].values():
                if field.required and field.name not in said:
                    desk.note("missing-key", where, key=field.name)
        elif _STATE in SUBJECTS[subject] and isinstance(said, str):
            yield from _aspects(desk, {_STATE: said}, where, subject, short=True)
        else:
            desk.wrong_type(where, subject, _SUBJECT)


def _aspects(
    desk: Desk, said: dict[str, Any], path: Path, subject: str, *, short: bool = False
) -> Iterator[Check]:
    question = QUESTIONS.get(subject, ())
    asking: list[tuple[str, object]] = []
    for aspect, field in SUBJECTS[subject].items():
        if aspect not in said:
            continue
        where = path if short else (*path, aspect)
        place = desk.places.of_key(where)
        if subject in CERTIFICATES and aspect == _STATE:
            mark = _mark(desk, where, said[aspect])
            if mark is not None:
                yield Check(place, subject, aspect, mark)
            continue
        value = desk.value(field, said[aspect], where)
        if aspect in ("rule", "item") and isinstance(value, str):
            _check_row(desk, where, value)
        if aspect in question:
            asking.append((aspect, value))
        elif value is not None:
            yield Check(place, subject, aspect, value, asking=tuple(asking))


def _mark(desk: Desk, path: Path, word: object) -> Mark | None:
    if not isinstance(word, str):
        desk.wrong_type(path, str(path[-1]), Shape.TEXT)
        return None
    mark = read_mark(word)
    if mark is None:
        desk.note("unknown-mark", path, at_value=True, value=repr(word), known="A H E - R R3 R3c")
    return mark


def _check_row(desk: Desk, path: Path, value: str) -> None:
    ids = [row.id for row in load().rows()]
    items = [str(each) for each in load().event("card_lapsed").fields["item"]]
    if value not in (*ids, *items):
        desk.note("unknown-rule", path, at_value=True, value=repr(value), **closest(value, ids))
