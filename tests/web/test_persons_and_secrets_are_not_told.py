"""Names, addresses, PINs, keys and tokens are in no log and in no error answer."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from jpki.life.events import RecordItem
from jpki.terms import CertificateKind
from tests.services import servicework as work
from tests.web.webwork import ADDRESSES, Served

NAME, TOWN = "仮想　植子", "東京都渋谷区模擬町７７－７７"
PLANTED_PASSWORD, PLANTED_PIN = "PLANTED9SECRET", "8642"


def test_nothing_planted_comes_out_where_it_should_not(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    person, control = served.person, served.control
    items = served.world.state().person(person).items
    serial = work.live(served.world, person, CertificateKind.CARD_SIGNATURE).serial
    key = served.world.keys.rsa(f"card-{person}-1/card_signature/1").private_numbers().d
    planted = [
        items.name,
        items.address,
        NAME,
        TOWN,
        PLANTED_PASSWORD,
        work.PASSWORD,
        served.server.admin_token,
        served.bank,
        served.bank.rpartition(".")[2],
        f"{key:x}"[:40],
        str(key)[:40],
    ]
    errors: list[str] = []
    bodies: list[object] = [
        {"name": NAME, "address": TOWN, NAME: TOWN},
        {"signature_password": PLANTED_PASSWORD, "user_pin": PLANTED_PIN, PLANTED_PASSWORD: 1},
        {"fact": {"person": person, "item": "address", "value": TOWN, NAME: NAME}},
        {"fact": {"person": NAME}},
        {"password": PLANTED_PASSWORD, "content": "eA=="},
        {"card_password": PLANTED_PASSWORD, "platform": NAME, "pins": {"user_pin": PLANTED_PIN}},
        {"role": "signature_verifier", "purpose_of_use": NAME, "serial": serial, "purpose": TOWN},
        [NAME],
        NAME,
    ]
    for token in (served.server.admin_token, served.bank, PLANTED_PASSWORD):
        with served.bare(token) as client:
            for method, path in ADDRESSES:
                if path.endswith(("/stop", "/token")):
                    continue
                told = bodies if token != PLANTED_PASSWORD else bodies[:1]
                for body in told if method in ("POST", "PUT") else [None]:
                    sent = client.request(method, path, json=body)
                    if sent.status_code >= 400:
                        errors.append(sent.text + str(sent.headers))
                    assert sent.status_code < 500, (path, sent.text)
    control.amend_record(person, RecordItem.ADDRESS, TOWN)
    control.advance(timedelta(days=2))
    control.timeline(person)
    with served.verifier() as bank:
        bank.status(serial, work.CertificateKind.CARD_SIGNATURE.purpose)
    assert len(errors) > 200
    assert caplog.records  # something was logged at all
    logged = "\n".join(
        f"{record.getMessage()} {record.exc_text or ''}"
        for record in caplog.records
        # httpx and httpcore log what this test itself sends and gets.
        if not record.name.startswith(("httpx", "httpcore"))
    )
    for secret in planted:
        assert secret not in logged
        assert not [error for error in errors if secret in error], secret
    assert PLANTED_PIN not in logged
    assert str(serial) not in logged
    lines = str(control.audit().model_dump())
    for secret in (*planted, str(serial)):
        assert secret not in lines
