"""What a failing assertion tells: event, rule and article, and never a name."""

from __future__ import annotations

import pytest

from jpki.errors import ImpossibleFact
from jpki.terms import RevocationReason
from jpki.validation import Verdict
from simulator.pytest_plugin.assertions import (
    assert_active,
    assert_expired,
    assert_held,
    assert_revoked,
    assert_verdict,
)

NAME, ADDRESS = "模擬　秘密", "東京都渋谷区模擬町９９９"


@pytest.fixture
def person(people):
    """Somebody whose name must not get out: an override of the plug-in's own."""
    return people.invent(name=NAME, address=ADDRESS)


@pytest.fixture
def moved(person, card, clock):
    """The card's signature certificate, after a move."""
    clock.at(person.move())
    return card.signature_certificate


def failure_of(function, *arguments, **keywords) -> str:
    with pytest.raises(AssertionError) as caught:
        function(*arguments, **keywords)
    text = str(caught.value)
    assert NAME not in text
    assert ADDRESS not in text
    return text


def test_a_certificate_that_should_be_active_tells_why_it_is_not(moved) -> None:
    text = failure_of(assert_active, moved)
    # The event, the rule that spoke, and its provision (Act 12(1)(i)).
    assert "card_signature 108000001 is revoked, not active at 2026-08-04 03:00:00 JST" in text
    assert "card_signature revoke (affiliationChanged)" in text
    assert "art. 12" in text
    assert "recorded at 2026-08-04 03:00:00 JST" in text


def test_it_speaks_japanese_when_asked(moved) -> None:
    text = failure_of(assert_active, moved, language="ja")
    assert "← 個人番号カード用署名用電子証明書の失効" in text
    assert "12条" in text


def test_a_wrong_reason_is_told_beside_the_right_one(moved) -> None:
    assert_revoked(moved, reason=RevocationReason.AFFILIATION_CHANGED)
    assert_revoked(moved, reason=3)
    text = failure_of(assert_revoked, moved, reason="keyCompromise")
    assert "with the reason affiliationChanged, not keyCompromise" in text


@pytest.mark.parametrize("because", ["EV-01", "resident_record_amended"])
def test_a_cause_goes_by_its_row_and_by_its_event(moved, because) -> None:
    assert_revoked(moved, because=because)


def test_a_cause_goes_by_its_rule(moved) -> None:
    assert_revoked(moved, because=moved.why().steps[0].rule)


def test_another_cause_is_refused_and_the_known_ones_are_told(moved) -> None:
    text = failure_of(assert_revoked, moved, because="EV-13")
    assert "revoked, but not because of EV-13" in text
    assert "'EV-01'" in text


def test_a_reason_that_does_not_exist_is_no_failed_assertion(moved) -> None:
    for nonsense in ("moved", 99):
        with pytest.raises(ImpossibleFact):
            assert_revoked(moved, reason=nonsense)


@pytest.mark.parametrize("wrong", [assert_revoked, assert_held, assert_expired])
def test_an_active_certificate_is_nothing_else(card, wrong) -> None:
    text = failure_of(wrong, card.authentication_certificate)
    assert "is active, not" in text


def test_a_hold_tells_its_cause(card) -> None:
    card.report_lost()
    assert_held(card.authentication_certificate, because="card_loss_reported")
    failure_of(assert_held, card.authentication_certificate, because="EV-01")


def test_a_verdict_tells_every_step_and_no_name(card, verifier) -> None:
    report = verifier.receive(card.sign(b"content"), b"content")
    text = failure_of(assert_verdict, report, Verdict.INVALID)
    assert "valid by revocation.good" in text
    assert "10 revocation" in text


def test_a_verdict_names_the_holder_only_when_asked(card, verifier) -> None:
    report = verifier.receive(card.sign(b"content"), b"content")
    with pytest.raises(AssertionError, match=NAME):
        assert_verdict(report, Verdict.INVALID, naming_the_holder=True)


def test_a_verdict_tells_the_chain_of_its_certificate(moved, verifier) -> None:
    report = verifier.later_status(moved)
    text = failure_of(assert_verdict, report, Verdict.VALID, certificate=moved)
    assert "card_signature revoke (affiliationChanged)" in text


def test_the_code_of_the_deciding_step_counts_when_it_is_given(moved, verifier, clock) -> None:
    clock.advance("15m")
    report = verifier.later_status(moved)
    assert_verdict(report, Verdict.INVALID, code="revocation.revoked")
    failure_of(assert_verdict, report, Verdict.INVALID, code="revocation.held")


def test_no_report_is_no_verdict() -> None:
    assert "the challenge was not open" in failure_of(assert_verdict, None, Verdict.VALID)
