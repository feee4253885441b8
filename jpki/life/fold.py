"""From what was recorded to what is so: :func:`state_at`.

The log holds primary facts only. The fold asks the rules what follows from each and derives the
rest: a loss of effect is itself a fact, and the rules are asked again until nothing new follows.
Each thing falls once, so it ends. The first recorded reason stands (T-1).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from jpki.errors import ImpossibleFact
from jpki.jst import day, end_of_day, require_aware
from jpki.law import Effect, Fact, Policies, Rulebook, Ruling, Subject
from jpki.life import events as ev
from jpki.life.context import CONTEXT, Case
from jpki.life.log import Recorded
from jpki.life.state import (
    Card,
    Cause,
    CertificateId,
    CertificateRecord,
    DeviceState,
    Lapse,
    MobileDevice,
    MoveOut,
    Person,
    State,
)
from jpki.terms import CertificateKind, Medium, Purpose, Sex

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
    work.people[person.id] = _note(person, event, entry)


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
    if pending:
        recorded_on = day(entry.recorded_at)
        while pending:
            derived = pending.popleft()
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
        lapse = Lapse(cause.entry.recorded_at, cause)
        work.certificates[record.id] = replace(record, lapse=lapse)
        work.listed[record.id] = None
        pending.append(_Derived(_loss(record.kind, cause.ruling), cause))
    elif effect is Effect.SUSPEND and record.hold is None:
        work.certificates[record.id] = replace(record, hold=Lapse(cause.entry.recorded_at, cause))
        work.listed[record.id] = None
    elif effect is Effect.RESUME and record.hold is not None:
        work.certificates[record.id] = replace(record, hold=None)


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


# What is written down beside the rules


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


def _note(person: Person, event: ev.Event, entry: Recorded) -> Person:
    """Write down what the event itself says about person, card and phone."""
    match event:
        case ev.ResidentRecordAmended(item=item, value=value) if value:
            return replace(person, items=_amended(person.items, item, value))
        case ev.FuriganaRecorded(value=value):
            return replace(person, items=replace(person.items, furigana=value))
        case ev.ResidentRecordDeleted(ground=ground):
            return _deleted(person, ground, entry.occurred_on)
        case ev.MoveOutNotified(destination=destination, planned_on=planned_on):
            return replace(person, move_out=MoveOut(entry.recorded_at, planned_on, destination))
        case ev.MoveInNotified():
            return _moved_in(person, event, entry)
        case ev.CardPresented() | ev.DeadlinePassed(deadline=ev.Deadline.CARD_90_DAYS):
            return replace(person, card_awaited_since=None)
        case ev.DeadlinePassed(deadline=ev.Deadline.MOVE_IN_30_DAYS | ev.Deadline.ABROAD_30_DAYS):
            return replace(person, move_out=None)
        case ev.ContinuedUseArranged():
            return replace(person, continued_use=True)
        case ev.DepartureCancelled():
            return replace(person, move_out=None, continued_use=False)
        case ev.ResidencePeriodChanged():
            return _residence(person, event, entry)
        case ev.CardIssued():
            return _new_card(person, event)
        case ev.CardModeChanged(to=mode) if person.card:
            card = replace(person.card, face_only=mode is ev.CardMode.FACE_ONLY)
            return replace(person, card=card)
        case _:
            return _note_device(person, event)


def _note_device(person: Person, event: ev.Event) -> Person:
    match event:
        case ev.MobileDeviceEnrolled(device=device, platform=platform):
            past = person.past_devices
            if person.device is not None:
                past = (*past, replace(person.device, state=DeviceState.REPLACED))
            return replace(person, device=MobileDevice(device, platform), past_devices=past)
        case ev.MobileDeviceLossReported() if person.device:
            device_now = replace(person.device, state=DeviceState.SUSPENDED)
            return replace(person, device=device_now)
        case ev.MobileDeviceSuspensionLifted() if person.device:
            return replace(person, device=replace(person.device, state=DeviceState.IN_USE))
        case ev.MobileDeviceChanged(change=change) if person.device and change in _ERASES:
            return replace(person, device=replace(person.device, key_present=False))
        case _:
            return person


# A factory reset of an Android phone erases nothing in the secure element (EV-71); erasing an
# iPhone and deleting the data in the app do (EV-72, EV-74).
_ERASES = (ev.MobileDeviceChange.ERASED, ev.MobileDeviceChange.LOCAL_DATA_DELETED)


def _amended(items: ev.FourItems, item: ev.RecordItem, value: str) -> ev.FourItems:
    match item:
        case ev.RecordItem.NAME:
            return replace(items, name=value)
        case ev.RecordItem.FORMER_NAME:
            return replace(items, former_name=value)
        case ev.RecordItem.ALIAS:
            return replace(items, alias=value)
        case ev.RecordItem.ADDRESS:
            return replace(items, address=value)
        case ev.RecordItem.SEX:
            return replace(items, sex=_sex(value))
        case ev.RecordItem.BIRTH_DATE:
            return replace(items, birth_date=_birth_date(value))
        case ev.RecordItem.HOUSEHOLD:
            return items


def _sex(value: str) -> Sex:
    try:
        return Sex(value)
    except ValueError:
        raise ImpossibleFact("the record's sex item is none of the known values") from None


def _birth_date(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ImpossibleFact("the record's date of birth is not a date") from None


def _deleted(person: Person, ground: ev.DeletionGround, on: date) -> Person:
    match ground:
        case ev.DeletionGround.DEATH:
            return replace(person, registered=False, died_on=on)
        case ev.DeletionGround.NATIONALITY_CHANGED:
            return person
        case ev.DeletionGround.MOVED_ABROAD_CONTINUING:
            return replace(
                person, registered=False, register=ev.Register.FAMILY_REGISTER_SUPPLEMENT
            )
        case _:
            return replace(person, registered=False)


def _moved_in(person: Person, event: ev.MoveInNotified, entry: Recorded) -> Person:
    presented = event.card is ev.CardPresence.PRESENTED
    return replace(
        person,
        municipality=event.municipality,
        items=replace(person.items, address=event.address),
        registered=True,
        register=ev.Register.RESIDENT_RECORD,
        move_out=None,
        continued_use=False,
        card_awaited_since=None if presented else entry.occurred_on,
    )


def _residence(person: Person, event: ev.ResidencePeriodChanged, entry: Recorded) -> Person:
    person = replace(person, residence_ends_on=event.ends_on)
    card = person.card
    presented = event.card is ev.CardPresence.PRESENTED
    if card and presented and event.card_expires_on and card.live_at(entry.recorded_at):
        return replace(person, card=replace(card, expires_on=event.card_expires_on))
    return person


def _new_card(person: Person, event: ev.CardIssued) -> Person:
    past = person.past_cards if person.card is None else (*person.past_cards, person.card)
    card = Card(event.card, event.made_on, event.expires_on, event.face_only)
    return replace(person, card=card, past_cards=past)
