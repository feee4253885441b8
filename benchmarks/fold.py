"""Folding a history of 200 events and asking the rules about each, in pure Python on one core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import cycle

from benchmarks.measure import Benchmark, Case
from jpki.jst import at_time, day
from jpki.law import Fact, Rulebook, Subject, facts_of, load, rule_for
from jpki.life import Authority, FourItems, Recorded, State, apply, decide, state_at
from jpki.life import events as ev
from jpki.terms import CertificateKind, Medium, PinKind, Sex

__all__ = ["BENCHMARK", "EVENTS_IN_A_HISTORY", "history"]

EVENTS_IN_A_HISTORY = 200
_TARGET = 10_000.0
_BEGINS = at_time(date(2025, 7, 1), time(9))
_LAST_DAY = date(2030, 6, 1)
_CS = CertificateKind.CARD_SIGNATURE
_CA = CertificateKind.CARD_AUTHENTICATION
_MS = CertificateKind.MOBILE_SIGNATURE
_MA = CertificateKind.MOBILE_AUTHENTICATION

_Step = Callable[[int], ev.Event]


def _issue(kind: CertificateKind) -> _Step:
    authority = Authority(kind.purpose, 3)
    return lambda number: ev.CertificateIssued("p", kind, number, authority, "13101", _LAST_DAY)


def _always(event: ev.Event) -> _Step:
    return lambda _number: event


def _phone(number: int) -> ev.Event:
    return ev.MobileDeviceEnrolled("p", f"phone-{number}", ev.Platform.ANDROID)


_BEGINNING: tuple[_Step, ...] = (
    _always(
        ev.ResidentRegistered(
            "p", FourItems("公的 花子", date(1990, 9, 15), Sex.FEMALE, "架空県架空市"), "13101"
        )
    ),
    _always(ev.CardIssued("p", "card", date(2025, 7, 1), date(2035, 9, 15))),
    _issue(_CA),
    _issue(_CS),
    _phone,
    _issue(_MS),
    _issue(_MA),
)
# A year as busy as a test can make it: moves, a lost card found again, a lost phone found again,
# PINs, corrections that end nothing, another phone.
_YEAR: tuple[_Step, ...] = (
    _always(ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS, value="架空県架空市二丁目")),
    _issue(_CS),
    _issue(_MS),
    _always(ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS, ev.Minor.PLACE_RENAMED)),
    _always(ev.PinBlocked("p", Medium.CARD, PinKind.USER_PIN)),
    _always(ev.PinReset("p", Medium.CARD, PinKind.USER_PIN)),
    _always(ev.CardLossReported("p", ev.Channel.CALL_CENTRE)),
    _always(ev.CardSuspensionLifted("p")),
    _issue(_CS),
    _issue(_MS),
    _always(ev.MobileDeviceLossReported("p")),
    _always(ev.MobileDeviceSuspensionLifted("p")),
    _issue(_MS),
    _always(ev.MobileDeviceChanged("p", ev.MobileDeviceChange.BIOMETRICS_CHANGED)),
    _phone,
    _issue(_MS),
    _issue(_MA),
    _always(ev.RevocationRequested("p", (_CA, _CS), ev.RequestPurpose.RENEWAL)),
    _issue(_CA),
    _issue(_CS),
    _issue(_MS),
    _issue(_MA),
)


def history(length: int = EVENTS_IN_A_HISTORY) -> tuple[Recorded, ...]:
    """Return one holder's history of so many events, a day apart, each decided by the rules."""
    state, log = State.empty(_BEGINS), []
    for number, step in zip(range(1, length + 1), _steps(), strict=False):
        entry = decide(state, step(number), at=_BEGINS + timedelta(days=number))
        state = apply(state, entry)
        log.append(entry)
    return tuple(log)


def _steps() -> Iterator[_Step]:
    yield from _BEGINNING
    yield from cycle(_YEAR)


def _prepare() -> tuple[Case, ...]:
    log = history()
    ends, table, warm = log[-1].recorded_at, load(), Rulebook.default()
    count = len(log)
    questions = tuple(_questions(ends))
    return (
        Case("fold at once", lambda: state_at(log, ends, book=warm), count, "events", _TARGET),
        Case(
            "fold at once, no ruling remembered",
            lambda: state_at(log, ends, book=Rulebook(table, warm.policies)),
            count,
            "events",
            _TARGET,
        ),
        Case("fold one by one", lambda: _one_by_one(log, warm), count, "events", _TARGET),
        Case("decide and fold", lambda: _decide(log, warm), count, "events", _TARGET),
        Case("ask the tables", lambda: _ask(questions), len(questions), "questions"),
    )


def _one_by_one(log: tuple[Recorded, ...], book: Rulebook) -> State:
    state = State.empty(log[0].recorded_at, book=book)
    for entry in log:
        state = apply(state, entry)
    return state


def _decide(log: tuple[Recorded, ...], book: Rulebook) -> State:
    state = State.empty(log[0].recorded_at, book=book)
    for entry in log:
        again = decide(state, entry.event, at=entry.recorded_at, occurred_on=entry.occurred_on)
        state = apply(state, again)
    return state


def _questions(at: datetime) -> Iterator[tuple[Fact, Subject, date]]:
    """Yield one fact of every event, about every subject, on a day late enough for all."""
    for event in load().events:
        fact = next(facts_of(event))
        for subject in Subject:
            yield fact, subject, max(day(at), event.since)


def _ask(questions: tuple[tuple[Fact, Subject, date], ...]) -> None:
    table = load()
    for fact, subject, on in questions:
        rule_for(table, fact, subject, on=on)


BENCHMARK = Benchmark(
    "fold",
    "One holder's history of 200 events: card, phone and PINs come, go, are lost and found. "
    "Folding asks the rules about every event and every live certificate; deciding also checks "
    "that each event can be. ``ask the tables`` is the definition of a ruling, with no memory.",
    _prepare,
)
