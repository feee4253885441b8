"""The one module of the population that imports NumPy (extra ``population``), and days as numbers.

A day is a number of days since 1970-01-01, as Parquet and NumPy count them; ``NEVER`` lies behind
every day. A chance is drawn from a 32-bit word by hashing it with a salt, so that what happens to a
person does not depend on who else is computed beside them, in which process or in which order.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final, TypeAlias, TypeVarTuple

from jpki.errors import MissingExtra

try:
    import numpy as np
except ImportError as error:
    raise MissingExtra("NumPy", extra="population") from error

__all__ = [
    "NEVER",
    "Array",
    "among",
    "by_day",
    "chance",
    "date_of",
    "day_number",
    "delay",
    "happens",
    "np",
    "on_days",
]

Array: TypeAlias = "np.ndarray[Any, Any]"

NEVER: Final = 2**31 - 1
_EPOCH: Final = date(1970, 1, 1)
_FIRST_DAY: Final = -(1970 - 1880) * 365 - 22  # 1880-01-01: 22 leap days lie between
_LAST_DAY: Final = _FIRST_DAY + 400 * 366

_Columns = TypeVarTuple("_Columns")


def day_number(on: date) -> int:
    """Return the number of a day."""
    return (on - _EPOCH).days


def date_of(number: int) -> date:
    """Return the day with this number."""
    return _EPOCH + timedelta(days=int(number))


def among(chosen: Array, *columns: *_Columns) -> tuple[*_Columns]:
    """Return of each column what stands where ``chosen`` is true; all of it is not copied.

    Finding the places once and taking them is several times as fast as a mask for each column.
    """
    places = chosen.nonzero()[0]
    if len(places) == len(chosen):
        return columns
    return tuple(column.take(places) for column in columns)  # type: ignore[attr-defined]


def by_day(bounds: Array) -> Array:
    """Return for each day from 1880 on in which of the stretches between these bounds it lies."""
    days = np.arange(_FIRST_DAY, _LAST_DAY)
    return np.searchsorted(bounds, days, side="right") - 1


def on_days(table: Array, day: Array) -> Array:
    """Look days up in a table with a row a day (:func:`by_day`); before and behind it, its ends."""
    found: Array = table.take(day.astype(np.intp) - _FIRST_DAY, mode="clip")
    return found


def chance(words: Array, salt: int) -> Array:
    """Return 16 bits of chance for each 32-bit word; another salt gives independent ones.

    The finalizer of MurmurHash3, which spreads every bit of the word over all of the result.
    """
    mixed = words + np.uint32((salt * 0x9E3779B9 + 0x7F4A7C15) & 0xFFFFFFFF)
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    return mixed >> np.uint32(16)


def happens(words: Array, salt: int, share: float) -> Array:
    """Return for each word whether it is among the given share."""
    return chance(words, salt) < np.uint32(round(share * 65536))


def delay(words: Array, salt: int, least: int, most: int) -> Array:
    """Return for each word a number of days, evenly from ``least`` to ``most``."""
    span = np.uint32(most - least + 1)
    return ((chance(words, salt) * span) >> np.uint32(16)).astype(np.int32) + np.int32(least)
