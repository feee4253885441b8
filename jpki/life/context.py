"""What the rules may see besides the event: fields worked out from the holder's state.

A field listed as ``context`` of an event in the rule tables is computed here by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jpki.jst import day
from jpki.law import Rulebook
from jpki.law.model import Value
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
            | ev.IssueAbandoned(kinds=kinds)
        ):
            return record.kind in kinds
        case _:
            return False


def _excepted(case: Case) -> bool:
    """Whether it was issued between the filing of a departure and the planned day (Act 12, 31).

    What was issued before the amendment of 2024-05-27 keeps the old rule, which has no exception.
    """
    record, move = case.record, case.person.move_out
    if record is None or move is None or move.destination is not ev.Destination.ABROAD:
        return False
    if not case.book.table.milestone("overseas_use").in_force(day(record.issued_at)):
        return False
    return record.issued_at >= move.filed_at and day(record.issued_at) <= move.planned_on


def _carried(case: Case) -> bool:
    """Whether the certificate carries a furigana: on record at issue, issued since 2026-05-26."""
    record = case.record
    if record is None or record.items is None or not record.items.furigana:
        return False
    return case.book.table.milestone("furigana_in_signature").in_force(day(record.issued_at))


def _added(case: Case) -> bool:
    """Whether a former name or alias is recorded where there was none."""
    match case.event:
        case ev.ResidentRecordAmended(item=ev.RecordItem.FORMER_NAME):
            return not case.person.items.former_name
        case ev.ResidentRecordAmended(item=ev.RecordItem.ALIAS):
            return not case.person.items.alias
        case _:
            return False


def _returning(case: Case) -> bool:
    """Whether a move in is the return of a holder abroad, which ends the supplement's address."""
    return case.person.register is ev.Register.FAMILY_REGISTER_SUPPLEMENT


def _awaited(case: Case) -> str:
    """Whether a move in still waits for the card, and whether it was a return from abroad."""
    if case.person.card_awaited_since is None:
        return "nothing"
    return "card_from_abroad" if case.person.card_awaited_from_abroad else "card"


CONTEXT: dict[str, Callable[[Case], Value]] = {
    "added": _added,
    "awaited": _awaited,
    "carried": _carried,
    "excepted": _excepted,
    "named": _named,
    "returning": _returning,
}
"""The function for each context field."""
