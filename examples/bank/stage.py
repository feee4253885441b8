"""The world the bank is played in: a served authority, one customer with card and phone, one bank.

Only this module knows that the world is simulated. The holder approves on the phone's page, which
the served world brings with it, as ``jpki-sim serve`` does.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta

from examples.bank.desk import Desk, Services
from examples.bank.web import BankPages
from jpki.card.pin import SignaturePassword, UserPin
from jpki.certificates import parse_authority
from jpki.jst import at_time
from jpki.law import VerifierRole
from jpki.life.events import Platform, RecordItem
from jpki.services.client import VerifierClient
from jpki.terms import Purpose
from simulator import municipality, phone
from simulator.approvals import AppRole
from simulator.client import ControlClient
from simulator.keys import KeySource
from simulator.people import invent_person
from simulator.phone_client import HolderClient, PhoneClient
from simulator.tokens import TokenPins, applet
from simulator.web import RunningServer
from simulator.world import World

# Those in the notebook of the phone's page.
CARD_PASSWORD, CARD_PIN = "ABC123", "1234"
PASSWORD, PIN = "PHONE1", "9876"
BANK = "bank"
USE = "account-opening"
_BEGINS = at_time(date(2026, 8, 3), time(10, 0))
# Published status is renewed every quarter of an hour; a certificate is known by then.
_PUBLISHED = timedelta(minutes=15)
_MOVED_TO = "東京都渋谷区模擬町７－７－７"


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs, and what a holder can do besides approving."""

    world: World
    control: ControlClient
    holder: HolderClient
    pages: BankPages
    desk: Desk
    phone: PhoneClient
    person: str
    server: RunningServer

    @property
    def device(self) -> str:
        """The name of the phone that the customer has now."""
        told = self.control.person(self.person).phone
        return "" if told is None else told.phone

    def move_house(self) -> None:
        """Move within the municipality; the agency records it the next day (policy, assumed)."""
        at = self.control.amend_record(self.person, RecordItem.ADDRESS, _MOVED_TO)
        self.control.advance(to=at + _PUBLISHED)

    def get_new_certificates(self) -> str:
        """Get a new signature certificate at the counter and enrol the phone with it again."""
        self.control.command(self.person, "card/signature-certificate")
        made = self.control.enrol_phone(
            self.person,
            Platform.ANDROID,
            card_password=CARD_PASSWORD,
            signature_password=PASSWORD,
            user_pin=PIN,
        )
        self.control.advance(_PUBLISHED)
        return made

    def let_a_day_pass(self) -> None:
        """Move the clock on by a day."""
        self.control.advance(timedelta(days=1))


@contextmanager
def stage(*, keys: KeySource | None = None, seed: str = "example bank") -> Iterator[Stage]:
    """Set everything up, and let go of it in the end. ``keys`` replaces those of the seed."""
    with ExitStack() as open_until_the_end:
        enter = open_until_the_end.enter_context
        world = enter(World.create(seed=seed, at=_BEGINS, keys=keys))
        person = _customer(world)
        server = enter(RunningServer(world))
        control = enter(ControlClient(server.url, server.admin_token))
        holder = enter(HolderClient(server.url, server.admin_token))
        roles = (VerifierRole.SIGNATURE_VERIFIER, VerifierRole.USER_AUTHENTICATION_VERIFIER)
        token = control.register_verifier(BANK, roles=roles, purposes_of_use=[USE])
        app = holder.register_app(
            BANK, [AppRole.SIGNATURE_APP, AppRole.LOGIN_APP], verifier=BANK
        ).token
        asking = enter(PhoneClient(server.url, app))
        as_signatures, as_logins = (
            enter(VerifierClient(server.url, token, role=role, purpose_of_use=USE))
            for role in roles
        )
        roots = tuple(
            parse_authority(
                control.root(purpose, world.agency.current(purpose, world.now).generation)
            )
            for purpose in Purpose
        )
        services = Services(
            phone=asking,
            signatures=as_signatures,
            logins=as_logins,
            roots=roots,
            responder=f"{server.url}/ocsp",
            clock=lambda: control.clock().now,
        )
        desk = Desk(services, nonces=lambda: secrets.token_bytes(32))
        yield Stage(world, control, holder, BankPages(desk, asking), desk, asking, person, server)


def _customer(world: World) -> str:
    """Invent a customer, hand over a card, enrol a phone, and let the status be published."""
    person = municipality.register(
        world, invent_person(world.seed, 1, birth_date=date(1990, 9, 15))
    )
    pins = TokenPins(SignaturePassword(CARD_PASSWORD), UserPin(CARD_PIN))
    card = applet(world, municipality.hand_over_card(world, person, pins=pins))
    phone.enrol(
        world,
        person,
        platform=Platform.ANDROID,
        card=card,
        card_password=SignaturePassword(CARD_PASSWORD),
        pins=TokenPins(SignaturePassword(PASSWORD), UserPin(PIN)),
    )
    world.advance(world.now + _PUBLISHED)
    return person
