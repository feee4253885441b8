"""Random lives of one person with a card and phones: what no order of steps may bring about."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import JpkiError, LastTry, NoCertificate, PinBlocked, WrongPin
from jpki.life import CertificateState
from jpki.life.events import MobileDeviceChange, Platform, RecordItem
from jpki.terms import CertificateKind, PinKind
from simulator import callcentre, citizen, municipality, phone
from simulator.exposure import Reach, Who, exposure
from simulator.phone import Standing
from simulator.tokens import applet
from tests.phone.conftest import CARD_PASSWORD, MA, MS, new_holder, new_world

PASSWORDS = {name: SignaturePassword(name) for name in ("PHONE1", "OTHER2", "WRONG3")}
PINS = {digits: UserPin(digits) for digits in ("9876", "1111", "7531")}
FULL = {PinKind.SIGNATURE_PASSWORD: 5, PinKind.USER_PIN: 3}  # P7, P8
PICK = st.integers(min_value=0, max_value=3)


class Life(RuleBasedStateMachine):
    """What the phones' PINs are and how many tries they have, beside the world."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world()
        self.holder = new_holder(self.world)
        self.right: dict[str, dict[PinKind, str]] = {}
        self.tries: dict[str, dict[PinKind, int]] = {}

    def teardown(self) -> None:
        self.world.close()

    def device(self, pick: int) -> str | None:
        names = list(self.right)
        return names[pick % len(names)] if names else None

    # steps

    @rule(platform=st.sampled_from(list(Platform)))
    def enrol(self, platform: Platform) -> None:
        try:
            device = self.holder.enrol(platform)
        except JpkiError:
            return
        self.right[device] = {PinKind.SIGNATURE_PASSWORD: "PHONE1", PinKind.USER_PIN: "9876"}
        self.tries[device] = dict(FULL)

    @rule(pick=PICK, on=st.booleans())
    def reach(self, pick: int, on: bool) -> None:
        device = self.device(pick)
        if device is not None:
            (phone.go_online if on else phone.go_offline)(self.world, device)

    @rule(change=st.sampled_from(list(MobileDeviceChange)), pick=PICK)
    def treat(self, change: MobileDeviceChange, pick: int) -> None:
        device = self.device(pick)
        if device is not None:
            self.attempt(lambda: phone.treat(self.world, device, change))

    @rule(
        step=st.sampled_from(
            ["apply", "suspend", "lift", "download", "notice", "move", "issue", "renew"]
        )
    )
    def record(self, step: str) -> None:
        world, person = self.world, self.holder.id
        card = applet(world, self.holder.card)
        self.attempt(
            {
                "apply": lambda: phone.discontinue_use(world, person),
                "suspend": lambda: callcentre.suspend_phone(world, person),
                "lift": lambda: phone.lift_suspension(world, person),
                "download": lambda: phone.download_signature_certificate(
                    world, person, card=card, card_password=CARD_PASSWORD
                ),
                "notice": lambda: citizen.report_compromise(
                    world, person, [MS, MA], signed_with=CertificateKind.CARD_SIGNATURE
                ),
                "move": lambda: world.advance(
                    municipality.amend_record(world, person, RecordItem.ADDRESS, "模擬町二丁目")
                ),
                "issue": lambda: municipality.issue_signature_certificate(world, person),
                "renew": lambda: municipality.renew_certificates(world, person),
            }[step]
        )

    @rule(hours=st.integers(min_value=1, max_value=50))
    def wait(self, hours: int) -> None:
        self.world.advance(self.world.now + timedelta(hours=hours))

    # the keys

    @rule(pick=PICK, typed=st.sampled_from(sorted(PASSWORDS)), last=st.booleans())
    def sign(self, pick: int, typed: str, last: bool) -> None:
        device = self.device(pick)
        if device is not None:
            self.opens(
                device,
                PinKind.SIGNATURE_PASSWORD,
                typed,
                lambda: phone.sign_document(
                    self.world,
                    device,
                    b"x",
                    password=PASSWORDS[typed],
                    allow_last_try=last,
                ),
            )

    @rule(pick=PICK, typed=st.sampled_from(sorted(PINS)), last=st.booleans())
    def authenticate(self, pick: int, typed: str, last: bool) -> None:
        device = self.device(pick)
        if device is not None:
            self.opens(
                device,
                PinKind.USER_PIN,
                typed,
                lambda: phone.authenticate(
                    self.world, device, b"c", pin=PINS[typed], allow_last_try=last
                ),
            )

    @rule(pick=PICK)
    def match(self, pick: int) -> None:
        device = self.device(pick)
        if device is not None:
            done = self.attempt(
                lambda: phone.authenticate(self.world, device, b"c", biometrics=True)
            )
            # A matched finger gives no tries back, and opens nothing whose PIN is blocked.
            assert not (done and self.tries[device][PinKind.USER_PIN] == 0)

    @rule(new=st.sampled_from(["PHONE1", "OTHER2"]))
    def reset_password(self, new: str) -> None:
        card = applet(self.world, self.holder.card)
        self.reset(
            PinKind.SIGNATURE_PASSWORD,
            new,
            lambda: phone.reset_signature_password(
                self.world,
                self.holder.id,
                card=card,
                card_password=CARD_PASSWORD,
                new=PASSWORDS[new],
            ),
        )

    @rule(new=st.sampled_from(["9876", "1111"]), typed=st.sampled_from(sorted(PASSWORDS)))
    def reset_pin(self, new: str, typed: str) -> None:
        person = self.world.state().person(self.holder.id)
        if person.device is None:
            return
        device = person.device.id

        def reset() -> None:
            phone.reset_user_pin(
                self.world, self.holder.id, password=PASSWORDS[typed], new=PINS[new]
            )
            self.right[device][PinKind.USER_PIN] = new
            self.tries[device][PinKind.USER_PIN] = FULL[PinKind.USER_PIN]

        self.opens(device, PinKind.SIGNATURE_PASSWORD, typed, reset)

    def reset(self, kind: PinKind, new: str, act) -> None:
        person = self.world.state().person(self.holder.id)
        if self.attempt(act):
            assert person.device is not None
            self.right[person.device.id][kind] = new
            self.tries[person.device.id][kind] = FULL[kind]

    def opens(self, device: str, kind: PinKind, typed: str, act) -> None:
        """Do it, and hold the outcome against what the PIN is and what tries are left."""
        left = self.tries[device]
        right = self.right[device][kind] == typed
        try:
            act()
        except WrongPin as error:
            left[kind] -= 1
            told = (right, error.tries_left)
            assert told == (False, left[kind])
        except PinBlocked:
            # Blocked before, or the last try was spent just now.
            assert left[kind] == 0 or (left[kind] == 1 and not right)
            left[kind] = 0
        except LastTry:
            assert left[kind] == 1
        except JpkiError:
            # Something else stood in the way: before the PIN was asked for, or, for a reset, after
            # the phone's password was right.
            if right and left[kind] and self.holder.state(device).tries.get(kind) == FULL[kind]:
                left[kind] = FULL[kind]
        else:
            assert right
            assert left[kind] > 0
            left[kind] = FULL[kind]

    def attempt(self, act) -> bool:
        """Do it or have it refused; what is refused leaves the log as it was."""
        entries = self.world.entries
        try:
            act()
        except JpkiError:
            assert self.world.entries == entries
            return False
        return True

    # what always holds

    @invariant()
    def one_phone_lives(self) -> None:
        state = self.world.state()
        for kind in (MS, MA):
            live = [
                record
                for record in state.records(self.holder.id)
                if record.kind is kind and record.live_at(state.at)
            ]
            assert len(live) <= 1
        phones = phone.devices(self.world, self.holder.id)
        living = [
            each.id
            for each in phones
            if any(
                c.state in (CertificateState.ACTIVE, CertificateState.HELD)
                for c in each.certificates
            )
        ]
        assert len(living) <= 1
        assert sum(each.standing is not Standing.OLD for each in phones) <= 1

    @invariant()
    def counters_are_what_was_typed(self) -> None:
        for each in phone.devices(self.world, self.holder.id):
            if each.working and not each.erased and each.id in self.tries:
                assert dict(each.tries) == self.tries[each.id]

    @invariant()
    def nobody_signs_without_the_password(self) -> None:
        report = exposure(self.world, self.holder.id)
        for use in report.uses:
            if use.kind is MS and use.who in (Who.FINDER, Who.UNLOCKED, Who.BUYER):
                assert use.reach is Reach.CANNOT

    @invariant()
    def an_old_phone_online_holds_nothing(self) -> None:
        for each in phone.devices(self.world, self.holder.id):
            if each.standing is Standing.OLD and each.online:
                assert each.erased
                if each.working:
                    with pytest.raises(NoCertificate):
                        phone.authenticate(self.world, each.id, b"c", biometrics=True)


def walk(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_order_of_steps_makes_two_live_phones_or_opens_a_key_without_its_pin() -> None:
    walk(examples=5, steps=12)


@pytest.mark.long
def test_no_order_of_many_steps_does_either() -> None:
    walk(examples=25, steps=40)
