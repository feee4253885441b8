"""What the agency's records say at the instant a list is made or OCSP data is renewed.

Folding the log from its beginning for every question would be slow, so the records of the last few
instants are kept and later ones are folded on from them. What is kept is dropped when the log under
it is not the same any more; nothing here is a source of truth.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from jpki.jst import require_aware
from jpki.law import Rulebook
from jpki.life import Authority, Recorded, State, advance, revocations_at, state_at
from jpki.life.events import CertificateIssued
from jpki.revocation import RevokedEntry

__all__ = ["AgencyRecords", "LoggedWorld", "RecordKeeper"]

_KEPT: Final = 12
_Partition = tuple[Authority, str]


class LoggedWorld(Protocol):
    """A world, as far as its records go."""

    @property
    def entries(self) -> tuple[Recorded, ...]:
        """The log, in the order of recording."""

    @property
    def book(self) -> Rulebook:
        """The rules and the policies chosen."""


@dataclass(frozen=True, slots=True)
class AgencyRecords:
    """The records as of an instant: the state, and what is listed by partition and by authority."""

    as_of: datetime
    state: State
    partitions: Mapping[_Partition, Mapping[int, RevokedEntry]]
    entries: Mapping[Authority, Mapping[int, RevokedEntry]]

    @classmethod
    def of(cls, state: State) -> AgencyRecords:
        """Return a state sorted by what is asked of it."""
        partitions: dict[_Partition, dict[int, RevokedEntry]] = {}
        entries: dict[Authority, dict[int, RevokedEntry]] = {}
        for one in revocations_at(state):
            entry = RevokedEntry(one.recorded_at, one.reason.value)
            partitions.setdefault((one.authority, one.municipality), {})[one.serial] = entry
            entries.setdefault(one.authority, {})[one.serial] = entry
        return cls(state.at, state, partitions, entries)

    def listed(self, authority: Authority, municipality: str) -> Mapping[int, RevokedEntry]:
        """Return what a partition's list holds, by serial number."""
        return self.partitions.get((authority, municipality), {})


@dataclass(frozen=True, slots=True)
class _Kept:
    records: AgencyRecords
    count: int
    last: Recorded | None

    def is_of(self, log: Sequence[Recorded]) -> bool:
        """Tell whether the log still begins with what was folded."""
        if self.count > len(log):
            return False
        return self.last == (log[self.count - 1] if self.count else None)


class RecordKeeper:
    """The records of a world as of any instant, folded on from those asked for before.

    An instant that is not over yet may still be recorded in, as when a world's clock stands still
    at midnight: then the records grow under the same instant, and are told anew.
    """

    def __init__(self, world: LoggedWorld) -> None:
        self._world = world
        self._kept: OrderedDict[datetime, _Kept] = OrderedDict()

    def __repr__(self) -> str:
        return f"<RecordKeeper, {len(self._kept)} instants>"

    def at(self, as_of: datetime) -> AgencyRecords:
        """Return the records as of an instant; what was recorded at that instant counts."""
        as_of = require_aware(as_of)
        log = self._world.entries
        count = _recorded_by(log, as_of)
        kept = self._kept.get(as_of)
        if kept is None or kept.count != count or not kept.is_of(log):
            state = self._folded(log[:count], as_of)
            kept = _Kept(AgencyRecords.of(state), count, log[count - 1] if count else None)
            self._kept[as_of] = kept
        self._kept.move_to_end(as_of)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return kept.records

    def count(self, as_of: datetime) -> int:
        """Return how many entries were recorded by an instant."""
        return _recorded_by(self._world.entries, require_aware(as_of))

    def issued_between(self, after: datetime, until: datetime) -> Iterator[CertificateIssued]:
        """Yield the certificates issued after one instant and up to another."""
        log = self._world.entries
        for entry in log[_recorded_by(log, after) : _recorded_by(log, until)]:
            if isinstance(entry.event, CertificateIssued):
                yield entry.event

    def _folded(self, log: Sequence[Recorded], as_of: datetime) -> State:
        earlier = [
            one for one in self._kept.values() if one.records.as_of <= as_of and one.is_of(log)
        ]
        if not earlier:
            return state_at(log, as_of, book=self._world.book)
        nearest = max(earlier, key=lambda one: (one.count, one.records.as_of))
        return advance(nearest.records.state, log[nearest.count :], at=as_of)


def _recorded_by(log: Sequence[Recorded], at: datetime) -> int:
    return bisect_right(log, at, key=lambda entry: entry.recorded_at)
