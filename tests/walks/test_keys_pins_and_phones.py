"""Random walks of a holder, a card and phones: what opens a key, and what restores a PIN.

After every step the counters of all chips are those of the oracle, so that none ever rises but by a
correct entry or a listed reset; a signature comes only with its password; no two phones live.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    rule,
    run_state_machine_as_test,
)

from jpki.card.layout import Credential
from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time, day
from jpki.life.events import (
    Platform,
    RecordItem,
)
from jpki.terms import CertificateKind
from simulator import callcentre, municipality, phone
from simulator.approvals import (
    AppRole,
    ApprovalDesk,
)
from simulator.face import LiveFace
from simulator.kiosk import KioskChain
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet, set_pins
from simulator.world import World
from tests.services import servicework as work
from tests.walks.ground import (
    BEGINS,
    EMPTIED,
    MOST_MOVES,
    MOST_PHONES,
    PASSWORDS,
    PINS,
    P,
    U,
    attempt,
    entered_password,
    passwords,
    pins,
    platforms,
    which_phone,
)
from tests.walks.oracle import Phone
from tests.walks.resets import Resets
from tests.walks.uses import Uses


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with one holder who has a card and a phone, as every walk begins."""
    place = tmp_path_factory.mktemp("walks") / "world.sqlite"
    with World.create(place, seed="service tests", at=BEGINS, keys=work.keys()) as world:
        person = municipality.register(
            world, invent_person(world.seed, 1, birth_date=date(1990, 9, 15))
        )
        pins = TokenPins(SignaturePassword(PASSWORDS[0]), UserPin(PINS[0]))
        card = municipality.hand_over_card(world, person, pins=pins)
        phone.enrol(
            world,
            person,
            platform=Platform.ANDROID,
            card=applet(world, card),
            card_password=SignaturePassword(PASSWORDS[0]),
            pins=TokenPins(SignaturePassword(PASSWORDS[1]), UserPin(PINS[1])),
        )
        ApprovalDesk(world).apps.register("app", roles=list(AppRole))
    return place


class Walk(Uses, Resets):
    """One holder's life: keys are used, PINs set anew, phones come and go."""

    @rule(entry=entered_password, password=passwords, pin=pins, platform=platforms)
    def enrol_a_phone(self, entry: str | None, password: str, pin: str, platform: Platform) -> None:
        given = entry or self.card.password.value
        if len(self.phones) == MOST_PHONES:
            return
        name, error = attempt(
            lambda: phone.enrol(
                self.world,
                self.person,
                platform=platform,
                card=applet(self.world, self.card.name),
                card_password=SignaturePassword(given),
                pins=TokenPins(SignaturePassword(password), UserPin(pin)),
            )
        )
        self.presented(self.card.password, given, False, error)
        if name is None:
            return
        assert self.card_signs_online  # Act 16-2(2), 35-2(2): the card's certificate is alive
        for each in self.phones:
            each.replaced = each.may_be_empty = True
        self.enrolled = Phone.of(name, password, pin)
        self.enrolled.iphone = platform is Platform.IPHONE
        self.phones.append(self.enrolled)
        self.reached["another phone"] += 1

    @rule(which=which_phone, online=st.booleans())
    def cut_off_or_reach(self, which: int, online: bool) -> None:
        token = self.one_of(which)
        (phone.go_online if online else phone.go_offline)(self.world, token.name)
        token.online = online

    @rule(which=which_phone)
    def reset_to_factory_or_erase(self, which: int) -> None:
        token = self.one_of(which)
        change = EMPTIED[token.iphone]
        _, error = attempt(lambda: phone.treat(self.world, token.name, change))
        if error is None and token.iphone:
            token.may_be_empty = True

    @rule(signed_by_card=st.booleans())
    def stop_using_the_phone(self, signed_by_card: bool) -> None:
        signer = (
            CertificateKind.CARD_SIGNATURE if signed_by_card else CertificateKind.MOBILE_SIGNATURE
        )
        _, error = attempt(
            lambda: phone.discontinue_use(self.world, self.person, signed_with=signer)
        )
        if error is None and self.enrolled is not None:
            self.enrolled.may_be_empty = True
            self.reached["stopped"] += 1

    @rule(lift=st.booleans())
    def lose_or_find_the_phone(self, lift: bool) -> None:
        act = phone.lift_suspension if lift else callcentre.suspend_phone
        attempt(lambda: act(self.world, self.person))

    # life goes on

    @rule(days=st.integers(1, 3))
    def days_pass(self, days: int) -> None:
        self.world.advance_to_day(day(self.world.now) + timedelta(days=days))

    @rule(renew=st.booleans())
    def move_or_get_a_new_certificate(self, renew: bool) -> None:
        if renew and not self.card_signs_online:
            municipality.issue_signature_certificate(self.world, self.person)
            self.card_signs_online = True
        elif not renew and self.moves < MOST_MOVES:
            self.moves += 1
            address = f"東京都渋谷区模擬町{self.moves}"
            at = municipality.amend_record(self.world, self.person, RecordItem.ADDRESS, address)
            self.world.advance_to_day(day(at) + timedelta(days=1))
            self.card_signs_online = False
            self.reached["moved"] += 1


REACHED = {
    "RS-1",
    "RS-2",
    "another phone",
    "card used",
    "changed",
    "counter",
    "finger",
    "kiosk",
    "locked",
    "moved",
    "no password, no signature",
    "phone authenticated",
    "phone signed",
    "post_office",
    "stopped",
}


def walk(place: Path, *, examples: int, steps: int) -> Counter[str]:
    Walk.place, Walk.reached = place, Counter()
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Walk.reached


def test_no_walk_opens_a_key_or_restores_a_pin_on_a_way_that_is_not_listed(
    template: Path, counted: Callable[..., None]
) -> None:
    reached = walk(template, examples=20, steps=30)
    assert sum(reached.values()) > 100
    counted("walks", **{"steps that did something": sum(reached.values())})


def test_every_listed_way_leads_somewhere(template: Path) -> None:
    """The steps, walked on purpose, do what they are there for; the oracle is asked after each."""
    Walk.place, Walk.reached = template, Counter()
    life = Walk()
    right = {"last": True, "times": 1}
    steps: list[Callable[[], object]] = [
        lambda: life.sign_with_a_phone(which=0, entry=None, cms=True, **right),
        lambda: life.authenticate_with_a_phone(which=0, entry=None, **right),
        lambda: life.authenticate_with_a_finger(which=0),
        lambda: life.use_the_card(password=None, pin=None, kind=P, **right),
        lambda: life.change_a_pin(which=0, of_card=False, kind=P, right=True, new=2),
        lambda: life.sign_with_a_phone(which=0, entry="ALPHA11", cms=False, last=True, times=5),
        lambda: life.reset_the_phones_pin_with_its_password(entry=None, new=PINS[0]),
        lambda: life.reset_the_phones_password_with_the_card(entry=None, new=PASSWORDS[0]),
        lambda: life.reset_the_phones_pin_with_its_password(entry=None, new=PINS[0]),
        lambda: life.reset_a_pin_of_the_card_at_a_counter(path="counter", kind=U, new=2),
        lambda: life.reset_a_pin_of_the_card_at_a_counter(path="post_office", kind=P, new=2),
        lambda: life.reset_a_pin_at_a_kiosk(
            kind=P,
            right=True,
            new=1,
            face=LiveFace.HOLDER,
            chain=KioskChain.LAWSON,
            right_code=True,
        ),
        *(
            lambda way=way: life.try_to_sign_without_the_password(
                which=0, pin=PINS[0], way=way, of_card=False
            )
            for way in ("finger", "pin", "automatic", "unverified", "other pin verified")
        ),
        lambda: life.enrol_a_phone(
            entry=None, password=PASSWORDS[1], pin=PINS[1], platform=Platform.IPHONE
        ),
        lambda: life.move_or_get_a_new_certificate(renew=False),
        lambda: life.move_or_get_a_new_certificate(renew=True),
        lambda: life.enrol_a_phone(
            entry=None, password=PASSWORDS[1], pin=PINS[1], platform=Platform.ANDROID
        ),
        lambda: life.stop_using_the_phone(signed_by_card=True),
    ]
    try:
        for step in steps:
            step()
            life.everything_is_as_the_oracle_has_it()
    finally:
        life.teardown()
    assert {what for what, number in life.reached.items() if number} == REACHED


def waiting_unlocks(world: World, on: date, *_: object) -> None:
    world.advance(at_time(on, time(12, 0)))
    (person,) = world.state().people.values()
    assert person.card is not None
    set_pins(world, person.card.number, {Credential.USER_PIN: None})


def pin_is_reset_for_nothing(
    world: World, person: str, *, password: SignaturePassword, new: UserPin
) -> None:
    device = world.state().person(person).device
    if device is not None:
        set_pins(world, device.id, {Credential.USER_PIN: new})


def any_password_signs(world: World, device: str, **_: object) -> bytes:
    return bytes(256)


@pytest.mark.parametrize(
    ("owner", "name", "defect", "step"),
    [
        (World, "advance_to_day", waiting_unlocks, lambda life: life.days_pass(days=1)),
        (
            phone,
            "reset_user_pin",
            pin_is_reset_for_nothing,
            lambda life: life.reset_the_phones_pin_with_its_password(PASSWORDS[2], PINS[0]),
        ),
        (
            phone,
            "sign_digest",
            any_password_signs,
            lambda life: life.sign_with_a_phone(0, PASSWORDS[2], last=False, times=1, cms=False),
        ),
    ],
)
def test_the_walks_would_notice(
    template: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    defect: object,
    step: Callable[[Walk], object],
) -> None:
    monkeypatch.setattr(owner, name, defect)
    Walk.place, Walk.reached = template, Counter()
    life = Walk()

    def go_on() -> None:
        step(life)
        life.everything_is_as_the_oracle_has_it()

    try:
        life.use_the_card(password=None, pin=PINS[2], kind=U, last=False, times=1)
        life.everything_is_as_the_oracle_has_it()
        with pytest.raises(AssertionError):
            go_on()
    finally:
        life.teardown()


@pytest.mark.long
def test_no_longer_walk_does_either(template: Path) -> None:
    walk(template, examples=40, steps=60)
