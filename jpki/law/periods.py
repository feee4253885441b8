"""Periods beside validity: renewal, a clinic's grace, consent, and the card-substitute record."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from jpki.jst import day, end_of_day, months_before, nth_birthday_after, require_aware, start_of_day
from jpki.law.evaluate import Rulebook
from jpki.law.model import FigureRow
from jpki.law.validity import Limit, Validity

__all__ = ["card_renewal_opens", "clinic_grace", "consent_period", "substitute_expiry"]


def card_renewal_opens(
    card_expires_on: date, *, abroad: bool = False, book: Rulebook | None = None
) -> Limit:
    """Return the first day on which a card can be renewed (K 29(1); abroad a year before, V-18)."""
    rules = _rules(book)
    name = "card_renewal_months_abroad" if abroad else "card_renewal_months"
    row = rules.table.figure(name, on=card_expires_on)
    return _limit(months_before(card_expires_on, int(row.value)), row)


def clinic_grace(expired_on: date, *, book: Rulebook | None = None) -> Limit:
    """Return the last day on which a clinic takes an expired authentication certificate (V-21)."""
    rules = _rules(book)
    row = rules.table.figure("clinic_grace_months", on=expired_on)
    ends = _months_after(expired_on, int(row.value))
    if rules.policies["clinic_grace_ends"] == "end_of_third_month":
        ends = ends.replace(day=monthrange(ends.year, ends.month)[1])
    return _limit(ends, row)


def consent_period(
    received_at: datetime, recorded_at: datetime, *, book: Rulebook | None = None
) -> tuple[datetime, datetime]:
    """Return the first and last instant of a consent to the four items (施行規則 35-2(4), CO-5).

    From the start of the day after it was received to the end of the same day ten years on; the
    policies ``consent_begins`` and ``consent_base`` hold the other readings.
    """
    rules = _rules(book)
    base = recorded_at if rules.policies["consent_base"] == "recorded" else received_at
    on = day(base)
    years = int(rules.table.figure("consent_years", on=on).value)
    begins = start_of_day(on + timedelta(days=1))
    if rules.policies["consent_begins"] == "same_instant":
        begins = require_aware(base)
    return begins, end_of_day(_months_after(on, 12 * years))


def substitute_expiry(
    issued_on: date,
    birth_date: date,
    *,
    card_expires_on: date,
    signature_expires_on: date,
    book: Rulebook | None = None,
) -> Validity:
    """Return when a card-substitute record ends (番号法 18-2(5), (9); K 39-8).

    After a month, on the eve of the next birthday, with the card, or with the card's signature
    certificate, whichever comes first.
    """
    rules = _rules(book)
    figure = rules.table.figure
    month = figure("substitute_months", on=issued_on)
    ends = _months_after(issued_on, int(month.value))
    if rules.policies["substitute_month_ends"] == "day_before":
        ends -= timedelta(days=1)
    by_law = figure("substitute_months_by_law", on=issued_on)
    eve = nth_birthday_after(issued_on, birth_date, 1) - timedelta(days=1)
    limits = (
        _limit(ends, month),
        _limit(_months_after(issued_on, int(by_law.value)), by_law),
        _limit(eve, figure("substitute_ends_on_eve_of_birthday", on=issued_on)),
        _limit(card_expires_on, figure("substitute_capped_by_card", on=issued_on)),
        _limit(signature_expires_on, figure("substitute_ends_with_signature", on=issued_on)),
    )
    return Validity(min(limit.on for limit in limits), limits)


def _rules(book: Rulebook | None) -> Rulebook:
    return Rulebook.default() if book is None else book


def _months_after(on: date, months: int) -> date:
    """The same day of a later month, or its last day where there is no such day (民法 143)."""
    return months_before(on, -months)


def _limit(on: date, row: FigureRow) -> Limit:
    return Limit(on, row.id, row.note_ja, row.note_en)
