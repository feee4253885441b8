"""``jpki-sim mdoc``: card-substitute records in simulated wallets."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from jpki.card.pin import UserPin
from jpki.cli.inputs import language, read_file
from jpki.cli.outputs import refuse_existing, write_bytes
from jpki.cli.telling import Format, told_errors, write_json
from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.jst import moment
from jpki.mdoc import Algorithm, SessionTranscript, encode
from simulator.cli.typed import (
    FormatOption,
    LangOption,
    PersonArgument,
    answer,
    card_of,
    typed_password,
    typed_user_pin,
)
from simulator.cli.worlds import WorldOption, opened_world
from simulator.mdoc import (
    Biometrics,
    IssuingProfile,
    RecordAuthority,
    apply,
    offline_reach,
    pending_notices,
    present,
    push_notices,
    reachable,
    wallet_state,
)
from simulator.tokens import applet
from simulator.world import World

__all__ = [
    "AlgorithmOption",
    "issue_record",
    "mdoc_app",
    "new_session",
    "present_record",
    "push",
    "root",
    "wallet",
]

mdoc_app = typer.Typer(
    no_args_is_help=True,
    help="Card-substitute records (カード代替電磁的記録) in simulated phones' wallets.",
    epilog="Keys and salts follow from the world's seed: nothing of this is safe, on purpose.",
)

_NONCE_BYTES: Final = 32

OutOption = Annotated[Path, typer.Option("--out", "-o", help="The file to write.")]


class AlgorithmOption(StrEnum):
    """The algorithms that go with the law, as typed."""

    ES256 = "ES256"
    ES384 = "ES384"


AlgorithmChoice = Annotated[
    AlgorithmOption, typer.Option(help="How records are signed; which one is used is open (C).")
]


@mdoc_app.command(
    name="issue",
    epilog="Example: jpki-sim mdoc issue P000001 --pin env:CARD_PASSWORD",
)
def issue_record(
    person: PersonArgument,
    pin: Annotated[
        str, typer.Option(metavar="SOURCE", help="The card's signature password, or its source.")
    ] = "prompt",
    records: Annotated[int, typer.Option(help="How many; the law asks for at least two.")] = 2,
    algorithm: AlgorithmChoice = AlgorithmOption.ES256,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Apply for records with the card held to the phone, and put them into the wallet."""
    with told_errors(), opened_world(world) as opened:
        profile = IssuingProfile(algorithm=Algorithm[algorithm.value], records=records)
        card = card_of(opened, person)
        password = typed_password(pin, opened, card, "The card's signature password")
        apply(opened, person, card=applet(opened, card), card_password=password, profile=profile)
        _tell(opened, person, output, language(lang))


@mdoc_app.command(
    name="present",
    epilog="Example: jpki-sim mdoc present P000001 --item org.iso.23220.1/age_over_20 "
    "--party shop --session session.cbor --biometrics --out answer.cbor",
)
def present_record(
    person: PersonArgument,
    item: Annotated[
        list[str], typer.Option(metavar="NAMESPACE/NAME", help="What to show; repeat it.")
    ],
    party: Annotated[str, typer.Option(help="Who is shown it; a record is for one party.")],
    session: Annotated[Path, typer.Option(help="The session transcript, from: mdoc session.")],
    out: OutOption,
    biometrics: Annotated[
        bool, typer.Option("--biometrics", help="Approve with finger or face, not with the PIN.")
    ] = False,
    pin: Annotated[
        str, typer.Option(metavar="SOURCE", help="The phone's PIN, or its source.")
    ] = "prompt",
    offline: Annotated[
        bool, typer.Option("--offline", help="The phone reaches nobody. Default: as the phone is.")
    ] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Show it though the law's check is not possible.")
    ] = False,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Show items of a record to a party, signed by the phone for this session."""
    with told_errors(), opened_world(world) as opened:
        refuse_existing(out, force=False)  # before a record is used up for nothing
        shown = present(
            opened,
            person,
            [_item(each) for each in item],
            party=party,
            transcript=SessionTranscript.parse(read_file(session)),
            approval=Biometrics() if biometrics else _phone_pin(opened, person, pin),
            online=False if offline else None,
            unchecked=unchecked,
        )
        write_bytes(shown, out)
        told = f"{out}: {len(shown)}"
        data = {"person": person, "party": party, "answer": str(out), "bytes": len(shown)}
        answer(data, output, language(lang), en=f"{told} bytes", ja=f"{told}バイト")


@mdoc_app.command(name="session", epilog="Example: jpki-sim mdoc session --out session.cbor")
def new_session(
    out: OutOption, output: FormatOption = Format.TEXT, lang: LangOption = None
) -> None:
    """Open a session as a reader would, and write its transcript; no two are the same."""
    with told_errors():
        nonce = encode({"simulated": secrets.token_bytes(_NONCE_BYTES)})
        write_bytes(SessionTranscript.proximity(nonce, nonce).encoded, out)
        told = {"en": f"{out}: a new session", "ja": f"{out}: 新しいセッション"}
        answer({"session": str(out)}, output, language(lang), **told)


@mdoc_app.command(name="root", epilog="Example: jpki-sim mdoc root --out root.pem")
def root(
    out: OutOption,
    algorithm: AlgorithmChoice = AlgorithmOption.ES256,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Write the simulated root that certifies signers now, PEM, for: jpki mdoc verify --trust."""
    with told_errors(), opened_world(world) as opened:
        profile = IssuingProfile(algorithm=Algorithm[algorithm.value])
        found = RecordAuthority(opened, profile).root(opened.now)
        write_bytes(found.to_pem(), out)
        told = {
            "en": f"{out}: SHA-256 {found.fingerprint_sha256}",
            "ja": f"{out}: SHA-256フィンガープリント {found.fingerprint_sha256}",
        }
        data = {"root": str(out), "sha256": found.fingerprint_sha256}
        answer(data, output, language(lang), **told)


@mdoc_app.command(name="wallet", epilog="Example: jpki-sim mdoc wallet P000001 --lang ja")
def wallet(
    person: PersonArgument,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Say what is in a wallet, and what the phone could still do out of reach."""
    with told_errors(), opened_world(world) as opened:
        _tell(opened, person, output, language(lang))


@mdoc_app.command(name="push", epilog="Example: jpki-sim mdoc push --unreached phone-P000001-1")
def push(
    unreached: Annotated[
        list[str] | None,
        typer.Option(
            help="A phone that is out of reach, besides those that are offline; repeat it."
        ),
    ] = None,
    world: WorldOption = None,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Send notices of fallen records to phones; who does not confirm is told again."""
    with told_errors(), opened_world(world) as opened:
        away = set(unreached or ())
        confirmed = push_notices(
            opened, reached=lambda device: device not in away and reachable(opened, device)
        )
        waiting = pending_notices(opened)
        told = [(each, each in confirmed) for each in (*confirmed, *waiting)]
        if output is Format.JSON:
            write_json(
                [
                    {
                        "device": each.device,
                        "rule": each.rule,
                        "since": each.since.isoformat(),
                        "tries": each.tries,
                        "confirmed": yes,
                    }
                    for each, yes in told
                ]
            )
            return
        for each, yes in told:
            if language(lang) == "ja":
                result = "確認済み" if yes else f"未確認、{each.tries}回目"
            else:
                result = "confirmed" if yes else f"not confirmed, try {each.tries}"
            typer.echo(f"{each.device}: {result} [{each.rule}] {moment(each.since)}")


_STATES: Final = {
    "en": {"empty": "empty", "ready": "ready", "used_up": "used up", "ended": "ended"},
    "ja": {"empty": "記録なし", "ready": "提示可", "used_up": "使い切り", "ended": "期間満了"},
}


def _tell(opened: World, person: str, output: Format, spoken: str) -> None:
    state, reach = wallet_state(opened, person), offline_reach(opened, person)
    if output is Format.JSON:
        write_json(
            {
                "person": person,
                "wallet": state.value,
                "new_parties": reach.new_parties,
                "known_parties": reach.known_parties,
                "until": reach.until.isoformat() if reach.until else None,
                "fallen_by": reach.fallen_by,
            }
        )
        return
    for line in _lines(state.value, reach.words("ja" if spoken == "ja" else "en"), spoken):
        typer.echo(line)


def _lines(state: str, reach: str, spoken: str) -> Iterator[str]:
    yield f"{'ウォレット' if spoken == 'ja' else 'wallet'}: {_STATES[spoken][state]}"
    yield f"{'圏外では' if spoken == 'ja' else 'out of reach'}: {reach}"


def _phone_pin(opened: World, person: str, pin: str) -> UserPin:
    device = opened.state().person(person).device
    if device is None:
        raise ImpossibleFact("no phone is enrolled")
    return typed_user_pin(pin, opened, device.id, "The phone's PIN")


def _item(text: str) -> tuple[str, str]:
    namespace, slash, name = text.rpartition("/")
    if not slash:
        raise MalformedDocument(
            f"{text!r} names no item", source="--item", hint="write NAMESPACE/NAME"
        )
    return namespace, name
