"""``jpki-sim card``: simulated cards in real readers."""

from __future__ import annotations

import threading
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jpki.card.pin import SignaturePassword, UserPin
from jpki.cli.app import told_errors
from jpki.errors import MalformedDocument
from jpki.jst import day
from simulator import municipality
from simulator.card.connection import SoftwareCard
from simulator.clock import RealClock
from simulator.people import invent_person
from simulator.reader import plug, stop_on_signals
from simulator.tokens import TokenPins, plugged, token_names
from simulator.world import World

__all__ = ["ReaderChoice", "card_app", "plug_command"]

card_app = typer.Typer(no_args_is_help=True, help="Simulated cards in real readers.")

_PORT = 35963
_CARD_PIN = "1234"
_CARD_PASSWORD = "ABC123"  # noqa: S105  invented, and printed: it opens simulated cards only


class ReaderChoice(StrEnum):
    """Whose PC/SC service the card is put into."""

    PRIVATE = "private"
    SYSTEM = "system"


@card_app.command(
    name="plug",
    epilog="Example: jpki-sim card plug, then in another terminal the export that it prints, "
    "then: pkcs15-tool --dump",
)
def plug_command(
    world: Annotated[
        Path | None,
        typer.Option(help="A world file. Without one, an invented person's card is made."),
    ] = None,
    person: Annotated[str | None, typer.Option(help="Whose card or phone (with --world).")] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65534, help="The virtual reader's port on loopback.")
    ] = _PORT,
    auth_pin: Annotated[
        str | None, typer.Option(help=f"User PIN of a card that is made. Default: {_CARD_PIN}.")
    ] = None,
    sign_password: Annotated[
        str | None,
        typer.Option(help=f"Signature password of a card that is made. Default: {_CARD_PASSWORD}."),
    ] = None,
    reader: Annotated[
        ReaderChoice,
        typer.Option(help="A private PC/SC service on loopback, or the one of this machine."),
    ] = ReaderChoice.PRIVATE,
    accept_exposed_reader: Annotated[
        bool,
        typer.Option(
            "--accept-exposed-reader",
            help="Use this machine's virtual reader although the network can reach it.",
        ),
    ] = False,
    seed: Annotated[str, typer.Option(help="Who is invented, when no world is given.")] = (
        "jpki-card"
    ),
) -> None:
    """Put a simulated card into a reader and stay until Ctrl-C or the card is pulled out.

    Any PC/SC program then finds it: OpenSC, pyscard, Java. Counters and PINs of a world's card are
    written down before it answers.
    """
    with told_errors():
        if world is None:
            opened = _invented_world(seed, auth_pin, sign_password)
            name = token_names(opened, person or "P000001")[0]
        else:
            _refuse_pins(auth_pin, sign_password)
            opened = World.open(world)
            name = _chip_of(opened, person)
        with opened:
            _plug(plugged(opened, name), port, reader, accept_exposed_reader)


def _plug(card: SoftwareCard, port: int, reader: ReaderChoice, accept_exposed: bool) -> None:
    stop = threading.Event()
    with stop_on_signals(stop):
        departure = plug(
            card,
            announce=typer.echo,
            stop=stop,
            port=port,
            private_reader=reader is ReaderChoice.PRIVATE,
            accept_exposed_reader=accept_exposed,
        )
    typer.echo(f"card removed ({departure.value})")


def _invented_world(seed: str, auth_pin: str | None, sign_password: str | None) -> World:
    """Return a world in memory in which one invented person has just been handed a card."""
    pins = TokenPins(
        SignaturePassword(sign_password or _CARD_PASSWORD), UserPin(auth_pin or _CARD_PIN)
    )
    clock = RealClock()
    invented = invent_person(seed, 1)
    opened = World.create(seed=seed, at=clock.now())
    holder = municipality.register(opened, invented)
    municipality.hand_over_card(opened, holder, pins=pins)
    typer.echo(
        f"made a card for {invented.items.name}, who does not exist "
        f"({invented.municipality.name}, {day(opened.now)})"
    )
    return opened


def _refuse_pins(*given: str | None) -> None:
    if any(value is not None for value in given):
        raise MalformedDocument(
            "the cards of a world have PINs of their own",
            source="--auth-pin/--sign-password",
            hint="leave these out, or leave out --world",
        )


def _chip_of(world: World, person: str | None) -> str:
    people = sorted(world.state().people)
    if person is None and len(people) != 1:
        raise MalformedDocument(
            "the world has more than one person" if people else "the world has no person",
            source="--person",
            hint="choose one of: " + ", ".join(people) if people else "issue a card first",
        )
    chosen = person or people[0]
    if chosen not in people:
        raise MalformedDocument(
            f"the world has no person {chosen}",
            source="--person",
            hint="choose one of: " + ", ".join(people),
        )
    names = token_names(world, chosen)
    if not names:
        raise MalformedDocument(f"{chosen} has no card", source="--person")
    return names[0]
