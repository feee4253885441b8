"""``jpki trust``: which authorities the user has decided to trust. None is trusted by itself."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jpki import jst
from jpki.card.applet import JpkiApplet
from jpki.cli.exit_codes import ExitCode
from jpki.cli.inputs import instant, language, read_file
from jpki.cli.readers import CardDesk, ReaderOption, VerboseOption, WaitOption
from jpki.cli.real_clock import real_now
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.cli.trust_folder import Anchor, Fault, TrustFolder, default_folder
from jpki.errors import MalformedDocument
from jpki.terms import Purpose
from jpki.trust import Standing, Trusted, accept, examine, fingerprint_words, read_fingerprint

if TYPE_CHECKING:
    from jpki.validation import Language

__all__ = ["add", "check", "list_anchors", "remove", "show", "trust_app"]

trust_app = typer.Typer(
    no_args_is_help=True,
    help="The authorities you trust (認証局). Nothing is trusted unless you add it.",
    epilog="Exit status: 0 done, 1 a fingerprint differs or the folder is not in order, 2 usage. "
    "Verify with one hierarchy only: jpki verify FILE --trust DIR/production",
)

DirOption = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        metavar="DIR",
        envvar="JPKI_TRUST",
        help="The trust folder. Default: jpki/trust in the user's data folder.",
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the result.")]
LangOption = Annotated[
    Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
]
AtOption = Annotated[
    str | None,
    typer.Option(help="The instant or day at which validity is told. Default: now."),
]


@trust_app.command(epilog='Example: jpki trust add signca03.cer --fingerprint "D227 F6CD …"')
def add(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Certificates, DER or PEM.")
    ] = None,
    from_card: Annotated[
        bool,
        typer.Option("--from-card", help="Take both authorities' certificates from the card."),
    ] = False,
    fingerprint: Annotated[
        str | None,
        typer.Option(
            metavar="HEX",
            help="The SHA-256 from the agency's notice, compared word by word. One file only.",
        ),
    ] = None,
    accepts: Annotated[
        list[Standing] | None,
        typer.Option("--accept", help="Also take an authority that is not a published one."),
    ] = None,
    folder: DirOption = None,
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    verbose: VerboseOption = 0,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Trust an authority, after saying what its certificate is.

    Production, test, simulated and unknown authorities are kept in folders of their own.
    """
    with told_errors():
        given = [(path.name, read_file(path)) for path in files or ()]
        if from_card:
            given += _from_card(CardDesk(reader, wait, verbose))
        said = _fingerprint(fingerprint, len(given))
        # Nothing is kept unless everything may be.
        found = [
            accept(examine(data, source=source), accepts=accepts or (), fingerprint=said)
            for source, data in given
        ]
        where = TrustFolder(folder or default_folder())
        kept = [(where.add(one), one) for one in found]
        if output is Format.JSON:
            write_json([{"file": str(path), **_data(one)} for path, one in kept])
            return
        for path, one in kept:
            typer.echo(f"{path}: {_line(one, language(lang))}")
            _warn(one, language(lang))


def _from_card(desk: CardDesk) -> list[tuple[str, bytes]]:
    desk.identity()
    with desk.connection() as connection:
        applet = JpkiApplet(connection)
        return [(f"card, {purpose.value}", applet.ca_certificate(purpose)) for purpose in Purpose]


def _fingerprint(text: str | None, files: int) -> bytes | None:
    if files == 0:
        raise MalformedDocument("no certificate is given", hint="give a FILE, or --from-card")
    if text is None:
        return None
    if files > 1:
        raise MalformedDocument(
            "one fingerprint is that of one certificate",
            source="--fingerprint",
            hint="add the certificates one by one",
        )
    return read_fingerprint(text)


def _warn(found: Trusted, spoken: Language) -> None:
    """Say what this program has not compared; the user can."""
    if found.compared:
        return
    words = " ".join(fingerprint_words(found.authority.fingerprint_sha256))
    compared = f" ({found.published.compared})" if found.published is not None else ""
    sys.stderr.write(
        f"機構の公表する指紋と照合してください{compared}: {words}\n"
        if spoken == "ja"
        else f"compare with the agency's notice yourself{compared}: {words}\n"
    )


@trust_app.command(name="list", epilog="Example: jpki trust list --format json")
def list_anchors(
    folder: DirOption = None, output: FormatOption = Format.TEXT, lang: LangOption = None
) -> None:
    """List the authorities in the folder."""
    with told_errors():
        anchors = TrustFolder(folder or default_folder()).anchors()
        if output is Format.JSON:
            write_json([_anchor_data(anchor) for anchor in anchors])
            return
        for anchor in anchors:
            typer.echo(_anchor_line(anchor, language(lang)))
        if not anchors:
            nothing = (
                "信頼する認証局はありません" if language(lang) == "ja" else "nothing is trusted"
            )
            typer.echo(nothing)


@trust_app.command(epilog="Example: jpki trust show signca03")
def show(
    name: Annotated[str, typer.Argument(help="A file's name, or how its fingerprint begins.")],
    folder: DirOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Show one authority: what it is, and its fingerprint in words."""
    with told_errors():
        anchor = TrustFolder(folder or default_folder()).find(name)
        data = _anchor_data(anchor)
        if output is Format.JSON:
            write_json(data)
            return
        for key, value in data.items():
            shown = " ".join(map(str, value)) if isinstance(value, list) else value
            typer.echo(f"{key}: {shown}")


@trust_app.command(epilog="Example: jpki trust remove signca01")
def remove(
    name: Annotated[str, typer.Argument(help="A file's name, or how its fingerprint begins.")],
    folder: DirOption = None,
    lang: LangOption = None,
) -> None:
    """Trust an authority no longer."""
    with told_errors():
        gone = TrustFolder(folder or default_folder()).remove(name)
        word = "削除しました" if language(lang) == "ja" else "removed"
        typer.echo(f"{gone.path}: {word}")


@trust_app.command(epilog="Example: jpki trust check --at 2026-08-04")
def check(
    folder: DirOption = None,
    at: AtOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Check every file of the folder anew: what it is, where it lies, who can write to it.

    Exit status 1 when something is not in order. An expired authority is in order: it serves for
    older signatures.
    """
    with told_errors():
        anchors = TrustFolder(folder or default_folder()).anchors()
        judged = instant(at) if at else real_now()
        if output is Format.JSON:
            write_json([_checked_data(anchor, judged) for anchor in anchors])
        else:
            for anchor in anchors:
                mark = "[!] " if anchor.faults else "[ok]"
                expired = anchor.found is not None and anchor.found.expired(judged)
                note = _EXPIRED[language(lang)] if expired else ""
                typer.echo(f"{mark} {_anchor_line(anchor, language(lang))}{note}")
    if any(anchor.faults for anchor in anchors):
        raise typer.Exit(ExitCode.INVALID)


_EXPIRED = {"en": " (expired)", "ja": "（有効期間満了）"}


def _checked_data(anchor: Anchor, at: datetime) -> dict[str, object]:
    expired = anchor.found.expired(at) if anchor.found is not None else None
    return {**_anchor_data(anchor), "expired": expired}


def _anchor_line(anchor: Anchor, spoken: Language) -> str:
    faults = "; ".join(_fault(fault, spoken) for fault in anchor.faults)
    what = _line(anchor.found, spoken) if anchor.found is not None else ""
    return f"{anchor.path.parent.name}/{anchor.path.name}: " + "; ".join(
        filter(None, (what, faults))
    )


def _fault(fault: Fault, spoken: Language) -> str:
    return fault.text_ja if spoken == "ja" else fault.text_en


def _line(found: Trusted, spoken: Language) -> str:
    authority = found.authority
    until = jst.day(authority.not_after)
    if spoken == "ja":
        generation = f"第{found.generation}世代 " if found.generation else ""
        return f"{found.standing.label_ja} {authority.purpose.label_ja} {generation}{until}まで"
    generation = f"generation {found.generation} " if found.generation else ""
    purpose = authority.purpose.value.replace("_", " ")
    return f"{found.standing.value} {purpose} {generation}until {until}"


def _data(found: Trusted) -> dict[str, object]:
    authority = found.authority
    return {
        "standing": found.standing.value,
        "purpose": authority.purpose.value,
        "hierarchy": authority.hierarchy.value,
        "generation": found.generation,
        "serial": authority.serial,
        "not_before": authority.not_before.isoformat(),
        "not_after": authority.not_after.isoformat(),
        "subject_key_id": authority.subject_key_id.hex(),
        "sha256": list(fingerprint_words(authority.fingerprint_sha256)),
        "published": None if found.published is None else found.published.compared,
    }


def _anchor_data(anchor: Anchor) -> dict[str, object]:
    known = _data(anchor.found) if anchor.found is not None else {}
    return {
        "file": str(anchor.path),
        **known,
        "faults": [fault.value for fault in anchor.faults],
    }
