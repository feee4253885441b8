"""What the chunks add up to, whatever order they come in: small tables in memory, lists on disk.

The lists of 1,892 places are the one table that would grow with the years. Each process keeps them
as files, one a stretch, and adds a chunk's stretch to one of them at a time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from simulator.population.arrays import Array, np
from simulator.population.chunk import Scope
from simulator.population.parquet import writing
from simulator.population.tally import Counts

__all__ = ["Accounts", "ListFiles"]

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
        """Add what another process counted."""
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


@dataclass(frozen=True, slots=True)
class ListFiles:
    """How the lists grow and shrink, in one file a stretch and process."""

    folder: Path
    scope: Scope

    def add(self, stretch: int, listed: Array) -> None:
        """Add a chunk's stretch to this process's file of it."""
        path = self.folder / f"{os.getpid()}-{stretch:04d}.i32"
        with writing(path):
            if not path.exists():
                path.write_bytes(listed.astype("<i4").tobytes())
                return
            kept = np.fromfile(path, "<i4").reshape(listed.shape)
            kept += listed
            with path.open("r+b") as file:
                file.write(kept.tobytes())

    def total(self, stretch: int) -> Array:
        """Return the sum over all processes."""
        with writing(self.folder):
            files = sorted(self.folder.glob(f"*-{stretch:04d}.i32"))
            total = np.fromfile(files[0], "<i4")
            for path in files[1:]:
                total += np.fromfile(path, "<i4")
        return total.reshape(-1, 2 * self.scope.places)
