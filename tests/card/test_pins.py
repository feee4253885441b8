"""PINs cannot be malformed, do not print themselves, and can be wiped."""

import copy
import pickle

import pytest

from jpki.card.pin import Pin, SignaturePassword, UserPin
from jpki.errors import MalformedPin
from jpki.terms import PinKind


@pytest.mark.parametrize("value", ["ABC123", "A23456789012345Z", "1ZZZZZ", "AAAAA0"])
def test_six_to_sixteen_letters_and_digits_are_a_signature_password(value):
    assert SignaturePassword(value).reveal() == value.encode()


@pytest.mark.parametrize(
    "value", ["ABC12", "A234567890123456Z", "ABCDEF", "123456", "abc123", "ABC 123", "ＡＢＣ１２３"]
)
def test_anything_else_is_no_signature_password(value):
    with pytest.raises(MalformedPin) as caught:
        SignaturePassword(value)
    assert value not in str(caught.value)
    assert caught.value.pin is PinKind.SIGNATURE_PASSWORD


def test_lower_case_is_refused_with_the_way_out():
    with pytest.raises(MalformedPin, match="from_typed"):
        SignaturePassword("abc123")
    assert SignaturePassword.from_typed("abc123") == SignaturePassword("ABC123")


@pytest.mark.parametrize("value", ["0000", "1234", b"9999", bytearray(b"4321")])
def test_four_digits_are_a_user_pin(value):
    raw = value.encode() if isinstance(value, str) else bytes(value)
    assert UserPin(value).reveal() == raw


@pytest.mark.parametrize("value", ["123", "12345", "12a4", "１２３４", "", "12 4", "1234\n"])
def test_anything_else_is_no_user_pin(value):
    with pytest.raises(MalformedPin):
        UserPin(value)


def test_a_pin_shows_itself_in_no_text():
    with UserPin("1234") as pin:
        assert "1234" not in f"{pin!r} {pin} {pin!s} {[pin]}"


def test_a_pin_is_gone_after_its_context():
    with SignaturePassword("ABC123") as password:
        buffer = password._buffer
    assert buffer == bytearray(6)
    with pytest.raises(MalformedPin, match="wiped"):
        password.reveal()


def test_pins_are_equal_by_value_and_kind():
    assert UserPin("1234") == UserPin("1234")
    assert UserPin("1234") != UserPin("4321")
    assert UserPin("1234") != SignaturePassword("ABC123")
    assert UserPin("1234") != "1234"


def test_a_pin_is_not_pickled_copied_or_hashed():
    pin = UserPin("1234")
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy, hash):
        with pytest.raises(TypeError):
            attempt(pin)


def test_there_is_no_pin_without_a_kind():
    with pytest.raises(TypeError):
        Pin("1234")
