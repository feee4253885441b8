"""The holder's corner: the phone's screen as a form, and what a holder does in town.

A bank has nothing like it: it stands in for the phone and the municipal counter of the simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from examples.bank.stage import PASSWORD, PIN, Stage
from examples.bank.web import TEMPLATES
from jpki.errors import JpkiError
from simulator.approvals import RequestKind

_PAGE = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


def holder_app(stage: Stage, *, form_token: str) -> Starlette:
    """Return the corner's ASGI application. ``form_token`` keeps other sites' forms out."""
    notes: list[str] = []

    def look() -> str:
        waiting = stage.holder.requests_to(stage.person).requests
        note = notes.pop() if notes else ""
        return _PAGE.get_template("holder.html").render(
            requests=waiting,
            device=stage.device,
            now=stage.control.clock().now.isoformat(),
            password=PASSWORD,
            pin=PIN,
            note=note,
            form_token=form_token,
        )

    def answer(request: str, form: dict[str, list[str]]) -> None:
        entered = form.get("entered", [""])[0]
        if form.get("answer") == ["refuse"]:
            stage.holder.refuse(request)
        elif stage.holder.show(request).kind is RequestKind.AUTHENTICATION:
            stage.holder.approve(request, pin=entered, allow_last_try=True)
        else:
            stage.holder.approve(request, password=entered, allow_last_try=True)

    in_town: dict[str, Callable[[], object]] = {
        "move": stage.move_house,
        "renew": stage.get_new_certificates,
        "wait": stage.let_a_day_pass,
    }

    async def page(_: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(look), headers={"cache-control": "no-store"})

    async def command(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("ascii", "replace"), max_num_fields=20)
        if form.get("form_token") == [form_token]:
            try:
                if "request" in request.path_params:
                    await run_in_threadpool(answer, request.path_params["request"], form)
                else:
                    await run_in_threadpool(in_town[request.path_params["what"]])
            except (JpkiError, ValueError, KeyError) as error:
                # pydantic's errors are ValueErrors and quote what was entered.
                shown = str(error) if isinstance(error, JpkiError) else "that cannot be entered"
                notes.append(shown)
        return RedirectResponse("/holder/", status_code=303)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/requests/{request}", command, methods=["POST"]),
            Route("/town/{what}", command, methods=["POST"]),
        ]
    )
