"""Birthdays, caps and the three months before the end."""

from __future__ import annotations

from datetime import date

import pytest

from jpki.errors import ImpossibleFact
from jpki.jst import months_before, nth_birthday_after
from jpki.law import (
    Rulebook,
    authentication_expiry,
    card_expiry,
    five_or_six,
    mobile_expiry,
    signature_expiry,
)
from jpki.terms import CertificateKind

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE


@pytest.mark.parametrize(
    ("made_on", "born", "ends_on", "decided_by"),
    [
        (date(2024, 3, 1), date(1990, 9, 15), date(2033, 9, 15), "K26.adult"),  # SC-01
        (date(2021, 7, 1), date(1988, 6, 10), date(2031, 6, 10), "K26.adult"),  # SC-02
        (date(2021, 8, 2), date(1985, 4, 2), date(2031, 4, 2), "K26.adult"),  # SC-03
        (date(2022, 3, 1), date(2000, 2, 29), date(2032, 2, 29), "K26.adult"),  # SC-16
        (date(2026, 1, 10), date(2008, 1, 20), date(2030, 1, 20), "K26.minor"),  # SC-17: still 17
        (date(2026, 2, 1), date(2008, 1, 20), date(2036, 1, 20), "K26.adult"),  # SC-17: 18
        (date(2024, 5, 1), date(2011, 7, 7), date(2028, 7, 7), "K26.minor"),  # SC-18
    ],
)
def test_a_card_runs_to_the_tenth_birthday_or_to_the_fifth(
    made_on: date, born: date, ends_on: date, decided_by: str
) -> None:
    validity = card_expiry(made_on, born)
    assert validity.ends_on == ends_on
    assert [limit.rule for limit in validity.decided_by] == [decided_by]


def test_a_card_made_on_a_birthday_does_not_count_that_birthday() -> None:
    assert card_expiry(date(2025, 9, 15), date(1990, 9, 15)).ends_on == date(2035, 9, 15)
    assert card_expiry(date(2025, 9, 14), date(1990, 9, 15)).ends_on == date(2034, 9, 15)


def test_adults_were_twenty_until_april_2022() -> None:
    born = date(2003, 1, 5)  # 19 years old on both days
    assert card_expiry(date(2022, 3, 31), born).ends_on == date(2027, 1, 5)
    assert card_expiry(date(2022, 4, 1), born).ends_on == date(2032, 1, 5)


def test_the_eve_of_the_birthday_counts_as_eighteen_only_by_policy() -> None:
    born, eve = date(2008, 1, 20), date(2026, 1, 19)
    assert card_expiry(eve, born).ends_on == date(2030, 1, 20)
    by_eve = Rulebook.default().with_(age_reached_on="eve")
    assert card_expiry(eve, born, book=by_eve).ends_on == date(2035, 1, 20)


def test_the_count_starts_on_the_day_made_only_since_may_2024() -> None:
    born = date(1990, 6, 1)
    before = card_expiry(date(2024, 5, 26), born, issued_on=date(2024, 6, 20))
    after = card_expiry(date(2024, 5, 27), born, issued_on=date(2024, 6, 20))
    assert before.ends_on == date(2034, 6, 1)  # counted from 20 June: 1 June 2025 is the first
    assert after.ends_on == date(2033, 6, 1)  # counted from 27 May: 1 June 2024 is the first


def test_a_residence_period_caps_the_card_and_is_named_as_the_reason() -> None:
    validity = card_expiry(
        date(2025, 11, 10), date(1995, 12, 20), residence_ends_on=date(2026, 10, 31)
    )
    assert validity.ends_on == date(2026, 10, 31)  # SC-12
    assert [limit.rule for limit in validity.decided_by] == ["K27.residence"]
    assert [limit.on for limit in validity.limits] == [date(2034, 12, 20), date(2026, 10, 31)]


def test_early_renewal_of_a_card_counts_one_birthday_more() -> None:
    born = date(1990, 9, 15)
    assert card_expiry(date(2025, 7, 1), born).ends_on == date(2034, 9, 15)
    assert card_expiry(date(2025, 7, 1), born, early_renewal=True).ends_on == date(2035, 9, 15)


# SC-02: born 1988-06-10, card to 2031-06-10, certificates to 2026-06-10


@pytest.mark.parametrize(
    ("applied_on", "birthdays"),
    [
        (date(2026, 3, 10), 5),  # three months left, not less
        (date(2026, 3, 11), 6),
        (date(2026, 6, 10), 6),  # the last day
        (date(2026, 6, 11), 5),  # expired
    ],
)
def test_six_birthdays_need_less_than_three_months_left(applied_on: date, birthdays: int) -> None:
    for kind in (CS, CA):
        count = five_or_six(kind, applied_on=applied_on, current_expires_on=date(2026, 6, 10))
        assert count.birthdays == birthdays


def test_the_day_three_months_before_counts_only_by_policy() -> None:
    book = Rulebook.default().with_(three_months_left="same_day")
    expires = date(2026, 6, 10)
    on, eve = date(2026, 3, 10), date(2026, 3, 9)
    assert five_or_six(CA, applied_on=on, current_expires_on=expires, book=book).birthdays == 6
    assert five_or_six(CA, applied_on=eve, current_expires_on=expires, book=book).birthdays == 5


def test_six_birthdays_need_a_request_to_revoke_the_current_one() -> None:
    count = five_or_six(
        CA,
        applied_on=date(2026, 3, 11),
        current_expires_on=date(2026, 6, 10),
        revocation_requested=False,
    )
    assert (count.birthdays, count.rule) == (5, "R49.five")


@pytest.mark.parametrize(
    ("applied_on", "current", "ends_on"),
    [
        (date(2026, 3, 10), date(2026, 6, 10), date(2030, 6, 10)),  # a
        (date(2026, 3, 11), date(2026, 6, 10), date(2031, 6, 10)),  # b
        (date(2026, 6, 20), None, date(2031, 6, 10)),  # d: expired, five from June 2026
    ],
)
def test_renewal_one_day_too_early_costs_a_year(
    applied_on: date, current: date, ends_on: date
) -> None:
    born, card_end = date(1988, 6, 10), date(2031, 6, 10)
    count = five_or_six(CA, applied_on=applied_on, current_expires_on=current)
    auth = authentication_expiry(applied_on, born, card_expires_on=card_end, count=count)
    assert auth.ends_on == ends_on
    sign = signature_expiry(
        applied_on,
        born,
        card_expires_on=card_end,
        authentication_expires_on=auth.ends_on,
        count=five_or_six(CS, applied_on=applied_on, current_expires_on=current),
    )
    assert sign.ends_on == ends_on


def test_renewing_only_the_signature_certificate_gains_nothing() -> None:
    count = five_or_six(CS, applied_on=date(2026, 3, 11), current_expires_on=date(2026, 6, 10))
    validity = signature_expiry(
        date(2026, 3, 11),
        date(1988, 6, 10),
        card_expires_on=date(2031, 6, 10),
        authentication_expires_on=date(2026, 6, 10),
        count=count,
    )
    assert validity.ends_on == date(2026, 6, 10)  # SC-02 c
    assert [limit.rule for limit in validity.decided_by] == ["R13.auth-cap"]
    assert [limit.rule for limit in validity.limits] == ["R13.six", "R13.card-cap", "R13.auth-cap"]


def test_authentication_is_not_capped_by_signature_but_both_by_the_card() -> None:
    # SC-17: card made at 17 ends 2030-01-20, fifth birthday would be 2031-01-20
    born, issued = date(2008, 1, 20), date(2026, 1, 25)
    auth = authentication_expiry(issued, born, card_expires_on=date(2030, 1, 20))
    assert auth.ends_on == date(2030, 1, 20)
    assert [limit.rule for limit in auth.decided_by] == ["R49.card-cap"]
    sign = signature_expiry(
        issued, born, card_expires_on=date(2030, 1, 20), authentication_expires_on=None
    )
    assert [limit.rule for limit in sign.decided_by] == ["R13.card-cap"]
    adult = authentication_expiry(date(2026, 2, 1), born, card_expires_on=date(2036, 1, 20))
    assert adult.ends_on == date(2031, 1, 20)


# SC-16: born on 29 February


def test_a_leap_day_holder_has_a_birthday_on_28_february() -> None:
    born, card_end = date(2000, 2, 29), date(2032, 2, 29)
    first = authentication_expiry(date(2022, 3, 10), born, card_expires_on=card_end)
    assert first.ends_on == date(2027, 2, 28)
    early = five_or_six(CA, applied_on=date(2026, 11, 28), current_expires_on=date(2027, 2, 28))
    late = five_or_six(CA, applied_on=date(2026, 12, 1), current_expires_on=date(2027, 2, 28))
    renewed = [
        authentication_expiry(on, born, card_expires_on=card_end, count=count).ends_on
        for on, count in ((date(2026, 11, 28), early), (date(2026, 12, 1), late))
    ]
    assert renewed == [date(2031, 2, 28), date(2032, 2, 29)]


def test_a_leap_day_holder_has_a_birthday_on_1_march_only_by_policy_and_not_for_cards() -> None:
    born = date(2000, 2, 29)
    book = Rulebook.default().with_(leap_day_certificate_birthday="mar1")
    auth = authentication_expiry(
        date(2022, 3, 10), born, card_expires_on=date(2032, 2, 29), book=book
    )
    assert auth.ends_on == date(2027, 3, 1)
    assert card_expiry(date(2025, 3, 10), born, book=book).ends_on == date(2035, 2, 28)


def test_a_phone_certificate_ends_with_its_card_partner() -> None:
    validity = mobile_expiry(MS, issued_on=date(2025, 7, 1), partner_expires_on=date(2028, 9, 15))
    assert validity.ends_on == date(2028, 9, 15)
    assert [limit.rule for limit in validity.decided_by] == ["R24-9"]


def test_there_was_no_phone_certificate_on_10_may_2023() -> None:
    with pytest.raises(ImpossibleFact):
        mobile_expiry(MS, issued_on=date(2023, 5, 10), partner_expires_on=date(2028, 9, 15))
    mobile_expiry(MS, issued_on=date(2023, 5, 11), partner_expires_on=date(2028, 9, 15))


def test_a_card_kind_has_no_card_partner_to_end_with() -> None:
    with pytest.raises(ImpossibleFact):
        mobile_expiry(CS, issued_on=date(2025, 7, 1), partner_expires_on=date(2028, 9, 15))
    with pytest.raises(ImpossibleFact):
        five_or_six(MS, applied_on=date(2025, 7, 1), current_expires_on=None)


def test_nothing_is_issued_before_birth() -> None:
    with pytest.raises(ImpossibleFact):
        card_expiry(date(2024, 1, 1), date(2024, 1, 2))
    assert card_expiry(date(2024, 1, 2), date(2024, 1, 2)).ends_on == date(2029, 1, 2)


@pytest.mark.parametrize(
    ("end", "three_months_before"),
    [
        (date(2026, 6, 10), date(2026, 3, 10)),
        (date(2027, 2, 28), date(2026, 11, 28)),
        (date(2026, 5, 31), date(2026, 2, 28)),
        (date(2028, 5, 31), date(2028, 2, 29)),
        (date(2026, 1, 1), date(2025, 10, 1)),
        (date(2026, 3, 30), date(2025, 12, 30)),
        (date(2026, 12, 31), date(2026, 9, 30)),
    ],
)
def test_months_are_counted_back_by_the_calendar(end: date, three_months_before: date) -> None:
    assert months_before(end, 3) == three_months_before


def test_birthdays_count_strictly_after_the_start() -> None:
    born = date(1990, 9, 15)
    assert nth_birthday_after(date(2024, 9, 14), born, 1) == date(2024, 9, 15)
    assert nth_birthday_after(date(2024, 9, 15), born, 1) == date(2025, 9, 15)
