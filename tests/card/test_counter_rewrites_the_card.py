"""A move handled at the counter changes what the card says, at once and with right signatures."""

from __future__ import annotations

from datetime import date

import pytest

from jpki.authenticity import IssuerKey, check_attributes, check_birth_date, check_card_face
from jpki.card import layout
from jpki.card.applet import JpkiApplet
from jpki.card.card_face import CardFaceApplet
from jpki.card.card_record import CommonCardApplet
from jpki.card.input_support import InputSupportApplet
from jpki.card.layout import Credential
from jpki.card.pin import BirthDateCode, CodeA, CodeB, InputSupportPin, SignaturePassword
from jpki.certificates import SignatureCertificate, parse_certificate
from jpki.errors import DigestMismatch, WrongPin
from jpki.life import CardState
from jpki.life.events import RecordItem
from jpki.terms import Purpose
from simulator import callcentre, municipality
from simulator.card.connection import SoftwareConnection
from simulator.card.contents.issuer import CardIssuer, Hierarchy
from simulator.people import invent_person
from simulator.tokens import my_number, plugged

NEW_ADDRESS = "架空県架空市模擬町９－９"
NEW_NAME = "模擬　改名"

pytestmark = pytest.mark.jpki(at="2024-04-01")


@pytest.fixture
def person(people, make_card):
    """The identifier of somebody whose card was made a month before it is handed over."""
    holder = people.invent()
    make_card(holder, made_on=date(2024, 3, 1))
    return holder.id


def connection(world, person):
    return SoftwareConnection(plugged(world, world.state().person(person).card.number))


def issuers(world, hierarchy):
    named = CardIssuer(world.keys, "00000").authority(hierarchy)
    return (IssuerKey(named.key.public_key(), named.identifier),)


def attributes(world, person):
    """The attributes as the card has them, checked as a terminal does."""
    applet = InputSupportApplet(connection(world, person))
    applet.verify(InputSupportPin("1234"))
    found = applet.attributes()
    known = issuers(world, Hierarchy.INPUT_SUPPORT)
    check_attributes(found, applet.signature(), applet.certificate(), known)
    return found


def face(world, person):
    applet = CardFaceApplet(connection(world, person))
    applet.verify(CodeA(my_number(world, person)))
    found = applet.face()
    check_card_face(found, applet.certificate(), issuers(world, Hierarchy.FACE_VERIFICATION))
    return found


def test_a_move_with_the_card_present_is_on_the_card_before_the_agency_records_it(world, person):
    before, shown = attributes(world, person), face(world, person)
    recorded_at = municipality.amend_record(world, person, RecordItem.ADDRESS, NEW_ADDRESS)
    assert recorded_at > world.now
    assert world.state().person(person).items.address == before.address  # the agency's word
    after, shows = attributes(world, person), face(world, person)
    assert (before.address != NEW_ADDRESS, after.address) == (True, NEW_ADDRESS)
    assert after.name == before.name
    assert shows.address_image != shown.address_image
    assert (shows.name_image, shows.photo) == (shown.name_image, shown.photo)


def test_the_old_signature_does_not_cover_the_new_address(world, person):
    applet = InputSupportApplet(connection(world, person))
    applet.verify(InputSupportPin("1234"))
    old = applet.signature()
    municipality.amend_record(world, person, RecordItem.ADDRESS, NEW_ADDRESS)
    known = issuers(world, Hierarchy.INPUT_SUPPORT)
    with pytest.raises(DigestMismatch):
        check_attributes(attributes(world, person), old, applet.certificate(), known)


def test_a_card_that_was_left_at_home_says_what_it_said(world, person):
    before = attributes(world, person)
    municipality.amend_record(world, person, RecordItem.ADDRESS, NEW_ADDRESS, card_present=False)
    world.advance_to_day(date(2024, 5, 1))
    assert world.state().person(person).items.address == NEW_ADDRESS
    assert attributes(world, person).address == before.address


def test_what_was_amended_without_the_card_is_written_when_it_is_brought(world, person):
    """The agency has recorded neither: what the counter writes is the register's."""
    municipality.amend_record(world, person, RecordItem.NAME, NEW_NAME, card_present=False)
    municipality.amend_record(world, person, RecordItem.ADDRESS, NEW_ADDRESS)
    found = attributes(world, person)
    assert (found.name, found.address) == (NEW_NAME, NEW_ADDRESS)


def test_two_corrections_on_one_day_stand_in_the_order_they_were_made(world, person):
    municipality.amend_record(world, person, RecordItem.ADDRESS, "架空県架空市模擬町１－１")
    municipality.amend_record(world, person, RecordItem.ADDRESS, NEW_ADDRESS)
    assert attributes(world, person).address == NEW_ADDRESS


def test_the_certificate_still_has_the_old_address_until_another_is_issued(world, person):
    def on_the_chip():
        applet = JpkiApplet(connection(world, person))
        applet.verify(SignaturePassword("ABC123"))
        certificate = parse_certificate(applet.certificate(Purpose.SIGNATURE))
        assert isinstance(certificate, SignatureCertificate)
        return certificate.attributes.address

    before = on_the_chip()
    world.advance(municipality.amend_record(world, person, RecordItem.ADDRESS, NEW_ADDRESS))
    assert on_the_chip() == before
    municipality.issue_signature_certificate(world, person)
    assert on_the_chip() == NEW_ADDRESS


def test_pins_and_counters_stay_and_so_does_the_number_of_the_card(world, person):
    applet = InputSupportApplet(connection(world, person))
    with pytest.raises(WrongPin):
        applet.verify(InputSupportPin("9999"))
    number = CommonCardApplet(connection(world, person)).record().number
    municipality.amend_record(world, person, RecordItem.ADDRESS, NEW_ADDRESS)
    again = connection(world, person)
    assert InputSupportApplet(again).counters()[Credential.INPUT_SUPPORT_PIN] == 2
    assert CommonCardApplet(again).record().number == number


def test_a_corrected_birth_date_is_in_the_codes_that_are_made_of_it(world, person):
    wrong_once = CardFaceApplet(connection(world, person))
    with pytest.raises(WrongPin):
        wrong_once.verify(BirthDateCode("999999"))
    municipality.amend_record(world, person, RecordItem.BIRTH_DATE, "1990-09-16")
    applet = CardFaceApplet(connection(world, person))
    assert applet.counters()[Credential.BIRTH_DATE_CODE] == 9
    with pytest.raises(WrongPin):
        applet.verify(BirthDateCode("020915"))
    applet.verify(BirthDateCode("020916"))  # 16 September of Heisei 2
    record = applet.birth_date()
    assert record.birth_date == "19900916"
    known = issuers(world, Hierarchy.FACE_VERIFICATION)
    check_birth_date(record, applet.certificate(), known)
    shown = face(world, person)
    chip = plugged(world, world.state().person(person).card.number).memory
    printed = chip.at(layout.FACE_VERIFICATION.aid).pins[0x0012].reference[-4:].decode()
    code = CodeB.of(date(1990, 9, 16), expiry_year=shown.expires_on.year, security_code=printed)
    for reader in (CardFaceApplet, InputSupportApplet):
        reader(connection(world, person)).verify(code)


def test_a_card_that_was_reported_lost_is_not_at_the_counter(world, person):
    before = plugged(world, world.state().person(person).card.number).memory
    callcentre.suspend_card(world, person)
    assert world.state().person(person).card.state_at(world.now) is CardState.SUSPENDED
    municipality.amend_record(world, person, RecordItem.ADDRESS, NEW_ADDRESS)
    after = plugged(world, world.state().person(person).card.number).memory
    aid = InputSupportApplet.application.aid
    assert before.at(aid).files[0x0002] == after.at(aid).files[0x0002]


def test_a_person_without_a_card_is_amended_all_the_same(world):
    made = municipality.register(world, invent_person(world.seed, 2))
    world.advance(municipality.amend_record(world, made, RecordItem.ADDRESS, NEW_ADDRESS))
    assert world.state().person(made).items.address == NEW_ADDRESS
