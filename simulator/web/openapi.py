"""The description of the server (OpenAPI 3.1), made from the table the routes are made from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from jpki.services import Problem
from simulator.web.operations import Area, Operation

__all__ = ["openapi", "openapi_bytes"]

_REFERENCE: Final = "#/components/schemas/{model}"
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
# What may go wrong with any request, and with one that is made of JSON.
_ALWAYS: Final = {
    "400": "The request cannot be read.",
    "401": "The credential is missing or wrong.",
    "403": "The law, or the arrangement, does not let this role do it (rule, basis).",
    "404": "There is nothing at this address.",
    "405": "The address is not asked like this.",
    "408": "The request did not arrive in time.",
    "409": "It cannot be so, or a rule refuses it (rule, basis).",
    "413": "The request is too long.",
    "422": "The JSON is not of the shape described.",
    "503": "The world cannot be used now.",
}
_SECURITY: Final = {
    Area.SERVICES: {
        "type": "http",
        "scheme": "bearer",
        "description": "A verifier's token, made by the keeper of the world.",
    },
    Area.CONTROL: {
        "type": "http",
        "scheme": "bearer",
        "description": "The keeper's token, written when the server starts.",
    },
    Area.PHONE: {
        "type": "http",
        "scheme": "bearer",
        "description": "An app's token, made by the keeper of the world.",
    },
}
_ABOUT: Final = (
    "A simulated JPKI authority; nothing here is real. /services/v1 answers verifiers as the Act "
    "has it; /control/v1 is for tests only and exists nowhere else; /phone/v1 lets prototypes of "
    "apps ask a virtual phone, in a form of the simulator's own."
)
# Path parameters by name; a person's or chip's name is what the world gave it.
_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
_PATHS: Final[dict[str, dict[str, Any]]] = {
    "serial": {"type": "string", "pattern": r"^[1-9][0-9]{0,17}$"},
    "purpose": {"type": "string", "enum": ["signature", "user_authentication"]},
    "number": {"type": "string", "pattern": r"^[1-9][0-9]{0,8}$"},
    "generation": {"type": "string", "pattern": r"^[1-9][0-9]?$"},
    "request": {"type": "string", "pattern": r"^R[0-9]{6,9}$"},
    "event": {"type": "string", "pattern": r"^[a-z][a-z_]{1,63}$"},
}


def openapi(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the description of these operations."""
    table = tuple(operations)
    schemas, names = _schemas(table)
    paths: dict[str, dict[str, Any]] = {}
    for each in table:
        paths.setdefault(each.route, {})[each.method.lower()] = _operation(each, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "jpki-sim",
            "version": version("jpki"),
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {area.value: scheme for area, scheme in _SECURITY.items()},
        },
    }


def openapi_bytes(operations: Sequence[Operation]) -> bytes:
    """Return the description as it is served and written down."""
    return json.dumps(openapi(operations), ensure_ascii=False, indent=1).encode() + b"\n"


_Key = tuple[type[BaseModel], Literal["validation", "serialization"]]


def _schemas(table: tuple[Operation, ...]) -> tuple[dict[str, Any], dict[_Key, str]]:
    wanted = list(dict.fromkeys(_models(table)))
    references, whole = models_json_schema(wanted, ref_template=_REFERENCE)
    names = {key: found["$ref"].rpartition("/")[2] for key, found in references.items()}
    return whole["$defs"], {key: names[key] for key in wanted}


def _models(table: tuple[Operation, ...]) -> Iterator[_Key]:
    yield (Problem, "serialization")
    for each in table:
        if each.question is not None:
            yield (each.question, "validation")
        if not isinstance(each.answer, str):
            yield (each.answer, "serialization")


def _operation(each: Operation, names: dict[_Key, str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": f"{each.area.value}_{each.name}",
        "summary": each.summary,
        "tags": [each.area.value],
        "security": [{each.area.value: []}],
        "parameters": list(_parameters(each)),
        "responses": {"200": _answer(each, names), **_problems(names)},
        "x-faithful": each.faithful,
    }
    if each.question is not None:
        schema = {"$ref": _REFERENCE.format(model=names[each.question, "validation"])}
        told["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return told


def _answer(each: Operation, names: dict[_Key, str]) -> dict[str, Any]:
    if isinstance(each.answer, str):
        return {"description": "The bytes.", "content": {each.answer: {}}}
    schema = {"$ref": _REFERENCE.format(model=names[each.answer, "serialization"])}
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _problems(names: dict[_Key, str]) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(model=names[Problem, "serialization"])}
    content = {"application/problem+json": {"schema": schema}}
    return {status: {"description": words, "content": content} for status, words in _ALWAYS.items()}


def _parameters(each: Operation) -> Iterator[dict[str, Any]]:
    for name in _PARAMETER.findall(each.path):
        schema = _PATHS.get(name, {"type": "string", "pattern": _NAME})
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if each.query is not None:
        shape = each.query.model_json_schema()
        for name, schema in shape["properties"].items():
            required = name in shape.get("required", ())
            yield {"name": name, "in": "query", "required": required, "schema": schema}
    if each.writes:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "A command that is sent again with its key is not done again.",
            "schema": {"type": "string", "pattern": r"^[A-Za-z0-9_.-]{1,64}$"},
        }
