"""Histories that cannot be: refused with the place and the rule, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest

from jpki.errors import ImpossibleFact, JpkiError, LifeError, MalformedDocument, Refused
from jpki.jst import at_time
from jpki.law import load
from jpki.life import (
    Authority,
    FourItems,
    Recorded,
    State,
    advance,
    decide,
    decide_all,
    entry_from_json,
    state_at,
)
from jpki.life import events as ev
from jpki.terms import CertificateKind, Sex

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
BORN = date(1990, 9, 15)
ON = date(2026, 2, 10)
DEATH = ev.ResidentRecordDeleted("p", ev.DeletionGround.DEATH)
SECRETS = ("花子", "架空県", "コウテキ")


def _refused(state: State, event: ev.Event, on: date = ON, **clocks: object) -> LifeError:
    """Have an event refused; look whether the state is as it was and nobody is named."""
    people, certificates, at = dict(state.people), dict(state.certificates), state.at
    with pytest.raises(LifeError) as caught:
        decide(state, event, at=max(at_time(on, time(12)), state.at), **clocks)
    assert (dict(state.people), dict(state.certificates), state.at) == (people, certificates, at)
    assert not any(secret in str(caught.value) for secret in SECRETS)
    return caught.value


def _items(born: date = BORN) -> FourItems:
    return FourItems("公的 花子", born, Sex.FEMALE, "架空県")


# dates that cannot be


def test_nobody_is_registered_with_a_birthday_in_the_future(begin) -> None:
    story = begin(BORN)
    event = ev.ResidentRegistered("q", _items(ON + timedelta(days=1)), "13101")
    error = _refused(story.state, event)
    assert isinstance(error, ImpossibleFact)
    assert "before birth" in str(error)
    decide(story.state, ev.ResidentRegistered("q", _items(ON), "13101"), at=at_time(ON, time(12)))


def test_nobody_moves_in_before_birth(begin) -> None:
    story = begin(date(2025, 5, 5))
    event = ev.MoveInNotified("p", ev.CardPresence.NOT_PRESENTED, "13102", "架空県")
    error = _refused(story.state, event, occurred_on=date(2025, 5, 4))
    assert "birth" in str(error)
    decide(story.state, event, at=at_time(ON, time(12)), occurred_on=date(2025, 5, 5))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("2026-02-11", "future"),
        ("2025-02-29", "not a date"),
        ("2025-02-30", "not a date"),
        ("昭和60年", "not a date"),
    ],
)
def test_a_date_of_birth_is_not_corrected_to_a_day_that_cannot_be(begin, value, says) -> None:
    story = begin(BORN)
    event = ev.ResidentRecordAmended("p", ev.RecordItem.BIRTH_DATE, value=value)
    assert says in str(_refused(story.state, event))


@pytest.mark.parametrize("value", ["2026-02-10", "2024-02-29"])
def test_a_date_of_birth_is_corrected_up_to_today_and_to_a_leap_day(begin, value) -> None:
    story = begin(BORN)
    story.tell(ON, ev.ResidentRecordAmended("p", ev.RecordItem.BIRTH_DATE, value=value))
    assert story.state.person("p").birth_date == date.fromisoformat(value)


# things that do not exist


@pytest.mark.parametrize(
    ("event", "rule", "on"),
    [
        (
            ev.MobileDeviceEnrolled("p", "phone", ev.Platform.ANDROID),
            "mobile_device_enrolled",
            date(2023, 5, 10),
        ),
        (
            ev.MobileDeviceEnrolled("p", "phone", ev.Platform.IPHONE),
            "mobile_iphone",
            date(2025, 6, 23),
        ),
        (ev.CardModeChanged("p", ev.CardMode.FACE_ONLY), "card_mode_changed", date(2023, 12, 14)),
        (
            ev.CertificateIssued("p", MS, 9, Authority(MS.purpose, 2), "13101", date(2026, 1, 1)),
            "kind.mobile-signature",
            date(2023, 5, 10),
        ),
    ],
)
def test_what_does_not_exist_yet_is_refused_by_the_row_that_begins_it(
    all_four, event, rule: str, on: date
) -> None:
    story = all_four(card_on=date(2022, 4, 1), phone_on=None)
    error = _refused(story.state, event, on)
    assert isinstance(error, Refused)
    assert error.rule == rule
    row = load().row(rule)
    assert row.since == on + timedelta(days=1)
    assert str(row.since) in str(error)
    assert error.basis == load().basis_ja(row)


def test_a_refusal_says_rule_and_basis_in_words(all_four) -> None:
    story = all_four(phone_on=None)
    error = _refused(story.state, story.issued(ON, CS))
    assert isinstance(error, Refused)
    assert error.code == "life.refused"
    assert "issued.card-signature" in str(error)
    assert "公的個人認証法第6条" in str(error)


# out of order, and contradictory


def test_an_entry_that_belongs_before_the_last_is_refused_and_the_state_stays(all_four) -> None:
    story = all_four()
    early = story.entries[2]
    before = story.state
    with pytest.raises(ImpossibleFact, match="before"):
        advance(story.state, (early,))
    with pytest.raises(ImpossibleFact, match="before"):
        advance(story.state, (story.entries[-1],))
    assert story.state == before == state_at(story.entries, before.at)


def test_the_order_in_which_a_log_is_handed_over_does_not_matter(all_four) -> None:
    story = all_four()
    assert state_at(reversed(story.entries), story.now()) == story.state


CONTRADICTIONS: list[tuple[str, tuple[ev.Event, ...], str]] = [
    ("dead twice", (DEATH, DEATH), "already"),
    (
        "moved after death",
        (DEATH, ev.MoveInNotified("p", ev.CardPresence.PRESENTED, "13102", "x")),
        "died",
    ),
    (
        "corrected after deletion",
        (
            ev.ResidentRecordDeleted("p", ev.DeletionGround.EX_OFFICIO),
            ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS),
        ),
        "no resident record",
    ),
    (
        "deleted twice",
        (
            ev.ResidentRecordDeleted("p", ev.DeletionGround.EX_OFFICIO),
            ev.ResidentRecordDeleted("p", ev.DeletionGround.NOT_COVERED),
        ),
        "deleted already",
    ),
    (
        "moved out twice",
        (
            ev.MoveOutNotified("p", ev.Destination.DOMESTIC, date(2026, 2, 20)),
            ev.MoveOutNotified("p", ev.Destination.ABROAD, date(2026, 2, 20)),
        ),
        "pending",
    ),
    (
        "returned twice",
        (
            ev.CardReturned("p", ev.ReturnCause.VOLUNTARY),
            ev.CardReturned("p", ev.ReturnCause.VOLUNTARY),
        ),
        "lapsed",
    ),
    (
        "found without having been lost",
        (ev.CardSuspensionLifted("p"),),
        "not suspended",
    ),
    (
        "a period that did not begin",
        (ev.DeadlinePassed("p", ev.Deadline.CARD_90_DAYS),),
        "no such period",
    ),
    (
        "a foreigner's period for a Japanese",
        (ev.ResidencePeriodChanged("p", ev.CardPresence.PRESENTED, date(2027, 1, 1)),),
        "no residence period",
    ),
    (
        "registered twice",
        (ev.ResidentRegistered("p", _items(), "13101"),),
        "already",
    ),
    (
        "revoked twice",
        (ev.RevocationRequested("p", (CS,)), ev.RevocationRequested("p", (CA, CS))),
        "no live card_signature",
    ),
]


@pytest.mark.parametrize(
    ("events", "says"),
    [pytest.param(events, says, id=name) for name, events, says in CONTRADICTIONS],
)
def test_a_contradiction_is_refused_and_nothing_of_it_is_recorded(
    all_four, events: tuple[ev.Event, ...], says: str
) -> None:
    story = all_four()
    *first, last = events
    # together: none is recorded
    before = story.state
    with pytest.raises(ImpossibleFact, match=says):
        decide_all(story.state, events, at=at_time(ON, time(9)))
    assert story.state == before
    assert story.marks() == "A A A A"
    # one after the other: only the contradicting one is refused
    if first:
        story.tell(ON, *first)
    assert says in str(_refused(story.state, last))


def test_a_log_about_somebody_nobody_registered_is_refused_and_names_no_one(all_four) -> None:
    story = all_four()
    at = story.now() + timedelta(minutes=1)
    stray = Recorded(story.state.next_seq, ev.GuardianshipBegan("q"), ON, at, at)
    before = story.state
    with pytest.raises(ImpossibleFact, match="never registered"):
        advance(story.state, (stray,))
    assert story.state == before


# what a log file may not say


def _entry() -> dict[str, object]:
    at = at_time(ON, time(9))
    recorded = Recorded(7, ev.CardLossReported("p", ev.Channel.COUNTER), ON, at, at)
    content: dict[str, object] = json.loads(recorded.to_json())
    return content


def _set(**changed: object) -> Callable[[dict[str, object]], object]:
    return lambda entry: entry.update(changed)


def _set_fact(**changed: object) -> Callable[[dict[str, object]], object]:
    return lambda entry: entry["fact"].update(changed)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set(occurred_on="2026-02-30"), "not a day"),
        (_set(occurred_on="2026-02-29"), "not a day"),
        (_set(occurred_on="10 February 2026"), "not a day"),
        (_set(recorded_at="2026-02-30T09:00:00+09:00"), "not an instant"),
        (_set(recorded_at="2026-02-10T09:00:00"), "not an instant"),
        (_set(known_at=None), "not an instant"),
        (_set(event="card_eaten_by_dog"), "no known event"),
        (_set(event="certificate_lost_effect"), "no known event"),
        (_set(event=7), "no known event"),
        (_set(colour="red"), "keys"),
        (_set(seq="7"), "seq"),
        (_set(seq=True), "seq"),
        (_set_fact(channel="pigeon"), "card_loss_reported: channel"),
        (_set_fact(colour="red"), "card_loss_reported: colour"),
        (_set_fact(person=5), "card_loss_reported: person"),
        (_set(fact={"person": "p"}), "card_loss_reported: channel"),
        (_set(fact=[]), "card_loss_reported"),
    ],
)
def test_a_line_that_says_what_cannot_be_is_refused_with_its_place(change, says: str) -> None:
    entry = _entry()
    entry_from_json(json.dumps(entry))
    change(entry)
    with pytest.raises(MalformedDocument) as caught:
        entry_from_json(json.dumps(entry))
    assert says in str(caught.value)
    assert str(caught.value).startswith("event log")


@pytest.mark.parametrize("key", ["seq", "event", "occurred_on", "known_at", "recorded_at", "fact"])
def test_a_line_without_one_of_its_keys_is_refused(key: str) -> None:
    entry = _entry()
    del entry[key]
    with pytest.raises(MalformedDocument, match="keys"):
        entry_from_json(json.dumps(entry))


@pytest.mark.parametrize("line", ["", "{", "null", "[]", "7", b"\xff\xfe", '"seq"'])
def test_what_is_no_line_of_a_log_is_refused(line: str | bytes) -> None:
    with pytest.raises(MalformedDocument):
        entry_from_json(line)


@pytest.mark.parametrize("born", ["1990-02-30", "1991-02-29", "90-09-15", 19900915, None])
def test_a_birthday_that_is_no_day_is_refused_by_name_and_not_shown(born: object) -> None:
    at = at_time(ON, time(9))
    entry = json.loads(
        Recorded(1, ev.ResidentRegistered("p", _items(), "13101"), ON, at, at).to_json()
    )
    entry["fact"]["items"]["birth_date"] = born
    with pytest.raises(JpkiError, match=r"resident_registered: items\.birth_date") as caught:
        entry_from_json(json.dumps(entry))
    assert not any(secret in str(caught.value) for secret in SECRETS)
