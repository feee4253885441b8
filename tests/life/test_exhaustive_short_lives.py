"""Every life that is short enough: all sequences of a set of commands, with shared prefixes.

A command that is refused leaves the state as it was, so what follows it is a shorter sequence,
which is told as well: the branch ends there and counts as refused. Each command stands for an event
and the time that passes before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cache

import pytest

from jpki.errors import LifeError
from jpki.jst import at_time, day
from jpki.law import Rulebook
from jpki.life import (
    Authority,
    FourItems,
    Recorded,
    State,
    advance,
    apply,
    decide,
    state_at,
)
from jpki.life import events as ev
from jpki.terms import CertificateKind, Medium, PinKind, Sex
from tests.life.invariants import (
    check_step,
    expiry_changes_nothing_but_the_expired,
    folding_does_not_depend_on_how_the_log_is_cut,
    only_what_the_policy_names_differs,
    otherwise,
)

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION
START = at_time(date(2026, 7, 1), time(9))


@dataclass(frozen=True)
class Command:
    """What to have recorded, and how many days pass before it."""

    event: Callable[[State], ev.Event]
    days: int = 1


def _always(event: ev.Event, days: int = 1) -> Command:
    return Command(lambda _state: event, days)


def _issue(kind: CertificateKind) -> Command:
    def event(state: State) -> ev.Event:
        today = day(state.at)
        ends = today + timedelta(days=1000)
        card, auth = state.person("p").card, state.live("p", CA)
        partner = state.live("p", kind.partner)
        if card is not None:
            ends = min(ends, card.expires_on)
        if kind is CS and auth is not None:
            ends = min(ends, auth.expires_on)
        if kind.medium is Medium.MOBILE_DEVICE and partner is not None:
            ends = partner.expires_on
        authority = Authority(kind.purpose, 3)
        return ev.CertificateIssued("p", kind, state.next_seq, authority, "13101", ends)

    return Command(event)


def _card(state: State) -> ev.Event:
    today = day(state.at)
    return ev.CardIssued("p", f"card-{state.next_seq}", today, today + timedelta(days=3000))


def _phone(state: State) -> ev.Event:
    return ev.MobileDeviceEnrolled("p", f"phone-{state.next_seq}", ev.Platform.ANDROID)


def _move_out(destination: ev.Destination) -> Command:
    return Command(
        lambda state: ev.MoveOutNotified("p", destination, day(state.at) + timedelta(days=3))
    )


def _amended(item: ev.RecordItem, minor: ev.Minor = ev.Minor.NONE) -> Command:
    return _always(ev.ResidentRecordAmended("p", item, minor))


COMMANDS: dict[str, Command] = {
    "have a card": Command(_card),
    "have CS issued": _issue(CS),
    "have CA issued": _issue(CA),
    "enrol a phone": Command(_phone),
    "have MS issued": _issue(MS),
    "have MA issued": _issue(MA),
    "move": _amended(ev.RecordItem.ADDRESS),
    "town renamed": _amended(ev.RecordItem.ADDRESS, ev.Minor.PLACE_RENAMED),
    "furigana changed": _always(ev.FuriganaRecorded("p", ev.FuriganaChange.LATER, "コウテキ")),
    "naturalised": _always(ev.ResidentRecordDeleted("p", ev.DeletionGround.NATIONALITY_CHANGED)),
    "die": _always(ev.ResidentRecordDeleted("p", ev.DeletionGround.DEATH)),
    "move out": _move_out(ev.Destination.DOMESTIC),
    "go abroad": _move_out(ev.Destination.ABROAD),
    "keep the card abroad": _always(ev.ContinuedUseArranged("p")),
    "deleted by the move": _always(
        ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_OUT), days=3
    ),
    "deleted, card kept": _always(
        ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_ABROAD_CONTINUING), days=3
    ),
    "30 days pass": _always(ev.DeadlinePassed("p", ev.Deadline.MOVE_IN_30_DAYS), days=35),
    "30 days abroad": _always(ev.DeadlinePassed("p", ev.Deadline.ABROAD_30_DAYS), days=35),
    "move in": _always(ev.MoveInNotified("p", ev.CardPresence.PRESENTED, "13102", "架空")),
    "move in without card": _always(
        ev.MoveInNotified("p", ev.CardPresence.NOT_PRESENTED, "13102", "架空")
    ),
    "present the card": _always(ev.CardPresented("p")),
    "90 days pass": _always(ev.DeadlinePassed("p", ev.Deadline.CARD_90_DAYS), days=95),
    "lose the card": _always(ev.CardLossReported("p", ev.Channel.CALL_CENTRE)),
    "find the card": _always(ev.CardSuspensionLifted("p")),
    "want another card": _always(ev.CardReissueRequested("p", ev.ReissueCause.LOST)),
    "exchange the card": _always(ev.CardExchanged("p", ev.ExchangeCause.RENEWAL)),
    "no PIN any more": _always(ev.CardModeChanged("p", ev.CardMode.FACE_ONLY)),
    "end CS": _always(ev.RevocationRequested("p", (CS,), signed_with=CS)),
    "end CA for renewal": _always(
        ev.RevocationRequested("p", (CA,), ev.RequestPurpose.RENEWAL, signed_with=CS)
    ),
    "card keys leaked": _always(ev.KeyCompromiseReported("p", (CS, CA), signed_with=MS)),
    "MS in error": _always(ev.RecordErrorFound("p", (MS,))),
    "agency's CS key leaked": _always(ev.IssuerKeyCompromised((CS,))),
    "lose the phone": _always(ev.MobileDeviceLossReported("p")),
    "find the phone": _always(ev.MobileDeviceSuspensionLifted("p")),
    "erase the phone": _always(ev.MobileDeviceChanged("p", ev.MobileDeviceChange.ERASED)),
    "block a PIN": _always(ev.PinBlocked("p", Medium.CARD, PinKind.USER_PIN)),
    "years pass": _always(ev.GuardianshipBegan("p"), days=1001),
}
NAMES = tuple(COMMANDS)
BEGINNINGS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "everything": NAMES[:6],
}
BOOKS: dict[str, Rulebook] = {
    "as shipped": Rulebook.default(),
    # every policy at the alternative furthest from its default
    "all otherwise": Rulebook.default().with_(
        **{
            row.id: next(value for value in reversed(row.alternatives) if value != row.default)
            for row in Rulebook.default().policies.rows
        }
    ),
}
CHOICES = [
    (row.id, value) for row in Rulebook.default().policies.rows for value in row.alternatives
]


@dataclass
class Count:
    """What was told: sequences tried, and how many of them were accepted or refused."""

    tried: int = 0
    accepted: int = 0
    refused: int = 0
    deepest: int = 0
    commands_accepted: set[str] = field(default_factory=set)


def _step(state: State, command: Command) -> tuple[State, Recorded, State] | None:
    before = advance(state, (), at=state.at + timedelta(days=command.days))
    event = command.event(before)
    try:
        entry = decide(before, event, at=before.at)
    except LifeError:
        return None
    return before, entry, apply(before, entry)


@cache
def _beginning(name: str, book: str) -> tuple[State, tuple[Recorded, ...]]:
    state = State.empty(START, book=BOOKS[book])
    items = FourItems("公的 太郎", date(1990, 9, 15), Sex.MALE, "架空県", furigana="コウテキ")
    log = [decide(state, ev.ResidentRegistered("p", items, "13101"), at=START)]
    state = apply(state, log[0])
    for each in BEGINNINGS[name]:
        told = _step(state, COMMANDS[each])
        assert told is not None, f"{each} has to be possible"
        _, entry, state = told
        log.append(entry)
    return state, tuple(log)


@dataclass(frozen=True)
class Node:
    """A sequence that was accepted: its log, its state, and the same log under other policies."""

    state: State
    log: tuple[Recorded, ...]
    told: int
    others: tuple[tuple[str, State], ...]


def _root(beginning: str, book: str) -> Node:
    state, log = _beginning(beginning, book)
    others = tuple(
        (name, state_at(log, state.at, book=otherwise(state.book.policies, name, value)))
        for name, value in CHOICES
        if value != state.book.policies[name]
    )
    return Node(state, log, 0, others)


def _tell(root: Node, first: tuple[str, ...], length: int) -> Count:
    """Try every sequence that begins with one of ``first`` and is at most ``length`` long."""
    count = Count()

    def go(node: Node, names: tuple[str, ...]) -> None:
        for name in names:
            count.tried += 1
            told = _step(node.state, COMMANDS[name])
            if told is None:
                count.refused += 1
                continue
            count.accepted += 1
            count.commands_accepted.add(name)
            count.deepest = max(count.deepest, node.told + 1)
            longer = _next(root, node, *told)
            if longer.told < length:
                go(longer, NAMES)

    go(root, first)
    return count


def _next(root: Node, node: Node, before: State, entry: Recorded, after: State) -> Node:
    """Ask everything at a node; other policies and all cuts only of sequences of one or two."""
    log, told = (*node.log, entry), node.told + 1
    others: tuple[tuple[str, State], ...] = ()
    try:
        check_step(before, entry, after)
        expiry_changes_nothing_but_the_expired(after)
        # at once, where the nodes before it took each command by itself
        assert advance(root.state, log[len(root.log) :], at=after.at) == after
        if told <= 2:
            folding_does_not_depend_on_how_the_log_is_cut(log, after, len(log) - 1)
            others = tuple((name, apply(state, entry)) for name, state in node.others)
            for name, state in others:
                only_what_the_policy_names_differs(name, after, state)
    except AssertionError as error:
        story = " → ".join(each.event.name for each in log[len(root.log) :])
        raise AssertionError(f"after {story}: {error}") from error
    return Node(after, log, told, others)


def _leave(counted: Callable[..., None], heading: str, count: Count) -> None:
    counts = {"sequences tried": count.tried, "accepted": count.accepted, "refused": count.refused}
    counted(f"sequences of {len(NAMES)} commands from {heading}", **counts)


# The policies as shipped belong to the quick run; all the others at once are for the whole one.
CASES = [
    pytest.param(
        beginning,
        book,
        id=f"{beginning}, {book}",
        marks=() if book == "as shipped" else pytest.mark.long,
    )
    for beginning in BEGINNINGS
    for book in BOOKS
]


@pytest.mark.parametrize(("beginning", "book"), CASES)
def test_no_sequence_of_three_breaks_a_rule(beginning: str, book: str, counted) -> None:
    assert len(NAMES) >= 25
    count = _tell(_root(beginning, book), NAMES, 3)
    _leave(counted, f"{beginning}, policies {book}, up to length 3", count)
    assert count.deepest == 3
    assert count.tried == count.accepted + count.refused
    # the first command is tried once, and once again after every accepted sequence of one or two
    assert count.tried % len(NAMES) == 0
    if beginning == "everything":
        assert count.commands_accepted == set(NAMES)


@pytest.mark.long
@pytest.mark.parametrize("first", NAMES)
def test_no_sequence_of_four_breaks_a_rule(first: str, counted) -> None:
    """From everything, since from nothing most commands are refused; one test a first command."""
    count = _tell(_root("everything", "as shipped"), (first,), 4)
    _leave(counted, "everything, policies as shipped, up to length 4", count)
    assert count.deepest in (0, 4)
