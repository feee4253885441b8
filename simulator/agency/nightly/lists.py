"""A stretch of a night's lists, written and signed: what each process at work does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from jpki.errors import ImpossibleFact
from jpki.life import Authority
from jpki.revocation.index.arrays import HOLD, Array, Columns, np
from jpki.whole_files import naming_failures
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.nightly.places import made_up
from simulator.agency.nightly.runs import read_entries
from simulator.agency.nightly.signers import Signer
from simulator.agency.nightly.work import Night
from simulator.agency.publication.addresses import list_path
from simulator.agency.publication.office import ListKey
from simulator.agency.publish import Edition, ListOptions
from simulator.agency.publish_columns import revocation_list_parts

__all__ = ["ListWriter", "Orders", "Written", "list_file", "stretches"]

_MOST_ENTRIES: Final = 1 << 20
_MOST_LISTS: Final = 64


@dataclass(frozen=True, slots=True)
class Written:
    """One list that was written: its number among the night's, and what the manifest tells."""

    number: int
    file: str
    entries: int
    held: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Orders:
    """What a process needs to write any list of a night: from which runs, into which folder."""

    night: Night
    signers: tuple[Signer, ...]
    options: ListOptions
    runs: tuple[Path, ...]
    folder: Path


class ListWriter:
    """Writes lists by their numbers."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._signers: Mapping[Authority, tuple[SimulatedAuthority, Edition]] = {
            one.authority: (one.simulated(), one.edition) for one in orders.signers
        }

    def write(self, first: int, behind: int) -> list[Written]:
        """Write the lists from ``first`` on, up to ``behind``.

        Raises ``ImpossibleFact`` when a certificate is listed twice, and ``NotWritten``.
        """
        orders = self._orders
        with naming_failures(orders.folder):
            entries = read_entries(orders.runs, orders.night.lists, first, behind)
        bounds = np.searchsorted(entries.which, np.arange(first, behind + 1)).tolist()
        wide = Columns.of(())
        return [
            self._write(
                first + place,
                Columns(
                    entries.serials[start:stop],
                    entries.times[start:stop],
                    entries.reasons[start:stop],
                    wide.wide_keys,
                    wide.wide_times,
                    wide.wide_reasons,
                ),
            )
            for place, (start, stop) in enumerate(pairwise(bounds))
        ]

    def _write(self, number: int, columns: Columns) -> Written:
        night = self._orders.night
        whose, place = night.authority(number), night.place(number)
        authority, edition = self._signers[whose]
        name = list_file(whose, place)
        try:
            parts = revocation_list_parts(
                authority,
                columns,
                edition=edition,
                municipality=made_up(place),
                options=self._orders.options,
            )
        except ImpossibleFact as error:
            raise ImpossibleFact(f"{name}: {error.message}") from None
        size, digest = self._stream(self._orders.folder / name, parts)
        held = int(np.count_nonzero(columns.reasons == HOLD))
        return Written(number, name, len(columns), held, size, digest)

    @staticmethod
    def _stream(path: Path, parts: Iterator[bytes]) -> tuple[int, str]:
        size, digest = 0, hashlib.sha256()
        with naming_failures(path), path.open("xb") as file:
            for part in parts:
                size += file.write(part)
                digest.update(part)
        return size, digest.hexdigest()


def list_file(authority: Authority, place: int) -> str:
    """Return where a list lies in the night's folder: under the path it is served by."""
    return list_path(ListKey(authority, made_up(place).code)).lstrip("/")


def stretches(counts: Array) -> list[tuple[int, int]]:
    """Cut lists of these lengths into stretches that fit into memory, each of one list at least."""
    found, first, entries = [], 0, 0
    for number, count in enumerate(counts.tolist()):
        full = number - first >= _MOST_LISTS or entries + count > _MOST_ENTRIES
        if full and number > first:
            found.append((first, number))
            first, entries = number, 0
        entries += count
    found.append((first, len(counts)))
    return found
