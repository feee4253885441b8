"""Why, what is on the list, and which clock counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from jpki.errors import ImpossibleFact
from jpki.jst import at_time
from jpki.law import Policies, Rulebook
from jpki.life import (
    Authority,
    Recorded,
    advance,
    decide,
    revocations_at,
    ruling_day,
    state_at,
    why,
)
from jpki.life import events as ev
from jpki.terms import CertificateKind, Purpose, RevocationReason

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION


# why


def test_why_leads_from_the_phone_over_certificate_and_card_back_to_the_application(
    all_four,
) -> None:
    story = all_four()
    story.tell(date(2026, 4, 5), ev.CardReissueRequested("p", ev.ReissueCause.LOST))
    found = why(story.state, story.serial(MA))
    assert [step.rule for step in found.steps] == [
        "X-2.mobile-authentication",
        "card-lapsed.card-authentication",
        "K-16",
    ]
    assert [step.subject.value for step in found.steps] == [
        "mobile_authentication",
        "card_authentication",
        "card",
    ]
    assert found.event == "card_reissue_requested"
    assert "公的個人認証法第35条の13" in found.steps[0].basis_ja
    assert "公的個人認証法施行規則第53条" in found.steps[1].basis_ja
    assert "個人番号カード等命令第28条第4項" in found.steps[2].basis_ja
    lines = found.lines_ja
    assert len(lines) == 5
    assert "失効" in lines[0]
    assert "カードの再交付の申請" in lines[-1]
    assert "2026-04-05 09:00:00" in lines[-1]
    assert len(found.lines_en) == 5
    assert "card_reissue_requested" not in found.lines_en[-1]
    assert "A new card is requested" in found.lines_en[-1]


def test_why_an_active_a_held_and_an_expired_certificate_are_what_they_are(all_four) -> None:
    story = all_four()
    active = why(story.state, story.serial(CA))
    assert [step.rule for step in active.steps] == ["issued.card-authentication"]
    story.tell(date(2026, 4, 1), ev.CardLossReported("p", ev.Channel.COUNTER))
    held = why(story.state, story.serial(CA))
    assert [step.rule for step in held.steps] == ["card-loss-reported.card-authentication"]
    assert held.steps[0].reason is RevocationReason.CERTIFICATE_HOLD
    story.wait(date(2028, 9, 16))
    expired = why(story.state, story.serial(CA))
    assert [step.rule for step in expired.steps] == ["expired.card-authentication"]
    assert "公的個人認証法第34条第1項第5号" in expired.steps[0].basis_ja
    assert expired.steps[0].occurred_on == date(2028, 9, 15)
    assert expired.steps[0].recorded_at is None
    assert "recorded" not in expired.lines_en[-1]


def test_why_a_released_certificate_is_active_again_leads_to_its_issue(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 4, 1), ev.CardLossReported("p", ev.Channel.COUNTER))
    story.tell(date(2026, 4, 3), ev.CardSuspensionLifted("p"))
    assert why(story.state, story.serial(CA)).event == "certificate_issued"


def test_why_says_how_sure_it_is(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 4, 1), ev.CardLossReported("p", ev.Channel.COUNTER))
    found = why(story.state, story.serial(MS))
    assert [step.certainty.value for step in found.steps] == ["assumed", "practice"]
    assert {step.reason_certainty.value for step in found.steps} == {"assumed"}
    assert "推定" in found.lines_ja[1]


def test_why_shows_nobodys_name_or_address(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), ev.ResidentRecordAmended("p", ev.RecordItem.NAME, value="新 花子"))
    found = why(story.state, story.serial(MS))
    text = "\n".join((*found.lines_ja, *found.lines_en, repr(found)))
    for secret in ("公的 花子", "新 花子", "架空県"):
        assert secret not in text


def test_why_asks_for_the_purpose_when_both_authorities_used_the_number(begin) -> None:
    story = begin(date(1990, 9, 15))
    card_ends = story.card(date(2024, 6, 1))
    ends = min(card_ends, date(2028, 9, 15))
    for kind in (CA, CS):
        event = ev.CertificateIssued("p", kind, 42, Authority(kind.purpose, 3), "13101", ends)
        story.tell(date(2024, 6, 1), event)
    with pytest.raises(ImpossibleFact, match="more than one"):
        why(story.state, 42)
    assert why(story.state, 42, purpose=Purpose.SIGNATURE).record.kind is CS
    with pytest.raises(ImpossibleFact, match="no certificate"):
        why(story.state, 43)


# the revocation list


def test_the_list_gives_instant_of_record_reason_and_municipality_of_issue(all_four) -> None:
    story = all_four()
    story.tell(
        date(2026, 8, 4),
        ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS, value="x"),
        occurred_on=date(2026, 8, 3),
    )
    entries = revocations_at(story.state)
    assert [(entry.kind, int(entry.reason)) for entry in entries] == [(CS, 3), (MS, 3)]
    assert {entry.recorded_at for entry in entries} == {at_time(date(2026, 8, 4), time(9))}
    assert {entry.municipality for entry in entries} == {"13101"}
    assert [entry.serial for entry in entries] == [story.serial(CS), story.serial(MS)]


def test_a_certificate_is_on_no_list_before_the_record(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS, value="x"))
    recorded = at_time(date(2026, 8, 4), time(9))
    just_before = state_at(story.entries, recorded - timedelta(microseconds=1))
    assert revocations_at(just_before) == ()
    assert len(revocations_at(state_at(story.entries, recorded))) == 2


def test_a_hold_is_on_the_list_until_it_is_released(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), ev.MobileDeviceLossReported("p"))
    reasons = {entry.kind: int(entry.reason) for entry in revocations_at(story.state)}
    assert reasons == {MS: 6, MA: 6}
    story.tell(date(2026, 8, 6), ev.MobileDeviceSuspensionLifted("p"))
    assert {entry.kind for entry in revocations_at(story.state)} == {MS}


def test_a_held_certificate_that_is_revoked_is_listed_with_the_revocation(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 4, 1), ev.CardLossReported("p", ev.Channel.COUNTER))
    story.tell(date(2026, 4, 5), ev.CardReissueRequested("p", ev.ReissueCause.LOST))
    entry = next(each for each in revocations_at(story.state) if each.kind is CA)
    assert int(entry.reason) == 5
    assert entry.recorded_at == at_time(date(2026, 4, 5), time(9))


def test_an_entry_leaves_the_list_when_the_certificate_would_have_expired(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), ev.RevocationRequested("p", (CS,)))
    last = at_time(date(2028, 9, 15), time(23, 59, 59))
    assert len(revocations_at(story.state, last)) == 2
    assert revocations_at(story.state, last + timedelta(seconds=1)) == ()


def test_a_state_does_not_know_the_list_of_an_earlier_instant(all_four) -> None:
    story = all_four()
    with pytest.raises(ImpossibleFact):
        revocations_at(story.state, story.now() - timedelta(seconds=1))
    assert revocations_at(story.state, story.now()) == ()


# clocks


def _entry(occurred_on: date, recorded_at: datetime) -> Recorded:
    event = ev.GuardianshipBegan("p")
    return Recorded(1, event, occurred_on, recorded_at, recorded_at)


def test_the_law_of_the_day_it_occurred_speaks_unless_the_policy_says_otherwise() -> None:
    entry = _entry(date(2024, 5, 26), datetime(2024, 5, 28, 15, 0, tzinfo=UTC))
    default = Policies.default()
    assert ruling_day(entry, default) == date(2024, 5, 26)
    # 15:00 UTC is midnight in Japan, so the next day
    assert ruling_day(entry, default.with_(ruling_clock="recorded_at")) == date(2024, 5, 29)


@pytest.mark.parametrize(("clock", "rule"), [("occurred_on", "K-1.old"), ("recorded_at", "K-1")])
def test_a_departure_recorded_after_the_amendment_goes_by_the_clock_chosen(
    all_four, clock: str, rule: str
) -> None:
    story = all_four(
        card_on=date(2022, 6, 1),
        phone_on=date(2023, 6, 1),
        book=Rulebook.default().with_(ruling_clock=clock),
    )
    story.tell(
        date(2024, 5, 28),
        ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_ABROAD),
        occurred_on=date(2024, 5, 26),
    )
    assert story.state.person("p").card.lapse.rule == rule


def test_loss_of_effect_follows_the_record_not_the_fact(all_four) -> None:
    story = all_four()
    story.tell(
        date(2026, 8, 10),
        ev.ResidentRecordDeleted("p", ev.DeletionGround.DEATH),
        occurred_on=date(2026, 8, 1),
    )
    assert state_at(story.entries, at_time(date(2026, 8, 9), time(9))).live("p", CS) is not None
    assert story.state.live("p", CS) is None
    assert story.state.person("p").died_on == date(2026, 8, 1)


def test_an_early_fact_recorded_when_phones_exist_falls_into_no_gap(begin) -> None:
    story = begin(date(1990, 9, 15))
    story.card(date(2022, 6, 1))
    story.issue(date(2022, 6, 1), CS, CA)
    story.enrol(date(2023, 5, 12))
    story.tell(
        date(2023, 5, 20),
        ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS, value="x"),
        occurred_on=date(2023, 5, 1),
    )
    assert story.marks() == "R3 A R3c A"


# folding


def test_a_state_refuses_entries_that_belong_before_it(all_four) -> None:
    story = all_four()
    with pytest.raises(ImpossibleFact):
        advance(story.state, story.entries[-1:])
    with pytest.raises(ImpossibleFact):
        advance(story.state, (), at=story.now() - timedelta(seconds=1))
    late = decide(story.state, ev.GuardianshipBegan("p"), at=story.now() + timedelta(hours=1))
    with pytest.raises(ImpossibleFact):
        advance(story.state, (late,), at=story.now())


def test_a_log_that_names_a_stranger_is_refused() -> None:
    at = at_time(date(2026, 1, 1), time(9))
    with pytest.raises(ImpossibleFact):
        state_at([_entry(date(2026, 1, 1), at)], at)


def test_folding_leaves_earlier_states_as_they_were(all_four) -> None:
    story = all_four()
    before = story.state
    marks, certificates = story.marks(), dict(before.certificates)
    story.tell(date(2026, 8, 4), ev.RevocationRequested("p", (CS, CA)))
    assert story.marks() != marks
    assert before.certificates == certificates
    assert revocations_at(before) == ()


def test_entries_are_ordered_by_the_instant_of_record_before_their_number(all_four) -> None:
    story = all_four()
    nine, ten = (at_time(date(2026, 4, 1), time(hour)) for hour in (9, 10))
    lost = Recorded(901, ev.CardLossReported("p", ev.Channel.COUNTER), date(2026, 4, 1), nine, nine)
    lifted = Recorded(900, ev.CardSuspensionLifted("p"), date(2026, 4, 1), ten, ten)
    story.state = advance(story.state, (lifted, lost))
    assert story.marks() == "R6 A R6c A"
    assert state_at([*story.entries, lifted, lost], ten) == story.state


def test_a_hold_reported_again_keeps_the_instant_of_the_first(all_four) -> None:
    story = all_four()
    first, second = (at_time(date(2026, 4, day), time(9)) for day in (1, 2))
    for seq, at in ((900, first), (901, second)):
        event = ev.CardLossReported("p", ev.Channel.COUNTER)
        story.state = advance(story.state, (Recorded(seq, event, date(2026, 4, 1), at, at),))
    entry = next(each for each in revocations_at(story.state) if each.kind is CA)
    assert entry.recorded_at == first


def test_a_certificate_can_be_revoked_up_to_its_last_second(all_four) -> None:
    for at, marks in ((time(23, 59, 59), "R5 A R5c A"), (None, "E E E E")):
        story = all_four()
        if at is None:
            story.wait(date(2028, 9, 16), at=time(0))
            with pytest.raises(ImpossibleFact):
                story.tell(date(2028, 9, 16), ev.RevocationRequested("p", (CS,)))
        else:
            story.tell(date(2028, 9, 15), ev.RevocationRequested("p", (CS,)), at=at)
        assert story.marks() == marks
