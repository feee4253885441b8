"""What happened to a person, and what each event did to each certificate, with the law's reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from jpki.errors import LawError
from jpki.jst import day
from jpki.law import Effect, Fact, Rulebook, Subject
from jpki.life import (
    CertificateRecord,
    CertificateState,
    Recorded,
    State,
    Step,
    advance,
    why,
)
from jpki.life.events import IssuerKeyCompromised
from jpki.terms import Certainty, CertificateKind

__all__ = ["Change", "Moment", "Reason", "changes", "timeline"]


@dataclass(frozen=True, slots=True)
class Reason:
    """The rule that spoke and where it stands in the law, in both languages."""

    rule: str
    note_en: str
    note_ja: str
    basis_en: str
    basis_ja: str
    certainty: Certainty

    @classmethod
    def of(cls, step: Step) -> Reason:
        """Return a step of an explanation."""
        return cls(
            step.rule, step.note_en, step.note_ja, step.basis_en, step.basis_ja, step.certainty
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What an event did to one certificate: issued, revoked, held, held no longer, expired.

    ``reasons`` lead from the certificate back to the event; the first is the certificate's own.
    ``at`` may be later than the event: a phone's certificate is recorded after the card's.
    """

    person: str
    kind: CertificateKind
    serial: int
    effect: Effect
    at: datetime
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """An event in a person's life, or the end of a certificate's period, which nobody records.

    ``seq`` is the log's entry, ``event`` its name in the rule tables.
    """

    at: datetime
    occurred_on: date
    event: str
    note_en: str
    note_ja: str
    seq: int | None
    changes: tuple[Change, ...]


def timeline(
    entries: Iterable[Recorded], person: str, *, at: datetime, book: Rulebook
) -> tuple[Moment, ...]:
    """Return what happened to a person up to ``at``, in order.

    ``ImpossibleFact`` when nobody has this id.
    """
    state = State.empty(at, book=book)
    told: list[Moment] = []
    for entry in entries:
        event = entry.event
        concerns = isinstance(event, IssuerKeyCompromised) or event.person == person
        if not concerns or entry.recorded_at > at:
            continue
        if not told:
            state = State.empty(entry.recorded_at, book=book)
        after = advance(state, (entry,))
        row = book.table.event(event.name)
        told.append(
            Moment(
                at=entry.recorded_at,
                occurred_on=entry.occurred_on,
                event=event.name,
                note_en=row.note_en,
                note_ja=row.note_ja,
                seq=entry.seq,
                # A cascade is a second record and may come later than the event.
                changes=tuple(each for each in changes(state, after, entry) if each.at <= at),
            )
        )
        state = after
    now = replace(state, at=max(at, state.at))
    told += [_expired(now, record) for record in now.records(person) if _has_expired(now, record)]
    return tuple(sorted(told, key=lambda moment: moment.at))


def changes(before: State, after: State, entry: Recorded) -> Iterator[Change]:
    """Yield what an entry did to each certificate, given the states before and after it."""
    for each, record in after.certificates.items():
        earlier = before.certificates.get(each)
        if earlier is record:
            continue
        if earlier is None:
            yield _change(after, record, Effect.ISSUE, record.issued_at)
        elif record.lapse is not None and earlier.lapse is None:
            yield _change(after, record, Effect.REVOKE, record.lapse.recorded_at)
        elif record.hold is not None and earlier.hold is None:
            yield _change(after, record, Effect.SUSPEND, record.hold.recorded_at)
        elif record.hold is None and earlier.hold is not None:
            yield replace(
                _change(after, record, Effect.RESUME, entry.recorded_at),
                reasons=tuple(_resumed(after, record, entry)),
            )


def _change(after: State, record: CertificateRecord, effect: Effect, at: datetime) -> Change:
    # Only this certificate, so that nothing is looked for among all the others.
    then = replace(after, at=max(after.at, at), certificates={record.id: record})
    told = why(then, record.serial, purpose=record.kind.purpose)
    return Change(
        person=record.person,
        kind=record.kind,
        serial=record.serial,
        effect=effect,
        at=at,
        reasons=tuple(map(Reason.of, told.steps)),
    )


def _resumed(after: State, record: CertificateRecord, entry: Recorded) -> Iterator[Reason]:
    """The state keeps no reason for a hold that is gone, so the rule is asked for it again."""
    event, table = entry.event, after.book.table
    told = tuple((name, getattr(event, name)) for name in sorted(event.told))
    try:
        ruling = after.book.ruling(
            Fact(event.name, told), Subject(record.kind.value), on=entry.occurred_on
        )
    except LawError:
        return  # the rule sees more of the holder's state than the event tells
    rule = table.rule(ruling.rule)
    yield Reason(
        rule.id,
        rule.note_en,
        rule.note_ja,
        table.basis_en(rule),
        table.basis_ja(rule),
        rule.certainty,
    )


def _has_expired(now: State, record: CertificateRecord) -> bool:
    return now.state_of(record) is CertificateState.EXPIRED


def _expired(now: State, record: CertificateRecord) -> Moment:
    row = now.book.table.event("validity_ended")
    return Moment(
        at=record.valid_until,
        occurred_on=day(record.valid_until),
        event=row.id,
        note_en=row.note_en,
        note_ja=row.note_ja,
        seq=None,
        changes=(_change(now, record, Effect.EXPIRE, record.valid_until),),
    )
