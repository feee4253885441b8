"""The entries of a long list, read in columns.

Entries of one list are alike. One is read in full, by the reader that reads every entry of short
lists; those behind it that differ from it only in the digits of number, date and reason are read
together. What differs in anything else is read in full again, so nothing is taken that the full
reader would refuse, and nothing is read otherwise than it reads it.

Two ways are taken: entries of one length one behind another are a table already; entries of
different lengths, because their numbers are, are found by their beginnings and must form a chain
without gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, NamedTuple

from jpki.certificates import der
from jpki.certificates.der import Element
from jpki.revocation.entries import (
    LONGEST_SERIAL,
    NAMED_TWICE,
    REASON_CODES,
    REMOVE_FROM_CRL,
    EntryReader,
    ReadEntry,
)
from jpki.revocation.index.arrays import (
    NO_REASON,
    WIDE_KEY,
    Array,
    Columns,
    is_narrow,
    narrow_seconds,
    np,
)

__all__ = ["scanned"]

_DATE: Final = 15
"""Bytes of a UTCTime with its tag and length."""
_REASON_AFTER: Final = bytes.fromhex("300c300a0603551d1504030a01")
"""What stands before the one byte of a reason when an entry says nothing else."""
_CODES: Final = np.zeros(256, dtype=bool)
_CODES[sorted(REASON_CODES - {REMOVE_FROM_CRL})] = True
_MONTH_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.uint8)
_FEW, _MANY = 256, 1 << 14
"""Entries looked at together: few at first, as nobody knows how many are alike."""
_LONGEST: Final = 0x82
_SHORTEST: Final = 2 + 3 + _DATE
"""Bytes of an entry whose length is written in one byte."""
_WINDOW: Final = 1 << 20
"""Bytes in which beginnings are looked for."""
_SHORT_RUN: Final = 64
_WORTH: Final = 8


def scanned(listed: Element, *, reader: EntryReader) -> Columns:
    """Return the entries of a complete list in order of their numbers.

    ``reader`` reads what has to be read in full, and knows the critical extensions afterwards.
    Raises ``MalformedRevocationList`` for everything the full reader refuses, a certificate named
    twice included.
    """
    if listed.content == listed.end:
        raise listed.malformed("an empty list of entries, which RFC 5280 leaves out")
    parts = [part.columns for part in _parts(listed, reader)]
    columns = Columns.joined(parts)
    del parts
    columns = columns.sorted()
    for keys in (columns.serials, columns.wide_keys):
        if len(keys) > 1 and bool((keys[1:] == keys[:-1]).any()):
            raise _named_twice(listed)
    if _in_both(columns):
        raise _named_twice(listed)
    return columns


def _in_both(columns: Columns) -> bool:
    """Whether a number stands among the narrow and, for its date, among the wide ones."""
    if not len(columns.wide_keys) or not len(columns.serials):
        return False
    digits = columns.wide_keys.view(np.uint8).reshape(-1, WIDE_KEY.itemsize)
    small = (digits[:, 0] == 0x80) & ~digits[:, 1:16].any(axis=1)
    serials = np.ascontiguousarray(digits[small, 16:]).view(">u4").ravel()
    return bool(np.isin(serials, columns.serials).any())


def _named_twice(listed: Element) -> Exception:
    """Return the error about the first entry that names a certificate again; the slow way."""
    seen: set[int] = set()
    document, at = listed.document, listed.content
    reader = EntryReader(is_delta=True)
    while at < listed.end:
        element = document.element_at(at, listed.end)
        serial = reader.read_one(element).serial
        if serial in seen:
            return document.malformed(NAMED_TWICE, at)
        seen.add(serial)
        at = element.end
    raise AssertionError("a number was found twice and then once")


@dataclass(frozen=True, slots=True)
class _Part:
    """Some entries one behind another, and where they end."""

    columns: Columns
    end: int


def _parts(listed: Element, reader: EntryReader) -> Iterator[_Part]:
    """Yield all entries. Where looking at many together gains nothing, it is tried more rarely."""
    document, at, end = listed.document, listed.content, listed.end
    data = np.frombuffer(document.data, dtype=np.uint8)
    shapes: dict[int, _Shape] = {}
    singles: list[ReadEntry] = []
    patience, rest = 1, 0
    while at < end:
        element = document.element_at(at, end)
        read = reader.read_one(element)
        singles.append(read)
        at, rest = element.end, rest - 1
        if len(singles) >= _FEW * 16:
            yield _Part(_of_singles(singles), at)
            singles = []
        shape = _shape(element, read)
        if shape is None:
            continue
        shapes[len(shape.after)] = shape
        if rest > 0:
            continue
        before = at
        for part in _together(data, at, end, shape, shapes):
            yield part
            at = part.end
        patience = 1 if at - before >= _WORTH * shape.length else min(patience * 2, _MANY)
        rest = patience
    if singles:
        yield _Part(_of_singles(singles), at)


def _together(
    data: Array, at: int, end: int, shape: _Shape, shapes: Mapping[int, _Shape]
) -> Iterator[_Part]:
    before = at
    for part in _run(data, at, end, shape):
        yield part
        at = part.end
    if at < end and at - before < _SHORT_RUN * shape.length:
        yield from _chained(data, at, end, shapes)


def _of_singles(singles: list[ReadEntry]) -> Columns:
    return Columns.of(
        [
            (
                one.serial,
                narrow_seconds(one.entry.recorded_at),
                NO_REASON if one.entry.reason_code is None else one.entry.reason_code,
            )
            for one in singles
        ]
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an entry looks that was read in full: its bytes, and how long its number is.

    ``reason`` is what it says; ``None`` when each entry's own last byte says it.
    """

    whole: bytes
    digits: int
    after: bytes
    reason: int | None

    @property
    def length(self) -> int:
        return len(self.whole)

    def resized(self, digits: int) -> _Shape:
        """The same with a number of another length."""
        length = self.length - self.digits + digits
        head = bytes((der.SEQUENCE, length - 2, der.INTEGER, digits))
        return replace(
            self, whole=head + bytes(digits) + self.whole[4 + self.digits :], digits=digits
        )


def _shape(element: Element, read: ReadEntry) -> _Shape | None:
    whole = element.der
    if len(whole) >= _LONGEST or not is_narrow(1, read.entry.recorded_at):
        return None
    code = read.entry.reason_code
    plain = read.after[:-1] == _REASON_AFTER
    if code == REMOVE_FROM_CRL or whole[4 + whole[3]] != der.UTC_TIME:
        return None
    reason = NO_REASON if code is None else code
    return _Shape(whole, whole[3], read.after, None if plain else reason)


def _run(data: Array, at: int, end: int, shape: _Shape) -> Iterator[_Part]:
    """Yield the entries from ``at`` on that have this shape and length, as many as there are."""
    together = _FEW
    while at + shape.length <= end:
        count = min(together, (end - at) // shape.length)
        table = data[at : at + count * shape.length].reshape(count, shape.length)
        rows = _read_table(table, shape)
        taken = rows.good
        if taken:
            yield _Part(_columns(rows.cut(taken)), at + taken * shape.length)
        if taken < count:
            return
        at += count * shape.length
        together = min(together * 4, _MANY)


class _Rows(NamedTuple):
    """Entries of one length: digits of the numbers, instants, reasons; the first are good."""

    digits: Array
    times: Array
    reasons: Array
    good: int

    def cut(self, count: int) -> _Rows:
        return _Rows(self.digits[:count], self.times[:count], self.reasons[:count], count)

    def only(self, which: Array) -> _Rows:
        return _Rows(self.digits[which], self.times[which], self.reasons[which], self.good)


def _read_table(table: Array, shape: _Shape) -> _Rows:
    """Read rows as entries of the shape; ``good`` counts those before the first that is not."""
    model = np.frombuffer(shape.whole, dtype=np.uint8)
    dated = 4 + shape.digits
    fixed = (
        *range(4),
        *range(dated, dated + 2),
        *range(dated + 14, shape.length - (shape.reason is None)),
    )
    good = np.ones(len(table), dtype=bool)
    for place in fixed:
        good &= table[:, place] == model[place]
    times, right = _times(table[:, dated + 2 : dated + 14])
    good &= right
    good &= _plain_digits(table[:, 4:dated])
    if shape.reason is None:
        reasons = table[:, -1]
        good &= _CODES[reasons]
    else:
        reasons = np.full(len(table), shape.reason, dtype=np.uint8)
    count = len(table) if bool(good.all()) else int(np.argmin(good))
    return _Rows(table[:, 4:dated], times, reasons, count)


def _plain_digits(digits: Array) -> Array:
    """Whether each row is a number from zero up in its shortest form."""
    first = digits[:, 0]
    if digits.shape[1] == 1:
        return np.asarray(first < 0x80)
    return np.asarray((first < 0x80) & ((first != 0) | (digits[:, 1] >= 0x80)))


def _columns(rows: _Rows) -> Columns:
    width = rows.digits.shape[1]
    if width < 5:
        return _narrow(rows)
    if width > 5:
        return _wide(rows)
    # Numbers on either side of four bytes; a sorted list has them side by side once.
    small = rows.digits[:, 0] == 0
    if bool(small.all()):
        return _narrow(rows)
    return Columns.joined([_narrow(rows.only(small)), _wide(rows.only(~small))])


_NONE: Final = Columns.of(())


def _narrow(rows: _Rows) -> Columns:
    serials = np.zeros(len(rows.digits), dtype=np.uint32)
    for place in range(rows.digits.shape[1]):
        serials <<= np.uint32(8)
        serials |= rows.digits[:, place]
    reasons = np.ascontiguousarray(rows.reasons)
    return replace(_NONE, serials=serials, times=rows.times, reasons=reasons)


def _wide(rows: _Rows) -> Columns:
    keys = np.zeros((len(rows.digits), WIDE_KEY.itemsize), dtype=np.uint8)
    keys[:, WIDE_KEY.itemsize - rows.digits.shape[1] :] = rows.digits
    keys[:, 0] ^= 0x80
    return replace(
        _NONE,
        wide_keys=keys.view(WIDE_KEY).ravel(),
        wide_times=rows.times.astype(np.int64),
        wide_reasons=np.ascontiguousarray(rows.reasons),
    )


_YEARS: Final = [1900 + year if year >= 50 else 2000 + year for year in range(100)]
_CENTURY_DAYS: Final = np.array(
    [(date(year, 1, 1) - date(1950, 1, 1)).days for year in _YEARS], dtype=np.uint32
)
_DAYS_BEFORE: Final = np.array(
    [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], dtype=np.uint32
)
"""Of a common year, by month."""
_LEAP: Final = np.array([year % 4 == 0 for year in _YEARS])
"""2000 was one, and 1950 to 2049 hold no other century."""


def _times(digits: Array) -> tuple[Array, Array]:
    """Return seconds since 1950 of rows of YYMMDDhhmmss, and which rows are a time that exists."""
    numbers = np.ascontiguousarray(digits.T) - np.uint8(0x30)
    right = numbers.max(axis=0) <= 9
    year, month, day, hour, minute, second = numbers[0::2] * np.uint8(10) + numbers[1::2]
    if not bool(right.all()):
        year[~right] = month[~right] = 0
    leap = _LEAP[year]
    month[month > 12] = 0
    last = _MONTH_DAYS[month] + (leap & (month == 2))
    right &= (month > 0) & (day > 0) & (day <= last)
    right &= (hour < 24) & (minute < 60) & (second < 60)
    days = _CENTURY_DAYS[year] + _DAYS_BEFORE[month] + (leap & (month > 2)) + day - np.uint32(1)
    seconds = days * np.uint32(86_400)
    seconds += hour.astype(np.uint32) * np.uint32(3_600)
    seconds += minute.astype(np.uint32) * np.uint32(60)
    seconds += second
    return seconds, right


def _chained(data: Array, at: int, end: int, shapes: Mapping[int, _Shape]) -> Iterator[_Part]:
    """Yield entries of any of the shapes whatever the length of their numbers."""
    while at < end:
        stop = min(at + _WINDOW, end)
        starts = _chain(data[at:stop])
        parts, taken = _gathered(data[at:stop], starts, shapes)
        at += taken
        for part in parts:
            yield _Part(part, at)
        if not taken or at + _LONGEST < stop:
            return


def _chain(window: Array) -> Array:
    """Return where entries begin from the first byte on, each ending where the next begins."""
    size = len(window) - _SHORTEST
    if size < 0:
        return np.zeros(0, dtype=np.int64)
    found = (window[: size + 1] == der.SEQUENCE) & (window[2 : size + 3] == der.INTEGER)
    starts = np.flatnonzero(found)
    lengths, digits = window[starts + 1].astype(np.int64), window[starts + 3].astype(np.int64)
    ends = starts + 2 + lengths
    right = (lengths < 0x80) & (digits > 0) & (digits <= LONGEST_SERIAL)
    right &= (digits + 2 + _DATE <= lengths) & (ends <= len(window))
    starts, digits, ends = starts[right], digits[right], ends[right]
    right = window[starts + 4 + digits] == der.UTC_TIME
    return _linked(starts[right], ends[right])


def _linked(starts: Array, ends: Array) -> Array:
    """Return the chain that begins at 0: those whose end is the next one's start.

    A beginning inside an entry, made by chance of its digits, is passed over.
    """
    if not len(starts) or starts[0] != 0:
        return starts[:0]
    if bool((ends[:-1] == starts[1:]).all()):
        return starts
    chosen: list[int] = []
    place, expected, known = 0, 0, starts.tolist()
    after = ends.tolist()
    for place, start in enumerate(known):
        if start < expected:
            continue
        if start > expected:
            break
        chosen.append(place)
        expected = after[place]
    return starts[chosen]


def _gathered(
    data: Array, starts: Array, shapes: Mapping[int, _Shape]
) -> tuple[list[Columns], int]:
    """Return the entries at these places, by how they look, and how far they reach.

    The first that is of no known shape ends it, and everything from there on is left.
    """
    if not len(starts):
        return [], 0
    lengths, widths = data[starts + 1].astype(np.int64), data[starts + 3].astype(np.int64)
    looks = lengths * 256 + widths
    limit, groups = len(starts), []
    for look in np.unique(looks).tolist():
        places = np.flatnonzero(looks == look)
        width = look % 256
        shape = shapes.get(look // 256 - 2 - width - _DATE)
        if shape is None:
            limit = min(limit, int(places[0]))
            continue
        model = shape.resized(width)
        table = data[starts[places][:, None] + np.arange(model.length)]
        rows = _read_table(table, model)
        if rows.good < len(places):
            limit = min(limit, int(places[rows.good]))
        groups.append((places, rows))
    cuts = [(rows, int(np.searchsorted(places, limit))) for places, rows in groups]
    reach = int(starts[limit - 1] + 2 + lengths[limit - 1]) if limit else 0
    return [_columns(rows.cut(count)) for rows, count in cuts if count], reach
