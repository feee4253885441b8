"""What would happen if: an event, or the passing of time, tried on a state and on nothing else.

Everything here is pure: a state goes in, what would follow comes out, and no world is touched. Time
passes as in a world: notices that are on their way are recorded when they are due, and the agency's
daily run records the periods that ran out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from jpki.errors import ImpossibleFact, LifeError
from jpki.jst import day, require_aware
from jpki.law import Effect
from jpki.life import CertificateState, Event, Recorded, State, advance, deadlines_due, decide
from jpki.life.events import IssuerKeyCompromised
from simulator.daily_run import next_run
from simulator.timeline import Change, changes

__all__ = ["Foreseen", "Preview", "expiring", "foresee", "preview"]

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An event that would be recorded, and what it would do to each certificate.

    ``refusal`` is why a notice on its way could then not be recorded; nothing follows from it.
    ``anyway`` says that it is recorded, with these effects, without the event that is tried, too.
    """

    entry: Recorded
    changes: tuple[Change, ...]
    refusal: LifeError | None = None
    anyway: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What tells whether two of different futures are the same; numbers of entries differ."""
        did = tuple((each.serial, each.effect, each.at) for each in self.changes)
        return self.entry.event, self.entry.recorded_at, did, self.refusal is None


@dataclass(frozen=True, slots=True)
class Preview:
    """What would follow from an event: at once, and later by what is due by ``until``.

    ``first`` is the event itself, recorded when it would be: later than now for a notice.
    ``before`` is recorded before it in any case; ``prevented`` is due without the event only.
    """

    first: Foreseen
    before: tuple[Foreseen, ...]
    later: tuple[Foreseen, ...]
    prevented: tuple[Foreseen, ...]
    until: datetime

    @property
    def fallen(self) -> tuple[Change, ...]:
        """Every loss of effect and hold that the event would bring, then and later."""
        followed = (self.first, *(each for each in self.later if not each.anyway))
        return tuple(
            change
            for each in followed
            for change in each.changes
            if change.effect in (Effect.REVOKE, Effect.SUSPEND)
        )


def preview(
    state: State,
    event: Event,
    *,
    at: datetime,
    recorded_at: datetime | None = None,
    occurred_on: date | None = None,
    known_at: datetime | None = None,
    on_its_way: Iterable[Recorded] = (),
    until: datetime | None = None,
) -> Preview:
    """Return what would follow if an event happened now; the state is as before.

    ``at`` is the present instant, ``recorded_at`` when the event would be recorded (default: at
    once). ``on_its_way`` are notices that the agency has not recorded. ``until`` is how far is
    looked; default: the day after the last notice, or after the event. Raises what refuses the
    event now, as recording it would: ``Refused`` or ``ImpossibleFact``.
    """
    now, written_at = require_aware(at), require_aware(recorded_at or at)
    notices = tuple(on_its_way)
    horizon = require_aware(until) if until else _horizon(notices, written_at)
    if horizon < written_at or written_at < now:
        raise ImpossibleFact("a preview looks ahead, at least to when the event is recorded")
    here = advance(state, (), at=now)
    fact_on = occurred_on or day(now)
    # A notice is decided when it is sent, on the state of then, and again when it is recorded.
    decide(here, event, at=written_at, occurred_on=fact_on, known_at=known_at or now)
    earlier, then, waiting = _pass(here, notices, written_at)
    told = _first(then, event, written_at, fact_on, known_at or now)
    after = advance(then, (told.entry,))
    with_it, _, _ = _pass(after, waiting, horizon)
    without, _, _ = _pass(then, waiting, horizon)
    usual, new = {each.key for each in without}, {each.key for each in with_it}
    return Preview(
        first=told,
        before=earlier,
        later=tuple(replace(each, anyway=each.key in usual) for each in with_it),
        prevented=tuple(each for each in without if each.key not in new),
        until=horizon,
    )


def foresee(
    state: State, *, until: datetime, on_its_way: Iterable[Recorded] = ()
) -> tuple[Foreseen, ...]:
    """Return what is recorded if nothing happens but time, from the state's instant to ``until``.

    ``ImpossibleFact`` when ``until`` lies in the past.
    """
    if require_aware(until) < state.at:
        raise ImpossibleFact("the clock does not run backwards")
    return _pass(state, tuple(on_its_way), until)[0]


def expiring(state: State, until: datetime) -> Iterator[Change]:
    """Yield the certificates of a state that come to the end of their period by ``until``."""
    later = advance(state, (), at=until)
    for record in state.certificates.values():
        ends = later.state_of(record) is CertificateState.EXPIRED
        if ends and state.state_of(record) is not CertificateState.EXPIRED:
            yield Change(
                record.person, record.kind, record.serial, Effect.EXPIRE, record.valid_until, ()
            )


def _horizon(notices: tuple[Recorded, ...], written_at: datetime) -> datetime:
    last = max((notice.recorded_at for notice in notices), default=written_at)
    try:
        return max(last, written_at) + timedelta(days=1)
    except OverflowError:
        raise ImpossibleFact("the clock would run past the year 9999") from None


def _first(
    state: State, event: Event, at: datetime, occurred_on: date, known_at: datetime
) -> Foreseen:
    entry = decide(state, event, at=at, occurred_on=occurred_on, known_at=known_at)
    return Foreseen(entry, tuple(changes(state, advance(state, (entry,)), entry)))


def _pass(
    state: State, notices: tuple[Recorded, ...], until: datetime
) -> tuple[tuple[Foreseen, ...], State, tuple[Recorded, ...]]:
    """Let time pass; return what is recorded, the state then, and the notices that remain."""
    told: list[Foreseen] = []
    ran = state.at
    due = sorted((n for n in notices if n.recorded_at <= until), key=lambda n: n.recorded_at)
    waiting = list(due) + [n for n in notices if n.recorded_at > until]
    for notice in due:
        # A run at the same instant comes after the notice.
        made, state = _runs(state, ran, notice.recorded_at - _MOMENT, waiting)
        told += made
        ran = max(ran, notice.recorded_at - _MOMENT)
        waiting.remove(notice)
        one, state = _recorded(state, notice)
        told.append(one)
    made, state = _runs(state, ran, until, waiting)
    return (*told, *made), advance(state, (), at=max(state.at, until)), tuple(waiting)


def _recorded(state: State, notice: Recorded) -> tuple[Foreseen, State]:
    try:
        entry = decide(
            state,
            notice.event,
            at=max(state.at, notice.recorded_at),
            occurred_on=notice.occurred_on,
            known_at=notice.known_at,
        )
    except LifeError as refusal:
        return Foreseen(notice, (), refusal), state
    after = advance(state, (entry,))
    return Foreseen(entry, tuple(changes(state, after, entry))), after


def _runs(
    state: State, after: datetime, until: datetime, waiting: Iterable[Recorded]
) -> tuple[list[Foreseen], State]:
    """Make the agency's daily runs up to an instant; people with a notice waiting are left out."""
    told: list[Foreseen] = []
    events = (notice.event for notice in waiting)
    spared = {event.person for event in events if not isinstance(event, IssuerKeyCompromised)}
    while after < until:
        at = next_run(state, after, until, on_its_way=spared)
        if at is None:
            break
        for passed in deadlines_due(advance(state, (), at=at), at):
            if passed.person in spared or passed not in deadlines_due(state, at):
                continue
            entry = decide(state, passed, at=at, known_at=at)
            then = advance(state, (entry,))
            told.append(Foreseen(entry, tuple(changes(state, then, entry))))
            state = then
        after = at
    return told, state
