"""Requests wait, expire by the world's clock, and are answered by a phone that was told to."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from jpki.errors import ServiceQuestionInvalid, ServiceRefused
from jpki.life.events import ConsentItem, Platform
from simulator.approvals import ApprovalDesk, Entry, Means, RequestKind, RequestStatus
from simulator.approvals.desk import MOST_PENDING
from simulator.client import ControlClient
from simulator.world import World
from tests.phone_http.phonework import Bench, bench
from tests.services import servicework as work

PENDING, APPROVED, EXPIRED = (
    RequestStatus.PENDING,
    RequestStatus.APPROVED,
    RequestStatus.EXPIRED,
)


def test_a_long_poll_ends_with_the_answer_and_not_before(phone: Bench) -> None:
    asked = phone.app.sign_document(phone.device, b"a contract")
    seen: list[RequestStatus] = []
    poll = threading.Thread(
        target=lambda: seen.append(phone.app.look(asked.request, wait=20).status)
    )
    poll.start()
    poll.join(0.5)
    assert poll.is_alive()
    phone.holder.approve(asked.request, password=work.PASSWORD)
    poll.join(5)
    assert seen == [APPROVED]


def test_a_long_poll_is_over_when_its_seconds_are(phone: Bench) -> None:
    asked = phone.app.sign_document(phone.device, b"a contract")
    assert phone.app.look(asked.request, wait=1).status is PENDING


@pytest.mark.parametrize("wait", ["21", "-1", "x", ""])
def test_a_wait_out_of_bounds_is_refused(phone: Bench, wait: str) -> None:
    asked = phone.app.sign_document(phone.device, b"a contract")
    with pytest.raises(ServiceQuestionInvalid) as refused:
        phone.app._exchange.fetch(
            "GET", f"/phone/v1/requests/{asked.request}", query={"wait": wait}
        )
    assert refused.value.problem == "web.invalid"


def test_a_server_that_stops_does_not_wait_for_those_who_wait(phone: Bench) -> None:
    asked = phone.app.sign_document(phone.device, b"a contract")
    seen: list[RequestStatus] = []
    poll = threading.Thread(
        target=lambda: seen.append(phone.app.look(asked.request, wait=20).status)
    )
    poll.start()
    poll.join(0.5)
    phone.server.stop()
    poll.join(5)
    assert seen == [PENDING]


def test_a_request_is_open_until_its_five_minutes_are_over(phone: Bench) -> None:
    asked = phone.app.sign_document(phone.device, b"a contract")
    begun = phone.world.now
    with ControlClient(phone.server.url, phone.server.admin_token) as control:
        control.advance(timedelta(minutes=4, seconds=59))
        assert phone.app.look(asked.request).status is PENDING
        control.advance(timedelta(seconds=1))
    told = phone.app.look(asked.request)
    assert (told.status, told.settled_at) == (EXPIRED, begun + timedelta(minutes=5))
    with pytest.raises(ServiceRefused) as late:
        phone.holder.approve(asked.request, password=work.PASSWORD)
    assert late.value.problem == "phone.not-pending"
    assert phone.holder.requests_on(phone.device).requests == ()


def test_an_app_may_ask_for_less_time_or_more_within_bounds(phone: Bench) -> None:
    short = phone.app.sign_document(phone.device, b"s", lifetime=timedelta(seconds=10))
    assert short.expires_at - short.created_at == timedelta(seconds=10)
    long = phone.app.sign_document(phone.device, b"l", lifetime=timedelta(hours=24))
    assert long.expires_at - long.created_at == timedelta(hours=24)


def test_a_phone_shows_only_so_many_requests(phone: Bench) -> None:
    for number in range(MOST_PENDING):
        phone.app.sign_document(phone.device, b"%d" % number)
    with pytest.raises(ServiceRefused) as refused:
        phone.app.sign_document(phone.device, b"one more")
    assert refused.value.problem == "phone.too-many-pending"


def test_a_phone_told_to_answers_by_itself_and_says_so(phone: Bench) -> None:
    told = phone.holder.set_automatic(phone.device, password=work.PASSWORD, biometrics=True)
    assert told.test_only is True
    assert set(told.kinds) == set(RequestKind) - {RequestKind.ENROLMENT}
    signed = phone.app.sign_document(phone.device, b"a contract")
    entered = phone.app.authenticate(phone.device, b"c" * 16)
    shown = phone.app.present_items(phone.device, [ConsentItem.SEX])
    assert {each.status for each in (signed, entered, shown)} == {APPROVED}
    assert {each.means for each in (signed, entered, shown)} == {Means.AUTOMATIC}
    # An enrolment needs the card, which no setting of a phone holds.
    assert phone.app.enrol(phone.person, Platform.IPHONE).status is PENDING
    phone.holder.set_automatic(phone.device)
    assert phone.app.sign_document(phone.device, b"another").status is PENDING


def test_a_phone_that_enters_a_wrong_password_by_itself_spends_a_try_a_request(
    phone: Bench,
) -> None:
    phone.holder.set_automatic(phone.device, password="WRONG999")
    asked = phone.app.sign_document(phone.device, b"a contract")
    assert asked.status is PENDING
    with pytest.raises(ServiceRefused, match="3 tries left"):  # P7 has five; one was spent
        phone.holder.approve(asked.request, password="WRONG998")
    # With the biometrics setting alone nothing is ever signed.
    phone.holder.set_automatic(phone.device, biometrics=True)
    assert phone.app.sign_document(phone.device, b"a contract").status is PENDING


def test_what_waits_survives_a_restart_and_is_the_same_for_another_process(
    tmp_path: Path,
) -> None:
    place = tmp_path / "world.sqlite"
    with bench(place) as phone:
        asked = phone.app.sign_document(phone.device, b"a contract")
        # Another process that has the same file, such as a page, approves beside the server.
        with World.open(place, keys=work.keys()) as beside:
            desk = ApprovalDesk(beside)
            (waiting,) = desk.pending_for(device=phone.device)
            desk.approve(
                waiting.id, Entry(password=work.pins().signature_password), means=Means.PAGE
            )
        told = phone.app.look(asked.request)
        assert (told.status, told.means) == (APPROVED, Means.PAGE)
        left = phone.app.sign_document(phone.device, b"another")
        app = phone.app.whoami()
    with World.open(place, keys=work.keys()) as again:
        desk = ApprovalDesk(again)
        assert [each.id for each in desk.pending_for(person=phone.person)] == [left.request]
        assert desk.apps.named("shop").roles == frozenset(app.roles)
        known = desk.get(asked.request)
        assert known is not None
        assert known.result == told.result
