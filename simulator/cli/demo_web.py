"""``jpki-sim demo-web``: a small world made for a browser, served until it is stopped."""

from __future__ import annotations

import threading
from datetime import date, time
from typing import Annotated, Final

import typer

from jpki.card.pin import SignaturePassword, UserPin
from jpki.cli.telling import told_errors
from jpki.errors import MissingExtra
from jpki.jst import at_time
from jpki.life.events import Platform
from simulator import municipality, phone
from simulator.cli.serve import stopped_by_signals
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet
from simulator.world import World

__all__ = ["BEGINS", "demo_web", "populate"]

BEGINS: Final = at_time(date(2026, 8, 3), time(10, 0))
"""A Monday morning on which every kind of certificate, iPhones and kiosks are there."""

_HERO, _ENROLLED, _CHILD = date(1990, 9, 15), date(1978, 4, 1), date(2012, 5, 20)


def demo_web(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    seed: Annotated[str, typer.Option(help="The same seed gives the same people.")] = "jpki-demo",
) -> None:
    """Make a small world in memory and serve its pages; stop with Ctrl+C, and nothing is left."""
    with told_errors():
        try:
            from simulator.web import RunningServer
        except ImportError:
            raise MissingExtra("the pages", extra="simulator") from None
        typer.echo("making a small world (some seconds: keys are made from the seed) …")
        stop = threading.Event()
        with World.create(None, seed=seed, at=BEGINS) as world, stopped_by_signals(stop):
            populate(world)
            with RunningServer(world, port=port) as server:
                typer.echo("")
                typer.echo("Open this in a browser on this machine; it opens once:")
                typer.echo(f"  {server.sign_in_link()}")
                typer.echo(f"(another browser: {server.url}/pages/ with the token")
                typer.echo(f"  {server.admin_token})")
                typer.echo(f"Apps ask its phones at {server.url}/phone/v1.")
                typer.echo("Nothing here is real. Stop with Ctrl+C.")
                stop.wait()
        typer.echo("stopped")


def populate(world: World) -> None:
    """Give a world its people: one with a card, one with a phone as well, and a child of 14."""
    with world.transaction():
        for number, born in enumerate((_HERO, _ENROLLED, _CHILD), start=1):
            person = municipality.register(
                world, invent_person(world.seed, number, birth_date=born)
            )
            card = municipality.hand_over_card(world, person, pins=_card_pins())
            if born is _ENROLLED:
                phone.enrol(
                    world,
                    person,
                    platform=Platform.IPHONE,
                    card=applet(world, card),
                    card_password=SignaturePassword("ABC123"),
                    pins=TokenPins(SignaturePassword("PHONE1"), UserPin("9876")),
                )


def _card_pins() -> TokenPins:
    return TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
