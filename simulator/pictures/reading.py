"""From the log to a picture: what happened, what lasted, and what led to what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from jpki.errors import ImpossibleFact
from jpki.jst import require_aware
from jpki.law import Effect, Rulebook
from jpki.life import Recorded, State, advance
from jpki.life.events import IssuerKeyCompromised
from jpki.life.state import CertificateRecord
from simulator.pictures.lasting import Spell, spells
from simulator.pictures.model import (
    Bar,
    End,
    Finding,
    Link,
    Look,
    Mark,
    Picture,
    Stretch,
    Track,
    Words,
)
from simulator.pictures.naming import CODES, named, short_name, track_of
from simulator.timeline import Change, Moment, Reason, timeline

__all__ = ["picture_of"]


def picture_of(
    entries: Iterable[Recorded],
    person: str,
    *,
    at: datetime,
    book: Rulebook | None = None,
    begins: datetime | None = None,
    title: Words | None = None,
    finding: Finding | None = None,
    with_name: bool = False,
) -> Picture:
    """Return the picture of a person's life up to ``at``, from the first event or ``begins`` on.

    The person is shown by their id; ``with_name`` shows the name on the record, too.
    ``ImpossibleFact`` when nobody has this id, or when ``begins`` is not before ``at``.
    """
    rules = Rulebook.default() if book is None else book
    until = require_aware(at)
    own = [each for each in entries if _concerns(each, person) and each.recorded_at <= until]
    moments = timeline(own, person, at=until, book=rules)
    states = tuple(_states(own, rules))
    since = moments[0].at if begins is None else require_aware(begins)
    if since > until:
        raise ImpossibleFact("the picture would end before it begins")
    now = replace(states[-1][1], at=until)
    lasting = tuple(spells(states, person, until))
    bars = [*(_bar_of(each) for each in lasting), *_certificates(now, moments, person)]
    shown = [cut for each in bars if (cut := _cut(each, since)) is not None]
    named_by_entry = {each.seq: short_name(each.event, table=rules.table) for each in own}
    visible = [moment for moment in moments if moment.at >= since]
    marks: list[Mark] = []
    links: list[Link] = []
    for number, moment in enumerate(visible, 1):
        marks.append(_mark(number, moment, named_by_entry, rules))
        links += _links(number, moment, lasting, person)
    there = {bar.id for bar in shown}
    return Picture(
        person=person,
        begins=since,
        at=until,
        marks=tuple(marks),
        bars=tuple(sorted(shown, key=lambda bar: (list(Track).index(bar.track), bar.begins))),
        links=tuple(each for each in links if each.bar in there),
        title=title,
        name=now.person(person).items.name if with_name else None,
        finding=finding,
    )


def _concerns(entry: Recorded, person: str) -> bool:
    return isinstance(entry.event, IssuerKeyCompromised) or entry.event.person == person


def _states(own: list[Recorded], book: Rulebook) -> Iterator[tuple[Recorded, State]]:
    if not own:
        raise ImpossibleFact("nobody with this id is registered")
    state = State.empty(own[0].recorded_at, book=book)
    for entry in own:
        state = advance(state, (entry,))
        yield entry, state


def _mark(number: int, moment: Moment, names: Mapping[int, Words], book: Rulebook) -> Mark:
    if moment.seq is None:
        kinds = [CODES[change.kind] for change in moment.changes]
        short = named(moment.event, kinds=kinds, table=book.table)
    else:
        short = names[moment.seq]
    return Mark(
        number=number,
        at=moment.at,
        occurred_on=moment.occurred_on,
        event=moment.event,
        short=short,
        note=Words(moment.note_en.partition(";")[0], moment.note_ja),
        track=track_of(moment.event),
        seq=moment.seq,
    )


# Bars


def _bar_of(spell: Spell) -> Bar:
    return Bar(
        id=spell.id,
        track=spell.track,
        label=spell.label,
        stretches=spell.stretches,
        end=spell.end,
        planned_end=spell.planned_end if spell.end is End.OPEN else None,
    )


@dataclass(slots=True)
class _Drawn:
    """A certificate's bar while the changes are gone through."""

    since: datetime
    look: Look
    stretches: list[Stretch]
    end: End = End.OPEN

    def turn(self, at: datetime, look: Look) -> None:
        # A stretch without length is kept when it alone tells what became of the certificate.
        new = not self.stretches or self.stretches[-1].look is not self.look
        if at > self.since or new:
            self.stretches.append(Stretch(self.since, max(at, self.since), self.look))
        self.since, self.look = at, look


_TURNS = {
    Effect.SUSPEND: Look.HELD,
    Effect.RESUME: Look.SOUND,
}
_ENDS = {Effect.REVOKE: End.REVOKED, Effect.EXPIRE: End.EXPIRED}


def _certificates(now: State, moments: tuple[Moment, ...], person: str) -> Iterator[Bar]:
    told = [change for moment in moments for change in moment.changes if change.person == person]
    for record in now.records(person):
        own = [each for each in told if _is_of(each, record)]
        drawn = _Drawn(record.issued_at, Look.SOUND, [])
        for change in sorted(own, key=lambda each: each.at):
            if change.effect in _TURNS:
                drawn.turn(change.at, _TURNS[change.effect])
            elif change.effect in _ENDS and drawn.end is End.OPEN:
                drawn.turn(change.at, drawn.look)
                drawn.end = _ENDS[change.effect]
        if drawn.end is End.OPEN:
            drawn.turn(now.at, drawn.look)
        code = f"{CODES[record.kind]} {record.serial}"
        yield Bar(
            id=_id(record.kind.value, record.serial),
            track=Track(record.kind.value),
            label=Words(code, code),
            stretches=tuple(drawn.stretches),
            end=drawn.end,
            planned_end=record.valid_until if drawn.end is End.OPEN else None,
        )


def _is_of(change: Change, record: CertificateRecord) -> bool:
    return (change.kind, change.serial) == (record.kind, record.serial)


def _id(kind: str, serial: int) -> str:
    return f"{kind}-{serial}"


def _cut(bar: Bar, since: datetime) -> Bar | None:
    """Return what is left of a bar from an instant on."""
    if bar.begins >= since:
        return bar
    left = [
        replace(each, begins=max(each.begins, since)) for each in bar.stretches if each.ends > since
    ]
    return replace(bar, stretches=tuple(left), begun_before=True) if left else None


# Links


def _links(number: int, moment: Moment, lasting: tuple[Spell, ...], person: str) -> Iterator[Link]:
    own = [change for change in moment.changes if change.person == person]
    turned = [(spell, turn) for spell in lasting for turn in spell.turns if turn.seq == moment.seq]
    by_chain: dict[tuple[Reason, ...], str] = {
        turn.reasons: spell.id for spell, turn in turned if turn.reasons
    }
    by_chain |= {each.reasons: _id(each.kind.value, each.serial) for each in own if each.reasons}
    for spell, turn in turned:
        yield Link(number, spell.id, turn.at, turn.effect, turn.reasons)
    for each in own:
        bar = _id(each.kind.value, each.serial)
        over = by_chain.get(each.reasons[1:]) if len(each.reasons) > 1 else None
        yield Link(number, bar, each.at, each.effect, each.reasons, over, each.at > moment.at)
