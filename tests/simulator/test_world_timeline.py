"""A timeline tells every change, once, with its reason: replayed, it ends where the state is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki.errors import ImpossibleFact, LifeError
from jpki.jst import day
from jpki.law import Effect, Policies, Rulebook, load
from jpki.life import CertificateState, Recorded, State, advance, decide
from jpki.life import events as ev
from jpki.terms import CertificateKind, Purpose
from simulator.timeline import Moment, timeline
from tests.life.wishes import Wish, wishes
from tests.simulator.worldwork import BEGINS, items

ENDS_ON = date(2029, 1, 1)
AFTER = {
    Effect.ISSUE: CertificateState.ACTIVE,
    Effect.RESUME: CertificateState.ACTIVE,
    Effect.SUSPEND: CertificateState.HELD,
    Effect.REVOKE: CertificateState.REVOKED,
    Effect.EXPIRE: CertificateState.EXPIRED,
}
KINDS = (
    (CertificateKind.CARD_AUTHENTICATION, 1),
    (CertificateKind.CARD_SIGNATURE, 1),
)


def issued(kind: CertificateKind, serial: int) -> ev.CertificateIssued:
    authority = ev.Authority(kind.purpose, 3)
    on_phone = kind not in dict(KINDS)
    signed_with = CertificateKind.CARD_SIGNATURE if on_phone else None
    return ev.CertificateIssued("P1", kind, serial, authority, "13113", ENDS_ON, signed_with)


def lived(book: Rulebook) -> tuple[list[Recorded], State]:
    """Somebody with a card and a phone, and all four certificates."""
    state, entries = State.empty(BEGINS, book=book), []
    for event in (
        ev.ResidentRegistered("P1", items(1), "13113"),
        ev.CardIssued("P1", "card-1", date(2024, 3, 1), ENDS_ON),
        *(issued(kind, serial) for kind, serial in KINDS),
        ev.MobileDeviceEnrolled("P1", "phone-1", ev.Platform.ANDROID),
        issued(CertificateKind.MOBILE_SIGNATURE, 2),
        issued(CertificateKind.MOBILE_AUTHENTICATION, 2),
    ):
        entry = decide(state, event, at=BEGINS)
        entries.append(entry)
        state = advance(state, (entry,))
    return entries, state


def replayed(moments: tuple[Moment, ...]) -> dict[tuple[Purpose, int], CertificateState]:
    changes = sorted(
        (change for moment in moments for change in moment.changes), key=lambda each: each.at
    )
    return {(each.kind.purpose, each.serial): AFTER[each.effect] for each in changes}


@settings(max_examples=60)
@given(
    st.lists(st.tuples(wishes(tuple(ev.EVENTS)), st.integers(0, 40)), max_size=25),
    st.sampled_from(Policies.default().row("cascade_gap_seconds").alternatives),
    st.integers(0, 3000),
)
def test_a_timeline_replayed_ends_where_the_state_is(
    happenings: list[tuple[Wish, int]], gap: int, later: int
) -> None:
    book = Rulebook(load(), Policies.default().with_(cascade_gap_seconds=gap))
    entries, state = lived(book)
    at = BEGINS
    for number, (wish, days) in enumerate(happenings, start=10):
        at += timedelta(days=days)
        try:
            entry = decide(state, wish.event("P1", day(at), number), at=at)
        except LifeError:
            continue
        entries.append(entry)
        state = advance(state, (entry,))
    until = at + timedelta(days=later)
    state = advance(state, (), at=until)
    moments = timeline(entries, "P1", at=until, book=book)
    assert [m.seq for m in moments if m.seq is not None] == [entry.seq for entry in entries]
    assert all(m.at <= until for m in moments)
    assert replayed(moments) == {
        (record.kind.purpose, record.serial): state.state_of(record)
        for record in state.records("P1")
    }
    for moment in moments:
        for change in moment.changes:
            assert change.effect is Effect.RESUME or change.reasons


def test_a_timeline_tells_only_what_was_known_by_then() -> None:
    entries, state = lived(Rulebook.default())
    at = BEGINS + timedelta(days=1)
    lost = decide(state, ev.CardLossReported("P1", ev.Channel.CALL_CENTRE), at=at)
    book = state.book
    before = timeline([*entries, lost], "P1", at=at - timedelta(seconds=1), book=book)
    assert [m.event for m in before] == [e.event.name for e in entries]
    after = timeline([*entries, lost], "P1", at=at, book=book)
    assert after[:-1] == before
    # EV-34: CS revoked, CA held, MS revoked by cascade, MA unchanged.
    assert {(c.kind, c.effect) for c in after[-1].changes} == {
        (CertificateKind.CARD_SIGNATURE, Effect.REVOKE),
        (CertificateKind.CARD_AUTHENTICATION, Effect.SUSPEND),
        (CertificateKind.MOBILE_SIGNATURE, Effect.REVOKE),
    }


def test_an_issuers_lost_key_is_in_everybodys_timeline_and_anothers_move_in_nobodys() -> None:
    entries, state = lived(Rulebook.default())
    other = decide(state, ev.ResidentRegistered("P2", items(2), "13113"), at=BEGINS)
    state = advance(state, (other,))
    leak = decide(state, ev.IssuerKeyCompromised((CertificateKind.CARD_SIGNATURE,)), at=BEGINS)
    moments = timeline([*entries, other, leak], "P1", at=BEGINS, book=state.book)
    assert [m.seq for m in moments] == [*(e.seq for e in entries), leak.seq]
    # EV-54: every CS falls, and each MS with it.
    assert {c.kind for c in moments[-1].changes} == {
        CertificateKind.CARD_SIGNATURE,
        CertificateKind.MOBILE_SIGNATURE,
    }


def test_nobodys_timeline_is_named() -> None:
    entries, state = lived(Rulebook.default())
    with pytest.raises(ImpossibleFact, match="nobody with this id"):
        timeline(entries, "P9", at=BEGINS, book=state.book)


def test_a_cascade_that_is_recorded_later_is_told_from_then_on() -> None:
    gap = max(Policies.default().row("cascade_gap_seconds").alternatives)
    assert isinstance(gap, int)
    assert gap > 0
    book = Rulebook(load(), Policies.default().with_(cascade_gap_seconds=gap))
    entries, state = lived(book)
    lost = decide(state, ev.CardLossReported("P1", ev.Channel.CALL_CENTRE), at=BEGINS)
    kinds = {
        seconds: {
            change.kind
            for change in timeline(
                [*entries, lost], "P1", at=BEGINS + timedelta(seconds=seconds), book=book
            )[-1].changes
        }
        for seconds in (gap - 1, gap)
    }
    assert kinds[gap] - kinds[gap - 1] == {CertificateKind.MOBILE_SIGNATURE}
