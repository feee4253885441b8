"""``jpki-sim card``: simulated cards in real readers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jpki.cli.inputs import read_file
from jpki.cli.outputs import write_bytes
from jpki.cli.telling import Format, told_errors
from jpki.errors import CardError, MalformedDocument, NoCard
from simulator.card.behaviour import CardBehaviour
from simulator.card.bench_card import BenchCard
from simulator.card.connection import SoftwareCard
from simulator.card.contents.issuer import CardIssuer, Hierarchy
from simulator.card.control import ControlSocket, ask
from simulator.card.faults import Faults, FaultScript, read_faults
from simulator.card.recorder import Recorder
from simulator.card.switches import settings_of, switched
from simulator.card.vpcd import Departure
from simulator.cli.card_worlds import Profile, invented_world, refuse_pins, token_of
from simulator.cli.reader import StateOption
from simulator.cli.worlds import location
from simulator.reader import (
    READER_NAME,
    SOCKET_VARIABLE,
    BackgroundReader,
    InsertedCard,
    PluggedCard,
    PrivateReader,
    StateFolder,
    reader_name,
    stop_on_signals,
    system_slot,
)
from simulator.tokens import plugged
from simulator.world import World

__all__ = [
    "ReaderChoice",
    "card_app",
    "insert",
    "issuer_keys",
    "lint_faults",
    "list_behaviour",
    "list_cards",
    "plug_command",
    "power_cycle",
    "remove",
    "unplug",
]

card_app = typer.Typer(no_args_is_help=True, help="Simulated cards in real readers.")

_PORT = 35963


class ReaderChoice(StrEnum):
    """Whose PC/SC service the card is put into."""

    AUTO = "auto"
    BACKGROUND = "background"
    PRIVATE = "private"
    SYSTEM = "system"


@card_app.command(
    name="plug",
    epilog="Example: jpki-sim card plug, then in another terminal the export that it prints, "
    "then: pkcs15-tool --dump",
)
def plug_command(
    world: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|URL",
            help="A world: a file, or postgresql://… Without one, an invented person's card is "
            "made.",
        ),
    ] = None,
    person: Annotated[str | None, typer.Option(help="Whose card or phone (with --world).")] = None,
    token: Annotated[
        str | None, typer.Option(help="Which of the person's cards and phones, by its name.")
    ] = None,
    profile: Annotated[
        Profile, typer.Option(help="What is made when no world is given.")
    ] = Profile.CARD,
    port: Annotated[
        int, typer.Option(min=1, max=65534, help="The virtual reader's port on loopback.")
    ] = _PORT,
    auth_pin: Annotated[
        str | None, typer.Option(help="User PIN of a card that is made. Default: 1234.")
    ] = None,
    sign_password: Annotated[
        str | None,
        typer.Option(help="Signature password of a card that is made. Default: ABC123."),
    ] = None,
    reader: Annotated[
        ReaderChoice,
        typer.Option(
            help="The background reader, a private one, or that of this machine. auto: the "
            "background reader when it runs, else a private one."
        ),
    ] = ReaderChoice.AUTO,
    slot: Annotated[
        int | None,
        typer.Option(min=0, help="The background reader's slot. Default: the first free one."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the card is called in other commands.")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(help="A fault script (TOML): what goes wrong, and when.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="Write what is said to the card as a trace (FILE.apdu).")
    ] = None,
    record_secrets: Annotated[
        bool, typer.Option("--record-secrets", help="Keep PINs in the trace, so it can be played.")
    ] = False,
    accept_exposed_reader: Annotated[
        bool,
        typer.Option(
            "--accept-exposed-reader",
            help="Use this machine's virtual reader although the network can reach it.",
        ),
    ] = False,
    state: StateOption = None,
    seed: Annotated[str, typer.Option(help="Who is invented, when no world is given.")] = (
        "jpki-card"
    ),
    behaviour: Annotated[
        list[str] | None,
        typer.Option(
            "--behaviour",
            metavar="NAME=VALUE",
            help="An answer that is not known of real cards, such as blocked=6983. May be "
            "repeated; the names: jpki-sim card behaviour.",
        ),
    ] = None,
) -> None:
    """Put a simulated card into a reader and stay until Ctrl-C or the card is unplugged.

    Any PC/SC program then finds it: OpenSC, pyscard, Java. Counters and PINs of a world's card are
    written down before it answers. From another terminal it is taken out and put back.
    """
    with told_errors():
        script = None if faults is None else _script(faults)
        recorder = None if record is None else Recorder(record, secrets=record_secrets)
        if world is None:
            opened = invented_world(seed, auth_pin, sign_password, profile, announce=typer.echo)
            chosen = token_of(opened, None, None, profile)
        else:
            refuse_pins(auth_pin, sign_password)
            opened = World.open(location(world))
            chosen = token_of(opened, person, token, None)
        with opened, ExitStack() as stack:
            card = BenchCard.of(_plugged(opened, chosen, behaviour or []), script, recorder)
            folder = StateFolder.of(state)
            place = stack.enter_context(
                _place(folder, reader, slot, port, accept_exposed=accept_exposed_reader)
            )
            _keep(card, chosen, place, folder, name)


def _plugged(world: World, name: str, settings: list[str]) -> SoftwareCard:
    card = plugged(world, name)
    if not settings:
        return card
    return plugged(world, name, behaviour=switched(card.memory.behaviour, settings))


def _script(path: Path) -> FaultScript:
    return read_faults(read_file(path).decode("utf-8", errors="replace"), source=str(path))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the card goes: what puts it there, and what the reader is called."""

    connect: Callable[[SoftwareCard], InsertedCard]
    reader: str
    runs: Callable[[], bool]


@contextmanager
def _place(
    folder: StateFolder, choice: ReaderChoice, slot: int | None, port: int, *, accept_exposed: bool
) -> Iterator[_Place]:
    background = BackgroundReader(folder)
    if choice is ReaderChoice.AUTO:
        running = background.record() is not None
        choice = ReaderChoice.BACKGROUND if running else ReaderChoice.PRIVATE
    if slot is not None and choice is not ReaderChoice.BACKGROUND:
        raise MalformedDocument(
            "only the background reader has slots to choose",
            source="--slot",
            hint="jpki-sim reader start",
        )
    match choice:
        case ReaderChoice.BACKGROUND:
            yield _background_place(background, slot)
        case ReaderChoice.PRIVATE:
            with PrivateReader(port=port) as reader:
                _export(reader.environment)
                yield _Place(reader.connect_card, READER_NAME, lambda: reader.running)
        case ReaderChoice.SYSTEM:
            connect = system_slot(port, announce=typer.echo, accept_exposed_reader=accept_exposed)
            yield _Place(connect, "the system's reader", lambda: True)


def _background_place(background: BackgroundReader, slot: int | None) -> _Place:
    _export(background.environment)
    chosen = background.free_slot() if slot is None else slot
    return _Place(
        lambda card: background.connect_card(card, slot=chosen),
        reader_name(chosen),
        lambda: background.record() is not None,
    )


def _export(environment: Mapping[str, str]) -> None:
    typer.echo(f"export {SOCKET_VARIABLE}={environment[SOCKET_VARIABLE]}")


def _keep(
    card: SoftwareCard, label: str, place: _Place, folder: StateFolder, name: str | None
) -> None:
    stop = threading.Event()
    kept = PluggedCard(card, place.connect, reader=place.reader, label=label)
    path = _control_path(folder, name)

    def after(action: Callable[[], None]) -> Callable[[], Mapping[str, object]]:
        def verb() -> Mapping[str, object]:
            action()
            return kept.status

        return verb

    verbs = {
        "status": lambda: kept.status,
        "insert": after(kept.insert),
        "remove": after(kept.remove),
        "power-cycle": after(kept.power_cycle),
        "unplug": after(stop.set),
    }
    with stop_on_signals(stop), ControlSocket(path, verbs):
        kept.insert()
        typer.echo(f"card inserted into {place.reader} as {path.stem}")
        departure = kept.keep(stop, reader_runs=place.runs)
    typer.echo(f"card removed ({departure.value})")
    if departure is Departure.READER_GONE:
        raise CardError("the reader went away", hint="jpki-sim reader status")


def _control_path(folder: StateFolder, name: str | None) -> Path:
    if name is not None:
        return _path_of(folder, name)
    number = 1
    while (path := folder.cards / f"card-{number}.sock").exists():
        number += 1
    return path


def _path_of(folder: StateFolder, name: str) -> Path:
    if not name or not all(sign.isalnum() or sign in "-_" for sign in name):
        raise MalformedDocument("a name has letters, digits, - and _", source="--name")
    return folder.cards / f"{name}.sock"


# from another terminal

NameArgument = Annotated[
    str | None, typer.Argument(help="Which card. Default: the only one that is plugged in.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print it.")]


@card_app.command(name="list", epilog="Example: jpki-sim card list --format json")
def list_cards(state: StateOption = None, output: FormatOption = Format.TEXT) -> None:
    """List the cards that are plugged in, in their slots or out of them."""
    with told_errors():
        found = _plugged_cards(StateFolder.of(state))
    if output is Format.JSON:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for card in found:
        place = "in" if card["inserted"] else "out of"
        typer.echo(f"{card['name']}: {card['card']}, {place} {card['reader']}")
    if not found:
        typer.echo("no card is plugged in")


def _plugged_cards(folder: StateFolder) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for path in sorted(folder.cards.glob("*.sock")):
        try:
            found.append({"name": path.stem, **ask(path, "status")})
        except NoCard:
            path.unlink(missing_ok=True)  # left behind by a process that was killed
    return found


@card_app.command(epilog="Example: jpki-sim card remove card-1")
def remove(name: NameArgument = None, state: StateOption = None) -> None:
    """Take a card out of its slot; it stays plugged and keeps its PINs' counters."""
    _tell_to("remove", name, state)


@card_app.command(epilog="Example: jpki-sim card insert card-1")
def insert(name: NameArgument = None, state: StateOption = None) -> None:
    """Put a card back into its slot."""
    _tell_to("insert", name, state)


@card_app.command(name="power-cycle", epilog="Example: jpki-sim card power-cycle")
def power_cycle(name: NameArgument = None, state: StateOption = None) -> None:
    """Take a card out and put it back, so that what a PIN has opened is closed."""
    _tell_to("power-cycle", name, state)


@card_app.command(epilog="Example: jpki-sim card unplug card-1")
def unplug(name: NameArgument = None, state: StateOption = None) -> None:
    """End the command that plugged a card in."""
    _tell_to("unplug", name, state)


def _tell_to(verb: str, name: str | None, state: Path | None) -> None:
    with told_errors():
        folder = StateFolder.of(state)
        path = _path_of(folder, name) if name is not None else _only_card(folder)
        told = ask(path, verb)
        place = "in" if told["inserted"] else "out of"
        done = "unplugged" if verb == "unplug" else f"{place} {told['reader']}"
        typer.echo(f"{path.stem}: {done}")


def _only_card(folder: StateFolder) -> Path:
    names = [str(card["name"]) for card in _plugged_cards(folder)]
    if len(names) != 1:
        raise NoCard(
            "no card is plugged in" if not names else "several cards are plugged in",
            hint="jpki-sim card plug" if not names else "name one of: " + ", ".join(names),
        )
    return folder.cards / f"{names[0]}.sock"


# beside the card


@card_app.command(name="lint-faults", epilog="Example: jpki-sim card lint-faults flaky.toml")
def lint_faults(
    script: Annotated[Path, typer.Argument(help="A fault script (TOML).")],
    commands: Annotated[
        int, typer.Option(min=0, help="Also show which of so many VERIFY commands fail.")
    ] = 0,
) -> None:
    """Check a fault script without a card: every mistake is named with its place."""
    with told_errors():
        read = _script(script)
        typer.echo(f"{len(read.fault)} faults, seed {read.seed}")
        faults = Faults(read)
        for number in range(1, commands + 1):
            struck = faults.next(bytes.fromhex("00200080"))
            if struck is not None:
                typer.echo(f"command {number}: {struck.do.value}")


@card_app.command(name="behaviour", epilog="Example: jpki-sim card behaviour --format json")
def list_behaviour(output: FormatOption = Format.TEXT) -> None:
    """List the answers that are not known of real cards, and how this card gives them.

    What each is, and how well it is known, is told in simulator/card/behaviour.py. They are set
    with: jpki-sim card plug --behaviour NAME=VALUE
    """
    rows = settings_of(CardBehaviour())
    if output is Format.JSON:
        typer.echo(json.dumps(rows, indent=2))
        return
    for name, value in rows.items():
        typer.echo(f"{name}={value}")


@card_app.command(name="issuer-keys", epilog="Example: jpki-sim card issuer-keys --out keys/")
def issuer_keys(
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write to.")],
    world: Annotated[
        str | None,
        typer.Option(metavar="FILE|URL", help="A world. Without one, that of the invented card."),
    ] = None,
    seed: Annotated[str, typer.Option(help="The seed, when no world is given.")] = "jpki-card",
) -> None:
    """Write the public keys of the simulated card issuer, to check what is on its cards."""
    with told_errors():
        opened = (
            World.open(location(world))
            if world is not None
            else invented_world(seed, None, None, Profile.CARD, announce=lambda _: None)
        )
        with opened:
            out.mkdir(parents=True, exist_ok=True)
            issuer = CardIssuer(opened.keys, "00000")  # the authorities are the same everywhere
            for name, hierarchy in (
                ("input-support.pem", Hierarchy.INPUT_SUPPORT),
                ("card-face.pem", Hierarchy.FACE_VERIFICATION),
            ):
                write_bytes(issuer.public_key_pem(hierarchy), out / name, force=True)
                typer.echo(str(out / name))
