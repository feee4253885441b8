"""Login by challenge and response: the card is lost and found, the phone is replaced."""

from __future__ import annotations

import pytest

from jpki.errors import NoCertificate
from simulator.pytest_plugin.assertions import assert_active, assert_held, assert_revoked

APPLICATION = b"application"


@pytest.fixture
def account(desk, card, clock):
    """An account that was opened with the card."""
    desk.apply(card.sign(APPLICATION), APPLICATION, at=clock.now)
    return desk.accounts[0]


@pytest.fixture
def link(account, logins, clock):
    def with_token(token):
        asked = logins.challenge(at=clock.now)
        return logins.link(account, asked, token.answer(asked), at=clock.now)

    return with_token


@pytest.fixture
def login(desk, logins, clock):
    def with_token(token):
        asked = logins.challenge(at=clock.now)
        return logins.login(desk.accounts, asked, token.answer(asked), at=clock.now)

    return with_token


def test_the_linked_card_logs_in(account, card, link, login):
    assert link(card)
    assert login(card) is account


def test_an_answer_is_good_once(desk, account, card, link, logins, clock):
    link(card)
    asked = logins.challenge(at=clock.now)
    answer = card.answer(asked)
    assert logins.login(desk.accounts, asked, answer, at=clock.now) is account
    assert logins.login(desk.accounts, asked, answer, at=clock.now) is None


def test_somebody_elses_card_does_not_log_in(card, make_card, link, login):
    link(card)
    assert login(make_card()) is None


def test_a_lost_card_is_held_and_logs_in_again_once_it_is_found(account, card, link, login, clock):
    link(card)
    card.report_lost()
    assert_held(card.authentication_certificate, because="EV-34")
    # OCSP tells what was recorded at the next quarter hour.
    clock.advance("15m")
    assert login(card) is None

    card.found_again()
    clock.advance("15m")
    assert_active(card.authentication_certificate)
    assert login(card) is account


def test_a_replaced_phone_has_to_be_linked_again(account, card, make_phone, link, login, clock):
    old = make_phone(card)
    assert link(old)
    assert login(old) is account

    old.go_offline()  # so that its keys stay in it, and answer
    new = make_phone(card)
    clock.advance("15m")
    assert_revoked(old.authentication_certificate)
    assert login(old) is None
    old.go_online()
    with pytest.raises(NoCertificate):
        login(old)
    assert login(new) is None
    assert link(new)
    assert login(new) is account


def test_while_the_server_is_down_nobody_logs_in(card, link, login, revocation_server):
    link(card)
    revocation_server.stop()
    assert login(card) is None
