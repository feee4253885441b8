"""The commands of ``jpki`` and how their errors are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from jpki.cli.attributes import attributes_app
from jpki.cli.card import card_app
from jpki.cli.certificates import cert_app
from jpki.cli.exit_codes import exit_code_of
from jpki.cli.inputs import instant, language, opened, read_file, read_lists, read_roots
from jpki.cli.law import expiry, law_app
from jpki.cli.pin import pin_app
from jpki.cli.sign import sign
from jpki.cli.telling import Format, Lang, told_errors
from jpki.cli.trust import trust_app
from jpki.verify import explain

__all__ = ["Format", "Lang", "app", "told_errors", "verify"]

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Verify signatures made with Japan's My Number card and phones (JPKI, "
    "公的個人認証サービス).",
    epilog="Exit status: 0 valid, 1 invalid, 2 usage, 3 indeterminate, 4 reader or card, 5 PIN, "
    "6 network or service.",
)
app.add_typer(card_app, name="card")
app.add_typer(pin_app, name="pin")
app.add_typer(trust_app, name="trust")
app.add_typer(cert_app, name="cert")
app.add_typer(attributes_app, name="attributes")
app.command(epilog="Example: jpki sign contract.pdf   (writes contract.pdf.p7s)")(sign)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jpki {version('jpki')}")
        raise typer.Exit


app.add_typer(law_app, name="law")
app.command()(expiry)


@app.callback()
def _jpki(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command(
    epilog="Example: jpki verify contract.txt.p7s --trust roots/ --crl lists/ --at 2026-08-04"
)
def verify(
    signature: Annotated[Path, typer.Argument(help="A CMS signature (.p7s), DER or PEM.")],
    content: Annotated[
        Path | None,
        typer.Option(
            help="What was signed. Default: the signature's file name without .p7s, if it exists."
        ),
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option(help="A root certificate, or a folder of them. Nothing else is trusted."),
    ] = None,
    crl: Annotated[
        list[Path] | None, typer.Option(help="A revocation list, or a folder of them.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="The instant to judge at: ISO 8601 (Japan time if no zone), or a day, meaning "
            "its end. Default: now."
        ),
    ] = None,
    list_tolerance: Annotated[
        float,
        typer.Option(min=0, help="Hours for which an outdated revocation list is still believed."),
    ] = 0.0,
    output: Annotated[Format, typer.Option("--format", help="How to print the result.")] = (
        Format.TEXT
    ),
    lang: Annotated[
        Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
    ] = None,
) -> None:
    """Say whether a signature is valid, invalid, or could not be checked, and why.

    Nothing is fetched from the network: give the roots and the revocation lists.
    """
    judged = datetime.now(UTC)  # noqa: TID251  the command line is the rim that reads the clock
    with told_errors(), opened(content or _beside(signature)) as stream:
        report = explain(
            read_file(signature),
            content=stream,
            roots=read_roots(trust or ()),
            revocation_lists=read_lists(crl or ()),
            at=instant(at) if at else judged,
            list_tolerance=timedelta(hours=list_tolerance),
        )
        typer.echo(
            report.model_dump_json(indent=2)
            if output is Format.JSON
            else report.text(language(lang))
        )
    raise typer.Exit(exit_code_of(report.verdict))


def _beside(signature: Path) -> Path | None:
    """Return ``contract.txt`` for ``contract.txt.p7s``, as detached signatures are kept."""
    beside = signature.with_suffix("")
    return beside if signature.suffix == ".p7s" and beside.is_file() else None
