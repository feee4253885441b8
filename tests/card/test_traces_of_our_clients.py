"""Every trace of our own clients, played to them; ``test_traces`` plays the same to the card.

The functions are what a program would write. What the card answers comes from the trace, so a
client that sent one byte more, fewer or other than the trace says would fail here.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jpki.card.applet import MAX_SIGNED_LENGTH, JpkiApplet
from jpki.card.card_face import CardFaceApplet
from jpki.card.card_record import CommonCardApplet
from jpki.card.connection import CardConnection
from jpki.card.input_support import InputSupportApplet
from jpki.card.layout import Credential, TokenKind
from jpki.card.pin import (
    BirthDateCode,
    CodeA,
    CodeB,
    InputSupportPin,
    JukiPin,
    SignaturePassword,
    UserPin,
)
from jpki.card.token import identify
from jpki.card.trace import ScriptedConnection
from jpki.errors import (
    LastTry,
    MalformedApdu,
    MalformedPin,
    PinBlocked,
    PinRequired,
    UnsupportedCard,
    WrongPin,
)
from jpki.terms import PinKind, Purpose
from tests.card import specimens
from tests.card.traces import TRACES, trace

AUTHENTICATION, SIGNATURE = Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE
USER_PIN, WRONG_USER_PIN = UserPin("1234"), UserPin("1111")
PASSWORD = SignaturePassword("ABC123")
PIN, WRONG_PIN = InputSupportPin("2345"), InputSupportPin("9999")
CODE_A, WRONG_A = CodeA("123456789018"), CodeA("9" * 12)
CODE_B, WRONG_B = CodeB("02010220354321"), CodeB("9" * 14)
BIRTH, WRONG_BIRTH = BirthDateCode("020102"), BirthDateCode("999999")
DIGEST = bytes(range(32))


def _mistyped(applet, pin, *, left, **more):
    with pytest.raises(WrongPin) as caught:
        applet.verify(pin, **more)
    assert caught.value.tries_left == left


def _refused(*reads):
    for read in reads:
        with pytest.raises(PinRequired):
            read()


# the JPKI application


def _recognise(wire):
    assert JpkiApplet(wire).select() is TokenKind.INDIVIDUAL_NUMBER_CARD


def _read(wire):
    assert len(JpkiApplet(wire).certificate(AUTHENTICATION)) == 1583


def _sign(wire):
    applet = JpkiApplet(wire)
    applet.verify(USER_PIN)
    assert applet.sign_sha256(AUTHENTICATION, DIGEST) == bytes(256)


def _mistype(wire):
    _mistyped(JpkiApplet(wire), WRONG_USER_PIN, left=2)


def _change(wire):
    JpkiApplet(wire).change(PASSWORD, SignaturePassword("NEWPAS99"))


def _read_phone(wire):
    applet = JpkiApplet(wire)
    _refused(lambda: applet.certificate(AUTHENTICATION))
    applet.verify(USER_PIN)
    assert len(applet.certificate(AUTHENTICATION)) == 1583


def _foreign(wire):
    found = identify(wire)
    assert (found.foreign, found.applications) == (True, ())


def _android(wire):
    found = identify(wire)
    assert (found.kind, len(found.applications)) == (TokenKind.ANDROID_PHONE, 1)


def _no_card_face(wire):
    for applet, pin in (
        (InputSupportApplet(wire), PIN),
        (CardFaceApplet(wire), CODE_A),
        (CommonCardApplet(wire), JukiPin("3456")),
    ):
        with pytest.raises(UnsupportedCard, match="android_phone"):
            applet.verify(pin)


def _unknown_label(wire):
    with pytest.raises(UnsupportedCard, match="label that is not known"):
        JpkiApplet(wire).verify(USER_PIN)


def _old_card(wire):
    with pytest.raises(UnsupportedCard, match="old one"):
        JpkiApplet(wire).verify(USER_PIN)


def _password_first(wire):
    applet = JpkiApplet(wire)
    _refused(lambda: applet.certificate(SIGNATURE))
    applet.verify(PASSWORD)
    assert len(applet.certificate(SIGNATURE)) == 1583


def _sign_anything(wire):
    applet = JpkiApplet(wire)
    applet.verify(USER_PIN)
    without_null = bytes.fromhex("302F300B06096086480165030402010420") + DIGEST
    assert len(applet.sign(AUTHENTICATION, without_null)) == 256
    assert len(applet.sign(AUTHENTICATION, b"\xa5" * MAX_SIGNED_LENGTH)) == 256
    with pytest.raises(MalformedApdu):
        applet.sign(AUTHENTICATION, b"\xa5" * (MAX_SIGNED_LENGTH + 1))


def _select_again(wire):
    applet = JpkiApplet(wire)
    applet.verify(USER_PIN)
    applet.select()
    assert len(applet.sign_sha256(AUTHENTICATION, DIGEST)) == 256


def _leave(wire):
    applet = JpkiApplet(wire)
    with applet.opened_key(AUTHENTICATION, USER_PIN):
        pass
    _refused(lambda: applet.sign_sha256(AUTHENTICATION, DIGEST))


def _mistype_to_the_end(wire):
    applet = JpkiApplet(wire)
    _mistyped(applet, WRONG_USER_PIN, left=2)
    _mistyped(applet, WRONG_USER_PIN, left=1)
    with pytest.raises(LastTry):
        applet.verify(WRONG_USER_PIN)
    for typed in (WRONG_USER_PIN, USER_PIN):
        with pytest.raises(PinBlocked) as caught:
            applet.verify(typed, allow_last_try=True)
        assert caught.value.ways_to_reset
    assert applet.tries_left(PinKind.SIGNATURE_PASSWORD) == 5


def _ask(wire):
    applet = JpkiApplet(wire)
    everything = {PinKind.SIGNATURE_PASSWORD: 5, PinKind.USER_PIN: 3}
    assert applet.counters() == everything
    applet.verify(USER_PIN)
    assert applet.counters() == everything


def _ask_twice(wire):
    applet = JpkiApplet(wire)
    assert applet.select() is applet.select()
    assert applet.counters() == applet.counters()
    for _ in range(2):
        applet.verify(USER_PIN)


def _lower_case(wire):
    with pytest.raises(MalformedPin):
        SignaturePassword("abc123")
    JpkiApplet(wire).verify(SignaturePassword.from_typed("abc123"))


def _last_try(wire):
    applet = JpkiApplet(wire)
    with pytest.raises(LastTry):
        applet.verify(PASSWORD)
    applet.verify(PASSWORD, allow_last_try=True)
    assert applet.tries_left(PinKind.SIGNATURE_PASSWORD) == 5


def _blocked(wire):
    applet = JpkiApplet(wire)
    for allowed in (False, True):
        with pytest.raises(PinBlocked):
            applet.verify(PASSWORD, allow_last_try=allowed)


# the card-face applications


def _whole(wire):
    found = identify(wire)
    assert (found.kind, len(found.applications)) == (TokenKind.INDIVIDUAL_NUMBER_CARD, 5)


def _input_support_pin(wire):
    applet = InputSupportApplet(wire)
    applet.verify(PIN)
    assert applet.my_number().digits == specimens.CODE_A
    found = applet.attributes()
    assert (found.name, found.address) == (specimens.HOLDER.name, specimens.HOLDER.address)
    assert (found.birth_date, found.sex_code) == ("19900102", "2")


def _input_support_free(wire):
    applet = InputSupportApplet(wire)
    _refused(applet.my_number, applet.attributes, applet.signature)
    assert applet.certificate().issuer == b"6000033\x08\x050010000"
    assert applet.basic_information().version == 1


def _input_support_a(wire):
    applet = InputSupportApplet(wire)
    applet.verify(CODE_A)
    assert applet.my_number().digits == specimens.CODE_A
    _refused(applet.attributes)


def _input_support_b(wire):
    applet = InputSupportApplet(wire)
    applet.verify(CODE_B)
    assert applet.attributes().name == specimens.HOLDER.name
    _refused(applet.my_number)


def _digests(wire):
    applet = InputSupportApplet(wire)
    applet.verify(PIN)
    applet.my_number()
    applet.attributes()
    assert len(applet.signature().signature) == 256
    assert applet.certificate().subject == b"6131013\x08\x050010000"


def _wrong_codes(wire):
    applet = InputSupportApplet(wire)
    _mistyped(applet, WRONG_A, left=9)
    _mistyped(applet, WRONG_B, left=9)
    applet.verify(CODE_A)
    left = [applet.tries_left(c) for c in (Credential.CODE_A, Credential.CODE_B)]
    assert left == [10, 9]
    assert applet.tries_left(Credential.INPUT_SUPPORT_PIN) == 3


def _wrong_pin(wire):
    applet = InputSupportApplet(wire)
    _mistyped(applet, WRONG_PIN, left=2)
    _mistyped(applet, WRONG_PIN, left=1)
    with pytest.raises(LastTry):
        applet.verify(PIN)
    for typed in (WRONG_PIN, PIN):
        with pytest.raises(PinBlocked):
            applet.verify(typed, allow_last_try=True)
    applet.verify(CODE_A)
    assert applet.my_number().digits == specimens.CODE_A


def _last_codes(wire):
    applet = InputSupportApplet(wire)
    with pytest.raises(LastTry):
        applet.verify(CODE_A)
    with pytest.raises(PinBlocked):
        applet.verify(CODE_B)
    for typed in (WRONG_A, CODE_A):
        with pytest.raises(PinBlocked):
            applet.verify(typed, allow_last_try=True)


def _face_a(wire):
    applet = CardFaceApplet(wire)
    applet.verify(CODE_A)
    face = applet.face()
    assert (face.birth_date, face.sex_code, face.expiry_date) == ("19900102", "2", "20350102")
    assert (face.name_image, face.address_image, face.photo) == (b"name", b"address", b"photo")
    assert applet.number_image().image == b"number"
    _refused(applet.birth_date)


def _face_b(wire):
    applet = CardFaceApplet(wire)
    applet.verify(CODE_B)
    assert applet.face().security_code_image == b"code"
    _refused(applet.number_image, applet.birth_date)


def _birth_date(wire):
    applet = CardFaceApplet(wire)
    applet.verify(BIRTH)
    assert applet.birth_date().birth_day == specimens.HOLDER.birth_date
    _refused(applet.face, applet.number_image)


def _face_free(wire):
    applet = CardFaceApplet(wire)
    assert applet.certificate().issuer == b"6000023\x08\x050010000"
    assert applet.basic_information().municipality_code == "13101"
    _refused(applet.birth_date, applet.face, applet.number_image)


def _face_wrong(wire):
    applet = CardFaceApplet(wire)
    for pin in (WRONG_A, WRONG_B, WRONG_BIRTH):
        _mistyped(applet, pin, left=9)
    applet.verify(CODE_A)
    asked = (Credential.CODE_A, Credential.CODE_B, Credential.BIRTH_DATE_CODE)
    assert [applet.tries_left(credential) for credential in asked] == [10, 9, 9]


def _face_last(wire):
    applet, support = CardFaceApplet(wire), InputSupportApplet(wire)
    with pytest.raises(LastTry):
        applet.verify(CODE_A)
    with pytest.raises(PinBlocked):
        applet.verify(CODE_B)
    applet.verify(CODE_A, allow_last_try=True)
    assert applet.tries_left(Credential.CODE_A) == 10
    assert [support.tries_left(c) for c in (Credential.CODE_A, Credential.CODE_B)] == [10, 10]


def _change_application(wire):
    applet = InputSupportApplet(wire)
    applet.verify(PIN)
    CardFaceApplet(wire).select()
    _refused(applet.my_number)


def _record(wire):
    record = CommonCardApplet(wire).record()
    assert (record.number, record.municipality_code) == ("912345678901234", "13101")


def _change_pin(wire):
    applet, new = InputSupportApplet(wire), InputSupportPin("9876")
    applet.change(PIN, new)
    _mistyped(applet, PIN, left=2)
    applet.verify(new)


def _change_register_pin(wire):
    applet = CommonCardApplet(wire)
    applet.change(JukiPin("3456"), JukiPin("7777"))
    applet.verify(JukiPin("7777"))


def _every_counter(wire):
    assert set(InputSupportApplet(wire).counters().values()) == {3, 10}
    assert set(CardFaceApplet(wire).counters().values()) == {10}


CLIENT: dict[str, Callable[[CardConnection], None]] = {
    "client-recognises-a-card": _recognise,
    "client-reads-user-authentication-certificate": _read,
    "client-signs": _sign,
    "client-wrong-pin": _mistype,
    "client-changes-signature-password": _change,
    "client-reads-a-phone": _read_phone,
    "client-meets-a-foreign-card": _foreign,
    "client-meets-an-android-phone": _android,
    "client-finds-no-card-face-on-a-phone": _no_card_face,
    "client-refuses-a-label-with-nul": _unknown_label,
    "client-refuses-an-old-juki-card": _old_card,
    "client-needs-the-password-for-its-certificate": _password_first,
    "client-signs-whatever-it-is-given": _sign_anything,
    "client-keeps-the-pin-over-a-second-select": _select_again,
    "client-leaves-the-application": _leave,
    "client-wrong-pin-to-the-end": _mistype_to_the_end,
    "client-asks-for-the-tries": _ask,
    "client-asks-twice": _ask_twice,
    "client-makes-letters-upper-case": _lower_case,
    "client-last-try-of-the-password": _last_try,
    "client-blocked-password": _blocked,
    "whole-client-recognises-a-card": _whole,
    "whole-client-input-support-pin": _input_support_pin,
    "whole-client-input-support-without-a-pin": _input_support_free,
    "whole-client-input-support-code-a": _input_support_a,
    "whole-client-input-support-code-b": _input_support_b,
    "whole-client-digests-and-signature": _digests,
    "whole-client-input-support-wrong-codes": _wrong_codes,
    "whole-client-input-support-wrong-pin": _wrong_pin,
    "whole-client-last-try-of-the-codes": _last_codes,
    "whole-client-card-face-code-a": _face_a,
    "whole-client-card-face-code-b": _face_b,
    "whole-client-birth-date": _birth_date,
    "whole-client-card-face-without-a-code": _face_free,
    "whole-client-card-face-wrong-codes": _face_wrong,
    "whole-client-last-try-of-the-face-codes": _face_last,
    "whole-client-changes-application": _change_application,
    "whole-client-card-record": _record,
    "whole-client-changes-the-input-support-pin": _change_pin,
    "whole-client-changes-the-resident-register-pin": _change_register_pin,
    "whole-client-asks-for-every-counter": _every_counter,
}


def test_every_trace_of_our_clients_is_played_to_them():
    ours = {path.stem for path in TRACES.glob("*.apdu") if "client-" in path.stem}
    assert ours == set(CLIENT)


@pytest.mark.parametrize(("name", "use"), CLIENT.items())
def test_the_client_sends_what_the_trace_says(name, use):
    with ScriptedConnection(trace(name)) as wire:
        use(wire)
