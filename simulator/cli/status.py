"""``jpki-sim status`` and ``timeline``: what there is in a world, and how it came about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from jpki.cli.inputs import instant, language
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.jst import moment
from jpki.law import Effect
from jpki.life import CertificateState, entry_from_json
from jpki.terms import CertificateKind
from jpki.validation import Language
from simulator.cli.pictures import Drawn, chosen_form, show_picture
from simulator.cli.worlds import WorldOption, opened_world
from simulator.pictures import picture_of
from simulator.store import told
from simulator.timeline import Change, Moment, timeline
from simulator.world import World

__all__ = ["change_data", "change_lines", "status", "timeline_command"]

FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]
LangOption = Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")]

_EFFECTS = {
    "en": {
        Effect.ISSUE: "issued",
        Effect.REVOKE: "revoked",
        Effect.SUSPEND: "held",
        Effect.RESUME: "held no longer",
        Effect.EXPIRE: "expired",
    },
    "ja": {
        Effect.ISSUE: "発行",
        Effect.REVOKE: "失効",
        Effect.SUSPEND: "一時停止",
        Effect.RESUME: "一時停止の解除",
        Effect.EXPIRE: "有効期間満了",
    },
}


def status(world: WorldOption = None, output: FormatOption = Format.TEXT) -> None:
    """Say what there is in a world: people, certificates by state, clock, database."""
    with told_errors(), opened_world(world) as opened:
        data = _status(opened)
        if output is Format.JSON:
            write_json(data)
            return
        for line in _status_lines(data):
            typer.echo(line)


def _status(world: World) -> dict[str, object]:
    state = world.state()
    counts = Counter((r.kind, state.state_of(r)) for r in state.certificates.values())
    return {
        "world": told(world.store.location),
        "now": world.now.isoformat(),
        "shows": moment(world.now),
        "clock": world.clock_kind.value,
        "factor": world.clock_factor,
        "keys": world.key_origin.value,
        "policies": world.book.policies.changed,
        "people": len(state.people),
        "entries": len(world.entries),
        "on_the_way": len(world.store.pending()),
        "chips": len(world.store.chips()),
        "certificates": {
            kind.value: {each.value: counts[kind, each] for each in CertificateState}
            for kind in CertificateKind
        },
    }


def _status_lines(data: dict[str, object]) -> Iterator[str]:
    yield f"world         {data['world']}"
    yield f"clock         {data['shows']}, {data['clock']}"
    yield f"people        {data['people']}, with {data['chips']} cards and phones"
    yield f"log           {data['entries']} entries, {data['on_the_way']} notices on their way"
    yield f"keys          {data['keys']}"
    policies = data["policies"]
    if isinstance(policies, dict) and policies:
        yield "policies      " + ", ".join(f"{name}={value}" for name, value in policies.items())
    certificates = data["certificates"]
    if isinstance(certificates, dict):
        for kind, states in certificates.items():
            told_states = ", ".join(f"{count} {state}" for state, count in states.items() if count)
            yield f"{kind:21} {told_states or 'none'}"


def timeline_command(
    person: Annotated[str, typer.Argument(help="The person's identifier, such as P000001.")],
    world: WorldOption = None,
    at: Annotated[
        str | None,
        typer.Option("--to", "--at", help="Up to this instant. Default: the world's clock."),
    ] = None,
    begins: Annotated[
        str | None, typer.Option("--from", help="Draw from this instant on. Default: all.")
    ] = None,
    as_svg: Annotated[bool, typer.Option("--svg", help="Draw a picture.")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="Draw a page with a table.")] = False,
    as_text: Annotated[bool, typer.Option("--text", help="Draw for a terminal.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Draw into this file (.svg .html .txt).")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace the file.")] = False,
    names: Annotated[bool, typer.Option("--names", help="Show the name on the record.")] = False,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Tell what happened to a person and what it did to each certificate, with the article.

    With --svg, --html or --text, draw it: a bar for each certificate, a mark for each event.
    """
    form = chosen_form({Drawn.SVG: as_svg, Drawn.HTML: as_html, Drawn.TEXT: as_text}, out)
    if form is None and (begins or names):
        raise typer.BadParameter("--from and --names go with --svg, --html or --text")
    if form is not None and output is Format.JSON:
        raise typer.BadParameter("a picture is not JSON: leave --format out")
    with told_errors(), opened_world(world) as opened:
        until = instant(at) if at else opened.now
        if form is not None:
            picture = picture_of(
                opened.entries,
                person,
                at=until,
                book=opened.book,
                begins=instant(begins) if begins else None,
                with_name=names,
            )
            show_picture(picture, form, language(lang), out, force=force)
            return
        moments = timeline(opened.entries, person, at=until, book=opened.book)
        waiting = [entry_from_json(line) for _, line in opened.store.pending()]
        coming = [e for e in waiting if getattr(e.event, "person", person) == person]
        if output is Format.JSON:
            write_json(
                {
                    "person": person,
                    "until": until.isoformat(),
                    "moments": [_moment_data(each) for each in moments],
                    "on_the_way": [
                        {"event": e.event.name, "recorded_at": e.recorded_at.isoformat()}
                        for e in coming
                    ],
                }
            )
            return
        chosen = language(lang)
        for each in moments:
            typer.echo("\n".join(_moment_lines(each, chosen)))
        for e in coming:
            way = {"en": "on its way, recorded at", "ja": "通知済み、記録予定"}[chosen]
            typer.echo(f"{way} {moment(e.recorded_at)}: {e.event.name}")


def _moment_lines(each: Moment, chosen: Language) -> Iterator[str]:
    note = each.note_ja if chosen == "ja" else each.note_en
    yield f"{moment(each.at)}  {note}  [{each.event}]"
    for change in each.changes:
        yield from change_lines(change, chosen)


def change_lines(change: Change, chosen: Language) -> Iterator[str]:
    """Yield a change and the chain of its reasons, line by line."""
    kind = change.kind.label_ja if chosen == "ja" else change.kind.value
    yield f"  {kind} {change.serial}: {_EFFECTS[chosen][change.effect]}"
    for reason in change.reasons:
        if chosen == "ja":
            why = f"{reason.note_ja} [{reason.rule}] {reason.basis_ja}"
            yield f"    ← {why}（{reason.certainty.label_ja}）"
        else:
            why = f"{reason.note_en} [{reason.rule}] {reason.basis_en}"
            yield f"    <- {why} ({reason.certainty.value})"


def _moment_data(each: Moment) -> dict[str, object]:
    return {
        "at": each.at.isoformat(),
        "occurred_on": each.occurred_on.isoformat(),
        "event": each.event,
        "entry": each.seq,
        "note": each.note_en,
        "note_ja": each.note_ja,
        "changes": [change_data(change) for change in each.changes],
    }


def change_data(change: Change) -> dict[str, object]:
    """Return a change as JSON has it."""
    return {
        "person": change.person,
        "kind": change.kind.value,
        "serial": change.serial,
        "effect": change.effect.value,
        "at": change.at.isoformat(),
        "reasons": [
            {
                "rule": reason.rule,
                "note": reason.note_en,
                "note_ja": reason.note_ja,
                "basis": reason.basis_en,
                "basis_ja": reason.basis_ja,
                "certainty": reason.certainty.value,
            }
            for reason in change.reasons
        ],
    }
