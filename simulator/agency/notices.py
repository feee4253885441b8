"""What the agency tells holders and the public, worked out from its own log.

It must notify the holder of an error in its records (Act 15(2), 34(2)) and publish that an issuer's
key leaked (15(3), 34(3); 施行規則 23). In practice a notice of renewal comes two to three months
before the end (V-19); here it comes on the first day of that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from jpki.jst import day, months_before
from jpki.life import Recorded, State
from jpki.life.events import IssuerKeyCompromised, RecordErrorFound
from jpki.terms import CertificateKind, Medium

__all__ = ["Notice", "NoticeKind", "notices"]

_MONTHS_AHEAD = 3


class NoticeKind(StrEnum):
    """Why somebody is told something."""

    RECORD_ERROR = "record_error"
    ISSUER_KEY = "issuer_key"
    RENEWAL = "renewal"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to a person, or to the public when ``person`` is None, on a Japan day."""

    kind: NoticeKind
    on: date
    certificates: tuple[CertificateKind, ...]
    person: str | None = None


def notices(entries: Iterable[Recorded], state: State) -> tuple[Notice, ...]:
    """Return every notice sent by the state's instant, in order of day."""
    known = [entry for entry in entries if entry.recorded_at <= state.at]
    return tuple(sorted([*_of_the_act(known), *_of_renewal(state)], key=lambda each: each.on))


def _of_the_act(entries: Iterable[Recorded]) -> Iterator[Notice]:
    for entry in entries:
        match entry.event:
            case RecordErrorFound(person=person, kinds=kinds):
                yield Notice(NoticeKind.RECORD_ERROR, day(entry.recorded_at), kinds, person)
            case IssuerKeyCompromised(kinds=kinds):
                yield Notice(NoticeKind.ISSUER_KEY, day(entry.recorded_at), kinds)


def _of_renewal(state: State) -> Iterator[Notice]:
    """A phone's certificates end with the card's and are enrolled anew, so none is sent for them.

    Nobody is told of a certificate that had lost effect by the day of its notice.
    """
    for record in state.certificates.values():
        on = months_before(record.expires_on, _MONTHS_AHEAD)
        lapsed = record.lapse is not None and day(record.lapse.recorded_at) <= on
        due = day(record.issued_at) < on <= day(state.at)
        if record.kind.medium is Medium.CARD and due and not lapsed:
            yield Notice(NoticeKind.RENEWAL, on, (record.kind,), record.person)
