"""From what was recorded to what is so: :func:`state_at`.

The log holds primary facts only. The fold asks the rules what follows from each and derives the
rest: a loss of effect is itself a fact, and the rules are asked again until nothing new follows.
Each thing falls once, so it ends. The first recorded reason stands (T-1).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from jpki.errors import ImpossibleFact
from jpki.jst import day, end_of_day, require_aware
from jpki.law import Effect, Fact, Ground, Policies, Rulebook, Ruling, Subject
from jpki.life import events as ev
from jpki.life.context import CONTEXT, Case
from jpki.life.log import Recorded
from jpki.life.notes import noted
from jpki.life.state import (
    Cause,
    CertificateId,
    CertificateRecord,
    Lapse,
    Person,
    State,
)
from jpki.terms import CertificateKind, Medium, Purpose

__all__ = ["advance", "apply", "ruling_day", "state_at"]


def state_at(entries: Iterable[Recorded], at: datetime, *, book: Rulebook | None = None) -> State:
    """Return what is so at ``at`` by the entries recorded up to then, whatever order they come in.

    ``book`` holds the rule tables and the policies chosen; without it, the shipped defaults.
    """
    instant = require_aware(at)
    known = sorted((e for e in entries if e.recorded_at <= instant), key=_position)
    return _fold(State.empty(instant, book=book), known, instant)


def advance(state: State, entries: Iterable[Recorded], *, at: datetime | None = None) -> State:
    """Return the state after more entries, at ``at`` (default: the last record's instant).

    Folding in pieces gives the same state as folding at once. :class:`ImpossibleFact` when an entry
    belongs before one already folded, or lies after ``at``.
    """
    more = sorted(entries, key=_position)
    if more and state.last is not None and more[0].position <= state.last:
        raise ImpossibleFact("an entry belongs before one that is already folded")
    latest = max([state.at, *(entry.recorded_at for entry in more)])
    instant = latest if at is None else require_aware(at)
    if instant < latest:
        raise ImpossibleFact("a state does not go back in time; fold anew for an earlier instant")
    return _fold(state, more, instant)


def apply(state: State, entry: Recorded) -> State:
    """Return the state after one more entry."""
    return advance(state, (entry,))


def ruling_day(entry: Recorded, policies: Policies) -> date:
    """Return the Japan day whose law speaks of the entry.

    By default the day the fact occurred: an amendment leaves earlier facts to the earlier law. The
    policy ``ruling_clock`` can choose the day of recording instead. What follows from a loss of
    effect always goes by the day of recording, since that is when effect is lost.
    """
    if policies["ruling_clock"] == "recorded_at":
        return day(entry.recorded_at)
    return entry.occurred_on


def _position(entry: Recorded) -> tuple[datetime, int]:
    return (entry.recorded_at, entry.seq)


def _fold(state: State, entries: list[Recorded], at: datetime) -> State:
    if not entries:
        return replace(state, at=at)
    work = _Work(state.book, dict(state.people), dict(state.certificates), dict(state.listed))
    for entry in entries:
        _record(work, entry)
    return State(state.book, at, entries[-1].position, work.people, work.certificates, work.listed)


@dataclass(slots=True)
class _Work:
    """The dictionaries a fold fills before they become a state."""

    book: Rulebook
    people: dict[str, Person]
    certificates: dict[CertificateId, CertificateRecord]
    listed: dict[CertificateId, None]
    fields: dict[str, tuple[tuple[str, bool], ...]] = field(default_factory=dict)


def _record(work: _Work, entry: Recorded) -> None:
    event = entry.event
    if isinstance(event, ev.IssuerKeyCompromised):
        for person in tuple(work.people.values()):
            if person.unrevoked:
                work.people[person.id] = _consequences(work, entry, person)
        return
    if isinstance(event, ev.ResidentRegistered):
        work.people[event.person] = Person(
            event.person,
            event.items,
            event.municipality,
            event.nationality,
            event.residence_ends_on,
        )
        return
    known = work.people.get(event.person)
    if known is None:
        raise ImpossibleFact("the log names a person whom it never registered")
    person = _consequences(work, entry, known)
    if isinstance(event, ev.CertificateIssued):
        person = _issue(work, entry, event, person)
    work.people[person.id] = noted(work.book, person, entry)


# What follows


@dataclass(frozen=True, slots=True)
class _Derived:
    """A fact that an effect brought about."""

    fact: Fact
    because: Cause


def _consequences(work: _Work, entry: Recorded, person: Person) -> Person:
    """Ask the rules about the entry and about all that follows; return the person afterwards."""
    pending: deque[_Derived] = deque()
    on = ruling_day(entry, work.book.policies)
    for record in _live(work, entry, person):
        fact = _fact(work, entry, person, record)
        ruling = work.book.ruling(fact, Subject(record.kind.value), on=on)
        _affect(work, record, Cause(fact, Subject(record.kind.value), ruling, entry), pending)
    person = _affect_card(work, entry, person, on, pending)
    if person.substitute is not None:
        fact = _fact(work, entry, person, None)
        person = _affect_substitute(work, entry, person, fact, on, None)
    if pending:
        recorded_on = day(entry.recorded_at)
        while pending:
            derived = pending.popleft()
            person = _affect_substitute(
                work, entry, person, derived.fact, recorded_on, derived.because
            )
            for record in _live(work, entry, person):
                subject = Subject(record.kind.value)
                ruling = work.book.ruling(derived.fact, subject, on=recorded_on)
                cause = Cause(derived.fact, subject, ruling, entry, derived.because)
                _affect(work, record, cause, pending)
    unrevoked = tuple(e for e in person.unrevoked if work.certificates[e].lapse is None)
    return person if unrevoked == person.unrevoked else replace(person, unrevoked=unrevoked)


def _live(work: _Work, entry: Recorded, person: Person) -> list[CertificateRecord]:
    records = [work.certificates[each] for each in person.unrevoked]
    return [record for record in records if record.live_at(entry.recorded_at)]


def _affect(work: _Work, record: CertificateRecord, cause: Cause, pending: deque[_Derived]) -> None:
    """Let a ruling take effect on a live certificate."""
    effect = cause.ruling.effect
    if effect is Effect.REVOKE:
        lapse = Lapse(_recorded_at(work, cause), cause)
        if lapse.recorded_at > record.valid_until:
            return  # its period ends before the second record is made
        work.certificates[record.id] = replace(record, lapse=lapse)
        work.listed[record.id] = None
        pending.append(_Derived(_loss(record.kind, cause.ruling), cause))
    elif effect is Effect.SUSPEND and record.hold is None:
        work.certificates[record.id] = replace(record, hold=Lapse(cause.entry.recorded_at, cause))
        work.listed[record.id] = None
    elif effect is Effect.RESUME and record.hold is not None:
        work.certificates[record.id] = replace(record, hold=None)


def _recorded_at(work: _Work, cause: Cause) -> datetime:
    """When the loss is on record: a cascade is a second record, and may come later (X-4)."""
    if cause.ruling.ground is not Ground.CASCADE:
        return cause.entry.recorded_at
    gap = int(work.book.policies["cascade_gap_seconds"])
    return cause.entry.recorded_at + timedelta(seconds=gap)


def _loss(kind: CertificateKind, ruling: Ruling) -> Fact:
    ground = "" if ruling.ground is None else ruling.ground.value
    reason = "" if ruling.reason is None else ruling.reason.rfc_name
    return Fact(
        "certificate_lost_effect", (("ground", ground), ("kind", kind.value), ("reason", reason))
    )


def _affect_card(
    work: _Work, entry: Recorded, person: Person, on: date, pending: deque[_Derived]
) -> Person:
    card = person.card
    if card is None or not card.live_at(entry.recorded_at):
        return person
    fact = _fact(work, entry, person, None)
    ruling = work.book.ruling(fact, Subject.CARD, on=on)
    cause = Cause(fact, Subject.CARD, ruling, entry)
    if ruling.effect is Effect.LAPSE:
        item = "" if ruling.lapses_as is None else ruling.lapses_as
        pending.append(_Derived(Fact("card_lapsed", (("item", item),)), cause))
        return replace(person, card=replace(card, lapse=Lapse(entry.recorded_at, cause)))
    if ruling.effect is Effect.SUSPEND and card.suspension is None:
        return replace(person, card=replace(card, suspension=Lapse(entry.recorded_at, cause)))
    if ruling.effect is Effect.RESUME:
        return replace(person, card=replace(card, suspension=None))
    return person


def _affect_substitute(
    work: _Work, entry: Recorded, person: Person, fact: Fact, on: date, because: Cause | None
) -> Person:
    """Let a ruling take effect on the card-substitute record, if there is one that still lives."""
    record = person.substitute
    if record is None or not record.live_at(entry.recorded_at):
        return person
    ruling = work.book.ruling(fact, Subject.CARD_SUBSTITUTE, on=on)
    if ruling.effect is not Effect.LAPSE:
        return person
    cause = Cause(fact, Subject.CARD_SUBSTITUTE, ruling, entry, because)
    return replace(person, substitute=replace(record, lapse=Lapse(entry.recorded_at, cause)))


# What the rules see of an event


def _fact(work: _Work, entry: Recorded, person: Person, record: CertificateRecord | None) -> Fact:
    event = entry.event
    names = work.fields.get(event.name)
    if names is None:
        context = work.book.table.event(event.name).context
        names = tuple(sorted([*((n, False) for n in event.told), *((n, True) for n in context)]))
        work.fields[event.name] = names
    case = Case(work.book, event, person, record)
    return Fact(
        event.name,
        tuple(
            (name, CONTEXT[name](case) if worked_out else getattr(event, name))
            for name, worked_out in names
        ),
    )


def _issue(work: _Work, entry: Recorded, event: ev.CertificateIssued, person: Person) -> Person:
    subject = Subject(event.kind.value)
    fact = Fact(event.name, (("named", True),))
    ruling = work.book.ruling(fact, subject, on=ruling_day(entry, work.book.policies))
    on_card = event.kind.medium is Medium.CARD
    record = CertificateRecord(
        id=CertificateId(event.authority, event.serial),
        person=person.id,
        kind=event.kind,
        municipality=event.municipality,
        issued_at=entry.recorded_at,
        expires_on=event.expires_on,
        valid_until=end_of_day(event.expires_on),
        issued=Cause(fact, subject, ruling, entry),
        card=person.card.number if on_card and person.card else None,
        device=person.device.id if not on_card and person.device else None,
        items=person.items if event.kind.purpose is Purpose.SIGNATURE else None,
    )
    work.certificates[record.id] = record
    return replace(
        person,
        certificates=(*person.certificates, record.id),
        unrevoked=(*person.unrevoked, record.id),
    )
