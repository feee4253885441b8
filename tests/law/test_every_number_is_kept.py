"""Every number of the facts has a row, or is left out with a reason; none is both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import jpki
from jpki.errors import MalformedRule
from jpki.law import load, tables_from
from jpki.law.reading import shipped_text

# The facts as they are numbered: how many of each family, and the keys of the dated ones.
FAMILIES = {
    "EV-": 83, "K-": 18, "X-": 7, "T-": 10, "V-": 23, "D-": 6, "C-": 10, "P": 9, "PN-": 11,
    "KS-": 12, "CR-": 5, "FL-": 8, "VS-": 10, "VO-": 6, "CO-": 14, "VD-": 13, "AL-": 7, "A": 17,
    "U-": 15,
}  # fmt: skip
DATED = [
    "jpki_start",
    "foreign_residents",
    "mynumber",
    "juki_stop",
    "card_start",
    "juki_dead",
    "digital_proc_act",
    "kyuusei",
    "specified_verifier",
    "kiosk_sign_reset_delegation",
    "cloud",
    "outsourced_verification",
    "joint_ministers",
    "post_office",
    "insurance_card",
    "adult_18",
    "fees_free",
    "four_items_law",
    "later_check",
    "mobile_android",
    "mobile_biometric",
    "four_items_service",
    "pinless_card",
    "mobile_kiosk",
    "overseas_use",
    "other_municipality_route",
    "made_date",
    "kiosk_auth_reset",
    "ca_without_pin_later_visit",
    "digital_auth_app",
    "consent_support",
    "old_insurance_stop",
    "fast_issue",
    "no_photo_infant",
    "licence_card",
    "cae_rules",
    "furigana_register",
    "mobile_iphone",
    "cae_service",
    "mobile_insurance",
    "old_insurance_end",
    "pin_help",
    "mobile_phone_kyc",
    "furigana_in_sign",
    "tokutei_zairyu",
    "android_wallet",
    "next_card",
    "aml_photo_end",
]
NUMBERS = [
    f"{family}{n:02}" if family == "EV-" else f"{family}{n}"
    for family, count in FAMILIES.items()
    for n in range(1, count + 1)
]
ALL = [*NUMBERS, "R20", *DATED]


def _covered() -> set[str]:
    return {each for row in load().rows() for each in row.covers}


def _out() -> set[str]:
    return {row.id for row in load().out}


# 83 + 18 + 7 + 10 + 23 + 6 + 10 + 9 + 11 + 12 + 5 + 8 + 10 + 6 + 14 + 13 + 7 + 17 + 15 = 284
def test_the_list_of_numbers_is_complete() -> None:
    assert len(NUMBERS) == 284
    assert len(DATED) == 48
    assert len(set(ALL)) == len(ALL)


@pytest.mark.parametrize("number", ALL)
def test_a_number_has_a_row_or_is_left_out_with_a_reason(number: str) -> None:
    assert (number in _covered()) != (number in _out())


def test_nothing_is_covered_or_left_out_that_has_no_number() -> None:
    online_acts = {row.id.partition(".")[0] for row in load().online_acts}
    assert (_covered() | _out()) - online_acts == set(ALL)


def test_leaving_out_what_a_row_covers_is_refused() -> None:
    text = shipped_text("out.toml").replace('id = "C-5"', 'id = "K-16"')
    with pytest.raises(MalformedRule, match=r"out\.toml: K-16"):
        tables_from({"out.toml": text})


def test_a_statement_that_is_applied_is_named_by_the_program_and_no_other_is() -> None:
    package = Path(jpki.__file__).parent
    source = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("law", "life")
        for path in sorted((package / folder).rglob("*.py"))
    )
    named = set(re.findall(r'"([A-Z]{1,2}-\d+)"', source))
    for row in load().statements:
        if row.applied:
            assert row.id in named or row.id in APPLIED_BY_A_FUNCTION, row.id
        else:
            assert row.id not in named, row.id


# Statements that a function carries out without ever refusing by name.
APPLIED_BY_A_FUNCTION = {"C-7", "CO-2", "CO-12", "PN-3", "PN-5", "PN-6", "PN-7"}
