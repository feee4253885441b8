"""The clients of every application, against a card that says no where a card says no."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from jpki.authenticity import (
    IssuerKey,
    check_attributes,
    check_birth_date,
    check_card_face,
    check_my_number,
    check_number_image,
)
from jpki.card.apdu import CommandApdu, Ins, StatusWord
from jpki.card.applet import JpkiApplet
from jpki.card.card_face import CardFaceApplet
from jpki.card.card_record import CommonCardApplet
from jpki.card.input_support import InputSupportApplet
from jpki.card.layout import JPKI_AID, Credential, TokenKind
from jpki.card.pin import (
    BirthDateCode,
    CodeA,
    CodeB,
    InputSupportPin,
    JukiPin,
    SignaturePassword,
    UserPin,
)
from jpki.card.token import TokenInformation, identify
from jpki.errors import (
    CardRemoved,
    LastTry,
    MalformedCardFile,
    MalformedPin,
    PinBlocked,
    PinRequired,
    UnsupportedCard,
    WrongPin,
)
from jpki.terms import PinKind, Purpose
from simulator.card.connection import SoftwareCard, SoftwareConnection
from simulator.card.contents.issuer import CardIssuer, Hierarchy
from simulator.card.memory import Memory
from tests.card import specimens

HOLDER = specimens.HOLDER
ISSUER = CardIssuer(specimens.Keys(), HOLDER.municipality_code)
RIGHT = {
    Credential.INPUT_SUPPORT_PIN: InputSupportPin(specimens.INPUT_SUPPORT_PIN),
    Credential.CODE_A: CodeA(specimens.CODE_A),
    Credential.CODE_B: CodeB(specimens.CODE_B),
    Credential.BIRTH_DATE_CODE: BirthDateCode(specimens.BIRTH_DATE_CODE),
}
WRONG = {
    Credential.INPUT_SUPPORT_PIN: InputSupportPin("9999"),
    Credential.CODE_A: CodeA("9" * 12),
    Credential.CODE_B: CodeB("9" * 14),
    Credential.BIRTH_DATE_CODE: BirthDateCode("999999"),
}


def issuers(hierarchy):
    named = ISSUER.authority(hierarchy)
    return (IssuerKey(named.key.public_key(), named.identifier),)


class Watched:
    """A connection that remembers the commands. Not hashable, as a dataclass would be."""

    __hash__ = None

    def __init__(self, card):
        self.card = card
        self.sent = []

    def transmit(self, command):
        self.sent.append(CommandApdu.parse(command))
        return self.card.transmit(command)

    @property
    def presented(self):
        return [c.data for c in self.sent if c.ins == Ins.VERIFY and c.data]


@pytest.fixture
def wire():
    return Watched(specimens.whole_card())


# what opens what


@pytest.mark.parametrize(
    ("credential", "number", "attributes"),
    [
        (Credential.INPUT_SUPPORT_PIN, True, True),
        (Credential.CODE_A, True, False),
        (Credential.CODE_B, False, True),
    ],
)
def test_each_credential_opens_what_it_should_and_nothing_else(
    wire, credential, number, attributes
):
    applet = InputSupportApplet(wire)
    applet.verify(RIGHT[credential])
    for read, opened in ((applet.my_number, number), (applet.attributes, attributes)):
        if opened:
            read()
        else:
            with pytest.raises(PinRequired):
                read()


def test_the_holder_is_read_and_every_signature_checks(wire):
    applet = InputSupportApplet(wire)
    applet.verify(RIGHT[Credential.INPUT_SUPPORT_PIN])
    found = applet.attributes()
    assert (found.name, found.address) == (HOLDER.name, HOLDER.address)
    assert found.birth_day == HOLDER.birth_date
    known = issuers(Hierarchy.INPUT_SUPPORT)
    check_attributes(found, applet.signature(), applet.certificate(), known)
    check_my_number(applet.my_number(), applet.signature(), applet.certificate(), known)
    assert applet.my_number().digits == HOLDER.my_number


def test_what_is_free_is_read_without_anything(wire):
    assert InputSupportApplet(wire).basic_information().version == 1
    face = CardFaceApplet(wire)
    assert face.basic_information().municipality_code == HOLDER.municipality_code
    assert face.certificate().issuer == ISSUER.authority(Hierarchy.FACE_VERIFICATION).identifier
    record = CommonCardApplet(wire).record()
    assert (record.number, record.expires_on) == (HOLDER.serial, HOLDER.expires_on)
    assert wire.presented == []


@pytest.mark.parametrize("credential", [Credential.CODE_A, Credential.CODE_B])
def test_both_codes_open_the_face_and_it_checks(wire, credential):
    applet = CardFaceApplet(wire)
    applet.verify(RIGHT[credential])
    face = applet.face()
    assert (face.birth_day, face.expires_on) == (HOLDER.birth_date, HOLDER.expires_on)
    check_card_face(face, applet.certificate(), issuers(Hierarchy.FACE_VERIFICATION))


def test_the_number_image_takes_code_a_and_the_birth_date_its_own_code(wire):
    applet, known = CardFaceApplet(wire), issuers(Hierarchy.FACE_VERIFICATION)
    applet.verify(RIGHT[Credential.CODE_B])
    with pytest.raises(PinRequired):
        applet.number_image()
    with pytest.raises(PinRequired):
        applet.birth_date()
    applet.verify(RIGHT[Credential.CODE_A])
    check_number_image(applet.number_image(), applet.certificate(), known)
    applet.verify(RIGHT[Credential.BIRTH_DATE_CODE])
    record = applet.birth_date()
    assert record.birth_day == HOLDER.birth_date
    check_birth_date(record, applet.certificate(), known)


# guards, the same for all

PLACES = [
    (InputSupportApplet, Credential.INPUT_SUPPORT_PIN, 3),
    (InputSupportApplet, Credential.CODE_A, 10),
    (InputSupportApplet, Credential.CODE_B, 10),
    (CardFaceApplet, Credential.CODE_A, 10),
    (CardFaceApplet, Credential.CODE_B, 10),
    (CardFaceApplet, Credential.BIRTH_DATE_CODE, 10),
]


@pytest.mark.parametrize(("kind", "credential", "tries"), PLACES)
def test_a_wrong_one_costs_one_try_down_to_the_last_which_is_refused(wire, kind, credential, tries):
    applet = kind(wire)
    for left in range(tries - 1, 0, -1):
        with pytest.raises(WrongPin) as caught:
            applet.verify(WRONG[credential])
        assert (caught.value.tries_left, caught.value.pin) == (left, credential)
    sent = len(wire.presented)
    with pytest.raises(LastTry):
        applet.verify(RIGHT[credential])
    assert len(wire.presented) == sent == tries - 1
    with pytest.raises(PinBlocked):
        applet.verify(WRONG[credential], allow_last_try=True)
    with pytest.raises(PinBlocked) as blocked:
        applet.verify(RIGHT[credential], allow_last_try=True)
    assert len(wire.presented) == tries
    assert blocked.value.ways_to_reset


@pytest.mark.parametrize(("kind", "credential", "tries"), PLACES)
def test_every_counter_is_asked_for_without_cost(wire, kind, credential, tries):
    counters = kind(wire).counters()
    assert counters[credential] == tries
    assert kind(wire).counters() == counters
    assert wire.presented == []


def test_the_input_support_pin_is_changed(wire):
    applet = InputSupportApplet(wire)
    applet.change(RIGHT[Credential.INPUT_SUPPORT_PIN], InputSupportPin("5678"))
    InputSupportApplet(wire).verify(InputSupportPin("5678"))


def test_a_code_is_not_changed_and_nothing_is_sent(wire):
    applet = InputSupportApplet(wire)
    with pytest.raises(MalformedPin, match="cannot be changed"):
        applet.change(RIGHT[Credential.CODE_A], CodeA("1" * 12))
    assert wire.presented == []


def test_the_resident_register_pin_is_changed_by_its_own_command(wire):
    applet = CommonCardApplet(wire)
    applet.change(JukiPin(specimens.JUKI_PIN), JukiPin("7777"))
    assert [c.ins for c in wire.sent][-1] == Ins.CHANGE_KEY
    CommonCardApplet(wire).verify(JukiPin("7777"))


def test_a_pin_of_another_application_is_never_sent(wire):
    for applet, pin in (
        (JpkiApplet(wire), InputSupportPin("1234")),
        (InputSupportApplet(wire), UserPin("1234")),
        (CardFaceApplet(wire), InputSupportPin("1234")),
        (CommonCardApplet(wire), CodeA("1" * 12)),
    ):
        with pytest.raises(UnsupportedCard, match="no such PIN"):
            applet.verify(pin)
    assert wire.presented == []


@pytest.mark.parametrize(
    "profile", [TokenKind.ANDROID_PHONE, TokenKind.IPHONE, TokenKind.JUKI_CARD]
)
@pytest.mark.parametrize("kind", [InputSupportApplet, CardFaceApplet, CommonCardApplet])
def test_another_token_is_asked_for_no_face(kind, profile):
    wire = Watched(specimens.card(profile=profile))
    with pytest.raises(UnsupportedCard):
        kind(wire).counters()
    selected = [c.data for c in wire.sent if c.ins == Ins.SELECT and c.p1 == 0x04]
    assert selected == [JPKI_AID]


# two clients on one connection


def test_two_applets_on_one_connection_do_not_take_each_others_application(wire):
    """Both applications have a PIN in 0011: four digits here, the birth date there."""
    support, face = InputSupportApplet(wire), CardFaceApplet(wire)
    support.select()
    face.select()
    support.verify(RIGHT[Credential.INPUT_SUPPORT_PIN])
    face.verify(RIGHT[Credential.BIRTH_DATE_CODE])
    assert support.counters()[Credential.INPUT_SUPPORT_PIN] == 3
    assert face.counters()[Credential.BIRTH_DATE_CODE] == 10


def test_what_another_applet_has_closed_wants_its_pin_again(wire):
    support = InputSupportApplet(wire)
    support.verify(RIGHT[Credential.INPUT_SUPPORT_PIN])
    CardFaceApplet(wire).select()
    with pytest.raises(PinRequired):
        support.my_number()


def test_a_card_that_was_taken_out_is_recognised_again(wire):
    applet = InputSupportApplet(wire)
    applet.select()
    wire.card.remove()
    with pytest.raises(CardRemoved):
        applet.counters()
    wire.card.insert()
    wire.sent.clear()
    applet.counters()
    assert wire.sent[0].data == JPKI_AID


def test_forgetting_closes_what_was_open(wire):
    applet = InputSupportApplet(wire)
    applet.verify(RIGHT[Credential.INPUT_SUPPORT_PIN])
    applet.forget_pins()
    with pytest.raises(PinRequired):
        applet.my_number()


# the JPKI application


def test_many_signatures_under_one_verify(wire):
    applet = JpkiApplet(wire)
    public = specimens.key("signature").public_key()
    with applet.opened_key(Purpose.SIGNATURE, SignaturePassword(specimens.PASSWORD)) as key:
        assert key.certificate.startswith(b"\x30\x82")
        for number in range(5):
            text = b"text %d" % number
            signature = key.sign_sha256(hashlib.sha256(text).digest())
            public.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    assert len(wire.presented) == 1
    with pytest.raises(PinRequired):
        applet.sign_sha256(Purpose.SIGNATURE, bytes(32))


def test_the_key_is_closed_when_something_goes_wrong_inside(wire):
    applet = JpkiApplet(wire)
    with pytest.raises(ZeroDivisionError):  # noqa: SIM117  the inner block is what fails
        with applet.opened_key(Purpose.USER_AUTHENTICATION, UserPin(specimens.USER_PIN)):
            raise ZeroDivisionError
    with pytest.raises(PinRequired):
        applet.sign_sha256(Purpose.USER_AUTHENTICATION, bytes(32))


def test_every_file_is_read_or_refused_as_its_row_says(wire):
    found = JpkiApplet(wire).read_files()
    assert found[0x0001] == StatusWord.SECURITY_STATUS
    assert found[0x0009] == StatusWord.SECURITY_STATUS
    assert len(found[0x0006]) == 160
    assert found[0x0008] == b"\x8f\x8f\x00"
    assert found[0x000A].startswith(
        specimens.certificate("user_authentication", "user_authentication authority")
    )
    assert 0x0018 not in found
    applet = JpkiApplet(wire)
    applet.verify(SignaturePassword(specimens.PASSWORD))
    assert isinstance(applet.read_files()[0x0001], bytes)


def test_all_counters_and_the_token_information_are_told(wire):
    applet = JpkiApplet(wire)
    assert applet.counters() == {PinKind.SIGNATURE_PASSWORD: 5, PinKind.USER_PIN: 3}
    told = applet.information()
    assert (told.label, told.model) == ("JPKIAPICCTOKEN2", "SIMULATED")
    assert (told.longest_pin, told.shortest_pin, told.flags) == (16, 6, 0x040D)
    assert told.simulated


@pytest.mark.parametrize(
    ("profile", "needed"),
    [(TokenKind.INDIVIDUAL_NUMBER_CARD, None), (TokenKind.ANDROID_PHONE, PinKind.USER_PIN)],
)
def test_the_token_says_which_pin_a_certificate_takes(profile, needed):
    applet = JpkiApplet(SoftwareConnection(specimens.card(profile=profile)))
    assert applet.needs_pin(Purpose.USER_AUTHENTICATION) is needed
    assert applet.needs_pin(Purpose.SIGNATURE) is PinKind.SIGNATURE_PASSWORD


# recognising


@pytest.mark.parametrize("profile", TokenKind)
def test_each_token_is_recognised_for_what_it_is(profile):
    wire = Watched(specimens.whole_card(profile=profile))
    found = identify(wire)
    assert found.kind is profile
    assert found.usable is (profile is not TokenKind.JUKI_CARD)
    whole = profile is TokenKind.INDIVIDUAL_NUMBER_CARD
    assert len(found.applications) == (5 if whole else 1)
    assert wire.presented == []


def test_a_card_without_our_applications_is_foreign():
    found = identify(SoftwareConnection(SoftwareCard(Memory(()))))
    assert (found.kind, found.foreign, found.usable, found.simulated) == (None, True, False, False)


CARD_LABEL = b"JPKIAPICCTOKEN2"


def with_label(text):
    memory = specimens.memory()
    (jpki,) = memory.applications
    files = {**jpki.files, 0x0006: text}
    return SoftwareConnection(
        SoftwareCard(replace(memory, applications=(replace(jpki, files=files),)))
    )


@pytest.mark.parametrize(
    ("content", "kind", "simulated"),
    [
        (b"JPKIAPICCTOKEN2".ljust(32), TokenKind.INDIVIDUAL_NUMBER_CARD, False),
        (b"JPKIAPICCTOKEN2".ljust(32, b"\0"), None, False),  # spaces, as every client expects
        (b"JPKIAPICCTOKEN3".ljust(160), None, False),
        (CARD_LABEL.ljust(64) + b"E16R01NJ".ljust(96), TokenKind.INDIVIDUAL_NUMBER_CARD, False),
        (CARD_LABEL.ljust(64) + b"SIMULATED".ljust(96), TokenKind.INDIVIDUAL_NUMBER_CARD, True),
        (b"", None, False),
    ],
)
def test_the_label_decides_and_the_model_says_simulated(content, kind, simulated):
    found = identify(with_label(content))
    assert (found.kind, found.simulated) == (kind, simulated)


def test_token_information_that_is_too_short_or_no_ascii_is_refused():
    for content in (bytes(159), b"\xff" * 160):
        with pytest.raises(MalformedCardFile):
            TokenInformation.parse(content)


# the shapes


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(1980, 5, 6), "550506"),  # Showa 55
        (date(1989, 1, 7), "640107"),  # the last day of Showa 64
        (date(1989, 1, 8), "010108"),  # the first day of Heisei 1
        (date(1990, 12, 31), "021231"),  # Heisei 2
        (date(2019, 4, 30), "310430"),  # Heisei 31
        (date(2019, 5, 1), "010501"),  # Reiwa 1
        (date(2020, 2, 3), "020203"),  # Reiwa 2
        (date(1926, 12, 24), "151224"),  # Taisho 15
        (date(1926, 12, 25), "011225"),  # Showa 1
    ],
)
def test_a_birth_date_code_has_the_year_of_its_era(day, code):
    assert BirthDateCode.of(day).reveal() == code.encode()


def test_code_b_is_what_the_face_shows():
    made = CodeB.of(HOLDER.birth_date, expiry_year=2035, security_code="4321")
    assert made == RIGHT[Credential.CODE_B]


@pytest.mark.parametrize(
    ("kind", "length"),
    [(InputSupportPin, 4), (JukiPin, 4), (CodeA, 12), (CodeB, 14), (BirthDateCode, 6)],
)
def test_a_code_has_its_digits_and_no_others(kind, length):
    assert kind("7" * length).reveal() == b"7" * length
    for value in ("7" * (length - 1), "7" * (length + 1), "7" * (length - 1) + "A", ""):
        with pytest.raises(MalformedPin) as caught:
            kind(value)
        assert not value or value not in str(caught.value)
    assert "7777" not in repr(kind("7" * length))
