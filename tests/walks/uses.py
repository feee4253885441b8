"""Steps that use keys: with the right entry, a wrong one, or none at all."""

from __future__ import annotations

from functools import partial

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import strategies as st
from hypothesis.stateful import (
    rule,
)

from jpki.card.pin import SignaturePassword, UserPin
from jpki.certificates import parse_certificate
from jpki.errors import (
    Refused,
)
from jpki.terms import CertificateKind, PinKind, Purpose
from simulator import phone
from simulator.approvals import (
    Automatic,
    Entry,
    RequestStatus,
    SignatureAsked,
)
from simulator.tokens import applet
from tests.walks.ground import (
    Ground,
    P,
    attempt,
    entered_password,
    entered_pin,
    kinds,
    made,
    often,
    pins,
    which_phone,
)
from tests.walks.oracle import Phone, Token


class Uses(Ground):
    """Sign and authenticate, and try to without the password."""

    @rule(
        which=which_phone,
        entry=entered_password,
        last=st.booleans(),
        times=often,
        cms=st.booleans(),
    )
    def sign_with_a_phone(
        self, which: int, entry: str | None, last: bool, times: int, cms: bool
    ) -> None:
        token = self.one_of(which)
        given = entry or token.password.value
        for _ in range(times):
            secret = SignaturePassword(given)
            sign = partial(phone.sign_document, content=b"text")
            if not cms:
                sign = partial(phone.sign_digest, digest=bytes(32))
            told, error = attempt(
                partial(sign, self.world, token.name, password=secret, allow_last_try=last)
            )
            if token.empty:
                assert error is not None
                return
            self.presented(token.password, given, last, error)
            assert (told is not None) == (error is None)
            self.reached["phone signed"] += error is None

    @rule(which=which_phone, entry=entered_pin, last=st.booleans(), times=often)
    def authenticate_with_a_phone(
        self, which: int, entry: str | None, last: bool, times: int
    ) -> None:
        token = self.one_of(which)
        given = entry or token.pin.value
        for _ in range(times):
            _, error = attempt(
                lambda: phone.authenticate(
                    self.world, token.name, b"c" * 16, pin=UserPin(given), allow_last_try=last
                )
            )
            if token.empty:
                assert error is not None
                return
            self.presented(token.pin, given, last, error)
            self.reached["phone authenticated"] += error is None

    @rule(which=which_phone)
    def authenticate_with_a_finger(self, which: int) -> None:
        token = self.one_of(which)
        told, error = attempt(
            lambda: phone.authenticate(self.world, token.name, b"c" * 16, biometrics=True)
        )
        if token.empty:
            assert error is not None
        if told is not None:
            # What a finger opens is the authentication key, and never another.
            parsed = parse_certificate(told.certificate)
            assert parsed.kind is CertificateKind.MOBILE_AUTHENTICATION
            parsed.public_key.verify(told.signature, b"c" * 16, PKCS1v15(), SHA256())
            self.reached["finger"] += 1

    @rule(password=entered_password, pin=entered_pin, kind=kinds, last=st.booleans(), times=often)
    def use_the_card(
        self, password: str | None, pin: str | None, kind: PinKind, last: bool, times: int
    ) -> None:
        lock, entry = (self.card.password, password) if kind is P else (self.card.pin, pin)
        value = entry or lock.value
        purpose = Purpose.SIGNATURE if kind is P else Purpose.USER_AUTHENTICATION

        def act() -> bytes:
            secret = made(kind, value)
            with applet(self.world, self.card.name).opened_key(
                purpose, secret, allow_last_try=last
            ) as key:
                return key.sign_sha256(bytes(32))

        for _ in range(times):
            _, error = attempt(act)
            self.presented(lock, value, last, error)
            self.reached["card used"] += error is None

    @rule(
        which=which_phone,
        pin=pins,
        way=st.sampled_from(["finger", "pin", "automatic", "unverified", "other pin verified"]),
        of_card=st.booleans(),
    )
    def try_to_sign_without_the_password(
        self, which: int, pin: str, way: str, of_card: bool
    ) -> None:
        token: Token = self.card if of_card else self.one_of(which)
        if way in ("unverified", "other pin verified"):
            chip = applet(self.world, token.name)
            if way == "other pin verified":
                _, error = attempt(lambda: chip.verify(UserPin(pin)))
                if not (isinstance(token, Phone) and token.empty):
                    self.presented(token.pin, pin, False, error)
            told, error = attempt(lambda: chip.sign_sha256(Purpose.SIGNATURE, bytes(32)))
            assert told is None
            assert error is not None
            return
        if self.enrolled is None:
            return
        entry = Entry(biometrics=True) if way == "finger" else Entry(pin=UserPin(pin))
        if way == "automatic":
            self.desk.automatic.set(self.enrolled.name, Automatic(pin=pin, biometrics=True))
        question = {"device": self.enrolled.name, "document": b"QUJD"}
        asked, error = attempt(
            lambda: self.desk.create(
                self.desk.apps.named("app"), SignatureAsked.model_validate(question)
            )
        )
        self.desk.automatic.set(self.enrolled.name, None)
        if error is not None:
            return  # the phone was given up in the meantime
        if way != "automatic":
            _, error = attempt(lambda: self.desk.approve(asked.id, entry))
            assert isinstance(error, Refused)
            assert error.rule == "PN-6"
        found = self.desk.get(asked.id)
        assert found is not None
        assert (found.status, found.result) == (RequestStatus.PENDING, None)
        self.desk.refuse(asked.id)
        self.reached["no password, no signature"] += 1
