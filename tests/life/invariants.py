"""What must hold in every life, whoever tells it: asked after each step and of whole logs.

Used by the walks of random lives and by the enumeration of all short ones. Each check raises
``AssertionError``; ``test_property_invariants_notice.py`` shows that each one can.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

from jpki.jst import day
from jpki.law import Ground, Policies, Rulebook, load
from jpki.life import (
    Card,
    Cause,
    CertificateId,
    CertificateRecord,
    CertificateState,
    Lapse,
    Recorded,
    State,
    advance,
    revocations_at,
    state_at,
    why,
)
from jpki.terms import CertificateKind, Medium, Purpose, RevocationReason

FINAL = (CertificateState.REVOKED, CertificateState.EXPIRED)
_HOLD = RevocationReason.CERTIFICATE_HOLD

Check = Callable[[State, Recorded, State], None]


def touched(
    before: State, after: State
) -> Iterator[tuple[CertificateRecord | None, CertificateRecord]]:
    """Yield each record that a step made or changed, as it was and as it is."""
    for each, record in after.certificates.items():
        old = before.certificates.get(each)
        if old is not record:
            yield old, record


def fell(before: State, after: State) -> Iterator[tuple[CertificateRecord, Lapse]]:
    """Yield each certificate that a step revoked, with its loss."""
    for old, record in touched(before, after):
        if record.lapse is not None and (old is None or old.lapse is None):
            yield record, record.lapse


def chain(cause: Cause | None) -> Iterator[Cause]:
    """Yield a cause and everything behind it."""
    while cause is not None:
        yield cause
        cause = cause.because


# after every step


def nothing_but_a_held_authentication_certificate_comes_back(
    before: State, entry: Recorded, after: State
) -> None:
    assert before.certificates.keys() <= after.certificates.keys()
    for each, old in before.certificates.items():
        was, now = before.state_of(old), after.state_of(after.certificates[each])
        assert was not in FINAL or now is was, f"{was} became {now}"
    for _, record in touched(before, after):
        if record.hold is not None:
            assert record.kind.purpose is Purpose.USER_AUTHENTICATION, "a signature was held"


def at_most_one_certificate_of_a_kind_is_live(before: State, entry: Recorded, after: State) -> None:
    seen: set[tuple[str, CertificateKind]] = set()
    for record in after.certificates.values():
        if record.live_at(after.at):
            assert (record.person, record.kind) not in seen, f"two live {record.kind}"
            seen.add((record.person, record.kind))


def no_phone_certificate_outlives_its_partner(before: State, entry: Recorded, after: State) -> None:
    """By loss it falls at once, by expiry on the same day; policy T-6 spares it in one case."""
    spared = after.book.policies["card_hold_cascades_to_ms"] is False
    for record in after.certificates.values():
        if record.kind.medium is not Medium.MOBILE_DEVICE or not record.live_at(after.at):
            continue
        if spared and _lost_with_a_suspended_card(after, record):
            continue
        if record.lapse is not None and record.lapse.cause.entry.recorded_at <= after.at:
            continue  # lost already, and recorded so within the gap between two records
        partner = after.live(record.person, record.kind.partner)
        assert partner is not None, f"{record.kind} lives without {record.kind.partner}"
        assert record.valid_until <= partner.valid_until, f"{record.kind} ends after its partner"


def _lost_with_a_suspended_card(state: State, record: CertificateRecord) -> bool:
    return any(
        other.kind is record.kind.partner
        and other.lapse is not None
        and other.lapse.reason is _HOLD
        and other.lapse.recorded_at >= record.issued_at
        for other in state.records(record.person)
    )


def the_first_recorded_reason_stands(before: State, entry: Recorded, after: State) -> None:
    for old, record in touched(before, after):
        if old is not None and old.lapse is not None:
            assert record.lapse is old.lapse, "a recorded loss was rewritten"
        if old is not None and old.hold is not None and record.hold is not None:
            assert record.hold is old.hold, "a recorded hold was rewritten"
    for person in before.people.values():
        old_card, card = person.card, after.people[person.id].card
        if old_card and card and old_card.number == card.number and old_card.lapse:
            assert card.lapse is old_card.lapse, "the reason a card lapsed was rewritten"


def expiry_never_cascades(before: State, entry: Recorded, after: State) -> None:
    """Nothing is revoked after its period, nor because something else expired (X-3)."""
    for record, lapse in fell(before, after):
        assert lapse.recorded_at <= record.valid_until, "an expired certificate was revoked"
        for link in chain(lapse.cause):
            assert dict(link.fact.fields).get("ground") != "expiry", "an expiry cascaded"
            assert link.fact.name != "validity_ended", "an expiry cascaded"


def cascades_run_from_card_to_phone_and_pair_by_pair(
    before: State, entry: Recorded, after: State
) -> None:
    for record, lapse in fell(before, after):
        for link in chain(lapse.cause):
            if link.fact.name == "certificate_lost_effect":
                assert record.kind.medium is Medium.MOBILE_DEVICE, "a phone ended a card"
                assert link.because is not None
                assert link.because.subject.value == record.kind.partner.value, "pairs mixed"


def nothing_is_lost_before_it_is_recorded_and_known(
    before: State, entry: Recorded, after: State
) -> None:
    for _, record in touched(before, after):
        for lapse in (record.lapse, record.hold):
            if lapse is None:
                continue
            source = lapse.cause.entry
            gap = _gap(after, lapse)
            assert lapse.recorded_at == source.recorded_at + gap, "effect is lost at the record"
            assert source.known_at <= lapse.recorded_at, "recorded before it was known"
            assert source.occurred_on <= day(lapse.recorded_at), "recorded before it happened"
            assert record.issued_at <= lapse.recorded_at <= after.at + gap
    for record, lapse in fell(before, after):
        assert lapse.cause.entry is entry, f"{record.kind} fell by another entry than this one"


def _gap(state: State, lapse: Lapse) -> timedelta:
    """How long after the card's the phone's loss is recorded (X-4); nothing for all others."""
    cascades = lapse.ground is Ground.CASCADE
    return timedelta(seconds=int(state.book.policies["cascade_gap_seconds"]) if cascades else 0)


def why_ends_in_this_entry_with_a_basis(before: State, entry: Recorded, after: State) -> None:
    for _, record in touched(before, after):
        found = why(after, record.serial, purpose=record.authority.purpose)
        assert found.steps, "no reason at all"
        for step in found.steps:
            assert step.basis_ja, f"{step.rule} has no basis"
            assert step.basis_en, f"{step.rule} has no basis"
        if record.lapsed_at(after.at):
            assert found.event == entry.event.name
            assert found.steps[-1].recorded_at == entry.recorded_at


def the_revocation_list_agrees_with_the_states(
    before: State, entry: Recorded, after: State
) -> None:
    listed = {
        CertificateId(each.authority, each.serial): (each.reason, each.recorded_at)
        for each in revocations_at(after)
    }
    expected = {}
    for each, record in after.certificates.items():
        lapse = record.lapse if record.lapsed_at(after.at) else record.hold
        if lapse is not None and after.at <= record.valid_until:
            expected[each] = (lapse.reason, lapse.recorded_at)
            now = after.state_of(record)
            held = now is CertificateState.HELD
            assert now in (CertificateState.HELD, CertificateState.REVOKED)
            assert not held or lapse.reason is _HOLD, "a hold has the code of a hold"
    assert listed == expected


STEP_CHECKS: tuple[Check, ...] = (
    nothing_but_a_held_authentication_certificate_comes_back,
    at_most_one_certificate_of_a_kind_is_live,
    no_phone_certificate_outlives_its_partner,
    the_first_recorded_reason_stands,
    expiry_never_cascades,
    cascades_run_from_card_to_phone_and_pair_by_pair,
    nothing_is_lost_before_it_is_recorded_and_known,
    why_ends_in_this_entry_with_a_basis,
    the_revocation_list_agrees_with_the_states,
)


def check_step(before: State, entry: Recorded, after: State) -> None:
    """Ask everything that must hold after a step."""
    for check in STEP_CHECKS:
        check(before, entry, after)


# of whole logs


def folding_does_not_depend_on_how_the_log_is_cut(
    log: Sequence[Recorded], last: State, cut: int
) -> None:
    """At once, in two pieces cut anywhere, and backwards: the same state."""
    assert state_at(reversed(log), last.at, book=last.book) == last, "folded at once, backwards"
    if 0 < cut < len(log):
        first = state_at(log[:cut], log[cut - 1].recorded_at, book=last.book)
        assert advance(first, log[cut:], at=last.at) == last, f"folded in pieces, cut at {cut}"
        # what is not yet recorded does not matter
        earlier = log[cut].recorded_at - timedelta(microseconds=1)
        known = [entry for entry in log if entry.recorded_at <= earlier]
        assert state_at(log, earlier, book=last.book) == state_at(known, earlier, book=last.book)


def expiry_changes_nothing_but_the_expired(last: State) -> None:
    """Let everything expire: no record changes, everything is final, the list is empty."""
    ends = [record.valid_until for record in last.certificates.values()]
    far = advance(last, (), at=max([last.at, *ends]) + timedelta(seconds=1))
    assert far.certificates == last.certificates
    assert {far.state_of(record) for record in far.certificates.values()} <= set(FINAL)
    assert revocations_at(far) == ()


def a_policy_changes_only_what_it_names(
    log: Sequence[Recorded], last: State, policy: str, value: str | bool | int
) -> None:
    """Fold the same log under another value: what differs was said by a row about the policy.

    The row spoke of the certificate itself or of the card certificate that it hangs on (which may
    be lost under the other value when the log still says that the phone was enrolled with it). A
    policy that only chooses CRL codes moves nothing but codes. One that no row names changes
    nothing, except that ``ruling_clock`` moves what was recorded under another law than that of
    the day it occurred.
    """
    other = state_at(log, last.at, book=otherwise(last.book.policies, policy, value))
    only_what_the_policy_names_differs(policy, last, other)


def only_what_the_policy_names_differs(policy: str, last: State, other: State) -> None:
    """Compare two states of one log that were folded under two values of a policy."""
    assert other.certificates.keys() == last.certificates.keys()
    for each, record in last.certificates.items():
        if record != other.certificates[each]:
            _named(policy, record, last, other)
    for person in last.people.values():
        card, changed_card = person.card, other.people[person.id].card
        said = _only_clock(last.book, policy, card, changed_card) or _spoke_of_card(
            last.book, policy, card, changed_card
        )
        if card != changed_card and not said:
            raise AssertionError(f"{policy} changed a card")


@cache
def otherwise(policies: Policies, policy: str, value: str | bool | int) -> Rulebook:
    """Return the shipped tables with one policy changed; remembers what it worked out."""
    return Rulebook(load(), policies.with_(**{policy: value}))


def _named(policy: str, record: CertificateRecord, last: State, other: State) -> None:
    book, changed = last.book, other.certificates[record.id]
    links = [*_links(record), *_links(changed)]
    for partner in _partners(last, record):
        links += [*_links(partner), *_links(other.certificates[partner.id])]
    if policy == "cascade_gap_seconds":
        _only_the_gap(record, changed)
        return
    if policy == "ruling_clock":
        assert any(_straddles(book, link) for link in links), f"{policy} changed {record.kind}"
        return
    selects = {rule.id for rule in book.table.rules if rule.policy and rule.policy.name == policy}
    codes = {rule.id for rule in book.table.rules if rule.reason_policy == policy}
    said = {link.ruling.rule for link in links}
    assert said & (selects | codes), f"{policy} changed {record.kind}, which no row of it covers"
    if not said & selects:
        assert _without_codes(record) == _without_codes(changed), f"{policy} moved more than codes"


def _only_the_gap(record: CertificateRecord, changed: CertificateRecord) -> None:
    """The gap moves when a cascade is on record; one that would come after expiry never is."""
    assert replace(record, lapse=None) == replace(changed, lapse=None), "the gap changed more"
    for lapse in (record.lapse, changed.lapse):
        assert lapse is None or lapse.ground is Ground.CASCADE, "the gap moved more than cascades"
    if record.lapse is not None and changed.lapse is not None:
        assert record.lapse.cause == changed.lapse.cause, "the gap changed a cause"


def _links(record: CertificateRecord) -> Iterator[Cause]:
    for lapse in (record.lapse, record.hold):
        if lapse is not None:
            yield from chain(lapse.cause)


def _partners(state: State, record: CertificateRecord) -> Iterator[CertificateRecord]:
    """Yield the card certificate that was live when a phone's certificate was issued."""
    if record.kind.medium is Medium.MOBILE_DEVICE:
        for each in state.records(record.person):
            lost = each.lapse is not None and each.lapse.recorded_at < record.issued_at
            if each.kind is record.kind.partner and each.issued_at < record.issued_at and not lost:
                yield each


def _straddles(book: Rulebook, link: Cause) -> bool:
    days = book.table.boundaries()
    entry = link.entry
    return bisect_right(days, entry.occurred_on) != bisect_right(days, day(entry.recorded_at))


def _only_clock(book: Rulebook, policy: str, *cards: Card | None) -> bool:
    lapses = [each for card in cards if card for each in (card.lapse, card.suspension) if each]
    return policy == "ruling_clock" and any(_straddles(book, each.cause) for each in lapses)


def _spoke_of_card(book: Rulebook, policy: str, *cards: Card | None) -> bool:
    selects = {rule.id for rule in book.table.rules if rule.policy and rule.policy.name == policy}
    lapses = [card.lapse for card in cards if card and card.lapse]
    return any(link.ruling.rule in selects for each in lapses for link in chain(each.cause))


def _without_codes(record: CertificateRecord) -> tuple[object, ...]:
    lapses = [
        (lapse.recorded_at, [(link.ruling.rule, link.ruling.effect) for link in chain(lapse.cause)])
        for lapse in (record.lapse, record.hold)
        if lapse is not None
    ]
    return (record.id, record.kind, record.issued_at, record.valid_until, lapses)
