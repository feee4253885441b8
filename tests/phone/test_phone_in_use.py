"""What opens a phone's keys: the password signs, the PIN or biometrics authenticate."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509 import load_der_x509_certificate

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import (
    ImpossibleFact,
    LastTry,
    MalformedDocument,
    MalformedPin,
    NoCertificate,
    PinBlocked,
    PinError,
    PinRequired,
    Refused,
    WrongPin,
)
from jpki.law import RuleTable
from jpki.life.events import MobileDeviceChange, Platform
from jpki.terms import PinKind, Purpose
from simulator import phone
from simulator.tokens import applet
from simulator.world import World
from tests.phone.conftest import CARD_PASSWORD, PASSWORD, PIN, Holder, new_holder, new_world

WRONG_PASSWORD, WRONG_PIN = SignaturePassword("WRONG1"), UserPin("7531")
CHALLENGE = b"a challenge of a verifier"


def check(certificate: bytes, signature: bytes, digest: bytes, algorithm) -> None:
    key = load_der_x509_certificate(certificate).public_key()
    key.verify(signature, digest, PKCS1v15(), Prehashed(algorithm))


@pytest.fixture(params=list(Platform))
def device(request: pytest.FixtureRequest, holder: Holder) -> str:
    return holder.enrol(request.param)


@pytest.mark.parametrize(
    ("name", "algorithm"), [("sha256", SHA256()), ("sha384", SHA384()), ("sha512", SHA512())]
)
def test_a_digest_is_signed_under_its_algorithm(world, device: str, name, algorithm) -> None:
    digest = hashlib.new(name, b"document").digest()
    value = phone.sign_digest(world, device, digest, password=PASSWORD, algorithm=name)
    certificate = phone.signature_certificate(world, device, password=PASSWORD)
    check(certificate, value, digest, algorithm)


@pytest.mark.parametrize(
    ("digest", "algorithm"),
    [(b"", "sha256"), (b"\0" * 31, "sha256"), (b"\0" * 33, "sha256"), (b"\0" * 32, "sha512"),
     (b"\0" * 20, "sha1"), (b"\0" * 32, "SHA256"), (b"\0" * 32, "x" * 10_000)],
)  # fmt: skip
def test_a_digest_of_no_known_shape_costs_no_try(world, holder, digest, algorithm) -> None:
    device = holder.enrol()
    with pytest.raises(MalformedDocument):
        phone.sign_digest(world, device, digest, password=WRONG_PASSWORD, algorithm=algorithm)
    assert phone.tries_left(world, device)[PinKind.SIGNATURE_PASSWORD] == 5  # P7


@pytest.mark.parametrize("by", [{"pin": PIN}, {"biometrics": True}])
def test_pin_and_biometrics_open_the_same_authentication_key(world, device: str, by) -> None:
    answer = phone.authenticate(world, device, CHALLENGE, **by)
    digest = hashlib.sha256(CHALLENGE).digest()
    check(answer.certificate, answer.signature, digest, SHA256())
    assert repr(answer) == "<Authentication>"


def test_biometrics_never_sign_and_restore_nothing(world: World, device: str) -> None:
    with pytest.raises(WrongPin):
        phone.sign_document(world, device, b"x", password=WRONG_PASSWORD)
    with pytest.raises(WrongPin):
        phone.authenticate(world, device, CHALLENGE, pin=WRONG_PIN)
    before = phone.tries_left(world, device)
    phone.authenticate(world, device, CHALLENGE, biometrics=True)
    assert phone.tries_left(world, device) == before
    certificate = phone.signature_certificate(world, device, password=PASSWORD)
    answer = phone.authenticate(world, device, CHALLENGE, biometrics=True)
    assert answer.certificate != certificate


def test_wrong_entries_count_down_a_right_one_restores_and_the_last_is_asked_for(
    world: World, device: str
) -> None:
    for left in (4, 3, 2, 1):  # of five (P7)
        with pytest.raises(WrongPin) as wrong:
            phone.sign_document(world, device, b"x", password=WRONG_PASSWORD)
        assert wrong.value.tries_left == left
    with pytest.raises(LastTry):
        phone.sign_document(world, device, b"x", password=WRONG_PASSWORD)
    phone.sign_document(world, device, b"x", password=PASSWORD, allow_last_try=True)
    assert phone.tries_left(world, device)[PinKind.SIGNATURE_PASSWORD] == 5


def block(world: World, device: str) -> None:
    for _ in range(2):
        with pytest.raises(WrongPin):
            phone.authenticate(world, device, CHALLENGE, pin=WRONG_PIN)
    with pytest.raises(PinBlocked):
        phone.authenticate(world, device, CHALLENGE, pin=WRONG_PIN, allow_last_try=True)


def test_a_blocked_pin_stops_pin_and_biometrics_and_not_the_signature(world, device) -> None:
    block(world, device)
    assert phone.tries_left(world, device)[PinKind.USER_PIN] == 0
    for by in ({"pin": PIN}, {"biometrics": True}):
        with pytest.raises(PinBlocked):
            phone.authenticate(world, device, CHALLENGE, **by)
    phone.sign_document(world, device, b"x", password=PASSWORD)


def test_the_phones_pin_is_set_anew_by_its_password_and_that_by_the_card(
    world: World, holder: Holder
) -> None:
    device = holder.enrol()
    block(world, device)
    new_pin, new_password = UserPin("5678"), SignaturePassword("ANEW22")
    with pytest.raises(WrongPin):
        phone.reset_user_pin(world, holder.id, password=WRONG_PASSWORD, new=new_pin)
    phone.reset_user_pin(world, holder.id, password=PASSWORD, new=new_pin)
    phone.authenticate(world, device, CHALLENGE, pin=new_pin)
    phone.reset_signature_password(
        world,
        holder.id,
        card=applet(world, holder.card),
        card_password=CARD_PASSWORD,
        new=new_password,
    )
    phone.sign_document(world, device, b"x", password=new_password)


def test_a_pin_is_changed_by_its_old_value(world: World, device: str) -> None:
    new = UserPin("1111")
    with pytest.raises(WrongPin):
        phone.change_pin(world, device, old=WRONG_PIN, new=new)
    assert phone.tries_left(world, device)[PinKind.USER_PIN] == 2  # of three (P8)
    phone.change_pin(world, device, old=PIN, new=new)
    phone.authenticate(world, device, CHALLENGE, pin=new)
    with pytest.raises(MalformedPin):
        phone.change_pin(world, device, old=new, new=PASSWORD)


# Where biometrics are refused


def test_biometrics_serve_from_the_day_of_the_ordinance(
    world: World, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = RuleTable.milestone

    def later(day: date):
        def milestone(table: RuleTable, name: str):
            row = whole(table, name)
            return row.model_copy(update={"since": day}) if name == "mobile_biometric" else row

        return milestone

    # The world's day is 2026-07-06.
    monkeypatch.setattr(RuleTable, "milestone", later(date(2026, 7, 7)))
    with pytest.raises(Refused) as caught:
        phone.authenticate(world, device, CHALLENGE, biometrics=True)
    assert caught.value.rule == "PN-7"
    phone.authenticate(world, device, CHALLENGE, pin=PIN)
    monkeypatch.setattr(RuleTable, "milestone", later(date(2026, 7, 6)))
    phone.authenticate(world, device, CHALLENGE, biometrics=True)


@pytest.mark.parametrize("path", ["entry", "reset"])
def test_by_policy_a_new_finger_waits_for_the_pin(path: str) -> None:
    with new_world(biometrics_after_change="pin_first") as world:
        holder = new_holder(world)
        device = holder.enrol()
        phone.authenticate(world, device, CHALLENGE, biometrics=True)
        phone.treat(world, device, MobileDeviceChange.BIOMETRICS_CHANGED)
        with pytest.raises(Refused) as caught:
            phone.authenticate(world, device, CHALLENGE, biometrics=True)
        assert caught.value.rule == "biometrics_after_change"
        if path == "entry":
            phone.authenticate(world, device, CHALLENGE, pin=PIN)
        else:
            phone.reset_user_pin(world, holder.id, password=PASSWORD, new=UserPin("5678"))
        phone.authenticate(world, device, CHALLENGE, biometrics=True)
        phone.treat(world, device, MobileDeviceChange.BIOMETRICS_CHANGED)
        with pytest.raises(Refused):
            phone.authenticate(world, device, CHALLENGE, biometrics=True)


def test_by_default_a_new_finger_serves_at_once(world: World, device: str) -> None:
    phone.treat(world, device, MobileDeviceChange.BIOMETRICS_CHANGED)
    phone.authenticate(world, device, CHALLENGE, biometrics=True)


def test_without_biometrics_android_takes_the_pin_and_an_iphone_presents_nothing(
    world: World, holder: Holder
) -> None:
    android = holder.enrol(Platform.ANDROID)
    phone.set_biometrics(world, android, on=False)  # BIO-1: it falls back to the PIN
    with pytest.raises(Refused) as caught:
        phone.authenticate(world, android, CHALLENGE, biometrics=True)
    assert caught.value.rule == "PN-7"
    phone.authenticate(world, android, CHALLENGE, pin=PIN)
    iphone = holder.enrol(Platform.IPHONE)
    phone.set_biometrics(world, iphone, on=False)
    with pytest.raises(Refused) as caught:
        phone.authenticate(world, iphone, CHALLENGE, pin=PIN)
    assert caught.value.rule == "PN-11"
    phone.set_biometrics(world, iphone, on=True)
    phone.authenticate(world, iphone, CHALLENGE, pin=PIN)


# Bad questions


@pytest.mark.parametrize("challenge", [b"", b"x" * (64 * 1024 + 1)])
def test_a_challenge_has_a_length_and_costs_no_try_without(world, device, challenge) -> None:
    with pytest.raises(MalformedDocument):
        phone.authenticate(world, device, challenge, pin=WRONG_PIN)
    assert phone.tries_left(world, device)[PinKind.USER_PIN] == 3
    phone.authenticate(world, device, b"x" * (64 * 1024), pin=PIN)


def test_a_phone_wants_one_way_to_be_opened(world: World, device: str) -> None:
    with pytest.raises(PinRequired):
        phone.authenticate(world, device, CHALLENGE)
    with pytest.raises(ImpossibleFact):
        phone.authenticate(world, device, CHALLENGE, pin=PIN, biometrics=True)


def test_neither_a_card_nor_nothing_is_a_phone(world: World, holder: Holder) -> None:
    for name in (holder.card, "phone-nobody-1", ""):
        for use in (
            lambda n: phone.sign_document(world, n, b"x", password=PASSWORD),
            lambda n: phone.authenticate(world, n, CHALLENGE, pin=PIN),
            lambda n: phone.change_pin(world, n, old=PIN, new=UserPin("1111")),
            lambda n: phone.tries_left(world, n),
            lambda n: phone.go_offline(world, n),
            lambda n: phone.go_online(world, n),
            lambda n: phone.treat(world, n, MobileDeviceChange.SOLD),
            lambda n: phone.set_biometrics(world, n, on=True),
        ):
            with pytest.raises(ImpossibleFact):
                use(name)


def test_no_error_and_no_repr_tells_a_pin(world: World, holder: Holder) -> None:
    device = holder.begin()
    application = holder.apply(device)
    phone.send_application(world, device, application)
    said = [repr(application), repr(holder.state(device)), repr(phone.devices(world, holder.id))]
    for attempt in (
        lambda: phone.sign_document(world, device, b"x", password=WRONG_PASSWORD),
        lambda: phone.authenticate(world, device, CHALLENGE, pin=WRONG_PIN),
        lambda: phone.change_pin(world, device, old=WRONG_PIN, new=UserPin("7412")),
    ):
        with pytest.raises(PinError) as caught:
            attempt()
        said += [str(caught.value), repr(caught.value)]
    for secret in ("WRONG1", "7531", "7412", "PHONE1", "9876", "ABC123"):
        assert not any(secret in each for each in said)


def test_an_erased_chip_keeps_no_pins(world: World, holder: Holder) -> None:
    device = holder.enrol(Platform.IPHONE)
    phone.treat(world, device, MobileDeviceChange.ERASED)
    kept = world.store.chip(device) or ""
    assert b"PHONE1".hex() not in kept
    assert b"9876".hex() not in kept
    with pytest.raises(NoCertificate):
        phone.signature_certificate(world, device, password=PASSWORD)
    assert holder.state(device).keys == frozenset() < frozenset(Purpose)
