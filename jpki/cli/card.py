"""``jpki card``: what is in the readers, and what the card says to those who may ask."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jpki.authenticity import (
    IssuerKey,
    check_attributes,
    check_card_face,
    check_my_number,
    load_issuer_key,
)
from jpki.backends import pcsc
from jpki.card.applet import JpkiApplet
from jpki.card.card_face import CardFaceApplet
from jpki.card.card_record import CommonCardApplet
from jpki.card.input_support import InputSupportApplet
from jpki.card.layout import COMMON, Credential
from jpki.card.pin import Pin
from jpki.card.token import Identity, identify
from jpki.cli.card_words import error_words, holds_words, tell
from jpki.cli.certificates_told import CertificateFormat, CertificateType, told_certificate
from jpki.cli.exit_codes import ExitCode
from jpki.cli.inputs import language, read_file
from jpki.cli.outputs import write_bytes
from jpki.cli.pins_from import AllowLastTry, PinOption, PinSource
from jpki.cli.readers import CardDesk, ReaderOption, VerboseOption, WaitOption
from jpki.cli.real_clock import real_now
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.diagnosis import Finding, Level, Situation, examine
from jpki.errors import CardError, FormatError, NoReader, UnexpectedStatus
from jpki.terms import PinKind

if TYPE_CHECKING:
    from jpki.validation import Language

__all__ = [
    "AttributesBy",
    "FaceBy",
    "NumberBy",
    "attributes",
    "card_app",
    "cert",
    "doctor",
    "face",
    "info",
    "list_readers",
    "mynumber",
]

card_app = typer.Typer(
    no_args_is_help=True,
    help="Cards and phones in readers (マイナンバーカード).",
    epilog="Exit status: 0 done, 2 usage, 4 reader or card, 5 PIN. "
    "When nothing works: jpki card doctor",
)

FormatOption = Annotated[Format, typer.Option("--format", help="How to print the result.")]
LangOption = Annotated[
    Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
]
IssuerOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--issuer-key",
        help="An issuer's RSA public key (PEM or DER): then digests, signature and issuer are "
        "checked, and a mismatch fails. Nothing is trusted by itself.",
    ),
]


class AttributesBy(StrEnum):
    """What opens the attributes."""

    PIN = "pin"
    CODE_B = "code-b"


class NumberBy(StrEnum):
    """What opens the My Number."""

    PIN = "pin"
    CODE_A = "code-a"


class FaceBy(StrEnum):
    """What opens the card face."""

    CODE_A = "code-a"
    CODE_B = "code-b"


_CREDENTIALS = {
    "pin": Credential.INPUT_SUPPORT_PIN,
    "code-a": Credential.CODE_A,
    "code-b": Credential.CODE_B,
}


@card_app.command(name="list", epilog="Example: jpki card list --format json")
def list_readers(
    output: FormatOption = Format.TEXT, verbose: VerboseOption = 0, lang: LangOption = None
) -> None:
    """List the readers and what is in each."""
    spoken = language(lang)
    with told_errors(error_words(spoken)):
        rows = [_row(reader, verbose) for reader in pcsc.readers()]
        if not rows:
            raise NoReader("there is no reader", hint="run: jpki card doctor")
        if output is Format.JSON:
            write_json(rows)
            return
        for row in rows:
            typer.echo(f"{row['reader']}: {holds_words(str(row['holds']), spoken)}")


def _row(reader: pcsc.PcscReader, verbose: int) -> dict[str, object]:
    state = reader.state()
    return {
        "reader": reader.name,
        "present": state.present,
        "atr": state.atr.hex().upper(),
        "holds": _holds(reader, state, verbose),
    }


def _holds(reader: pcsc.PcscReader, state: pcsc.ReaderState, verbose: int) -> str:
    if not state.present:
        return "empty"
    if state.in_use or state.exclusive:
        # Asking would end what the other program has opened with a PIN.
        return "a card that another program uses"
    try:
        with CardDesk(reader.name, verbose=verbose).connection() as connection:
            return _kind(identify(connection))
    except CardError as error:
        return f"unusable ({error.code})"


def _kind(identity: Identity) -> str:
    if identity.kind is None:
        return "foreign card"
    simulated = " (simulated)" if identity.simulated else ""
    return identity.kind.value.replace("_", " ") + simulated


@card_app.command(epilog="Example: jpki card info --reader Virtual")
def info(
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
    lang: LangOption = None,
) -> None:
    """Say what the card is and what is free to read on it. No PIN is asked for."""
    spoken = language(lang)
    with (
        told_errors(error_words(spoken)),
        CardDesk(reader, wait, verbose).connection() as connection,
    ):
        identity = identify(connection)
        told: dict[str, object] = {
            "token": _kind(identity),
            "applications": [application.name for application in identity.applications],
        }
        if identity.usable:
            told |= _token(JpkiApplet(connection), identity)
            if COMMON in identity.applications:
                told |= _record(CommonCardApplet(connection))
        if output is Format.JSON:
            write_json(told)
        else:
            tell(told, spoken)


def _token(applet: JpkiApplet, identity: Identity) -> dict[str, object]:
    available = applet.availability()
    told: dict[str, object] = {
        "tries left": {pin.value: applet.tries_left(pin) for pin in PinKind},
    }
    if identity.information is not None:
        told["model"] = identity.information.model
    if available is not None:
        told["certificates"] = [purpose.value for purpose, there in available.items() if there]
    return told


def _record(applet: CommonCardApplet) -> dict[str, object]:
    try:
        record = applet.record()
    except (UnexpectedStatus, FormatError):
        return {}  # one source describes the record; a card without it is no less a card
    return {
        "card number": record.masked_number,
        "municipality": record.municipality_code,
        "expires on": record.expiry_date,
    }


@card_app.command(epilog="Example: jpki card cert -t auth --format pem -o auth.pem")
def cert(
    kind: Annotated[
        CertificateType, typer.Option("--type", "-t", help="Which certificate.")
    ] = CertificateType.AUTH,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file to write.")] = None,
    output: Annotated[
        CertificateFormat | None,
        typer.Option(
            "--format",
            help="How to write it. Default: text on the terminal; in a file PEM if it is named "
            "so, and DER otherwise.",
        ),
    ] = None,
    pin: PinOption = "prompt",
    allow_last_try: AllowLastTry = False,
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    verbose: VerboseOption = 0,
    lang: LangOption = None,
) -> None:
    """Read a certificate. The signature certificate takes the signature password.

    On a phone the authentication certificate takes the user PIN.
    """
    with told_errors(error_words(language(lang))):
        desk = CardDesk(reader, wait, verbose)
        identity = desk.identity()
        wanted = kind.pin_on(identity)
        if wanted is None:
            with desk.connection() as connection:
                der = kind.read(JpkiApplet(connection))
        else:
            credential = Credential(wanted.value)
            title = credential.label_ja if language(lang) == "ja" else credential.value
            source = PinSource.parse(pin)
            with (
                source.read(credential, identity, title=title) as typed,
                desk.connection() as connection,
            ):
                applet = JpkiApplet(connection)
                applet.verify(typed, allow_last_try=allow_last_try)
                der = kind.read(applet)
                applet.forget_pins()
        write_bytes(told_certificate(der, kind, output or _usual_format(out)), out)


def _usual_format(out: Path | None) -> CertificateFormat:
    """A file is for other programs, the terminal for people."""
    if out is None:
        return CertificateFormat.TEXT
    return CertificateFormat.PEM if out.suffix.lower() == ".pem" else CertificateFormat.DER


@card_app.command(epilog="Example: jpki card attributes --pin env:CARD_PIN --format json")
def attributes(
    by: Annotated[AttributesBy, typer.Option(help="What opens them.")] = AttributesBy.PIN,
    pin: PinOption = "prompt",
    allow_last_try: AllowLastTry = False,
    issuer_key: IssuerOption = None,
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
    lang: LangOption = None,
) -> None:
    """Read name, address, birth date and sex (基本4情報)."""
    with told_errors(error_words(language(lang))):
        desk, issuers = CardDesk(reader, wait, verbose), _issuers(issuer_key)
        with _opening(desk, by.value, pin, lang) as typed, desk.connection() as connection:
            applet = InputSupportApplet(connection)
            applet.verify(typed, allow_last_try=allow_last_try)
            found = applet.attributes()
            if issuers:
                check_attributes(found, applet.signature(), applet.certificate(), issuers)
            applet.forget_pins()
        _tell_result(
            {
                "name": found.name,
                "address": found.address,
                "birth date": found.birth_date,
                "sex": found.sex.value if found.sex is not None else found.sex_code,
                "checked": bool(issuers),
            },
            output,
            language(lang),
        )


@card_app.command(epilog="Example: jpki card mynumber --pin prompt")
def mynumber(
    by: Annotated[NumberBy, typer.Option(help="What opens it.")] = NumberBy.PIN,
    pin: PinOption = "prompt",
    allow_last_try: AllowLastTry = False,
    issuer_key: IssuerOption = None,
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
    lang: LangOption = None,
) -> None:
    """Read the My Number (個人番号). The law limits who may collect or keep one."""
    with told_errors(error_words(language(lang))):
        desk, issuers = CardDesk(reader, wait, verbose), _issuers(issuer_key)
        with _opening(desk, by.value, pin, lang) as typed, desk.connection() as connection:
            applet = InputSupportApplet(connection)
            applet.verify(typed, allow_last_try=allow_last_try)
            found = applet.my_number()
            if issuers:
                check_my_number(found, applet.signature(), applet.certificate(), issuers)
            applet.forget_pins()
        _tell_result({"my number": found.digits, "checked": bool(issuers)}, output, language(lang))


@card_app.command(epilog="Example: jpki card face --by code-b --out face/")
def face(
    by: Annotated[FaceBy, typer.Option(help="What opens it.")] = FaceBy.CODE_B,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The folder for photo and images.")
    ] = None,
    pin: PinOption = "prompt",
    allow_last_try: AllowLastTry = False,
    issuer_key: IssuerOption = None,
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
    lang: LangOption = None,
) -> None:
    """Read the face of the card: birth date, sex, expiry, and with --out its images.

    Code A is the My Number; code B the birth date (YYMMDD, era year), the year of expiry and the
    security code.
    """
    with told_errors(error_words(language(lang))):
        desk, issuers = CardDesk(reader, wait, verbose), _issuers(issuer_key)
        with _opening(desk, by.value, pin, lang) as typed, desk.connection() as connection:
            applet = CardFaceApplet(connection)
            applet.verify(typed, allow_last_try=allow_last_try)
            found = applet.face()
            if issuers:
                check_card_face(found, applet.certificate(), issuers)
            applet.forget_pins()
        images = {
            "photo.jp2": found.photo,
            "name.png": found.name_image,
            "address.png": found.address_image,
            "security-code.png": found.security_code_image,
        }
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            for name, content in images.items():
                write_bytes(content, out / name, force=True)
        _tell_result(
            {
                "birth date": found.birth_date,
                "sex": found.sex.value if found.sex is not None else found.sex_code,
                "expires on": found.expiry_date,
                "images": {name: len(content) for name, content in images.items()},
                "checked": bool(issuers),
            },
            output,
            language(lang),
        )


def _opening(desk: CardDesk, by: str, pin: str, lang: Lang | None) -> Pin:
    credential = _CREDENTIALS[by]
    title = credential.label_ja if language(lang) == "ja" else by
    return PinSource.parse(pin).read(credential, desk.identity(), title=title)


def _issuers(paths: list[Path] | None) -> tuple[IssuerKey, ...]:
    return tuple(load_issuer_key(read_file(path), source=str(path)) for path in paths or ())


def _tell_result(told: dict[str, object], output: Format, spoken: Language) -> None:
    if output is Format.JSON:
        write_json(told)
        return
    if not told.pop("checked"):
        sys.stderr.write(f"{_NOT_CHECKED[spoken]}\n")
    tell(told, spoken)


_NOT_CHECKED: dict[Language, str] = {
    "en": "not checked against an issuer's key; give --issuer-key to check",
    "ja": "発行者の鍵で検査していません。検査するには --issuer-key を付けてください",
}


@card_app.command(epilog="Example: jpki card doctor --lang ja")
def doctor(
    reader: ReaderOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Find out why a card cannot be used, and say what to do about it.

    Nothing is presented to any card. Exit status 0 when a card can be used, else 4, or 5 when
    all that is wrong is a blocked PIN.
    """
    with told_errors(error_words(language(lang))):
        findings = examine(lambda: _asked_about(reader), at=real_now())
        spoken = language(lang)
        if output is Format.JSON:
            write_json(
                [
                    {
                        "situation": finding.situation.value,
                        "level": finding.level.value,
                        "reader": finding.reader,
                        "text": finding.text(spoken),
                        "cure": finding.cure(spoken),
                    }
                    for finding in findings
                ]
            )
        else:
            for finding in findings:
                place = f"{finding.reader}: " if finding.reader else ""
                typer.echo(f"{_SIGNS[finding.level]} {place}{finding.text(spoken)}")
                if finding.cure(spoken):
                    typer.echo(f"    {_TO_DO[spoken]}: {finding.cure(spoken)}")
    faults = [finding for finding in findings if finding.level is Level.FAULT]
    if faults and not _one_is_usable(findings):
        blocked = all(finding.situation is Situation.PIN_BLOCKED for finding in faults)
        raise typer.Exit(ExitCode.PIN if blocked else ExitCode.READER_OR_CARD)


def _one_is_usable(findings: Iterable[Finding]) -> bool:
    """Whether some reader's card is good and has no fault; those of other readers do not matter."""
    levels: dict[str, set[Level]] = {}
    for finding in findings:
        levels.setdefault(finding.reader, set()).add(finding.level)
    return any(Level.GOOD in found and Level.FAULT not in found for found in levels.values())


_SIGNS = {Level.GOOD: "[ok]  ", Level.NOTE: "[note]", Level.FAULT: "[!]   "}
_TO_DO = {"en": "cure", "ja": "対処"}


def _asked_about(name: str | None) -> tuple[pcsc.PcscReader, ...]:
    return pcsc.readers() if name is None else (pcsc.find_reader(name),)
