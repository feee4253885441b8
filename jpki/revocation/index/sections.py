"""What one authority's lists say, as arrays: how a section is laid out, and written from series.

Every entry takes four bytes for its number, four for its instant and two (three with more than
65,536 classes) for its *class*: which reason, from which list to which list, and so which
partition. Half a byte more finds the place of a number at once. Wide entries stand beside them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jpki.certificates import AuthorityCertificate
from jpki.errors import UnusableSource
from jpki.revocation.index.arrays import WIDE_KEY, Array, np, wide_key
from jpki.revocation.index.series import ANSWERS, KnownList, RefusedList, Scope, Series, Span
from jpki.revocation.parties import Issuer
from jpki.revocation.revocation_list import IssuingDistributionPoint

__all__ = ["SectionDraft", "read_scope", "scope_record"]

_PER_BUCKET: Final = 8
_MOST_CLASSES: Final = 1 << 24
_FLAGS: Final = (
    "only_user_certificates",
    "only_authority_certificates",
    "only_attribute_certificates",
    "only_some_reasons",
    "indirect",
    "other_forms",
)
_NO_POINT: Final = 1 << 6
_OF_ANSWERS: Final = 1 << 7
_DIRECTORY, _ADDRESS = b"D", b"U"


def scope_record(scope: Scope) -> tuple[int, bytes]:
    """Return flags and names of a scope as they are kept."""
    if scope is None:
        return _NO_POINT, b""
    if isinstance(scope, str):
        return _OF_ANSWERS, b""
    flags = sum(getattr(scope, name) << place for place, name in enumerate(_FLAGS))
    names = [(_DIRECTORY, one) for one in scope.directory_names]
    names += [(_ADDRESS, one.encode()) for one in scope.uris]
    return flags, b"".join(kind + len(one).to_bytes(4, "little") + one for kind, one in names)


def read_scope(flags: int, record: bytes) -> Scope:
    """Return the scope of a record; ``ValueError`` when it is none."""
    if flags & _NO_POINT:
        return None
    if flags & _OF_ANSWERS:
        return ANSWERS
    names: dict[bytes, list[bytes]] = {_DIRECTORY: [], _ADDRESS: []}
    at = 0
    while at < len(record):
        length = int.from_bytes(record[at + 1 : at + 5], "little")
        names.setdefault(record[at : at + 1], []).append(record[at + 5 : at + 5 + length])
        at += 5 + length
    if at != len(record) or len(names) != 2:
        raise ValueError("a scope that cannot be")
    return IssuingDistributionPoint(
        directory_names=tuple(names[_DIRECTORY]),
        uris=tuple(one.decode() for one in names[_ADDRESS]),
        **{name: bool(flags >> place & 1) for place, name in enumerate(_FLAGS)},
    )


@dataclass(frozen=True, slots=True)
class _Classes:
    """The classes so far: first list, last list, reason."""

    first: list[Array]
    last: list[Array]
    reason: list[Array]

    def coded(self, span: Span, lists: int, offset: int, base: int) -> tuple[Array, int]:
        """Return the class of each row of a series, and how many classes are new."""
        packed = span.first.astype(np.uint64) * np.uint64(lists) + span.last
        packed = packed * np.uint64(256) + span.reasons
        if len(packed) and int(packed.max()) < 1 << 20:
            found = np.flatnonzero(np.bincount(packed.astype(np.int64)))
            place = np.zeros(int(packed.max()) + 1, dtype=np.uint32)
            place[found] = np.arange(base, base + len(found), dtype=np.uint32)
            codes = place[packed]
        else:
            found, inverse = np.unique(packed, return_inverse=True)
            codes = (inverse + base).astype(np.uint32)
        found = found.astype(np.uint64)
        self.reason.append((found % np.uint64(256)).astype(np.uint8))
        both = found // np.uint64(256)
        self.first.append((both // np.uint64(lists) + np.uint64(offset)).astype(np.uint32))
        self.last.append((both % np.uint64(lists) + np.uint64(offset)).astype(np.uint32))
        return codes, len(found)


class SectionDraft:
    """One authority's series while an index is built."""

    def __init__(self, authority: AuthorityCertificate | Issuer) -> None:
        if isinstance(authority, Issuer):
            self.issuer, self.purpose = authority, ""
        else:
            self.issuer, self.purpose = Issuer.of(authority), authority.purpose.value
        self.series: dict[Scope, Series] = {}

    def __repr__(self) -> str:
        return f"<SectionDraft, {len(self.series)} series>"

    def of(self, scope: Scope) -> Series:
        """Return the series of a scope, a new one if there is none."""
        return self.series.setdefault(scope, Series(scope))

    def resumed(
        self,
        scope: Scope,
        lists: Iterable[KnownList],
        refused: Iterable[RefusedList],
        narrow: Span,
        wide: Span,
    ) -> None:
        """Take over a series as it stands in an index."""
        self.series[scope] = Series.resumed(scope, lists, refused, narrow, wide)

    def arrays(self) -> tuple[dict[str, Array], dict[str, object]]:
        """Return the arrays of the section, and what the directory says of it."""
        ordered = sorted(self.series.values(), key=lambda one: scope_record(one.scope))
        narrow, wide, classes = _coded(ordered)
        arrays = {**_narrow_arrays(*narrow), **_wide_arrays(*wide)}
        shift = _shift(arrays["serials"])
        arrays["buckets"] = _buckets(arrays["serials"], shift)
        joined = {"first": classes.first, "last": classes.last, "reason": classes.reason}
        for name, parts in joined.items():
            dtype = np.uint8 if name == "reason" else np.uint32
            arrays[f"class_{name}"] = np.concatenate([np.zeros(0, dtype=dtype), *parts])
        arrays |= _list_arrays("list", _numbered(one.lists for one in ordered))
        refused = [(n, each) for n, one in enumerate(ordered) for each in one.refused]
        arrays |= _list_arrays("refused", [(n, each.known) for n, each in refused])
        arrays |= _scope_arrays([one.scope for one in ordered])
        return arrays, {
            **self._who(),
            "shift": shift,
            "refused": [[each.code, dict(each.facts)] for _, each in refused],
        }

    def _who(self) -> dict[str, object]:
        return {
            "name": self.issuer.name.hex(),
            "key": hashlib.sha256(self.issuer.key_bits).hexdigest(),
            "key_id": (self.issuer.subject_key_id or b"").hex(),
            "purpose": self.purpose,
        }


def _numbered(lists: Iterable[Sequence[KnownList]]) -> list[tuple[int, KnownList]]:
    return [(number, one) for number, each in enumerate(lists) for one in each]


def _coded(
    ordered: Sequence[Series],
) -> tuple[tuple[list[Span], list[Array]], tuple[list[Span], list[Array]], _Classes]:
    classes = _Classes([], [], [])
    kinds: tuple[tuple[list[Span], list[Array]], ...] = (([], []), ([], []))
    offset = base = 0
    for series in ordered:
        rows = series.rows()
        count = max(len(series.lists), 1)
        for (spans, codes), span in zip(kinds, (rows.narrow, rows.wide), strict=True):
            coded, new = classes.coded(span, count, offset, base)
            base += new
            spans.append(span)
            codes.append(coded)
        offset += len(series.lists)
    if base > _MOST_CLASSES:
        raise UnusableSource(
            "the lists",
            f"{base} combinations of partition, reason and time listed, where an index can hold "
            f"{_MOST_CLASSES}",
            hint="build one index from fewer days, or one for each authority",
        )
    return kinds[0], kinds[1], classes


def _narrow_arrays(spans: list[Span], codes: list[Array]) -> dict[str, Array]:
    serials = _flat([one.keys for one in spans], np.uint32)
    order = None
    if len(serials) > 1 and not bool((serials[1:] >= serials[:-1]).all()):
        # Number and place in eight bytes sort much faster than an order of numbers does.
        packed = serials.astype(np.uint64)
        packed <<= np.uint64(32)
        packed |= np.arange(len(serials), dtype=np.uint64)
        packed.sort()
        serials = (packed >> np.uint64(32)).astype(np.uint32)
        order = packed.astype(np.uint32)
        del packed
    times = _flat([one.times for one in spans], np.uint32)
    coded = _flat(codes, np.uint32)
    if order is not None:
        times, coded = times[order], coded[order]
    arrays = {"serials": serials, "times": times, "classes": coded.astype(np.uint16)}
    if len(coded) and int(coded.max()) > 0xFFFF:
        arrays["classes_high"] = (coded >> np.uint32(16)).astype(np.uint8)
    return arrays


def _wide_arrays(spans: list[Span], codes: list[Array]) -> dict[str, Array]:
    keys = _flat([one.keys for one in spans], WIDE_KEY)
    order = np.argsort(keys, kind="stable")
    return {
        "wide_keys": keys[order],
        "wide_times": _flat([one.times for one in spans], np.int64)[order],
        "wide_classes": _flat(codes, np.uint32)[order],
    }


def _flat(parts: list[Array], dtype: Any) -> Array:
    return np.concatenate([np.zeros(0, dtype=dtype), *parts])


def _shift(serials: Array) -> int:
    """Return how many low bits of a number's distance from the lowest one share a bucket."""
    if not len(serials):
        return 0
    reach, shift = int(serials[-1]) - int(serials[0]), 0
    while reach >> shift > max(len(serials) // _PER_BUCKET, 1):
        shift += 1
    return shift


def _buckets(serials: Array, shift: int) -> Array:
    """Return where each bucket begins, and where the last one ends."""
    if not len(serials):
        return np.zeros(2, dtype=np.uint32)
    lowest = serials[0]
    count = ((int(serials[-1]) - int(lowest)) >> shift) + 1
    filled = np.bincount((serials - lowest) >> np.uint32(shift), minlength=count)
    return np.concatenate([np.zeros(1, np.uint32), np.cumsum(filled).astype(np.uint32)])


def _list_arrays(kind: str, rows: Sequence[tuple[int, KnownList]]) -> dict[str, Array]:
    return {
        f"{kind}_series": np.array([number for number, _ in rows], dtype=np.uint32),
        f"{kind}_this": np.array([one.this_update for _, one in rows], dtype=np.int64),
        f"{kind}_next": np.array([one.next_update for _, one in rows], dtype=np.int64),
        f"{kind}_numbers": np.frombuffer(
            b"".join(wide_key(one.number) for _, one in rows), dtype=WIDE_KEY
        ),
        f"{kind}_digests": np.frombuffer(b"".join(one.digest for _, one in rows), dtype="V32"),
    }


def _scope_arrays(scopes: Sequence[Scope]) -> dict[str, Array]:
    records = [scope_record(one) for one in scopes]
    ends = np.cumsum([0, *(len(record) for _, record in records)]).astype(np.uint32)
    return {
        "scope_flags": np.array([flags for flags, _ in records], dtype=np.uint8),
        "scope_ends": ends,
        "scope_names": np.frombuffer(b"".join(record for _, record in records), dtype=np.uint8),
    }
