"""Entries go to JSON and come back the same, or not at all."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki.errors import MalformedDocument
from jpki.law import load
from jpki.life import Authority, Event, FourItems, Recorded, entry_from_json
from jpki.life import events as ev
from jpki.life.context import CONTEXT
from jpki.terms import CertificateKind, Purpose, Sex

INSTANTS = st.integers(0, 10**15).map(
    lambda micros: datetime(2016, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
ITEMS = st.builds(
    FourItems, st.text(), DAYS, st.sampled_from(Sex), st.text(), st.text(), st.text(), st.text()
)
st.register_type_strategy(FourItems, ITEMS)
st.register_type_strategy(
    Authority, st.builds(Authority, st.sampled_from(Purpose), st.integers(1, 9))
)
st.register_type_strategy(date, DAYS)
EVENTS = st.one_of([st.builds(kind) for kind in ev.EVENTS.values()])
ENTRIES = st.builds(Recorded, st.integers(1, 10**9), EVENTS, DAYS, INSTANTS, INSTANTS)


@settings(deadline=None)
@given(ENTRIES)
def test_an_entry_comes_back_from_json_as_it_was(entry: Recorded) -> None:
    line = entry.to_json()
    assert "\n" not in line
    again = entry_from_json(line)
    assert again == entry
    assert type(again.event) is type(entry.event)
    assert again.to_json() == line


def _entry() -> dict[str, Any]:
    event = ev.CertificateIssued(
        "p",
        CertificateKind.CARD_SIGNATURE,
        7,
        Authority(Purpose.SIGNATURE, 3),
        "13101",
        date(2030, 1, 1),
    )
    at = datetime(2026, 1, 1, 3, 4, 5, tzinfo=UTC)
    content: dict[str, Any] = json.loads(Recorded(1, event, date(2026, 1, 1), at, at).to_json())
    return content


def _without(path: tuple[str, ...]) -> dict[str, Any]:
    content = _entry()
    inner = content
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return content


def _with(path: tuple[str, ...], value: object) -> dict[str, Any]:
    content = _entry()
    inner = content
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return content


@pytest.mark.parametrize(
    "content",
    [
        _without(("seq",)),
        _without(("fact", "serial")),
        _with(("colour",), "red"),
        _with(("fact", "colour"), "red"),
        _with(("fact", "authority", "colour"), "red"),
        _with(("seq",), "1"),
        _with(("seq",), True),
        _with(("event",), "certificate_eaten"),
        _with(("event",), ["certificate_issued"]),
        _with(("fact", "serial"), "7"),
        _with(("fact", "kind"), "paper"),
        _with(("fact", "expires_on"), "2030-02-30"),
        _with(("fact",), []),
        _with(("occurred_on",), "yesterday"),
        _with(("recorded_at",), "2026-01-01T03:04:05"),
        _with(("known_at",), 5),
        [],
        "certificate_issued",
    ],
)
def test_an_entry_that_says_too_much_too_little_or_nonsense_is_refused(content: object) -> None:
    with pytest.raises(MalformedDocument):
        entry_from_json(json.dumps(content))


def test_a_line_that_is_not_json_is_refused() -> None:
    for line in ("", "{", b"\xff"):
        with pytest.raises(MalformedDocument):
            entry_from_json(line)


def test_an_error_never_repeats_what_the_entry_said_of_the_person() -> None:
    items = FourItems("秘密 花子", date(1990, 1, 1), Sex.FEMALE, "秘密県")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    event = ev.ResidentRegistered("p", items, "13101")
    content = json.loads(Recorded(1, event, date(2026, 1, 1), at, at).to_json())
    content["fact"]["items"]["sex"] = "秘密"
    with pytest.raises(MalformedDocument) as caught:
        entry_from_json(json.dumps(content))
    assert "秘密" not in str(caught.value)


@settings(deadline=None)
@given(ITEMS, st.text(min_size=3))
def test_a_repr_never_shows_name_or_address(items: FourItems, text: str) -> None:
    registered = ev.ResidentRegistered("p", items, "13101")
    assert repr(items) == "FourItems(…)"
    assert "FourItems(…)" in repr(registered)
    amended = ev.ResidentRecordAmended("p", ev.RecordItem.NAME, value="ZZ" + text)
    assert "ZZ" not in repr(amended)
    assert "ZZ" not in repr(ev.MoveInNotified("p", ev.CardPresence.PRESENTED, "1", "ZZ" + text))
    assert "ZZ" not in repr(ev.FuriganaRecorded("p", ev.FuriganaChange.FIRST, "ZZ" + text))


# The vocabulary of the log is the vocabulary of the rules.


def test_every_event_of_the_log_is_declared_in_the_tables_and_the_other_way_round() -> None:
    declared = {row.id for row in load().events if not row.derived}
    assert declared == set(ev.EVENTS)


@pytest.mark.parametrize("name", sorted(ev.EVENTS))
def test_an_event_tells_exactly_the_fields_and_values_that_rules_may_match(name: str) -> None:
    kind: type[Event] = ev.EVENTS[name]
    row = load().event(name)
    assert set(kind.told) == set(row.fields)
    assert set(row.context) <= set(CONTEXT)
    types = get_type_hints(kind)
    for field in kind.told:
        enums = get_args(types[field]) or (types[field],)
        assert {each.value for enum in enums for each in enum} == set(row.fields[field])
