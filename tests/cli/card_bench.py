"""A reader on a bench: software cards behind the functions that the commands call."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time
from functools import cache
from types import SimpleNamespace

from typer.testing import CliRunner, Result

from jpki.backends import pcsc
from jpki.card.apdu import CommandApdu, Ins
from jpki.card.layout import TokenKind
from jpki.card.pin import SignaturePassword, UserPin
from jpki.cli.app import app
from jpki.errors import CardInUse, NoCard, NoReader
from jpki.jst import at_time
from jpki.life.events import Platform
from simulator import municipality, phone
from simulator.card.connection import SoftwareCard, SoftwareConnection
from simulator.people import InventedPerson, invent_person
from simulator.tokens import TokenPins, applet, plugged
from simulator.world import World

RUNNER = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C"})
PIN, PASSWORD = "1234", "ABC123"
PERSON: InventedPerson = invent_person("card command", 1)


@cache
def world() -> World:
    """Return a world with one person, their card, two phones and an old card."""
    made = World.create(seed="card command", at=at_time(date(2026, 4, 1), time(12)))
    pins = TokenPins(SignaturePassword(PASSWORD), UserPin(PIN))
    person = municipality.register(made, PERSON)
    card = municipality.hand_over_card(made, person, pins=pins)
    for platform in Platform:
        device = phone.enrol(
            made, person, platform=platform, card=applet(made, card),
            card_password=pins.signature_password, pins=pins,
        )  # fmt: skip
        # So that the keys stay in the first when the second is enrolled.
        phone.go_offline(made, device)
    return made


def card(kind: TokenKind = TokenKind.INDIVIDUAL_NUMBER_CARD) -> SoftwareCard:
    """Return a fresh card or phone of the person, with all its tries."""
    names = {
        TokenKind.INDIVIDUAL_NUMBER_CARD: "card-P000001-1",
        TokenKind.ANDROID_PHONE: "phone-P000001-1",
        TokenKind.IPHONE: "phone-P000001-2",
    }
    return SoftwareCard(plugged(world(), names[kind]).memory)


@dataclass
class Watched:
    """A connection that remembers the commands."""

    card: SoftwareCard
    sent: list[CommandApdu] = field(default_factory=list)

    def transmit(self, command: bytes) -> bytes:
        self.sent.append(CommandApdu.parse(command))
        return self.card.transmit(command)

    @property
    def presented(self) -> list[bytes]:
        """The PINs that were sent."""
        return [c.data for c in self.sent if c.ins == Ins.VERIFY and c.data]


@dataclass
class BenchReader:
    """A reader with a software card, or without one."""

    name: str
    card: SoftwareCard | None = None
    mute: bool = False
    exclusive: bool = False
    in_use: bool = False
    wire: Watched | None = None

    def state(self) -> SimpleNamespace:
        atr = self.card.atr if self.card else b""
        return SimpleNamespace(
            present=self.card is not None,
            mute=self.mute,
            exclusive=self.exclusive,
            in_use=self.in_use,
            atr=atr,
        )

    def card_present(self) -> bool:
        return self.card is not None

    @contextmanager
    def connect(self):
        if self.card is None:
            raise NoCard("the reader is empty")
        if self.exclusive:
            raise CardInUse("another program holds the card")
        SoftwareConnection(self.card)  # powers it on
        self.wire = self.wire or Watched(self.card)
        yield self.wire
        self.card.reset()


def install(monkeypatch, *readers: BenchReader) -> None:
    """Put these readers in the place of the machine's."""

    def find(name: str | None = None) -> BenchReader:
        found = [r for r in readers if name is None or name in r.name]
        if not found:
            raise NoReader("there is no reader")
        return found[0]

    monkeypatch.setattr(pcsc, "readers", lambda: readers)
    monkeypatch.setattr(pcsc, "find_reader", find)


def jpki(*words: str, typed: str | None = None) -> Result:
    """Run a command; ``typed`` is what is typed at its prompts."""
    return RUNNER.invoke(app, list(words), input=typed)
