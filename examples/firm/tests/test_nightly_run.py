"""The nightly run over many accounts."""

from __future__ import annotations

import pytest
from firm import Answer, check_again

from jpki.validation import Verdict
from simulator.pytest_plugin.assertions import assert_revoked, assert_story, assert_verdict

APPLICATION = b"application"


@pytest.fixture
def customers(desk, people, make_card, clock):
    """Three people with accounts numbered 1 to 3, and their cards."""
    found = []
    for _ in range(3):
        person = people.invent()
        card = make_card(person)
        assert desk.apply(card.sign(APPLICATION), APPLICATION, at=clock.now) is Answer.OPENED
        found.append((person, card))
    return found


def test_only_the_account_of_who_moved_is_frozen(desk, checks, customers, clock):
    mover, card = customers[1]
    mover.move()
    clock.at("2026-08-05T02:00")
    assert_revoked(card.signature_certificate, because="resident_record_amended")

    result = check_again(desk.accounts, checks, at=clock.now)
    assert result.good == (1, 3)
    assert result.frozen == (2,)
    assert result.unknown == ()


def test_a_death_and_a_lost_card_freeze_theirs(desk, checks, customers, clock):
    customers[0][0].die()
    customers[2][1].report_lost()
    clock.advance("2d")
    assert check_again(desk.accounts, checks, at=clock.now).frozen == (1, 3)
    # A frozen account is not looked at again.
    assert check_again(desk.accounts, checks, at=clock.now).good == (2,)


def test_what_cannot_be_checked_is_reported_and_not_frozen(
    desk, checks, customers, clock, revocation_server
):
    revocation_server.stop()
    result = check_again(desk.accounts, checks, at=clock.now)
    assert len(result.unknown) == len(customers)
    assert not any(account.frozen for account in desk.accounts)


def test_the_firm_and_an_independent_verifier_agree(checks, card, verifier, clock):
    card.report_lost()
    clock.advance("2d")
    certificate = card.signature_certificate
    ours = checks.certificate(certificate.der, at=clock.now)
    assert_verdict(ours, Verdict.INVALID, certificate=certificate)
    assert verifier.later_status(certificate).verdict is ours.verdict


@pytest.mark.jpki_story("sc-01", "sc-06")
def test_what_the_firm_counts_on_is_what_the_law_says(story):
    assert_story(story)
