"""``jpki pin``: counters, a new PIN, and a PIN tried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

import typer

from jpki.card.applet import JpkiApplet
from jpki.card.application import CardApplication
from jpki.card.card_face import CardFaceApplet
from jpki.card.card_record import CommonCardApplet
from jpki.card.connection import CardConnection
from jpki.card.input_support import InputSupportApplet
from jpki.card.layout import Credential
from jpki.cli.card_words import error_words
from jpki.cli.inputs import language
from jpki.cli.pins_from import AllowLastTry, PinOption, PinSource
from jpki.cli.readers import CardDesk, ReaderOption, VerboseOption, WaitOption
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.terms import PinKind

__all__ = ["ChangeablePin", "PinType", "change", "pin_app", "status", "verify"]

pin_app = typer.Typer(
    no_args_is_help=True,
    help="PINs and codes of the card in the reader (暗証番号).",
    epilog="Exit status: 0 done, 2 usage, 4 reader or card, 5 PIN wrong, blocked or refused.",
)


class PinType(StrEnum):
    """The PINs and codes, as typed."""

    AUTH = "auth"
    SIGN = "sign"
    TEXT = "text"
    TEXT_CODE_A = "text-code-a"
    TEXT_CODE_B = "text-code-b"
    FACE_CODE_A = "face-code-a"
    FACE_CODE_B = "face-code-b"
    BIRTH_DATE = "birth-date"
    RESIDENT_RECORD = "resident-record"


class ChangeablePin(StrEnum):
    """The PINs that a holder can change without the municipality."""

    AUTH = "auth"
    SIGN = "sign"
    TEXT = "text"


Applet = JpkiApplet | CardApplication


@dataclass(frozen=True, slots=True)
class _Row:
    credential: Credential
    applet: Callable[[CardConnection], Applet]


_ROWS: Final = {
    PinType.AUTH: _Row(Credential.USER_PIN, JpkiApplet),
    PinType.SIGN: _Row(Credential.SIGNATURE_PASSWORD, JpkiApplet),
    PinType.TEXT: _Row(Credential.INPUT_SUPPORT_PIN, InputSupportApplet),
    PinType.TEXT_CODE_A: _Row(Credential.CODE_A, InputSupportApplet),
    PinType.TEXT_CODE_B: _Row(Credential.CODE_B, InputSupportApplet),
    PinType.FACE_CODE_A: _Row(Credential.CODE_A, CardFaceApplet),
    PinType.FACE_CODE_B: _Row(Credential.CODE_B, CardFaceApplet),
    PinType.BIRTH_DATE: _Row(Credential.BIRTH_DATE_CODE, CardFaceApplet),
    PinType.RESIDENT_RECORD: _Row(Credential.JUKI_PIN, CommonCardApplet),
}
_KindOption = Annotated[PinType, typer.Option("--type", "-t", help="Which PIN or code.")]
_LangOption = Annotated[
    Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
]


@pin_app.command(epilog="Example: jpki pin status --format json")
def status(
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    verbose: VerboseOption = 0,
    lang: _LangOption = None,
) -> None:
    """Say how many tries each PIN and code has left. Asking costs nothing."""
    with told_errors(error_words(language(lang))):
        desk = CardDesk(reader, wait, verbose)
        answering = {row.aid for row in desk.identity().applications}
        with desk.connection() as connection:
            counted = {
                kind: _tries(row, connection)
                for kind, row in _ROWS.items()
                if row.applet is JpkiApplet or _aid(row) in answering
            }
        if output is Format.JSON:
            write_json({kind.value: left for kind, left in counted.items()})
            return
        for kind, left in counted.items():
            typer.echo(_line(kind, left, language(lang)))


def _aid(row: _Row) -> bytes | None:
    applet = row.applet
    if isinstance(applet, type) and issubclass(applet, CardApplication):
        return applet.application.aid
    return None


def _tries(row: _Row, connection: CardConnection) -> int:
    applet = row.applet(connection)
    if isinstance(applet, JpkiApplet):
        return applet.tries_left(PinKind(row.credential.value))
    return applet.tries_left(row.credential)


def _line(kind: PinType, left: int, spoken: str) -> str:
    name = _title(kind, spoken)
    if spoken == "ja":
        return f"{name}: " + (f"残り{left}回" if left else "ロックされています")
    return f"{name}: " + (f"{left} tries left" if left else "blocked")


def _title(kind: PinType, spoken: str) -> str:
    return f"{_ROWS[kind].credential.label_ja}（{kind.value}）" if spoken == "ja" else kind.value


@pin_app.command(epilog="Example: jpki pin verify -t auth")
def verify(
    kind: _KindOption = PinType.AUTH,
    pin: PinOption = "prompt",
    allow_last_try: AllowLastTry = False,
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    verbose: VerboseOption = 0,
    lang: _LangOption = None,
) -> None:
    """Present a PIN or code once. A wrong one costs a try."""
    with told_errors(error_words(language(lang))):
        desk, row = CardDesk(reader, wait, verbose), _ROWS[kind]
        title = _title(kind, language(lang))
        source = PinSource.parse(pin)
        with (
            source.read(row.credential, desk.identity(), title=title) as typed,
            desk.connection() as connection,
        ):
            applet = row.applet(connection)
            applet.verify(typed, allow_last_try=allow_last_try)
            applet.forget_pins()
        typer.echo("正しい暗証番号です" if language(lang) == "ja" else "right")


@pin_app.command(epilog="Example: jpki pin change -t auth")
def change(
    kind: Annotated[
        ChangeablePin, typer.Option("--type", "-t", help="Which PIN.")
    ] = ChangeablePin.AUTH,
    pin: PinOption = "prompt",
    new_pin: Annotated[
        str, typer.Option("--new-pin", metavar="SOURCE", help="Where the new PIN comes from.")
    ] = "prompt",
    allow_last_try: AllowLastTry = False,
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    verbose: VerboseOption = 0,
    lang: _LangOption = None,
) -> None:
    """Present the old PIN and set a new one. A prompted new PIN is asked for twice."""
    with told_errors(error_words(language(lang))):
        desk, row = CardDesk(reader, wait, verbose), _ROWS[PinType(kind.value)]
        spoken = language(lang)
        identity = desk.identity()
        old_title, new_title = (
            f"{label} {_title(PinType(kind.value), spoken)}" for label in _OLD_AND_NEW[spoken]
        )
        sources = PinSource.parse(pin), PinSource.parse(new_pin)
        with (
            sources[0].read(row.credential, identity, title=old_title) as old,
            sources[1].read(row.credential, identity, title=new_title, confirm=True) as new,
            desk.connection() as connection,
        ):
            applet = row.applet(connection)
            applet.change(old, new, allow_last_try=allow_last_try)
            applet.forget_pins()
        typer.echo("変更しました" if spoken == "ja" else "changed")


_OLD_AND_NEW: Final = {"en": ("old", "new"), "ja": ("現在の", "新しい")}
