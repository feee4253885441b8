"""The card-substitute record, days known late, extensions, and the two records of X-4."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from jpki.errors import ImpossibleFact, Refused
from jpki.jst import at_time
from jpki.law import Rulebook, substitute_expiry
from jpki.life import (
    CardState,
    CertificateState,
    KnownStatus,
    deadlines_due,
    known_from_ocsp,
    revocations_at,
    state_at,
)
from jpki.life import events as ev
from jpki.terms import CertificateKind

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION
ON = date(2026, 2, 10)


def _with_substitute(all_four, **policies: object):
    story = all_four(phone_on=None, book=Rulebook.default().with_(**policies))
    story.enrol(date(2025, 7, 1), ev.Platform.IPHONE)
    # born 1990-09-15: a month from 10 February ends on 10 March, long before the birthday
    story.tell(ON, ev.CardSubstituteIssued("p", date(2026, 3, 10)), at=time(8))
    return story


def _lives(story) -> bool:
    record = story.state.person("p").substitute
    return record is not None and record.live_at(story.now())


def _rule(story) -> str:
    return story.state.person("p").substitute.lapse.rule


# the card-substitute record


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        (ev.CardReturned("p", ev.ReturnCause.VOLUNTARY), "substitute.card-lapsed"),
        (ev.RevocationRequested("p", (CS,)), "substitute.signature-lost"),
        (ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS), "substitute.signature-lost"),
        (ev.CardLossReported("p", ev.Channel.CALL_CENTRE), "substitute.signature-lost"),
        (ev.CardSubstituteLossReported("p"), "substitute.loss"),
    ],
)
def test_the_substitute_falls_with_card_signature_or_phone(all_four, event, rule) -> None:
    story = _with_substitute(all_four)
    assert _lives(story)
    story.tell(ON, event)
    assert not _lives(story)
    assert _rule(story) == rule


@pytest.mark.parametrize(
    "event",
    [
        ev.RevocationRequested("p", (CA,)),
        ev.RevocationRequested("p", (MS, MA)),
        ev.MobileDeviceLossReported("p"),
        ev.MobileDeviceChanged("p", ev.MobileDeviceChange.ERASED),
    ],
)
def test_the_substitute_stays_when_only_other_certificates_fall(all_four, event) -> None:
    story = _with_substitute(all_four)
    story.tell(ON, event)
    assert _lives(story)


def test_by_policy_suspending_the_phone_ends_the_substitute(all_four) -> None:
    story = _with_substitute(all_four, substitute_ends_with_phone_suspension=True)
    story.tell(ON, ev.MobileDeviceLossReported("p"))
    assert _rule(story) == "substitute.suspended.falls"


def test_the_substitute_ends_after_a_month_and_is_sent_again(all_four) -> None:
    story = _with_substitute(all_four)
    story.wait(date(2026, 3, 10), time(23, 59))
    assert _lives(story)
    story.wait(date(2026, 3, 11), time(0))
    assert not _lives(story)
    story.tell(date(2026, 3, 11), ev.CardSubstituteIssued("p", date(2026, 4, 11)))
    assert _lives(story)


@pytest.mark.parametrize(
    ("issued", "born", "card", "signature", "ends", "rule"),
    [
        (date(2026, 2, 10), date(1990, 9, 15), date(2034, 9, 15), date(2029, 9, 15),
         date(2026, 3, 10), "V-22"),
        # 31 January has no counterpart in February: the month's last day
        (date(2026, 1, 31), date(1990, 9, 15), date(2034, 9, 15), date(2029, 9, 15),
         date(2026, 2, 28), "V-22"),
        # the eve of the birthday, and the birthday itself
        (date(2026, 9, 14), date(1990, 9, 15), date(2034, 9, 15), date(2029, 9, 15),
         date(2026, 9, 14), "V-22.birthday"),
        (date(2026, 9, 15), date(1990, 9, 15), date(2034, 9, 15), date(2029, 9, 15),
         date(2026, 10, 15), "V-22"),
        # 29 February counts as 28 February, whose eve is the 27th
        (date(2026, 2, 10), date(2000, 2, 29), date(2034, 2, 28), date(2029, 2, 28),
         date(2026, 2, 27), "V-22.birthday"),
        (date(2026, 2, 10), date(1990, 9, 15), date(2026, 2, 20), date(2029, 9, 15),
         date(2026, 2, 20), "V-22.card"),
        (date(2026, 2, 10), date(1990, 9, 15), date(2034, 9, 15), date(2026, 2, 19),
         date(2026, 2, 19), "X-7"),
    ],
)  # fmt: skip
def test_when_a_substitute_ends_and_why(issued, born, card, signature, ends, rule) -> None:
    validity = substitute_expiry(issued, born, card_expires_on=card, signature_expires_on=signature)
    assert validity.ends_on == ends
    assert [limit.rule for limit in validity.decided_by] == [rule]


def test_by_policy_the_month_ends_the_day_before() -> None:
    book = Rulebook.default().with_(substitute_month_ends="day_before")
    far = date(2034, 9, 15)
    validity = substitute_expiry(
        ON, date(1990, 9, 15), card_expires_on=far, signature_expires_on=far, book=book
    )
    assert validity.ends_on == date(2026, 3, 9)


def test_a_substitute_is_refused_by_the_row_that_forbids_it(all_four) -> None:
    sent = ev.CardSubstituteIssued("p", date(2026, 3, 10))
    android = all_four()
    with pytest.raises(Refused, match="android_wallet"):
        android.tell(ON, sent)
    all_four(book=Rulebook.default().with_(android_wallet_live=True)).tell(ON, sent)
    story = _with_substitute(all_four)
    with pytest.raises(Refused, match=r"\[V-22:"):
        story.tell(ON, ev.CardSubstituteIssued("p", date(2026, 3, 11)))
    story.tell(ON, ev.ResidentRecordAmended("p", ev.RecordItem.NAME))
    with pytest.raises(Refused, match="X-7"):
        story.tell(ON, sent)
    with pytest.raises(ImpossibleFact, match="no card-substitute"):
        story.tell(ON, ev.CardSubstituteLossReported("p"))


def test_substitutes_begin_with_the_iphones_service(all_four) -> None:
    story = all_four(card_on=date(2024, 6, 1), phone_on=date(2025, 4, 1))
    with pytest.raises(Refused, match="card_substitute_service"):
        story.tell(date(2025, 6, 23), ev.CardSubstituteIssued("p", date(2025, 7, 1)))


# days that become known late


def _moves_out(story, planned: date = date(2026, 2, 15)) -> None:
    story.tell(date(2026, 2, 1), ev.MoveOutNotified("p", ev.Destination.DOMESTIC, planned))
    story.tell(planned, ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_OUT))


def _due(story, on: date) -> list[str]:
    return [each.deadline.value for each in deadlines_due(story.state, at_time(on, time(2)))]


# SC-04: moved in on 2026-02-16 in fact, so the 14 days pass on 03-02
def test_sc04_fourteen_days_run_from_the_real_move_in_once_it_is_known(all_four) -> None:
    story = all_four()
    _moves_out(story)
    assert _due(story, date(2026, 3, 3)) == []
    story.tell(date(2026, 2, 25), ev.ActualMoveInKnown("p", date(2026, 2, 16)))
    assert _due(story, date(2026, 3, 2)) == []
    assert _due(story, date(2026, 3, 3)) == ["move_in_14_days"]
    story.tell(date(2026, 3, 3), *deadlines_due(story.state, at_time(date(2026, 3, 3), time(2))))
    assert story.marks() == "R3 R5 R3c R5c"
    assert _due(story, date(2026, 3, 4)) == []


def _abroad(all_four):
    story = all_four()
    planned = date(2026, 2, 15)
    story.tell(
        date(2026, 2, 1),
        ev.MoveOutNotified("p", ev.Destination.ABROAD, planned),
        ev.ContinuedUseArranged("p"),
    )
    for kind in (CS, CA):
        story.tell(date(2026, 2, 2), ev.RevocationRequested("p", (kind,)))
    story.issue(date(2026, 2, 2), CS, CA)
    story.enrol(date(2026, 2, 2))
    story.tell(planned, ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_ABROAD_CONTINUING))
    due = planned + timedelta(days=31)
    story.tell(due, *deadlines_due(story.state, at_time(due, time(2))))
    assert story.marks() == "A A A A"
    return story


# K-7: no move in within 14 days of 2026-06-01, which end on 06-15
def test_k7_a_return_without_a_notice_ends_the_card_after_fourteen_days(all_four) -> None:
    story = _abroad(all_four)
    story.tell(date(2026, 6, 3), ev.ReturnToJapanKnown("p", date(2026, 6, 1)))
    assert _due(story, date(2026, 6, 15)) == []
    assert _due(story, date(2026, 6, 16)) == ["return_14_days"]
    story.tell(date(2026, 6, 16), ev.DeadlinePassed("p", ev.Deadline.RETURN_14_DAYS))
    assert story.marks() == "R5 R5 R5c R5c"
    assert story.state.person("p").card.lapse.rule == "K-7"


# EV-31, K-8
@pytest.mark.parametrize("presented", [True, False])
def test_a_return_ends_the_signature_and_the_card_waits_ninety_days(all_four, presented) -> None:
    story = _abroad(all_four)
    back = ev.MoveInNotified("p", ev.CardPresence.NOT_PRESENTED, "13102", "架空県別市")
    story.tell(date(2026, 6, 10), back)
    assert story.marks() == "R3 A R3c A"
    # ninety days after 10 June end on 8 September
    assert _due(story, date(2026, 9, 8)) == []
    if presented:
        story.tell(date(2026, 9, 8), ev.CardPresented("p"))
        assert _due(story, date(2026, 9, 9)) == []
        return
    assert _due(story, date(2026, 9, 9)) == ["return_90_days"]
    story.tell(date(2026, 9, 9), ev.DeadlinePassed("p", ev.Deadline.RETURN_90_DAYS))
    assert story.marks() == "R3 R5 R3c R5c"
    assert story.state.person("p").card.lapse.rule == "K-8"


# K-10
@pytest.mark.parametrize("collected", [True, False])
def test_k10_a_card_left_with_the_consul_is_collected_in_ninety_days(all_four, collected) -> None:
    story = _abroad(all_four)
    story.tell(date(2026, 6, 10), ev.CardLeftWithConsul("p"))
    assert _due(story, date(2026, 9, 8)) == []
    if collected:
        story.tell(date(2026, 9, 8), ev.CardCollectedFromConsul("p"))
        assert _due(story, date(2026, 9, 9)) == []
        return
    assert _due(story, date(2026, 9, 9)) == ["consul_90_days"]
    story.tell(date(2026, 9, 9), ev.DeadlinePassed("p", ev.Deadline.CONSUL_90_DAYS))
    assert story.state.person("p").card.lapse.rule == "K-10"


def test_what_is_known_late_lies_in_the_past_and_fits_the_person(all_four) -> None:
    story = all_four()
    for event in (
        ev.ActualMoveInKnown("p", ON),
        ev.ReturnToJapanKnown("p", ON),
        ev.CardLeftWithConsul("p"),
        ev.CardCollectedFromConsul("p"),
    ):
        with pytest.raises(ImpossibleFact):
            story.tell(ON, event)
    story.tell(ON, ev.MoveOutNotified("p", ev.Destination.DOMESTIC, ON))
    with pytest.raises(ImpossibleFact, match="before it happens"):
        story.tell(ON, ev.ActualMoveInKnown("p", ON + timedelta(days=1)))


# K-3: moved out again before presenting the card
def test_k3_moving_out_again_before_presenting_the_card_ends_it(all_four) -> None:
    story = all_four()
    _moves_out(story)
    story.tell(
        date(2026, 3, 1), ev.MoveInNotified("p", ev.CardPresence.NOT_PRESENTED, "13102", "架空")
    )
    story.tell(date(2026, 4, 1), ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_OUT))
    assert story.marks() == "R3 R5 R3c R5c"
    assert story.state.person("p").card.lapse.rule == "K-3.again"


# EV-33
@pytest.mark.parametrize(("ends", "marks"), [(False, "A A A A"), (True, "R5 R5 R5c R5c")])
def test_what_a_cancelled_departure_does_is_a_policy(all_four, ends, marks) -> None:
    story = all_four(book=Rulebook.default().with_(departure_cancelled_ends_card=ends))
    story.tell(
        date(2026, 2, 1),
        ev.MoveOutNotified("p", ev.Destination.ABROAD, date(2026, 2, 15)),
        ev.ContinuedUseArranged("p"),
        ev.DepartureCancelled("p"),
    )
    assert story.marks() == marks


# the transitional rule of 2024-05-27
@pytest.mark.parametrize(
    ("issued", "marks"), [(date(2024, 5, 26), "R3 A - -"), (date(2024, 5, 27), "A A - -")]
)
def test_what_was_issued_before_the_amendment_keeps_the_old_deletion_rule(
    begin, issued, marks
) -> None:
    story = begin(date(1985, 4, 2))
    story.card(date(2023, 8, 2))
    planned = date(2024, 6, 10)
    story.tell(date(2024, 5, 20), ev.MoveOutNotified("p", ev.Destination.ABROAD, planned))
    story.issue(issued, CS, CA)
    story.tell(date(2024, 5, 28), ev.ContinuedUseArranged("p"))
    story.tell(planned, ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_ABROAD_CONTINUING))
    assert story.marks() == marks


# extensions


def _foreign(begin):
    story = begin(
        date(1995, 12, 20),
        nationality=ev.Nationality.FOREIGN_LIMITED,
        residence_ends_on=date(2026, 10, 31),
    )
    story.card(date(2025, 11, 10))
    return story


def _extended(ends: date | None, card: date, cause=ev.ResidenceCause.EXTENDED):
    return ev.ResidencePeriodChanged("p", ev.CardPresence.PRESENTED, ends, card, cause)


# SC-12 c: too late on the day after the end
def test_sc12_an_expired_card_is_not_extended(begin) -> None:
    new = date(2026, 12, 31)
    with pytest.raises(Refused) as caught:
        _foreign(begin).tell(date(2026, 11, 1), _extended(new, new))
    assert caught.value.rule == "V-15"
    _foreign(begin).tell(date(2026, 10, 31), _extended(new, new))


# SC-12 d: permanent residence: at most the tenth birthday, 2034-12-20
def test_sc12_a_permanent_residents_card_goes_to_the_tenth_birthday_and_no_further(begin) -> None:
    permanent = ev.ResidenceCause.PERMANENT
    with pytest.raises(Refused, match=r"K27\.residence"):
        _foreign(begin).tell(date(2026, 10, 1), _extended(None, date(2034, 12, 21), permanent))
    story = _foreign(begin)
    story.tell(date(2026, 10, 1), _extended(None, date(2034, 12, 20), permanent))
    assert story.state.person("p").card.expires_on == date(2034, 12, 20)
    assert story.state.person("p").nationality is ev.Nationality.FOREIGN_PERMANENT


# V-14: two months after 31 October end on 31 December
def test_a_pending_decision_extends_the_stay_by_two_months_at_most(begin) -> None:
    pending = ev.ResidenceCause.DECISION_PENDING
    late = date(2027, 1, 1)
    with pytest.raises(Refused) as caught:
        _foreign(begin).tell(date(2026, 10, 20), _extended(late, late, pending))
    assert caught.value.rule == "V-14"
    story = _foreign(begin)
    end = date(2026, 12, 31)
    story.tell(date(2026, 10, 20), _extended(end, end, pending))
    assert story.wait(end).state.person("p").card.state_at(story.now()) is CardState.VALID


def test_a_card_is_not_extended_beyond_the_new_period(begin) -> None:
    with pytest.raises(Refused, match=r"K27\.residence"):
        _foreign(begin).tell(date(2026, 10, 20), _extended(date(2026, 12, 31), date(2027, 1, 1)))


# guardianship (EV-21)
def test_guardianship_bars_a_new_signature_certificate_by_practice_only(all_four) -> None:
    for policy in (True, False):
        story = all_four(book=Rulebook.default().with_(guardianship_bars_signature=policy))
        story.tell(ON, ev.GuardianshipBegan("p"), ev.RevocationRequested("p", (CS,)))
        if policy:
            with pytest.raises(Refused, match="guardianship_bars_signature"):
                story.issue(ON, CS)
        else:
            story.issue(ON, CS)


# two records, two instants


def test_by_policy_the_phones_loss_is_recorded_some_seconds_after_the_cards(all_four) -> None:
    story = all_four(book=Rulebook.default().with_(cascade_gap_seconds=60))
    at = at_time(ON, time(9))
    story.tell(ON, ev.RevocationRequested("p", (CS,)), at=time(9))
    card, phone = (story.state.latest("p", kind) for kind in (CS, MS))
    assert (card.lapse.recorded_at, phone.lapse.recorded_at) == (at, at + timedelta(seconds=60))
    assert phone.state_at(at + timedelta(seconds=59)) is CertificateState.ACTIVE
    assert phone.state_at(at + timedelta(seconds=60)) is CertificateState.REVOKED
    assert [each.kind for each in revocations_at(story.state)] == [CS]
    later = revocations_at(story.state, at + timedelta(seconds=60))
    assert {each.kind for each in later} == {CS, MS}
    folded = state_at(story.entries, at + timedelta(seconds=59), book=story.book)
    assert folded.live("p", MS) is not None
    assert folded.live("p", CS) is None


# SC-08
def test_sc08_the_second_notice_of_a_phone_that_ended_itself_is_refused(all_four) -> None:
    story = all_four()
    first, second = (ev.KeyCompromiseReported("p", (kind,), signed_with=MS) for kind in (CS, CA))
    story.tell(ON, first)
    assert story.marks() == "R1 A R1c A"
    with pytest.raises(Refused) as caught:
        story.tell(ON, second)
    assert caught.value.rule == "ON-6"
    together = all_four()
    together.tell(ON, ev.KeyCompromiseReported("p", (CS, CA), signed_with=MS))
    assert together.marks() == "R1 R1 R1c R1c"


def test_sc08_within_the_gap_the_phones_key_still_signs(all_four) -> None:
    story = all_four(book=Rulebook.default().with_(cascade_gap_seconds=900))
    story.tell(ON, ev.KeyCompromiseReported("p", (CS,), signed_with=MS), at=time(9))
    story.tell(ON, ev.KeyCompromiseReported("p", (CA,), signed_with=MS), at=time(9, 14))
    assert story.marks() == "R1 R1 A A"
    story.wait(ON, time(9, 30))
    assert story.marks() == "R1 R1 R1c R1c"


def test_a_list_made_within_the_gap_does_not_hold_the_phones_loss_yet(all_four) -> None:
    """OCSP data are renewed every quarter of an hour: 09:10 and 15 minutes are past 09:15."""
    story = all_four(book=Rulebook.default().with_(cascade_gap_seconds=900))
    story.tell(ON, ev.RevocationRequested("p", (CS,)), at=time(9, 10))
    card, phone = (story.state.latest("p", kind).id for kind in (CS, MS))

    def known(certificate, at: time) -> KnownStatus:
        asked = at_time(ON, at)
        return known_from_ocsp(story.entries, certificate, at=asked, book=story.book).status

    assert known(card, time(9, 20)) is KnownStatus.REVOKED
    assert known(phone, time(9, 20)) is KnownStatus.GOOD
    assert known(phone, time(9, 30)) is KnownStatus.REVOKED


def test_what_expires_within_the_gap_is_never_revoked(all_four) -> None:
    story = all_four(book=Rulebook.default().with_(cascade_gap_seconds=900))
    last = story.ends(MS)
    story.tell(last, ev.RevocationRequested("p", (CS,)), at=time(23, 50))
    assert story.wait(last + timedelta(days=1)).marks() == "R5 E E E"
    earlier = all_four(book=story.book)
    earlier.tell(last, ev.RevocationRequested("p", (CS,)), at=time(23, 44))
    assert earlier.wait(last + timedelta(days=1)).marks() == "R5 E R5c E"
