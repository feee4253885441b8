"""Callbacks go to this machine only, signed, at least once, and are given up in the end."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path

import pytest

from jpki.errors import MalformedDocument, ServiceQuestionInvalid
from simulator.approvals import AppRole, ApprovalDesk, Entry, RequestStatus, SignatureAsked
from simulator.approvals.outbox import MOST_ATTEMPTS
from simulator.client import ControlClient
from simulator.phone_client import read_callback
from simulator.web import RunningServer
from simulator.world import World
from tests.phone_http.phonework import Bench, bench, receiving, until
from tests.services import servicework as work


def test_an_app_is_called_back_with_what_became_of_it_under_its_own_key() -> None:
    with receiving() as receiver, bench(callback_url=receiver.url) as phone:
        asked = phone.app.sign_document(phone.device, b"a contract")
        phone.holder.approve(asked.request, password=work.PASSWORD)
        receiver.wait_for(1)
        ((headers, body),) = receiver.got
        # RFC 2104 by hand: nothing of ours takes part.
        key = bytes.fromhex(phone.callback_secret)
        expected = hmac.new(key, body, hashlib.sha256).hexdigest()
        assert headers["jpki-signature"] == "v1=" + expected
        assert headers["idempotency-key"] == asked.request
        told = read_callback(phone.callback_secret, body, headers["jpki-signature"])
        assert (told.id, told.status) == (asked.request, RequestStatus.APPROVED)
        # What was signed is fetched with the token; it is not sent around.
        assert set(json.loads(body)) == {"id", "kind", "status", "settled_at", "simulated"}
        for key_hex, content in ((phone.callback_secret, body + b" "), ("00" * 32, body)):
            with pytest.raises(MalformedDocument):
                read_callback(key_hex, content, headers["jpki-signature"])


def test_a_callback_that_is_not_taken_is_offered_again_with_the_same_id() -> None:
    with receiving(500, 307) as receiver, bench(callback_url=receiver.url) as phone:
        asked = phone.app.sign_document(phone.device, b"a contract")
        phone.holder.refuse(asked.request)
        receiver.wait_for(3)
        assert {headers["idempotency-key"] for headers, _ in receiver.got} == {asked.request}
        assert len({body for _, body in receiver.got}) == 1
        # A redirection was not followed: the three are those offered, the last one was taken.
        outbox = ApprovalDesk(phone.world).outbox
        until(lambda: not outbox.waiting())
        assert len(receiver.got) == 3
        assert outbox.given_up() == ()


def test_expiry_is_called_back_too() -> None:
    with receiving() as receiver, bench(callback_url=receiver.url) as phone:
        asked = phone.app.sign_document(phone.device, b"a contract")
        with ControlClient(phone.server.url, phone.server.admin_token) as control:
            control.advance(timedelta(minutes=5))
        receiver.wait_for(1)
        told = json.loads(receiver.got[0][1])
        assert (told["id"], told["status"]) == (asked.request, "expired")


def test_a_callback_outlives_the_server_that_could_not_deliver_it(tmp_path: Path) -> None:
    place = tmp_path / "world.sqlite"
    with receiving() as receiver:
        port, url = receiver.port, receiver.url
    with bench(place, callback_url=url) as phone:
        asked = phone.app.sign_document(phone.device, b"a contract")
        phone.holder.approve(asked.request, password=work.PASSWORD)
        outbox = ApprovalDesk(phone.world).outbox
        until(lambda: any(each.attempts for each in outbox.waiting()))
    with (
        receiving(port=port) as receiver,
        World.open(place, keys=work.keys()) as world,
        RunningServer(world),
    ):
        receiver.wait_for(1)
        assert json.loads(receiver.got[0][1])["id"] == asked.request


def test_after_the_last_offer_a_message_is_given_up() -> None:
    with work.new_world() as world:
        person = work.person_with_card(world)
        work.enrol(world, person)
        device = world.state().person(person).device
        assert device is not None
        desk = ApprovalDesk(world)
        desk.apps.register("shop", roles=list(AppRole), callback_url="http://127.0.0.1:9/x")
        question = {"device": device.id, "document": b"QUJD"}
        asked = desk.create(desk.apps.named("shop"), SignatureAsked.model_validate(question))
        desk.approve(asked.id, Entry(password=work.pins().signature_password))
        for number in range(MOST_ATTEMPTS):
            (message,) = desk.outbox.waiting()
            assert message.attempts == number
            desk.outbox.missed(message)
        assert desk.outbox.waiting() == ()
        assert desk.outbox.given_up() == (message.number,)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com:80/x",
        "http://192.0.2.1:80/x",
        "http://0.0.0.0:80/x",
        "https://127.0.0.1:443/x",
        "http://127.0.0.1/x",
        "http://127.0.0.1:80/x?y=1",
        "http://127.0.0.1:80/x#y",
        "http://user:secret@127.0.0.1:80/x",
        "http://127.0.0.1.example.com:80/x",
        "http://127.0.0.1:99999/x",
        "http://[::1:80/x",
        "file:///etc/passwd",
        "//127.0.0.1:80/x",
        "http://127.0.0.1:80/x y",
    ],
)
def test_callbacks_go_nowhere_but_to_this_machine(standing: Bench, url: str) -> None:
    with pytest.raises(ServiceQuestionInvalid, match="callback_url"):
        standing.holder.register_app("other", [AppRole.LOGIN_APP], callback_url=url)


@pytest.mark.parametrize(
    ("app", "given", "kept"),
    [
        ("named", "http://localhost:8080/a", "http://127.0.0.1:8080/a"),
        ("six", "http://[::1]:8080", "http://[::1]:8080/"),
        ("two", "http://127.0.0.2:1/", "http://127.0.0.2:1/"),
    ],
)
def test_a_loopback_address_is_kept_as_a_number(
    standing: Bench, app: str, given: str, kept: str
) -> None:
    standing.holder.register_app(app, [AppRole.LOGIN_APP], callback_url=given)
    assert {each.app: each.callback_url for each in standing.holder.apps().apps}[app] == kept
