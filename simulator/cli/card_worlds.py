"""Whose card or phone a command plugs in: somebody's in a world, or an invented person's."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from jpki.card.layout import TokenKind
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import MalformedDocument
from jpki.jst import day
from jpki.life.events import Platform
from jpki.terms import Purpose
from simulator import municipality, phone
from simulator.clock import RealClock
from simulator.people import invent_person
from simulator.tokens import Slot, TokenPins, applet, make_token, token_names
from simulator.world import World

__all__ = ["Profile", "invented_world", "refuse_pins", "token_of"]

_CARD_PIN = "1234"
_CARD_PASSWORD = "ABC123"  # noqa: S105  invented, and printed: it opens simulated cards only
_OLD_CARD = "juki-card-P000001"


class Profile(StrEnum):
    """What is plugged in."""

    CARD = "card"
    ANDROID = "android"
    IPHONE = "iphone"
    JUKI = "juki"


_PLATFORMS = {Profile.ANDROID: Platform.ANDROID, Profile.IPHONE: Platform.IPHONE}


def invented_world(
    seed: str,
    auth_pin: str | None,
    sign_password: str | None,
    profile: Profile,
    *,
    announce: Callable[[str], None],
) -> World:
    """Return a world in memory in which one invented person has just been handed a card.

    A phone is then enrolled with that card, as a phone is; the old card of the profile ``juki`` is
    written with the same certificates, which nobody gets to see behind its label.
    """
    pins = TokenPins(
        SignaturePassword(sign_password or _CARD_PASSWORD), UserPin(auth_pin or _CARD_PIN)
    )
    clock = RealClock()
    invented = invent_person(seed, 1)
    opened = World.create(seed=seed, at=clock.now())
    holder = municipality.register(opened, invented)
    card = municipality.hand_over_card(opened, holder, pins=pins)
    if profile in _PLATFORMS:
        assert pins.signature_password is not None  # noqa: S101  made above
        phone.enrol(
            opened,
            holder,
            platform=_PLATFORMS[profile],
            card=applet(opened, card),
            card_password=pins.signature_password,
            pins=pins,
        )
    if profile is Profile.JUKI:
        _make_old_card(opened, holder, pins)
    announce(
        f"made {_WORDS[profile]} for {invented.items.name}, who does not exist "
        f"({invented.municipality.name}, {day(opened.now)})"
    )
    return opened


_WORDS = {
    Profile.CARD: "a card",
    Profile.ANDROID: "a phone (Android)",
    Profile.IPHONE: "a phone (iPhone)",
    Profile.JUKI: "an old Juki card",
}


def _make_old_card(world: World, holder: str, pins: TokenPins) -> None:
    empty = {purpose: Slot(generation=_generation(world, purpose)) for purpose in Purpose}
    make_token(world, _OLD_CARD, holder=holder, profile=TokenKind.JUKI_CARD, slots=empty, pins=pins)


def _generation(world: World, purpose: Purpose) -> int:
    return next(
        record.authority.generation
        for record in world.state().certificates.values()
        if record.kind.purpose is purpose
    )


def refuse_pins(*given: str | None) -> None:
    """Raise ``MalformedDocument`` when PINs were given for a card that has its own."""
    if any(value is not None for value in given):
        raise MalformedDocument(
            "the cards of a world have PINs of their own",
            source="--auth-pin/--sign-password",
            hint="leave these out, or leave out --world",
        )


def token_of(world: World, person: str | None, token: str | None, profile: Profile | None) -> str:
    """Return the name of the card or phone that is meant.

    Without a name it is the person's first card, or what was made for ``profile``.
    """
    names = token_names(world, _person(world, person))
    if token is None:
        return _by_profile(names, profile)
    if token not in names:
        raise MalformedDocument(
            f"there is no {token}", source="--token", hint="choose one of: " + ", ".join(names)
        )
    return token


def _by_profile(names: tuple[str, ...], profile: Profile | None) -> str:
    match profile:
        case None | Profile.CARD:
            return names[0]
        case Profile.JUKI:
            return _OLD_CARD
        case Profile.ANDROID | Profile.IPHONE:
            return next(name for name in names if name.startswith("phone-"))


def _person(world: World, person: str | None) -> str:
    people = sorted(world.state().people)
    if person is None and len(people) != 1:
        raise MalformedDocument(
            "the world has more than one person" if people else "the world has no person",
            source="--person",
            hint="choose one of: " + ", ".join(people) if people else "issue a card first",
        )
    chosen = person or people[0]
    if chosen not in people:
        raise MalformedDocument(
            f"the world has no person {chosen}",
            source="--person",
            hint="choose one of: " + ", ".join(people),
        )
    if not token_names(world, chosen):
        raise MalformedDocument(f"{chosen} has no card", source="--person")
    return chosen
