"""What a verifier could have known: the daily list, the OCSP data, and the four clocks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from jpki.errors import ImpossibleFact
from jpki.jst import at_time
from jpki.law import Policies, Rulebook
from jpki.life import (
    CertificateId,
    KnownStatus,
    PublicationSchedule,
    advance,
    decide,
    four_clocks,
    known_from_list,
    known_from_ocsp,
    state_at,
)
from jpki.life import events as ev
from jpki.terms import Certainty, CertificateKind

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION
# lists at 03:00, ten minutes to take one over, OCSP data on every quarter hour
SCHEDULE = PublicationSchedule(time(3), timedelta(minutes=10), timedelta(minutes=15))
SECOND = timedelta(seconds=1)
GOOD, HELD, REVOKED = KnownStatus.GOOD, KnownStatus.HELD, KnownStatus.REVOKED
NOT_LISTED = KnownStatus.NOT_LISTED
MOVE = ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS, value="x")


def jst(day: str, clock: str) -> datetime:
    return at_time(date.fromisoformat(day), time.fromisoformat(clock))


def identity(story, kind: CertificateKind) -> CertificateId:
    return story.state.latest("p", kind).id


def listed(story, kind: CertificateKind, at: datetime, **schedule: object):
    known = {"schedule": SCHEDULE, **schedule}
    return known_from_list(story.entries, identity(story, kind), at=at, **known)


def answered(story, kind: CertificateKind, at: datetime, **schedule: object):
    known = {"schedule": SCHEDULE, **schedule}
    return known_from_ocsp(story.entries, identity(story, kind), at=at, **known)


# the daily list


def test_a_loss_is_good_on_the_list_until_the_next_one_is_made(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), MOVE, at=time(9))
    before = listed(story, CS, jst("2026-08-05", "02:59:59"))
    assert (before.status, before.as_of) == (GOOD, jst("2026-08-04", "03:00:00"))
    assert (before.reason, before.recorded_at, before.lag) == (None, None, None)
    after = listed(story, CS, jst("2026-08-05", "03:00:00"))
    assert (after.status, after.as_of) == (REVOKED, jst("2026-08-05", "03:00:00"))
    assert int(after.reason) == 3
    assert after.recorded_at == jst("2026-08-04", "09:00:00")
    # 09:00 to 03:00 on the day after
    assert after.lag == timedelta(hours=18)
    assert listed(story, CA, jst("2026-08-05", "03:00:00")).status is GOOD


def test_the_lag_counts_to_the_first_list_however_late_one_asks(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), MOVE, at=time(9))
    later = listed(story, CS, jst("2027-01-01", "12:00:00"))
    assert later.as_of == jst("2027-01-01", "03:00:00")
    assert later.published_at == jst("2026-08-05", "03:00:00")
    assert later.lag == timedelta(hours=18)


def test_what_is_recorded_at_the_instant_of_the_list_is_on_it_and_a_second_later_is_not(
    all_four,
) -> None:
    at = jst("2026-08-04", "03:00:00")
    for clock, status in ((time(3), REVOKED), (time(3, 0, 1), GOOD)):
        story = all_four()
        story.tell(date(2026, 8, 4), MOVE, at=clock)
        assert listed(story, CS, at + SECOND).status is status
    assert SCHEDULE.first_list_with(at) == at
    assert SCHEDULE.first_list_with(at + SECOND) == jst("2026-08-05", "03:00:00")
    assert SCHEDULE.first_list_with(at - SECOND) == at


def test_while_a_list_is_taken_over_the_one_before_may_still_answer(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), MOVE, at=time(9))
    for clock in ("03:00:00", "03:09:59"):
        known = listed(story, CS, jst("2026-08-05", clock))
        assert known.status is REVOKED
        assert known.unsettled
        assert (known.superseded.status, known.superseded.as_of) == (
            GOOD,
            jst("2026-08-04", "03:00:00"),
        )
    settled = listed(story, CS, jst("2026-08-05", "03:10:00"))
    assert (settled.superseded, settled.unsettled) == (None, False)
    # the day after, both lists say the same
    again = listed(story, CS, jst("2026-08-06", "03:05:00"))
    assert again.superseded.status is REVOKED
    assert not again.unsettled


def test_a_released_hold_stays_on_the_list_until_the_next_one(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 4, 1), ev.CardLossReported("p", ev.Channel.CALL_CENTRE), at=time(10))
    story.tell(date(2026, 4, 3), ev.CardSuspensionLifted("p"), at=time(9))
    expected = [
        ("2026-04-02", "02:59:59", GOOD),
        ("2026-04-02", "03:00:00", HELD),
        ("2026-04-03", "09:00:00", HELD),
        ("2026-04-04", "02:59:59", HELD),
        ("2026-04-04", "03:00:00", GOOD),
    ]
    for day, clock, status in expected:
        assert listed(story, CA, jst(day, clock)).status is status, (day, clock)
    held = listed(story, CA, jst("2026-04-02", "04:00:00"))
    assert (int(held.reason), held.lag) == (6, timedelta(hours=17))
    assert listed(story, CA, jst("2026-04-04", "03:00:00")).superseded.status is HELD
    # the signature certificate was not held but lost, and never comes back
    assert listed(story, CS, jst("2026-04-04", "03:00:00")).status is REVOKED


def test_a_hold_released_before_the_next_list_was_on_no_list_but_known_by_ocsp(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 4, 1), ev.MobileDeviceLossReported("p"), at=time(10))
    story.tell(date(2026, 4, 1), ev.MobileDeviceSuspensionLifted("p"), at=time(20))
    for day in ("2026-04-01", "2026-04-02", "2026-04-03"):
        assert listed(story, MA, jst(day, "23:00:00")).status is GOOD
    assert answered(story, MA, jst("2026-04-01", "19:59:59")).status is HELD
    assert answered(story, MA, jst("2026-04-01", "20:00:00")).status is GOOD


def test_a_hold_that_became_a_loss_is_told_as_each_list_found_it(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 4, 1), ev.CardLossReported("p", ev.Channel.COUNTER), at=time(10))
    story.tell(date(2026, 4, 5), ev.CardReissueRequested("p", ev.ReissueCause.LOST), at=time(11))
    held = listed(story, CA, jst("2026-04-06", "02:59:59"))
    lost = listed(story, CA, jst("2026-04-06", "03:00:00"))
    assert (held.status, int(held.reason)) == (HELD, 6)
    assert (lost.status, int(lost.reason)) == (REVOKED, 5)
    assert (lost.lag, held.lag) == (timedelta(hours=16), timedelta(hours=17))


def test_entries_leave_with_the_first_list_after_the_certificate_would_have_expired(
    all_four,
) -> None:
    story = all_four()
    # the fifth birthday after issue in June 2024, b. 1990-09-15: 2028-09-15
    assert story.ends(CS) == date(2028, 9, 15)
    story.tell(date(2026, 8, 4), MOVE)
    assert listed(story, CS, jst("2028-09-15", "23:59:59")).status is REVOKED
    assert listed(story, CS, jst("2028-09-16", "02:59:59")).status is REVOKED
    gone = listed(story, CS, jst("2028-09-16", "03:00:00"))
    assert (gone.status, gone.reason) == (NOT_LISTED, None)
    assert gone.superseded.status is REVOKED
    assert listed(story, CS, jst("2030-01-01", "03:00:00")).status is NOT_LISTED


def test_a_loss_in_the_last_hours_of_a_period_is_on_no_list_at_all(all_four) -> None:
    story = all_four()
    story.tell(date(2028, 9, 15), ev.RevocationRequested("p", (CS,)), at=time(22))
    assert listed(story, CS, jst("2028-09-15", "23:59:59")).status is GOOD
    assert listed(story, CS, jst("2028-09-16", "00:00:00")).status is NOT_LISTED
    assert listed(story, CS, jst("2028-09-16", "03:00:00")).status is NOT_LISTED
    assert answered(story, CS, jst("2028-09-15", "22:00:00")).status is REVOKED


def test_an_expired_certificate_that_was_never_lost_is_on_no_list(all_four) -> None:
    story = all_four()
    assert listed(story, CA, jst("2028-09-15", "23:59:59")).status is GOOD
    assert listed(story, CA, jst("2028-09-16", "00:00:00")).status is NOT_LISTED


# OCSP


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        (time(9, 0, 0), "09:00:00"),
        (time(9, 0, 1), "09:15:00"),
        (time(9, 14, 59), "09:15:00"),
        (time(9, 15, 0), "09:15:00"),
        (time(9, 15, 1), "09:30:00"),
    ],
)
def test_ocsp_tells_a_loss_from_the_next_quarter_hour_on(all_four, recorded, told: str) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), MOVE, at=recorded)
    first = jst("2026-08-04", told)
    if recorded < time.fromisoformat(told):
        assert answered(story, CS, first - SECOND).status is GOOD
    known = answered(story, CS, first)
    assert (known.status, known.as_of, known.published_at) == (REVOKED, first, first)
    assert known.lag == first - at_time(date(2026, 8, 4), recorded)
    assert known.superseded is None


def test_ocsp_data_lags_at_midnight_as_at_any_other_quarter_hour(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), MOVE, at=time(23, 50))
    assert answered(story, CS, jst("2026-08-04", "23:59:59")).status is GOOD
    assert answered(story, CS, jst("2026-08-05", "00:00:00")).status is REVOKED
    assert SCHEDULE.first_ocsp_with(jst("2026-08-04", "23:50:00")) == jst("2026-08-05", "00:00:00")


def test_ocsp_forgets_an_entry_with_the_first_data_after_the_period(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), MOVE)
    assert answered(story, CS, jst("2028-09-15", "23:59:59")).status is REVOKED
    assert answered(story, CS, jst("2028-09-16", "00:00:00")).status is NOT_LISTED


@pytest.mark.parametrize("answer", [GOOD, KnownStatus.UNKNOWN])
def test_what_ocsp_says_of_a_certificate_it_has_not_heard_of_is_a_choice(all_four, answer) -> None:
    story = all_four(phone_on=None)
    story.tell(date(2026, 8, 4), ev.MobileDeviceEnrolled("p", "phone", ev.Platform.IPHONE))
    story.issue(date(2026, 8, 4), MS, at=time(9, 20))
    schedule = PublicationSchedule(time(3), timedelta(0), timedelta(minutes=15), answer)
    for at, status in (("09:29:59", answer), ("09:30:00", GOOD)):
        known = answered(story, MS, jst("2026-08-04", at), schedule=schedule)
        assert known.status is status
    # a list names the lost ones only, so it cannot tell a new one from a good one
    assert listed(story, MS, jst("2026-08-04", "09:20:00"), schedule=schedule).status is GOOD


# the four clocks


def test_a_move_has_four_instants_and_effect_is_lost_at_the_third(all_four) -> None:
    # SC-01: moved on 3 August and told the town that evening; recorded on the 4th at nine
    story = all_four()
    told, recorded = jst("2026-08-03", "17:00:00"), jst("2026-08-04", "09:00:07")
    entry = _recorded(story, MOVE, date(2026, 8, 3), told, recorded)
    clocks = four_clocks(story.state.latest("p", CS).lapse, SCHEDULE)
    assert clocks == four_clocks(entry, SCHEDULE)
    assert clocks.occurred_on == date(2026, 8, 3)
    assert clocks.known_at == told
    assert clocks.recorded_at == recorded
    assert clocks.answered_at == jst("2026-08-04", "09:15:00")
    assert clocks.listed_at == jst("2026-08-05", "03:00:00")
    assert state_at(story.entries, recorded - SECOND).live("p", CS) is not None
    assert state_at(story.entries, recorded).live("p", CS) is None
    for at, by_ocsp, by_list in (
        (told, GOOD, GOOD),
        (recorded, GOOD, GOOD),
        (clocks.answered_at, REVOKED, GOOD),
        (clocks.listed_at, REVOKED, REVOKED),
    ):
        assert answered(story, CS, at).status is by_ocsp
        assert listed(story, CS, at).status is by_list


def test_the_phone_is_seen_to_fall_together_with_the_card(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), MOVE, at=time(9))
    card = four_clocks(story.state.latest("p", CS).lapse, SCHEDULE)
    assert four_clocks(story.state.latest("p", MS).lapse, SCHEDULE) == card


def _move_out(story) -> None:
    # SC-04: filed 1 February, planned for the 15th; really moved in on the 16th and told nobody
    story.tell(
        date(2026, 2, 1),
        ev.MoveOutNotified("p", ev.Destination.DOMESTIC, date(2026, 2, 15)),
    )
    story.tell(
        date(2026, 2, 15), ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_OUT), at=time(9)
    )


def test_fourteen_days_pass_unseen_while_nobody_knows_of_the_move_in(all_four) -> None:
    # SC-04: the 14 days from the 16th ended on 2 March, but the agency cannot work that out
    story = all_four()
    _move_out(story)
    story.wait(date(2026, 3, 3))
    assert story.marks() == "R3 A R3c A"
    assert answered(story, CA, jst("2026-03-03", "12:00:00")).status is GOOD
    # it becomes known on the 10th: what is lost is lost from the record, not from 2 March
    known, recorded = jst("2026-03-10", "10:00:00"), jst("2026-03-10", "11:00:00")
    event = ev.DeadlinePassed("p", ev.Deadline.MOVE_IN_14_DAYS)
    _recorded(story, event, date(2026, 3, 3), known, recorded)
    clocks = four_clocks(story.state.latest("p", CA).lapse, SCHEDULE)
    assert (clocks.occurred_on, clocks.known_at) == (date(2026, 3, 3), known)
    assert (clocks.recorded_at, clocks.listed_at) == (recorded, jst("2026-03-11", "03:00:00"))
    assert state_at(story.entries, recorded - SECOND).live("p", CA) is not None
    assert listed(story, CA, jst("2026-03-11", "02:59:59")).status is GOOD
    assert listed(story, CA, jst("2026-03-11", "03:00:00")).status is REVOKED


def test_thirty_days_can_be_worked_out_and_are_recorded_on_the_day_after(all_four) -> None:
    # SC-04: planned for 15 February, so the 30 days end on 17 March
    story = all_four()
    _move_out(story)
    event = ev.DeadlinePassed("p", ev.Deadline.MOVE_IN_30_DAYS)
    with pytest.raises(ImpossibleFact):
        story.tell(date(2026, 3, 17), event, at=time(23, 59))
    story.tell(date(2026, 3, 18), event, at=time(0, 30))
    clocks = four_clocks(story.state.latest("p", CA).lapse, SCHEDULE)
    assert clocks.known_at == clocks.recorded_at == jst("2026-03-18", "00:30:00")
    assert clocks.listed_at == jst("2026-03-18", "03:00:00")
    assert listed(story, MA, jst("2026-03-18", "02:59:59")).status is GOOD
    assert listed(story, MA, jst("2026-03-18", "03:00:00")).status is REVOKED


def _recorded(story, event, occurred_on: date, known_at: datetime, at: datetime):
    entry = decide(story.state, event, at=at, occurred_on=occurred_on, known_at=known_at)
    story.entries.append(entry)
    story.state = advance(story.state, (entry,))
    return entry


# what is not published is chosen


def test_the_schedule_is_chosen_by_policies_and_every_one_is_marked() -> None:
    default = Policies.default()
    assert PublicationSchedule.from_policies(default) == PublicationSchedule(
        time(0), timedelta(minutes=10), timedelta(minutes=15), GOOD
    )
    marks = {
        name: default.row(name).certainty
        for name in (
            "list_made_at_hour",
            "list_takeover_minutes",
            "ocsp_renewal_minutes",
            "ocsp_answers_new_as",
        )
    }
    assert marks == {
        "list_made_at_hour": Certainty.ASSUMED,
        "list_takeover_minutes": Certainty.PRACTICE,
        "ocsp_renewal_minutes": Certainty.PRACTICE,
        "ocsp_answers_new_as": Certainty.ASSUMED,
    }


def test_another_hour_of_the_list_changes_what_is_known_and_nothing_that_is_so(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), MOVE, at=time(5, 30))
    at = jst("2026-08-04", "06:00:00")
    early, late = (Rulebook.default().with_(list_made_at_hour=hour) for hour in (6, 5))
    assert listed(story, CS, at, schedule=None, book=early).status is REVOKED
    assert listed(story, CS, at, schedule=None, book=late).status is GOOD
    assert state_at(story.entries, at, book=early).certificates == (
        state_at(story.entries, at, book=late).certificates
    )


def test_without_time_to_take_over_no_old_list_answers(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), MOVE, at=time(9))
    book = Rulebook.default().with_(list_takeover_minutes=0)
    known = listed(story, CS, jst("2026-08-05", "00:00:00"), schedule=None, book=book)
    assert (known.status, known.superseded) == (REVOKED, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"list_takeover": timedelta(days=1)},
        {"list_takeover": -SECOND},
        {"ocsp_renewed_every": timedelta(0)},
        {"ocsp_renewed_every": timedelta(days=1, seconds=1)},
        {"ocsp_answers_new_as": REVOKED},
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(wrong: dict[str, object]) -> None:
    right = {
        "list_made_at": time(3),
        "list_takeover": timedelta(0),
        "ocsp_renewed_every": timedelta(days=1),
    }
    PublicationSchedule(**right)
    with pytest.raises(ImpossibleFact):
        PublicationSchedule(**{**right, **wrong})


def test_nothing_is_told_of_a_certificate_before_its_issue_or_of_one_that_never_was(
    all_four,
) -> None:
    story = all_four()
    issued = story.state.latest("p", CS).issued_at
    assert listed(story, CS, issued).status is GOOD
    for ask in (listed, answered):
        with pytest.raises(ImpossibleFact, match="issued"):
            ask(story, CS, issued - SECOND)
    stranger = CertificateId(identity(story, CS).authority, 999_999)
    with pytest.raises(ImpossibleFact, match="issued"):
        known_from_list(story.entries, stranger, at=story.now(), schedule=SCHEDULE)


def test_a_naive_instant_is_a_programming_error(all_four) -> None:
    story = all_four()
    with pytest.raises(TypeError):
        listed(story, CS, datetime(2026, 8, 5, 3))  # noqa: DTZ001 - naive on purpose
