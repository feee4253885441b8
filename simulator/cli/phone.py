"""``jpki-sim phone``: enrol a simulated phone, use it, and let things happen to it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from jpki.cli.inputs import language, read_file
from jpki.cli.outputs import refuse_existing, write_bytes
from jpki.cli.pins_from import AllowLastTry
from jpki.cli.telling import Format, told_errors, write_json
from jpki.errors import ImpossibleFact
from jpki.life.events import MobileDeviceChange, Platform
from jpki.terms import CertificateKind, PinKind
from jpki.validation import Language
from simulator import callcentre, phone
from simulator.cli.phone_told import phone_data, print_phone
from simulator.cli.typed import (
    FormatOption,
    LangOption,
    PersonArgument,
    PurposeOption,
    answer,
    card_of,
    pin_of,
    typed_password,
    typed_pin,
    typed_user_pin,
)
from simulator.cli.worlds import WorldOption, opened_world
from simulator.tokens import TokenPins, applet
from simulator.world import World

__all__ = [
    "SigningKey",
    "authenticate",
    "change_pin",
    "discontinue",
    "enrol",
    "lift",
    "list_phones",
    "lost",
    "offline",
    "online",
    "phone_app",
    "reset",
    "sign",
    "treat",
]

phone_app = typer.Typer(
    no_args_is_help=True,
    help="Simulated phones (移動端末設備): enrol one, use it, stop using it.",
    epilog="Who could still use one: jpki-sim exposure. The record in its wallet: jpki-sim mdoc.",
)

_P1, _P2 = PinKind.SIGNATURE_PASSWORD, PinKind.USER_PIN

DeviceOption = Annotated[
    str | None,
    typer.Option(help="Which phone, such as phone-P000001-1. Default: the newest one."),
]
SourceOption = Annotated[
    str,
    typer.Option(
        "--pin", metavar="SOURCE", help="The phone's PIN: prompt, env:NAME, file:PATH, fd:NUMBER."
    ),
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="The file to write.")]


class SigningKey(StrEnum):
    """Whose key signs an application, as typed (Act 16-8(2), 35-8(2))."""

    CARD = "card"
    PHONE = "phone"


_KEYS: Final = {
    SigningKey.CARD: CertificateKind.CARD_SIGNATURE,
    SigningKey.PHONE: CertificateKind.MOBILE_SIGNATURE,
}


@phone_app.command(
    name="enrol",
    epilog="Example: jpki-sim phone enrol P000001 --platform iphone --card-password env:CARD "
    "--new-password env:PASSWORD --new-pin env:PIN",
)
def enrol(
    person: PersonArgument,
    platform: Annotated[Platform, typer.Option(help="Its system.")] = Platform.ANDROID,
    by: Annotated[
        str,
        typer.Option(
            "--card-password",
            metavar="SOURCE",
            help="The card's signature password, or its source.",
        ),
    ] = "prompt",
    new_sign: Annotated[
        str,
        typer.Option(
            "--new-password", metavar="SOURCE", help="The phone's signature password, to be set."
        ),
    ] = "prompt",
    new_pin: Annotated[
        str, typer.Option(metavar="SOURCE", help="The phone's authentication PIN.")
    ] = "prompt",
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Enrol a new phone with the card held to it; a phone before loses its certificates."""
    with told_errors(), opened_world(world) as opened:
        card = card_of(opened, person)
        password = typed_password(by, opened, card, "The card's signature password")
        pins = TokenPins(
            typed_password(new_sign, opened, card, "New password", confirm=True),
            typed_user_pin(new_pin, opened, card, "New PIN", confirm=True),
        )
        device = phone.enrol(
            opened,
            person,
            platform=platform,
            card=applet(opened, card),
            card_password=password,
            pins=pins,
        )
        _tell_phone(opened, person, device, output, language(lang))


@phone_app.command(name="list", epilog="Example: jpki-sim phone list P000001 --lang ja")
def list_phones(
    person: PersonArgument,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """List every phone a person ever had: what is on record, and what is in its element."""
    with told_errors(), opened_world(world) as opened:
        found = phone.devices(opened, opened.state().person(person).id)
        if output is Format.JSON:
            write_json([phone_data(each) for each in found])
            return
        chosen = language(lang)
        for each in found:
            print_phone(each, chosen)
        if not found:
            typer.echo("端末はない" if chosen == "ja" else "no phone")


@phone_app.command(
    name="sign", epilog="Example: jpki-sim phone sign P000001 contract.pdf --out contract.p7s"
)
def sign(
    person: PersonArgument,
    document: Annotated[Path, typer.Argument(help="The file to sign.")],
    out: OutOption,
    pin: SourceOption = "prompt",
    device: DeviceOption = None,
    allow_last_try: AllowLastTry = False,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Sign a file on the phone with its password: a detached CMS signature (PN-6)."""
    with told_errors(), opened_world(world) as opened:
        refuse_existing(out, force=False)  # before a try is spent for nothing
        content = read_file(document)
        name = _device(opened, person, device)
        password = typed_password(pin, opened, name, "The phone's signature password")
        signed = phone.sign_document(
            opened, name, content, password=password, allow_last_try=allow_last_try
        )
        write_bytes(signed, out)
        told = f"{out}: {len(signed)}"
        data = {"device": name, "signature": str(out), "bytes": len(signed)}
        answer(data, output, language(lang), en=f"{told} bytes", ja=f"{told}バイト")


@phone_app.command(
    name="authenticate",
    epilog="Example: jpki-sim phone authenticate P000001 --challenge nonce.bin --biometrics "
    "--out answer.sig --certificate answer.der",
)
def authenticate(
    person: PersonArgument,
    challenge: Annotated[Path, typer.Option(help="The challenge, as bytes in a file.")],
    out: OutOption,
    certificate: Annotated[
        Path | None, typer.Option(help="Also write the certificate, in DER.")
    ] = None,
    biometrics: Annotated[
        bool, typer.Option("--biometrics", help="Finger or face instead of the PIN (PN-7).")
    ] = False,
    pin: SourceOption = "prompt",
    device: DeviceOption = None,
    allow_last_try: AllowLastTry = False,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Answer a challenge: RSA PKCS#1 v1.5 over its SHA-256, opened by PIN or biometrics."""
    with told_errors(), opened_world(world) as opened:
        for path in (out, certificate):
            if path is not None:
                refuse_existing(path, force=False)
        asked = read_file(challenge)
        name = _device(opened, person, device)
        given = None if biometrics else typed_user_pin(pin, opened, name, "The phone's PIN")
        told = phone.authenticate(
            opened,
            name,
            asked,
            pin=given,
            biometrics=biometrics,
            allow_last_try=allow_last_try,
        )
        write_bytes(told.signature, out)
        if certificate is not None:
            write_bytes(told.certificate, certificate)
        data = {
            "device": name,
            "signature": str(out),
            "opened_by": "biometrics" if biometrics else "pin",
        }
        answer(data, output, language(lang), en=f"{out}: answered", ja=f"{out}: 応答済み")


@phone_app.command(
    name="pin",
    epilog="Example: jpki-sim phone pin P000001 authentication --pin env:OLD --new env:NEW",
)
def change_pin(
    person: PersonArgument,
    which: Annotated[PurposeOption, typer.Argument(help="Of which key.")],
    pin: SourceOption = "prompt",
    new: Annotated[str, typer.Option(metavar="SOURCE", help="The new value.")] = "prompt",
    device: DeviceOption = None,
    allow_last_try: AllowLastTry = False,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Change a PIN of the phone by its old value; nobody is told."""
    with told_errors(), opened_world(world) as opened:
        name, kind = _device(opened, person, device), pin_of(which)
        phone.change_pin(
            opened,
            name,
            old=typed_pin(pin, kind, opened, name, "The PIN as it is"),
            new=typed_pin(new, kind, opened, name, "New PIN", confirm=True),
            allow_last_try=allow_last_try,
        )
        _tell_pin(name, which, output, language(lang))


@phone_app.command(
    name="reset",
    epilog="Example: jpki-sim phone reset P000001 signature --by env:CARD --new env:NEW",
)
def reset(
    person: PersonArgument,
    which: Annotated[PurposeOption, typer.Argument(help="Of which key.")],
    by: Annotated[
        str,
        typer.Option(
            metavar="SOURCE",
            help="What allows it: for the signature password the card's, with the card held to the "
            "phone (RS-1); for the PIN the phone's signature password (RS-2).",
        ),
    ] = "prompt",
    new: Annotated[str, typer.Option(metavar="SOURCE", help="The new value.")] = "prompt",
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Set a PIN of the phone anew, blocked or forgotten, in the only two ways there are."""
    with told_errors(), opened_world(world) as opened:
        name, kind = _enrolled(opened, person), pin_of(which)
        if kind is _P1:
            card = card_of(opened, person)
            allowed = typed_password(by, opened, card, "The card's signature password")
            value = typed_password(new, opened, name, "New password", confirm=True)
            phone.reset_signature_password(
                opened, person, card=applet(opened, card), card_password=allowed, new=value
            )
        else:
            allowed = typed_password(by, opened, name, "The phone's signature password")
            pin = typed_user_pin(new, opened, name, "New PIN", confirm=True)
            phone.reset_user_pin(opened, person, password=allowed, new=pin)
        _tell_pin(name, which, output, language(lang))


@phone_app.command(
    name="discontinue", epilog="Example: jpki-sim phone discontinue P000001 --signed-with card"
)
def discontinue(
    person: PersonArgument,
    signed_with: Annotated[
        SigningKey, typer.Option(help="Whose key signs the application; it has to be live.")
    ] = SigningKey.PHONE,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Apply for the end of both certificates because the phone's use stops (EV-62)."""
    with told_errors(), opened_world(world) as opened:
        device = _enrolled(opened, person)
        phone.discontinue_use(opened, person, signed_with=_KEYS[signed_with])
        _tell_phone(opened, person, device, output, language(lang))


@phone_app.command(name="lost", epilog="Example: jpki-sim phone lost P000001")
def lost(
    person: PersonArgument,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Report the phone's loss to the call centre, which suspends it at once (EV-66)."""
    with told_errors(), opened_world(world) as opened:
        callcentre.suspend_phone(opened, person)
        _tell_phone(opened, person, _enrolled(opened, person), output, language(lang))


@phone_app.command(name="lift", epilog="Example: jpki-sim phone lift P000001")
def lift(
    person: PersonArgument,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Lift the suspension of a phone that was found, in the app (EV-67)."""
    with told_errors(), opened_world(world) as opened:
        phone.lift_suspension(opened, person)
        _tell_phone(opened, person, _enrolled(opened, person), output, language(lang))


@phone_app.command(name="online", epilog="Example: jpki-sim phone online P000001")
def online(
    person: PersonArgument,
    device: DeviceOption = None,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Bring a phone back to the network; what is to be erased there is erased now."""
    with told_errors(), opened_world(world) as opened:
        name = _device(opened, person, device)
        phone.go_online(opened, name)
        _tell_phone(opened, person, name, output, language(lang))


@phone_app.command(name="offline", epilog="Example: jpki-sim phone offline P000001")
def offline(
    person: PersonArgument,
    device: DeviceOption = None,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Cut a phone off from the network: it still signs, and nobody reaches it."""
    with told_errors(), opened_world(world) as opened:
        name = _device(opened, person, device)
        phone.go_offline(opened, name)
        _tell_phone(opened, person, name, output, language(lang))


@phone_app.command(name="treat", epilog="Example: jpki-sim phone treat P000001 factory_reset")
def treat(
    person: PersonArgument,
    change: Annotated[MobileDeviceChange, typer.Argument(help="What happens to the phone.")],
    device: DeviceOption = None,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Let something happen to a phone without anybody applying (EV-63, EV-70 to EV-78)."""
    with told_errors(), opened_world(world) as opened:
        name = _device(opened, person, device)
        phone.treat(opened, name, change)
        _tell_phone(opened, person, name, output, language(lang))


# which phone, and what is so of it


def _device(world: World, person: str, chosen: str | None) -> str:
    names = [each.id for each in phone.devices(world, world.state().person(person).id)]
    if not names:
        raise ImpossibleFact("the person has no phone", hint="jpki-sim phone enrol")
    if chosen is not None and chosen not in names:
        raise ImpossibleFact("the person has no such phone", hint="there are: " + ", ".join(names))
    return chosen or names[-1]


def _enrolled(world: World, person: str) -> str:
    device = world.state().person(person).device
    if device is None:
        raise ImpossibleFact("no phone is enrolled", hint="jpki-sim phone enrol")
    return device.id


def _tell_phone(world: World, person: str, device: str, output: Format, spoken: Language) -> None:
    found = next(each for each in phone.devices(world, person) if each.id == device)
    if output is Format.JSON:
        write_json(phone_data(found))
    else:
        print_phone(found, spoken)


def _tell_pin(device: str, which: PurposeOption, output: Format, spoken: Language) -> None:
    data = {"device": device, "pin": pin_of(which).value, "set": True}
    ja = {"signature": "署名用パスワード", "authentication": "暗証番号"}[which.value]
    en = f"{device}: {pin_of(which).value.replace('_', ' ')} set"
    answer(data, output, spoken, en=en, ja=f"{device}: {ja}を設定した")
