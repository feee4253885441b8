"""``jpki sign``: sign a file with the card or phone in the reader."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jpki.card.applet import JpkiApplet
from jpki.card.layout import PLACES, Credential
from jpki.card.pin import Pin, SignaturePassword
from jpki.cli.card_words import error_words
from jpki.cli.inputs import language, opened
from jpki.cli.outputs import refuse_existing, write_bytes
from jpki.cli.pins_from import AllowLastTry, PinOption, PinSource
from jpki.cli.readers import CardDesk, ReaderOption, VerboseOption, WaitOption
from jpki.cli.real_clock import real_now
from jpki.cli.telling import Lang, told_errors
from jpki.errors import MalformedDocument
from jpki.sign import AppletSigner, CardSigner, SignatureLevel, sign_cms, sign_raw
from jpki.terms import Purpose

__all__ = ["KeyType", "Level", "SignatureFormat", "sign"]


class SignatureFormat(StrEnum):
    """What a signature looks like."""

    CMS = "cms"
    CMS_ATTACHED = "cms-attached"
    RAW = "raw"


class Level(StrEnum):
    """What a CMS signature says besides the content."""

    PLAIN = "plain"
    B_B = "b-b"

    @property
    def signed(self) -> SignatureLevel:
        """The level as the library names it."""
        return SignatureLevel(self.value)


class KeyType(StrEnum):
    """Which key signs."""

    SIGN = "sign"
    AUTH = "auth"

    @property
    def purpose(self) -> Purpose:
        """The purpose of the key."""
        return Purpose.SIGNATURE if self is KeyType.SIGN else Purpose.USER_AUTHENTICATION


_SUFFIXES = {
    SignatureFormat.CMS: ".p7s",
    SignatureFormat.CMS_ATTACHED: ".p7m",
    SignatureFormat.RAW: ".sig",
}


def sign(
    file: Annotated[Path, typer.Argument(help="What is signed.")],
    kind: Annotated[
        KeyType, typer.Option("--type", "-t", help="The key: signature or authentication.")
    ] = KeyType.SIGN,
    output: Annotated[
        SignatureFormat,
        typer.Option(
            "--format",
            help="cms: a detached CMS signature with the certificate; cms-attached: the same with "
            "the file inside; raw: 256 bytes, RSASSA-PKCS1-v1_5 with SHA-256.",
        ),
    ] = SignatureFormat.CMS,
    level: Annotated[
        Level,
        typer.Option(
            help="b-b: the certificate is signed too (CAdES); plain: as older tools sign. CMS only."
        ),
    ] = Level.B_B,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Default: FILE.p7s, FILE.p7m when attached, FILE.sig."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a signature that exists.")] = (
        False
    ),
    pin: PinOption = "prompt",
    allow_last_try: AllowLastTry = False,
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    verbose: VerboseOption = 0,
    lang: Annotated[
        Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
    ] = None,
) -> None:
    """Sign a file with the card or phone in the reader.

    The signature appears under its name only when it is complete.
    """
    target = out or file.with_name(file.name + _SUFFIXES[output])
    with told_errors(error_words(language(lang))), opened(file) as content:
        if output is not SignatureFormat.RAW and kind is not KeyType.SIGN:
            raise MalformedDocument(
                "a CMS signature is made with the signature key",
                source="--type",
                hint="add --format raw to sign with the authentication key",
            )
        refuse_existing(target, force=force)
        assert content is not None  # noqa: S101  a file was named
        desk = CardDesk(reader, wait, verbose)
        credential = Credential(PLACES[kind.purpose].pin.value)
        title = credential.label_ja if language(lang) == "ja" else credential.value
        source = PinSource.parse(pin)
        with (
            source.read(credential, desk.identity(), title=title) as typed,
            desk.connection() as connection,
        ):
            applet = JpkiApplet(connection)
            if output is SignatureFormat.RAW:
                applet.verify(typed, allow_last_try=allow_last_try)
                signature = sign_raw(content, AppletSigner(applet, kind.purpose))
            else:
                signature = sign_cms(
                    content,
                    CardSigner(applet, _password(typed), allow_last_try=allow_last_try),
                    at=real_now(),
                    level=level.signed,
                    attached=output is SignatureFormat.CMS_ATTACHED,
                )
            applet.forget_pins()
        write_bytes(signature, target, force=force)
    typer.echo(str(target))


def _password(typed: Pin) -> SignaturePassword:
    assert isinstance(typed, SignaturePassword)  # noqa: S101  by the credential it was read for
    return typed
