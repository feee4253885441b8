"""What the commands of phone, kiosk, wallet and card face have in common: PINs, and answers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, TypeVar

import typer

from jpki.card.layout import Credential
from jpki.card.pin import PIN_TYPES, InputSupportPin, SignaturePassword, UserPin
from jpki.card.token import identify
from jpki.cli.pins_from import PinSource
from jpki.cli.telling import Format, Lang, write_json
from jpki.errors import ImpossibleFact
from jpki.terms import PinKind
from jpki.validation import Language
from simulator.card.connection import SoftwareConnection
from simulator.tokens import plugged
from simulator.world import World

__all__ = [
    "FormatOption",
    "LangOption",
    "PersonArgument",
    "PurposeOption",
    "answer",
    "card_of",
    "other_than",
    "pin_of",
    "typed_input_support_pin",
    "typed_password",
    "typed_pin",
    "typed_user_pin",
]

PersonArgument = Annotated[str, typer.Argument(help="The person's identifier, such as P000001.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]
LangOption = Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")]


class PurposeOption(StrEnum):
    """The two PINs of a JPKI application by what they are for, as typed."""

    SIGNATURE = "signature"
    AUTHENTICATION = "authentication"


_PINS: Final = {
    PurposeOption.SIGNATURE: PinKind.SIGNATURE_PASSWORD,
    PurposeOption.AUTHENTICATION: PinKind.USER_PIN,
}


def pin_of(purpose: PurposeOption) -> PinKind:
    """Return which PIN is meant."""
    return _PINS[purpose]


def other_than(pin: PinKind) -> PinKind:
    """Return the other one of the two."""
    return next(kind for kind in _PINS.values() if kind is not pin)


def typed_pin(
    source: str, pin: PinKind, world: World, token: str, title: str, *, confirm: bool = False
) -> SignaturePassword | UserPin:
    """Read one of the two PINs from where it comes from, for a token of the world."""
    if pin is PinKind.SIGNATURE_PASSWORD:
        return typed_password(source, world, token, title, confirm=confirm)
    return typed_user_pin(source, world, token, title, confirm=confirm)


def typed_password(
    source: str, world: World, token: str, title: str, *, confirm: bool = False
) -> SignaturePassword:
    """Read a signature password."""
    return _read(SignaturePassword, source, world, token, title, confirm=confirm)


def typed_user_pin(
    source: str, world: World, token: str, title: str, *, confirm: bool = False
) -> UserPin:
    """Read an authentication PIN."""
    return _read(UserPin, source, world, token, title, confirm=confirm)


def typed_input_support_pin(source: str, world: World, token: str, title: str) -> InputSupportPin:
    """Read a card's input-support PIN."""
    return _read(InputSupportPin, source, world, token, title, confirm=False)


P = TypeVar("P", SignaturePassword, UserPin, InputSupportPin)


def _read(kind: type[P], source: str, world: World, token: str, title: str, *, confirm: bool) -> P:
    credential = Credential(next(each for each, made in PIN_TYPES.items() if made is kind).value)
    identity = identify(SoftwareConnection(plugged(world, token)))
    read = PinSource.parse(source).read(credential, identity, title=title, confirm=confirm)
    if not isinstance(read, kind):
        raise AssertionError("a PIN of this kind was asked for")
    return read


def card_of(world: World, person: str) -> str:
    """Return the name of the person's card; ``ImpossibleFact`` when there is none."""
    card = world.state().person(person).card
    if card is None:
        raise ImpossibleFact("the person has no card")
    return card.number


def answer(
    data: Mapping[str, object], output: Format, language: Language, *, en: str, ja: str
) -> None:
    """Print what was done: as data, or as a sentence."""
    if output is Format.JSON:
        write_json(data)
    else:
        typer.echo(ja if language == "ja" else en)
