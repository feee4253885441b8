"""``jpki-sim event``: let any event happen, by its name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import typer

from jpki.cli.inputs import language
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.errors import MalformedDocument
from jpki.jst import moment
from jpki.law import load
from jpki.life import Event, Recorded
from jpki.life.events import EVENTS
from jpki.validation import Language
from simulator.cli.status import change_data, change_lines
from simulator.cli.worlds import WorldOption, opened_world
from simulator.happenings import event_fields, event_from, event_schema
from simulator.preview import Foreseen, Preview, preview
from simulator.timeline import Change, changes
from simulator.world import World

__all__ = ["event"]

# A log entry alone would be a certificate that nobody has, and its number would be lost.
_MADE_ELSEWHERE = {
    "certificate_issued": "a certificate is issued with its key and bytes, at the counter",
}


def event(
    name: Annotated[
        str | None, typer.Argument(help="The event, such as card_loss_reported.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="To whom it happens.")] = None,
    field: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A field of the event.")
    ] = None,
    occurred_on: Annotated[
        str | None, typer.Option(help="The day in Japan on which it happened. Default: today's.")
    ] = None,
    notice: Annotated[
        bool,
        typer.Option("--notice", help="Send it as a municipality does: recorded some days later."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would fall; nothing is recorded.")
    ] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="List the events, or the fields of the named one.")
    ] = False,
    world: WorldOption = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    lang: Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")] = None,
) -> None:
    """Let an event happen and tell what it does to each certificate, with the article of law.

    It is recorded at once; --notice sends it through the residents' network instead.
    """
    chosen = language(lang)
    with told_errors():
        if listing or name is None:
            _list(name, output, chosen)
            return
        if name in _MADE_ELSEWHERE:
            raise MalformedDocument(_MADE_ELSEWHERE[name], source="event")
        happening = event_from(name, person, dict(_field(each) for each in field or ()))
        on = _day(occurred_on)
        with opened_world(world) as opened:
            if dry_run:
                _tell_foreseen(_foreseen(opened, happening, on, notice), output, chosen)
            elif notice:
                recorded_at = opened.notify(happening, occurred_on=on)
                _tell_sent(name, moment(recorded_at), output)
            else:
                with opened.transaction():
                    before = opened.state()
                    entry = opened.record(happening, occurred_on=on)
                    told = tuple(changes(before, opened.state(), entry))
                _tell(told, output, chosen, entry)


def _foreseen(world: World, happening: Event, on: date | None, notice: bool) -> Preview:
    return preview(
        world.state(),
        happening,
        at=world.now,
        recorded_at=world.notice_due() if notice else None,
        occurred_on=on,
        on_its_way=world.notices(),
    )


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise MalformedDocument(
            "a field has a name and a value", source="--field", hint="write NAME=VALUE"
        )
    return name, value


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise MalformedDocument(
            f"{text[:40]!r} is not a day" if text else "not a day",
            source="--occurred-on",
            hint="write 2026-08-04",
        ) from None


def _tell(told: tuple[Change, ...], output: Format, chosen: Language, entry: Recorded) -> None:
    if output is Format.JSON:
        write_json(
            {
                "entry": entry.seq,
                "recorded_at": entry.recorded_at.isoformat(),
                "changes": [change_data(each) for each in told],
            }
        )
        return
    words = {"en": "recorded", "ja": "記録"}[chosen]
    typer.echo(f"{words} {moment(entry.recorded_at)}: {entry.seq} {entry.event.name}")
    _tell_changes(told, chosen)


def _tell_changes(told: tuple[Change, ...], chosen: Language) -> None:
    for each in told:
        typer.echo("\n".join(change_lines(each, chosen)))
    if not told:
        typer.echo({"en": "  no certificate changes", "ja": "  証明書に変化なし"}[chosen])


def _tell_foreseen(told: Preview, output: Format, chosen: Language) -> None:
    if output is Format.JSON:
        write_json(
            {
                "entry": None,
                "recorded_at": None,
                "would_be_recorded_at": told.first.entry.recorded_at.isoformat(),
                "changes": [change_data(each) for each in told.first.changes],
                "until": told.until.isoformat(),
                "later": [_foreseen_data(each) for each in told.later],
            }
        )
        return
    typer.echo({"en": "nothing is recorded; it would", "ja": "記録せず。記録すれば"}[chosen])
    _tell_changes(told.first.changes, chosen)
    for each in told.later:
        typer.echo(f"{_LATER[chosen][each.anyway]} {moment(each.entry.recorded_at)}: {_name(each)}")
        if each.refusal is not None:
            typer.echo(f"  {each.refusal.message}")
        else:
            _tell_changes(each.changes, chosen)


_LATER = {
    "en": {False: "because of it, recorded", True: "in any case, recorded"},
    "ja": {False: "これにより記録", True: "これによらず記録"},
}


def _name(foreseen: Foreseen) -> str:
    return foreseen.entry.event.name


def _foreseen_data(each: Foreseen) -> dict[str, object]:
    return {
        "event": _name(each),
        "recorded_at": each.entry.recorded_at.isoformat(),
        "anyway": each.anyway,
        "refused": each.refusal.message if each.refusal is not None else None,
        "changes": [change_data(change) for change in each.changes],
    }


def _tell_sent(name: str, recorded_at: str, output: Format) -> None:
    if output is Format.JSON:
        write_json({"event": name, "recorded_at": recorded_at})
    else:
        typer.echo(f"on its way: {name} is recorded at {recorded_at}")


def _list(name: str | None, output: Format, chosen: Language) -> None:
    if name is not None:
        schema = event_schema(name)
        if output is Format.JSON:
            write_json(schema)
        else:
            typer.echo("\n".join(_field_lines(name)))
        return
    rows = {each: load().event(each) for each in EVENTS}
    if output is Format.JSON:
        write_json(
            [{"event": each, "note": r.note_en, "note_ja": r.note_ja} for each, r in rows.items()]
        )
        return
    for each, row in rows.items():
        typer.echo(f"{each:32} {row.note_ja if chosen == 'ja' else row.note_en}")


def _field_lines(name: str) -> Iterator[str]:
    yield name
    for each in event_fields(name).values():
        need = "" if each.required else f" (default: {each.default})"
        yield f"  --field {each.name}=…  {each.wanted}{need}"
