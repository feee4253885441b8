"""One simulated world: its event log, its clock and its seed. The one mutable thing.

Everything else is worked out: what became of each certificate from the log by the rule tables, keys
and chance from the seed. The same seed and the same commands give the same bytes.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from jpki.errors import ImpossibleFact, LifeError, MalformedDocument
from jpki.jst import at_time, day, require_aware
from jpki.law import Policies, Rulebook, load
from jpki.life import Event, Recorded, State, advance, decide, entry_from_json, state_at
from jpki.life.events import IssuerKeyCompromised
from simulator.agency.agency import Agency
from simulator.clock import END, Clock, ClockKind, FixedClock, RealClock, WorldClock
from simulator.daily_run import RECORDING_TIME, next_due, next_run
from simulator.keys import FreshKeys, KeySource, NoKeys, SeededChance, SeededKeys
from simulator.store import Location, Store
from simulator.world_settings import KeyOrigin, WorldSettings

__all__ = ["RECORDING_TIME", "World", "read_log"]

_LOG = logging.getLogger("jpki.simulator.world")
_MOMENT = timedelta(microseconds=1)


class World:
    """A world on disk, or in memory."""

    def __init__(
        self,
        store: Store,
        *,
        settings: WorldSettings,
        keys: KeySource,
        machine: Clock,
    ) -> None:
        self.store = store
        self.seed = settings.seed
        self.book = Rulebook(load(), settings.policies)
        self.chance = SeededChance(settings.seed)
        self.keys = keys
        self.key_origin = settings.keys
        self.agency = Agency(self)
        self._machine = machine
        self._running = settings.clock
        self._clock = FixedClock(settings.now)
        self._entries: list[Recorded] = []
        self._told: tuple[Recorded, ...] | None = None
        self._state = State.empty(settings.now, book=self.book)
        self._load()

    @classmethod
    def create(
        cls,
        location: Location | None = None,
        *,
        seed: str,
        at: datetime,
        policies: Mapping[str, str | bool | int] | None = None,
        keys: KeySource | None = None,
        fresh_keys: bool = False,
        machine: Clock | None = None,
    ) -> World:
        """Make a world that begins at ``at``; in memory when no file or database is named.

        ``policies`` names the choices that differ from the defaults. Keys are made from the seed,
        or by chance with ``fresh_keys``, and kept in the world; ``keys`` replaces them, and has to
        be given again when the world is opened. ``machine`` is the clock that a running clock of
        the world goes by: this machine's.
        """
        _require_before_end(at)
        settings = WorldSettings(
            seed=seed,
            now=require_aware(at),
            policies=Policies.default().with_(**(policies or {})),
            keys=KeyOrigin.FRESH if fresh_keys else KeyOrigin.SEEDED,
        )

        def fill(store: Store) -> None:
            for name, value in settings.to_rows().items():
                store.set(name, value)

        return cls.over(Store.create(location, fill), keys=keys, machine=machine)

    @classmethod
    def open(
        cls, location: Location, *, keys: KeySource | None = None, machine: Clock | None = None
    ) -> World:
        """Open a world, as it was left. ``keys`` as it was made with.

        Opening writes nothing: a clock that runs by itself shows what it showed last until
        :meth:`tick`, or until something is recorded.
        """
        return cls.over(Store.open(location), keys=keys, machine=machine)

    @classmethod
    def over(
        cls, store: Store, *, keys: KeySource | None = None, machine: Clock | None = None
    ) -> World:
        """Return the world that is in a store."""
        try:
            # One reading, so that clock and log belong together.
            with store.reading():
                settings = WorldSettings.from_rows(store.settings())
                return cls(
                    store,
                    settings=settings,
                    keys=keys or _keys_of(settings, store),
                    machine=machine or RealClock(),
                )
        except BaseException:
            store.close()
            raise

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the world file or database."""
        self.store.close()

    # time

    @property
    def now(self) -> datetime:
        """The instant that the world's clock shows."""
        return self._clock.now()

    @property
    def clock_kind(self) -> ClockKind:
        """How the world's clock goes."""
        return self._running.kind

    @property
    def clock_factor(self) -> float:
        """How many seconds of the world pass in one of this machine's, while the clock runs."""
        return self._running.factor

    def freeze_clock(self) -> None:
        """Let the clock stand still from what it shows now."""
        with self.transaction():
            self._set_running(WorldClock.frozen())

    def run_clock(self, factor: float = 1.0) -> None:
        """Let the clock run by itself from what it shows now, ``factor`` times as fast as ours.

        ``MalformedDocument`` for a factor that no clock can have, ``ImpossibleFact`` at the ``END``
        of all clocks.
        """
        with self.transaction():
            _require_before_end(self.now + _MOMENT)
            begins = (self.now, self._machine.now())
            self._set_running(
                WorldClock.real_time(*begins)
                if factor == 1.0
                else WorldClock.accelerated(factor, *begins)
            )

    def tick(self) -> datetime:
        """Let a running clock catch up, record what is due, and return what it shows."""
        with self.transaction():
            return self.now

    def advance(self, to: datetime) -> None:
        """Move the clock on to ``to``; what is due to be recorded by then is recorded.

        That is what was on its way to the agency, and the periods that ran out (Act 31(1)(ii) and
        others), which the agency looks for each day at ``RECORDING_TIME`` in Japan. A clock that
        runs goes on from ``to``. ``ImpossibleFact`` when that lies in the past.
        """
        _require_before_end(to)
        with self.transaction():
            self._pass_time(to)
            if self._running.runs:
                self._set_running(self._running.moved(to, self._machine.now()))

    def look(self) -> datetime:
        """Read what others have written, let a running clock catch up, and return what it shows.

        Unlike :meth:`tick` it writes, and waits for other writers, only when something may be due
        to be recorded by then.
        """
        with self.store.alone:
            self.refresh()
            if self.store.inside_transaction or not self._running.runs:
                return self.now
            shows = self._running.reading(self._machine.now(), at_least=self.now)
            if shows >= self.next_due():
                return self.tick()
            self._clock.set(shows)
            return self.now

    def next_due(self) -> datetime:
        """Return the earliest instant at which something may be recorded by itself.

        That is when the first notice arrives, or the agency's next daily run at the latest.
        """
        notices = (entry_from_json(line).recorded_at for _, line in self.store.pending())
        return next_due(self.now, notices)

    def machine_now(self) -> datetime:
        """Return what the clock shows that a running clock of the world goes by."""
        return self._machine.now()

    def _pass_time(self, to: datetime) -> None:
        ran = self.now
        for number, notice in self._due(require_aware(to)):
            # A run at the same instant comes after the notice.
            ran = self._run_daily(ran, notice.recorded_at - _MOMENT)
            self._set_clock(max(self.now, notice.recorded_at))
            self.store.remove_pending(number)
            self._record_notice(notice)
        self._run_daily(ran, require_aware(to))
        self._set_clock(to)

    def _record_notice(self, notice: Recorded) -> None:
        try:
            self.record(notice.event, occurred_on=notice.occurred_on, known_at=notice.known_at)
        except LifeError as refusal:
            # Something recorded since has made it impossible, a death for one. Time goes on.
            _LOG.warning("a notice of %s is not recorded: %s", notice.event.name, refusal.code)

    def _run_daily(self, after: datetime, until: datetime) -> datetime:
        """Let the agency make its daily runs up to an instant, and return up to when they are."""
        while True:
            waiting = self._on_its_way() if after < until else frozenset[str]()
            at = next_run(self.state(), after, until, on_its_way=waiting)
            if at is None:
                return max(after, until)
            self._set_clock(at)
            self.agency.record_deadlines(on_its_way=waiting)
            after = at

    def _on_its_way(self) -> frozenset[str]:
        """Return about whom a notice is on its way to the agency."""
        events = (notice.event for notice in self.notices())
        return frozenset(
            event.person for event in events if not isinstance(event, IssuerKeyCompromised)
        )

    def advance_to_day(self, on: date, clock: time = time(12, 0)) -> None:
        """Move the clock on to a time of a Japan day."""
        self.advance(at_time(on, clock))

    def _set_running(self, clock: WorldClock) -> None:
        self._running = clock
        self.store.set("clock", clock.to_json())

    def _set_clock(self, to: datetime) -> None:
        self._clock.set(to)
        self.store.set("now", self.now.isoformat())

    def _due(self, to: datetime) -> list[tuple[int, Recorded]]:
        notices = [(number, entry_from_json(line)) for number, line in self.store.pending()]
        due = [(number, notice) for number, notice in notices if notice.recorded_at <= to]
        return sorted(due, key=lambda pair: (pair[1].recorded_at, pair[0]))

    # facts

    @property
    def entries(self) -> tuple[Recorded, ...]:
        """The log; the same value until something is recorded."""
        if self._told is None:
            self._told = tuple(self._entries)
        return self._told

    def record(
        self, event: Event, *, occurred_on: date | None = None, known_at: datetime | None = None
    ) -> Recorded:
        """Record an event now, or raise what refuses it. Durable when this returns."""
        with self.transaction():
            state = self.state()
            entry = decide(state, event, at=self.now, occurred_on=occurred_on, known_at=known_at)
            self.store.append(entry.seq, entry.to_json())
            self._entries.append(entry)
            self._told = None
            self._state = advance(state, (entry,))
        return entry

    def notify(self, event: Event, *, occurred_on: date | None = None) -> datetime:
        """Send the agency a notice through the residents' network and return when it will record.

        The municipality knows at once, the agency records some days later (policy
        ``move_record_lag_days``): until then nothing has lost effect. What could never be recorded
        is refused at once.
        """
        with self.transaction():
            recorded_at = self.notice_due()
            fact_on = occurred_on or day(self.now)
            entry = decide(
                self.state(), event, at=recorded_at, occurred_on=fact_on, known_at=self.now
            )
            self.store.add_pending(replace(entry, seq=0).to_json())
            if recorded_at <= self.now:
                self._pass_time(self.now)
        return recorded_at

    def notice_due(self) -> datetime:
        """Return when the agency will record a notice that a municipality sends now."""
        lag = int(self.book.policies["move_record_lag_days"])
        return max(at_time(day(self.now) + timedelta(days=lag), RECORDING_TIME), self.now)

    def notices(self) -> tuple[Recorded, ...]:
        """Return what is on its way to the agency, in the order in which it was sent."""
        return tuple(entry_from_json(line) for _, line in self.store.pending())

    def state(self, at: datetime | None = None) -> State:
        """Return what is so at ``at``, by what was recorded up to then; default: now."""
        with self.store.alone:
            if at is None or at == self.now:
                # Not kept: a clock that was only looked at may be ahead of what others record.
                return advance(self._state, (), at=self.now)
        return state_at(self._entries, at, book=self.book)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside happen wholly or not at all.

        Only one writer of a world is inside at a time. What others have written since is read
        first, and a running clock catches up, so that every decision is made on the log as it is.
        Inside, the clock stands still.
        """
        with self.store.alone:
            if self.store.inside_transaction:
                yield
                return
            with self._following_the_store(), self.store.transaction():
                self._catch_up()
                if self._running.runs:
                    shows = self._running.reading(self._machine.now(), at_least=self.now)
                    self._pass_time(shows)
                    if shows >= END:
                        self._set_running(WorldClock.frozen())
                yield

    @contextmanager
    def _following_the_store(self) -> Iterator[None]:
        """Forget what happened inside when it is not in the store.

        The commit itself may fail, too (a full disk). What was committed all the same, and what
        others have written, is read on from here the next time.
        """
        count, state = len(self._entries), self._state
        now, running = self.now, self._running
        try:
            yield
        except BaseException:
            del self._entries[count:]
            self._told = None
            self._state, self._clock, self._running = state, FixedClock(now), running
            raise

    def refresh(self) -> None:
        """Read what other programs have written to the world since it was opened."""
        with self.store.alone, self.store.reading():
            self._catch_up()

    def _catch_up(self) -> None:
        known = WorldSettings.from_rows(self.store.settings())
        last = self._entries[-1].seq if self._entries else 0
        more = read_log(self.store, after=last)
        # A running clock that was looked at is ahead of what was written last.
        now = max(known.now, self.now) if known.clock.runs else known.now
        if more or now != self.now:
            state = advance(self._state, more, at=known.now)
            self._entries += more
            self._told = None
            self._state, self._clock = state, FixedClock(now)
        self._running = known.clock

    def _load(self) -> None:
        with _uncollected():
            self._entries = read_log(self.store)
            self._state = state_at(self._entries, self.now, book=self.book)


def read_log(store: Store, *, after: int = 0) -> list[Recorded]:
    """Return the log's entries after a number; ``MalformedDocument`` when one is missing."""
    found = [entry_from_json(line) for line in store.entries(after=after)]
    for number, entry in enumerate(found, start=after + 1):
        if entry.seq != number:
            raise MalformedDocument(f"entry {number} is missing", source="event log")
    return found


def _require_before_end(at: datetime) -> None:
    if require_aware(at) > END:
        raise ImpossibleFact(
            f"no clock of a world runs past {END:%Y-%m-%d}", hint="dates end with the year 9999"
        )


def _keys_of(settings: WorldSettings, store: Store) -> KeySource:
    match settings.keys:
        case KeyOrigin.SEEDED:
            return SeededKeys(settings.seed, cache=store.keys)
        case KeyOrigin.FRESH:
            return FreshKeys(kept=store.keys)
        case KeyOrigin.LEFT_OUT:
            return NoKeys()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for garbage while a log is read: there is none, and it takes half.

    The entries and the state are millions of objects that all stay.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
