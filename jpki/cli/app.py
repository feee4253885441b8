"""The commands of ``jpki`` and how their errors are told."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from jpki.cli.attributes import attributes_app
from jpki.cli.card import card_app
from jpki.cli.certificates import cert_app
from jpki.cli.law import expiry, law_app
from jpki.cli.mdoc import mdoc_app
from jpki.cli.pin import pin_app
from jpki.cli.report import report_app
from jpki.cli.revocation import revocation_app
from jpki.cli.sign import sign
from jpki.cli.trust import trust_app
from jpki.cli.verify import verify

__all__ = ["app"]

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
app.add_typer(revocation_app, name="revocation")
app.command(
    epilog="Example: jpki sign contract.txt   (writes contract.txt.p7s)\n\n"
    "jpki sign contract.pdf --format pdf --visible 1,350,60,540,120   (contract.signed.pdf)\n\n"
    "jpki sign contract.pdf --format pdf --level b-t --tsa https://tsa.example/\n\n"
    "jpki sign kousei.xml --format xml --form egov --file attachment.pdf"
)(sign)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jpki {version('jpki')}")
        raise typer.Exit


app.add_typer(law_app, name="law")
app.add_typer(report_app, name="report")
app.add_typer(mdoc_app, name="mdoc")
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


app.command(
    epilog="Example: jpki verify contract.txt.p7s --trust roots/ --crl lists/ --at 2026-08-04"
)(verify)
