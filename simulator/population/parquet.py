"""The tables of a run as Parquet; the one module of the population that imports pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from jpki.errors import MissingExtra, PopulationUnfinished
from jpki.terms import Purpose, RevocationReason
from simulator.population.arrays import NEVER, Array, np
from simulator.population.happenings import HAPPENINGS, KINDS

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    raise MissingExtra("pyarrow", extra="population") from error

__all__ = [
    "REASONS",
    "STATES",
    "Table",
    "Writer",
    "add_changes",
    "certificates_table",
    "changes_table",
    "days_table",
    "events_table",
    "holds_table",
    "lists_table",
    "read_table",
    "revocations_table",
    "writing",
]

Table: TypeAlias = Any
"""A table of pyarrow, which has no types of its own to name."""

STATES: Final = ("live", "held", "revoked", "expired")
"""What a certificate is at the end of a run; the number in its row."""

REASONS: Final = tuple(reason.rfc_name for reason in RevocationReason)
"""The reasons of RFC 5280 that JPKI uses, by code."""

_AUTHORITIES: Final = tuple(purpose.value for purpose in Purpose)


@contextmanager
def writing(where: Path) -> Iterator[None]:
    """Turn what goes wrong while writing into ``PopulationUnfinished``."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise PopulationUnfinished(str(where), why) from None


class Writer:
    """One Parquet file, written a piece at a time; nothing is made of no piece."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None

    def add(self, table: Table) -> None:
        """Write a piece as a row group of its own."""
        with writing(self._path):
            if self._writer is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._writer = pq.ParquetWriter(
                    self._path, table.schema, compression="snappy", **_encoded(table.schema)
                )
            self._writer.write_table(table)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            with writing(self._path):
                self._writer.close()


def _encoded(schema: Any) -> dict[str, Any]:
    """Numbers as differences and words by number: as small as ever, in a third of the time.

    Words have no statistics: a minimum of all municipalities costs more than their writing.
    """
    words = [each.name for each in schema if pa.types.is_dictionary(each.type)]
    whole = [
        each.name
        for each in schema
        if pa.types.is_integer(each.type) or pa.types.is_date32(each.type)
    ]
    return {
        "use_dictionary": words,
        "column_encoding": dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
        "write_statistics": [each.name for each in schema if each.name not in words],
    }


def read_table(path: Path) -> Table:
    """Read a table of a run, or all the chunks in a folder of it."""
    return pq.read_table(path)


def certificates_table(rows: Sequence[Array], places: int, rules: Sequence[str]) -> Table:
    """Return rows of :data:`~simulator.population.tally.CERTIFICATE_COLUMNS`."""
    person, kind, serial, place, issued, ends, ended, reason, rule, state = rows
    revoked = state == STATES.index("revoked")
    coded = revoked | (state == STATES.index("held"))
    return pa.table(
        {
            "person": person,
            "kind": _words(kind, [each.value for each in KINDS]),
            "serial": serial,
            "municipality": _words(place, _places(places)),
            "issued_on": _days(issued),
            "expires_on": _days(ends),
            "ended_on": _days(ended, ended != NEVER),
            "state": _words(state, STATES),
            "reason": _words(reason, REASONS, coded),
            "rule": _words(rule, rules or ("",), revoked),
        }
    )


def holds_table(rows: Sequence[Array], places: int) -> Table:
    """Return rows of :data:`~simulator.population.tally.HOLD_COLUMNS`.

    ``held_until`` is the day on which the hold was released, the certificate revoked, or the day
    after its last.
    """
    person, kind, serial, place, issued, ends, held, until = rows
    return pa.table(
        {
            "person": person,
            "kind": _words(kind, [each.value for each in KINDS]),
            "serial": serial,
            "municipality": _words(place, _places(places)),
            "issued_on": _days(issued),
            "expires_on": _days(ends),
            "held_on": _days(held),
            "held_until": _days(until, until != NEVER),
        }
    )


def events_table(rows: Sequence[Array], places: int) -> Table:
    """Return rows of :data:`~simulator.population.tally.EVENT_COLUMNS`."""
    person, day, happening, until, serial, place, made = rows
    return pa.table(
        {
            "person": person,
            "recorded_on": _days(day),
            "happening": _words(happening, [each.name for each in HAPPENINGS]),
            "event": _words(_EVENT_OF[happening], _EVENTS),
            "municipality": _words(place, _places(places)),
            "serial": serial,
            "until": until.astype(np.int64),
            "made": made.astype(np.int64),
        }
    )


_EVENTS: Final = tuple(dict.fromkeys(each.event for each in HAPPENINGS))
_EVENT_OF: Final = np.array([_EVENTS.index(each.event) for each in HAPPENINGS])


def days_table(first: int, columns: dict[str, Array]) -> Table:
    """Return one row a day and kind: what was issued, ended and lives, and the questions asked."""
    days = len(next(iter(columns.values())))
    date = np.repeat(np.arange(first, first + days, dtype=np.int32), 4)
    kind = np.tile(np.arange(4), days)
    named = {"date": _days(date), "kind": _words(kind, [each.value for each in KINDS])}
    return pa.table({**named, **{name: each.reshape(-1) for name, each in columns.items()}})


def revocations_table(first: int, revoked: Array) -> Table:
    """Return one row a day, kind and reason with which anything was revoked."""
    day, column = np.nonzero(revoked)
    return pa.table(
        {
            "date": _days((day + first).astype(np.int32)),
            "kind": _words(column // 8, [each.value for each in KINDS]),
            "reason": _words(column % 8, REASONS),
            "revoked": revoked[day, column],
        }
    )


def lists_table(first: int, entries: Array, places: int) -> Table:
    """Return one row a day, authority and municipality: how long the list made that day is."""
    days = len(entries)
    authority, municipality = _list_names(days, places)
    return pa.table(
        {
            "date": _days(np.repeat(np.arange(first, first + days, dtype=np.int32), 2 * places)),
            "authority": authority,
            "municipality": municipality,
            "entries": entries.reshape(-1),
        }
    )


@lru_cache(maxsize=2)
def _list_names(days: int, places: int) -> tuple[Any, Any]:
    """The names of all lists, again and again for so many days."""
    authority = np.tile(np.repeat(np.arange(2, dtype=np.int16), places), days)
    municipality = np.tile(np.arange(places, dtype=np.int16), 2 * days)
    return _words(authority, _AUTHORITIES), _words(municipality, _places(places))


def changes_table(spots: Array) -> Table:
    """Return where entries appear on lists in a stretch, or the complement of where they go."""
    return pa.table({"spot": spots})


def add_changes(path: Path, total: Array) -> None:
    """Add what :func:`changes_table` of a file says to the table of all lists."""
    with writing(path):
        table = pq.read_table(path)
    spot = table["spot"].to_numpy()
    one = total.dtype.type(1)  # of another type it would take thirty times as long
    np.add.at(total, spot.compress(spot >= 0), one)
    np.subtract.at(total, ~spot.compress(spot < 0), one)


def _places(places: int) -> list[str]:
    return [f"{place + 1:04d}" for place in range(places)]


def _days(numbers: Array, known: Array | None = None) -> Any:
    mask = None if known is None else ~known
    numbers = numbers.astype(np.int32, copy=False)
    return pa.array(numbers, type=pa.int32(), mask=mask).view(pa.date32())


def _words(numbers: Array, words: Sequence[str], known: Array | None = None) -> Any:
    mask = None if known is None else ~known
    indices = pa.array(numbers.astype(np.int16, copy=False), type=pa.int16(), mask=mask)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words))
