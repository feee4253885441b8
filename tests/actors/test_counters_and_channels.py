"""What people bring about through the counter, the post office, the consul, the phone line."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, PinBlocked, Refused, WrongPin
from jpki.jst import at_time, day
from jpki.law import ActingCase
from jpki.life import CardState, CertificateState
from jpki.life.events import (
    CardPin,
    Channel,
    CompromiseCause,
    Deadline,
    DeadlinePassed,
    DeletionGround,
    Destination,
    ExchangeCause,
    Nationality,
    RecordItem,
    Register,
    ReissueCause,
    ReturnCause,
)
from jpki.terms import CertificateKind, PinKind
from simulator import (
    callcentre,
    citizen,
    consul,
    immigration,
    kiosk,
    municipality,
    other_municipality,
    phone,
    postoffice,
)
from simulator.face import LiveFace
from simulator.tokens import applet
from simulator.world import World
from tests.actors.conftest import BEGINS, PASSWORD, PIN, Town, new_world, pins

CS, CA, MS, MA = (
    CertificateKind.CARD_SIGNATURE,
    CertificateKind.CARD_AUTHENTICATION,
    CertificateKind.MOBILE_SIGNATURE,
    CertificateKind.MOBILE_AUTHENTICATION,
)
ACTIVE, HELD, REVOKED = (
    CertificateState.ACTIVE,
    CertificateState.HELD,
    CertificateState.REVOKED,
)
NEW_PASSWORD, NEW_PIN = SignaturePassword("NEW999"), UserPin("5678")


def block(world: World, token: str, pin: PinKind) -> None:
    wrong = SignaturePassword("WRONG1") if pin is PinKind.SIGNATURE_PASSWORD else UserPin("0000")
    client = applet(world, token)
    while client.tries_left(pin):
        with pytest.raises((WrongPin, PinBlocked)):
            client.verify(wrong, allow_last_try=True)


# PINs


def test_the_counter_sets_blocked_pins_anew_on_the_chip_and_the_serials_stay(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    before = {record.serial for record in world.state().records(person)}
    block(world, card, PinKind.SIGNATURE_PASSWORD)
    block(world, card, PinKind.USER_PIN)
    municipality.reset_pins(
        world, person, {PinKind.SIGNATURE_PASSWORD: NEW_PASSWORD, PinKind.USER_PIN: NEW_PIN}
    )
    client = applet(world, card)
    # Five tries for the password and three for the PIN (P1, P2).
    assert dict(client.counters()) == {PinKind.SIGNATURE_PASSWORD: 5, PinKind.USER_PIN: 3}
    client.verify(NEW_PASSWORD)
    client.verify(NEW_PIN)
    with pytest.raises(WrongPin):
        client.verify(PASSWORD)
    assert {record.serial for record in world.state().records(person)} == before
    assert town.states(person) == {CS: ACTIVE, CA: ACTIVE}


def test_the_other_pins_of_the_card_are_set_or_unblocked_too(town: Town) -> None:
    person, card = town.holder()
    before = town.world.store.chip(card)
    municipality.reset_pins(town.world, person, {CardPin.COLLATION_B: None})
    assert town.world.store.chip(card) == before  # it was not blocked, and its value is printed
    municipality.reset_pins(town.world, person, {CardPin.TEXT_AID: UserPin("4321")})
    assert town.world.store.chip(card) != before


@pytest.mark.parametrize(
    "new",
    [
        {PinKind.USER_PIN: None},
        {PinKind.USER_PIN: NEW_PASSWORD},
        {PinKind.SIGNATURE_PASSWORD: NEW_PIN},
        {CardPin.COLLATION_B: NEW_PIN},
    ],
)
def test_a_value_of_the_wrong_shape_sets_nothing_and_records_nothing(town: Town, new) -> None:
    person, card = town.holder()
    entries, chip = town.world.entries, town.world.store.chip(card)
    with pytest.raises(ImpossibleFact):
        municipality.reset_pins(town.world, person, {CardPin.TEXT_AID: PIN, **new})
    assert (town.world.entries, town.world.store.chip(card)) == (entries, chip)


def test_a_post_office_sets_the_two_pins_of_the_certificates_and_no_other(town: Town) -> None:
    person, card = town.holder()
    postoffice.reset_pins(town.world, person, {PinKind.USER_PIN: NEW_PIN})
    applet(town.world, card).verify(NEW_PIN)
    with pytest.raises(Refused) as caught:
        postoffice.reset_pins(town.world, person, {CardPin.TEXT_AID: NEW_PIN})
    assert caught.value.rule == "reset.post-office.others.no"
    with pytest.raises(Refused) as caught:
        postoffice.reset_pins(town.world, person, {PinKind.USER_PIN: PIN}, in_person=False)
    assert caught.value.rule == "A6.in-person"
    town.world.advance(at_time(date(2026, 7, 11), time(10, 0)))  # a Saturday
    with pytest.raises(Refused) as caught:
        postoffice.reset_pins(town.world, person, {PinKind.USER_PIN: PIN})
    assert caught.value.rule == "A6.weekdays"


def test_a_kiosk_sets_the_password_by_pin_face_and_code_once_within_a_day(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    block(world, card, PinKind.SIGNATURE_PASSWORD)
    ticket = kiosk.reserve(
        world, person, PinKind.SIGNATURE_PASSWORD, other=PIN, face=LiveFace.HOLDER
    )
    world.advance(BEGINS + timedelta(hours=3))
    kiosk.finish_pin_reset(world, person, code=ticket.code, other=PIN, new=NEW_PASSWORD)
    applet(world, card).verify(NEW_PASSWORD)
    with pytest.raises(Refused) as caught:
        kiosk.finish_pin_reset(world, person, code=ticket.code, other=PIN, new=PASSWORD)
    assert caught.value.rule == "KS-3"
    ticket = kiosk.reserve(
        world, person, PinKind.USER_PIN, other=NEW_PASSWORD, face=LiveFace.HOLDER
    )
    with pytest.raises(Refused) as caught:
        kiosk.finish_pin_reset(
            world,
            person,
            code=ticket.code,
            other=NEW_PASSWORD,
            new=NEW_PIN,
            chain=kiosk.KioskChain.LAWSON,
        )
    assert caught.value.rule == "KS-8"


def test_a_kiosk_without_the_other_pin_or_the_face_does_nothing(town: Town) -> None:
    person, card = town.holder()
    password = PinKind.SIGNATURE_PASSWORD
    with pytest.raises(WrongPin):
        kiosk.reserve(town.world, person, password, other=NEW_PIN, face=LiveFace.HOLDER)
    assert applet(town.world, card).tries_left(PinKind.USER_PIN) == 2
    with pytest.raises(Refused) as caught:
        kiosk.reserve(town.world, person, password, other=PIN, face=LiveFace.STRANGER)
    assert caught.value.rule == "KS-1"


def test_the_phone_sets_its_own_pins_with_the_card_and_its_own_password(town: Town) -> None:
    world = town.world
    person, card, device = town.with_phone()
    block(world, device, PinKind.SIGNATURE_PASSWORD)
    phone.reset_signature_password(
        world, person, card=applet(world, card), card_password=PASSWORD, new=NEW_PASSWORD
    )
    phone.reset_user_pin(world, person, password=NEW_PASSWORD, new=NEW_PIN)
    client = applet(world, device)
    client.verify(NEW_PASSWORD)
    client.verify(NEW_PIN)
    with pytest.raises(WrongPin):
        phone.reset_user_pin(world, person, password=PASSWORD, new=PIN)


def test_a_holder_changes_a_pin_by_its_old_value_and_nobody_is_told(town: Town) -> None:
    _, card = town.holder()
    entries = town.world.entries
    citizen.change_pin(town.world, card, old=PIN, new=NEW_PIN)
    applet(town.world, card).verify(NEW_PIN)
    assert town.world.entries == entries


# Suspension


@pytest.mark.parametrize("channel", Channel)
def test_a_lost_card_is_suspended_by_phone_or_at_the_counter_and_lifted_there(
    town: Town, channel: Channel
) -> None:
    person, _ = town.holder()
    citizen.report_card_loss(town.world, person, channel)
    assert town.states(person) == {CS: REVOKED, CA: HELD}
    municipality.lift_card_suspension(town.world, person)
    assert town.states(person) == {CS: REVOKED, CA: ACTIVE}


def test_a_suspended_phone_comes_back_in_the_app_with_one_certificate(town: Town) -> None:
    person, _, _ = town.with_phone()
    callcentre.suspend_phone(town.world, person)
    assert town.states(person) == {CS: ACTIVE, CA: ACTIVE, MS: REVOKED, MA: HELD}
    phone.lift_suspension(town.world, person)
    assert town.states(person) == {CS: ACTIVE, CA: ACTIVE, MS: REVOKED, MA: ACTIVE}


# Requests and notices


def test_requests_for_revocation_go_through_counter_post_office_or_online(town: Town) -> None:
    first, second, third = (town.holder()[0] for _ in range(3))
    municipality.accept_revocation_request(town.world, first, [CS])
    postoffice.forward_revocation_request(town.world, second, [CA])
    citizen.request_revocation(town.world, third, [CS, CA], signed_with=CS)
    assert town.states(first) == {CS: REVOKED, CA: ACTIVE}
    assert town.states(second) == {CS: ACTIVE, CA: REVOKED}
    assert town.states(third) == {CS: REVOKED, CA: REVOKED}


def test_a_leak_is_noticed_at_the_counter_or_online_from_the_phone(town: Town) -> None:
    at_counter, _ = town.holder()
    municipality.accept_compromise_notice(town.world, at_counter, [CS, CA])
    assert town.states(at_counter) == {CS: REVOKED, CA: REVOKED}
    online, _, _ = town.with_phone()
    with pytest.raises(Refused):  # only the phone's signature key may say so (Act 10(4), 29(4))
        citizen.report_compromise(town.world, online, [CS], signed_with=CS)
    citizen.report_compromise(
        town.world, online, [CS, CA], signed_with=MS, cause=CompromiseCause.LEAKED
    )
    assert set(town.states(online).values()) == {REVOKED}


def test_another_municipality_passes_on_in_listed_cases_only(town: Town) -> None:
    person, _ = town.holder()
    case = ActingCase.PROTECTED_PERSON
    other_municipality.forward_revocation_request(town.world, person, [CS], case=case)
    other_municipality.forward_application(town.world, person, CS, case=case)
    assert town.states(person)[CS] is ACTIVE
    entries = town.world.entries
    with pytest.raises(Refused) as caught:
        other_municipality.forward_application(
            town.world, person, CS, case=ActingCase.HOLDER_IN_PERSON
        )
    assert caught.value.rule == "A3.cases"
    assert town.world.entries == entries


def test_another_municipality_is_not_competent_on_the_eve_of_the_amendment() -> None:
    with new_world(at_time(date(2024, 5, 26), time(23, 59))) as world:
        person, _ = Town(world).holder()
        case = ActingCase.EMPLOYER_BULK
        with pytest.raises(Refused) as caught:
            other_municipality.forward_revocation_request(world, person, [CS], case=case)
        assert caught.value.rule == "A3"
        world.advance(at_time(date(2024, 5, 27), time(0, 0)))
        other_municipality.forward_revocation_request(world, person, [CS], case=case)


# Cards


@pytest.mark.parametrize("cause", ReissueCause)
def test_a_card_ends_at_the_request_for_a_new_one_and_the_new_one_has_new_keys(
    town: Town, cause: ReissueCause
) -> None:
    world = town.world
    person, card = town.holder()
    old = {record.serial for record in world.state().records(person)}
    municipality.request_reissue(world, person, cause)
    assert town.states(person) == {CS: REVOKED, CA: REVOKED}
    world.advance(world.now + timedelta(days=20))
    replacement = municipality.hand_over_card(world, person, pins=pins())
    assert replacement != card
    live = {record.serial for record in world.state().records(person)} - old
    assert len(live) == 2


def test_cards_are_taken_back_and_exchanged(town: Town) -> None:
    world = town.world
    first, _ = town.holder()
    municipality.take_back_card(world, first, ReturnCause.ORDERED)
    assert town.states(first) == {CS: REVOKED, CA: REVOKED}
    second, card = town.holder()
    assert municipality.exchange_card(world, second, pins=pins()) != card
    assert town.states(second) == {CS: ACTIVE, CA: ACTIVE}
    assert ExchangeCause.RENEWAL in {getattr(entry.event, "cause", None) for entry in world.entries}


def test_a_child_of_fourteen_gets_no_signature_certificate_and_one_of_fifteen_does(
    town: Town,
) -> None:
    # Both sides of the fifteenth birthday, 2026-07-06.
    child, _ = town.holder(date(2011, 7, 7))
    youth, _ = town.holder(date(2011, 7, 6))
    assert town.states(child) == {CA: ACTIVE}
    assert town.states(youth) == {CS: ACTIVE, CA: ACTIVE}


# Moves, and abroad


def test_a_move_to_another_municipality_and_its_deadlines(town: Town) -> None:
    world = town.world
    moves, stays_away = town.holder()[0], town.holder()[0]
    for person in (moves, stays_away):
        postoffice.accept_move_out(
            world, person, planned_on=date(2026, 7, 10), destination=Destination.DOMESTIC
        )
    world.advance(at_time(date(2026, 7, 10), time(9, 0)))
    due = [
        municipality.delete_record(world, person, DeletionGround.MOVED_OUT)
        for person in (moves, stays_away)
    ]
    assert {day(at) for at in due} == {date(2026, 7, 11)}  # recorded on the next day
    world.advance(max(due))
    municipality.accept_move_in(
        world, moves, municipality="13103", address="東京都港区模擬町１－１－１"
    )
    municipality.issue_signature_certificate(world, moves)
    # Thirty days after the planned day are over when 2026-08-09 is (D-3, K-2).
    world.advance(at_time(date(2026, 8, 9), time(23, 59)))
    assert world.agency.record_deadlines() == ()
    world.advance(at_time(date(2026, 8, 10), time(0, 0)))
    (passed,) = world.agency.record_deadlines()
    assert isinstance(passed.event, DeadlinePassed)
    assert (passed.event.person, passed.event.deadline) == (stays_away, Deadline.MOVE_IN_30_DAYS)
    assert town.states(moves) == {CS: ACTIVE, CA: ACTIVE}
    assert town.states(stays_away) == {CS: REVOKED, CA: REVOKED}
    assert world.agency.record_deadlines() == ()  # once


def test_the_consul_serves_who_is_on_a_supplement_and_nobody_else(town: Town) -> None:
    world = town.world
    person, _ = town.holder()
    with pytest.raises(Refused) as caught:
        consul.issue_certificate(world, person, CS)
    assert caught.value.rule == "A4.supplement"
    world.advance(world.now + timedelta(hours=1))  # what is issued from the filing on would stay
    municipality.accept_move_out(
        world, person, planned_on=date(2026, 7, 10), destination=Destination.ABROAD
    )
    municipality.arrange_continued_use(world, person)
    world.advance(at_time(date(2026, 7, 10), time(9, 0)))
    ground = DeletionGround.MOVED_ABROAD_CONTINUING
    world.advance(municipality.delete_record(world, person, ground))
    assert world.state().person(person).register is Register.FAMILY_REGISTER_SUPPLEMENT
    consul.issue_certificate(world, person, CS)
    assert town.states(person)[CS] is ACTIVE
    world.advance(consul.amend_supplement(world, person, RecordItem.NAME, "模擬　改名"))
    assert town.states(person)[CS] is REVOKED
    consul.leave_card(world, person)
    consul.collect_card(world, person)
    consul.take_back_card(world, person)
    card = world.state().person(person).card
    assert card is not None
    assert card.state_at(world.now) is CardState.LAPSED
    consul.hand_over_card(world, person, pins=pins())
    world.advance(consul.strike_off(world, person))
    assert set(town.states(person).values()) == {REVOKED}


def test_immigration_exchanges_the_cards_of_foreign_residents_only(town: Town) -> None:
    world = town.world
    japanese, _ = town.holder()
    with pytest.raises(Refused) as caught:
        immigration.exchange_card(world, japanese, pins=pins())
    assert caught.value.rule == "A5.residence-card"
    foreign = town.foreign_resident()
    card = municipality.hand_over_card(world, foreign, pins=pins())
    assert immigration.exchange_card(world, foreign, pins=pins()) != card
    immigration.forward_revocation_request(world, foreign, [CS])
    assert town.states(foreign) == {CS: REVOKED, CA: ACTIVE}
    assert world.state().person(foreign).nationality is not Nationality.JAPANESE


def test_the_agency_records_errors_and_a_leak_of_its_own_key(town: Town) -> None:
    first, second = town.holder()[0], town.holder()[0]
    town.world.agency.record_error(first, (CA,))
    assert town.states(first) == {CS: ACTIVE, CA: REVOKED}
    town.world.agency.record_key_compromise((CS,))
    assert town.states(first) == {CS: REVOKED, CA: REVOKED}
    assert town.states(second) == {CS: REVOKED, CA: ACTIVE}


def test_nobody_acts_before_the_cards_began() -> None:
    eve = at_time(date(2015, 12, 31), time(23, 59, 59))
    with new_world(eve) as world, pytest.raises(Refused) as caught:
        callcentre.suspend_card(world, "nobody")
    assert caught.value.rule == "A16"
