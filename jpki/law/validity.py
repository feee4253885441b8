"""When cards and certificates end: named functions, each with its reasons.

Every function returns a :class:`Validity`: the last day (validity ends at the end of it, Japan
time) and each limit that was considered with the id of the row in ``validity.toml`` behind it, so
that the one that decided can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from jpki.errors import ImpossibleFact
from jpki.jst import age_on, months_before, nth_birthday_after
from jpki.law.evaluate import Rulebook
from jpki.law.model import FigureRow, Subject
from jpki.terms import CertificateKind, Medium

__all__ = [
    "BirthdayCount",
    "Limit",
    "Validity",
    "authentication_expiry",
    "card_expiry",
    "five_or_six",
    "mobile_expiry",
    "signature_expiry",
]


@dataclass(frozen=True, slots=True)
class Limit:
    """A day beyond which validity cannot go, and the row that says so."""

    on: date
    rule: str
    note_ja: str
    note_en: str


@dataclass(frozen=True, slots=True)
class Validity:
    """The last day of validity and every limit that was considered."""

    ends_on: date
    limits: tuple[Limit, ...]

    @property
    def decided_by(self) -> tuple[Limit, ...]:
        """The limits that fall on the last day itself."""
        return tuple(limit for limit in self.limits if limit.on == self.ends_on)


@dataclass(frozen=True, slots=True)
class BirthdayCount:
    """To which birthday a certificate runs, and the row that says so (施行規則 13, 49)."""

    birthdays: int
    rule: str


def card_expiry(
    made_on: date,
    birth_date: date,
    *,
    issued_on: date | None = None,
    residence_ends_on: date | None = None,
    transitional_from: date | None = None,
    early_renewal: bool = False,
    book: Rulebook | None = None,
) -> Validity:
    """Return when a card ends: the 10th or 5th birthday, or the residence period (K 26, 27, 29).

    The count starts on the day the card was made, before 2024-05-27 on the day of issue
    (``issued_on``; without it the day made is taken). ``residence_ends_on`` is for foreign
    residents other than permanent residents, ``transitional_from`` the first day of a transitional
    stay after birth in Japan or loss of nationality. ``early_renewal`` counts one birthday more.
    """
    rules = _book(book)
    counts_from = rules.table.figure("card_counts_from", on=made_on)
    start = made_on if counts_from.value == "made" or issued_on is None else issued_on
    _not_before_birth(start, birth_date)
    threshold = rules.table.figure("card_adult_age", on=start)
    adult = _age(start, birth_date, rules) >= int(threshold.value)
    row = rules.table.figure("card_birthdays_adult" if adult else "card_birthdays_minor", on=start)
    birthdays = int(row.value)
    if early_renewal:
        birthdays += int(rules.table.figure("card_birthdays_early_renewal", on=start).value)
    leap_day = str(rules.table.figure("card_leap_day_birthday", on=start).value)
    limits = [_limit(nth_birthday_after(start, birth_date, birthdays, leap_day=leap_day), row)]
    if residence_ends_on is not None:
        limits.append(
            _limit(residence_ends_on, rules.table.figure("card_capped_by_residence", on=start))
        )
    if transitional_from is not None:
        stay = rules.table.figure("transitional_stay_days", on=start)
        limits.append(_limit(transitional_from + timedelta(days=int(stay.value)), stay))
    return _earliest(limits)


def five_or_six(
    kind: CertificateKind,
    *,
    applied_on: date,
    current_expires_on: date | None,
    revocation_requested: bool = True,
    book: Rulebook | None = None,
) -> BirthdayCount:
    """Return to which birthday a new card certificate runs (施行規則 13(i), 49(i); V-2 to V-4).

    Six only when the current certificate of the kind is still in its period with less than three
    months left, and the holder files a request to revoke it; otherwise five.
    """
    rules = _book(book)
    name = _name(kind) + "_birthdays"
    renewal = (
        revocation_requested
        and current_expires_on is not None
        and _first_renewal_day(current_expires_on, applied_on, rules)
        <= applied_on
        <= current_expires_on
    )
    row = rules.table.figure(name + "_renewal" if renewal else name, on=applied_on)
    return BirthdayCount(int(row.value), row.id)


def authentication_expiry(
    issued_on: date,
    birth_date: date,
    *,
    card_expires_on: date,
    count: BirthdayCount | None = None,
    book: Rulebook | None = None,
) -> Validity:
    """Return when a card authentication certificate ends (施行規則 49).

    The fifth or sixth birthday after the day of issue, never beyond the card. ``count`` comes from
    :func:`five_or_six`; without it the certificate is a first one.
    """
    rules = _book(book)
    kind = CertificateKind.CARD_AUTHENTICATION
    return _earliest(
        [
            _birthday_limit(kind, issued_on, birth_date, count, rules),
            _limit(
                card_expires_on, rules.table.figure("authentication_capped_by_card", on=issued_on)
            ),
        ]
    )


def signature_expiry(
    issued_on: date,
    birth_date: date,
    *,
    card_expires_on: date,
    authentication_expires_on: date | None,
    count: BirthdayCount | None = None,
    book: Rulebook | None = None,
) -> Validity:
    """Return when a card signature certificate ends (施行規則 13).

    The fifth or sixth birthday after the day of issue, never beyond the card, nor beyond the
    authentication certificate if the holder has one (V-5).
    """
    rules = _book(book)
    kind = CertificateKind.CARD_SIGNATURE
    limits = [
        _birthday_limit(kind, issued_on, birth_date, count, rules),
        _limit(card_expires_on, rules.table.figure("signature_capped_by_card", on=issued_on)),
    ]
    if authentication_expires_on is not None:
        row = rules.table.figure("signature_capped_by_authentication", on=issued_on)
        limits.append(_limit(authentication_expires_on, row))
    return _earliest(limits)


def mobile_expiry(
    kind: CertificateKind,
    *,
    issued_on: date,
    partner_expires_on: date,
    book: Rulebook | None = None,
) -> Validity:
    """Return when a phone's certificate ends: with its card partner (施行規則 24-9, 59-9)."""
    if kind.medium is not Medium.MOBILE_DEVICE:
        raise ImpossibleFact(f"{kind.value} is not a certificate on a mobile device")
    table = _book(book).table
    since = table.exists_from(Subject(kind.value))
    if issued_on < since:
        raise ImpossibleFact(f"there was no {kind.value} before {since}")
    return _earliest([_limit(partner_expires_on, table.figure(_follow(kind), on=issued_on))])


def _book(book: Rulebook | None) -> Rulebook:
    return Rulebook.default() if book is None else book


def _name(kind: CertificateKind) -> str:
    if kind.medium is not Medium.CARD:
        raise ImpossibleFact("a certificate on a mobile device ends with its card partner")
    return "signature" if kind is CertificateKind.CARD_SIGNATURE else "authentication"


def _follow(kind: CertificateKind) -> str:
    return f"{kind.value}_follows"


def _age(on: date, birth_date: date, rules: Rulebook) -> int:
    """Age for the card's threshold; the day it is reached is uncertain (V-12)."""
    eve = rules.policies["age_reached_on"] == "eve"
    return age_on(on + timedelta(days=1) if eve else on, birth_date)


def _first_renewal_day(expires_on: date, applied_on: date, rules: Rulebook) -> date:
    """First day with less than three months left; how to count is uncertain (U-12)."""
    months = int(rules.table.figure("renewal_months", on=applied_on).value)
    three_months_before = months_before(expires_on, months)
    if rules.policies["three_months_left"] == "same_day":
        return three_months_before
    return three_months_before + timedelta(days=1)


def _birthday_limit(
    kind: CertificateKind,
    issued_on: date,
    birth_date: date,
    count: BirthdayCount | None,
    rules: Rulebook,
) -> Limit:
    _not_before_birth(issued_on, birth_date)
    if count is None:
        count = five_or_six(kind, applied_on=issued_on, current_expires_on=None, book=rules)
    leap_day = str(rules.policies["leap_day_certificate_birthday"])
    day = nth_birthday_after(issued_on, birth_date, count.birthdays, leap_day=leap_day)
    row = next(row for row in rules.table.figures if row.id == count.rule)
    return _limit(day, row)


def _not_before_birth(on: date, birth_date: date) -> None:
    if on < birth_date:
        raise ImpossibleFact("nothing is issued before the holder's birth")


def _limit(on: date, row: FigureRow) -> Limit:
    return Limit(on, row.id, row.note_ja, row.note_en)


def _earliest(limits: list[Limit]) -> Validity:
    return Validity(min(limit.on for limit in limits), tuple(limits))
