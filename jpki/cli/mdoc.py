"""``jpki mdoc``: the verdict on a card-substitute record (カード代替電磁的記録) as presented."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jpki.cli.attributes_told import MASK, ShowPersonal
from jpki.cli.exit_codes import exit_code_of
from jpki.cli.inputs import instant, language, read_file
from jpki.cli.real_clock import real_now
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.errors import FormatError, MalformedDocument

if TYPE_CHECKING:
    from jpki.mdoc import MdocReport, SessionTranscript, SignerRoot

__all__ = ["mdoc_app", "verify_mdoc"]

mdoc_app = typer.Typer(
    no_args_is_help=True,
    help="Card-substitute records from a phone's wallet (カード代替電磁的記録, ISO/IEC 18013-5).",
    epilog="Exit status: 0 valid, 1 invalid, 2 usage, 3 indeterminate.",
)


@mdoc_app.command(
    name="verify",
    epilog="Example: jpki mdoc verify answer.cbor --trust root.pem --session session.cbor\n\n"
    "jpki mdoc verify answer.cbor --trust root.pem --session session.cbor --format json "
    "--show-personal",
)
def verify_mdoc(
    file: Annotated[Path, typer.Argument(help="What the device answered (DeviceResponse, CBOR).")],
    trust: Annotated[
        list[Path] | None,
        typer.Option(help="A root that certifies signers of records, DER or PEM."),
    ] = None,
    session: Annotated[
        Path | None,
        typer.Option(
            help="The session transcript (CBOR). Without it the verdict is indeterminate."
        ),
    ] = None,
    doc_type: Annotated[
        str | None, typer.Option(help="The document type. Default: the My Number card's.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="The instant to judge at, ISO 8601. Default: now.")
    ] = None,
    personal: ShowPersonal = False,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    lang: Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")] = None,
) -> None:
    """Say in numbered steps whether a presented record is valid, and show its items.

    Whether a valid record has fallen since cannot be known: readers have no status list to ask.
    """
    with told_errors():
        # Only who verifies records needs the extra ``mdoc``.
        from jpki.mdoc import MdocPolicy, explain

        report = explain(
            read_file(file),
            roots=[_root(path) for path in trust or ()],
            transcript=_transcript(session),
            at=instant(at) if at else real_now(),
            policy=MdocPolicy(doc_type=doc_type) if doc_type else MdocPolicy(),
        )
    if output is Format.JSON:
        write_json(_data(report, personal=personal))
    else:
        typer.echo(report.text(language(lang)))
        for item in report.items:
            value = item.value if personal else MASK
            typer.echo(f"    {item.namespace} {item.name}: {value}")
    raise typer.Exit(exit_code_of(report.verdict))


def _root(path: Path) -> SignerRoot:
    from jpki.mdoc import parse_root

    try:
        return parse_root(read_file(path))
    except FormatError as error:
        raise MalformedDocument(error.message, source=str(path), hint=error.hint) from error


def _transcript(path: Path | None) -> SessionTranscript | None:
    from jpki.mdoc import SessionTranscript

    if path is None:
        return None
    try:
        return SessionTranscript.parse(read_file(path))
    except FormatError as error:
        raise MalformedDocument(error.message, source=str(path), hint=error.hint) from error


def _data(report: MdocReport, *, personal: bool) -> dict[str, Any]:
    data = report.model_dump(mode="json")
    if not personal:
        data["items"] = [{**item, "value": MASK} for item in data["items"]]
    return data
