"""Publishing revocation lists: the one place where a simulated list is built and signed.

The list is written straight into DER, entry after entry, in time proportional to its length; the
profile of the real lists is not public, so what is assumed about it is a field of ``ListOptions``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from jpki import jst
from jpki.certificates import der
from jpki.certificates.names import AUTHORITY_NAMES, Name, distribution_point_name
from jpki.certificates.profile import LARGEST_ISSUE_NUMBER
from jpki.certificates.structure import SHA256_WITH_RSA, ExtensionId
from jpki.errors import ImpossibleFact
from jpki.revocation.revocation_list import RevokedEntry
from simulator.agency.authority import SimulatedAuthority
from simulator.municipalities import Municipality

__all__ = [
    "NEXT_UPDATE_AFTER",
    "UNKNOWN_EXTENSION",
    "Edition",
    "ListFlaws",
    "ListFrame",
    "ListOptions",
    "build_revocation_list",
    "list_frame",
]

NEXT_UPDATE_AFTER: Final = timedelta(hours=48)
"""Lists are made daily; how long each is good for is not published (?)."""

UNKNOWN_EXTENSION: Final = "2.25.61737.5280"
"""An extension that nobody knows (ITU-T X.667), for lists and answers that are made wrong."""

_WRITABLE_REASONS: Final = frozenset({None, 0, 1, 2, 3, 4, 5, 6, 9, 10})


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of a list: its number and how long it is the newest."""

    number: int
    this_update: datetime
    next_update: datetime

    @classmethod
    def daily(cls, number: int, this_update: datetime) -> Edition:
        """Return an edition with the usual time until the next one is due."""
        return cls(number, this_update, this_update + NEXT_UPDATE_AFTER)


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What is assumed about the real lists' profile (C), one field each.

    ``reason_codes``: every entry says why. ``distribution_point``: the list says which part of the
    certificates it speaks of, which partitioned lists have to. ``mark_authority_list``: the list of
    the authorities' own certificates says that it speaks of those only.
    """

    reason_codes: bool = True
    distribution_point: bool = True
    mark_authority_list: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class ListFlaws:
    """What is wrong with a list that is made wrong on purpose; nothing, unless it is said.

    ``key`` signs in place of the authority's, ``next_update`` is left out when false, and
    ``critical_extension`` is an identifier that no reader knows.
    """

    key: RSAPrivateKey | None = None
    next_update: bool = True
    critical_extension: str | None = None

    def __repr__(self) -> str:
        return "<ListFlaws>"


def build_revocation_list(
    authority: SimulatedAuthority,
    entries: Mapping[int, RevokedEntry],
    *,
    edition: Edition,
    municipality: Municipality | None,
    options: ListOptions | None = None,
    flaws: ListFlaws | None = None,
) -> bytes:
    """Build the list of one municipality, or of the authority itself, and return its DER.

    ``entries`` maps issue numbers to what is to be said of them, a hold being certificateHold; they
    are written in the order of their numbers, so the same facts give the same bytes. Without a
    municipality it is the authority's own list (ARL). ``flaws`` makes it wrong on purpose.
    """
    options, flaws = options or ListOptions(), flaws or ListFlaws()
    _check(entries, edition)
    frame = list_frame(
        authority, edition=edition, municipality=municipality, options=options, flaws=flaws
    )
    listed = [_entry(serial, entries[serial], options) for serial in sorted(entries)]
    tbs = der.sequence(
        frame.before,
        # RFC 5280 §5.1.2.6: no entries, no list of entries.
        *([der.sequence(*listed)] if listed else []),
        frame.after,
    )
    signature = (flaws.key or authority.key).sign(tbs, PKCS1v15(), SHA256())
    return der.sequence(tbs, SHA256_WITH_RSA, der.bit_string(signature))


@dataclass(frozen=True, slots=True)
class ListFrame:
    """What stands in the signed part before the entries and after them."""

    before: bytes
    after: bytes


def list_frame(
    authority: SimulatedAuthority,
    *,
    edition: Edition,
    municipality: Municipality | None,
    options: ListOptions,
    flaws: ListFlaws,
) -> ListFrame:
    """Return everything of a list's signed part but its entries, by the assumed profile."""
    key = (authority.hierarchy, authority.purpose)
    name = AUTHORITY_NAMES[key]
    if municipality is None:
        hangs_under = name
    else:
        hangs_under = distribution_point_name(
            *key, prefecture=municipality.prefecture, municipality=municipality.name
        )
    extensions = [_numbered(authority.certificate.subject_key_id, edition.number)]
    if options.distribution_point:
        only_authorities = municipality is None and options.mark_authority_list
        extensions.append(_distribution_point(hangs_under, only_authorities=only_authorities))
    if flaws.critical_extension is not None:
        extensions.append(_extension(flaws.critical_extension, der.null(), critical=True))
    next_update = edition.next_update if flaws.next_update else None
    before = _before(name, edition.this_update, next_update)
    return ListFrame(before, der.context(0, der.sequence(*extensions)))


# The same for all lists that an authority makes at an instant, as many as there are places.


@lru_cache(maxsize=16)
def _numbered(key_id: bytes, number: int) -> bytes:
    by = der.sequence(der.context(0, key_id, primitive=True))
    return _extension(ExtensionId.AUTHORITY_KEY_IDENTIFIER, by) + _extension(
        ExtensionId.CRL_NUMBER, der.integer(number)
    )


@lru_cache(maxsize=16)
def _before(name: Name, this_update: datetime, next_update: datetime | None) -> bytes:
    times = (this_update,) if next_update is None else (this_update, next_update)
    return b"".join((der.integer(1), SHA256_WITH_RSA, name.der, *map(der.time, times)))


def _check(entries: Mapping[int, RevokedEntry], edition: Edition) -> None:
    this_update = jst.require_aware(edition.this_update)
    if edition.number < 0 or jst.require_aware(edition.next_update) < this_update:
        raise ImpossibleFact("an edition has a number and ends after it begins")
    if any(not 0 < serial <= LARGEST_ISSUE_NUMBER for serial in entries):
        raise ImpossibleFact("an issue number has four bytes")
    if any(entry.recorded_at > this_update for entry in entries.values()):
        raise ImpossibleFact("a list cannot hold what was recorded after it was made")
    if not {entry.reason_code for entry in entries.values()} <= _WRITABLE_REASONS:
        raise ImpossibleFact("a complete list cannot give this reason")


def _entry(serial: int, entry: RevokedEntry, options: ListOptions) -> bytes:
    code = entry.reason_code if options.reason_codes else None
    return der.sequence(der.integer(serial), der.time(entry.recorded_at), *_reason(code))


@lru_cache(maxsize=16)
def _reason(code: int | None) -> tuple[bytes, ...]:
    if code is None:
        return ()
    return (der.sequence(_extension(ExtensionId.REASON_CODE, der.enumerated(code))),)


def _distribution_point(name: Name, *, only_authorities: bool) -> bytes:
    full_name = der.context(0, der.context(0, der.context(4, name.der)))
    flags = [der.context(2, b"\xff", primitive=True)] if only_authorities else []
    value = der.sequence(full_name, *flags)
    return _extension(ExtensionId.ISSUING_DISTRIBUTION_POINT, value, critical=True)


def _extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    flag: Iterable[bytes] = (der.boolean(True),) if critical else ()
    return der.sequence(der.object_identifier(oid), *flag, der.octet_string(value))
