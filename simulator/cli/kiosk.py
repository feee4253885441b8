"""``jpki-sim kiosk``: set a forgotten PIN of the card anew, with the other PIN and a face."""

from __future__ import annotations

from typing import Annotated

import typer

from jpki.cli.inputs import language
from jpki.cli.telling import Format, told_errors
from jpki.jst import moment
from jpki.terms import PinKind
from simulator.cli.typed import (
    FormatOption,
    LangOption,
    PersonArgument,
    PurposeOption,
    answer,
    card_of,
    other_than,
    pin_of,
    typed_pin,
)
from simulator.cli.worlds import WorldOption, opened_world
from simulator.face import LiveFace
from simulator.kiosk import KioskChain, finish_pin_reset
from simulator.kiosk import reserve as reserve_reset

__all__ = ["finish", "kiosk_app", "reserve"]

kiosk_app = typer.Typer(
    no_args_is_help=True,
    help="A PIN of the card set anew in a shop (コンビニ): reserve in the app, finish there.",
    epilog="What each way can set anew: jpki law resets.",
)

WhichArgument = Annotated[PurposeOption, typer.Argument(help="Which PIN is forgotten or blocked.")]
OtherOption = Annotated[
    str,
    typer.Option(
        "--pin",
        metavar="SOURCE",
        help="The other PIN, which is known: prompt, env:NAME, file:PATH or fd:NUMBER.",
    ),
]


@kiosk_app.command(
    name="reserve", epilog="Example: jpki-sim kiosk reserve P000001 signature --pin env:USER_PIN"
)
def reserve(
    person: PersonArgument,
    which: WhichArgument,
    pin: OtherOption = "prompt",
    face: Annotated[LiveFace, typer.Option(help="Who stands before the camera.")] = LiveFace.HOLDER,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Reserve in the app, at any hour: the other PIN, then the live face (KS-1, KS-4)."""
    with told_errors(), opened_world(world) as opened:
        card, kind = card_of(opened, person), pin_of(which)
        other = typed_pin(pin, other_than(kind), opened, card, "The other PIN of the card")
        slip = reserve_reset(opened, person, kind, other=other, face=face)
        until = moment(slip.expires_at)
        answer(
            {
                "person": person,
                "pin": kind.value,
                "code": slip.code,
                "expires_at": slip.expires_at.isoformat(),
            },
            output,
            language(lang),
            en=f"one-time code {slip.code}, good until {until} at a kiosk, 06:30 to 23:00",
            ja=f"ワンタイムパスワード {slip.code}（{until}まで、キオスク端末の6:30〜23:00に利用）",
        )


@kiosk_app.command(
    name="finish",
    epilog="Example: jpki-sim kiosk finish P000001 signature --code ABCDEFGH2345 "
    "--pin env:USER_PIN --new env:NEW",
)
def finish(
    person: PersonArgument,
    which: WhichArgument,
    code: Annotated[str, typer.Option(help="The one-time code that the app showed.")],
    pin: OtherOption = "prompt",
    new: Annotated[str, typer.Option(metavar="SOURCE", help="The new value.")] = "prompt",
    chain: Annotated[
        KioskChain, typer.Option(help="Whose shop it is (KS-8; as a page said when read).")
    ] = KioskChain.SEVEN_ELEVEN,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Set the new value at the kiosk with card, the other PIN and the code (KS-3)."""
    with told_errors(), opened_world(world) as opened:
        card, kind = card_of(opened, person), pin_of(which)
        other = typed_pin(pin, other_than(kind), opened, card, "The other PIN of the card")
        value = typed_pin(new, kind, opened, card, "New value", confirm=True)
        finish_pin_reset(opened, person, code=code, other=other, new=value, chain=chain)
        name = kind.value.replace("_", " ")
        ja = "署名用パスワード" if kind is PinKind.SIGNATURE_PASSWORD else "利用者証明用暗証番号"
        answer(
            {"person": person, "pin": kind.value, "chain": chain.value, "set": True},
            output,
            language(lang),
            en=f"{name} set at {chain.label_en}; no certificate has changed (KS-9)",
            ja=f"{chain.label_ja}で{ja}を設定した。電子証明書は変わらない（KS-9）",
        )
