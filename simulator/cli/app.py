"""The commands of ``jpki-sim``."""

from __future__ import annotations

import json
import shutil
import sys
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from jpki.cli.inputs import instant, language
from jpki.cli.telling import Format, Lang, told_errors
from jpki.errors import ImpossibleFact
from jpki.life import Explanation, State, why
from jpki.terms import Purpose
from simulator.cli.card import card_app
from simulator.cli.card_face import card_face_app
from simulator.cli.demo_web import demo_web
from simulator.cli.events import event
from simulator.cli.exposure import exposure_command
from simulator.cli.face import face
from simulator.cli.fault import fault_app
from simulator.cli.kiosk import kiosk_app
from simulator.cli.making import export_command, import_command, init
from simulator.cli.mdoc import mdoc_app
from simulator.cli.ocsp import ocsp_app
from simulator.cli.phone import phone_app
from simulator.cli.population import population
from simulator.cli.publish import publish
from simulator.cli.reader import reader_app
from simulator.cli.serve import serve
from simulator.cli.status import status, timeline_command
from simulator.cli.story import story_app
from simulator.cli.time import advance, at_command, clock
from simulator.cli.worlds import WorldOption, location, opened_world
from simulator.demo import Line, Tone, play

__all__ = ["INDENTS", "STYLES", "PurposeOption", "app", "demo", "why_command"]

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Play JPKI: the authority, the citizen, the card and the law. Everything is simulated.",
)
app.add_typer(card_app, name="card")
app.add_typer(card_face_app, name="card-face")
app.add_typer(fault_app, name="fault")
app.add_typer(kiosk_app, name="kiosk")
app.add_typer(mdoc_app, name="mdoc")
app.add_typer(ocsp_app, name="ocsp")
app.add_typer(phone_app, name="phone")
app.add_typer(reader_app, name="reader")
app.add_typer(story_app, name="story")
app.command(epilog="Example: jpki-sim init world.sqlite --seed my-team --people 3")(init)
app.command(epilog="Example: jpki-sim status --format json")(status)
app.command(
    epilog="Example: jpki-sim event card_loss_reported --person P000001 "
    "--field channel=call_centre --dry-run"
)(event)
app.command(epilog="Example: jpki-sim advance 26h")(advance)
app.command(epilog="Example: jpki-sim face --threshold 3.1 --attempts 3 --photo-years 9")(face)
app.command(name="at", epilog="Example: jpki-sim at 2026-08-04T09:00:00+09:00")(at_command)
app.command(epilog="Example: jpki-sim clock accelerated --factor 3600")(clock)
app.command(name="timeline", epilog="Example: jpki-sim timeline P000001 --svg --out life.svg")(
    timeline_command
)
app.command(name="exposure", epilog="Example: jpki-sim exposure P000001 --lang ja")(
    exposure_command
)
app.command(epilog="Example: jpki-sim serve world.sqlite --token-file token --port 8080")(serve)
app.command(epilog="Example: jpki-sim population --people 1e5 --years 5 --out build/country")(
    population
)
app.command(epilog="Example: jpki-sim publish build/country --day 2030-05-01 --out build/night")(
    publish
)
app.command(name="demo-web", epilog="Example: jpki-sim demo-web --port 8080")(demo_web)
app.command(name="export", epilog="Example: jpki-sim export bug.jsonl --without-chips")(
    export_command
)
app.command(name="import", epilog="Example: jpki-sim import bug.jsonl bug.sqlite")(import_command)

STYLES: dict[Tone, str] = {
    "scene": "bold",
    "fact": "",
    "good": "green",
    "bad": "red",
    "command": "cyan",
}
INDENTS: dict[Tone, str] = {
    "scene": "\n",
    "fact": "  ",
    "good": "  ",
    "bad": "  ",
    "command": "  $ ",
}


class PurposeOption(StrEnum):
    """The two purposes, as typed."""

    SIGNATURE = "signature"
    AUTHENTICATION = "authentication"

    @property
    def purpose(self) -> Purpose:
        """The Act's purpose."""
        return Purpose.SIGNATURE if self is self.SIGNATURE else Purpose.USER_AUTHENTICATION


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jpki-sim {version('jpki')}")
        raise typer.Exit


@app.callback()
def _jpki_sim(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command(epilog="Example: jpki-sim demo --seed my-team --out build/demo")
def demo(
    out: Annotated[Path, typer.Option(help="The folder to leave everything in.")] = Path(
        "build/demo"
    ),
    seed: Annotated[str, typer.Option(help="The same seed gives the same bytes.")] = "jpki-demo",
    lang: Annotated[
        Lang | None, typer.Option(help="Language of the story. Default: the locale's.")
    ] = None,
    world: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|URL", help="Where to make the world. Default: world.sqlite in the folder."
        ),
    ] = None,
) -> None:
    """Play the main job: card, signature, verdict, move, revoked and why."""
    console = Console(highlight=False, soft_wrap=True)
    chosen = language(lang)

    def tell(line: Line) -> None:
        text = Text(INDENTS[line.tone] + line.text(chosen), style=STYLES[line.tone])
        console.print(text)

    with told_errors():
        place = location(world) if world is not None else None
        play(out, seed=seed, tell=tell, commands=_as_called(), world=place)


@app.command(name="why", epilog="Example: jpki-sim why 108000002 --world build/demo/world.sqlite")
def why_command(
    serial: Annotated[int, typer.Argument(help="The certificate's serial (発行の番号).")],
    world: WorldOption = None,
    purpose: Annotated[
        PurposeOption | None,
        typer.Option(help="Needed when both authorities have issued this serial."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="The instant to ask about. Default: the world's clock.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    lang: Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")] = None,
) -> None:
    """Say why a certificate is what it is: certificate, cause, event, rule, article."""
    with told_errors(), opened_world(world) as opened:
        state = opened.state(instant(at) if at else None)
        told = _explained(state, serial, purpose)
        if output is Format.JSON:
            typer.echo(json.dumps(_as_data(told), ensure_ascii=False, indent=2))
        else:
            lines = told.lines_ja if language(lang) == "ja" else told.lines_en
            typer.echo("\n".join(lines))


def _as_called() -> str:
    """Return what to put before a command's name so that it can be pasted as it stands."""
    called = Path(sys.argv[0])
    on_path = shutil.which(called.name)
    if on_path is not None and Path(on_path).resolve() == called.resolve():
        return ""
    return f"{called.parent}/"


def _explained(state: State, serial: int, purpose: PurposeOption | None) -> Explanation:
    try:
        return why(state, serial, purpose=purpose.purpose if purpose else None)
    except ImpossibleFact as error:
        if purpose is None and "more than one" in error.message:
            raise ImpossibleFact(
                f"both authorities have issued serial {serial}",
                hint="add --purpose signature or --purpose authentication",
            ) from error
        raise


def _as_data(told: Explanation) -> dict[str, object]:
    return {
        "serial": told.record.serial,
        "kind": told.record.kind.value,
        "state": told.state.value,
        "event": told.event,
        "chain": [
            {
                "subject": step.subject.value,
                "effect": step.effect.value,
                "rule": step.rule,
                "basis": step.basis_en,
                "basis_ja": step.basis_ja,
                "certainty": step.certainty.value,
                "reason": step.reason.rfc_name if step.reason is not None else None,
                "reason_certainty": (
                    step.reason_certainty.value if step.reason_certainty is not None else None
                ),
                "occurred_on": step.occurred_on.isoformat(),
                "recorded_at": step.recorded_at.isoformat() if step.recorded_at else None,
            }
            for step in told.steps
        ],
    }
