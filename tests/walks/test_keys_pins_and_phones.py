"""Random walks of a holder, a card and phones: what opens a key, and what restores a PIN.

After every step the counters of all chips are those of the oracle, so that none ever rises but by a
correct entry or a listed reset; a signature comes only with its password; no two phones live.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, time, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from jpki.card.layout import Credential
from jpki.card.pin import SignaturePassword, UserPin
from jpki.certificates import parse_certificate
from jpki.errors import (
    JpkiError,
    LastTry,
    PinBlocked,
    PinError,
    Refused,
    WrongPin,
)
from jpki.jst import at_time, day
from jpki.life.events import (
    MobileDeviceChange,
    PinReset,
    Platform,
    RecordItem,
    ResetPath,
)
from jpki.terms import CertificateKind, Medium, PinKind, Purpose
from simulator import callcentre, citizen, counter, kiosk, municipality, phone
from simulator.approvals import (
    AppRole,
    ApprovalDesk,
    Automatic,
    Entry,
    RequestStatus,
    SignatureAsked,
)
from simulator.face import LiveFace
from simulator.kiosk import KioskChain
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet, set_pins
from simulator.world import World
from tests.services import servicework as work
from tests.walks.oracle import BLOCKED, CARD_PATHS, LAST, OK, WRONG, Lock, Phone, Token

BEGINS = at_time(date(2026, 6, 22), time(10, 0))  # a Monday
PASSWORDS = ("ALPHA11", "BRAVO22", "CHARLIE3")
PINS = ("1111", "2222", "3333")
MOST_PHONES = 4
MOST_MOVES = 2
ERRORS = {WRONG: WrongPin, BLOCKED: PinBlocked, LAST: LastTry}
BOTH_PINS = frozenset({KioskChain.SEVEN_ELEVEN, KioskChain.AEON, KioskChain.OTHER_BOTH})  # KS-8

# EV-71: an Android phone keeps its keys; EV-72: an iPhone does not.
EMPTIED = {False: MobileDeviceChange.FACTORY_RESET, True: MobileDeviceChange.ERASED}

passwords = st.sampled_from(PASSWORDS)
pins = st.sampled_from(PINS)
# What is entered: the right value, whichever it is, as often as one out of three.
entered_password = st.sampled_from((None, None, None, *PASSWORDS))
entered_pin = st.sampled_from((None, None, None, *PINS))
often = st.integers(1, 5)
which_phone = st.integers(0, MOST_PHONES - 1)
choices = st.integers(0, 2)
mostly = st.sampled_from((True, True, False))
kinds = st.sampled_from(PinKind)
platforms = st.sampled_from(Platform)
P, U = PinKind.SIGNATURE_PASSWORD, PinKind.USER_PIN


def made(kind: PinKind, value: str) -> SignaturePassword | UserPin:
    return SignaturePassword(value) if kind is P else UserPin(value)


def attempt(act: Callable[[], Any]) -> tuple[Any, JpkiError | None]:
    try:
        return act(), None
    except JpkiError as error:
        return None, error


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


class Walk(RuleBasedStateMachine):
    """One holder's life with chips, beside the oracle's."""

    place: ClassVar[Path]
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        copied = Path(self.folder.name) / "world.sqlite"
        shutil.copy(self.place, copied)
        self.world = World.open(copied, keys=work.keys())
        (self.person,) = self.world.state().people
        holder = self.world.state().person(self.person)
        assert holder.card is not None
        assert holder.device is not None
        self.card = Token.of(holder.card.number, PASSWORDS[0], PINS[0])
        self.phones = [Phone.of(holder.device.id, PASSWORDS[1], PINS[1])]
        self.desk = ApprovalDesk(self.world)
        self.moves = 0
        self.card_signs_online = True  # its signature certificate is alive
        self.enrolled: Phone | None = self.phones[0]

    def teardown(self) -> None:
        self.world.close()
        self.folder.cleanup()

    # using keys

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

    # changing and resetting PINs

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

    # phones come and go

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

    # what is always so

    @invariant()
    def everything_is_as_the_oracle_has_it(self) -> None:
        standing = {each.id: each for each in phone.devices(self.world, self.person)}
        assert self.counters(self.card) == self.card.counters
        for each in self.phones:
            self.keys_leave_for_a_reason_and_never_come_back(each, standing[each.name].erased)
            if not each.empty:
                tries = standing[each.name].tries
                assert (tries[P], tries[U]) == each.counters, each.name
        on_record = [each.standing.value for each in standing.values()]
        assert sum(word in ("enrolled", "suspended") for word in on_record) <= 1
        self.no_two_phones_live()

    def keys_leave_for_a_reason_and_never_come_back(self, token: Phone, erased: bool) -> None:
        assert not erased or token.may_be_empty, token.name
        assert erased or not token.empty, token.name
        # C-2: what was replaced is erased as soon as it is reached.
        assert erased or not (token.replaced and token.online), token.name
        token.empty = erased

    def no_two_phones_live(self) -> None:
        state = self.world.state()
        live = {
            record.device
            for record in state.records(self.person)
            if record.device is not None and record.live_at(self.world.now)
        }
        assert len(live) <= 1

    # helping the rules

    def one_of(self, which: int) -> Phone:
        return self.phones[which % len(self.phones)]

    def counters(self, token: Token) -> tuple[int, int]:
        told = applet(self.world, token.name).counters()
        return told[P], told[U]

    def presented(
        self, lock: Lock, given: str, last_allowed: bool, error: JpkiError | None
    ) -> None:
        """Hold what came of an entry against the oracle.

        A refusal for another reason may have come before the entry or after it; which of the two is
        then read from the counter, and it is one of the two.
        """
        expected = lock.answer(given, last_allowed=last_allowed)
        if error is None:
            assert expected == OK
        elif isinstance(error, PinError):
            assert expected != OK
            assert isinstance(error, ERRORS[expected])
        else:
            assert isinstance(error, JpkiError)
            before = lock.tries
            if expected == OK:
                lock.enter(given, last_allowed=last_allowed)
                token = self.owner(lock)
                seen = self.counters(token)[0 if lock is token.password else 1]
                assert seen in (before, lock.tries)
                lock.tries = seen
            return
        lock.enter(given, last_allowed=last_allowed)
        self.reached["locked"] += lock.tries == 0

    def owner(self, lock: Lock) -> Token:
        everything: list[Token] = [self.card, *self.phones]
        return next(each for each in everything if lock in (each.password, each.pin))


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


def walk(
    place: Path, *, examples: int, steps: int, phases: tuple[Phase, ...] = tuple(Phase)
) -> Counter[str]:
    Walk.place, Walk.reached = place, Counter()
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Walk.reached


def test_no_walk_opens_a_key_or_restores_a_pin_on_a_way_that_is_not_listed(
    template: Path, counted: Callable[..., None]
) -> None:
    reached = walk(template, examples=25, steps=30)
    assert {what for what, number in reached.items() if number} >= REACHED
    counted("walks", **{"steps that did something": sum(reached.values())})


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
    ("owner", "name", "defect"),
    [
        (World, "advance_to_day", waiting_unlocks),
        (phone, "reset_user_pin", pin_is_reset_for_nothing),
        (phone, "sign_digest", any_password_signs),
    ],
)
def test_the_walks_would_notice(
    template: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, defect: object
) -> None:
    monkeypatch.setattr(owner, name, defect)
    with pytest.raises(AssertionError):
        walk(template, examples=20, steps=30, phases=(Phase.generate,))


@pytest.mark.long
def test_no_longer_walk_does_either(template: Path) -> None:
    walk(template, examples=150, steps=60)
