"""What a card holds: the memory that survives power-off, and the state that does not.

Both are values. A command makes new ones; nothing is changed in place.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from jpki.card.layout import ISSUER_SECURITY_DOMAIN, Application, Credential, PinRule
from jpki.errors import MalformedDocument, UnsupportedCard
from simulator.card.behaviour import CardBehaviour
from simulator.card.secure_messaging import Session

__all__ = [
    "ApplicationMemory",
    "Deferred",
    "IssuerKey",
    "Memory",
    "PinState",
    "Volatile",
    "pin_name",
]

_Content = TypeVar("_Content")


class Deferred(Mapping[int, _Content]):
    """Contents that are made when they are first asked for, and then kept.

    Making them again gives the same: a card is plugged in at once, and keys and pictures that
    nobody reads cost nothing.
    """

    def __init__(self, makers: Mapping[int, Callable[[], _Content]]) -> None:
        self._makers = dict(makers)
        self._made: dict[int, _Content] = {}

    def __getitem__(self, number: int) -> _Content:
        """Return the contents; ``KeyError`` where there are none, as of any mapping."""
        if number not in self._made:
            self._made[number] = self._makers[number]()
        return self._made[number]

    def __contains__(self, number: object) -> bool:
        return number in self._makers

    def __iter__(self) -> Iterator[int]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __repr__(self) -> str:
        return f"<Deferred, {len(self._made)} of {len(self._makers)} made>"


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A public key of the issuer in the card, with the identifier that certificates name."""

    identifier: bytes
    key: RSAPublicKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinState:
    """A PIN and its counter. The value shows in no ``repr``."""

    rule: PinRule
    tries_left: int
    reference: bytes = field(repr=False)

    @classmethod
    def fresh(cls, rule: PinRule, reference: bytes) -> PinState:
        """Return the PIN with all its tries."""
        return cls(rule, rule.tries, reference)

    @classmethod
    def unset(cls, rule: PinRule) -> PinState:
        """Return a PIN without a value, which is blocked."""
        return cls(rule, 0, b"")

    @property
    def blocked(self) -> bool:
        """Whether no tries are left."""
        return self.tries_left == 0

    def spent(self) -> PinState:
        """Return the PIN with one try fewer; zero stays zero."""
        return PinState(self.rule, max(0, self.tries_left - 1), self.reference)

    def restored(self) -> PinState:
        """Return the PIN with all its tries."""
        return PinState(self.rule, self.rule.tries, self.reference)

    def is_right(self, typed: bytes) -> bool:
        """Compare in constant time; a PIN without a value is never right."""
        return bool(self.reference) and hmac.compare_digest(self.reference, typed)


@dataclass(frozen=True, slots=True)
class ApplicationMemory:
    """The contents of one application. Files and keys show in no ``repr``.

    A row of the application without contents here exists but is empty.
    """

    application: Application
    files: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    records: Mapping[int, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    keys: Mapping[int, RSAPrivateKey] = field(default_factory=dict, repr=False)
    objects: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    pins: Mapping[int, PinState] = field(default_factory=dict)
    issuer_keys: Mapping[int, IssuerKey] = field(default_factory=dict, repr=False)

    def with_pin(self, pin: PinState) -> ApplicationMemory:
        """Return the contents with one PIN replaced."""
        return replace(self, pins=MappingProxyType({**self.pins, pin.rule.fid: pin}))


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that survives power-off. The order of applications is that of SELECT by prefix.

    Identical but for PINs and counters to what the issuer wrote: ``pin_states`` is all that needs
    to be kept elsewhere, and ``with_pin_states`` puts it back.
    """

    applications: tuple[ApplicationMemory, ...]
    behaviour: CardBehaviour = field(default_factory=CardBehaviour)
    domain: ApplicationMemory = field(
        default_factory=lambda: ApplicationMemory(ISSUER_SECURITY_DOMAIN)
    )

    @property
    def all(self) -> tuple[ApplicationMemory, ...]:
        """The issuer security domain and the applications."""
        return (self.domain, *self.applications)

    def at(self, aid: bytes) -> ApplicationMemory:
        """Return the contents of the application with exactly this name."""
        for held in self.all:
            if held.application.aid == aid:
                return held
        raise UnsupportedCard(f"this card has no application {aid.hex().upper()}")

    def with_pin(self, aid: bytes, pin: PinState) -> Memory:
        """Return the memory with one PIN of one application replaced."""
        changed = tuple(
            held.with_pin(pin) if held.application.aid == aid else held
            for held in self.applications
        )
        return Memory(changed, self.behaviour, self.domain)

    def with_written_pin(self, aid: bytes, pin: PinState) -> Memory:
        """Return the memory after the chip wrote a PIN: where copies share, all of them change."""
        memory = self.with_pin(aid, pin)
        credential = pin.rule.credential
        if not self.behaviour.copies_share_counter or credential is Credential.UNKNOWN:
            return memory
        for held in self.applications:
            for copy in held.pins.values():
                if copy.rule.credential is credential:
                    same = replace(copy, tries_left=pin.tries_left, reference=pin.reference)
                    memory = memory.with_pin(held.application.aid, same)
        return memory

    def pin_states(self) -> dict[str, dict[str, object]]:
        """Return every PIN's value and counter as plain data. It contains the PINs: guard it."""
        return {
            pin_name(held.application, pin.rule): {
                "tries_left": pin.tries_left,
                "reference": pin.reference.hex(),
            }
            for held in self.all
            for pin in held.pins.values()
        }

    def with_pin_states(self, states: Mapping[str, Mapping[str, object]]) -> Memory:
        """Return the memory with PINs as kept by ``pin_states``.

        Raises ``MalformedDocument`` unless it names exactly this card's PINs.
        """
        memory = self
        names = {
            pin_name(held.application, pin.rule): (held.application.aid, pin)
            for held in self.all
            for pin in held.pins.values()
        }
        if set(states) != set(names):
            raise MalformedDocument("the kept PINs are not those of this card")
        for name, (aid, pin) in names.items():
            memory = memory.with_pin(aid, _pin_from(states[name], pin, name))
        return memory


def pin_name(application: Application, rule: PinRule) -> str:
    """Return under what name ``Memory.pin_states`` keeps a PIN."""
    return f"{application.aid.hex()}/{rule.fid:04x}"


def _pin_from(state: Mapping[str, object], pin: PinState, name: str) -> PinState:
    match dict(state):
        case {"tries_left": int(left), "reference": str(digits), **rest} if not rest:
            if not 0 <= left <= pin.rule.tries:
                raise MalformedDocument(f"a counter outside its range for {name}")
            return replace(pin, tries_left=left, reference=_from_hex(digits, name))
        case _:
            raise MalformedDocument(f"expected tries_left and reference for {name}")


def _from_hex(digits: str, name: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        # ``from None``: the original message would quote the value.
        raise MalformedDocument(f"a reference that is not hexadecimal for {name}") from None


@dataclass(frozen=True, slots=True)
class Volatile:
    """What a reset forgets: the selected application, the current file, the PINs presented.

    Selecting another application forgets the rest too: a secure messaging session, the first half
    of a terminal's certificate and the terminal that was certified.
    """

    aid: bytes = ISSUER_SECURITY_DOMAIN.aid
    current: int | None = None
    verified: frozenset[int] = frozenset()
    power_on: bool = True  # nothing but the domain has been selected since power-on
    session: Session | None = None
    terminal_body: bytes | None = field(default=None, repr=False)
    terminal: bytes | None = None
