"""PINs: what blocks them, who can set them anew, and which row refuses."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from jpki.errors import ImpossibleFact, Refused
from jpki.jst import at_time
from jpki.law import Rulebook, load
from jpki.life import PinState, biometrics_stand_in, pin_state, pin_states
from jpki.life import events as ev
from jpki.life.checks.pins import CONDITIONS
from jpki.terms import CertificateKind, Medium, PinKind

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
CARD, PHONE = Medium.CARD, Medium.MOBILE_DEVICE
P1, P2 = PinKind.SIGNATURE_PASSWORD, PinKind.USER_PIN
ON = date(2026, 2, 10)
NOON = at_time(ON, time(12))


def _state(story, medium: Medium, pin: ev.AnyPin) -> PinState:
    return pin_state(story.state, "p", medium, pin)


def _kiosk(
    pin: ev.AnyPin,
    *,
    reserved_at: datetime | None = NOON,
    path: ev.ResetPath = ev.ResetPath.KIOSK,
    known: bool = True,
) -> ev.PinReset:
    return ev.PinReset("p", CARD, pin, path, other_known=known, reserved_at=reserved_at)


def _refused(story, event: ev.Event, *, on: date = ON, at: time = time(12)) -> str:
    before = story.state
    with pytest.raises(Refused) as caught:
        story.tell(on, event, at=at)
    assert story.state is before
    assert caught.value.basis
    return caught.value.rule


def test_each_pin_is_blocked_by_itself_and_nothing_is_revoked(all_four) -> None:
    story = all_four()
    assert set(pin_states(story.state, "p").values()) == {PinState.USABLE}
    story.tell(ON, ev.PinBlocked("p", CARD, P1))
    assert _state(story, CARD, P1) is PinState.BLOCKED
    assert _state(story, CARD, P2) is PinState.USABLE
    assert _state(story, PHONE, P1) is PinState.USABLE
    assert story.marks() == "A A A A"
    with pytest.raises(ImpossibleFact, match="already"):
        story.tell(ON, ev.PinBlocked("p", CARD, P1))


def test_a_reset_leaves_serial_and_certificate_as_they_are(all_four) -> None:
    story = all_four()
    serials = [story.serial(kind) for kind in CertificateKind]
    story.tell(ON, ev.PinBlocked("p", CARD, P1), ev.PinReset("p", CARD, P1))
    assert _state(story, CARD, P1) is PinState.USABLE
    assert [story.serial(kind) for kind in CertificateKind] == serials
    assert story.marks() == "A A A A"


# SC-14
def test_a_kiosk_resets_the_password_with_the_pin_and_refuses_with_neither(all_four) -> None:
    story = all_four()
    story.tell(ON, ev.PinBlocked("p", CARD, P1), at=time(9))
    story.tell(ON, _kiosk(P1), at=time(13))
    assert _state(story, CARD, P1) is PinState.USABLE
    story.tell(ON, ev.PinBlocked("p", CARD, P1), ev.PinBlocked("p", CARD, P2), at=time(14))
    assert _refused(story, _kiosk(P1), at=time(15)) == "KS-1"
    assert _refused(story, _kiosk(P2), at=time(15)) == "KS-1"
    story.tell(ON, ev.PinReset("p", CARD, P2), ev.PinReset("p", CARD, P1), at=time(16))
    assert set(pin_states(story.state, "p").values()) == {PinState.USABLE}


def test_a_kiosk_wants_the_other_pin_to_be_known(all_four) -> None:
    assert _refused(all_four(), _kiosk(P1, known=False)) == "KS-1"


# SC-14: after a move with the password blocked
def test_a_kiosk_refuses_a_password_whose_certificate_a_move_has_ended(all_four) -> None:
    story = all_four()
    story.tell(ON, ev.PinBlocked("p", CARD, P1), at=time(8))
    story.tell(ON, ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS), at=time(9))
    assert _refused(story, _kiosk(P1)) == "KS-10"
    story.issue(ON, CS, at=time(14))
    assert _state(story, CARD, P1) is PinState.USABLE


def test_a_kiosk_refuses_a_certificate_that_is_held_or_requested_to_end(all_four) -> None:
    story = all_four()
    story.tell(ON, ev.RevocationRequested("p", (CS,)), at=time(9))
    assert _refused(story, _kiosk(P1)) == "KS-6"
    held = all_four()
    held.tell(ON, ev.CardLossReported("p", ev.Channel.COUNTER), at=time(9))
    assert _refused(held, _kiosk(P2)) == "KS-6"


def test_a_kiosk_wants_both_certificates_on_the_card(begin) -> None:
    story = begin(date(1990, 9, 15))
    story.card(date(2025, 1, 10))
    story.issue(date(2025, 1, 10), CA)
    assert _refused(story, _kiosk(P2)) == "KS-6"
    story.issue(ON, CS, at=time(9))
    story.tell(ON, _kiosk(P2), at=time(12))


# KS-4: within 24 hours; both sides
def test_the_kiosk_step_comes_within_24_hours_of_the_reservation(all_four) -> None:
    story = all_four()
    reserved = at_time(ON, time(12)) - timedelta(hours=24)
    story.tell(ON, _kiosk(P1, reserved_at=reserved), at=time(12))
    late = reserved - timedelta(seconds=1)
    assert _refused(all_four(), _kiosk(P1, reserved_at=late)) == "KS-4"
    assert _refused(all_four(), _kiosk(P1, reserved_at=NOON + timedelta(seconds=1))) == "KS-4"
    assert _refused(all_four(), _kiosk(P1, reserved_at=None)) == "KS-3"


# KS-5: 06:30 to 23:00
@pytest.mark.parametrize(
    ("at", "open_"),
    [(time(6, 29), False), (time(6, 30), True), (time(23), True), (time(23, 1), False)],
)
def test_a_kiosk_has_hours(all_four, at: time, open_: bool) -> None:
    event = _kiosk(P1, reserved_at=at_time(ON, time(6)))
    if open_:
        all_four().tell(ON, event, at=at)
    else:
        assert _refused(all_four(), event, at=at) == "KS-5"


def test_some_chains_reset_the_signature_password_only(all_four) -> None:
    path = ev.ResetPath.KIOSK_SIGNATURE_ONLY
    assert _refused(all_four(), _kiosk(P2, path=path)) == "KS-8"
    all_four().tell(ON, _kiosk(P1, path=path), at=time(12))


def test_a_card_without_a_photo_is_for_infants_and_no_kiosk_takes_it(begin) -> None:
    born, made = date(2025, 6, 2), date(2026, 6, 1)
    story = begin(born, book=Rulebook.default().with_(signature_minimum_age=0))
    issued = ev.CardIssued("p", "c", made, date(2031, 6, 2), photo=False)
    story.tell(made, issued)
    story.issue(made, CA, CS)
    assert _refused(story, _kiosk(P1, reserved_at=at_time(made, time(11))), on=made) == "KS-7"
    grown = begin(born)
    # the first birthday: one year old, no longer under one
    later = ev.CardIssued("p", "c", date(2026, 6, 2), date(2031, 6, 2), photo=False)
    assert _refused(grown, later, on=date(2026, 6, 2)) == "C-9"
    early = begin(date(2024, 6, 1))
    before = ev.CardIssued("p", "c", date(2024, 12, 1), date(2029, 6, 1), photo=False)
    assert _refused(early, before, on=date(2024, 12, 1)) == "no_photo_infant"


# R65(1)(iv) since 2021-02-15, (v) since 2024-05-27
@pytest.mark.parametrize(("pin", "first"), [(P1, date(2021, 2, 15)), (P2, date(2024, 5, 27))])
def test_kiosks_reset_each_pin_from_its_day(begin, pin: PinKind, first: date) -> None:
    story = begin(date(1990, 9, 15))
    story.card(date(2020, 1, 10))
    story.issue(date(2020, 1, 10), CS, CA)
    eve = first - timedelta(days=1)
    rule = _refused(story, _kiosk(pin, reserved_at=at_time(eve, time(11))), on=eve)
    assert rule.endswith("delegation.before")
    story.tell(first, _kiosk(pin, reserved_at=at_time(first, time(11))), at=time(12))


def test_a_post_office_resets_two_pins_since_september_2021(begin) -> None:
    story = begin(date(1990, 9, 15))
    story.card(date(2020, 1, 10))
    story.issue(date(2020, 1, 10), CS, CA)
    reset = ev.PinReset("p", CARD, P2, ev.ResetPath.POST_OFFICE)
    assert _refused(story, reset, on=date(2021, 8, 31)) == "reset.post-office.before"
    story.tell(date(2021, 9, 1), reset)
    other = ev.PinReset("p", CARD, ev.CardPin.TEXT_AID, ev.ResetPath.POST_OFFICE)
    assert _refused(story, other) == "reset.post-office.others.no"


def test_by_policy_a_post_office_resets_the_other_pins_too(all_four) -> None:
    book = Rulebook.default().with_(post_office_resets_other_card_pins=True)
    reset = ev.PinReset("p", CARD, ev.CardPin.TEXT_AID, ev.ResetPath.POST_OFFICE)
    all_four(book=book).tell(ON, reset)


@pytest.mark.parametrize(
    ("path", "medium", "rule"),
    [
        (ev.ResetPath.COUNTER, PHONE, "reset.counter.phone"),
        (ev.ResetPath.POST_OFFICE, PHONE, "reset.counter.phone"),
        (ev.ResetPath.KIOSK, PHONE, "reset.counter.phone"),
        (ev.ResetPath.CALL_CENTRE, CARD, "reset.remote.card"),
        (ev.ResetPath.POST_OR_EMAIL, CARD, "reset.remote.card"),
        (ev.ResetPath.CLINIC_READER, CARD, "reset.clinic.card"),
        (ev.ResetPath.PHONE_APP, CARD, "reset.phone-app.card"),
    ],
)
def test_a_closed_path_is_refused_by_its_row(all_four, path, medium, rule) -> None:
    assert _refused(all_four(), ev.PinReset("p", medium, P1, path)) == rule


# SC-14: P8 blocked with P7 blocked: P2, kiosk, P1, P7, P8
def test_the_phones_pins_are_set_anew_along_the_chain(all_four) -> None:
    story = all_four()
    for medium, pin in ((PHONE, P1), (PHONE, P2), (CARD, P1)):
        story.tell(ON, ev.PinBlocked("p", medium, pin), at=time(9))
    app = ev.ResetPath.PHONE_APP
    assert _refused(story, ev.PinReset("p", PHONE, P2, app)) == "RS-2"
    assert _refused(story, ev.PinReset("p", PHONE, P1, app)) == "RS-1"
    story.tell(ON, _kiosk(P1), at=time(13))
    story.tell(ON, ev.PinReset("p", PHONE, P1, app), at=time(14))
    story.tell(ON, ev.PinReset("p", PHONE, P2, app), at=time(15))
    assert set(pin_states(story.state, "p").values()) == {PinState.USABLE}
    assert story.marks() == "A A A A"


def test_a_face_only_card_has_no_pin_to_block_or_reset(all_four) -> None:
    story = all_four()
    story.tell(ON, ev.CardModeChanged("p", ev.CardMode.FACE_ONLY), at=time(9))
    assert _state(story, CARD, P2) is PinState.UNSET
    assert _state(story, CARD, ev.CardPin.COLLATION_B) is PinState.USABLE
    assert _refused(story, ev.PinBlocked("p", CARD, P2)) == "FL-1"
    assert _refused(story, ev.PinReset("p", CARD, P2)) == "FL-1"
    story.tell(ON, ev.CardModeChanged("p", ev.CardMode.ORDINARY), at=time(13))
    assert _state(story, CARD, P2) is PinState.USABLE


def test_a_pin_that_no_certificate_needs_is_unset(begin) -> None:
    story = begin(date(1990, 9, 15))
    story.card(date(2025, 1, 10))
    story.issue(date(2025, 1, 10), CA)
    assert _state(story, CARD, P1) is PinState.UNSET
    with pytest.raises(ImpossibleFact, match="not set"):
        story.tell(ON, ev.PinBlocked("p", CARD, P1))
    with pytest.raises(ImpossibleFact, match="no phone"):
        story.tell(ON, ev.PinBlocked("p", PHONE, P1))


def test_a_phone_has_no_pin_of_the_cards_other_applications(all_four) -> None:
    with pytest.raises(ImpossibleFact, match="no such PIN"):
        all_four().tell(ON, ev.PinBlocked("p", PHONE, ev.CardPin.TEXT_AID))


def test_a_new_card_and_a_new_phone_bring_new_pins(all_four) -> None:
    story = all_four()
    story.tell(ON, ev.PinBlocked("p", CARD, ev.CardPin.TEXT_AID), ev.PinBlocked("p", PHONE, P2))
    story.tell(ON, ev.CardReissueRequested("p", ev.ReissueCause.DAMAGED), at=time(13))
    assert _state(story, CARD, ev.CardPin.TEXT_AID) is PinState.UNSET
    story.card(date(2026, 3, 10))
    story.issue(date(2026, 3, 10), CS, CA)
    assert _state(story, CARD, ev.CardPin.TEXT_AID) is PinState.USABLE
    assert _state(story, PHONE, P2) is PinState.BLOCKED
    story.enrol(date(2026, 3, 11))
    assert _state(story, PHONE, P2) is PinState.USABLE


def test_biometrics_replace_the_phones_pin_only_while_its_certificate_lives(all_four) -> None:
    story = all_four()
    assert biometrics_stand_in(story.state, "p")
    story.tell(ON, ev.MobileDeviceChanged("p", ev.MobileDeviceChange.BIOMETRICS_CHANGED))
    assert biometrics_stand_in(story.state, "p")
    story.tell(ON, ev.MobileDeviceLossReported("p"))
    assert not biometrics_stand_in(story.state, "p")
    assert not biometrics_stand_in(all_four(phone_on=None).state, "p")


def test_by_policy_changed_biometrics_wait_for_the_pin(all_four) -> None:
    story = all_four(book=Rulebook.default().with_(biometrics_after_change="pin_first"))
    story.tell(ON, ev.MobileDeviceChanged("p", ev.MobileDeviceChange.BIOMETRICS_CHANGED))
    assert not biometrics_stand_in(story.state, "p")
    story.tell(ON, ev.PinReset("p", PHONE, P2, ev.ResetPath.PHONE_APP))
    assert biometrics_stand_in(story.state, "p")


def test_every_condition_row_has_a_function_and_the_other_way_round() -> None:
    assert {row.id for row in load().conditions} == set(CONDITIONS)


def test_the_paths_and_pins_of_the_tables_are_those_of_the_events() -> None:
    paths = {path for row in load().resets for path in row.path}
    assert paths == {path.value for path in ev.ResetPath}
    pins = {(row.medium, row.pin) for row in load().pins} - {(PHONE, "biometrics")}
    expected = {(CARD, pin.value) for pin in (*PinKind, *ev.CardPin)}
    assert pins == expected | {(PHONE, pin.value) for pin in PinKind}
