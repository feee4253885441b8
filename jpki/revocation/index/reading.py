"""An index opened: its sections by authority, and what they hold of a certificate."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jpki.certificates import AuthorityCertificate
from jpki.errors import MalformedIndex
from jpki.revocation.entries import RevokedEntry
from jpki.revocation.index.arrays import (
    GOOD,
    NO_REASON,
    UNKNOWN,
    Array,
    instant_of,
    np,
    serial_of_key,
    wide_key,
)
from jpki.revocation.index.container import Container, open_container
from jpki.revocation.index.finding import WideOrder
from jpki.revocation.index.sections import read_scope
from jpki.revocation.index.series import ANSWERS, KnownList, RefusedList, Scope, Span
from jpki.revocation.parties import Issuer, Subject

__all__ = ["FoundRow", "OpenIndex", "Section"]


_REASON_WORDS: Final = {NO_REASON: "none", GOOD: "good", UNKNOWN: "unknown"}
_FARTHEST: Final = 1 << 159
"""Numbers of twenty octets end here."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """What lists in a row say of a certificate: from list ``first`` to ``last`` of the section.

    ``said`` is ``GOOD`` or ``UNKNOWN`` where an OCSP answer says so, else the entry says it.
    """

    first: int
    last: int
    entry: RevokedEntry | None
    said: int


class Section:
    """What one authority's lists say."""

    def __init__(self, container: Container, number: int, said: Mapping[str, Any]) -> None:
        self._container = container
        self._number = number
        self._said = said

    def __repr__(self) -> str:
        return f"<Section of {self.entries} entries>"

    @property
    def purpose(self) -> str:
        """The purpose of the authority's certificates."""
        return str(self._said["purpose"])

    @property
    def name(self) -> bytes:
        """The authority's DER name."""
        return bytes.fromhex(self._said["name"])

    @property
    def key_id(self) -> bytes:
        """The authority's key identifier."""
        return bytes.fromhex(self._said["key_id"])

    @property
    def key(self) -> str:
        """The SHA-256 of the bits of the authority's key."""
        return str(self._said["key"])

    @property
    def shift(self) -> int:
        """How many low bits of a number's distance from the lowest one share a bucket."""
        return int(self._said["shift"])

    @property
    def entries(self) -> int:
        """How many rows there are, narrow and wide."""
        return len(self.array("serials")) + len(self.array("wide_keys"))

    def is_of(self, issuer: Issuer) -> bool:
        """Tell whether this authority's lists are in here."""
        key = hashlib.sha256(issuer.key_bits).hexdigest()
        return self.name == issuer.name and self.key == key

    def array(self, name: str) -> Array:
        """Return one of the section's arrays."""
        return self._container.array(f"{self._number}/{name}")

    def has(self, name: str) -> bool:
        """Tell whether the section has an array."""
        return self._container.has(f"{self._number}/{name}")

    @cached_property
    def codes(self) -> Array:
        """The class of each narrow row."""
        low = self.array("classes")
        if not self.has("classes_high"):
            return low
        return low.astype(np.uint32) | self.array("classes_high").astype(np.uint32) << np.uint32(16)

    def narrow_codes(self, rows: Array) -> Array:
        """The classes of some narrow rows."""
        codes = self.array("classes")[rows].astype(np.int64)
        if self.has("classes_high"):
            codes |= self.array("classes_high")[rows].astype(np.int64) << 16
        return codes

    @cached_property
    def wide_order(self) -> WideOrder:
        """The order in which wide keys are found."""
        return WideOrder.of(self.array("wide_keys"))

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """The scope of each series."""
        names, ends = self.array("scope_names").tobytes(), self.array("scope_ends").tolist()
        try:
            return tuple(
                read_scope(flags, names[ends[place] : ends[place + 1]])
                for place, flags in enumerate(self.array("scope_flags").tolist())
            )
        except (ValueError, IndexError):
            raise self._damaged("a partition") from None

    @cached_property
    def series_of_point(self) -> Mapping[bytes | str | None, tuple[int, ...]]:
        """The series that name a point or an address; under ``None`` those that name none."""
        found: dict[bytes | str | None, list[int]] = {}
        for number, scope in enumerate(self.scopes):
            if isinstance(scope, str):
                continue
            names: list[bytes | str | None] = []
            if scope is not None:
                names += scope.directory_names
                names += scope.uris
            for name in names or [None]:
                found.setdefault(name, []).append(number)
        return {name: tuple(numbers) for name, numbers in found.items()}

    def series_about(self, subject: Subject) -> list[int]:
        """Return the series whose names fit the subject, and those that name nothing."""
        names: tuple[bytes | str | None, ...] = (*subject.points, *subject.addresses, None)
        found = {one for name in names for one in self.series_of_point.get(name, ())}
        return sorted(found)

    @cached_property
    def lists(self) -> tuple[KnownList, ...]:
        """The lists that can be used, series after series, each from the oldest to the newest."""
        return tuple(self._lists("list"))

    @cached_property
    def refused(self) -> tuple[tuple[int, RefusedList], ...]:
        """The lists that cannot be used, with their series."""
        series = self.array("refused_series").tolist()
        return tuple(
            (number, RefusedList(known, code, tuple(sorted(facts.items()))))
            for number, known, (code, facts) in zip(
                series, self._lists("refused"), self._said["refused"], strict=True
            )
        )

    def _lists(self, kind: str) -> Iterator[KnownList]:
        columns = (self.array(f"{kind}_{name}").tolist() for name in ("this", "next"))
        keys = (bytes(one) for one in self.array(f"{kind}_numbers"))
        digests = (bytes(one) for one in self.array(f"{kind}_digests"))
        for this, until, key, digest in zip(*columns, keys, digests, strict=True):
            yield KnownList(this, serial_of_key(key), digest, until)

    @cached_property
    def bounds(self) -> tuple[int, ...]:
        """Where the lists of each series begin, and where the last ones end."""
        numbers = np.arange(len(self.scopes) + 1)
        found = np.searchsorted(self.array("list_series"), numbers)
        return tuple(found.tolist())

    @cached_property
    def answers(self) -> int | None:
        """The series of OCSP answers, if there are any."""
        return next((n for n, one in enumerate(self.scopes) if one == ANSWERS), None)

    def find(self, serial: int) -> list[FoundRow]:
        """Return every row about a number."""
        found: list[FoundRow] = []
        if not -_FARTHEST <= serial < _FARTHEST:
            return found
        if 0 <= serial < 1 << 32:
            found += self._narrow(serial)
        if len(self.array("wide_keys")):
            found += self._wide(serial)
        return sorted(found, key=lambda one: (one.first, one.last))

    def _narrow(self, serial: int) -> Iterator[FoundRow]:
        serials = self.array("serials")
        # With a number of the same type: a Python int may turn the whole column into floats.
        place = int(np.searchsorted(serials, np.uint32(serial)))
        while place < len(serials) and int(serials[place]) == serial:
            yield self._row(int(self.array("times")[place]), self._code(place))
            place += 1

    def _code(self, place: int) -> int:
        code = int(self.array("classes")[place])
        if self.has("classes_high"):
            code |= int(self.array("classes_high")[place]) << 16
        return code

    def _wide(self, serial: int) -> Iterator[FoundRow]:
        keys = self.array("wide_keys")
        wanted = wide_key(serial)
        place = bisect_left(keys, wanted, key=bytes)
        while place < len(keys) and bytes(keys[place]) == wanted:
            code = int(self.array("wide_classes")[place])
            yield self._row(int(self.array("wide_times")[place]), code)
            place += 1

    def _row(self, seconds: int, code: int) -> FoundRow:
        if code >= len(self.array("class_reason")):
            raise self._damaged("a class")
        reason = int(self.array("class_reason")[code])
        first, last = int(self.array("class_first")[code]), int(self.array("class_last")[code])
        if reason in (GOOD, UNKNOWN):
            return FoundRow(first, last, None, reason)
        written = None if reason == NO_REASON else reason
        return FoundRow(first, last, RevokedEntry(instant_of(seconds), written), reason)

    def names(self, serial: int) -> bool:
        """Tell whether any row is about a number, whatever it says."""
        numbers, buckets, lowest, reach, shift, has_wide = self._quick
        distance = serial - lowest
        if 0 <= distance <= reach:
            bucket = distance >> shift
            stop = buckets[bucket + 1]
            place = bisect_left(numbers, serial, buckets[bucket], stop)
            if place < stop and numbers[place] == serial:
                return True
        return has_wide and bool(self.find(serial))

    @cached_property
    def _quick(self) -> tuple[memoryview, memoryview, int, int, int, bool]:
        numbers = memoryview(self.array("serials").data)
        lowest, reach = (numbers[0], numbers[-1] - numbers[0]) if len(numbers) else (0, -1)
        buckets = memoryview(self.array("buckets").data)
        has_wide = len(self.array("wide_keys")) > 0
        return numbers, buckets, lowest, reach, self.shift, has_wide

    def by_reason(self) -> dict[str, int]:
        """Return how many rows there are of each reason code, ``none`` for those without one."""
        reasons = self.array("class_reason")
        found: dict[str, int] = {}
        for codes in (self.codes, self.array("wide_classes")):
            counts = np.bincount(codes, minlength=len(reasons))
            for reason, count in zip(reasons.tolist(), counts.tolist(), strict=True):
                name = _REASON_WORDS.get(reason, str(reason))
                found[name] = found.get(name, 0) + count
        return {name: count for name, count in sorted(found.items()) if count}

    def made(self, known: KnownList) -> datetime:
        """Return when a list was made."""
        return instant_of(known.this_update)

    def check_codes(self, codes: Array) -> None:
        """Raise ``MalformedIndex`` for a class that there is not."""
        if len(codes) and int(codes.max()) >= len(self.array("class_reason")):
            raise self._damaged("a class")

    def spans(self) -> Iterator[tuple[Span, Span]]:
        """Yield the rows of each series, with lists counted in the series."""
        kinds = []
        for keys, times, codes in (
            (self.array("serials"), self.array("times"), self.codes),
            (self.array("wide_keys"), self.array("wide_times"), self.array("wide_classes")),
        ):
            first, last = self.array("class_first")[codes], self.array("class_last")[codes]
            series = self.array("list_series")[first]
            order = np.argsort(series, kind="stable")
            starts = np.searchsorted(series[order], np.arange(len(self.scopes) + 1))
            reasons = self.array("class_reason")[codes]
            kinds.append((Span(keys, times, reasons, first, last), order, starts))
        for number in range(len(self.scopes)):
            begin = np.uint32(self.bounds[number])
            both = []
            for span, order, starts in kinds:
                part = span.only(order[starts[number] : starts[number + 1]])
                both.append(
                    Span(
                        part.keys,
                        part.times,
                        part.reasons,
                        (part.first - begin).astype(np.uint16),
                        (part.last - begin).astype(np.uint16),
                    )
                )
            yield both[0], both[1]

    def _damaged(self, what: str) -> MalformedIndex:
        return MalformedIndex(
            f"{what} is named that there is not: the index is damaged",
            source=str(self._container.path),
        )


class OpenIndex:
    """A mapped index: its sections."""

    def __init__(self, container: Container) -> None:
        self._container = container
        try:
            self.sections = tuple(
                Section(container, number, said)
                for number, said in enumerate(container.said["sections"])
            )
        except (KeyError, TypeError):
            raise MalformedIndex(
                "the directory says what cannot be", source=str(container.path)
            ) from None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path.name}, {self.size} bytes>"

    @classmethod
    def _opened(cls, path: Path) -> Container:
        return open_container(path)

    @property
    def path(self) -> Path:
        """The file."""
        return self._container.path

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self._container.size

    @property
    def fingerprint(self) -> bytes:
        """A digest that no other index has."""
        return self._container.fingerprint

    def verify(self, *, progress: Callable[[int, int], None] | None = None) -> None:
        """Check every byte of the file; ``MalformedIndex`` names the first block that is damaged.

        ``progress`` is told how many bytes of how many are done.
        """
        self._container.verify(progress=progress)

    def section(self, authority: AuthorityCertificate | Issuer) -> Section | None:
        """Return the section of an authority, by its name and key."""
        issuer = authority if isinstance(authority, Issuer) else Issuer.of(authority)
        return next((one for one in self.sections if one.is_of(issuer)), None)
