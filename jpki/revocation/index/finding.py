"""Where the rows about many numbers are: narrow ones by their order, wide ones by a digest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import index
from typing import Final

from jpki.errors import UnusableSource
from jpki.revocation.index.arrays import WIDE_KEY, Array, np, serial_of_key, wide_key

__all__ = ["Asked", "WideOrder", "narrow_rows", "wide_rows"]

_OCTETS: Final = WIDE_KEY.itemsize
_FARTHEST: Final = 1 << 159
_FACTORS: Final = tuple(
    np.uint64(one) for one in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The numbers of many questions: those that fit four bytes, and where each stands.

    ``which`` is ``None`` when all of them fit.
    """

    serials: Array
    which: Array | None
    narrow: Array

    @classmethod
    def of(cls, serials: Array) -> Asked:
        """Return the questions; ``UnusableSource`` for an array that cannot hold whole numbers."""
        if serials.dtype.kind not in "iuOV" or not 0 < serials.dtype.itemsize <= _OCTETS:
            raise _inexact(f"an array of {serials.dtype}")
        if serials.dtype.kind == "V":
            serials = _extended(serials)
            octets = serials.view(np.uint8).reshape(-1, _OCTETS)
            fits = (octets[:, 0] == 0x80) & ~octets[:, 1:-4].any(axis=1)
            low = np.ascontiguousarray(octets[:, -4:]).view(">u4").ravel()
            return cls(serials, *_fitting(fits, low))
        if serials.dtype == np.uint32:
            return cls(serials, None, serials)
        if serials.dtype.kind == "O":
            fits = np.array([0 <= one < 1 << 32 for one in _whole(serials)], dtype=bool)
        else:
            fits = (serials >= 0) & (serials <= 0xFFFFFFFF)
        return cls(serials, *_fitting(fits, serials))

    def numbers(self, places: Array) -> list[int]:
        """Return the numbers of some questions."""
        if self.serials.dtype.kind == "V":
            return [serial_of_key(bytes(one)) for one in self.serials[places]]
        return [int(one) for one in self.serials[places].tolist()]

    def keys(self) -> tuple[Array, Array]:
        """Return the questions whose numbers have a wide key, and the keys."""
        everywhere = np.arange(len(self.serials))
        if self.serials.dtype.kind == "V":
            return everywhere, self.serials
        if self.serials.dtype.kind == "O":
            numbers = self.serials.tolist()
            fits = [n for n, one in enumerate(numbers) if -_FARTHEST <= one < _FARTHEST]
            joined = b"".join([wide_key(numbers[n]) for n in fits])
            return np.array(fits, dtype=np.int64), np.frombuffer(joined, dtype=WIDE_KEY)
        return everywhere, _extended(self.serials.astype(self.serials.dtype.newbyteorder(">")))


def _whole(serials: Array) -> list[int]:
    try:
        return list(map(index, serials.tolist()))
    except TypeError:
        raise _inexact("objects that are no whole numbers") from None


def _inexact(what: str) -> UnusableSource:
    return UnusableSource(
        "serials",
        f"{what}, which cannot hold issue numbers exactly",
        hint="give whole numbers, or up to twenty octets each (of the type V20)",
    )


def _fitting(fits: Array, serials: Array) -> tuple[Array | None, Array]:
    if bool(fits.all()):
        return None, serials.astype(np.uint32)
    return np.flatnonzero(fits), serials[fits].astype(np.uint32)


def _extended(serials: Array) -> Array:
    """Return wide keys of numbers of so many octets each, highest first."""
    given = np.ascontiguousarray(serials).view(np.uint8).reshape(len(serials), serials.itemsize)
    octets = np.zeros((len(serials), _OCTETS), dtype=np.uint8)
    octets[:, _OCTETS - given.shape[1] :] = given
    if serials.dtype.kind != "u" and given.shape[1] < _OCTETS:
        octets[given[:, 0] >= 0x80, : _OCTETS - given.shape[1]] = 0xFF
    octets[:, 0] ^= 0x80
    return octets.view(WIDE_KEY).ravel()


def narrow_rows(known: Array, asked: Asked) -> Iterator[tuple[Array, Array]]:
    """Yield questions and rows: the first row of each number, then the second of those with two, …

    The numbers are sorted first, number and place in eight bytes: the search then goes through the
    index once from front to back.
    """
    numbers = asked.narrow
    if not len(known) or not len(numbers):
        return
    packed = numbers.astype(np.uint64)
    packed <<= np.uint64(32)
    packed |= np.arange(len(numbers), dtype=np.uint64)
    packed.sort()
    ordered = (packed >> np.uint64(32)).astype(np.uint32)
    found = np.searchsorted(known, ordered)
    found[found == len(known)] = 0
    hit = known[found] == ordered
    packed, found = packed[hit], found[hit]
    packed &= np.uint64(0xFFFFFFFF)
    which = packed.astype(np.int64)
    if asked.which is not None:
        which = asked.which[which]
    while len(which):
        yield which, found
        which, found = _following(which, found, known)


def _following(which: Array, found: Array, known: Array) -> tuple[Array, Array]:
    """Return where the next place holds the same."""
    found = found + 1
    more = found < len(known)
    which, found = which[more], found[more]
    more = known[found] == known[found - 1]
    return which[more], found[more]


@dataclass(frozen=True, slots=True)
class WideOrder:
    """Wide keys in order of their digests, which are compared faster than twenty bytes are.

    Two keys may share a digest, so whatever is found is compared in full. It takes twelve bytes of
    memory for each key.
    """

    keys: Array
    digests: Array
    rows: Array

    @classmethod
    def of(cls, keys: Array) -> WideOrder:
        """Return the order of keys, equal ones in the order they have."""
        digests = _digests(keys)
        rows = np.argsort(digests, kind="stable")
        return cls(keys, digests[rows], rows.astype(np.uint32))


def _digests(keys: Array) -> Array:
    """Return 64 bits of each key, of all its bytes."""
    words = np.zeros((len(keys), 24), dtype=np.uint8)
    words[:, 24 - _OCTETS :] = keys.view(np.uint8).reshape(-1, _OCTETS)
    high, middle, low = words.view(">u8").astype(np.uint64).T
    found = high * _FACTORS[0]
    for word, factor, shift in ((middle, _FACTORS[1], 29), (low, _FACTORS[2], 32)):
        found ^= found >> np.uint64(shift)
        found += word
        found *= factor
    return found ^ (found >> np.uint64(31))


def wide_rows(known: WideOrder, asked: Asked) -> Iterator[tuple[Array, Array]]:
    """Yield questions and rows as :func:`narrow_rows` does."""
    which, keys = asked.keys()
    if not len(known.keys) or not len(which):
        return
    digests = _digests(keys)
    order = np.argsort(digests)
    which, keys, digests = which[order], keys[order], digests[order]
    found = np.searchsorted(known.digests, digests)
    found[found == len(known.digests)] = 0
    hit = known.digests[found] == digests
    which, keys, found = which[hit], keys[hit], found[hit]
    while len(which):
        rows = known.rows[found]
        same = known.keys[rows] == keys
        yield which[same], rows[same]
        found = found + 1
        more = found < len(known.digests)
        which, keys, found = which[more], keys[more], found[more]
        more = known.digests[found] == known.digests[found - 1]
        which, keys, found = which[more], keys[more], found[more]
