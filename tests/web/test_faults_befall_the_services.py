"""Ordered faults of the sending befall the verifier services, too; what was done stays done."""

from __future__ import annotations

import time

import httpx
import pytest

from jpki.errors import MalformedDocument
from jpki.terms import Purpose
from simulator.faults import Fault, FaultName, Target
from tests.web.webwork import Served

QUESTION = {
    "role": "signature_verifier",
    "purpose_of_use": "account opening",
    "serial": 0,
    "purpose": "signature",
}


def ask(served: Served) -> httpx.Response:
    from tests.services import servicework as work

    serial = served.world.store.last_serial(Purpose.SIGNATURE.value)
    content = QUESTION | {
        "serial": serial,
        "role": work.SIGNING.value,
        "purpose_of_use": work.USE,
    }
    with served.bare(served.bank) as client:
        return client.post("/services/v1/status", json=content)


def noted(served: Served) -> int:
    return len(served.control.audit().lines)


def order(served: Served, name: FaultName, **about: float) -> None:
    served.control.order_fault(Fault(name=name, target=Target.SERVICES, **about))


def test_a_service_that_says_5xx_has_not_done_what_was_asked(served: Served) -> None:
    before = noted(served)
    order(served, FaultName.HTTP_5XX, status=502, times=1)
    assert ask(served).status_code == 502
    assert noted(served) == before
    assert ask(served).status_code == 200
    assert noted(served) == before + 1


def test_an_answer_that_is_lost_on_its_way_was_given_and_noted(served: Served) -> None:
    before = noted(served)
    order(served, FaultName.CONNECTION_RESET, times=1)
    with pytest.raises(httpx.TransportError):
        ask(served)
    assert noted(served) == before + 1
    assert ask(served).status_code == 200


def test_an_answer_arrives_cut_or_late_as_it_was_ordered(served: Served) -> None:
    whole = ask(served).content
    order(served, FaultName.TRUNCATED, bytes=20, times=1)
    assert ask(served).content == whole[:20]
    order(served, FaultName.SLOW, seconds=0.5, times=1)
    begun = time.monotonic()
    assert len(ask(served).content) == len(whole)
    assert time.monotonic() - begun >= 0.4


def test_control_and_what_is_no_sending_are_left_alone(served: Served) -> None:
    order(served, FaultName.HTTP_5XX)
    assert served.control.status().people == 1
    with pytest.raises((MalformedDocument, ValueError), match="cannot befall services"):
        order(served, FaultName.WRONG_ISSUER_KEY)
