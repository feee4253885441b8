"""The one module that imports NumPy (extra ``scale``), and the columns that the index is made of.

A certificate number and an instant each fit four bytes in JPKI; such an entry is *narrow*. Whatever
does not, up to twenty octets of either sign and instants from 2050 on, is *wide* and kept beside
them. Wide numbers are twenty bytes that sort as the numbers do, never of NumPy's type ``S``, which
drops trailing NUL bytes and so takes one certificate for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from jpki.errors import MissingExtra

try:
    import numpy as np
except ImportError as error:
    raise MissingExtra("NumPy", extra="scale") from error

__all__ = [
    "GOOD",
    "HOLD",
    "NO_REASON",
    "UNKNOWN",
    "WIDE_KEY",
    "Array",
    "Columns",
    "instant_of",
    "is_narrow",
    "narrow_seconds",
    "np",
    "serial_of_key",
    "wide_key",
]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

HOLD: Final = 6
NO_REASON: Final = 255
"""In a column of reasons: the entry gives none."""
GOOD: Final = 254
"""An OCSP answer says good, which a list does by silence."""
UNKNOWN: Final = 253
"""An OCSP answer says that the responder does not know the certificate."""

WIDE_KEY: Final = np.dtype("V20")
_SIGN: Final = 1 << 159
_EPOCH: Final = datetime(1950, 1, 1, tzinfo=UTC)
_NARROW: Final = 1 << 32


def is_narrow(serial: int, at: datetime) -> bool:
    """Tell whether an entry fits four bytes for its number and four for its instant."""
    return 0 <= serial < _NARROW and at.year < 2050


def narrow_seconds(at: datetime) -> int:
    """Return whole seconds since 1950, where UTCTime begins; negative before."""
    return int((at - _EPOCH) // timedelta(seconds=1))


def instant_of(seconds: int) -> datetime:
    """Return the instant of so many seconds since 1950."""
    return _EPOCH + timedelta(seconds=int(seconds))


def wide_key(serial: int) -> bytes:
    """Return twenty bytes that sort as the number does."""
    return (serial + _SIGN).to_bytes(20, "big")


def serial_of_key(key: bytes) -> int:
    """Return the number of a wide key."""
    return int.from_bytes(key, "big") - _SIGN


@dataclass(frozen=True, slots=True)
class Columns:
    """Entries in columns: narrow ones, wide ones. Both in order of their numbers once sorted."""

    serials: Array
    times: Array
    reasons: Array
    wide_keys: Array
    wide_times: Array
    wide_reasons: Array

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self.serials) + len(self.wide_keys)

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int]]) -> Columns:
        """Return columns of few rows: number, seconds since 1950, reason."""
        narrow = [one for one in rows if 0 <= one[0] < _NARROW and 0 <= one[1] < _LAST_NARROW]
        wide = [one for one in rows if not (0 <= one[0] < _NARROW and 0 <= one[1] < _LAST_NARROW)]
        return cls(
            np.array([one[0] for one in narrow], dtype=np.uint32),
            np.array([one[1] for one in narrow], dtype=np.uint32),
            np.array([one[2] for one in narrow], dtype=np.uint8),
            np.frombuffer(b"".join(wide_key(one[0]) for one in wide), dtype=WIDE_KEY),
            np.array([one[1] for one in wide], dtype=np.int64),
            np.array([one[2] for one in wide], dtype=np.uint8),
        )

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """Return all parts one after another."""
        if len(parts) == 1:
            return parts[0]
        whole = [cls.of(()), *parts]
        return cls(
            *(
                np.concatenate([getattr(one, name) for one in whole])
                for name in cls.__dataclass_fields__
            )
        )

    def sorted(self) -> Columns:
        """Return the entries in order of their numbers; those of one number stay as they came."""
        order, wide = _order(self.serials), np.argsort(self.wide_keys, kind="stable")
        if order is None:
            narrow = (self.serials, self.times, self.reasons)
        else:
            narrow = (self.serials[order], self.times[order], self.reasons[order])
        return Columns(
            *narrow, self.wide_keys[wide], self.wide_times[wide], self.wide_reasons[wide]
        )


_LAST_NARROW: Final = narrow_seconds(datetime(2050, 1, 1, tzinfo=UTC))


def _order(serials: Array) -> Array | None:
    """Return the order that sorts them, ``None`` when they are sorted.

    Number and place together in eight bytes sort much faster than an order of numbers does.
    """
    if len(serials) < 2 or bool((serials[1:] >= serials[:-1]).all()):
        return None
    packed = serials.astype(np.uint64)
    packed <<= np.uint64(32)
    packed |= np.arange(len(serials), dtype=np.uint64)
    packed.sort()
    packed &= np.uint64(0xFFFFFFFF)
    return packed
