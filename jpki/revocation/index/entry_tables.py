"""Entries of a list written in columns: a table of bytes each, in time proportional to its length.

What differs between entries, the digits of number and instant and the reason, is put into places
left open in a model. The bytes are those of the writers in :mod:`jpki.certificates.der`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jpki.certificates import der
from jpki.errors import ImpossibleFact
from jpki.revocation.index.arrays import NO_REASON, Array, Columns, np

__all__ = ["encoded_entries", "encoded_size"]

_TOGETHER: Final = 1 << 15
_LIMITS: Final = (0, 0x80, 0x8000, 0x80_0000, 0x8000_0000, 1 << 32)
"""Where the number of an INTEGER's bytes grows."""
_REASON: Final = der.sequence(
    der.sequence(der.object_identifier("2.5.29.21"), der.octet_string(der.enumerated(0)))
)
_PLAIN: Final = 4 + 15
"""Bytes of an entry beside its number and its reason."""
_EPOCH: Final = np.datetime64("1950-01-01", "s")


def encoded_size(columns: Columns) -> int:
    """Return how many bytes ``encoded_entries`` makes.

    Raises ``ImpossibleFact`` for wide entries, which no list of JPKI has.
    """
    if len(columns.wide_keys):
        raise ImpossibleFact("an issue number has four bytes, and instants end before 2050")
    total = len(columns.serials) * (_PLAIN + 1)
    for limit in _LIMITS[1:-1]:
        total += int(np.count_nonzero(columns.serials >= np.uint32(limit)))
    return total + len(_REASON) * int(np.count_nonzero(columns.reasons != NO_REASON))


def encoded_entries(columns: Columns) -> Iterator[bytes]:
    """Yield the DER of the entries one after another, some thousands at a time.

    The entries are in order of their numbers, so those of one length stand side by side.
    """
    bounds = [int(one) for one in np.searchsorted(columns.serials, _limits())]
    for width, (start, stop) in enumerate(zip(bounds, [*bounds[1:], len(columns)], strict=True), 1):
        for at in range(start, stop, _TOGETHER):
            until = min(at + _TOGETHER, stop)
            yield _encoded(
                columns.serials[at:until], columns.times[at:until], columns.reasons[at:until], width
            )


def _limits() -> Array:
    return np.array(_LIMITS[:-1], dtype=np.uint32)


def _encoded(serials: Array, times: Array, reasons: Array, width: int) -> bytes:
    given = reasons != NO_REASON
    body = 2 + width + 15
    model = bytes((der.SEQUENCE, body + len(_REASON), der.INTEGER, width)) + bytes(width)
    model += bytes((der.UTC_TIME, 13)) + bytes(12) + b"Z" + _REASON
    table = np.empty((len(serials), len(model)), dtype=np.uint8)
    table[:] = np.frombuffer(model, dtype=np.uint8)
    for place in range(width):
        shift = 8 * (width - 1 - place)
        if shift < 32:
            table[:, 4 + place] = (serials >> np.uint32(shift)).astype(np.uint8)
    _write_times(table[:, 6 + width : 18 + width], times)
    table[:, -1] = reasons
    if bool(given.all()):
        return table.tobytes()
    table[~given, 1] = body
    kept = np.ones(table.shape, dtype=bool)
    kept[~given, 2 + body :] = False
    return table[kept].tobytes()


def _write_times(table: Array, seconds: Array) -> None:
    """Write YYMMDDhhmmss of each instant."""
    days, rest = np.divmod(seconds, np.uint32(86_400))
    dates = (_EPOCH.astype("M8[D]") + days.astype("m8[D]")).astype("M8[D]")
    months = dates.astype("M8[M]")
    day = (dates - months.astype("M8[D]")).astype(np.int64) + 1
    number = months.astype(np.int64)
    year, month = (1970 + number // 12) % 100, number % 12 + 1
    parts = (year, month, day, rest // 3600, rest // 60 % 60, rest % 60)
    for place, part in enumerate(parts):
        table[:, 2 * place] = part // 10 + 0x30
        table[:, 2 * place + 1] = part % 10 + 0x30
