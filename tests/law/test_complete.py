"""Nothing is missing and nothing contradicts, on any day and under any policy."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from jpki.law import Effect, Fact, Subject, holes, load, rule_for, tables_from
from jpki.law.completeness import facts_of
from jpki.law.reading import shipped_text
from jpki.terms import Certainty


def test_exactly_one_rule_speaks_of_every_event_and_subject_on_every_day_and_policy() -> None:
    assert [f"{hole.problem} under {hole.policies!r}" for hole in holes(load())][:10] == []


def test_a_missing_row_is_found_as_a_hole() -> None:
    table = load()
    without = dataclasses.replace(
        table, rules=tuple(r for r in table.rules if r.id != "amended.address.card-signature")
    )
    found = list(holes(without))
    assert found
    assert {(hole.fact.name, hole.subject) for hole in found} == {
        ("resident_record_amended", Subject.CARD_SIGNATURE)
    }


def test_a_row_that_says_the_same_twice_is_found_as_a_hole() -> None:
    table = load()
    twice = table.rule("X-3.expiry")
    doubled = dataclasses.replace(
        table, rules=(*table.rules, twice.model_copy(update={"id": "X-3.again"}))
    )
    assert {hole.fact.name for hole in holes(doubled)} == {"certificate_lost_effect"}


def test_a_row_that_ends_without_a_successor_is_found_on_the_day_it_ends() -> None:
    table = load()
    rules = tuple(
        r.model_copy(update={"until": date(2026, 1, 1)}) if r.id == "K-16" else r
        for r in table.rules
    )
    found = list(holes(dataclasses.replace(table, rules=rules)))
    assert {hole.on for hole in found} == {date(2026, 1, 1)}
    assert {hole.subject for hole in found} == {Subject.CARD}


def test_what_falls_through_the_card_falls_because_the_card_lapses() -> None:
    table = load()
    for event in table.events:
        for fact in facts_of(event):
            for subject in (Subject.CARD_SIGNATURE, Subject.CARD_AUTHENTICATION):
                for on in (max(event.since, date(2024, 5, 26)), max(event.since, date(2026, 7, 1))):
                    if rule_for(table, fact, subject, on=on).effect is Effect.THROUGH_CARD:
                        card = rule_for(table, fact, Subject.CARD, on=on)
                        assert card.effect is Effect.LAPSE, (fact, on)


def test_every_item_on_which_a_card_lapses_is_an_item_the_lapse_rules_know() -> None:
    table = load()
    items = {rule.lapses_as for rule in table.rules if rule.lapses_as}
    assert items == {f"K-{n}" for n in range(1, 19)} - {"K-15"}
    assert items < set(table.event("card_lapsed").domain["item"])


NUMBERED_EVENTS = [f"EV-{n:02}" for n in range(1, 84)]


@pytest.mark.parametrize("row", NUMBERED_EVENTS)
def test_every_numbered_event_is_covered_by_a_row(row: str) -> None:
    assert row in {each for r in load().rows() for each in r.covers}


@pytest.mark.parametrize(
    "row", [f"X-{n}" for n in range(1, 7)] + [f"D-{n}" for n in range(1, 7)] + ["T-2", "T-3", "T-6"]
)
def test_every_numbered_cascade_and_change_rule_is_covered_by_a_row(row: str) -> None:
    assert row in {each for r in load().rules for each in r.covers}


def test_every_code_on_the_revocation_list_is_marked_as_assumed() -> None:
    for rule in load().rules:
        if rule.reason or rule.reason_policy:
            assert rule.reason_certainty is Certainty.ASSUMED, rule.id


def test_every_policy_is_used_by_a_rule_or_a_named_function() -> None:
    table = load()
    by_rules = {r.policy.name for r in table.rules if r.policy}
    by_rules |= {r.reason_policy for r in table.rules if r.reason_policy}
    by_rules |= {a.policy.name for a in table.online_acts if a.policy}
    by_rules |= {r.policy.name for r in table.resets if r.policy}
    by_rules |= {r.policy.name for r in table.limits if r.policy}
    by_rules |= {p.tries_policy for p in table.pins if p.tries_policy}
    by_functions = {
        "age_reached_on",
        "leap_day_certificate_birthday",
        "three_months_left",
        "list_made_at_hour",
        "list_takeover_minutes",
        "ocsp_renewal_minutes",
        "ocsp_answers_new_as",
        "signature_minimum_age",
        "ruling_clock",
        "move_record_lag_days",
        "android_wallet_live",
        "biometrics_after_change",
        "cascade_gap_seconds",
        "clinic_grace_ends",
        "consent_base",
        "consent_begins",
        "consent_forward_days",
        "guardianship_bars_signature",
        "face_failures_block_photo",
        "kiosk_code_entries",
        "linked_serial_of_revoked",
        "substitute_month_ends",
    }
    assert by_rules | by_functions == set(table.default_policies)


def test_the_order_of_rows_does_not_matter() -> None:
    table = load()
    text = shipped_text("revocation.toml")
    head, *blocks = text.split("\n[[")
    backwards = head + "".join(f"\n[[{block}\n" for block in reversed(blocks))
    other = tables_from({"revocation.toml": backwards})
    fact = Fact.of("certificate_lost_effect", kind="card_signature", ground="request",
                   reason="superseded")  # fmt: skip
    on = date(2026, 1, 1)
    for subject in Subject:
        assert rule_for(other, fact, subject, on=on) == rule_for(table, fact, subject, on=on)
