"""Face-only cards (顔認証マイナンバーカード), FL-1 to FL-8: on the chip, at the counter, in use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, time, timedelta

import pytest

from jpki.authenticate import respond
from jpki.card.applet import JpkiApplet
from jpki.card.pin import UserPin
from jpki.errors import ImpossibleFact, NoCertificate, PinBlocked, Refused
from jpki.jst import at_time
from jpki.life import CertificateState, PinState, pin_states
from jpki.life.events import CardPin, Destination, Platform, ReissueCause
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind, Medium, PinKind, Purpose
from simulator import kiosk, municipality, phone
from simulator.clinic import Way
from simulator.face import LiveFace
from simulator.tokens import TokenPins, applet
from simulator.world import World
from tests.actors.conftest import Town, pins
from tests.clinic.test_clinic_reader import clinic_of
from tests.kiosk.conftest import NEW_PASSWORD, NEW_PIN, P1, P2, PASSWORD, PIN, town_at

CS, CA, MS, MA = (
    CertificateKind.CARD_SIGNATURE,
    CertificateKind.CARD_AUTHENTICATION,
    CertificateKind.MOBILE_SIGNATURE,
    CertificateKind.MOBILE_AUTHENTICATION,
)
ACTIVE, REVOKED = CertificateState.ACTIVE, CertificateState.REVOKED


@pytest.fixture
def town() -> Iterator[Town]:
    made = town_at()
    with made.world:
        yield made


def switched(town: Town) -> tuple[str, str, str]:
    person, card, device = town.with_phone()
    municipality.switch_to_face_only(town.world, person)
    return person, card, device


def references(world: World, card: str) -> set[str]:
    """Return the values of the four PINs that the holder chose, as the chip keeps them."""
    held = json.loads(world.store.chip(card) or "")["pins"]
    places = (
        "d392f000260100000001/0018", "d392f000260100000001/001b", "d3921000310001010408/0011",
        "d3921000310001010401/001c", "d3921000310001010100/001c",
    )  # fmt: skip
    return {held[place]["reference"] for place in places}


def new_face_only(town: Town) -> tuple[str, str]:
    person = town.resident()
    return person, municipality.hand_over_card(town.world, person, pins=pins(), face_only=True)


def test_fl_1_no_pin_is_on_the_chip_and_none_can_be_set_or_tried(town: Town) -> None:
    world = town.world
    person, card, _ = switched(town)
    assert references(world, card) == {""}
    assert dict(applet(world, card).counters()) == {P1: 0, P2: 0}
    for pin in (PASSWORD, PIN):
        with pytest.raises(PinBlocked):
            applet(world, card).verify(pin, allow_last_try=True)
    before = world.store.chip(card)
    for reset in (
        lambda: municipality.reset_pins(world, person, {P2: NEW_PIN}),
        lambda: municipality.reset_pins(world, person, {CardPin.TEXT_AID: NEW_PIN}),
        lambda: kiosk.reserve(world, person, P2, other=PASSWORD, face=LiveFace.HOLDER),
    ):
        with pytest.raises(Refused) as caught:
            reset()
        assert caught.value.rule == "FL-1"
    assert world.store.chip(card) == before
    states = pin_states(world.state(), person)
    for chosen in (*PinKind, CardPin.TEXT_AID, CardPin.RESIDENT_REGISTER):
        assert states[Medium.CARD, chosen] is PinState.UNSET
    # What is printed stays what it is.
    assert states[Medium.CARD, CardPin.COLLATION_B] is PinState.USABLE


def test_fl_2_its_authentication_works_before_a_specified_verifier_alone(town: Town) -> None:
    world = town.world
    _, card, _ = switched(town)
    desk = clinic_of(world)
    assert desk.insert(card).by_face(LiveFace.HOLDER).accepted
    assert desk.insert(card).by_sight(staff_recognise=True).accepted
    with pytest.raises(PinBlocked):
        desk.insert(card).by_pin(PIN)
    told = desk.insert(card).by_face(LiveFace.STRANGER)
    assert (told.accepted, told.way) == (False, Way.FACE)


def test_fl_3_the_signature_certificate_ends_and_leaves_the_card(town: Town) -> None:
    world = town.world
    person, card, _ = town.with_phone()
    before = {record.kind: record.serial for record in world.state().records(person)}
    municipality.switch_to_face_only(world, person)
    assert town.states(person) == {CS: REVOKED, CA: ACTIVE, MS: REVOKED, MA: ACTIVE}
    after = {record.kind: record.serial for record in world.state().records(person)}
    assert after == before
    client = applet(world, card)
    assert client.certificate(Purpose.USER_AUTHENTICATION)
    slots = json.loads(world.store.chip(card) or "")["slots"]
    assert (slots["signature"]["serial"], slots["signature"]["key"]) == (None, None)
    with pytest.raises((PinBlocked, NoCertificate)):
        sign_detached(b"x", CardSigner(applet(world, card), PASSWORD), at=world.now)


def test_fl_3_a_new_face_only_card_has_one_certificate_and_enrols_no_phone(town: Town) -> None:
    world = town.world
    person, card = new_face_only(town)
    assert town.states(person) == {CA: ACTIVE}
    assert references(world, card) == {""}
    entries = world.entries
    with pytest.raises(PinBlocked):
        phone.enrol(
            world,
            person,
            platform=Platform.IPHONE,
            card=applet(world, card),
            card_password=PASSWORD,
            pins=TokenPins(PASSWORD, PIN),
        )
    assert world.entries == entries
    assert clinic_of(world).insert(card).by_face(LiveFace.HOLDER).accepted


def test_fl_4_the_counter_switches_both_ways_and_the_signature_certificate_is_anew(
    town: Town,
) -> None:
    world = town.world
    person, card, _ = switched(town)
    with pytest.raises(ImpossibleFact):
        municipality.switch_to_face_only(world, person)
    municipality.switch_to_ordinary(world, person, pins=TokenPins(NEW_PASSWORD, NEW_PIN))
    with pytest.raises(ImpossibleFact):
        municipality.switch_to_ordinary(world, person, pins=pins())
    assert town.states(person)[CS] is REVOKED
    assert dict(applet(world, card).counters()) == {P1: 5, P2: 3}
    applet(world, card).verify(NEW_PIN)
    municipality.issue_signature_certificate(world, person)
    assert town.states(person)[CS] is ACTIVE
    assert sign_detached(b"x", CardSigner(applet(world, card), NEW_PASSWORD), at=world.now)
    # The certificate that stayed has its key and answers with the new PIN.
    assert clinic_of(world).insert(card).by_pin(NEW_PIN).accepted


def test_fl_5_logging_in_with_the_card_fails_and_with_the_phone_it_goes_on(town: Town) -> None:
    """Mynaportal, kiosks' certificates of residence and online filing all ask for a PIN."""
    world = town.world
    _, card, device = switched(town)
    firm = clinic_of(world).firm
    challenge = firm.challenge(b"sixteen bytes...")
    client: JpkiApplet = applet(world, card)
    with pytest.raises(PinBlocked), client.opened_key(Purpose.USER_AUTHENTICATION, PIN) as key:
        respond(challenge, key)
    # SC-20: the phone's authentication certificate stands; whether it should is policy (assumed).
    assert clinic_of(world).insert(device).by_pin(UserPin("9876")).accepted


def test_fl_6_its_certificate_expires_and_is_renewed_like_any_other(town: Town) -> None:
    world = town.world
    person, card = new_face_only(town)
    (first,) = world.state().records(person)
    world.advance(at_time(first.expires_on - timedelta(days=30), time(10)))
    municipality.renew_certificates(world, person, [CA])
    old, new = world.state().records(person)
    assert (old.serial, old.state_at(world.now)) == (first.serial, REVOKED)
    assert new.expires_on > first.expires_on
    assert references(world, card) == {""}
    assert clinic_of(world).insert(card).by_face(LiveFace.HOLDER).accepted


def test_fl_7_a_registration_that_needs_the_pin_is_done_before_the_switch(town: Town) -> None:
    person, card = town.holder()
    desk = clinic_of(town.world)
    assert desk.insert(card).by_pin(PIN).accepted
    municipality.switch_to_face_only(town.world, person)
    with pytest.raises(PinBlocked):
        desk.insert(card).by_pin(PIN)
    # Who was fully checked before is known, and may be read again (PN-9).
    assert desk.insert(card).again(watched=True).accepted


def test_fl_8_the_step_for_use_abroad_asks_such_a_card_for_no_pin(town: Town) -> None:
    world = town.world
    person, _, _ = switched(town)
    municipality.accept_move_out(
        world, person, planned_on=date(2026, 8, 1), destination=Destination.ABROAD
    )
    municipality.arrange_continued_use(world, person)
    assert world.state().person(person).continued_use


def test_such_cards_begin_on_their_day() -> None:
    with (town := town_at(at_time(date(2023, 12, 14), time(12)))).world as world:
        person, card = town.holder()
        before = world.store.chip(card)
        with pytest.raises(Refused):
            municipality.switch_to_face_only(world, person)
        assert world.store.chip(card) == before
        other = town.resident()
        with pytest.raises(Refused):
            municipality.hand_over_card(world, other, pins=pins(), face_only=True)
        world.advance(at_time(date(2023, 12, 15), time(12)))
        municipality.switch_to_face_only(world, person)
        assert references(world, card) == {""}


def test_a_switch_that_is_refused_leaves_the_chip_as_it_was(town: Town) -> None:
    person, card = town.holder()
    municipality.suspend_card(town.world, person)
    municipality.request_reissue(town.world, person, ReissueCause.LOST)
    before = town.world.store.chip(card)
    with pytest.raises(ImpossibleFact):
        municipality.switch_to_face_only(town.world, person)
    assert town.world.store.chip(card) == before


def test_a_face_only_card_is_not_handed_over_with_a_signature_certificate(town: Town) -> None:
    world = town.world
    person = town.resident()
    with pytest.raises(Refused) as caught:
        municipality.hand_over_card(world, person, pins=pins(), kinds=[CS, CA], face_only=True)
    assert caught.value.rule == "card-mode.face-only.card-signature"
    assert world.state().person(person).card is None
    assert world.store.chips() == []
