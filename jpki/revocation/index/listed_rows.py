"""Entries that come as rows of columns: what each must be, and the list they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from jpki.errors import MalformedDocument
from jpki.revocation.entries import NAMED_TWICE, REASON_CODES, REMOVE_FROM_CRL
from jpki.revocation.index.arrays import (
    NO_REASON,
    WIDE_KEY,
    Array,
    Columns,
    narrow_seconds,
    np,
)

__all__ = ["ListedRows", "entry_rows", "list_columns"]

_OCTETS: Final = WIDE_KEY.itemsize
_REASONS: Final = np.isin(np.arange(256), [*REASON_CODES - {REMOVE_FROM_CRL}])
_UNIX_EPOCH: Final = narrow_seconds(datetime(1970, 1, 1, tzinfo=UTC))
_FIRST: Final = narrow_seconds(datetime(1, 1, 1, tzinfo=UTC))
_LAST: Final = narrow_seconds(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
_WIDE_FROM: Final = narrow_seconds(datetime(2050, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class ListedRows:
    """Entries of one list, and in which row of the file each stands."""

    columns: Columns
    narrow_rows: Array
    wide_rows: Array


def entry_rows(
    source: str,
    rows: Array,
    *,
    octets: Array,
    bounds: Array,
    milliseconds: Array,
    dated: Array,
    reasons: Array,
) -> ListedRows:
    """Return entries; ``MalformedDocument`` names a row that says what no list can.

    The number of each lies in ``octets`` between two ``bounds``, highest first, two's complement.
    ``milliseconds`` are since 1970, in UTC, where ``dated``; ``reasons`` are -1 for none.
    """
    lengths = bounds[:, 1] - bounds[:, 0]
    wrong = (lengths < 1) | (lengths > _OCTETS) | ~dated
    if bool(wrong.any()):
        place = int(np.argmax(wrong))
        raise _cannot(
            source,
            rows[place],
            f"a number of {lengths[place]} octets, or one without an instant",
        )
    seconds, rest = np.divmod(milliseconds, 1000)
    seconds = seconds + _UNIX_EPOCH
    for wrong, what in (
        (rest != 0, "an instant with parts of a second, which no list has"),
        ((seconds < _FIRST) | (seconds > _LAST), "an instant of a year that no list can write"),
        ((reasons >= 0) & ~_REASONS[reasons], "a reason that a list cannot give"),
    ):
        if bool(wrong.any()):
            raise _cannot(source, rows[int(np.argmax(wrong))], what)
    keys = _keys(octets, bounds[:, 0], lengths)
    narrow = (keys[:, 0] == 0x80) & ~keys[:, 1:-4].any(axis=1)
    narrow &= (seconds >= 0) & (seconds < _WIDE_FROM)
    said = np.where(reasons < 0, NO_REASON, reasons).astype(np.uint8)
    low = np.ascontiguousarray(keys[narrow, -4:]).view(">u4").ravel()
    columns = Columns(
        low.astype(np.uint32),
        seconds[narrow].astype(np.uint32),
        said[narrow],
        np.ascontiguousarray(keys[~narrow]).view(WIDE_KEY).ravel(),
        seconds[~narrow],
        said[~narrow],
    )
    return ListedRows(columns, rows[narrow], rows[~narrow])


def _keys(octets: Array, starts: Array, lengths: Array) -> Array:
    """Return the twenty octets of wide keys."""
    keys = np.zeros((len(starts), _OCTETS), dtype=np.uint8)
    for length in np.unique(lengths).tolist():
        which = np.flatnonzero(lengths == length)
        given = octets[starts[which][:, None] + np.arange(length)]
        keys[which, _OCTETS - length :] = given
        negative = which[given[:, 0] >= 0x80]
        keys[negative, : _OCTETS - length] = 0xFF
    keys[:, 0] ^= 0x80
    return keys


def list_columns(source: str, parts: Sequence[ListedRows]) -> Columns:
    """Return the columns of a list in order; ``MalformedDocument`` for a number named twice."""
    joined = Columns.joined([part.columns for part in parts]) if parts else Columns.of(())
    if len(joined.serials) > 1 and not bool((joined.serials[1:] > joined.serials[:-1]).all()):
        _refuse_twice(source, joined.serials, [part.narrow_rows for part in parts])
    if len(joined.wide_keys):
        # Four bytes are not enough for an instant from 2050 on, so a number may stand in both.
        keys = np.concatenate([joined.wide_keys, _widened(joined.serials)])
        rows = [part.wide_rows for part in parts] + [part.narrow_rows for part in parts]
        _refuse_twice(source, keys, rows)
    return joined.sorted()


def _widened(serials: Array) -> Array:
    keys = np.zeros((len(serials), _OCTETS), dtype=np.uint8)
    keys[:, 0] = 0x80
    keys[:, -4:] = serials.astype(">u4").view(np.uint8).reshape(-1, 4)
    return keys.view(WIDE_KEY).ravel()


def _refuse_twice(source: str, keys: Array, rows: Sequence[Array]) -> None:
    standing = np.concatenate(rows)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(again):
        row = np.maximum(standing[order[again]], standing[order[again + 1]]).min()
        raise _cannot(source, row, NAMED_TWICE)


def _cannot(source: str, row: int, what: str) -> MalformedDocument:
    return MalformedDocument(f"row {row}: {what}", source=source)
