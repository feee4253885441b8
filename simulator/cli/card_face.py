"""``jpki-sim card-face``: a form filled in from the card (券面事項入力補助)."""

from __future__ import annotations

from typing import Annotated

import typer

from jpki.authenticity import load_issuer_key
from jpki.cli.inputs import language
from jpki.cli.telling import Format, told_errors, write_json
from jpki.errors import MalformedDocument
from simulator.card.connection import SoftwareConnection
from simulator.card.contents.issuer import CardIssuer, Hierarchy
from simulator.card_face import FormItem, NumberUse, filled_form, read_card_face, told_form
from simulator.cli.typed import (
    FormatOption,
    LangOption,
    PersonArgument,
    card_of,
    typed_input_support_pin,
)
from simulator.cli.worlds import WorldOption, opened_world
from simulator.tokens import plugged

__all__ = ["card_face_app", "read"]

card_face_app = typer.Typer(
    no_args_is_help=True,
    help="Forms filled in from a simulated card (券面事項入力補助).",
)


@card_face_app.callback()
def _card_face() -> None:
    """Keep ``read`` a command of its own."""


@card_face_app.command(
    name="read",
    epilog="Example: jpki-sim card-face read P000001 --pin env:PIN --number-use tax --lang ja",
)
def read(
    person: PersonArgument,
    pin: Annotated[
        str, typer.Option(metavar="SOURCE", help="The card's input-support PIN, or its source.")
    ] = "prompt",
    number_use: Annotated[
        NumberUse | None,
        typer.Option(help="What the My Number is collected for; without it, it is not read."),
    ] = None,
    typed: Annotated[
        list[str] | None,
        typer.Option(metavar="ITEM=VALUE", help="What somebody typed into the form; repeat it."),
    ] = None,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Fill in a form from the card, checked against the card issuer's key."""
    with told_errors(), opened_world(world) as opened:
        card = card_of(opened, person)
        entries = dict(_entry(each) for each in typed or ())
        given = typed_input_support_pin(pin, opened, card, "The card's input-support PIN")
        issuer = CardIssuer(opened.keys, "00000")  # the authorities are the same everywhere
        record = read_card_face(
            SoftwareConnection(plugged(opened, card)),
            given,
            issuers=[load_issuer_key(issuer.public_key_pem(Hierarchy.INPUT_SUPPORT))],
            number_use=number_use,
        )
        form = filled_form(record, entries, number_use=number_use, must_be_checked=True)
        if output is Format.JSON:
            write_json(
                [
                    {
                        "item": each.item.value,
                        "value": each.value,
                        "source": each.source.value,
                        "signed": each.signed,
                        "typed_differs": each.typed_differs,
                    }
                    for each in form
                ]
            )
            return
        for line in told_form(form, language(lang)):
            typer.echo(line)


def _entry(text: str) -> tuple[FormItem, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in set(FormItem):
        raise MalformedDocument(
            f"{name[:20]!r} is no item of the form",
            source="--typed",
            hint="write ITEM=VALUE, with one of: " + ", ".join(FormItem),
        )
    return FormItem(name), value
