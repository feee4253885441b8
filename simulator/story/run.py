"""Running a story: its steps through the law and the fold, day by day, against what it expects.

The agency's daily run records at the first instant of each day whatever period has run out. A step
given by its day is recorded from nine o'clock, the facts of an act one second apart; an expectation
given by its day looks at the day's last second. Nothing is signed and no key is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush

from jpki.errors import LawError, LifeError
from jpki.jst import at_time, day, start_of_day
from jpki.law import Rulebook
from jpki.life import (
    FourItems,
    Recorded,
    State,
    advance,
    deadlines_due,
    decide,
    state_at,
)
from jpki.life import events as ev
from jpki.life.deadlines import CALCULABLE, last_day
from simulator.story.acts import ACTS, Later
from simulator.story.consistency import instant_of
from simulator.story.model import Expectation, Member, Step, Story, Variant, When
from simulator.story.observe import Difference, Glance, Seen, differences, refusal_differs
from simulator.story.scene import Scene, Stock, make_event

__all__ = ["Outcome", "run_story", "run_variant"]

_OPENS = time(9)
_NEXT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run: its log, and the first difference or None."""

    story: Story
    variant: Variant
    entries: tuple[Recorded, ...]
    difference: Difference | None

    @property
    def name(self) -> str:
        """The story's name, with its variant."""
        return self.story.run_id(self.variant)

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return self.difference is None


def run_story(story: Story, *, book: Rulebook | None = None) -> tuple[Outcome, ...]:
    """Run every variant of a story; its policies are chosen on top of ``book``."""
    return tuple(run_variant(story, variant, book=book) for variant in story.variants)


def run_variant(story: Story, variant: Variant, *, book: Rulebook | None = None) -> Outcome:
    """Run one variant until its end or its first difference."""
    rules = Rulebook.default() if book is None else book
    if variant.policies:
        rules = rules.with_(**variant.policies)
    telling = _Telling(rules, story.people, variant)
    difference = telling.tell()
    return Outcome(story, variant, tuple(telling.entries), difference)


@dataclass(frozen=True, slots=True)
class _Due:
    """Something the agency records later by itself."""

    who: str
    later: Later


_Item = Step | Expectation | _Due
# What comes first at one instant: the agency's own records, then steps, then looking.
_RANKS: Mapping[type[_Item], int] = {_Due: 0, Step: 1, Expectation: 2}


class _Telling:
    """One run: the state so far, and what is still to come in the order of its instants."""

    def __init__(self, rules: Rulebook, people: tuple[Member, ...], variant: Variant) -> None:
        begins = min(start_of_day(member.registered_on) for member in people)
        self.state = State.empty(begins, book=rules)
        self.entries: list[Recorded] = []
        self.stock = Stock()
        self.seen = Seen()
        self.queue: list[tuple[datetime, int, int, _Item]] = []
        self.number = 0
        self.newcomers = sorted(people, key=lambda member: member.registered_on)
        for step in variant.steps:
            self._await(self._planned(step), step)
        for expectation in variant.expectations:
            self._await(instant_of(expectation), expectation)

    def tell(self) -> Difference | None:
        """Go through the queue; return the first difference."""
        while self.queue:
            instant, _, _, item = heappop(self.queue)
            self._pass_time(instant)
            difference = self._do(item, instant)
            if difference is not None:
                return difference
        return None

    def _do(self, item: _Item, instant: datetime) -> Difference | None:
        match item:
            case Step():
                return self._take(item, instant)
            case Expectation():
                return next(self._look(item, instant), None)
            case _Due():
                self._record_later(item, instant)
                return None

    def _await(self, instant: datetime, item: _Item) -> None:
        self.number += 1
        heappush(self.queue, (instant, _RANKS[type(item)], self.number, item))

    def _planned(self, step: Step) -> datetime:
        written = step.written
        if step.recorded is None and step.is_act and ACTS[step.name].lags:
            lag = int(self.state.book.policies["move_record_lag_days"])
            written = When(written.day + timedelta(days=lag))
        return _instant(written)

    # Time passes

    def _pass_time(self, until: datetime) -> None:
        """Let days begin up to ``until``: people are registered and periods run out."""
        self._register(until)
        tomorrow = day(self.state.at) + timedelta(days=1)
        last = day(until)
        while (on := self._next_run(tomorrow)) is not None and on <= last:
            midnight = start_of_day(on)
            for event in deadlines_due(self.state, midnight):
                self._keep([decide(self.state, event, at=midnight)])
            tomorrow = on + timedelta(days=1)
        if self.state.at < until:
            self.state = advance(self.state, (), at=until)

    def _next_run(self, tomorrow: date) -> date | None:
        """Return the next day whose run can find anything: one on which a period has run out."""
        ends = [
            ends_on
            for person in self.state.people.values()
            for deadline in CALCULABLE
            if (ends_on := last_day(person, deadline)) is not None
        ]
        return max(tomorrow, min(ends) + timedelta(days=1)) if ends else None

    def _register(self, until: datetime) -> None:
        while self.newcomers and start_of_day(self.newcomers[0].registered_on) <= until:
            member = self.newcomers.pop(0)
            instant = max(self.state.at, start_of_day(member.registered_on))
            self._keep([decide(self.state, _registered(member), at=instant)])

    # Things happen

    def _take(self, step: Step, instant: datetime) -> Difference | None:
        refusal: LifeError | LawError | None = None
        try:
            self._happen(step, instant)
        except (LifeError, LawError) as error:
            refusal = error
        return refusal_differs(step, instant, refusal)

    def _happen(self, step: Step, instant: datetime) -> None:
        """Record what a step says, all of it or nothing."""
        if step.written.at is None and self.entries:
            instant = max(instant, self.entries[-1].recorded_at + _NEXT)
        scene = Scene(step.who, day(instant), advance(self.state, (), at=instant), self.stock)
        if step.is_act:
            told = ACTS[step.name].expand(scene, step.values)
        else:
            told = iter((make_event(scene, step.name, step.values),))
        occurred, known = step.on.day, None if step.known is None else _instant(step.known)
        entries: list[Recorded] = []
        awaited: list[Later] = []
        for fact in told:
            if isinstance(fact, Later):
                awaited.append(fact)
                continue
            at = instant + len(entries) * _NEXT
            heard = at if known is None else min(known, at)
            entry = decide(scene.state, fact, at=at, occurred_on=occurred, known_at=heard)
            entries.append(entry)
            scene.told(entry)
        self._keep(entries)
        for later in awaited:
            self._await(max(start_of_day(later.on), self.state.at), _Due(step.who, later))

    def _record_later(self, due: _Due, instant: datetime) -> None:
        instant = max(instant, self.state.at)
        scene = Scene(due.who, day(instant), self.state, self.stock)
        for fact in due.later.then(scene):
            entry = decide(scene.state, fact, at=instant)
            scene.told(entry)
            self._keep([entry])

    def _keep(self, entries: Iterable[Recorded]) -> None:
        told = list(entries)
        self.entries += told
        self.state = advance(self.state, told)

    # Looking

    def _look(self, expectation: Expectation, instant: datetime) -> Iterator[Difference]:
        state = self.state
        if instant < state.at:
            state = state_at(self.entries, instant, book=state.book)
        yield from differences(expectation, Glance(state, expectation.who), self.seen)


def _instant(when: When) -> datetime:
    return at_time(when.day, _OPENS) if when.at is None else when.at


def _registered(member: Member) -> ev.ResidentRegistered:
    items = FourItems(
        name=member.name,
        birth_date=member.born,
        sex=member.sex,
        address=member.address,
        former_name=member.former_name,
        alias=member.alias,
        furigana=member.furigana,
    )
    return ev.ResidentRegistered(
        member.id, items, member.municipality, member.nationality, member.residence_ends_on
    )
