"""``jpki-sim init``, ``export`` and ``import``: making worlds and handing them on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from jpki.card.pin import SignaturePassword, UserPin
from jpki.cli.inputs import instant
from jpki.cli.telling import told_errors
from jpki.errors import MalformedDocument
from jpki.jst import moment
from jpki.law import Policies
from simulator import municipality
from simulator.archive import export_world, import_world
from simulator.cli.worlds import WorldOption, location, opened_world
from simulator.clock import RealClock
from simulator.people import invent_person
from simulator.store import told
from simulator.tokens import TokenPins
from simulator.world import World

__all__ = ["export_command", "import_command", "init"]

_PINS = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))

PlaceArgument = Annotated[
    str, typer.Argument(metavar="WORLD", help="A file, or postgresql://user@host/database.")
]


def init(
    world: PlaceArgument,
    seed: Annotated[str, typer.Option(help="Keys, people and chance follow from it.")] = "jpki",
    at: Annotated[
        str | None, typer.Option(help="The instant it begins at. Default: the present.")
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A choice that differs from the default."),
    ] = None,
    people: Annotated[
        int, typer.Option(min=0, max=10_000, help="Invented people with cards, to begin with.")
    ] = 0,
    fresh_keys: Annotated[
        bool, typer.Option("--fresh-keys", help="Make keys by chance instead of from the seed.")
    ] = False,
) -> None:
    """Make a world: an authority with its keys, an empty log, a clock that stands still."""
    with told_errors():
        begins = instant(at) if at else RealClock().now().replace(microsecond=0)
        place = location(world)
        policies = dict(_policy(each) for each in policy or ())
        with World.create(
            place, seed=seed, at=begins, policies=policies, fresh_keys=fresh_keys
        ) as made:
            with made.transaction():
                _populate(made, people)
            typer.echo(f"made {told(place)}: seed {seed!r}, {moment(made.now)}")
            for person in made.state().people:
                typer.echo(f"{person}: a card with PIN 1234 and password ABC123, both simulated")


def _populate(world: World, people: int) -> None:
    for number in range(1, people + 1):
        person = municipality.register(world, invent_person(world.seed, number))
        municipality.hand_over_card(world, person, pins=_PINS)


def _policy(text: str) -> tuple[str, str | bool | int]:
    """Return a policy's name and value; the value is the alternative that is written so."""
    name, equals, value = text.partition("=")
    if not equals:
        raise MalformedDocument(
            f"{text!r} is not a policy", source="--policy", hint="write NAME=VALUE"
        )
    alternatives: Iterable[str | bool | int] = Policies.default().row(name).alternatives
    for each in alternatives:
        if str(each).lower() == value.lower():
            return name, each
    return name, value  # what it can be is said when it is chosen


def export_command(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    world: WorldOption = None,
    with_keys: Annotated[
        bool,
        typer.Option("--with-keys", help="Write down keys of chance (init --fresh-keys)."),
    ] = False,
    without_chips: Annotated[
        bool, typer.Option("--without-chips", help="Leave out cards and phones with their PINs.")
    ] = False,
    without_certificates: Annotated[
        bool,
        typer.Option(
            "--without-certificates", help="Leave out what the seed makes again, which takes time."
        ),
    ] = False,
) -> None:
    """Write a world into one file, to be attached to a bug report or moved.

    The file holds the log with names and addresses, and the chips with PINs. They are invented; a
    world that holds anything of a real person must not be handed on.
    """
    with told_errors(), opened_world(world) as opened:
        lines = export_world(
            opened,
            file,
            with_keys=with_keys,
            without_chips=without_chips,
            without_certificates=without_certificates,
        )
        typer.echo(f"wrote {file}: {lines} lines, {len(opened.entries)} of them log")


def import_command(
    file: Annotated[Path, typer.Argument(help="A file that jpki-sim export wrote.")],
    world: PlaceArgument,
    remake: Annotated[
        bool,
        typer.Option(
            "--remake", help="Make every certificate again from seed and log, and compare."
        ),
    ] = False,
) -> None:
    """Make the world in a file anew, in a file or database of its own."""
    with told_errors():
        place = location(world)
        with import_world(file, place, remake=remake) as made:
            count = len(made.state().certificates)
            checked = ", all of them made again" if remake else ""
            typer.echo(
                f"made {told(place)}: {len(made.entries)} entries, {count} certificates{checked}, "
                f"{moment(made.now)}"
            )
