"""Validity over grids of days: the law's own functions, asked once and looked up ever after.

For a birthday and a stretch of days in which no figure of the law changes, the end of a certificate
is one day for every issue before the birthday and another from it on. So the law is asked on both
sides of some birthdays of each year, 29 February among them. When they agree on the years and on
the day where the answer changes, the calendar says the rest; when not, the law is asked about every
birthday. While no figure changes, the calendar comes again every four years, and the answers with
it.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Final

from jpki.errors import ImpossibleFact
from jpki.jst import birthday_in
from jpki.law import (
    BirthdayCount,
    Rulebook,
    authentication_expiry,
    card_expiry,
    five_or_six,
    mobile_expiry,
    signature_expiry,
)
from jpki.terms import CertificateKind
from simulator.population.arrays import Array, by_day, date_of, day_number, np, on_days

__all__ = ["BIRTHDAYS", "Grids", "birthday_of", "birthday_on"]

BIRTHDAYS: Final = tuple(date(2000, 1, 1) + timedelta(days=n) for n in range(366))
"""The 366 birthdays of a leap year; a birthday's place here is its number."""

_FAR: Final = date(9999, 12, 31)
_ADULT, _CHILD = 45, 3
_SURELY_CHILD, _SURELY_ADULT = 15, 21
_CS, _CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION
_ASKED_OF: Final = ("authentication_", "card_", "renewal_", "signature_")
_LEAP_DAY: Final = 59
_ASKED: Final = tuple(sorted({0, 58, _LEAP_DAY, 60, 365, *range(15, 366, 15)}))
_Ask = Callable[[date, date], date]
_FOUR_YEARS: Final = 4 * 365 + 1
_PLAIN_YEARS: Final = range(1960, 2080)
"""No leap day is left out from 50 years before any of them to 20 years after."""
_FIRST_YEAR: Final = 1880
_YEARS: Final = 400


def birthday_of(birth: Array) -> tuple[Array, Array]:
    """Return the number of the birthday and the year of birth for days of birth."""
    number, year = _calendar()
    return on_days(number, birth), on_days(year, birth)


@cache
def _calendar() -> tuple[Array, Array]:
    """For each day from 1880 on the number of the birthday and the year."""
    starts = [day_number(date(_FIRST_YEAR + row, 1, 1)) for row in range(_YEARS + 1)]
    year = np.repeat(np.arange(_YEARS, dtype=np.int32) + _FIRST_YEAR, np.diff(starts))
    number = np.arange(starts[0], starts[-1], dtype=np.int32)
    number -= np.repeat(np.array(starts[:-1], np.int32), np.diff(starts))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return number + ((number >= _LEAP_DAY) & ~leap), year


_turning: list[Array] = []


def birthday_on(number: Array, year: Array) -> Array:
    """Return the day of each birthday in each year, as ages count (jpki.jst.birthday_in)."""
    if not _turning:
        grid = np.empty((_YEARS, 366), np.int32)
        for row in range(_YEARS):
            first = np.datetime64(f"{_FIRST_YEAR + row}-01-01").astype(np.int32)
            leap = day_number(birthday_in(_FIRST_YEAR + row, BIRTHDAYS[59]))
            march = day_number(date(_FIRST_YEAR + row, 3, 1))
            grid[row, :59] = first + np.arange(59)
            grid[row, 59] = leap
            grid[row, 60:] = march + np.arange(306)
        _turning.append(grid)
    days: Array = _turning[0][year - _FIRST_YEAR, number]
    return days


@dataclass(slots=True)
class _Steps:
    """Per stretch and birthday: the end before the step, from the step on, and the step itself."""

    before: Array
    after: Array
    step: Array

    def after_days(self, days: int) -> _Steps:
        """Return the same so many days later."""
        return _Steps(self.before + days, self.after + days, self.step + days)


@dataclass(slots=True)
class Grids:
    """The law's validity functions for whole columns, under one rulebook."""

    book: Rulebook
    _changes: Array = field(init=False)
    _bounds: Array = field(init=False)
    _stretches: Array = field(init=False)
    _found: dict[tuple[str, int], _Steps] = field(default_factory=dict)
    _stacks: dict[str, tuple[int, int, Array, Array]] = field(default_factory=dict)
    _opens: dict[tuple[object, ...], Array] = field(default_factory=dict)
    _adults: dict[tuple[int, int], Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        figures = [row for row in self.book.table.figures if row.name.startswith(_ASKED_OF)]
        days = {row.since for row in figures} | {row.until for row in figures if row.until}
        self._changes = np.array(sorted(map(day_number, days)), np.int32)
        years = {date(year, 1, 1) for year in range(_FIRST_YEAR + 120, _FIRST_YEAR + _YEARS - 1)}
        self._bounds = np.array(sorted(day_number(day) for day in days | years), np.int32)
        self._stretches = by_day(self._bounds)

    def authentication(self, day: Array, number: Array, six: Array | None) -> Array:
        """Return the birthday at which a card authentication certificate issued on a day ends."""
        return self._both("authentication", day, number, six)

    def signature(self, day: Array, number: Array, six: Array | None) -> Array:
        """Return the birthday at which a card signature certificate issued on a day ends."""
        return self._both("signature", day, number, six)

    def card(self, made: Array, birth: Array, number: Array, early: Array) -> Array:
        """Return the birthday at which a card made and handed over on a day ends."""
        adult = self._adult(made, birth, number)
        ends = np.empty(len(made), np.int32)
        for grown, soon in ((False, False), (False, True), (True, False), (True, True)):
            chosen = np.flatnonzero((adult == grown) & (early == soon))
            if len(chosen):
                name = f"card.{'adult' if grown else 'child'}{'.early' if soon else ''}"
                ends[chosen] = self._look(name, made[chosen], number[chosen])
        return ends

    def renewal_opens(self, kind: CertificateKind, expires: Array) -> Array:
        """Return the first day on which a renewal runs to the sixth birthday (V-2, V-3)."""
        year = birthday_of(expires)[1]
        low, high = int(year.min()), int(year.max())
        opens = np.empty((high - low + 1, 366), np.int32)
        for each in range(low, high + 1):
            opens[each - low] = self._opening(kind, day_number(date(each, 1, 1)))
        starts = np.array([day_number(date(each, 1, 1)) for each in range(low, high + 1)])
        found: Array = opens[year - low, expires - starts.take(year - low)]
        return found

    def follows_card(self, day: int) -> None:
        """Make sure that a phone's certificate ends with its partner, as columns assume."""
        on, far = date_of(day), date_of(day + 1000)
        for kind in (CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION):
            validity = mobile_expiry(kind, issued_on=on, partner_expires_on=far, book=self.book)
            if validity.ends_on != far:
                raise ImpossibleFact("a phone's certificate would not end with its card partner")

    def _both(self, name: str, day: Array, number: Array, six: Array | None) -> Array:
        five = self._look(name, day, number)
        chosen = () if six is None else six.nonzero()[0]
        if len(chosen):
            five[chosen] = self._look(f"{name}.six", day[chosen], number[chosen])
        return five

    def _look(self, name: str, day: Array, number: Array) -> Array:
        if len(day) == 0:
            return np.empty(0, np.int32)
        stretch = on_days(self._stretches, day)
        low, ends, step = self._stacked(name, int(stretch.min()), int(stretch.max()))
        spot = (stretch - low) * 366 + number
        spot += spot + (day >= step.take(spot))
        found: Array = ends.take(spot)
        return found

    def _stacked(self, name: str, low: int, high: int) -> tuple[int, Array, Array]:
        """The number of the first of several stretches, all ends in pairs, and the steps."""
        known = self._stacks.get(name)
        if known is None or low < known[0] or high > known[1]:
            if known is not None:
                low, high = min(low, known[0]), max(high, known[1])
            steps = [self._steps(name, each) for each in range(low, high + 1)]
            ends = np.concatenate([np.column_stack((each.before, each.after)) for each in steps])
            step = np.concatenate([each.step for each in steps])
            known = self._stacks[name] = (low, high, ends.astype(np.int32).reshape(-1), step)
        return known[0], known[2], known[3]

    def _steps(self, name: str, stretch: int) -> _Steps:
        found = self._found.get((name, stretch))
        if found is None:
            first, last = self._bounds[stretch], self._bounds[stretch + 1] - 1
            if self._comes_again(stretch):
                found = self._steps(name, stretch - 4).after_days(_FOUR_YEARS)
            else:
                found = _ask(self._asking(name), date_of(first), date_of(last))
            self._found[name, stretch] = found
        return found

    def _comes_again(self, stretch: int) -> bool:
        """Whether law and calendar are those of four years before, leap days ahead included."""
        if stretch < 4:
            return False
        before, first, behind = self._bounds[[stretch - 4, stretch, stretch + 1]]
        whole = int(first - before) == _FOUR_YEARS and date_of(behind).year in _PLAIN_YEARS
        whole &= (date_of(first).month, date_of(first).day) == (1, 1)
        whole &= (date_of(behind).month, date_of(behind).day) == (1, 1)
        return whole and self._era(before) == self._era(int(behind) - 1)

    def _era(self, day: int) -> int:
        """Return the number of changes of the law up to a day."""
        return int(np.searchsorted(self._changes, day, side="right"))

    def _asking(self, name: str) -> _Ask:
        book, family = self.book, name.partition(".")[0]
        if family == "card":
            age, early = _ADULT if ".adult" in name else _CHILD, name.endswith(".early")

            def card(on: date, birthday: date) -> date:
                born = birthday.replace(year=_same_leapness(on.year - age))
                return card_expiry(on, born, issued_on=on, early_renewal=early, book=book).ends_on

            return card
        kind = _CA if family == "authentication" else _CS

        def certificate(on: date, birthday: date) -> date:
            born = birthday.replace(year=_same_leapness(on.year - _ADULT))
            count = _count(book, kind, on) if name.endswith(".six") else None
            if kind is _CA:
                return authentication_expiry(
                    on, born, card_expires_on=_FAR, count=count, book=book
                ).ends_on
            return signature_expiry(
                on,
                born,
                card_expires_on=_FAR,
                authentication_expires_on=None,
                count=count,
                book=book,
            ).ends_on

        return certificate

    def _adult(self, made: Array, birth: Array, number: Array) -> Array:
        """Whether the law gives the card of an adult: asked for each age near it, in each stretch.

        What is asked of one birthday holds for all: before its eve, on its eve, and from it on.
        """
        _, born = birthday_of(birth)
        _, year = birthday_of(made)
        turns = year - born
        adult = turns > _SURELY_ADULT
        near = np.flatnonzero((turns > _SURELY_CHILD) & (turns <= _SURELY_ADULT))
        stretch = on_days(self._stretches, made[near])
        keys = stretch * 64 + turns[near]
        when = 1 + made[near] - birthday_on(number[near], year[near])  # 0: the eve
        for key in np.unique(keys):
            chosen = keys == key
            answers = self._grown(*divmod(int(key), 64))
            adult[near[chosen]] = answers[np.clip(when[chosen], -1, 1) + 1]
        return adult

    def _grown(self, stretch: int, turns: int) -> Array:
        found = self._adults.get((stretch, turns))
        if found is None:
            first, behind = int(self._bounds[stretch]), int(self._bounds[stretch + 1])
            birthday = date_of((first + behind) // 2)
            birth = birthday.replace(year=birthday.year - turns)
            asked = [birthday - timedelta(days=back) for back in (2, 1, 0)]
            found = np.array([self._is_adult(on, birth) for on in asked])
            self._adults[stretch, turns] = found
        return found

    def _is_adult(self, on: date, birth: date) -> bool:
        ends = card_expiry(on, birth, issued_on=on, book=self.book).ends_on
        return ends == self._asking("card.adult")(on, birth.replace(year=2000))

    def _opening(self, kind: CertificateKind, start: int) -> Array:
        """The first days for each end in a year; years with the same leap days are alike."""
        year = date_of(start).year
        alike: tuple[object, ...] = (kind.value, isleap(year - 1), isleap(year))
        if self._era(start - 100) != self._era(start + 366):
            alike = (kind.value, start)
        else:
            alike += (self._era(start),)
        found = self._opens.get(alike)
        if found is None:
            found = np.empty(366, np.int32)
            opens = date_of(start) - timedelta(days=100)
            for offset in range(366):
                expires = date_of(start + offset)
                while opens <= expires and self._five(kind, opens, expires):
                    opens += timedelta(days=1)
                found[offset] = day_number(opens) - start
            self._opens[alike] = found
        return found + start

    def _five(self, kind: CertificateKind, on: date, expires: date) -> bool:
        """Whether a renewal then runs no further than a first issue would."""
        asked = five_or_six(kind, applied_on=on, current_expires_on=expires, book=self.book)
        first = five_or_six(kind, applied_on=on, current_expires_on=None, book=self.book)
        return asked.birthdays == first.birthdays


def _count(book: Rulebook, kind: CertificateKind, on: date) -> BirthdayCount:
    """The count of a renewal: of a certificate that would end on the day itself."""
    return five_or_six(kind, applied_on=on, current_expires_on=on, book=book)


def _same_leapness(year: int) -> int:
    """A year near the given one that has a 29 February, so that every birthday exists in it."""
    fourth = year - year % 4
    return fourth if isleap(fourth) else fourth - 4


def _ask(ask: _Ask, first: date, last: date) -> _Steps:
    """Ask about some birthdays, the awkward ones among them; about all when they do not agree."""
    asked = {number: _answers(ask, BIRTHDAYS[number], first, last) for number in _ASKED}
    numbers = np.arange(366)
    year = np.full(366, first.year, np.int32)
    birthday = birthday_on(numbers, year)
    plain = [number for number in _ASKED if number != _LEAP_DAY]
    gaps = {
        (early.year, late.year, int(birthday[n] - day_number(step)) * (early != late))
        for n in plain
        if day_number(first) < birthday[n] <= day_number(last)
        for early, late, step in (asked[n],)
    }
    agree = len(gaps) == 1 and all(
        (early.month, early.day) == (BIRTHDAYS[n].month, BIRTHDAYS[n].day)
        for n in plain
        for early in asked[n][:2]
    )
    if not agree:
        rows = [asked.get(n) or _answers(ask, BIRTHDAYS[n], first, last) for n in numbers]
        return _Steps(*(np.array([day_number(row[at]) for row in rows]) for at in range(3)))
    ((low, high, _),) = gaps
    inside = (birthday > day_number(first)) & (birthday <= day_number(last))
    gone = birthday <= day_number(first)
    steps = _Steps(
        birthday_on(numbers, np.where(gone, high, low)),
        birthday_on(numbers, np.where(inside | gone, high, low)),
        np.where(inside, birthday, day_number(first)),
    )
    for number, row in asked.items():
        before, after, step = map(day_number, row)
        steps.before[number], steps.after[number], steps.step[number] = before, after, step
    return steps


def _answers(ask: _Ask, birthday: date, first: date, last: date) -> tuple[date, date, date]:
    """The end for an issue on the first day and on the last, and the day where it changes."""
    early, late = ask(first, birthday), ask(last, birthday)
    if early == late:
        return early, late, first
    near = birthday_in(first.year, birthday)
    for on in (near, near + timedelta(days=1)):
        if first < on <= last and ask(on, birthday) == late:
            if ask(on - timedelta(days=1), birthday) == early:
                return early, late, on
            break
    low, high = first, last
    while (high - low).days > 1:
        middle = low + (high - low) // 2
        low, high = (low, middle) if ask(middle, birthday) == late else (middle, high)
    return early, late, high
