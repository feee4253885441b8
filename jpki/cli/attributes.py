"""``jpki attributes``: the four items of a signature certificate, and a customer record beside."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from jpki.card.applet import JpkiApplet
from jpki.card.layout import Credential
from jpki.certificates import BasicAttributes, SignatureCertificate, parse_certificate
from jpki.cli.attributes_told import ShowPersonal, told_attributes, told_value
from jpki.cli.exit_codes import ExitCode
from jpki.cli.inputs import language, read_file
from jpki.cli.pins_from import AllowLastTry, PinOption, PinSource
from jpki.cli.readers import CardDesk, ReaderOption, VerboseOption, WaitOption
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.errors import MalformedDocument
from jpki.matching import (
    STRICT,
    Brackets,
    ItemMatch,
    MatchPolicy,
    MatchReport,
    Outcome,
    Step,
    match,
    read_record,
)
from jpki.terms import Purpose

if TYPE_CHECKING:
    from jpki.validation import Language

__all__ = ["attributes_app", "match_record", "show"]

attributes_app = typer.Typer(
    no_args_is_help=True,
    help="Name, birth date, sex and address in a signature certificate (基本4情報).",
    epilog="Exit status of match: 0 all the same, 1 different, 3 undecided. The certificate is not "
    "verified here: run jpki verify first.",
)

FileArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE",
        help="A signature certificate, DER or PEM. Default: the one on the card.",
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the result.")]
LangOption = Annotated[
    Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
]


@attributes_app.command(epilog="Example: jpki attributes show sign.cer --show-personal")
def show(
    file: FileArgument = None,
    personal: ShowPersonal = False,
    reading_type: Annotated[
        str | None,
        typer.Option(
            metavar="OID",
            help="The otherName that holds the name reading; which one it is is not published.",
        ),
    ] = None,
    pin: PinOption = "prompt",
    allow_last_try: AllowLastTry = False,
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    verbose: VerboseOption = 0,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Show the four items, masked unless --show-personal is given."""
    with told_errors():
        desk = CardDesk(reader, wait, verbose)
        found = _attributes(file, desk, pin, allow_last_try=allow_last_try, spoken=language(lang))
        told = told_attributes(found, personal=personal, reading_type=reading_type)
        if output is Format.JSON:
            write_json(told)
            return
        for name, value in told.items():
            label = _LABELS_JA[name] if language(lang) == "ja" else name.replace("_", " ")
            typer.echo(f"{label}: {told_value(name, value)}")


_LABELS_JA: Final = {
    "name": "氏名",
    "birth_date": "生年月日",
    "sex": "性別",
    "address": "住所",
    "reading": "振り仮名",
    "name_substitutes": "氏名の代替文字の位置",
    "address_substitutes": "住所の代替文字の位置",
    "lives_abroad": "国外転出者",
    "other_items": "その他の項目",
}


@attributes_app.command(
    name="match", epilog="Example: jpki attributes match sign.cer --record customer.json"
)
def match_record(
    record: Annotated[
        Path,
        typer.Option(
            metavar="RECORD.json",
            help="The customer: JSON with name, birth_date, sex and address, each may be missing.",
        ),
    ],
    file: FileArgument = None,
    without_sex: Annotated[
        bool, typer.Option("--without-sex", help="Compare three items, without sex.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Overlook no difference in writing.")
    ] = False,
    block_is_lot: Annotated[
        bool, typer.Option("--block-is-lot", help="Take 番 and 番地 for the same.")
    ] = False,
    without_kyoto_streets: Annotated[
        bool,
        typer.Option("--without-kyoto-streets", help="Kyoto street names may be left out."),
    ] = False,
    brackets: Annotated[
        Brackets,
        typer.Option(help="Whether a name may match by its part outside or inside brackets."),
    ] = Brackets.AS_RECORDED,
    pin: PinOption = "prompt",
    allow_last_try: AllowLastTry = False,
    reader: ReaderOption = None,
    wait: WaitOption = 0.0,
    verbose: VerboseOption = 0,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Compare the items with a customer record, and tell what had to be overlooked.

    No value is printed.
    """
    with told_errors():
        customer = read_record(read_file(record), source=str(record))
        desk = CardDesk(reader, wait, verbose)
        found = _attributes(file, desk, pin, allow_last_try=allow_last_try, spoken=language(lang))
        tolerates = (STRICT if strict else MatchPolicy()).tolerates
        policy = MatchPolicy(
            sex=not without_sex,
            tolerates=tolerates | {Step.KYOTO_STREETS} if without_kyoto_streets else tolerates,
            block_is_lot=block_is_lot,
            brackets=brackets,
        )
        report = match(found, customer, policy=policy)
    if output is Format.JSON:
        write_json(report.as_data())
    else:
        _tell(report, language(lang))
    raise typer.Exit(_EXITS[report.outcome])


_EXITS: Final = {
    Outcome.SAME: ExitCode.VALID,
    Outcome.DIFFERENT: ExitCode.INVALID,
    Outcome.UNDECIDED: ExitCode.INDETERMINATE,
}
_OUTCOMES: Final = {
    "en": {Outcome.SAME: "SAME", Outcome.DIFFERENT: "DIFFERENT", Outcome.UNDECIDED: "UNDECIDED"},
    "ja": {Outcome.SAME: "一致", Outcome.DIFFERENT: "不一致", Outcome.UNDECIDED: "判定できない"},
}
_ANSWERS_JA: Final = {
    "same": "一致",
    "same_after_normalisation": "表記の違いを除き一致",
    "substitute": "代替文字を除き一致",
    "different": "不一致",
    "not_compared": "比較せず",
}


def _tell(report: MatchReport, spoken: Language) -> None:
    typer.echo(_OUTCOMES[spoken][report.outcome])
    for one in report.items:
        label = one.item.label_ja if spoken == "ja" else one.item.value.replace("_", " ")
        answer = one.answer.value
        said = _ANSWERS_JA[answer] if spoken == "ja" else answer.replace("_", " ")
        details = "; ".join(_details(one, spoken))
        typer.echo(f"  {label}: {said}" + (f" ({details})" if details else ""))


def _details(one: ItemMatch, spoken: Language) -> list[str]:
    japanese = spoken == "ja"
    details = [step.label_ja if japanese else step.label_en for step in one.overlooked]
    if one.positions:
        places = ", ".join(str(position + 1) for position in one.positions)
        details.append(f"{places}文字目" if japanese else f"character {places}")
    if one.why is not None:
        details.append(one.why.text_ja if japanese else one.why.text_en)
    return details


def _attributes(
    file: Path | None, desk: CardDesk, pin: str, *, allow_last_try: bool, spoken: Language
) -> BasicAttributes:
    data = (
        read_file(file)
        if file is not None
        else _from_card(desk, pin, allow_last_try=allow_last_try, spoken=spoken)
    )
    certificate = parse_certificate(data, source=str(file or "card"))
    if not isinstance(certificate, SignatureCertificate):
        raise MalformedDocument(
            "a user authentication certificate says nobody's name",
            source=str(file or "card"),
            hint="give the signature certificate (署名用電子証明書)",
        )
    sys.stderr.write(_UNVERIFIED[spoken] + "\n")
    return certificate.attributes


_UNVERIFIED: Final = {
    "en": "the certificate itself is not verified here; jpki verify does that",
    "ja": "電子証明書そのものはここでは検証していません（jpki verify）",
}


def _from_card(desk: CardDesk, pin: str, *, allow_last_try: bool, spoken: Language) -> bytes:
    credential = Credential.SIGNATURE_PASSWORD
    title = credential.label_ja if spoken == "ja" else credential.value
    source = PinSource.parse(pin)
    with (
        source.read(credential, desk.identity(), title=title) as typed,
        desk.connection() as connection,
    ):
        applet = JpkiApplet(connection)
        applet.verify(typed, allow_last_try=allow_last_try)
        data = applet.certificate(Purpose.SIGNATURE)
        applet.forget_pins()
    return data
