"""Each check of the random and the short lives fails on a step in which just that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from jpki.life import CertificateId, CertificateRecord, Recorded, State, apply, state_at
from jpki.life import events as ev
from jpki.terms import CertificateKind
from tests.life import invariants as inv

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION
SECOND = timedelta(seconds=1)
Step = tuple[State, Recorded, State]


def _steps(all_four) -> tuple[Step, tuple[Recorded, ...]]:
    """The holder ends the card's signature certificate; the phone's falls with it."""
    story = all_four()
    story.tell(date(2026, 8, 3), ev.MobileDeviceLossReported("p"))
    story.tell(date(2026, 8, 4), ev.RevocationRequested("p", (CA,)))
    log = tuple(story.entries)
    before = state_at(log[:-1], log[-1].recorded_at)
    return (before, log[-1], apply(before, log[-1])), log


def _with(state: State, *records: CertificateRecord) -> State:
    return replace(
        state, certificates={**state.certificates, **{each.id: each for each in records}}
    )


def _of(state: State, kind: CertificateKind) -> CertificateRecord:
    record = state.latest("p", kind)
    assert record is not None
    return record


def _back_in_time(before: State, entry: Recorded, after: State) -> Step:
    return after, entry, before


def _twin(before: State, entry: Recorded, after: State) -> Step:
    record = _of(after, CS)
    return before, entry, _with(after, replace(record, id=CertificateId(record.authority, 77)))


def _phone_spared(before: State, entry: Recorded, after: State) -> Step:
    return before, entry, _with(after, replace(_of(after, MA), lapse=None))


def _reason_rewritten(before: State, entry: Recorded, after: State) -> Step:
    record = _of(after, MS)
    return before, entry, _with(after, replace(record, lapse=replace(record.lapse)))


def _lost_after_its_period(before: State, entry: Recorded, after: State) -> Step:
    record = _of(after, CA)
    return before, entry, _with(after, replace(record, valid_until=entry.recorded_at - SECOND))


def _card_falls_by_the_phone(before: State, entry: Recorded, after: State) -> Step:
    return before, entry, _with(after, replace(_of(after, CS), lapse=_of(after, MA).lapse))


def _pairs_mixed(before: State, entry: Recorded, after: State) -> Step:
    spared = replace(_of(before, MS), lapse=None)
    return _with(before, spared), entry, _with(after, replace(spared, lapse=_of(after, MA).lapse))


def _too_early(before: State, entry: Recorded, after: State) -> Step:
    record = _of(after, CA)
    lapse = replace(record.lapse, recorded_at=entry.recorded_at - SECOND)
    return before, entry, _with(after, replace(record, lapse=lapse))


def _by_another_entry(before: State, entry: Recorded, after: State) -> Step:
    return before, replace(entry, seq=entry.seq + 1), after


def _told_of_something_else(before: State, entry: Recorded, after: State) -> Step:
    return before, replace(entry, event=ev.GuardianshipBegan("p")), after


def _unlisted(before: State, entry: Recorded, after: State) -> Step:
    return before, entry, replace(after, listed={})


WRONG: list[tuple[inv.Check, Callable[[State, Recorded, State], Step]]] = [
    (inv.nothing_but_a_held_authentication_certificate_comes_back, _back_in_time),
    (inv.at_most_one_certificate_of_a_kind_is_live, _twin),
    (inv.no_phone_certificate_outlives_its_partner, _phone_spared),
    (inv.the_first_recorded_reason_stands, _reason_rewritten),
    (inv.expiry_never_cascades, _lost_after_its_period),
    (inv.cascades_run_from_card_to_phone_and_pair_by_pair, _card_falls_by_the_phone),
    (inv.cascades_run_from_card_to_phone_and_pair_by_pair, _pairs_mixed),
    (inv.nothing_is_lost_before_it_is_recorded_and_known, _too_early),
    (inv.nothing_is_lost_before_it_is_recorded_and_known, _by_another_entry),
    (inv.why_ends_in_this_entry_with_a_basis, _told_of_something_else),
    (inv.the_revocation_list_agrees_with_the_states, _unlisted),
]


@pytest.mark.parametrize(("check", "wrong"), WRONG, ids=[wrong.__name__ for _, wrong in WRONG])
def test_a_check_notices_what_it_is_for(all_four, check, wrong) -> None:
    step, _ = _steps(all_four)
    check(*step)
    with pytest.raises(AssertionError):
        check(*wrong(*step))


def test_every_check_of_a_step_is_among_them() -> None:
    assert {check for check, _ in WRONG} == set(inv.STEP_CHECKS)


def test_a_state_that_is_not_the_fold_of_its_log_is_noticed(all_four) -> None:
    (_, _, last), log = _steps(all_four)
    inv.folding_does_not_depend_on_how_the_log_is_cut(log, last, 3)
    with pytest.raises(AssertionError):
        inv.folding_does_not_depend_on_how_the_log_is_cut(
            log, _with(last, replace(_of(last, MS), hold=None, lapse=None)), 3
        )


@pytest.mark.parametrize("policy", ["signature_minimum_age", "deletion_reason", "ruling_clock"])
def test_a_policy_that_changes_what_no_row_of_it_covers_is_noticed(all_four, policy) -> None:
    (_, _, last), _ = _steps(all_four)
    inv.only_what_the_policy_names_differs(policy, last, last)
    other = _with(last, replace(_of(last, CA), lapse=None))
    with pytest.raises(AssertionError, match=policy):
        inv.only_what_the_policy_names_differs(policy, last, other)


def test_a_policy_for_codes_that_moves_more_than_codes_is_noticed(all_four) -> None:
    (_, _, last), _ = _steps(all_four)
    record = _of(last, MA)
    moved = replace(record.lapse, recorded_at=record.lapse.recorded_at + SECOND)
    with pytest.raises(AssertionError, match="codes"):
        inv.only_what_the_policy_names_differs(
            "cascade_reason", last, _with(last, replace(record, lapse=moved))
        )
