"""What has changed from one index to another, by what the newest list of each partition says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jpki.revocation.entries import RevokedEntry
from jpki.revocation.index.answering import RevocationIndex
from jpki.revocation.index.arrays import NO_REASON, Array, instant_of, np, serial_of_key
from jpki.revocation.index.reading import Section
from jpki.revocation.index.series import Scope, Span

__all__ = ["Change", "changes"]


@dataclass(frozen=True, slots=True)
class Change:
    """One certificate of which the newest list says otherwise than before.

    ``before`` is ``None`` for what is new on the list, ``after`` for what has left it: released
    from a hold, or gone with the certificate's expiry.
    """

    purpose: str
    scope: Scope
    serial: int
    before: RevokedEntry | None
    after: RevokedEntry | None


def changes(old: RevocationIndex, new: RevocationIndex) -> Iterator[Change]:
    """Yield what has changed, by authority, partition and number.

    Only partitions that both have are compared, and OCSP answers are not: one that is missing says
    nothing about its certificates.
    """
    for section in new.sections:
        before = next((one for one in old.sections if _same(one, section)), None)
        if before is None:
            continue
        known = dict(zip(before.scopes, before.spans(), strict=True))
        sizes = {
            scope: before.bounds[n + 1] - before.bounds[n] for n, scope in enumerate(before.scopes)
        }
        for number, (scope, spans) in enumerate(zip(section.scopes, section.spans(), strict=True)):
            count = section.bounds[number + 1] - section.bounds[number]
            if isinstance(scope, str) or not count or not sizes.get(scope):
                continue
            pairs = zip(known[scope], spans, strict=True)
            for wide, (was, now) in enumerate(pairs):
                yield from _changed(
                    section.purpose,
                    scope,
                    _newest(was, sizes[scope]),
                    _newest(now, count),
                    wide=bool(wide),
                )


def _same(one: Section, other: Section) -> bool:
    return one.name == other.name and one.key == other.key


def _newest(span: Span, lists: int) -> Span:
    """Return what the newest of so many lists says, in order of the numbers."""
    current = span.only(span.last == lists - 1)
    return current.only(np.argsort(current.keys, kind="stable"))


_MISSING: Final = -1


def _changed(purpose: str, scope: Scope, was: Span, now: Span, *, wide: bool) -> Iterator[Change]:
    place = _places(was, now.keys)
    there = place != _MISSING
    same = np.zeros(len(now), dtype=bool)
    same[there] = (was.times[place[there]] == now.times[there]) & (
        was.reasons[place[there]] == now.reasons[there]
    )
    gone = _places(now, was.keys) == _MISSING
    found = [(_serial(now, n, wide=wide), place[n], n) for n in np.flatnonzero(~same).tolist()]
    left = [(_serial(was, n, wide=wide), n, _MISSING) for n in np.flatnonzero(gone).tolist()]
    for serial, before, after in sorted([*found, *left]):
        yield Change(purpose, scope, serial, _entry(was, int(before)), _entry(now, after))


def _places(span: Span, keys: Array) -> Array:
    """Return where each key stands in a span, -1 where it does not."""
    if not len(span):
        return np.full(len(keys), _MISSING)
    place = np.minimum(np.searchsorted(span.keys, keys), len(span) - 1)
    return np.where(span.keys[place] == keys, place, _MISSING)


def _serial(span: Span, place: int, *, wide: bool) -> int:
    return serial_of_key(bytes(span.keys[place])) if wide else int(span.keys[place])


def _entry(span: Span, place: int) -> RevokedEntry | None:
    if place == _MISSING:
        return None
    reason = int(span.reasons[place])
    return RevokedEntry(instant_of(int(span.times[place])), None if reason == NO_REASON else reason)
