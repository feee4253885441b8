"""Stories from start to finish: moves, lost cards, renewals, corrections."""

from __future__ import annotations

from datetime import date, time

import pytest

from jpki.errors import ImpossibleFact, Refused
from jpki.law import Rulebook
from jpki.life import CardState
from jpki.life import events as ev
from jpki.terms import CertificateKind

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION


def _moved(person: str = "p") -> ev.ResidentRecordAmended:
    return ev.ResidentRecordAmended(person, ev.RecordItem.ADDRESS, value="架空県架空市2-2")


def test_sc01_a_move_ends_the_signature_certificates_and_leaves_authentication_alone(begin) -> None:
    story = begin(date(1990, 9, 15))
    assert story.card(date(2024, 3, 1)) == date(2033, 9, 15)
    story.issue(date(2024, 3, 10), CS, CA)
    assert (story.ends(CS), story.ends(CA)) == (date(2028, 9, 15), date(2028, 9, 15))
    story.enrol(date(2025, 7, 1))
    assert (story.ends(MS), story.ends(MA)) == (date(2028, 9, 15), date(2028, 9, 15))
    assert story.wait(date(2026, 8, 3)).marks() == "A A A A"
    story.tell(date(2026, 8, 4), _moved(), occurred_on=date(2026, 8, 3))
    assert story.marks() == "R3 A R3c A"
    with pytest.raises(Refused) as caught:
        story.tell(date(2026, 8, 5), ev.RevocationRequested("p", (MA,), signed_with=MS))
    assert caught.value.rule == "ON-4"
    with pytest.raises(Refused):
        story.tell(date(2026, 8, 5), ev.RevocationRequested("p", (MA,), signed_with=CS))
    assert story.wait(date(2026, 8, 5)).marks() == "R3 A R3c A"
    story.issue(date(2026, 8, 10), CS)
    assert story.marks() == "A A R3c A"
    assert story.ends(CS) == date(2028, 9, 15)  # not 2030-09-15: capped by authentication
    story.issue(date(2026, 8, 11), MS)
    assert story.marks() == "A A A A"
    assert story.ends(MS) == date(2028, 9, 15)


def test_sc01_a_request_for_authentication_alone_is_possible_at_the_counter_after_a_move(
    all_four,
) -> None:
    story = all_four()
    story.tell(date(2026, 8, 4), _moved())
    story.tell(date(2026, 8, 5), ev.RevocationRequested("p", (MA,)))
    assert story.marks() == "R3 A R3c R5"


def _sc02(begin):
    story = begin(date(1988, 6, 10))
    assert story.card(date(2021, 7, 1)) == date(2031, 6, 10)
    story.issue(date(2021, 7, 15), CS, CA)
    assert (story.ends(CS), story.ends(CA)) == (date(2026, 6, 10), date(2026, 6, 10))
    story.enrol(date(2023, 6, 1))
    return story


@pytest.mark.parametrize(
    ("on", "ends"), [(date(2026, 3, 10), date(2030, 6, 10)), (date(2026, 3, 11), date(2031, 6, 10))]
)
def test_sc02_renewing_both_replaces_them_and_the_phone_must_enrol_again(begin, on, ends) -> None:
    story = _sc02(begin)
    old = [story.serial(kind) for kind in (CS, CA)]
    story.renew(on, CS, CA)
    assert story.marks() == "A A R4c R4c"
    assert (story.ends(CS), story.ends(CA)) == (ends, ends)
    for serial in old:
        record = story.state.certificate(serial)
        assert record.lapse.reason == 4
        assert record.lapse.rule.startswith("renewed.")


def test_sc02_c_renewing_the_signature_certificate_alone_gains_nothing(begin) -> None:
    story = _sc02(begin)
    story.renew(date(2026, 3, 11), CS)
    assert story.ends(CS) == date(2026, 6, 10)
    assert story.marks() == "A A R4c A"


def test_sc02_d_unrenewed_certificates_expire_and_nothing_is_revoked(begin) -> None:
    story = _sc02(begin)
    assert story.wait(date(2026, 6, 10), at=time(23, 59, 59)).marks() == "A A A A"
    assert story.wait(date(2026, 6, 11), at=time(0)).marks() == "E E E E"
    story.issue(date(2026, 6, 20), CS, CA)
    assert story.marks() == "A A E E"
    assert (story.ends(CS), story.ends(CA)) == (date(2031, 6, 10), date(2031, 6, 10))


def _lost(story) -> None:
    story.tell(date(2026, 4, 1), ev.CardLossReported("p", ev.Channel.CALL_CENTRE))
    assert story.marks() == "R6 H R6c A"
    assert story.state.person("p").card.state_at(story.now()) is CardState.SUSPENDED


def test_sc06_a_found_card_gets_its_authentication_certificate_back(all_four) -> None:
    story = all_four()
    serials = {kind: story.serial(kind) for kind in (CS, CA, MS, MA)}
    _lost(story)
    story.tell(date(2026, 4, 3), ev.CardSuspensionLifted("p"))
    assert story.marks() == "R6 A R6c A"
    story.issue(date(2026, 4, 3), CS)
    assert story.marks() == "A A R6c A"
    assert story.serial(CS) != serials[CS]
    assert story.serial(CA) == serials[CA]
    story.issue(date(2026, 4, 4), MS)
    assert story.marks() == "A A A A"
    assert story.serial(MS) != serials[MS]
    assert story.serial(MA) == serials[MA]


def test_sc06_by_policy_a_found_card_needs_a_new_authentication_certificate(all_four) -> None:
    story = all_four(book=Rulebook.default().with_(card_auth_after_hold="reissue"))
    old = story.serial(CA)
    _lost(story)
    story.tell(date(2026, 4, 3), ev.CardSuspensionLifted("p"))
    assert story.marks() == "R6 R5 R6c R5c"
    story.issue(date(2026, 4, 3), CS, CA)
    assert story.marks() == "A A R6c R5c"
    assert story.serial(CA) != old


def test_by_policy_the_suspension_of_the_card_does_not_reach_the_phone(all_four) -> None:
    story = all_four(book=Rulebook.default().with_(card_hold_cascades_to_ms=False))
    story.tell(date(2026, 4, 1), ev.CardLossReported("p", ev.Channel.COUNTER))
    assert story.marks() == "R6 H A A"


def test_sc07_the_card_dies_at_the_application_for_a_new_one_not_at_the_report(all_four) -> None:
    story = all_four()
    _lost(story)
    assert story.wait(date(2026, 4, 4)).marks() == "R6 H R6c A"
    story.tell(date(2026, 4, 5), ev.CardReissueRequested("p", ev.ReissueCause.LOST))
    assert story.marks() == "R6 R5 R6c R5c"
    assert story.state.person("p").card.lapse.rule == "K-16"
    story.card(date(2026, 4, 20), date(2026, 4, 28))
    story.issue(date(2026, 4, 28), CS, CA)
    assert story.marks() == "A A R6c R5c"


def test_sc08_a_notice_signed_by_the_phone_ends_the_certificate_that_signed_it(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 5, 10), ev.KeyCompromiseReported("p", (CS,), signed_with=MS), at=time(9))
    assert story.marks() == "R1 A R1c A"
    with pytest.raises(Refused) as caught:
        story.tell(
            date(2026, 5, 10), ev.KeyCompromiseReported("p", (CA,), signed_with=MS), at=time(10)
        )
    assert caught.value.rule == "ON-6"
    assert story.wait(date(2026, 5, 11)).marks() == "R1 A R1c A"


def test_sc08_both_notices_in_one_message_end_all_four(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 5, 10), ev.KeyCompromiseReported("p", (CS, CA), signed_with=MS))
    assert story.marks() == "R1 R1 R1c R1c"


def test_sc19_a_damaged_card_takes_the_healthy_phone_with_it_on_the_day_of_application(
    all_four,
) -> None:
    story = all_four()
    story.tell(date(2026, 3, 20), ev.CardReissueRequested("p", ev.ReissueCause.DAMAGED))
    assert story.marks() == "R5 R5 R5c R5c"
    story.card(date(2026, 4, 1), date(2026, 4, 10))
    story.issue(date(2026, 4, 10), CS, CA)
    assert story.marks() == "A A R5c R5c"
    story.enrol(date(2026, 4, 11))
    assert story.marks() == "A A A A"


def test_sc19_contrast_a_renewed_card_lives_until_it_is_handed_over(all_four) -> None:
    story = all_four()
    with pytest.raises(Refused):
        story.card(date(2026, 3, 20))
    story.tell(date(2026, 4, 10), ev.CardExchanged("p", ev.ExchangeCause.RENEWAL))
    assert story.marks() == "R4 R4 R4c R4c"
    story.card(date(2026, 4, 1), date(2026, 4, 10))


def test_sc21_minor_corrections_keep_all_four_and_the_old_text(all_four) -> None:
    story = all_four()
    old = story.state.latest("p", CS).items
    item, minor = ev.RecordItem, ev.Minor
    for on, event in (
        (
            date(2026, 9, 1),
            ev.ResidentRecordAmended("p", item.ADDRESS, minor.PLACE_RENAMED, value="a"),
        ),
        (
            date(2026, 9, 15),
            ev.ResidentRecordAmended("p", item.NAME, minor.CHARACTER_VARIANT, value="b"),
        ),
        (
            date(2026, 9, 20),
            ev.ResidentRecordAmended("p", item.ADDRESS, minor.BUILDING_RENAMED, value="c"),
        ),
        (date(2026, 10, 1), ev.FuriganaRecorded("p", ev.FuriganaChange.FIRST, "コウテキ ハナコ")),
    ):
        story.tell(on, event)
        assert story.marks() == "A A A A"
    assert story.state.latest("p", CS).items == old
    person = story.state.person("p").items
    assert (person.name, person.address, person.furigana) == ("b", "c", "コウテキ ハナコ")
    story.tell(date(2026, 10, 5), ev.ResidentRecordAmended("p", item.FORMER_NAME, value="d"))
    assert story.marks() == "R3 A R3c A"


def test_a_furigana_change_ends_only_a_certificate_that_carries_the_furigana(begin) -> None:
    def tell(issued_on: date) -> str:
        story = begin(date(1990, 9, 15))
        story.card(date(2025, 6, 1))
        story.tell(
            date(2025, 6, 2), ev.FuriganaRecorded("p", ev.FuriganaChange.FIRST, "コウテキ ハナコ")
        )
        story.issue(issued_on, CS, CA)
        story.tell(
            date(2026, 7, 1), ev.FuriganaRecorded("p", ev.FuriganaChange.LATER, "コウテキ カコ")
        )
        return story.marks()

    assert tell(date(2026, 5, 25)) == "A A - -"
    assert tell(date(2026, 5, 26)) == "R3 A - -"


# Going abroad


def _departs(
    story, filed: date, planned: date, *, reissue: tuple[CertificateKind, ...] = ()
) -> None:
    destination = ev.Destination.ABROAD
    story.tell(filed, ev.MoveOutNotified("p", destination, planned), ev.ContinuedUseArranged("p"))
    if reissue:
        story.renew(filed, *reissue)
    story.tell(
        planned,
        ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_ABROAD_CONTINUING),
        at=time(0),
    )


def _sc03(begin, book=None):
    story = begin(date(1985, 4, 2), book=book)
    assert story.card(date(2021, 8, 2)) == date(2031, 4, 2)
    story.issue(date(2021, 8, 20), CS, CA)
    assert story.ends(CA) == date(2026, 4, 2)
    story.enrol(date(2023, 6, 1))
    return story


def test_sc03_a_departure_until_26_may_2024_always_ends_the_card(begin) -> None:
    story = _sc03(begin)
    story.tell(date(2024, 5, 26), ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_ABROAD))
    assert story.marks() == "R3 R5 R3c R5c"
    assert story.state.person("p").card.lapse.rule == "K-1.old"


def test_sc03_b_an_untouched_authentication_certificate_ends_after_thirty_days(begin) -> None:
    story = _sc03(begin)
    _departs(story, date(2024, 6, 20), date(2024, 6, 30))
    assert story.marks() == "R3 A R3c A"
    deadline = ev.DeadlinePassed("p", ev.Deadline.ABROAD_30_DAYS)
    with pytest.raises(ImpossibleFact):
        story.tell(date(2024, 7, 30), deadline)
    story.tell(date(2024, 7, 31), deadline)
    assert story.marks() == "R3 R3 R3c R3c"
    assert story.state.person("p").card.state_at(story.now()) is CardState.VALID


def test_sc03_c_certificates_issued_between_filing_and_departure_stay(begin) -> None:
    story = _sc03(begin)
    _departs(story, date(2024, 6, 20), date(2024, 6, 30), reissue=(CS, CA))
    story.tell(date(2024, 7, 31), ev.DeadlinePassed("p", ev.Deadline.ABROAD_30_DAYS))
    assert story.marks() == "A A R4c R4c"
    assert (story.ends(CS), story.ends(CA)) == (date(2029, 4, 2), date(2029, 4, 2))


def test_sc03_d_by_policy_thirty_days_abroad_end_nothing(begin) -> None:
    story = _sc03(begin, Rulebook.default().with_(overseas_auth_30day=False))
    _departs(story, date(2024, 6, 20), date(2024, 6, 30))
    story.tell(date(2024, 7, 31), ev.DeadlinePassed("p", ev.Deadline.ABROAD_30_DAYS))
    assert story.marks() == "R3 A R3c A"


def test_sc03_e_without_the_step_the_card_lapses(begin) -> None:
    story = _sc03(begin)
    story.tell(date(2024, 6, 30), ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_ABROAD))
    assert story.marks() == "R3 R5 R3c R5c"
    assert story.state.person("p").card.lapse.rule == "K-1"


def test_the_continued_use_step_has_to_be_done_by_the_eve_of_departure(begin) -> None:
    story = _sc03(begin)
    story.tell(date(2024, 6, 20), ev.MoveOutNotified("p", ev.Destination.ABROAD, date(2024, 6, 30)))
    with pytest.raises(Refused):
        story.tell(date(2024, 6, 30), ev.ContinuedUseArranged("p"))
    early = _sc03(begin)
    early.tell(date(2024, 6, 20), ev.MoveOutNotified("p", ev.Destination.ABROAD, date(2024, 6, 30)))
    early.tell(date(2024, 6, 29), ev.ContinuedUseArranged("p"))


# Moving within the country


def test_sc04_thirty_days_without_a_move_in_end_authentication_and_card(all_four) -> None:
    story = all_four()
    story.tell(
        date(2026, 2, 1), ev.MoveOutNotified("p", ev.Destination.DOMESTIC, date(2026, 2, 15))
    )
    assert story.marks() == "A A A A"
    story.tell(date(2026, 2, 15), ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_OUT))
    assert story.marks() == "R3 A R3c A"
    assert story.wait(date(2026, 3, 3)).marks() == "R3 A R3c A"
    deadline = ev.DeadlinePassed("p", ev.Deadline.MOVE_IN_30_DAYS)
    with pytest.raises(ImpossibleFact):
        story.tell(date(2026, 3, 17), deadline)
    story.tell(date(2026, 3, 18), deadline)
    assert story.marks() == "R3 R3 R3c R3c"
    assert story.state.person("p").card.lapse.rule == "K-2"


def test_by_policy_the_filing_of_a_move_out_ends_the_signature_certificate(all_four) -> None:
    story = all_four(book=Rulebook.default().with_(tensyutsu_sign_revoked_on="filing_date"))
    story.tell(
        date(2026, 2, 1), ev.MoveOutNotified("p", ev.Destination.DOMESTIC, date(2026, 2, 15))
    )
    assert story.marks() == "R3 A R3c A"


def test_sc05_a_card_that_is_not_presented_in_ninety_days_lapses(all_four) -> None:
    story = all_four()
    story.tell(
        date(2026, 2, 1), ev.MoveOutNotified("p", ev.Destination.DOMESTIC, date(2026, 2, 15))
    )
    story.tell(date(2026, 2, 15), ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_OUT))
    story.tell(
        date(2026, 3, 16),
        ev.MoveInNotified("p", ev.CardPresence.NOT_PRESENTED, "13102", "架空県別市3-3"),
    )
    assert story.wait(date(2026, 6, 14)).marks() == "R3 A R3c A"
    story.tell(date(2026, 6, 15), ev.DeadlinePassed("p", ev.Deadline.CARD_90_DAYS))
    assert story.marks() == "R3 R5 R3c R5c"


def test_sc12_a_residence_period_ends_card_and_certificates_without_any_record(begin) -> None:
    story = begin(
        date(1995, 12, 20),
        nationality=ev.Nationality.FOREIGN_LIMITED,
        residence_ends_on=date(2026, 10, 31),
    )
    assert story.card(date(2025, 11, 10)) == date(2026, 10, 31)
    story.issue(date(2025, 11, 20), CS, CA)
    story.enrol(date(2025, 11, 21))
    assert {story.ends(kind) for kind in (CS, CA, MS, MA)} == {date(2026, 10, 31)}
    story.tell(
        date(2026, 10, 20),
        ev.ResidencePeriodChanged(
            "p", ev.CardPresence.PRESENTED, date(2026, 12, 31), card_expires_on=date(2026, 12, 31)
        ),
    )
    assert story.wait(date(2026, 10, 31)).marks() == "A A A A"
    assert (
        story.wait(date(2026, 11, 1)).marks() == "E E E E"
    )  # b: the certificates were not renewed
    assert story.state.person("p").card.state_at(story.now()) is CardState.VALID
    story.issue(date(2026, 11, 2), CS, CA)
    assert (story.ends(CS), story.ends(CA)) == (date(2026, 12, 31), date(2026, 12, 31))


def test_sc13_naturalisation_ends_all_four_but_not_the_card(all_four) -> None:
    story = all_four()
    story.tell(
        date(2026, 5, 11), ev.ResidentRecordDeleted("p", ev.DeletionGround.NATIONALITY_CHANGED)
    )
    assert story.marks() == "R3 R3 R3c R3c"
    assert story.state.person("p").card.state_at(story.now()) is CardState.VALID
    story.issue(date(2026, 5, 11), CS, CA)
    assert story.marks() == "A A R3c R3c"


def test_sc13_contrast_a_deletion_ex_officio_ends_the_card_too(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 5, 11), ev.ResidentRecordDeleted("p", ev.DeletionGround.EX_OFFICIO))
    assert story.marks() == "R3 R3 R3c R3c"
    assert story.state.person("p").card.state_at(story.now()) is CardState.LAPSED


def test_sc16_a_leap_day_holder_renews_on_both_sides_of_the_three_months(begin) -> None:
    for on, ends in (
        (date(2026, 11, 28), date(2031, 2, 28)),
        (date(2026, 12, 1), date(2032, 2, 29)),
    ):
        story = begin(date(2000, 2, 29))
        assert story.card(date(2022, 3, 1)) == date(2032, 2, 29)
        story.issue(date(2022, 3, 10), CS, CA)
        assert story.ends(CS) == date(2027, 2, 28)
        story.renew(on, CS, CA)
        assert (story.ends(CS), story.ends(CA)) == (ends, ends)


def test_sc17_a_card_made_before_turning_18_stays_short(begin) -> None:
    young = begin(date(2008, 1, 20))
    assert young.card(date(2026, 1, 10)) == date(2030, 1, 20)
    young.issue(date(2026, 1, 25), CS, CA)
    assert (young.ends(CS), young.ends(CA)) == (date(2030, 1, 20), date(2030, 1, 20))
    adult = begin(date(2008, 1, 20))
    assert adult.card(date(2026, 2, 1)) == date(2036, 1, 20)
    adult.issue(date(2026, 2, 1), CS, CA)
    assert (adult.ends(CS), adult.ends(CA)) == (date(2031, 1, 20), date(2031, 1, 20))


def test_sc18_a_signature_certificate_is_issued_from_fifteen(begin) -> None:
    story = begin(date(2011, 7, 7))
    assert story.card(date(2024, 5, 1)) == date(2028, 7, 7)
    story.issue(date(2024, 5, 10), CA)
    with pytest.raises(Refused):
        story.enrol(date(2026, 7, 6))
    with pytest.raises(Refused) as caught:
        story.issue(date(2026, 7, 6), CS)
    assert caught.value.rule == "signature_minimum_age"
    story.issue(date(2026, 7, 7), CS)
    assert story.ends(CS) == date(2028, 7, 7)
    story.enrol(date(2026, 7, 8))
    assert story.marks() == "A A A A"


def test_sc20_a_face_only_card_keeps_authentication_and_cannot_sign(all_four) -> None:
    story = all_four(card_on=date(2023, 6, 1), phone_on=date(2023, 7, 1))
    with pytest.raises(Refused):
        story.tell(date(2023, 12, 14), ev.CardModeChanged("p", ev.CardMode.FACE_ONLY))
    story.tell(date(2024, 2, 1), ev.CardModeChanged("p", ev.CardMode.FACE_ONLY))
    assert story.marks() == "R5 A R5c A"
    with pytest.raises(Refused):
        story.issue(date(2024, 3, 1), MS)
    with pytest.raises(Refused) as caught:
        story.issue(date(2024, 3, 1), CS)
    assert caught.value.rule == "card-mode.face-only.card-signature"
