"""PINs, documents and tokens are in no log, no repr and no error of the phone's face."""

from __future__ import annotations

import logging

import pytest

from jpki.errors import ServiceRefused, ServiceUnauthenticated
from jpki.life.events import ConsentItem, Platform
from simulator.approvals import Automatic, Entry, RequestStatus
from simulator.phone_client import PhoneClient
from simulator.web.phone.model import Approval, AutomaticAsked, SignatureOrder
from tests.phone_http.phonework import Bench
from tests.services import servicework as work

WRONG, CARD_WRONG, NEW = "MISTAKE9", "FALSCH77", "BRANDNEW1"
DOCUMENT = b"a private matter"


def test_logs_hold_no_pin_no_document_no_item_and_no_token(
    phone: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        asked = phone.app.sign_document(phone.device, DOCUMENT)
        with pytest.raises(ServiceRefused) as refused:
            phone.holder.approve(asked.request, password=WRONG)
        phone.holder.approve(asked.request, password=work.PASSWORD)
        items = phone.app.present_items(phone.device, [ConsentItem.NAME])
        phone.holder.approve(items.request, password=work.PASSWORD)
        phone.holder.set_automatic(phone.device, password=work.PASSWORD, pin=work.PIN)
        enrolment = phone.app.enrol(phone.person, Platform.ANDROID)
        with pytest.raises(ServiceRefused) as card:
            phone.holder.approve_enrolment(
                enrolment.request, card_password=CARD_WRONG, signature_password=NEW, user_pin="8642"
            )
    assert phone.app.look(enrolment.request).status is RequestStatus.PENDING
    name = phone.world.state().person(phone.person).items.name
    said = caplog.text + str(refused.value) + str(card.value) + repr(card.value)
    for secret in (WRONG, CARD_WRONG, NEW, work.PASSWORD, DOCUMENT.decode(), name):
        assert secret not in said
    assert phone.server.admin_token not in said
    assert phone.callback_secret not in said


def test_a_repr_shows_neither_pins_nor_what_is_signed(phone: Bench) -> None:
    asked = phone.app.sign_document(phone.device, DOCUMENT)
    phone.holder.approve(asked.request, password=work.PASSWORD)
    order = SignatureOrder.model_validate({"device": "x", "document": "YSBwcml2YXRlIG1hdHRlcg=="})
    shown = [
        Approval(password=WRONG, pin="8642"),
        AutomaticAsked(password=WRONG, pin="8642"),
        Automatic(password=WRONG, pin="8642"),
        Entry(password=work.pins().signature_password, pin=work.pins().user_pin),
        order,
        phone.holder.show(asked.request),
        phone.app.look(asked.request),
        phone.app,
        phone.holder,
        phone.holder.register_app("another", phone.app.whoami().roles),
    ]
    for value in shown:
        text = repr(value)
        for secret in (WRONG, "8642", work.PASSWORD, DOCUMENT.decode(), "YSBwcml2", "another."):
            assert secret not in text, type(value).__name__


def test_a_renewed_token_replaces_the_one_before(phone: Bench) -> None:
    made = phone.holder.renew_app("shop")
    with pytest.raises(ServiceUnauthenticated):
        phone.app.whoami()
    with PhoneClient(phone.server.url, made.token) as again:
        assert again.whoami().app == "shop"


def test_two_enrolments_at_once_leave_one_phone(phone: Bench) -> None:
    one, other = (phone.app.enrol(phone.person, platform) for platform in Platform)
    for asked in (one, other):
        phone.holder.approve_enrolment(
            asked.request, card_password=work.PASSWORD, signature_password=NEW, user_pin="8642"
        )
    person = phone.world.state().person(phone.person)
    assert person.device is not None
    assert person.device.id == f"phone-{phone.person}-3"
    assert len(person.past_devices) == 2


def test_an_enrolment_that_a_rule_refuses_has_failed_and_left_nothing(phone: Bench) -> None:
    work.move(phone.world, phone.person)  # the card's signature certificate is dead (EV-01)
    chips = phone.world.store.chips()
    asked = phone.app.enrol(phone.person, Platform.ANDROID)
    with pytest.raises(ServiceRefused) as refused:
        phone.holder.approve_enrolment(
            asked.request, card_password=work.PASSWORD, signature_password=NEW, user_pin="8642"
        )
    assert refused.value.rule == "ON-9"
    told = phone.app.look(asked.request)
    assert told.status is RequestStatus.FAILED
    assert told.failure is not None
    assert told.failure.rule == "ON-9"
    assert phone.world.store.chips() == chips
