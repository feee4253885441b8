"""The ground the walks go over: one holder with chips, beside the oracle's picture of them.

After every step the counters of all chips are those of the oracle, so that none ever rises but by a
correct entry or a listed reset; keys leave a phone for a reason only; no two phones live.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
)

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import (
    JpkiError,
    LastTry,
    PinBlocked,
    PinError,
    WrongPin,
)
from jpki.jst import at_time
from jpki.life.events import (
    MobileDeviceChange,
    Platform,
)
from jpki.terms import PinKind
from simulator import phone
from simulator.approvals import (
    ApprovalDesk,
)
from simulator.kiosk import KioskChain
from simulator.tokens import applet
from simulator.world import World
from tests.services import servicework as work
from tests.walks.oracle import BLOCKED, LAST, OK, WRONG, Lock, Phone, Token

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


class Ground(RuleBasedStateMachine):
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
