"""The client, against a card that says no where a card says no."""

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from jpki.card.apdu import CommandApdu, Ins
from jpki.card.applet import JpkiApplet
from jpki.card.layout import JPKI_AID, TokenKind
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import (
    CardRemoved,
    LastTry,
    MalformedApdu,
    MalformedCertificate,
    MalformedPin,
    NoCertificate,
    PinBlocked,
    PinRequired,
    UnexpectedStatus,
    UnsupportedCard,
    WrongPin,
)
from jpki.terms import PinKind, Purpose
from simulator.card.behaviour import CardBehaviour
from simulator.card.connection import SoftwareCard, SoftwareConnection
from simulator.card.contents import JpkiContents, jpki_memory
from tests.card import specimens

PINS = {
    Purpose.SIGNATURE: SignaturePassword(specimens.PASSWORD),
    Purpose.USER_AUTHENTICATION: UserPin(specimens.USER_PIN),
}
WRONG = UserPin(specimens.WRONG_USER_PIN)


class Counting:
    """A connection that counts the instructions that pass, with their data."""

    def __init__(self, connection):
        self.connection = connection
        self.sent = []

    def transmit(self, command):
        parsed = CommandApdu.parse(command)
        self.sent.append((parsed.ins, parsed.data))
        return self.connection.transmit(command)

    @property
    def presented(self):
        return [data for ins, data in self.sent if ins == Ins.VERIFY and data]


@pytest.fixture
def card():
    return specimens.card()


@pytest.fixture
def wire(card):
    return Counting(SoftwareConnection(card))


@pytest.fixture
def applet(wire):
    return JpkiApplet(wire)


def _applet(**kwargs):
    return JpkiApplet(SoftwareConnection(specimens.card(**kwargs)))


# recognition


@pytest.mark.parametrize("kind", [k for k in TokenKind if k is not TokenKind.JUKI_CARD])
def test_the_token_is_recognised_by_its_label(kind):
    assert _applet(profile=kind).select() is kind


def test_an_old_juki_card_is_refused_by_name():
    with pytest.raises(UnsupportedCard, match="juki_card"):
        _applet(profile=TokenKind.JUKI_CARD).select()


def test_a_card_without_the_application_is_refused(card, applet):
    card.answer_next(0x6A82)
    with pytest.raises(UnsupportedCard, match="6A82"):
        applet.select()


def test_no_pin_goes_to_a_token_that_is_not_recognised():
    wire = Counting(SoftwareConnection(specimens.card(profile=TokenKind.JUKI_CARD)))
    with pytest.raises(UnsupportedCard):
        JpkiApplet(wire).verify(UserPin("1234"))
    assert [ins for ins, _ in wire.sent if ins == Ins.VERIFY] == []


def test_a_card_that_was_put_back_is_recognised_again(card, wire, applet):
    applet.select()
    card.remove()
    with pytest.raises(CardRemoved):
        applet.tries_left(PinKind.USER_PIN)
    card.insert()
    wire.sent.clear()
    applet.tries_left(PinKind.USER_PIN)
    assert (Ins.SELECT, JPKI_AID) in wire.sent


# reading


def test_the_authentication_certificate_of_a_card_is_free(applet):
    expected = specimens.certificate("user_authentication", "user_authentication authority")
    assert applet.certificate(Purpose.USER_AUTHENTICATION) == expected


def test_the_signature_certificate_wants_the_password(applet):
    with pytest.raises(PinRequired) as caught:
        applet.certificate(Purpose.SIGNATURE)
    assert caught.value.pin is PinKind.SIGNATURE_PASSWORD
    applet.verify(PINS[Purpose.SIGNATURE])
    expected = specimens.certificate("signature", "signature authority")
    assert applet.certificate(Purpose.SIGNATURE) == expected


@pytest.mark.parametrize("purpose", Purpose)
def test_both_ca_certificates_are_free(applet, purpose):
    authority = f"{purpose.value} authority"
    assert applet.ca_certificate(purpose) == specimens.certificate(authority, authority)


@pytest.mark.parametrize("length", [1023, 1024, 1025, 1028, 2048, 2049, 4000])
@pytest.mark.parametrize("filler", [0x00, 0xFF])
def test_a_certificate_is_read_exactly_whatever_follows_it(length, filler):
    applet = _applet(length=length, behaviour=CardBehaviour(filler=filler))
    read = applet.certificate(Purpose.USER_AUTHENTICATION)
    assert read == specimens.certificate(
        "user_authentication", "user_authentication authority", length
    )


def test_a_certificate_that_fills_its_file_is_read():
    applet = _applet(behaviour=CardBehaviour(certificate_file_size=0), length=1536)
    assert len(applet.certificate(Purpose.USER_AUTHENTICATION)) == 1536


class ReadsOf:
    """A token whose files all hold the given bytes, and that gives ``step`` of them at a time."""

    def __init__(self, content, *, step=256, past_the_end=b"\x6b\x00"):
        self.content, self.step, self.past_the_end = content, step, past_the_end
        self.label = b"JPKIAPICCTOKEN2".ljust(32)
        self.current = None

    def transmit(self, command):
        parsed = CommandApdu.parse(command)
        if parsed.ins == Ins.SELECT:
            self.current = parsed.data
            return b"\x90\x00"
        content = self.label if self.current == b"\x00\x06" else self.content
        offset = parsed.p1 << 8 | parsed.p2
        if offset >= len(content):
            return self.past_the_end
        return content[offset : offset + min(parsed.le, self.step)] + b"\x90\x00"


DER = bytes.fromhex("30820400") + bytes(1024)


@pytest.mark.parametrize("step", [32, 100, 255, 256])
def test_a_card_that_gives_less_than_asked_is_read_on(step):
    assert JpkiApplet(ReadsOf(DER + b"\xff" * 9, step=step)).ca_certificate(Purpose.SIGNATURE) == (
        DER
    )


@pytest.mark.parametrize(
    ("content", "length"),
    [(b"\x30\x05abcde\x00", 7), (b"\x30\x81\x80" + bytes(200), 131)],
)
def test_short_der_lengths_are_read_too(content, length):
    read = JpkiApplet(ReadsOf(content)).ca_certificate(Purpose.SIGNATURE)
    assert read == content[:length]


@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"\xff" * 64])
def test_an_empty_file_is_no_certificate(content):
    with pytest.raises(NoCertificate):
        JpkiApplet(ReadsOf(content)).certificate(Purpose.USER_AUTHENTICATION)


@pytest.mark.parametrize(
    "content",
    [
        b"\x31\x82\x04\x00" + bytes(2000),  # not a SEQUENCE
        b"\x30\x80" + bytes(2000),  # indefinite length
        b"\x30\x83\x01\x00\x00" + bytes(70000),  # longer than a file can be
        b"\x30\x82\x7f\xfd" + bytes(32765),  # one byte more than 15-bit offsets reach
        b"\x30\x82\x04\x00" + bytes(1023),  # one byte short
        b"\x30\x82",
    ],
)
@pytest.mark.parametrize("past_the_end", [b"\x6b\x00", b"\x90\x00"])
def test_a_file_that_is_no_certificate_is_refused(content, past_the_end):
    with pytest.raises(MalformedCertificate):
        JpkiApplet(ReadsOf(content, past_the_end=past_the_end)).ca_certificate(Purpose.SIGNATURE)


def test_the_longest_certificate_that_a_file_can_hold_is_read():
    content = b"\x30\x82\x7f\xfc" + bytes(32764)
    assert JpkiApplet(ReadsOf(content)).ca_certificate(Purpose.SIGNATURE) == content


def test_a_card_that_answers_more_than_asked_is_refused():
    connection = ReadsOf(DER)
    connection.transmit = lambda command, inner=connection.transmit: (
        inner(command)
        if command[1] != Ins.READ_BINARY or connection.current == b"\x00\x06"
        else bytes(300) + b"\x90\x00"
    )
    with pytest.raises(MalformedApdu, match="more bytes"):
        JpkiApplet(connection).ca_certificate(Purpose.SIGNATURE)


def test_a_holder_without_a_signature_certificate_has_none():
    card = SoftwareCard(
        jpki_memory(
            signature=JpkiContents(specimens.contents(Purpose.SIGNATURE).ca_certificate),
            user_authentication=specimens.contents(Purpose.USER_AUTHENTICATION),
            signature_password=None,
            user_pin=UserPin("1234"),
        )
    )
    applet = JpkiApplet(SoftwareConnection(card))
    assert applet.availability() == {Purpose.SIGNATURE: False, Purpose.USER_AUTHENTICATION: True}
    assert applet.tries_left(PinKind.SIGNATURE_PASSWORD) == 0
    with pytest.raises(PinBlocked):
        applet.verify(PINS[Purpose.SIGNATURE])


def test_a_token_that_does_not_say_what_it_carries_is_not_guessed_at(card, applet):
    applet.select()
    card.answer_next(0x6A82)
    assert applet.availability() is None


# PINs


def test_a_right_pin_gives_all_tries_back(applet):
    for _ in range(2):
        with pytest.raises(WrongPin):
            applet.verify(WRONG)
    applet.verify(PINS[Purpose.USER_AUTHENTICATION], allow_last_try=True)
    assert applet.tries_left(PinKind.USER_PIN) == 3


def test_wrong_pins_count_down_and_the_last_try_is_kept_back(wire, applet):
    left = []
    for _ in range(2):
        with pytest.raises(WrongPin) as caught:
            applet.verify(WRONG)
        left.append(caught.value.tries_left)
    assert left == [2, 1]
    with pytest.raises(LastTry):
        applet.verify(WRONG)
    assert len(wire.presented) == 2
    assert applet.tries_left(PinKind.USER_PIN) == 1


def test_the_last_try_is_used_when_the_caller_says_so_and_then_it_is_blocked(wire, applet):
    for _ in range(2):
        with pytest.raises(WrongPin):
            applet.verify(WRONG)
    with pytest.raises(PinBlocked) as caught:
        applet.verify(WRONG, allow_last_try=True)
    assert any("municipality" in way for way in caught.value.ways_to_reset)
    with pytest.raises(PinBlocked):
        applet.verify(PINS[Purpose.USER_AUTHENTICATION], allow_last_try=True)
    assert len(wire.presented) == 3
    assert applet.tries_left(PinKind.USER_PIN) == 0


def test_one_pin_leaves_the_other_alone(applet):
    with pytest.raises(WrongPin):
        applet.verify(SignaturePassword(specimens.WRONG_PASSWORD))
    assert applet.tries_left(PinKind.SIGNATURE_PASSWORD) == 4
    assert applet.tries_left(PinKind.USER_PIN) == 3


def test_a_wiped_pin_is_never_sent(wire, applet):
    pin = UserPin("1234")
    pin.wipe()
    with pytest.raises(MalformedPin):
        applet.verify(pin)
    assert wire.sent == []


def test_a_pin_is_sent_once_even_when_the_answer_is_strange(card, wire, applet):
    applet.select()
    applet.tries_left(PinKind.USER_PIN)
    wire.sent.clear()
    original = card.transmit

    def strange(command):
        parsed = CommandApdu.parse(command)
        if parsed.ins == Ins.VERIFY and parsed.data:
            return b"\x6c\x10"
        return original(command)

    card.transmit = strange
    with pytest.raises(UnexpectedStatus) as caught:
        applet.verify(UserPin("1234"))
    assert caught.value.sw == 0x6C10
    assert len(wire.presented) == 1


@pytest.mark.parametrize("sw", [0x6983, 0x6984])
def test_both_ways_of_saying_blocked_are_understood(sw):
    behaviour = CardBehaviour(blocked=sw, query_when_blocked=sw)
    applet = _applet(behaviour=behaviour)
    for _ in range(2):
        with pytest.raises(WrongPin):
            applet.verify(WRONG)
    with pytest.raises(PinBlocked):
        applet.verify(WRONG, allow_last_try=True)
    assert applet.tries_left(PinKind.USER_PIN) == 0


def test_a_card_that_answers_9000_to_the_query_of_a_verified_pin_has_all_tries():
    applet = _applet(behaviour=CardBehaviour(query_when_verified=0x9000))
    applet.verify(PINS[Purpose.USER_AUTHENTICATION])
    assert applet.tries_left(PinKind.USER_PIN) == 3


def test_a_changed_pin_is_the_right_one_from_then_on(applet):
    applet.change(UserPin("1234"), UserPin("4321"))
    with pytest.raises(WrongPin):
        applet.verify(UserPin("1234"))
    applet.verify(UserPin("4321"))


def test_a_pin_is_not_changed_into_one_of_another_kind(wire, applet):
    with pytest.raises(MalformedPin):
        applet.change(UserPin("1234"), SignaturePassword("ABC123"))
    assert wire.sent == []


def test_a_change_with_the_wrong_old_pin_changes_nothing(applet):
    with pytest.raises(WrongPin):
        applet.change(WRONG, UserPin("4321"))
    applet.verify(UserPin("1234"))


# signing


@pytest.mark.parametrize("purpose", Purpose)
def test_a_signature_verifies_with_the_key_of_its_purpose(applet, purpose):
    applet.verify(PINS[purpose])
    signature = applet.sign_sha256(purpose, hashlib.sha256(b"a text").digest())
    public = specimens.key(purpose.value).public_key()
    public.verify(signature, b"a text", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("purpose", Purpose)
def test_the_other_pin_opens_no_key(applet, purpose):
    (other,) = set(Purpose) - {purpose}
    applet.verify(PINS[other])
    with pytest.raises(PinRequired):
        applet.sign_sha256(purpose, bytes(32))


def test_one_pin_allows_several_signatures_until_the_card_is_reset(card, applet):
    applet.verify(PINS[Purpose.SIGNATURE])
    first = applet.sign_sha256(Purpose.SIGNATURE, bytes(32))
    assert applet.sign_sha256(Purpose.SIGNATURE, bytes(32)) == first
    card.reset()
    applet.select()
    with pytest.raises(PinRequired):
        applet.sign_sha256(Purpose.SIGNATURE, bytes(32))


@pytest.mark.parametrize("length", [0, 246])
def test_what_the_card_cannot_sign_is_not_sent(wire, applet, length):
    with pytest.raises(MalformedApdu):
        applet.sign(Purpose.SIGNATURE, bytes(length))
    assert wire.sent == []


@pytest.mark.parametrize("length", [1, 245])
def test_what_the_card_can_sign_is_padded_by_the_card(applet, length):
    applet.verify(PINS[Purpose.USER_AUTHENTICATION])
    signature = applet.sign(Purpose.USER_AUTHENTICATION, b"\xab" * length)
    numbers = specimens.key("user_authentication").public_key().public_numbers()
    block = pow(int.from_bytes(signature, "big"), numbers.e, numbers.n).to_bytes(256, "big")
    # RFC 8017 §9.2: 00 01 FF.. 00 and the input
    assert block == b"\x00\x01" + b"\xff" * (253 - length) + b"\x00" + b"\xab" * length


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_digest_of_another_length_is_not_signed(applet, length):
    with pytest.raises(MalformedApdu):
        applet.sign_sha256(Purpose.SIGNATURE, bytes(length))


# readers that split answers (T=0)


class SplitAnswers:
    """A reader that shows T=0: it announces data with 61xx and corrects Le with 6Cxx."""

    def __init__(self, connection):
        self.connection = connection
        self.kept = b""

    def transmit(self, command):
        parsed = CommandApdu.parse(command)
        if parsed.ins == Ins.GET_RESPONSE:
            part, self.kept = self.kept[: parsed.le], self.kept[parsed.le :]
            more = min(len(self.kept), 0xFF)
            return part + (bytes((0x61, more)) if self.kept else b"\x90\x00")
        answer = self.connection.transmit(command)
        data = answer[:-2]
        if parsed.ins == Ins.READ_BINARY and len(data) < parsed.le:
            return bytes((0x6C, len(data)))
        if parsed.ins == Ins.COMPUTE_DIGITAL_SIGNATURE and data:
            self.kept = data
            return bytes((0x61, 0x80))
        return answer


def test_answers_in_parts_are_put_together(card):
    applet = JpkiApplet(SplitAnswers(SoftwareConnection(card)))
    applet.verify(PINS[Purpose.USER_AUTHENTICATION])
    assert len(applet.certificate(Purpose.USER_AUTHENTICATION)) == 1500
    signature = applet.sign_sha256(Purpose.USER_AUTHENTICATION, hashlib.sha256(b"x").digest())
    public = specimens.key("user_authentication").public_key()
    public.verify(signature, b"x", padding.PKCS1v15(), hashes.SHA256())


def test_a_card_that_never_stops_announcing_data_is_given_up():
    class Endless:
        def transmit(self, command):
            return b"\x00\x61\x01"

    with pytest.raises(MalformedApdu, match="does not stop"):
        JpkiApplet(Endless()).select()
