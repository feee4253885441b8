"""``jpki sign``: sign a file with the card or phone in the reader."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from jpki.card.applet import JpkiApplet
from jpki.card.layout import PLACES, Credential
from jpki.cli.card_words import error_words
from jpki.cli.inputs import language, opened
from jpki.cli.outputs import refuse_existing, write_bytes
from jpki.cli.pins_from import AllowLastTry, PinOption, PinSource
from jpki.cli.readers import CardDesk, ReaderOption, VerboseOption, WaitOption
from jpki.cli.real_clock import real_now
from jpki.cli.sign_choices import (
    KeyType,
    Level,
    SignatureFormat,
    Stance,
    default_target,
    level_of,
    refuse_strangers,
)
from jpki.cli.sign_making import (
    Look,
    Wish,
    appearance_of,
    attachments,
    evidence_from,
    made,
    require_parts,
    timestamper_at,
)
from jpki.cli.telling import Lang, told_errors
from jpki.errors import MalformedDocument
from jpki.pdf_signing import Certification
from jpki.sign import AppletSigner, Signer
from jpki.validation import Language
from jpki.validation.formats.pdf import looks_like_pdf

__all__ = ["sign"]

_PDF_OPTIONS = "With --format pdf"
_XML_OPTIONS = "With --format xml"
_LONG_TERM = "With --level b-t and b-lt"
_HINTS = {
    "en": "hint: this is a PDF file; --format pdf would write the signature into it",
    "ja": "ヒント：PDFファイルです。--format pdf なら署名をPDFの中に書き込みます",
}
_BEGINNING = 2048
_LEFT_OUT: tuple[object, ...] = (None, [])


def sign(
    file: Annotated[Path, typer.Argument(help="What is signed.")],
    kind: Annotated[
        KeyType,
        typer.Option("--type", "-t", help="The key: signature, or authentication (raw only)."),
    ] = KeyType.SIGN,
    output: Annotated[
        SignatureFormat | None,
        typer.Option(
            "--format",
            help="cms: a detached CMS signature with the certificate; cms-attached: the same with "
            "the file inside; pdf, xml: the document with the signature in it; raw: 256 bytes, "
            "RSASSA-PKCS1-v1_5 with SHA-256. Default: cms, for every file.",
        ),
    ] = None,
    level: Annotated[
        Level | None,
        typer.Option(
            help="plain: as older tools and filing systems sign; b-b: the certificate is signed "
            "too (CAdES, PAdES, XAdES); b-t: with a timestamp; b-lt: with evidence of the "
            "certificate's status as well (cms, pdf). raw has no level. Default: b-b, and plain "
            "with --form egov.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Default, beside FILE: FILE.p7s, FILE.p7m when attached, FILE.sig when raw, and "
            "NAME.signed.pdf or NAME.signed.xml.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a signature that exists.")] = (
        False
    ),
    tsa: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The timestamp authority (RFC 3161); it gets a digest and a nonce.",
            rich_help_panel=_LONG_TERM,
        ),
    ] = None,
    crl: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="b-lt: a revocation list to keep with the signature, or a folder of them; the "
            "timestamp authority's too.",
            rich_help_panel=_LONG_TERM,
        ),
    ] = None,
    ocsp: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="b-lt: an OCSP answer (.ors) to keep, or a folder of them.",
            rich_help_panel=_LONG_TERM,
        ),
    ] = None,
    cert: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="b-lt: an issuer's certificate to keep, or a folder of them.",
            rich_help_panel=_LONG_TERM,
        ),
    ] = None,
    field: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The signature field, empty or new. Default: a new one.",
            rich_help_panel=_PDF_OPTIONS,
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", rich_help_panel=_PDF_OPTIONS, help="Why.")
    ] = None,
    location: Annotated[
        str | None, typer.Option(metavar="TEXT", rich_help_panel=_PDF_OPTIONS, help="Where.")
    ] = None,
    visible: Annotated[
        str | None,
        typer.Option(
            metavar="PAGE,L,B,R,T",
            help="Show the signature in a box: left, bottom, right, top in points (1/72 inch) "
            "from the lower left corner. Page 1 is the first, -1 the last.",
            rich_help_panel=_PDF_OPTIONS,
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            help="What the box says. Default: 電子署名 and the day.", rich_help_panel=_PDF_OPTIONS
        ),
    ] = None,
    font: Annotated[
        Path | None,
        typer.Option(
            help="A font (.ttf .otf .ttc) to embed. Default: the viewer's Japanese one.",
            rich_help_panel=_PDF_OPTIONS,
        ),
    ] = None,
    certify: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=3,
            help="Certify the document, as its first signature. Allowed afterwards: 1 nothing, "
            "2 forms and signatures, 3 annotations too.",
            rich_help_panel=_PDF_OPTIONS,
        ),
    ] = None,
    form: Annotated[
        Stance | None,
        typer.Option(
            help="Where the signature stands: in the document's root, around it, or as in e-Gov "
            "filings. Default: enveloped.",
            rich_help_panel=_XML_OPTIONS,
        ),
    ] = None,
    attached: Annotated[
        list[Path] | None,
        typer.Option(
            "--file",
            metavar="PATH",
            help="An attachment to sign too, by its name; repeatable.",
            rich_help_panel=_XML_OPTIONS,
        ),
    ] = None,
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

    The signature appears under its name only when it is complete, and FILE stays as it is. Nothing
    is sent over the network but the question to a timestamp authority that is named.
    """
    spoken = language(lang)
    wanted = output or SignatureFormat.CMS
    target = out or default_target(file, wanted)
    with told_errors(error_words(spoken)), opened(file) as content:
        assert content is not None  # noqa: S101  a file was named
        _check_key(kind, wanted)
        meant = level_of(level, wanted, form)
        given = {
            "--tsa": tsa, "--crl": crl, "--ocsp": ocsp, "--cert": cert, "--field": field,
            "--reason": reason, "--location": location, "--visible": visible, "--text": text,
            "--font": font, "--certify": certify, "--form": form, "--file": attached,
        }  # fmt: skip
        refuse_strangers(
            {one for one, value in given.items() if value not in _LEFT_OUT}, wanted, meant
        )
        require_parts(wanted)
        at = real_now()
        wish = Wish(
            output=wanted,
            level=meant,
            at=at,
            stance=form or Stance.ENVELOPED,
            files=attachments(attached or ()),
            look=Look(
                field_name=field or "",
                reason=reason or "",
                location=location or "",
                appearance=appearance_of(visible, text=text, font=font, at=at),
                certification=Certification(certify) if certify else None,
            ),
            timestamper=None if tsa is None else timestamper_at(tsa),
            evidence=evidence_from(certificates=cert or (), lists=crl or (), answers=ocsp or ()),
        )
        _refuse_target(target, file, force=force)
        if output is None:
            _hint(content, spoken)
        way_in = _WayIn(kind, PinSource.parse(pin), allow_last_try, CardDesk(reader, wait, verbose))
        with way_in.signer(spoken) as signer:
            signature = made(content, signer, wish)
        write_bytes(signature, target, force=force)
    typer.echo(str(target))


@dataclass(frozen=True, slots=True)
class _WayIn:
    """How a key of the card is come by."""

    kind: KeyType
    source: PinSource
    allow_last_try: bool
    desk: CardDesk

    @contextmanager
    def signer(self, spoken: Language) -> Iterator[Signer]:
        """Open the key with its PIN; the card forgets the PIN when the block ends."""
        credential = Credential(PLACES[self.kind.purpose].pin.value)
        title = credential.label_ja if spoken == "ja" else credential.value
        identity = self.desk.identity()
        with (
            self.source.read(credential, identity, title=title) as typed,
            self.desk.connection() as connection,
        ):
            applet = JpkiApplet(connection)
            applet.verify(typed, allow_last_try=self.allow_last_try)
            yield AppletSigner(applet, self.kind.purpose)
            applet.forget_pins()


def _check_key(kind: KeyType, output: SignatureFormat) -> None:
    if output is not SignatureFormat.RAW and kind is not KeyType.SIGN:
        raise MalformedDocument(
            f"a signature of the format {output} is made with the signature key",
            source="--type",
            hint="add --format raw to sign with the authentication key",
        )


def _refuse_target(target: Path, file: Path, *, force: bool) -> None:
    if target.exists() and target.samefile(file):
        raise MalformedDocument(
            "the signature would replace the document", source=str(target), hint="choose another"
        )
    refuse_existing(target, force=force)
    if not (target.parent.is_dir() and os.access(target.parent, os.W_OK)):
        raise MalformedDocument(
            "nothing can be written there", source=str(target), hint="check the folder"
        )


def _hint(content: BinaryIO, spoken: Language) -> None:
    """Tell of the other way when the file is a PDF and no format was chosen."""
    beginning = content.read(_BEGINNING)
    content.seek(0)
    if looks_like_pdf(beginning):
        sys.stderr.write(f"{_HINTS[spoken]}\n")
