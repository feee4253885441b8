"""The smaller matrices are complete, and the pages made from the tables are current."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from jpki.errors import MalformedRule, RuleConflict, RuleGap
from jpki.jst import end_of_day
from jpki.law import (
    Fact,
    Rulebook,
    Subject,
    card_expiry,
    card_renewal_opens,
    clinic_grace,
    load,
    reset_row,
    tables_from,
)
from jpki.law.consequences import cases_of, consequences
from jpki.law.pages import day_of_page, law_page
from jpki.law.reading import shipped_text
from jpki.law.resets import link_row, matrix_holes, pin_row, tries_of
from jpki.law.wording import case_words
from jpki.terms import CertificateKind, Medium

ROOT = Path(__file__).resolve().parents[2]
CARD, PHONE = Medium.CARD, Medium.MOBILE_DEVICE
CS = CertificateKind.CARD_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION


# Completeness


def test_exactly_one_row_speaks_of_every_path_pin_and_pair_of_kinds() -> None:
    assert list(matrix_holes(load())) == []


def test_a_missing_and_a_doubled_reset_row_are_found() -> None:
    table = load()
    without = dataclasses.replace(table, resets=tuple(r for r in table.resets if r.id != "KS-8"))
    assert any("kiosk_signature_only, user_pin" in hole for hole in matrix_holes(without))
    again = next(r for r in table.resets if r.id == "KS-8").model_copy(update={"id": "again"})
    doubled = dataclasses.replace(table, resets=(*table.resets, again))
    assert any("KS-8, again" in hole for hole in matrix_holes(doubled))


def test_a_missing_link_and_an_unknown_pin_are_gaps() -> None:
    table = dataclasses.replace(load(), links=())
    with pytest.raises(RuleGap):
        link_row(table, CS, MA, on=date(2026, 1, 1))
    twice = dataclasses.replace(load(), links=(*load().links, *load().links))
    with pytest.raises(RuleConflict):
        link_row(twice, CS, MA, on=date(2026, 1, 1))
    with pytest.raises(RuleGap):
        pin_row(load(), PHONE, "text_aid_pin")


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("pin.toml", 'needs = ["RS-1"]', 'needs = ["RS-9"]', "RS-9"),
        ("pin.toml", 'tries_policy = "tries_mobile_user_pin"', 'tries_policy = "luck"', "luck"),
        ("pin.toml", 'pins = ["text_aid_pin"', 'pins = ["aid"', "aid"),
        ("pin.toml", "tries = 5\n", 'tries = 5\ntries_policy = "luck"\n', "exclude"),
        ("pin.toml", "longest = 16", "longest = 3", "longest"),
        ("pin.toml", 'id = "KS-8"\n', 'id = "KS-8"\nneeds = ["KS-1"]\n', "closed"),
        ("verifier.toml", 'allowed = false', 'allowed = true', "roles"),
        ("verifier.toml", '"card_signature", "mobile_signature"]', '"card_signature"]', "two"),
        ("labels.toml", 'value = "lost"', 'value = "mislaid"', "lost"),
        ("statements.toml", 'topic = "pin"', 'topic = "pin"\ncolour = "red"', "colour"),
        ("actors.toml", 'certainty = "statute"', 'certainty = "sure"', "certainty"),
        ("out.toml", 'id = "C-8"', 'id = "C-5"', "C-5"),
    ],
)  # fmt: skip
def test_a_table_that_contradicts_itself_is_refused(file, old, new, says) -> None:
    text = shipped_text(file)
    assert old in text
    with pytest.raises(MalformedRule, match=says):
        tables_from({file: text.replace(old, new, 1)})


# The reset matrix, both sides of each date: rows of the matrix written out by hand.
MATRIX = {
    "counter": "yes yes yes yes yes no no",
    "post_office": "yes yes no no no no no",
    "kiosk": "if if no no no no no",
    "kiosk_signature_only": "if no no no no no no",
    "phone_app": "no no no no no if if",
    "call_centre": "no no no no no no no",
    "post_or_email": "no no no no no no no",
    "clinic_reader": "no no no no no no no",
}
PINS = (
    (CARD, "signature_password"), (CARD, "user_pin"), (CARD, "text_aid_pin"),
    (CARD, "resident_register_pin"), (CARD, "collation_number_b"),
    (PHONE, "signature_password"), (PHONE, "user_pin"),
)  # fmt: skip


@pytest.mark.parametrize("path", sorted(MATRIX))
def test_the_reset_matrix_is_that_of_the_facts(path: str) -> None:
    book, on = Rulebook.default(), date(2026, 6, 14)
    rows = [reset_row(book, path, medium, pin, on=on) for medium, pin in PINS]
    found = ["no" if not row.allowed else "if" if row.needs else "yes" for row in rows]
    assert " ".join(found) == MATRIX[path]


@pytest.mark.parametrize(
    ("medium", "pin", "tries", "policy", "changed"),
    [
        (CARD, "signature_password", 5, None, None),
        (CARD, "user_pin", 3, None, None),
        (CARD, "text_aid_pin", 3, None, None),
        (CARD, "collation_number_b", 10, None, None),
        (CARD, "resident_register_pin", 3, "tries_resident_register_pin", 10),
        (CARD, "collation_number_a", 10, "tries_collation_number_a", 3),
        (PHONE, "signature_password", 5, None, None),
        (PHONE, "user_pin", 3, "tries_mobile_user_pin", 5),
        (PHONE, "biometrics", None, None, None),
    ],
)
def test_how_often_a_pin_may_be_wrong(medium, pin, tries, policy, changed) -> None:
    book = Rulebook.default()
    row = pin_row(book.table, medium, pin)
    assert tries_of(book, row) == tries
    assert row.tries_policy == policy
    if policy:
        assert tries_of(book.with_(**{policy: changed}), row) == changed


def test_by_policy_kiosks_begin_with_the_service_and_not_the_delegation() -> None:
    book = Rulebook.default().with_(kiosk_reset_from="service")
    for pin, first in (("signature_password", date(2022, 4, 1)), ("user_pin", date(2024, 9, 1))):
        eve = first - timedelta(days=1)
        assert not reset_row(book, "kiosk", CARD, pin, on=eve).allowed
        assert reset_row(book, "kiosk", CARD, pin, on=first).allowed


# Consequences


def test_consequences_follow_cascade_and_card_to_the_end() -> None:
    book, on = Rulebook.default(), date(2026, 4, 1)
    lost = consequences(book, Fact.of("card_loss_reported", channel="counter"), on=on)
    assert [lost[each].mark for each in Subject] == ["R6", "H", "R6c", "=", "H", "L"]
    gone = consequences(book, Fact.of("card_returned", cause="voluntary"), on=on)
    assert [gone[each].mark for each in Subject] == ["R5", "R5", "R5c", "R5c", "L", "L"]
    through = ("K-13", "card-lapsed.card-signature")
    assert gone[Subject.MOBILE_SIGNATURE].through == through


def test_before_phones_there_are_no_consequences_for_them() -> None:
    fact = Fact.of("card_returned", cause="voluntary")
    found = consequences(Rulebook.default(), fact, on=date(2023, 5, 10))
    assert set(found) == {Subject.CARD_SIGNATURE, Subject.CARD_AUTHENTICATION, Subject.CARD}


def test_the_cases_of_an_event_are_all_of_it_and_do_not_overlap() -> None:
    book, on = Rulebook.default(), date(2026, 6, 14)
    for event in book.table.events:
        for named in {case.named for case in cases_of(book, event, on=on)}:
            covered = 0
            for case in cases_of(book, event, on=on):
                if case.named is not named:
                    continue
                size = 1
                for name, values in event.domain.items():
                    if name != "named":
                        size *= len(dict(case.fields).get(name, values))
                covered += size
            whole = 1
            for name, values in event.domain.items():
                whole *= len(values) if name != "named" else 1
            assert covered == whole, event.id


def test_a_case_reads_as_a_phrase_in_both_languages() -> None:
    book = Rulebook.default()
    cases = list(cases_of(book, book.table.event("card_mode_changed"), on=date(2026, 1, 1)))
    assert case_words(book.table, cases[0], "ja") == "顔認証カードへ"
    assert case_words(book.table, cases[0], "en") == "to a face-only card"


# Periods


def test_a_card_is_renewed_from_three_months_and_abroad_from_a_year_before_its_end() -> None:
    ends = date(2031, 5, 31)
    assert card_renewal_opens(ends).on == date(2031, 2, 28)
    assert card_renewal_opens(ends, abroad=True).on == date(2030, 5, 31)


def test_a_clinic_takes_an_expired_certificate_for_three_months() -> None:
    assert clinic_grace(date(2026, 1, 15)).on == date(2026, 4, 15)
    book = Rulebook.default().with_(clinic_grace_ends="end_of_third_month")
    assert clinic_grace(date(2026, 1, 15), book=book).on == date(2026, 4, 30)


# V-17: sixty days after 2026-02-10 is 2026-04-11
def test_a_transitional_stay_caps_the_card_at_sixty_days() -> None:
    found = card_expiry(date(2026, 2, 10), date(2026, 2, 10), transitional_from=date(2026, 2, 10))
    assert found.ends_on == date(2026, 4, 11)
    assert [limit.rule for limit in found.decided_by] == ["V-17.transitional"]


# Pages


def test_the_page_of_the_law_is_current(golden: Callable[[str, str], None]) -> None:
    book = Rulebook.default()
    golden("../../docs/law.md", law_page(book, on=day_of_page(book.table)))


def test_the_page_shows_every_event_policy_and_omission_in_both_languages() -> None:
    table = load()
    page = (ROOT / "docs" / "law.md").read_text(encoding="utf-8")
    for row in table.events:
        assert row.derived or f"### {row.note_ja} · {row.note_en}" in page
    for policy in table.default_policies.rows:
        assert f"| `{policy.id}` | {policy.note_ja}<br>{policy.note_en} |" in page
    for out in table.out:
        assert f"| {out.id} | {out.reason_ja}<br>{out.reason_en} |" in page


def test_every_line_of_the_page_has_as_many_cells_as_its_head() -> None:
    page = (ROOT / "docs" / "law.md").read_text(encoding="utf-8").splitlines()
    cells = None
    for line in page:
        bars = len(re.findall(r"(?<!\\)\|", line))
        if not line.startswith("|"):
            cells = None
        else:
            assert cells in (None, bars), line
            cells = bars


MILESTONES = (date(2016, 1, 1), date(2023, 5, 11), date(2024, 5, 27), date(2026, 6, 14))


@pytest.mark.parametrize("on", MILESTONES, ids=str)
def test_what_each_event_does_on_a_milestone_is_as_reviewed(
    on: date, golden: Callable[[str, str], None]
) -> None:
    book = Rulebook.default()
    lines = [f"# {on}: {', '.join(subject.value for subject in Subject)}"]
    for event in book.table.events:
        if event.derived or not event.in_force(on):
            continue
        for case in cases_of(book, event, on=on):
            outcomes = dict(case.outcomes)
            marks = " ".join(outcomes[s].mark if s in outcomes else "-" for s in Subject)
            lines.append(f"{event.id}: {case_words(book.table, case, 'en')}: {marks}")
    golden(f"law/effects-{on}.txt", "\n".join(lines) + "\n")


def test_the_page_is_as_of_the_day_the_act_was_read() -> None:
    assert day_of_page(load()) == date(2026, 6, 14)
    assert end_of_day(day_of_page(load())).year == 2026
