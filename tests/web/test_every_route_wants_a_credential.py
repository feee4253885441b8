"""Nothing but the publication answers without the credential of its part of the server."""

from __future__ import annotations

import pytest

from simulator.web.app import OPERATIONS
from simulator.web.operations import Area
from tests.services import servicework as work
from tests.web.webwork import ADDRESSES, Served, address

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
NOWHERE = [
    ("GET", "/control/v1"),
    ("GET", "/control/v1/"),
    ("GET", "/control/v1/nothing"),
    ("POST", "/services/v1/nothing"),
    ("GET", "/services/v1/"),
    ("GET", "/phone/v1"),
    ("GET", "/phone/v1/nothing"),
    ("GET", "/openapi.json"),
]


@pytest.mark.parametrize(("method", "path"), ADDRESSES + NOWHERE)
@pytest.mark.parametrize(
    "header", [None, "Bearer x y", "Bearer wrong", "Basic YTpi", "Bearer bank.00", "bearer\tx"]
)
def test_without_the_credential_nothing_is_told(
    standing: Served, method: str, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"authorization": header}
    with standing.bare() as client:
        answer = client.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "service.not-authenticated"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_the_credential_of_one_part_does_not_open_the_other(
    standing: Served, operation: object
) -> None:
    each = next(known for known in OPERATIONS if known is operation)
    for area in set(Area) - {each.area}:
        with standing.bare(standing.token(area)) as client:
            assert client.request(each.method, address(each)).status_code == 401


@pytest.mark.parametrize("path", sorted({path for _, path in ADDRESSES}))
def test_a_method_that_an_address_does_not_have_is_refused_by_name(
    standing: Served, path: str
) -> None:
    known = {each.method for each in OPERATIONS if address(each) == path}
    area = next(each.area for each in OPERATIONS if address(each) == path)
    token = standing.token(area)
    with standing.bare(token) as client:
        for method in set(METHODS) - known:
            answer = client.request(method, path)
            assert answer.status_code == 405, method
            assert set(answer.headers["allow"].split(", ")) == known


def test_the_description_is_for_whoever_has_any_credential(standing: Served) -> None:
    for token in map(standing.token, Area):
        with standing.bare(token) as client:
            assert client.get("/openapi.json").status_code == 200


def test_strangers_at_the_services_are_in_the_audit(served: Served) -> None:
    with served.bare("nobody") as client:
        client.post("/services/v1/status", json={})
    lines = served.control.audit().lines
    assert [(line.verifier, line.outcome) for line in lines] == [("", "service.not-authenticated")]


def test_a_stopped_verifier_is_refused_with_the_row(served: Served) -> None:
    serial = work.live(served.world, served.person, work.CertificateKind.CARD_SIGNATURE).serial
    served.control.stop_verifier("bank")
    with served.bare(served.bank) as client:
        answer = client.post(
            "/services/v1/status",
            json={
                "role": "signature_verifier",
                "purpose_of_use": work.USE,
                "serial": serial,
                "purpose": "signature",
            },
        )
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["rule"] == "VS-10"
    assert "18(6)" in answer.json()["basis"]
