"""``jpki-sim face``: what a threshold of a face comparison means, as far as it is assumed."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from jpki.cli.inputs import language
from jpki.cli.telling import Format, Lang, told_errors
from simulator.face import (
    ASSUMED,
    THRESHOLDS,
    Photo,
    PhotoQuality,
    ThresholdLine,
    threshold_table,
)

__all__ = ["face"]

_WORDS = {
    "false_accept_once": ("a stranger passes, once (FAR)", "他人の受入れ・1回（FAR）"),
    "false_accept": ("a stranger passes, all attempts", "他人の受入れ・全試行"),
    "false_reject_once": ("the holder is turned away, once (FRR)", "本人の拒否・1回（FRR）"),
    "false_reject": ("the holder is turned away, all attempts", "本人の拒否・全試行"),
    "look_alike": ("a look-alike passes", "よく似た別人の受入れ"),
    "picture": ("a photo of the holder passes", "本人の写真の受入れ"),
    "picture_without_liveness": (
        "a photo passes a camera that looks for no life",
        "同・生体検知なし",
    ),
}
_HEAD = (
    "Assumed figures, none of them measured: {attempts} attempts, photo of {years:g} years.",
    "数値は仮定であり、測定値ではない: 試行{attempts}回、{years:g}年前の写真。",
)
_CARDS = (
    "{lost:,} lost cards in strangers' hands: {face:,.1f} open by the face alone, "
    "{both:,.4f} by face and a guessed PIN (KS-2)",
    "紛失カード{lost:,}枚を他人が試すと: 顔だけで{face:,.1f}枚、"
    "顔と推測した暗証番号で{both:,.4f}枚が開く（KS-2）",
)


def face(
    threshold: Annotated[
        list[float] | None,
        typer.Option(help="A threshold, in deviations of strangers' scores; may be repeated."),
    ] = None,
    attempts: Annotated[int, typer.Option(help="How often a face may be tried.")] = (
        ASSUMED.attempts
    ),
    photo_years: Annotated[float, typer.Option(help="How old the photo is, in years.")] = 0.0,
    quality: Annotated[
        PhotoQuality, typer.Option(help="How well the photo shows the face.")
    ] = PhotoQuality.GOOD,
    liveness: Annotated[
        float, typer.Option(help="The share of pictures that the camera detects, 0 to 1.")
    ] = ASSUMED.liveness,
    sameness: Annotated[
        float, typer.Option(help="How far a second attempt repeats the first, 0 to 1.")
    ] = ASSUMED.sameness,
    lost_cards: Annotated[int, typer.Option(help="How many cards are lost.")] = 100_000,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    lang: Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")] = None,
) -> None:
    """Show what thresholds of a face comparison mean, and why a face alone is not enough."""
    with told_errors():
        parameters = ASSUMED.with_(attempts=attempts, liveness=liveness, sameness=sameness)
        lines = threshold_table(
            threshold or THRESHOLDS,
            parameters=parameters,
            photo=Photo(photo_years, quality=quality),
            lost_cards=lost_cards,
        )
        if output is Format.JSON:
            told = [dataclasses.asdict(line) for line in lines]
            typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
            return
        which = 1 if language(lang) == "ja" else 0
        typer.echo(_HEAD[which].format(attempts=attempts, years=photo_years))
        for line in lines:
            _print_line(line, which, lost_cards)


def _print_line(line: ThresholdLine, which: int, lost_cards: int) -> None:
    typer.echo(f"\n{('threshold', 'しきい値')[which]} {line.threshold:g}")
    for name, words in _WORDS.items():
        typer.echo(f"  {getattr(line, name):>12.6%}  {words[which]}")
    typer.echo(
        "  "
        + _CARDS[which].format(
            lost=lost_cards, face=line.opened_by_face, both=line.opened_by_face_and_pin
        )
    )
