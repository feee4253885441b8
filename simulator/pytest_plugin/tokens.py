"""A card and a phone in a test's hand: what their holder does with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from jpki.authenticate import AuthenticationResponse, Challenge, respond
from jpki.card.applet import JpkiApplet, OpenedKey
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact
from jpki.life import CertificateRecord
from jpki.life.events import Platform
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind, Medium, Purpose
from simulator import callcentre, municipality, phone
from simulator.card.connection import SoftwareCard
from simulator.phone.element import require_key
from simulator.pytest_plugin.certificates import IssuedCertificate
from simulator.tokens import TokenPins, applet, plugged
from simulator.world import World

__all__ = ["PINS", "Card", "Phone", "Pins", "Token", "enrol_phone", "hand_over_card"]


@dataclass(frozen=True, slots=True, repr=False)
class Pins:
    """The PINs of one token, as texts. Invented, and published with the defaults below."""

    password: str
    pin: str

    def __repr__(self) -> str:
        return "<Pins>"

    def opened(self) -> TokenPins:
        """Return them as the card takes them; ``MalformedPin`` when the shape is wrong."""
        return TokenPins(SignaturePassword(self.password), UserPin(self.pin))


PINS = {Medium.CARD: Pins("ABC123", "1234"), Medium.MOBILE_DEVICE: Pins("PHONE1", "9876")}
"""What a card and a phone are made with unless a test says otherwise."""


class Token:
    """What a card and a phone have in common: two keys with their certificates, and two PINs."""

    medium: Medium

    def __init__(self, world: World, person_id: str, name: str, pins: Pins) -> None:
        self.world = world
        self.person_id = person_id
        self.name = name
        self.pins = pins

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def password(self) -> SignaturePassword:
        """A new copy of the password of the signature key; whoever takes it may wipe it."""
        return SignaturePassword(self.pins.password)

    @property
    def pin(self) -> UserPin:
        """A new copy of the PIN of the authentication key; whoever takes it may wipe it."""
        return UserPin(self.pins.pin)

    @property
    def signature_certificate(self) -> IssuedCertificate:
        """The newest signature certificate on it, whatever became of it."""
        return self._newest(Purpose.SIGNATURE)

    @property
    def authentication_certificate(self) -> IssuedCertificate:
        """The newest user authentication certificate on it, whatever became of it."""
        return self._newest(Purpose.USER_AUTHENTICATION)

    @property
    def certificates(self) -> tuple[IssuedCertificate, IssuedCertificate]:
        """Both, the signature certificate first."""
        return self.signature_certificate, self.authentication_certificate

    def _newest(self, purpose: Purpose) -> IssuedCertificate:
        kind = CertificateKind.of(purpose, self.medium)
        records = self.world.state().records(self.person_id)
        found = [one for one in records if one.kind is kind and self._holds(one)]
        if not found:
            raise ImpossibleFact(f"{self.name} has no certificate for {purpose.value}")
        return IssuedCertificate(self.world, found[-1].id)

    def _holds(self, record: CertificateRecord) -> bool:
        return self.name in (record.card, record.device)

    # in use

    def plugged(self) -> SoftwareCard:
        """Return its chip, to be pulled out, fed with APDUs or put into a reader."""
        return plugged(self.world, self.name)

    def applet(self) -> JpkiApplet:
        """Return the library's client, connected to it and powered on."""
        return applet(self.world, self.name)

    def sign(self, content: bytes, *, claimed: datetime | None = None) -> bytes:
        """Return a detached CMS signature (CAdES B-B) over ``content``.

        ``claimed`` is the time it claims, the world's instant unless given.
        """
        self._require_key(Purpose.SIGNATURE)
        with self.password as password:
            signer = CardSigner(self.applet(), password)
            return sign_detached(content, signer, at=claimed or self.world.now)

    def answer(self, challenge: Challenge) -> AuthenticationResponse:
        """Return the answer of the authentication key to a verifier's challenge."""
        with self.opened(Purpose.USER_AUTHENTICATION) as key:
            return respond(challenge, key)

    @contextmanager
    def opened(self, purpose: Purpose) -> Iterator[OpenedKey]:
        """Open one of the keys with its PIN, for as long as the block runs."""
        self._require_key(purpose)
        pin = self.password if purpose is Purpose.SIGNATURE else self.pin
        with pin, self.applet().opened_key(purpose, pin) as key:
            yield key

    def _require_key(self, purpose: Purpose) -> None:
        """Refuse use of a key that is no longer there; a card keeps its keys."""


class Card(Token):
    """A My Number card."""

    medium = Medium.CARD

    def report_lost(self) -> None:
        """Have the call centre suspend it; recorded at once (EV-34)."""
        callcentre.suspend_card(self.world, self.person_id)

    def found_again(self) -> None:
        """Have the counter lift the suspension."""
        municipality.lift_card_suspension(self.world, self.person_id)

    def renew(self) -> None:
        """Renew both certificates at the counter, onto this card."""
        municipality.renew_certificates(self.world, self.person_id)

    def get_new_signature_certificate(self) -> None:
        """Have the counter issue a new signature certificate, as after a move."""
        municipality.issue_signature_certificate(self.world, self.person_id)


class Phone(Token):
    """A phone with certificates of its own.

    It is online until it is cut off. When another phone takes its place, or its holder stopped
    using it, the agency erases the keys of a phone it can reach: using it raises ``NoCertificate``.
    """

    medium = Medium.MOBILE_DEVICE

    def go_offline(self) -> None:
        """Cut it off from the network: it still signs, and nobody reaches it."""
        phone.go_offline(self.world, self.name)

    def go_online(self) -> None:
        """Bring it back; what the agency wants erased there is erased now (C-2, EV-69)."""
        phone.go_online(self.world, self.name)

    def report_lost(self) -> None:
        """Have the call centre suspend it; recorded at once."""
        callcentre.suspend_phone(self.world, self.person_id)

    def stop_using(self) -> None:
        """Apply for revocation with the phone's key, as the holder must (Act 16-8(3), 35-8(3))."""
        phone.discontinue_use(self.world, self.person_id)

    def _require_key(self, purpose: Purpose) -> None:
        require_key(self.world, self.name, purpose)


def hand_over_card(
    world: World, person_id: str, *, pins: Pins, made_on: date | None = None
) -> Card:
    """Hand a new card with both certificates over at the counter."""
    name = municipality.hand_over_card(world, person_id, pins=pins.opened(), made_on=made_on)
    return Card(world, person_id, name, pins)


def enrol_phone(world: World, card: Card, *, platform: Platform, pins: Pins) -> Phone:
    """Enrol a phone with the card held to it; one that was enrolled before loses its own."""
    with card.password as password:
        name = phone.enrol(
            world,
            card.person_id,
            platform=platform,
            card=card.applet(),
            card_password=password,
            pins=pins.opened(),
        )
    return Phone(world, card.person_id, name, pins)
