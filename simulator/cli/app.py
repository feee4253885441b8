"""The commands of ``jpki-sim``: a table of where each is."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from jpki.cli.command_table import CommandRow, group_of

__all__ = ["COMMANDS", "app"]

COMMANDS: Final = {
    "init": CommandRow(
        "simulator.cli.making:init",
        "Make a world: an authority with its keys, an empty log, a clock that stands still.",
        "Example: jpki-sim init world.sqlite --seed my-team --people 3",
    ),
    "status": CommandRow(
        "simulator.cli.status:status",
        "Say what there is in a world: people, certificates by state, clock, database.",
        "Example: jpki-sim status --format json",
    ),
    "event": CommandRow(
        "simulator.cli.events:event",
        "Let an event happen and tell what it does to each certificate, with the article of law.",
        "Example: jpki-sim event card_loss_reported --person P000001 "
        "--field channel=call_centre --dry-run",
    ),
    "advance": CommandRow(
        "simulator.cli.time:advance",
        "Move the world's clock on; what is due by then is recorded.",
        "Example: jpki-sim advance 26h",
    ),
    "face": CommandRow(
        "simulator.cli.face:face",
        "Show what thresholds of a face comparison mean, and why a face alone is not enough.",
        "Example: jpki-sim face --threshold 3.1 --attempts 3 --photo-years 9",
    ),
    "at": CommandRow(
        "simulator.cli.time:at_command",
        "Show what the world's clock shows, or move it on to an instant.",
        "Example: jpki-sim at 2026-08-04T09:00:00+09:00",
    ),
    "clock": CommandRow(
        "simulator.cli.time:clock",
        "Show how the world's clock goes, or let it stand still, go in real time or faster.",
        "Example: jpki-sim clock accelerated --factor 3600",
    ),
    "timeline": CommandRow(
        "simulator.cli.status:timeline_command",
        "Tell what happened to a person and what it did to each certificate, with the article.",
        "Example: jpki-sim timeline P000001 --svg --out life.svg",
    ),
    "exposure": CommandRow(
        "simulator.cli.exposure:exposure_command",
        "Say who could use a person's phones for what, until when, and which layer stops it.",
        "Example: jpki-sim exposure P000001 --lang ja",
    ),
    "serve": CommandRow(
        "simulator.cli.serve:serve",
        "Serve a world: publication, verifier services, and control by the keeper's token.",
        "Example: jpki-sim serve world.sqlite --token-file token --port 8080",
    ),
    "population": CommandRow(
        "simulator.cli.population:population",
        "Simulate a population: certificates, revocations, list sizes, load; all rates are "
        "assumed.",
        "Example: jpki-sim population --people 1e5 --years 5 --out build/country",
    ),
    "publish": CommandRow(
        "simulator.cli.publish:publish",
        "Make a night's revocation lists: one of each authority for each municipality, signed.",
        "Example: jpki-sim publish build/country --day 2030-05-01 --out build/night",
    ),
    "demo-web": CommandRow(
        "simulator.cli.demo_web:demo_web",
        "Make a small world in memory and serve its pages; stop with Ctrl+C, and nothing is left.",
        "Example: jpki-sim demo-web --port 8080",
    ),
    "export": CommandRow(
        "simulator.cli.making:export_command",
        "Write a world into one file, to be attached to a bug report or moved.",
        "Example: jpki-sim export bug.jsonl --without-chips",
    ),
    "import": CommandRow(
        "simulator.cli.making:import_command",
        "Make the world in a file anew, in a file or database of its own.",
        "Example: jpki-sim import bug.jsonl bug.sqlite",
    ),
    "demo": CommandRow(
        "simulator.cli.demo:demo",
        "Play the main job: card, signature, verdict, move, revoked and why.",
        "Example: jpki-sim demo --seed my-team --out build/demo",
    ),
    "why": CommandRow(
        "simulator.cli.why:why_command",
        "Say why a certificate is what it is: certificate, cause, event, rule, article.",
        "Example: jpki-sim why 108000002 --world build/demo/world.sqlite",
    ),
    "card": CommandRow("simulator.cli.card:card_app", "Simulated cards in real readers."),
    "card-face": CommandRow(
        "simulator.cli.card_face:card_face_app",
        "Forms filled in from a simulated card (券面事項入力補助).",
    ),
    "fault": CommandRow(
        "simulator.cli.fault:fault_app",
        "Faults on order: stale lists, lying answers, broken connections; by name and by chance.",
    ),
    "kiosk": CommandRow(
        "simulator.cli.kiosk:kiosk_app",
        "A PIN of the card set anew in a shop (コンビニ): reserve in the app, finish there.",
    ),
    "mdoc": CommandRow(
        "simulator.cli.mdoc:mdoc_app",
        "Card-substitute records (カード代替電磁的記録) in simulated phones' wallets.",
    ),
    "ocsp": CommandRow(
        "simulator.cli.ocsp:ocsp_app", "Sign OCSP answers in bulk, and give them from memory."
    ),
    "phone": CommandRow(
        "simulator.cli.phone:phone_app",
        "Simulated phones (移動端末設備): enrol one, use it, stop using it.",
    ),
    "reader": CommandRow(
        "simulator.cli.reader:reader_app",
        "A private PC/SC service with virtual readers, in the background, on loopback only.",
    ),
    "story": CommandRow(
        "simulator.cli.story:story_app",
        "Stories: what happens to somebody, told in a TOML file, and what has to be so when.",
    ),
}

app = typer.Typer(
    cls=group_of(COMMANDS),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Play JPKI: the authority, the citizen, the card and the law. Everything is simulated.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

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
