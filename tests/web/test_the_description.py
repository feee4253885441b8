"""The OpenAPI description is that of the routes, is written down, and holds against the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from simulator.web.app import OPERATIONS
from simulator.web.openapi import openapi, openapi_bytes
from simulator.web.operations import Area
from tests.web.webwork import Served, serving

WRITTEN = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def test_the_written_description_is_that_of_the_routes(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        WRITTEN.write_bytes(openapi_bytes(OPERATIONS))
    assert WRITTEN.read_bytes() == openapi_bytes(OPERATIONS), (
        "run: pytest tests/web/test_the_description.py --update-golden"
    )


def test_every_operation_is_described_once_with_its_credential_and_its_problems() -> None:
    told = openapi(OPERATIONS)
    described = [
        (method.upper(), path, each)
        for path, methods in told["paths"].items()
        for method, each in methods.items()
    ]
    assert {(method, path) for method, path, _ in described} == {
        (each.method, each.route) for each in OPERATIONS
    }
    assert len(described) == len(OPERATIONS)
    names = [each["operationId"] for _, _, each in described]
    assert len(set(names)) == len(names)
    for _, path, each in described:
        (area,) = (each for each in Area if path.startswith(each.root + "/"))
        assert each["security"] == [{area.value: []}]
        assert each["x-faithful"] is (area is Area.SERVICES)
        assert {"401", "403", "409", "422"} <= set(each["responses"])


def test_every_reference_leads_somewhere() -> None:
    told = openapi(OPERATIONS)

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [each for value in node.values() for each in references(value)]
        if isinstance(node, list):
            return [each for value in node for each in references(value)]
        return []

    found = set(references(told))
    assert found
    schemas = told["components"]["schemas"]
    assert {each.rpartition("/")[2] for each in found} <= set(schemas)


@pytest.mark.long
@pytest.mark.parametrize("area", list(Area))
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_that_fits_the_description_or_nearly_does_breaks_the_server(
    area: Area, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_dict(json.loads(openapi_bytes(OPERATIONS)))
    found = [each.ok() for each in schema.get_all_operations()]
    mine = [each for each in found if each.path.startswith(area.root)]
    assert len(mine) == sum(each.area is area for each in OPERATIONS)
    with serving() as served:
        # A clock that was set going by chance soon runs past the last year, so that comes last.
        for operation in sorted(mine, key=lambda each: each.path.endswith("/clock")):
            attack(served, area, operation, mode)
        with served.keeper() as client:
            assert client.get("/openapi.json").status_code == 200


def attack(served: Served, area: Area, operation: Any, mode: GenerationMode) -> None:
    token = served.token(area)

    @settings(
        max_examples=8,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        derandomize=True,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def fire(case: Any) -> None:
        answer = case.call(
            base_url=served.server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        assert answer.status_code < 500, (case.method, case.path, answer.text)

    try:
        fire()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, operation.path  # nothing there can be wrong
