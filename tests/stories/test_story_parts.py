"""The small parts: places in TOML, marks, and the fields read off the events."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from jpki.life import CertificateState
from jpki.life.events import EVENTS
from jpki.terms import RevocationReason
from simulator.story.fields import event_fields, tellable
from simulator.story.marks import NONE, Mark, read_mark
from simulator.story.places import Path, Place, places_of

TOML = '''\
# a comment with = and [brackets]
plain = 1
"quoted key" = "a # no comment"
dotted.inner.deep = 'lit # eral'
list = [
  "one", # first
  { a = 1, b.c = [2, 3] },
]

[table] # and why
text = """
[[not-a-table]]
"""
when = 2026-08-04 09:00:00

[[rows]]
x = 1
[rows.sub]
y = 2

[[rows]]
[[rows.inner]]
z = 3
[[rows.inner]]
z = \'\'\'a
b\'\'\'
'''


def paths(value: Any, path: Path = ()) -> set[Path]:
    match value:
        case dict():
            inner = {each for key, item in value.items() for each in paths(item, (*path, key))}
        case list():
            numbered = enumerate(value)
            inner = {each for number, item in numbered for each in paths(item, (*path, number))}
        case _:
            inner = set()
    return inner | ({path} if path else set())


def test_every_key_and_element_of_a_document_has_a_place() -> None:
    assert set(places_of(TOML).keys) == paths(tomllib.loads(TOML))


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("plain",), (2, 1), (2, 9)),
        (("quoted key",), (3, 1), (3, 16)),
        (("dotted", "inner", "deep"), (4, 1), (4, 21)),
        (("list", 0), (6, 3), (6, 3)),
        (("list", 1, "b", "c", 1), (7, 22), (7, 22)),
        (("table", "when"), (14, 1), (14, 8)),
        (("rows", 0, "sub", "y"), (19, 1), (19, 5)),
        (("rows", 1, "inner", 1, "z"), (25, 1), (25, 5)),
    ],
)
def test_places_are_counted_from_one(
    path: Path, key: tuple[int, int], value: tuple[int, int]
) -> None:
    places = places_of(TOML)
    assert places.of_key(path) == Place(*key)
    assert places.of_value(path) == Place(*value)


def test_what_is_absent_stands_where_its_table_does() -> None:
    places = places_of(TOML)
    assert places.of_key(("rows", 1, "missing")) == Place(21, 1)
    assert places.of_value(("missing",)) == Place(1, 1)


REVOKED = CertificateState.REVOKED
CHANGED = RevocationReason.AFFILIATION_CHANGED


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("A", Mark(CertificateState.ACTIVE)),
        ("held", Mark(CertificateState.HELD)),
        ("E", Mark(CertificateState.EXPIRED)),
        ("-", NONE),
        ("–", NONE),
        ("none", NONE),
        ("R", Mark(REVOKED)),
        ("Rc", Mark(REVOKED, None, True)),
        ("R3", Mark(REVOKED, CHANGED, False)),
        ("R3c", Mark(REVOKED, CHANGED, True)),
        ("revoked", Mark(REVOKED)),
        ("revoked affiliationChanged", Mark(REVOKED, CHANGED, False)),
        ("revoked affiliationChanged by cascade", Mark(REVOKED, CHANGED, True)),
        ("revoked by cascade", Mark(REVOKED, None, True)),
        ("R7", None),
        ("r3", None),
        ("revoked bored", None),
        ("", None),
    ],
)
def test_a_mark_is_read_in_letters_and_in_words(text: str, mark: Mark | None) -> None:
    assert read_mark(text) == mark


def test_a_mark_leaves_open_what_it_does_not_say() -> None:
    by_cascade, by_itself = Mark(REVOKED, CHANGED, True), Mark(REVOKED, CHANGED, False)
    fits = {
        text: [read_mark(text).fits(each) for each in (by_cascade, by_itself)]
        for text in ("R", "Rc", "R3", "R3c", "R4", "A")
    }
    assert fits == {
        "R": [True, True],
        "Rc": [True, False],
        "R3": [False, True],
        "R3c": [True, False],
        "R4": [False, False],
        "A": [False, False],
    }


def test_a_step_can_tell_every_event_but_registration() -> None:
    assert set(EVENTS) - set(tellable()) == {"resident_registered"}
    for name in tellable():
        assert "person" not in event_fields(name)
