"""The ASGI application of one world: publication, services, control, and their description.

Nothing but the publication answers without a credential, not even that an address is wrong.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from jpki.errors import MalformedDocument
from jpki.services import Problem
from simulator.faults import FaultsAtWork
from simulator.services import NotAuthenticated
from simulator.web.befallen import Endpoint, befallen
from simulator.web.control import CONTROL
from simulator.web.house import Caller, Done, House
from simulator.web.looking import Lookout
from simulator.web.openapi import openapi_bytes
from simulator.web.operations import Area, Call, Operation
from simulator.web.pages import ROOT, Door, pages_site
from simulator.web.phone import PHONE
from simulator.web.problems import (
    BodyTooLarge,
    BodyTooSlow,
    NotJson,
    NotThere,
    invalid,
    problem_of,
    problem_response,
    status_problem,
)
from simulator.web.published import published
from simulator.web.verifier_services import SERVICES
from simulator.world import World

__all__ = ["LONGEST_BODY", "OPERATIONS", "PATIENCE_SECONDS", "build_app"]

LONGEST_BODY: Final = 1 << 20
"""Bytes of a request: a signature with its chain is some ten thousand."""

# A client that is still sending when the connection closes may never read why, so what is somewhat
# too long is read to its end and dropped.
_DRAINED: Final = 4 * LONGEST_BODY

PATIENCE_SECONDS: Final = 10.0
"""How long a body may take to arrive."""

OPERATIONS: Final[tuple[Operation, ...]] = (*SERVICES, *CONTROL, *PHONE)
"""Everything that can be asked, except the publication."""

# How often somebody who waits for an answer is looked after; the wait is counted in such steps.
_STEP_SECONDS: Final = 0.2

_LOG: Final = logging.getLogger("jpki.simulator.web")
_KEY: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE")


def build_app(
    world: World,
    *,
    admin_token: str,
    operations: Sequence[Operation] = (),
    door: Door | None = None,
) -> Starlette:
    """Return the application of a world.

    ``door`` lets browsers in to the pages; without one of the caller's, the admin token does.
    ``operations`` are added to those that are always there. The publication gets every path that
    is not another part's.
    """
    house = House(world, admin_token=admin_token)
    lookout = Lookout(house)
    at_work = FaultsAtWork(lambda: lookout.seen.faults)
    around: dict[Area, Callable[[Endpoint], Endpoint]] = {
        Area.SERVICES: lambda endpoint: befallen(endpoint, lookout, at_work),
        Area.CONTROL: lambda endpoint: endpoint,
        Area.PHONE: lambda endpoint: endpoint,
    }
    table = (*OPERATIONS, *operations)
    routes: list[BaseRoute] = [_description(house, table)]
    for area in Area:
        mine = [each for each in table if each.area is area]
        routes.append(Route(area.root, _endpoint(house, area, {}), methods=list(_METHODS)))
        routes.append(Mount(area.root, routes=_routes(house, area, mine, around[area])))
    site = pages_site(house, door or Door(admin_token))
    routes.append(Route(ROOT, _to_the_pages, methods=["GET"]))
    routes.append(Mount(ROOT, app=site))
    routes.append(Mount("/", app=published(world, lookout, at_work)))
    app = Starlette(
        routes=routes, exception_handlers={HTTPException: _not_served, Exception: _defect}
    )
    app.state.house = house
    return app


async def _to_the_pages(_: Request) -> Response:
    return RedirectResponse(f"{ROOT}/", HTTPStatus.PERMANENT_REDIRECT)


def _routes(
    house: House,
    area: Area,
    operations: Sequence[Operation],
    around: Callable[[Endpoint], Endpoint],
) -> list[BaseRoute]:
    """The routes of an area; whatever has no operation wants the credential all the same."""
    routes: list[BaseRoute] = []
    for path in dict.fromkeys(each.path for each in operations):
        by_method = {each.method: each for each in operations if each.path == path}
        endpoint = around(_endpoint(house, area, by_method))
        routes.append(Route(path, endpoint, methods=list(_METHODS)))
    routes.append(Route("/{rest:path}", _endpoint(house, area, {}), methods=list(_METHODS)))
    return routes


def _description(house: House, table: Sequence[Operation]) -> Route:
    body = openapi_bytes(table)

    async def describe(request: Request) -> Response:
        try:
            await run_in_threadpool(_of_any_area, house, _token(request))
        except NotAuthenticated as error:
            return problem_response(problem_of(error))
        return Response(body, media_type="application/json")

    return Route("/openapi.json", describe, methods=["GET"])


def _of_any_area(house: House, token: str) -> None:
    for area in (Area.CONTROL, Area.PHONE):
        with suppress(NotAuthenticated):
            house.authenticate(area, token)
            return
    house.authenticate(Area.SERVICES, token)


def _endpoint(house: House, area: Area, by_method: dict[str, Operation]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            caller = await run_in_threadpool(house.authenticate, area, _token(request))
            if not by_method:
                raise NotThere("there is nothing at this address", hint="see /openapi.json")
            operation = by_method.get(request.method)
            if operation is None:
                return _not_that_method(by_method)
            return await _performed(house, operation, caller, request)
        except ValidationError as error:
            return problem_response(_validation_problem(error))
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        except Exception as error:
            return problem_response(problem_of(error))

    return endpoint


async def _performed(
    house: House, operation: Operation, caller: Caller, request: Request
) -> Response:
    body = await _body(request)
    call = Call(
        house=house,
        path=dict(request.path_params),
        query=_query(operation, request),
        question=_question(operation, request, body),
        verifier=caller.verifier,
        app=caller.app,
    )
    perform = partial(
        house.perform,
        operation,
        call,
        caller,
        key=_key(request),
        command=f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body,
    )
    done = await _settled(perform, house, call, request)
    _LOG.info("%s %s by %s", operation.method, operation.route, caller.name)
    headers = {"cache-control": "no-store", "jpki-simulated": "true"}
    if done.again:
        headers["idempotency-replayed"] = "true"
    return Response(done.body, media_type=done.media_type, headers=headers)


async def _settled(perform: Callable[[], Done], house: House, call: Call, request: Request) -> Done:
    """Ask, and ask again while the caller wants to wait and nothing has been decided."""
    done = await run_in_threadpool(perform)
    steps = round(getattr(call.query, "wait", 0) / _STEP_SECONDS)
    while not done.settled and steps > 0 and not house.closing.is_set():
        await asyncio.sleep(_STEP_SECONDS)
        if await request.is_disconnected():
            raise ClientDisconnect
        done, steps = await run_in_threadpool(perform), steps - 1
    return done


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("there is no credential")
    return token.strip()


async def _body(request: Request) -> bytes:
    said = request.headers.get("content-length", "0")
    if not said.isdigit() or len(said) > 18 or int(said) > _DRAINED:
        raise _too_large()
    body, length = bytearray(), 0
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for part in request.stream():
                length += len(part)
                if length > _DRAINED:
                    raise _too_large()
                if length <= LONGEST_BODY:
                    body += part
    except TimeoutError:
        raise BodyTooSlow("the request did not arrive in time") from None
    if length > LONGEST_BODY:
        raise _too_large()
    return bytes(body)


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"a request has at most {LONGEST_BODY} bytes")


def _question(operation: Operation, request: Request, body: bytes) -> Any:
    if operation.question is None:
        if body:
            raise NotJson("nothing is taken here but the address", hint="send no body")
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise NotJson("the body is not said to be JSON")
    # Strict: what is not of the type is refused, not made to fit.
    return operation.question.model_validate_json(body, strict=True)


def _query(operation: Operation, request: Request) -> Any:
    given = dict(request.query_params)
    if operation.query is None:
        if given:
            raise MalformedDocument("nothing is taken in the query here", source="query")
        return None
    return operation.query.model_validate(given)


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and _KEY.fullmatch(key) is None:
        raise MalformedDocument(
            "not a key", source="Idempotency-Key", hint="1 to 64 letters, digits, . _ and -"
        )
    return key


def _validation_problem(error: ValidationError) -> Problem:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return problem_of(NotJson("the body is no JSON"))
    return invalid(error)


def _not_that_method(by_method: dict[str, Operation]) -> Response:
    status = HTTPStatus.METHOD_NOT_ALLOWED
    response = problem_response(status_problem(status, "web.method"))
    response.headers["allow"] = ", ".join(sorted(by_method))
    return response


async def _not_served(_: Request, error: Exception) -> Response:
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus(500)
    return problem_response(status_problem(status, "web.not-served"))


async def _defect(_: Request, error: Exception) -> Response:
    return problem_response(problem_of(error))
