"""Applications: opened, refused, or queued when nobody could tell."""

from __future__ import annotations

import pytest
from firm import Answer

from simulator.pytest_plugin.assertions import assert_active, assert_revoked

APPLICATION = "口座開設申込書（模擬）".encode()


def test_a_signed_application_opens_an_account(desk, card, clock):
    assert desk.apply(card.sign(APPLICATION), APPLICATION, at=clock.now) is Answer.OPENED
    assert [account.number for account in desk.accounts] == [1]


def test_a_phone_opens_an_account_too(desk, phone, clock):
    assert desk.apply(phone.sign(APPLICATION), APPLICATION, at=clock.now) is Answer.OPENED


def test_another_text_than_was_signed_is_refused(desk, card, clock):
    signature = card.sign(APPLICATION)
    assert desk.apply(signature, APPLICATION + b"!", at=clock.now) is Answer.REFUSED
    assert desk.accounts == []


def test_after_a_move_the_old_certificate_is_refused_and_a_new_one_is_taken(
    desk, person, card, clock
):
    before = card.signature_certificate
    person.move()
    clock.advance("2d")
    assert_revoked(before, reason="affiliationChanged", because="EV-01")
    assert desk.apply(card.sign(APPLICATION), APPLICATION, at=clock.now) is Answer.REFUSED

    card.get_new_signature_certificate()
    assert desk.apply(card.sign(APPLICATION), APPLICATION, at=clock.now) is Answer.OPENED


def test_on_the_day_of_the_move_nothing_has_lost_effect_yet(desk, person, card, clock):
    person.move()
    assert_active(card.signature_certificate)
    assert desk.apply(card.sign(APPLICATION), APPLICATION, at=clock.now) is Answer.OPENED


def test_stale_revocation_data_queues_the_application(desk, card, clock, revocation_server):
    revocation_server.order("stale")
    clock.advance("3d")
    signature = card.sign(APPLICATION)
    assert desk.apply(signature, APPLICATION, at=clock.now) is Answer.QUEUED
    assert desk.waiting == 1
    assert desk.accounts == []

    revocation_server.repair()
    assert desk.work_off(at=clock.now) == (Answer.OPENED,)
    assert desk.waiting == 0


def test_while_the_server_is_down_applications_wait(desk, card, clock, revocation_server):
    signature = card.sign(APPLICATION)
    revocation_server.stop()
    assert desk.apply(signature, APPLICATION, at=clock.now) is Answer.QUEUED
    assert desk.work_off(at=clock.now) == (Answer.QUEUED,)

    revocation_server.start()
    assert desk.work_off(at=clock.now) == (Answer.OPENED,)


def test_whoever_moves_while_the_application_waits_is_refused(
    desk, person, card, clock, revocation_server
):
    revocation_server.stop()
    assert desk.apply(card.sign(APPLICATION), APPLICATION, at=clock.now) is Answer.QUEUED
    person.move()
    clock.advance("2d")
    revocation_server.start()
    assert desk.work_off(at=clock.now) == (Answer.REFUSED,)


@pytest.mark.parametrize(
    "fault",
    [
        "unavailable",
        "truncated",
        "garbage",
        "wrong-type",
        "reset",
        "wrong-issuer-key",
        "future-this-update",
        "unknown-critical-extension",
    ],
)
def test_a_server_that_fails_never_opens_an_account(desk, card, clock, revocation_server, fault):
    revocation_server.order(fault)
    assert desk.apply(card.sign(APPLICATION), APPLICATION, at=clock.now) is Answer.QUEUED
