"""The commands of ``jpki``: a table of where each is."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from jpki.cli.command_table import CommandRow, group_of

__all__ = ["COMMANDS", "app"]

COMMANDS: Final = {
    "sign": CommandRow(
        "jpki.cli.sign:sign",
        "Sign a file with the card or phone in the reader.",
        "Example: jpki sign contract.txt   (writes contract.txt.p7s)\n\n"
        "jpki sign contract.pdf --format pdf --visible 1,350,60,540,120   (contract.signed.pdf)\n\n"
        "jpki sign contract.pdf --format pdf --level b-t --tsa https://tsa.example/\n\n"
        "jpki sign kousei.xml --format xml --form egov --file attachment.pdf",
    ),
    "expiry": CommandRow(
        "jpki.cli.law:expiry",
        "Compute when card and certificates end, with the reason for each limit.",
    ),
    "verify": CommandRow(
        "jpki.cli.verify:verify",
        "Say whether signatures are valid, invalid, or could not be checked, and why.",
        "Example: jpki verify contract.txt.p7s --trust roots/ --crl lists/ --at 2026-08-04",
    ),
    "card": CommandRow(
        "jpki.cli.card:card_app", "Cards and phones in readers (マイナンバーカード)."
    ),
    "pin": CommandRow(
        "jpki.cli.pin:pin_app", "PINs and codes of the card in the reader (暗証番号)."
    ),
    "trust": CommandRow(
        "jpki.cli.trust:trust_app",
        "The authorities you trust (認証局). Nothing is trusted unless you add it.",
    ),
    "cert": CommandRow("jpki.cli.certificates:cert_app", "Certificates in files (電子証明書)."),
    "attributes": CommandRow(
        "jpki.cli.attributes:attributes_app",
        "Name, birth date, sex and address in a signature certificate (基本4情報).",
    ),
    "batch": CommandRow("jpki.cli.batch:batch_app", "Verify very many signatures at once."),
    "revocation": CommandRow(
        "jpki.cli.revocation:revocation_app",
        "An index of millions of revocations in one file (失効情報の索引). Needs the extra scale.",
    ),
    "law": CommandRow(
        "jpki.cli.law:law_app",
        "The law as data: which event ends which certificate, since when, and on what basis.",
    ),
    "report": CommandRow(
        "jpki.cli.report:report_app",
        "Kept verdicts: show one again, print the schema of their JSON.",
    ),
    "mdoc": CommandRow(
        "jpki.cli.mdoc:mdoc_app",
        "Card-substitute records from a phone's wallet (カード代替電磁的記録, ISO/IEC 18013-5).",
    ),
}

app = typer.Typer(
    cls=group_of(COMMANDS),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Verify signatures made with Japan's My Number card and phones (JPKI, "
    "公的個人認証サービス).",
    epilog="Exit status: 0 valid, 1 invalid, 2 usage, 3 indeterminate, 4 reader or card, 5 PIN, "
    "6 network or service.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"jpki {version('jpki')}")
        raise typer.Exit


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
