"""Days and instants in Japan: the one place where a day becomes an instant and back.

Instants are aware ``datetime`` values in UTC. Days are Japan days (``date``). Validity ends at the
end of the expiry day, 23:59:59 JST, which certificates write as 14:59:59Z.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

__all__ = [
    "JST",
    "age_on",
    "at_time",
    "birthday_in",
    "day",
    "end_of_day",
    "moment",
    "months_before",
    "nth_birthday_after",
    "require_aware",
    "start_of_day",
]

JST = timezone(timedelta(hours=9), "JST")


def require_aware(at: datetime) -> datetime:
    """Return ``at`` in UTC; ``TypeError`` when it carries no time zone."""
    if at.tzinfo is None:
        raise TypeError("an instant needs a time zone; this datetime is naive")
    return at.astimezone(UTC)


def day(at: datetime) -> date:
    """Return the Japan day on which the instant ``at`` falls."""
    return require_aware(at).astimezone(JST).date()


def at_time(on: date, clock: time) -> datetime:
    """Return the instant at which a clock in Japan shows ``clock`` on the day ``on``, in UTC."""
    return datetime.combine(on, clock, tzinfo=JST).astimezone(UTC)


def start_of_day(on: date) -> datetime:
    """Return the first instant of the Japan day ``on``, in UTC."""
    return at_time(on, time(0, 0, 0))


def end_of_day(on: date) -> datetime:
    """Return 23:59:59 JST of ``on`` as UTC: the last second of validity on an expiry day."""
    return at_time(on, time(23, 59, 59))


def moment(at: datetime) -> str:
    """Return the instant as people in Japan read it: ``2026-08-04 03:00:00 JST``."""
    return require_aware(at).astimezone(JST).strftime("%Y-%m-%d %H:%M:%S JST")


def birthday_in(year: int, birth_date: date, *, leap_day: str = "feb28") -> date:
    """Return the birthday in ``year``; 29 February counts as 28 February in common years.

    Source: My Number Act ordinance (平成26年総務省令85号) 26(2) for cards. No such line exists for
    certificates, so using it there is an assumption (policy ``leap_day_certificate_birthday``);
    ``leap_day="mar1"`` counts 1 March instead.
    """
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1) if leap_day == "mar1" else date(year, 2, 28)


def nth_birthday_after(start: date, birth_date: date, n: int, *, leap_day: str = "feb28") -> date:
    """Return the ``n``-th birthday strictly after the day ``start`` (施行規則 13, 49: 発行の日後).

    A birthday on ``start`` itself does not count.
    """
    this_year = birthday_in(start.year, birth_date, leap_day=leap_day)
    first = start.year if this_year > start else start.year + 1
    return birthday_in(first + n - 1, birth_date, leap_day=leap_day)


def months_before(end: date, months: int) -> date:
    """Return the day ``months`` months before ``end``; the last day of a month that is shorter."""
    index = end.year * 12 + end.month - 1 - months
    year, month = divmod(index, 12)
    for day_of_month in range(end.day, 27, -1):
        try:
            return date(year, month + 1, day_of_month)
        except ValueError:
            continue
    return date(year, month + 1, min(end.day, 28))


def age_on(on: date, birth_date: date) -> int:
    """Return the age in completed years on the day ``on``, counted from the birthday itself.

    年齢計算ニ関スル法律 makes a person a year older at the end of the day before; which of the two
    days the ordinances mean is not settled, so rules that depend on it say which they use.
    """
    return on.year - birth_date.year - (on < birthday_in(on.year, birth_date))
