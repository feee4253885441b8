"""Steps that change PINs or set them anew, on every way there is and on those that are none."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import (
    rule,
)

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import (
    Refused,
)
from jpki.life.events import (
    PinReset,
    ResetPath,
)
from jpki.terms import Medium, PinKind
from simulator import citizen, counter, kiosk, phone
from simulator.face import LiveFace
from simulator.kiosk import KioskChain
from simulator.tokens import applet
from tests.walks.ground import (
    BOTH_PINS,
    PASSWORDS,
    PINS,
    Ground,
    P,
    U,
    attempt,
    choices,
    entered_password,
    kinds,
    made,
    mostly,
    passwords,
    pins,
    which_phone,
)
from tests.walks.oracle import CARD_PATHS, Phone, Token


class Resets(Ground):
    """Change and reset."""

    @rule(which=which_phone, of_card=st.booleans(), kind=kinds, right=mostly, new=choices)
    def change_a_pin(self, which: int, of_card: bool, kind: PinKind, right: bool, new: int) -> None:
        token: Token = self.card if of_card else self.one_of(which)
        values = PASSWORDS if kind is P else PINS
        lock = token.password if kind is P else token.pin
        old = lock.value if right else values[new]
        change = citizen.change_pin if of_card else phone.change_pin
        _, error = attempt(
            lambda: change(self.world, token.name, old=made(kind, old), new=made(kind, values[new]))
        )
        if isinstance(token, Phone) and token.empty:
            assert error is not None
            return
        self.presented(lock, old, False, error)
        if error is None:
            lock.reset(values[new])
            self.reached["changed"] += 1

    @rule(entry=entered_password, new=passwords)
    def reset_the_phones_password_with_the_card(self, entry: str | None, new: str) -> None:
        given = entry or self.card.password.value
        _, error = attempt(
            lambda: phone.reset_signature_password(
                self.world,
                self.person,
                card=applet(self.world, self.card.name),
                card_password=SignaturePassword(given),
                new=SignaturePassword(new),
            )
        )
        self.presented(self.card.password, given, False, error)
        if error is None:
            assert self.enrolled is not None
            self.enrolled.password.reset(new)
            self.reached["RS-1"] += 1

    @rule(entry=entered_password, new=pins)
    def reset_the_phones_pin_with_its_password(self, entry: str | None, new: str) -> None:
        given = entry or (self.enrolled or self.phones[-1]).password.value
        _, error = attempt(
            lambda: phone.reset_user_pin(
                self.world, self.person, password=SignaturePassword(given), new=UserPin(new)
            )
        )
        if self.enrolled is None or self.enrolled.empty:
            assert error is not None
            return
        self.presented(self.enrolled.password, given, False, error)
        if error is None:
            self.enrolled.pin.reset(new)
            self.reached["RS-2"] += 1

    @rule(path=st.sampled_from(sorted(CARD_PATHS)), kind=kinds, new=choices)
    def reset_a_pin_of_the_card_at_a_counter(self, path: str, kind: PinKind, new: int) -> None:
        value = (PASSWORDS if kind is P else PINS)[new]
        pins = {kind: made(kind, value)}
        counter.reset_pins(self.world, self.person, pins, path=ResetPath(path))
        (self.card.password if kind is P else self.card.pin).reset(value)
        self.reached[path] += 1

    @rule(path=st.sampled_from(ResetPath), kind=kinds, new=choices)
    def reset_a_pin_of_the_card_elsewhere(self, path: ResetPath, kind: PinKind, new: int) -> None:
        if path.value in CARD_PATHS:
            return
        pins = {kind: made(kind, (PASSWORDS if kind is P else PINS)[new])}
        _, error = attempt(lambda: counter.reset_pins(self.world, self.person, pins, path=path))
        assert isinstance(error, Refused), path

    @rule(path=st.sampled_from(ResetPath), kind=kinds)
    def reset_a_pin_of_the_phone_elsewhere(self, path: ResetPath, kind: PinKind) -> None:
        if path is ResetPath.PHONE_APP:
            return
        event = PinReset(person=self.person, medium=Medium.MOBILE_DEVICE, pin=kind, path=path)
        _, error = attempt(lambda: self.world.record(event))
        assert error is not None, path

    @rule(
        kind=kinds,
        right=mostly,
        new=choices,
        face=st.sampled_from((LiveFace.HOLDER, *LiveFace)),
        chain=st.sampled_from(KioskChain),
        right_code=st.sampled_from([True, True, True, False]),
    )
    def reset_a_pin_at_a_kiosk(
        self,
        kind: PinKind,
        right: bool,
        new: int,
        face: LiveFace,
        chain: KioskChain,
        right_code: bool,
    ) -> None:
        other_kind = U if kind is P else P
        other = self.card.pin if kind is P else self.card.password
        other_value = other.value if right else (PINS if kind is P else PASSWORDS)[new]
        value = (PASSWORDS if kind is P else PINS)[new]
        slip, error = attempt(
            lambda: kiosk.reserve(
                self.world, self.person, kind, other=made(other_kind, other_value), face=face
            )
        )
        self.presented(other, other_value, False, error)
        if slip is None:
            return
        code = slip.code if right_code else "0" * len(slip.code)
        _, error = attempt(
            lambda: kiosk.finish_pin_reset(
                self.world,
                self.person,
                code=code,
                other=made(other_kind, other_value),
                new=made(kind, value),
                chain=chain,
            )
        )
        self.presented(other, other_value, False, error)
        if error is None:
            assert code == slip.code
            assert kind is P or chain in BOTH_PINS
            (self.card.password if kind is P else self.card.pin).reset(value)
            self.reached["kiosk"] += 1
