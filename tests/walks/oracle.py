"""What may open and restore what, as the law's tables have it; none of our code takes part.

P1, P7: five wrong tries in a row lock a signature password; P2: three lock a user PIN, and P8 is
taken to be three, too. PN-2: a correct entry gives all tries back, waiting none. PN-3: each PIN
locks by itself. PN-6: nothing but the password signs. PN-7: a finger or a face stands in for P8
alone.

Who can reset what (the listed ways, and there are no others):

=====================  ==================================================
card password, PIN     the counter; a post office; a kiosk with the other
                       PIN, a face and the code of a reservation (and at
                       some chains the password only, KS-8)
phone password (P7)    in the app, with the card and its password (RS-1)
phone PIN (P8)         in the app, with the phone's password (RS-2)
=====================  ==================================================
"""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD_TRIES = 5
PIN_TRIES = 3

OK, WRONG, BLOCKED, LAST = "ok", "wrong", "blocked", "last"

CARD_PATHS = frozenset({"counter", "post_office"})
"""Ways to set a PIN of the card that ask for nothing but the card and the holder."""


@dataclass
class Lock:
    """One PIN: what opens it, and how many tries are left of how many."""

    value: str
    full: int
    tries: int

    @classmethod
    def of(cls, value: str, full: int) -> Lock:
        return cls(value, full, full)

    def answer(self, given: str, *, last_allowed: bool) -> str:
        """Say what presenting a value comes to, without presenting it."""
        if self.tries == 0:
            return BLOCKED
        if self.tries == 1 and not last_allowed:
            return LAST  # the client does not even send it
        if given == self.value:
            return OK
        return WRONG if self.tries > 1 else BLOCKED

    def enter(self, given: str, *, last_allowed: bool) -> str:
        """Present a value."""
        told = self.answer(given, last_allowed=last_allowed)
        if told == OK:
            self.tries = self.full
        elif told == WRONG or (told == BLOCKED and self.tries == 1):
            self.tries -= 1
        return told

    def reset(self, value: str) -> None:
        """Set a new value, on one of the listed ways."""
        self.value, self.tries = value, self.full


@dataclass
class Token:
    """A card or a phone, with its two PINs."""

    name: str
    password: Lock
    pin: Lock

    @classmethod
    def of(cls, name: str, password: str, pin: str) -> Token:
        return cls(name, Lock.of(password, PASSWORD_TRIES), Lock.of(pin, PIN_TRIES))

    @property
    def counters(self) -> tuple[int, int]:
        return self.password.tries, self.pin.tries


@dataclass
class Phone(Token):
    """A phone. ``may_be_empty``: something happened after which its keys may be gone."""

    iphone: bool = False
    online: bool = True
    replaced: bool = False
    may_be_empty: bool = False
    empty: bool = False
