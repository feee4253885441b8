"""A person with an iPhone and records in its wallet, and readers that open sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from jpki.life.events import Platform
from jpki.mdoc import ITEMS_OF_JAPAN, ITEMS_OF_MANY, SessionTranscript, SignerRoot, encode
from simulator import mdoc, municipality, phone
from simulator.keys import KeyPool
from simulator.mdoc import IssuingProfile, RecordAuthority
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet
from simulator.world import World

BEGINS = at_time(date(2026, 7, 6), time(10, 0))
PASSWORD, PHONE_PIN = SignaturePassword("ABC123"), UserPin("9876")
NAME = (ITEMS_OF_JAPAN, "full_name_unicode")
ADULT = (ITEMS_OF_MANY, "age_over_20")


def new_world(at: datetime = BEGINS, **policies: str | bool | int) -> World:
    return World.create(None, seed="mdoc", at=at, policies=policies, keys=KeyPool())


def session(number: int = 1) -> SessionTranscript:
    return SessionTranscript.proximity(encode({"engagement": number}), encode({"reader": number}))


@dataclass(slots=True)
class Scene:
    """A world and the one person in it whose wallet matters."""

    world: World
    person: str
    card: str
    device: str

    @classmethod
    def begin(cls, world: World, *, born: date = date(1990, 12, 24), number: int = 1) -> Scene:
        person = municipality.register(world, invent_person("mdoc", number, birth_date=born))
        pins = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
        card = municipality.hand_over_card(world, person, pins=pins)
        scene = cls(world, person, card, "")
        scene.enrol()
        return scene

    def enrol(self, platform: Platform = Platform.IPHONE) -> None:
        self.device = phone.enrol(
            self.world,
            self.person,
            platform=platform,
            card=applet(self.world, self.card),
            card_password=PASSWORD,
            pins=TokenPins(SignaturePassword("PHONE1"), UserPin("9876")),
        )

    def apply(self, profile: IssuingProfile = mdoc.DEFAULT_PROFILE) -> None:
        mdoc.apply(
            self.world,
            self.person,
            card=applet(self.world, self.card),
            card_password=PASSWORD,
            profile=profile,
        )

    def show(
        self,
        *wanted: tuple[str, str],
        party: str = "shop",
        transcript: SessionTranscript | None = None,
        online: bool = True,
        unchecked: bool = False,
        profile: IssuingProfile = mdoc.DEFAULT_PROFILE,
    ) -> bytes:
        return mdoc.present(
            self.world,
            self.person,
            wanted or (ADULT,),
            party=party,
            transcript=transcript or session(),
            approval=mdoc.Biometrics(),
            online=online,
            unchecked=unchecked,
            profile=profile,
        )

    def roots(self, profile: IssuingProfile = mdoc.DEFAULT_PROFILE) -> tuple[SignerRoot, ...]:
        return RecordAuthority(self.world, profile).roots(self.world.now)
