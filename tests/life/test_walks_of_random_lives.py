"""Random lives, refused where they cannot be; what must hold after every step.

A failure names its seed; ``_walk(seed)`` replays it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache

import pytest

from jpki.errors import LifeError
from jpki.jst import at_time, day
from jpki.law import Rulebook
from jpki.life import (
    Authority,
    CertificateState,
    FourItems,
    Recorded,
    State,
    advance,
    apply,
    decide,
    revocations_at,
    state_at,
)
from jpki.life import events as ev
from jpki.terms import CertificateKind, Medium, PinKind, Sex

SEEDS = range(12)
STEPS = 160
PEOPLE = ("p1", "p2", "p3")
FINAL = (CertificateState.REVOKED, CertificateState.EXPIRED)


def _book(dice: random.Random) -> Rulebook:
    book = Rulebook.default()
    chosen = {
        row.id: dice.choice(row.alternatives)
        for row in book.policies.rows
        if dice.random() < 0.4 and row.id not in ("signature_minimum_age", "cascade_gap_seconds")
    }
    return book.with_(**chosen)


def _random_event(dice: random.Random, state: State, at: datetime, serial: int) -> ev.Event:
    person = dice.choice(PEOPLE)
    kinds = tuple(dice.sample(list(CertificateKind), dice.choice((1, 1, 2))))
    key = dice.choice((None, *CertificateKind))
    today = day(at)
    card_end = today + timedelta(days=dice.choice((40, 400, 2000)))
    kind = dice.choice(list(CertificateKind))
    issue = _issue(dice, state, person, kind, at, serial)
    match dice.randrange(34):
        case 0 | 1:
            return ev.CardIssued(person, f"card-{serial}", today, card_end)
        case 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9:
            return issue
        case 10 | 11:
            return ev.MobileDeviceEnrolled(
                person, f"phone-{serial}", dice.choice(list(ev.Platform))
            )
        case 12:
            return ev.ResidentRecordAmended(
                person, dice.choice(list(ev.RecordItem)), dice.choice(list(ev.Minor))
            )
        case 13:
            return ev.RevocationRequested(person, kinds, dice.choice(list(ev.RequestPurpose)), key)
        case 14:
            return ev.KeyCompromiseReported(person, kinds, signed_with=key)
        case 15 | 16:
            return ev.CardLossReported(person, dice.choice(list(ev.Channel)))
        case 17 | 18:
            return ev.CardSuspensionLifted(person)
        case 19:
            return ev.CardReissueRequested(person, dice.choice(list(ev.ReissueCause)))
        case 20:
            return ev.CardExchanged(person, dice.choice(list(ev.ExchangeCause)))
        case 21 | 22:
            return ev.MobileDeviceLossReported(person)
        case 23 | 24:
            return ev.MobileDeviceSuspensionLifted(person)
        case 25:
            return ev.MobileDeviceChanged(person, dice.choice(list(ev.MobileDeviceChange)))
        case 26:
            return ev.CardModeChanged(person, dice.choice(list(ev.CardMode)))
        case 27:
            return ev.RecordErrorFound(person, kinds)
        case 28:
            return ev.IssuerKeyCompromised(kinds[:1], dice.choice((None, 2, 3)))
        case 29:
            return ev.MoveOutNotified(
                person,
                dice.choice(list(ev.Destination)),
                today + timedelta(days=dice.randrange(20)),
            )
        case 30:
            return ev.MoveInNotified(person, dice.choice(list(ev.CardPresence)), "13102", "架空")
        case 31:
            return ev.ResidentRecordDeleted(person, dice.choice(list(ev.DeletionGround)[1:]))
        case 32:
            return ev.DeadlinePassed(person, dice.choice(list(ev.Deadline)))
        case _:
            return ev.PinBlocked(person, dice.choice(list(Medium)), dice.choice(list(PinKind)))


def _issue(
    dice: random.Random,
    state: State,
    person: str,
    kind: CertificateKind,
    at: datetime,
    serial: int,
) -> ev.CertificateIssued:
    ends = day(at) + timedelta(days=dice.choice((30, 300, 1500)))
    partner = state.live(person, kind.partner, at=at)
    if kind.medium is Medium.MOBILE_DEVICE and partner is not None:
        ends = partner.expires_on
    authority = Authority(kind.purpose, dice.choice((2, 3)))
    return ev.CertificateIssued(person, kind, serial, authority, "13101", ends)


def _begin(book: Rulebook) -> tuple[State, list[Recorded]]:
    start = at_time(date(2024, 6, 1), time(9))
    state, log = State.empty(start, book=book), []
    for person in PEOPLE:
        items = FourItems("公的 太郎", date(1980, 2, 29), Sex.MALE, "架空県架空市")
        log.append(decide(state, ev.ResidentRegistered(person, items, "13101"), at=start))
        state = apply(state, log[-1])
    return state, log


def _steps(seed: int) -> Iterator[tuple[State, Recorded, State]]:
    dice = random.Random(seed)
    state, log = _begin(_book(dice))
    at = state.at
    for serial in range(1, STEPS * 6):
        at += timedelta(minutes=dice.choice((0, 1, 600, 3000)))
        before = advance(state, (), at=at)
        try:
            entry = decide(before, _random_event(dice, before, at, serial), at=at)
        except LifeError:
            continue
        state = apply(before, entry)
        log.append(entry)
        yield before, entry, state


@cache
def _walk(seed: int) -> tuple[tuple[State, Recorded, State], ...]:
    return tuple(_steps(seed))


@cache
def _log(seed: int) -> tuple[Recorded, ...]:
    _, beginning = _begin(_book(random.Random(seed)))
    return (*beginning, *(entry for _, entry, _ in _walk(seed)))


def test_the_walks_are_long_and_meet_every_state_and_most_events() -> None:
    states, names = set(), set()
    for seed in SEEDS:
        assert len(_walk(seed)) > 60
        for _, entry, after in _walk(seed):
            names.add(entry.event.name)
            states |= {after.state_of(record) for record in after.certificates.values()}
    assert states == set(CertificateState)
    assert len(names) >= 20


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_but_a_held_authentication_certificate_ever_comes_back(seed: int) -> None:
    for before, _, after in _walk(seed):
        for each, record in before.certificates.items():
            was, now = before.state_of(record), after.state_of(after.certificates[each])
            if was is CertificateState.HELD:
                assert record.kind.purpose == "user_authentication"
            if was in FINAL:
                assert now is was
            elif now is CertificateState.ACTIVE:
                assert was in (CertificateState.ACTIVE, CertificateState.HELD)


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_ever_holds_two_live_certificates_of_a_kind(seed: int) -> None:
    for _, _, after in _walk(seed):
        live = [
            (record.person, record.kind)
            for record in after.certificates.values()
            if record.live_at(after.at)
        ]
        assert len(live) == len(set(live))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_phone_certificate_does_not_outlive_the_loss_of_its_card_partner(seed: int) -> None:
    for before, _, after in _walk(seed):
        stays = after.book.policies["card_hold_cascades_to_ms"] is False
        for each, record in after.certificates.items():
            if record.lapse is None or record.kind.medium is Medium.MOBILE_DEVICE:
                continue
            if before.certificates[each].lapse is not None:
                continue
            if stays and record.lapse.reason == 6:
                continue
            assert after.live(record.person, record.kind.partner) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_on_the_phone_ends_a_card_certificate_and_pairs_fall_apart(seed: int) -> None:
    for _, _, after in _walk(seed):
        for record in after.certificates.values():
            cause = record.lapse.cause if record.lapse else None
            if cause is None or cause.fact.name != "certificate_lost_effect":
                continue
            assert record.kind.medium is Medium.MOBILE_DEVICE
            assert cause.because is not None
            assert cause.because.subject == record.kind.partner


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_recorded_reason_stands(seed: int) -> None:
    for before, _, after in _walk(seed):
        for each, record in before.certificates.items():
            if record.lapse is not None:
                assert after.certificates[each].lapse is record.lapse


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loss_is_never_recorded_before_it_is_known_or_before_issue(seed: int) -> None:
    *_, (_, _, last) = _walk(seed)
    for record in last.certificates.values():
        for lapse in (record.lapse, record.hold):
            if lapse is not None:
                assert lapse.recorded_at == lapse.cause.entry.recorded_at
                assert lapse.recorded_at >= lapse.cause.entry.known_at
                assert lapse.recorded_at >= record.issued_at
                assert lapse.recorded_at <= record.valid_until


@pytest.mark.parametrize("seed", SEEDS)
def test_expiry_changes_nothing_but_the_expired(seed: int) -> None:
    *_, (_, _, last) = _walk(seed)
    far = advance(last, (), at=last.at + timedelta(days=4000))
    assert {far.state_of(record) for record in far.certificates.values()} <= set(FINAL)
    assert far.certificates == last.certificates
    assert revocations_at(far) == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_how_the_log_is_cut_or_shuffled_does_not_matter(seed: int) -> None:
    *_, (before, _, last) = _walk(seed)
    log, book, dice = list(_log(seed)), last.book, random.Random(seed + 1)
    whole = state_at(log, last.at, book=book)
    assert whole == last
    dice.shuffle(log)
    assert state_at(log, last.at, book=book) == last
    log.sort(key=lambda entry: entry.position)
    cut = dice.randrange(1, len(log))
    first = state_at(log[:cut], log[cut - 1].recorded_at, book=book)
    assert advance(first, log[cut:], at=last.at) == last
    middle = log[cut].recorded_at - timedelta(microseconds=1)
    known = [entry for entry in log if entry.recorded_at <= middle]
    assert state_at(log, middle, book=book) == state_at(known, middle, book=book)
    assert before.at <= last.at


@pytest.mark.parametrize("seed", SEEDS)
def test_the_revocation_list_is_what_is_revoked_or_held_and_still_in_its_period(seed: int) -> None:
    for _, _, after in _walk(seed)[::7]:
        listed = {(entry.authority, entry.serial) for entry in revocations_at(after)}
        assert listed == {
            (record.authority, record.serial)
            for record in after.certificates.values()
            if after.at <= record.valid_until and (record.lapse or record.hold)
        }
