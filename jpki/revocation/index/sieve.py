"""A sieve: a few bits for each number, which tell of most others that they are not there.

Each number sets two bits of one byte. With half a number to one number for a byte, whoever asks
about another finds both set once in fifteen to forty times; then the numbers themselves decide, so
that the sieve may cost time and never exactness.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

from jpki.revocation.index.arrays import Array, np

__all__ = ["MARKS", "MIX", "mixed", "sieve_of"]

_PAIRS: Final = [1 << one | 1 << other for one, other in combinations(range(8), 2)]
MARKS: Final = bytes(_PAIRS[number % len(_PAIRS)] for number in range(256))
"""The two bits of a number by its lowest eight."""
MIX: Final = 0x9E37_79B9_7F4A_7C15
"""An odd number that spreads others over 64 bits when they are multiplied (Knuth, TAOCP 6.4)."""


def sieve_of(numbers: Array, width: int) -> bytes:
    """Return the sieve of unsigned numbers in ascending order; ``width`` low bits share a byte."""
    if not len(numbers):
        return b""
    places = numbers >> numbers.dtype.type(width)
    marks = np.frombuffer(MARKS, dtype=np.uint8)[numbers.astype(np.uint8)]
    starts = np.flatnonzero(places[1:] != places[:-1]) + 1
    starts = np.concatenate([np.zeros(1, dtype=starts.dtype), starts])
    sieve = np.zeros(int(places[-1]) + 1, dtype=np.uint8)
    sieve[places[starts]] = np.bitwise_or.reduceat(marks, starts)
    return sieve.tobytes()


def mixed(keys: Array) -> Array:
    """Return the lowest 64 bits of wide keys, multiplied, in ascending order."""
    octets = keys.view(np.uint8).reshape(-1, keys.dtype.itemsize)
    low = np.ascontiguousarray(octets[:, -8:]).view(">u8").ravel().astype(np.uint64)
    low *= np.uint64(MIX)
    low.sort()
    return low
