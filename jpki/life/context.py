"""What the rules may see besides the event: fields worked out from the holder's state.

A field listed as ``context`` of an event in the rule tables is computed here by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jpki.jst import day
from jpki.law import Rulebook
from jpki.life import events as ev
from jpki.life.state import CertificateRecord, Person

__all__ = ["CONTEXT", "Case"]


@dataclass(frozen=True, slots=True)
class Case:
    """An event, the person it happened to, and the certificate asked about (None: the card)."""

    book: Rulebook
    event: ev.Event
    person: Person
    record: CertificateRecord | None


def _named(case: Case) -> bool:
    """Whether the event names this certificate's kind (and, for a leak, its authority's key)."""
    record = case.record
    if record is None:
        return False
    match case.event:
        case ev.CertificateIssued(kind=kind):
            return record.kind is kind
        case ev.IssuerKeyCompromised(kinds=kinds, generation=generation):
            return record.kind in kinds and generation in (None, record.authority.generation)
        case (
            ev.RevocationRequested(kinds=kinds)
            | ev.KeyCompromiseReported(kinds=kinds)
            | ev.RecordErrorFound(kinds=kinds)
        ):
            return record.kind in kinds
        case _:
            return False


def _excepted(case: Case) -> bool:
    """Whether it was issued between the filing of a departure and the planned day (Act 12, 31)."""
    record, move = case.record, case.person.move_out
    if record is None or move is None or move.destination is not ev.Destination.ABROAD:
        return False
    return record.issued_at >= move.filed_at and day(record.issued_at) <= move.planned_on


def _carried(case: Case) -> bool:
    """Whether the certificate carries a furigana: on record at issue, issued since 2026-05-26."""
    record = case.record
    if record is None or record.items is None or not record.items.furigana:
        return False
    return case.book.table.milestone("furigana_in_signature").in_force(day(record.issued_at))


CONTEXT: dict[str, Callable[[Case], bool]] = {
    "named": _named,
    "excepted": _excepted,
    "carried": _carried,
}
"""The function for each context field."""
