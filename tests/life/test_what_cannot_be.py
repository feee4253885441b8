"""Facts that cannot be, and wishes a rule forbids."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from jpki.errors import ImpossibleFact, Refused
from jpki.jst import at_time
from jpki.law import Rulebook
from jpki.life import Authority, FourItems, decide, decide_all
from jpki.life import events as ev
from jpki.terms import CertificateKind, Medium, PinKind, Purpose, Sex

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION
DEATH = ev.ResidentRecordDeleted("p", ev.DeletionGround.DEATH)
ON = date(2026, 2, 10)


def test_nobody_dies_before_birth_or_twice(begin) -> None:
    story = begin(date(2020, 5, 5))
    with pytest.raises(ImpossibleFact, match="birth"):
        story.tell(ON, DEATH, occurred_on=date(2020, 5, 4))
    story.tell(ON, DEATH, occurred_on=date(2020, 5, 5))
    with pytest.raises(ImpossibleFact, match="already"):
        story.tell(ON, DEATH)


def test_the_dead_apply_for_nothing_but_their_card_can_be_returned(all_four) -> None:
    story = all_four()
    story.tell(ON, DEATH)
    with pytest.raises(ImpossibleFact, match="died"):
        story.issue(ON, CS)
    with pytest.raises(ImpossibleFact, match="died"):
        story.tell(ON, ev.RevocationRequested("p", (CS,)))
    story.tell(ON, ev.LostCardFound("p"))


def test_nothing_is_recorded_before_it_happens_or_is_known(all_four) -> None:
    story = all_four()
    event, at = ev.GuardianshipBegan("p"), at_time(ON, time(9))
    with pytest.raises(ImpossibleFact, match="happens"):
        decide(story.state, event, at=at, occurred_on=ON + timedelta(days=1))
    with pytest.raises(ImpossibleFact, match="known"):
        decide(story.state, event, at=at, known_at=at + timedelta(seconds=1))
    entry = decide(story.state, event, at=at, known_at=at, occurred_on=ON)
    assert (entry.known_at, entry.recorded_at, entry.occurred_on) == (at, at, ON)


def test_nothing_is_recorded_before_what_is_known_already(all_four) -> None:
    story = all_four()
    with pytest.raises(ImpossibleFact, match="before"):
        decide(story.state, ev.GuardianshipBegan("p"), at=story.now() - timedelta(seconds=1))
    decide(story.state, ev.GuardianshipBegan("p"), at=story.now())


def test_a_naive_instant_is_a_programming_error(all_four) -> None:
    story = all_four()
    with pytest.raises(TypeError):
        decide(story.state, ev.GuardianshipBegan("p"), at=story.now().replace(tzinfo=None))


def test_a_stranger_has_no_events_and_nobody_is_registered_twice_or_before_birth(begin) -> None:
    story = begin(date(1990, 1, 1))
    with pytest.raises(ImpossibleFact):
        story.tell(ON, ev.GuardianshipBegan("stranger"))
    items = FourItems("別 人", date(2026, 2, 11), Sex.MALE, "架空県")
    with pytest.raises(ImpossibleFact, match="already"):
        story.tell(ON, ev.ResidentRegistered("p", items, "13101"))
    with pytest.raises(ImpossibleFact, match="birth"):
        story.tell(ON, ev.ResidentRegistered("q", items, "13101"))
    story.tell(date(2026, 2, 11), ev.ResidentRegistered("q", items, "13101"))


# what did not exist yet


@pytest.mark.parametrize(
    ("platform", "first_day"),
    [(ev.Platform.ANDROID, date(2023, 5, 11)), (ev.Platform.IPHONE, date(2025, 6, 24))],
)
def test_no_phone_is_enrolled_before_its_first_day(all_four, platform, first_day) -> None:
    story = all_four(card_on=date(2022, 4, 1), phone_on=None)
    event = ev.MobileDeviceEnrolled("p", "phone", platform)
    with pytest.raises(Refused):
        story.tell(first_day - timedelta(days=1), event)
    story.tell(first_day, event)


def test_no_phone_certificate_is_issued_before_2023_05_11(all_four) -> None:
    story = all_four(card_on=date(2022, 4, 1), phone_on=None)
    with pytest.raises(Refused) as caught:
        story.issue(date(2023, 5, 10), MS)
    assert caught.value.rule == "kind.mobile-signature"


@pytest.mark.parametrize(
    ("event", "first_day"),
    [
        (ev.CardModeChanged("p", ev.CardMode.FACE_ONLY), date(2023, 12, 15)),
        (ev.FuriganaRecorded("p", ev.FuriganaChange.FIRST, "コウテキ"), date(2025, 5, 26)),
        (ev.CardExchanged("p", ev.ExchangeCause.RESIDENCE_CARD), date(2026, 6, 14)),
    ],
)
def test_what_did_not_exist_the_day_before_exists_on_its_day(all_four, event, first_day) -> None:
    story = all_four(card_on=date(2023, 1, 5), phone_on=None)
    with pytest.raises(Refused):
        story.tell(first_day - timedelta(days=1), event)
    story.tell(first_day, event)


# the card


def test_what_needs_a_card_is_impossible_without_one(begin) -> None:
    story = begin(date(1990, 9, 15))
    for event in (
        ev.CardLossReported("p", ev.Channel.COUNTER),
        ev.CardSuspensionLifted("p"),
        ev.CardReissueRequested("p", ev.ReissueCause.LOST),
        ev.CardReturned("p", ev.ReturnCause.VOLUNTARY),
        ev.CardExchanged("p", ev.ExchangeCause.RENEWAL),
        ev.CardModeChanged("p", ev.CardMode.FACE_ONLY),
        ev.LostCardFound("p"),
        ev.PinBlocked("p", Medium.CARD, PinKind.USER_PIN),
        ev.PinReset("p", Medium.MOBILE_DEVICE, PinKind.USER_PIN),
        ev.MobileDeviceChanged("p", ev.MobileDeviceChange.SOLD),
        ev.MobileDeviceLossReported("p"),
        ev.MobileDeviceSuspensionLifted("p"),
        ev.RevocationRequested("p", (CS,)),
        ev.RevocationRequested("p", ()),
        ev.KeyCompromiseReported("p", (CA,)),
        ev.RecordErrorFound("p", (MS,)),
        ev.DepartureCancelled("p"),
        ev.ContinuedUseArranged("p"),
        ev.DeadlinePassed("p", ev.Deadline.MOVE_IN_30_DAYS),
        ev.ResidentRecordDeleted("p", ev.DeletionGround.OFF_SUPPLEMENT),
        ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_ABROAD_CONTINUING),
    ):
        with pytest.raises(ImpossibleFact):
            story.tell(ON, event)


def test_a_card_is_suspended_and_released_once(all_four) -> None:
    story = all_four()
    with pytest.raises(ImpossibleFact):
        story.tell(ON, ev.CardSuspensionLifted("p"))
    story.tell(ON, ev.CardLossReported("p", ev.Channel.COUNTER))
    with pytest.raises(ImpossibleFact):
        story.tell(ON, ev.CardLossReported("p", ev.Channel.CALL_CENTRE))
    with pytest.raises(ImpossibleFact, match="suspended"):
        story.issue(ON, CS)
    story.tell(ON, ev.CardSuspensionLifted("p"))
    story.issue(ON, CS)


def test_a_lapsed_card_cannot_be_released(all_four) -> None:
    story = all_four()
    story.tell(ON, ev.CardLossReported("p", ev.Channel.COUNTER))
    story.tell(ON, ev.CardReissueRequested("p", ev.ReissueCause.LOST))
    with pytest.raises(ImpossibleFact, match="lapsed"):
        story.tell(ON, ev.CardSuspensionLifted("p"))


def test_a_second_card_is_refused_while_the_first_lives(all_four) -> None:
    story = all_four()
    with pytest.raises(Refused):
        story.card(ON)
    story.tell(ON, ev.CardReturned("p", ev.ReturnCause.VOLUNTARY))
    story.card(ON)


# certificates


def test_a_second_certificate_of_a_kind_is_refused_by_the_ban_on_duplicates(all_four) -> None:
    story = all_four()
    for kind, basis in (
        (CS, "公的個人認証法第6条"),
        (CA, "公的個人認証法第25条"),
        (MS, "公的個人認証法第16条の5"),
        (MA, "公的個人認証法第35条の5"),
    ):
        with pytest.raises(Refused) as caught:
            story.issue(ON, kind)
        assert caught.value.basis == basis


def _issued(kind: CertificateKind, serial: int, ends: date, **changed: object):
    authority = changed.pop("authority", Authority(kind.purpose, 3))
    return ev.CertificateIssued("p", kind, serial, authority, "13101", ends, **changed)


def test_serial_numbers_are_used_once_by_an_authority(begin) -> None:
    story = begin(date(1990, 9, 15))
    story.card(date(2025, 1, 10))
    ends = date(2029, 9, 15)
    story.tell(ON, _issued(CA, 7, ends))
    story.tell(ON, ev.RevocationRequested("p", (CA,)))
    for serial in (7, 0, -1):
        with pytest.raises(ImpossibleFact, match="serial"):
            story.tell(ON, _issued(CA, serial, ends))
    with pytest.raises(ImpossibleFact, match="purpose"):
        story.tell(ON, _issued(CA, 8, ends, authority=Authority(Purpose.SIGNATURE, 3)))
    story.tell(ON, _issued(CS, 7, ends))


def test_a_certificate_never_outlives_its_card_or_its_authentication_partner(begin) -> None:
    story = begin(date(1990, 9, 15))
    card_ends = story.card(date(2025, 1, 10))
    later = card_ends + timedelta(days=1)
    with pytest.raises(Refused, match=r"R49\.card-cap"):
        story.tell(ON, _issued(CA, 1, later))
    with pytest.raises(Refused, match=r"R13\.card-cap"):
        story.tell(ON, _issued(CS, 1, later))
    story.tell(ON, _issued(CA, 1, date(2029, 9, 15)))
    with pytest.raises(Refused, match=r"R13\.auth-cap"):
        story.tell(ON, _issued(CS, 1, date(2029, 9, 16)))
    story.tell(ON, _issued(CS, 1, date(2029, 9, 15)))
    with pytest.raises(ImpossibleFact, match="expired"):
        story.tell(ON, _issued(CA, 2, ON - timedelta(days=1)))


def test_a_phone_certificate_ends_with_its_partner_and_not_a_day_off(all_four) -> None:
    story = all_four(phone_on=None)
    story.tell(ON, ev.MobileDeviceEnrolled("p", "phone", ev.Platform.ANDROID))
    ends = story.ends(CS)
    for other in (ends - timedelta(days=1), ends + timedelta(days=1)):
        with pytest.raises(Refused, match="R24-9"):
            story.tell(ON, _issued(MS, 5000, other))
    story.tell(ON, _issued(MS, 5000, ends, signed_with=CS))


def test_phone_certificates_are_applied_for_with_the_card_signature_key_alone(all_four) -> None:
    story = all_four(phone_on=None)
    story.tell(ON, ev.MobileDeviceEnrolled("p", "phone", ev.Platform.ANDROID))
    with pytest.raises(Refused, match="ON-10"):
        story.tell(ON, _issued(MA, 5000, story.ends(CA), signed_with=CA))
    story.tell(ON, _issued(MA, 5000, story.ends(CA), signed_with=CS))


def test_a_phone_is_enrolled_only_with_live_card_certificates(all_four) -> None:
    story = all_four(phone_on=None)
    story.tell(ON, ev.RevocationRequested("p", (CA,)))
    story.tell(ON, ev.MobileDeviceEnrolled("p", "phone", ev.Platform.ANDROID))
    with pytest.raises(Refused, match="card_authentication"):
        story.issue(ON, MA)
    story.tell(ON, ev.RevocationRequested("p", (CS,)))
    with pytest.raises(Refused, match="card_signature"):
        story.issue(ON, MS)
    with pytest.raises(Refused, match="card_signature"):
        story.tell(ON, ev.MobileDeviceEnrolled("p", "another", ev.Platform.ANDROID))


def test_the_least_age_is_a_policy(begin) -> None:
    born = date(2015, 3, 3)
    strict = begin(born)
    strict.card(date(2026, 1, 5))
    with pytest.raises(Refused, match="younger than 15"):
        strict.issue(ON, CS)
    strict.issue(ON, CA)
    lenient = begin(born, book=Rulebook.default().with_(signature_minimum_age=0))
    lenient.card(date(2026, 1, 5))
    lenient.issue(ON, CS)


# several at once


def test_when_one_of_several_is_refused_none_is_recorded(all_four) -> None:
    story = all_four()
    at = at_time(ON, time(9))
    good, bad = ev.RevocationRequested("p", (CS,)), ev.RevocationRequested("p", (CS,))
    with pytest.raises(ImpossibleFact):
        decide_all(story.state, (good, bad), at=at)
    entries = decide_all(story.state, (good, ev.RevocationRequested("p", (CA,))), at=at)
    assert [entry.seq for entry in entries] == [story.state.next_seq, story.state.next_seq + 1]
    assert story.marks() == "A A A A"
