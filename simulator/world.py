"""One simulated world: its event log, its clock and its seed. The one mutable thing.

Everything else is worked out: what became of each certificate from the log by the rule tables, keys
and chance from the seed. The same seed and the same commands give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from jpki.errors import MalformedDocument
from jpki.jst import at_time, day, require_aware
from jpki.law import Policies, Rulebook, load
from jpki.life import Event, Recorded, State, advance, decide, entry_from_json, state_at
from simulator.agency.agency import Agency
from simulator.clock import FixedClock
from simulator.keys import KeySource, SeededChance, SeededKeys
from simulator.store import Location, Store

__all__ = ["RECORDING_TIME", "World"]

# When the agency records what municipalities reported the day before. That it happens on the next
# day was observed for a move; the hour is an assumption.
RECORDING_TIME = time(3, 0)


class World:
    """A world on disk, or in memory."""

    def __init__(
        self, store: Store, *, seed: str, at: datetime, policies: Policies, keys: KeySource
    ) -> None:
        self.store = store
        self.seed = seed
        self.book = Rulebook(load(), policies)
        self.chance = SeededChance(seed)
        self.keys = keys
        self.agency = Agency(self)
        self._clock = FixedClock(at)
        self._entries: list[Recorded] = []
        self._state = State.empty(at, book=self.book)
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
    ) -> World:
        """Make a world that begins at ``at``; in memory when no file or database is named.

        ``policies`` names the choices that differ from the defaults. ``keys`` replaces the keys
        that are made from the seed.
        """
        chosen = Policies.default().with_(**(policies or {}))
        store = Store.create(location)
        with store.transaction():
            store.set("seed", seed)
            store.set("now", require_aware(at).isoformat())
            store.set("policies", json.dumps(chosen.changed, sort_keys=True))
        return cls._over(store, keys)

    @classmethod
    def open(cls, location: Location, *, keys: KeySource | None = None) -> World:
        """Open a world, as it was left. ``keys`` as it was made with."""
        return cls._over(Store.open(location), keys)

    @classmethod
    def _over(cls, store: Store, keys: KeySource | None) -> World:
        settings = {name: store.get(name) for name in ("seed", "now", "policies")}
        missing = [name for name, value in settings.items() if value is None]
        if missing:
            raise MalformedDocument(f"the world lacks its {', '.join(missing)}")
        seed = settings["seed"] or ""
        return cls(
            store,
            seed=seed,
            at=datetime.fromisoformat(settings["now"] or ""),
            policies=Policies.default().with_(**json.loads(settings["policies"] or "{}")),
            keys=keys or SeededKeys(seed, cache=store.keys),
        )

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

    def advance(self, to: datetime) -> None:
        """Move the clock on to ``to``; what is due to be recorded by then is recorded."""
        with self.transaction():
            for number, notice in self._due(require_aware(to)):
                self._set_clock(max(self.now, notice.recorded_at))
                self.store.remove_pending(number)
                self.record(notice.event, occurred_on=notice.occurred_on, known_at=notice.known_at)
            self._set_clock(to)

    def advance_to_day(self, on: date, clock: time = time(12, 0)) -> None:
        """Move the clock on to a time of a Japan day."""
        self.advance(at_time(on, clock))

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
        """The log."""
        return tuple(self._entries)

    def record(
        self, event: Event, *, occurred_on: date | None = None, known_at: datetime | None = None
    ) -> Recorded:
        """Record an event now, or raise what refuses it. Durable when this returns."""
        with self.transaction():
            state = self.state()
            entry = decide(state, event, at=self.now, occurred_on=occurred_on, known_at=known_at)
            self.store.append(entry.seq, entry.to_json())
            self._entries.append(entry)
            self._state = advance(state, (entry,))
        return entry

    def notify(self, event: Event, *, occurred_on: date | None = None) -> datetime:
        """Send the agency a notice through the residents' network and return when it will record.

        The municipality knows at once, the agency records some days later (policy
        ``move_record_lag_days``): until then nothing has lost effect. What could never be recorded
        is refused at once.
        """
        lag = int(self.book.policies["move_record_lag_days"])
        with self.transaction():
            due = at_time(day(self.now) + timedelta(days=lag), RECORDING_TIME)
            recorded_at = max(due, self.now)
            fact_on = occurred_on or day(self.now)
            entry = decide(
                self.state(), event, at=recorded_at, occurred_on=fact_on, known_at=self.now
            )
            self.store.add_pending(replace(entry, seq=0).to_json())
            if recorded_at <= self.now:
                self.advance(self.now)
        return recorded_at

    def state(self, at: datetime | None = None) -> State:
        """Return what is so at ``at``, by what was recorded up to then; default: now."""
        if at is None or at == self.now:
            self._state = advance(self._state, (), at=self.now)
            return self._state
        return state_at(self._entries, at, book=self.book)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside happen wholly or not at all.

        Only one writer of a world is inside at a time. What others have written since is read
        first, so that every decision is made on the log as it is.
        """
        if self.store.inside_transaction:
            yield
            return
        count, state, now = len(self._entries), self._state, self.now
        try:
            with self.store.transaction():
                self._catch_up()
                yield
        except BaseException:
            # The commit itself may fail, too (a full disk): what is in memory follows the store.
            del self._entries[count:]
            self._state, self._clock = state, FixedClock(now)
            raise

    def refresh(self) -> None:
        """Read what other programs have written to the world since it was opened."""
        with self.store.transaction():
            self._catch_up()

    def _catch_up(self) -> None:
        now = datetime.fromisoformat(self.store.get("now") or "")
        last = self._entries[-1].seq if self._entries else 0
        more = [entry_from_json(line) for line in self.store.entries(after=last)]
        if more or now != self.now:
            self._entries += more
            self._state = advance(self._state, more, at=now)
            self._clock = FixedClock(now)

    def _load(self) -> None:
        self._entries = [entry_from_json(line) for line in self.store.entries()]
        self._state = state_at(self._entries, self.now, book=self.book)
