"""Everything of one test: a world of its own, and what the test takes from it, made on demand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jpki.card.connection import CardReader
from jpki.errors import NoReader
from jpki.life.events import Platform
from jpki.revocation import StatusSource
from jpki.terms import Medium
from simulator.agency.publication import Publication
from simulator.card.connection import SoftwareReader
from simulator.keys import FreshKeys, KeyDirectory, KeySource, SeededKeys
from simulator.pytest_plugin.authority import IssuingAuthority
from simulator.pytest_plugin.clock import WorldClock
from simulator.pytest_plugin.key_pool import PooledKeys
from simulator.pytest_plugin.options import DEFAULTS, Options
from simulator.pytest_plugin.people import People, Person
from simulator.pytest_plugin.tokens import PINS, Card, Phone, Pins, enrol_phone, hand_over_card
from simulator.pytest_plugin.verifier import Verifier
from simulator.world import World

if TYPE_CHECKING:
    from simulator.pytest_plugin.server import RevocationServer

__all__ = ["Scene"]

_VERIFIER: Final = "firm.example"


class Scene:
    """One isolated world. It is ended with ``close``; what it made is gone then.

    ``folder`` makes a new temporary folder, ``key_folder`` names the one in which seeded keys are
    kept from run to run, ``reader_name`` is the reader that ``reader="pcsc"`` means.
    """

    def __init__(
        self,
        options: Options = DEFAULTS,
        *,
        folder: Callable[[], Path],
        key_folder: Callable[[], Path],
        reader_name: str | None = None,
    ) -> None:
        self.options = options
        self._folder = folder
        self._key_folder = key_folder
        self._reader_name = reader_name
        self._ending = ExitStack()
        self._challenges = 0
        self._person: Person | None = None

    def __repr__(self) -> str:
        return "<Scene>"

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server and let go of the world."""
        self._ending.close()

    @cached_property
    def world(self) -> World:
        """The world: its log, its clock and its seed."""
        chosen = self.options
        world = World.create(
            seed=chosen.seed, at=chosen.at, policies=chosen.policies, keys=self._keys()
        )
        self._ending.callback(world.close)
        return world

    def _keys(self) -> KeySource:
        seed = self.options.seed
        match self.options.keys:
            case "pool":
                return PooledKeys(seed)
            case "seeded":
                return SeededKeys(seed, cache=KeyDirectory(self._key_folder()))
            case "fresh":
                return FreshKeys()

    @cached_property
    def clock(self) -> WorldClock:
        """The world's clock."""
        return WorldClock(self.world)

    @cached_property
    def publication(self) -> Publication:
        """What the world's agency publishes."""
        return Publication(self.world)

    @cached_property
    def authority(self) -> IssuingAuthority:
        """The authority as a verifier sees it."""
        return IssuingAuthority(self.world, self.publication, folder=self._folder)

    @cached_property
    def server(self) -> RevocationServer:
        """The publishing server, up and listening."""
        # uvicorn is for those who ask for a server.
        from simulator.pytest_plugin.server import RevocationServer

        server = RevocationServer(self.world)
        self._ending.callback(server.stop)
        return server

    @cached_property
    def people(self) -> People:
        """Where people come from."""
        return People(self.world, municipality=self.options.municipality)

    @property
    def person(self) -> Person:
        """The scene's own person, invented when first asked for."""
        if self._person is None:
            self._person = self.people.invent()
        return self._person

    @cached_property
    def card(self) -> Card:
        """The card of the scene's own person."""
        return self.make_card(self.person)

    def card_of(self, person: object) -> Card:
        """Return the card of a person; the scene's own for whatever is no person of ours.

        A fixture ``person`` of a project's may be anything, and only one of ours can hold a card.
        """
        if isinstance(person, Person) and person is not self._person:
            return self.make_card(person)
        return self.card

    def make_card(
        self,
        person: Person | None = None,
        *,
        password: str = PINS[Medium.CARD].password,
        pin: str = PINS[Medium.CARD].pin,
        made_on: date | None = None,
    ) -> Card:
        """Hand a card over at the counter, to a newly invented person unless one is given."""
        holder = person or self.people.invent()
        return hand_over_card(self.world, holder.id, pins=Pins(password, pin), made_on=made_on)

    def make_phone(
        self,
        card: Card | None = None,
        *,
        platform: Platform = Platform.ANDROID,
        password: str = PINS[Medium.MOBILE_DEVICE].password,
        pin: str = PINS[Medium.MOBILE_DEVICE].pin,
    ) -> Phone:
        """Enrol a phone with a card, that of a newly invented person unless one is given.

        A phone of the same person that was enrolled before loses its certificates.
        """
        held = card or self.make_card()
        return enrol_phone(self.world, held, platform=platform, pins=Pins(password, pin))

    def reader_with(self, card: Card) -> CardReader:
        """Return the reader that the options ask for: the card in this process, or a real one.

        Raises ``NoReader`` when a real one is asked for and none was named.
        """
        if self.options.reader == "software":
            return SoftwareReader(card.plugged())
        if self._reader_name is None:
            raise NoReader("no reader was named", hint="run pytest with --jpki-reader NAME")
        from jpki.backends.pcsc import find_reader

        return find_reader(self._reader_name)

    def source(self) -> StatusSource:
        """Return the source of this process that the options ask for."""
        wanted = self.options.evidence
        return self.authority.source(lists=wanted != "ocsp", ocsp=wanted != "lists")

    @cached_property
    def verifier(self) -> Verifier:
        """A verifier that trusts this world's authority and has what it publishes."""
        return Verifier(
            name=_VERIFIER,
            roots=lambda: self.authority.roots,
            source=self.source(),
            clock=self.clock,
            nonces=self._nonce,
        )

    def _nonce(self) -> bytes:
        self._challenges += 1
        return self.world.chance.stream(f"challenge/{self._challenges}").bytes(32)
