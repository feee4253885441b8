"""What the agency answers a verifier beyond status: the four items, and linked serial numbers.

Both are pure questions about a state; nothing is recorded. An answer names the row that decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from jpki.errors import ImpossibleFact, NotPermitted
from jpki.jst import day, require_aware
from jpki.law import VerifierRole
from jpki.law.model import Row
from jpki.law.resets import link_row
from jpki.life.events import ConsentItem, FourItems
from jpki.life.state import CertificateRecord, CertificateState, Consent, State
from jpki.terms import CertificateKind, Purpose

__all__ = ["FourItemsAnswer", "LinkedSerial", "four_items_answer", "linked_serial"]


@dataclass(frozen=True, slots=True)
class FourItemsAnswer:
    """What a verifier is told: the successor's serial number and items, or why nothing is.

    ``rule`` is the id of the row that decided, ``basis`` its words. Items never show in a ``repr``.
    """

    rule: str
    basis: str
    serial: int | None = None
    items: dict[ConsentItem, str] = field(default_factory=dict, repr=False)

    @property
    def given(self) -> bool:
        """Whether anything was provided."""
        return self.serial is not None


@dataclass(frozen=True, slots=True)
class LinkedSerial:
    """The serial number another leads to, or None, and the row that decided."""

    rule: str
    basis: str
    serial: int | None = None


def four_items_answer(
    state: State, verifier: str, serial: int, *, at: datetime | None = None
) -> FourItemsAnswer:
    """Return what the agency tells ``verifier`` who asks about a signature certificate it verified.

    Act 18(3), 19(5): the certificate is dead, a live successor of the same kind exists, and a
    consent is on record. ``at`` defaults to the state's instant and cannot lie before it.
    """
    instant = _instant(state, at)
    record = state.certificate(serial, purpose=Purpose.SIGNATURE)
    opened = state.book.table.milestone("four_items_service")
    if not opened.in_force(day(instant)):
        return _nothing(state, opened.id)
    consent, refusal = _consent(state, record, verifier, instant)
    if consent is None:
        return _nothing(state, refusal)
    if record.kind not in consent.verified or record.live_at(instant):
        return _nothing(state, "VS-4")
    successor = state.live(record.person, record.kind, at=instant)
    if successor is None or successor.state_at(instant) is not CertificateState.ACTIVE:
        other = state.live(record.person, record.kind.partner, at=instant)
        return _nothing(state, "CO-7" if other is None else "CO-8")
    row = state.book.table.row("VS-4")
    items = {item: _value(state, item, successor) for item in consent.items}
    return FourItemsAnswer(row.id, _basis(state, row), successor.serial, items)


def linked_serial(
    state: State,
    serial: int,
    to: CertificateKind,
    *,
    roles: Iterable[VerifierRole],
    purpose: Purpose | None = None,
    at: datetime | None = None,
) -> LinkedSerial:
    """Return the serial number of kind ``to`` that goes with ``serial`` (Act 18(4), (5), 37(3)).

    :class:`~jpki.errors.NotPermitted` when a role is missing. None where the Act knows no such way,
    where there is no certificate of the kind still in its period, and, by the policy
    ``linked_serial_of_revoked``, where it is revoked.
    """
    instant = _instant(state, at)
    record = state.certificate(serial, purpose=purpose)
    row = link_row(state.book.table, record.kind, to, on=day(instant))
    basis = _basis(state, row)
    if not row.allowed:
        return LinkedSerial(row.id, basis)
    held = frozenset(roles)
    for role in row.roles:
        if role not in held:
            raise NotPermitted(role.value, f"the serial number of a {to.value}", basis=basis)
    return LinkedSerial(row.id, basis, _linked(state, record, to, instant))


def _linked(
    state: State, record: CertificateRecord, to: CertificateKind, at: datetime
) -> int | None:
    live = state.live(record.person, to, at=at)
    if live is not None:
        return live.serial
    latest = state.latest(record.person, to)
    revoked_too = state.book.policies["linked_serial_of_revoked"]
    if latest is None or at > latest.valid_until or not revoked_too:
        return None
    return latest.serial


def _consent(
    state: State, record: CertificateRecord, verifier: str, at: datetime
) -> tuple[Consent | None, str]:
    """The consent that stands, or the id of the row by which none does."""
    given = [each for each in state.person(record.person).consents if each.verifier == verifier]
    for consent in given:
        if consent.stands_at(at):
            return consent, ""
    if not given:
        return None, "CO-1"
    last = given[-1]
    if last.withdrawn_at is not None and last.withdrawn_at <= at:
        return None, "CO-9"
    return None, "CO-4" if at > last.ends_at else "CO-5"


def _value(state: State, item: ConsentItem, successor: CertificateRecord) -> str:
    items = successor.items
    if items is None:
        raise ImpossibleFact("only a signature certificate carries the four items")
    match item:
        case ConsentItem.NAME:
            return _name(state, items, day(successor.issued_at))
        case ConsentItem.BIRTH_DATE:
            return items.birth_date.isoformat()
        case ConsentItem.SEX:
            return items.sex.value
        case ConsentItem.ADDRESS:
            return items.address


def _name(state: State, items: FourItems, issued_on: date) -> str:
    """The name with former name or alias, and with the furigana the certificate carries (CO-12)."""
    carries = state.book.table.milestone("furigana_in_signature").in_force(issued_on)
    parts = [items.name, items.former_name, items.alias, items.furigana if carries else ""]
    return " ".join(part for part in parts if part)


def _instant(state: State, at: datetime | None) -> datetime:
    instant = state.at if at is None else require_aware(at)
    if instant < state.at:
        raise ImpossibleFact("this state is later than the instant asked about; fold to it instead")
    return instant


def _nothing(state: State, row_id: str) -> FourItemsAnswer:
    row = state.book.table.row(row_id)
    return FourItemsAnswer(row.id, _basis(state, row))


def _basis(state: State, row: Row) -> str:
    return state.book.table.basis_ja(row)
