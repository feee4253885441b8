"""What the chunks add up to, whatever order they come in: small tables, a row a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.population.arrays import Array, np
from simulator.population.tally import Counts

__all__ = ["Accounts"]

_SMALL = ("issued", "expired", "held", "released", "revoked")


@dataclass(slots=True)
class Accounts:
    """The counts of every stretch so far; adding is the same in any order."""

    stretches: dict[int, dict[str, Array]] = field(default_factory=dict)
    living: Array = field(default_factory=lambda: np.zeros(4, np.int64))

    def add(self, stretch: int, counts: Counts) -> None:
        """Add a chunk's stretch."""
        table = {name: getattr(counts, name) for name in _SMALL} | {"events": counts.events}
        self._add(stretch, table)

    def merge(self, other: Accounts) -> None:
        """Add what another chunk was counted to."""
        for stretch, table in other.stretches.items():
            self._add(stretch, table)
        self.living = self.living + other.living

    def _add(self, stretch: int, table: dict[str, Array]) -> None:
        known = self.stretches.get(stretch)
        if known is None:
            self.stretches[stretch] = {name: each.astype(np.int64) for name, each in table.items()}
            return
        for name, each in table.items():
            known[name] += each

    def tables(self) -> dict[str, Array]:
        """Return every table by name, in as few bytes as its numbers need."""
        named = {
            f"{name}.{stretch}": each.astype(np.min_scalar_type(int(each.max())))
            for stretch, tables in self.stretches.items()
            for name, each in tables.items()
        }
        return {"living": self.living, **named}

    @classmethod
    def of(cls, tables: Mapping[str, Array]) -> Accounts:
        """Return what :meth:`tables` was made of; ``KeyError`` or ``ValueError`` for other ones."""
        accounts = cls(living=tables["living"])
        for name, each in tables.items():
            if name != "living":
                column, _, stretch = name.partition(".")
                accounts.stretches.setdefault(int(stretch), {})[column] = each.astype(np.int64)
        return accounts

    def column(self, name: str) -> Array:
        """Return a table over all days, with what was before them in row 0."""
        parts = [
            self.stretches[stretch][name][0 if stretch == 0 else 1 :]
            for stretch in sorted(self.stretches)
        ]
        return np.concatenate(parts)

    def live(self) -> Array:
        """Return how many certificates of each kind live at the end of each day."""
        lost = self.column("revoked").reshape(-1, 4, 8).sum(axis=2) + self.column("expired")
        return np.cumsum(self.column("issued") - lost, axis=0)[1:]

    def events(self) -> Array:
        """Return how often each happening happened in the years of the run."""
        total: Array = np.stack([t["events"] for t in self.stretches.values()]).sum(axis=0)
        return total
