"""The bank's pages: server-rendered, without scripts, in Japanese and English."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from examples.bank.desk import Declined, Desk
from examples.bank.sessions import Visit, Visits
from examples.bank.words import LANGUAGES, item_labels, words
from jpki.errors import JpkiError, ServiceError
from jpki.jst import moment
from jpki.life.events import ConsentItem
from simulator.approvals import Authenticated, ItemsPresented, RequestStatus, Signed
from simulator.phone_client import PhoneClient

COOKIE = "simulated_bank"
_LONGEST_FORM = 4096
TEMPLATES = Path(__file__).parent / "templates"
_PAGES = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
)
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

Form = dict[str, list[str]]


class BankPages:
    """Every page of the bank."""

    def __init__(self, desk: Desk, phone: PhoneClient) -> None:
        self._desk = desk
        self._phone = phone
        self._visits = Visits()

    def app(self) -> Starlette:
        """Return the ASGI application."""
        commands: dict[str, Callable[[Visit, Form], str]] = {
            "/login": self._login,
            "/open": self._open,
            "/look": self._look,
            "/items": self._items,
            "/fetch": self._fetch,
        }
        routes = [
            Route("/", self._page("home.html", self._home)),
            Route("/waiting", self._page("waiting.html", self._waiting)),
            Route("/account", self._page("account.html", self._account)),
            Route("/language/{language}", self._language, methods=["POST"]),
            Route("/logout", self._logout, methods=["POST"]),
        ]
        routes += [
            Route(path, self._command(act), methods=["POST"]) for path, act in commands.items()
        ]
        return Starlette(routes=routes)

    # what a visitor does; each returns where to go on

    def _login(self, visit: Visit, form: Form) -> str:
        visit.device = _one(form, "device")[:64]
        visit.request, visit.asked = self._desk.begin_login(visit.device)
        visit.step = "login"
        return "/waiting"

    def _open(self, visit: Visit, _: Form) -> str:
        _require_login(visit)
        visit.request, visit.asked = self._desk.begin_opening(visit.device)
        visit.step = "open"
        return "/waiting"

    def _look(self, visit: Visit, _: Form) -> str:
        account = self._desk.accounts.of(_require_login(visit))
        if account:
            told, said = self._desk.look_again(account), words(visit.language)
            visit.changed = told.status == "revoked"
            by_record = visit.changed and told.reason == "affiliationChanged"
            key = "good" if told.status == "good" else "changed" if by_record else "lost"
            visit.note = f"{said[key]} [{told.rule}: {told.basis}]"
        return "/account"

    def _items(self, visit: Visit, form: Form) -> str:
        _require_login(visit)
        chosen = [item for item in ConsentItem if item.value in form.get("item", [])]
        if chosen:
            visit.request = self._desk.begin_items(visit.device, chosen)
            visit.step = "items"
        return "/waiting" if chosen else "/account"

    def _fetch(self, visit: Visit, _: Form) -> str:
        account, said = self._desk.accounts.of(_require_login(visit)), words(visit.language)
        if account is not None:
            answer = self._desk.fetch_items(account)[1]
            visit.changed = visit.changed and not answer.given
            basis = f"{answer.rule}: {answer.basis}"
            visit.note = said["given"] if answer.given else f"{said['nothing']}{basis}"
        return "/account"

    def _finish(self, visit: Visit) -> str | None:
        """Go on with what the phone answered; ``None`` while it has not."""
        told = self._phone.look(visit.request)
        if told.status is RequestStatus.PENDING:
            return None
        visit.request = ""
        match visit.step, told.result:
            case "login", Authenticated() as result:
                visit.customer = self._desk.finish_login(result, visit.asked)
            case "open", Signed() as result:
                self._desk.finish_opening(result, visit.asked, _require_login(visit))
            case "items", ItemsPresented() as result:
                visit.consent_from = self._desk.finish_items(result)
            case _:
                visit.note = f"{words(visit.language)['refused']} ({told.status.value})"
        return "/account" if visit.customer is not None else "/"

    # pages

    def _home(self, visit: Visit) -> dict[str, Any] | str:
        return {"device": visit.device}

    def _waiting(self, visit: Visit) -> dict[str, Any] | str:
        # The page renews itself, so a browser may ask twice at once: the answer is used once.
        with visit.alone:
            if not visit.request:
                return "/account"
            return self._finish(visit) or {"request_id": visit.request}

    def _account(self, visit: Visit) -> dict[str, Any] | str:
        if visit.customer is None:
            return "/"
        account = self._desk.accounts.of(visit.customer)
        return {
            "account": account,
            "labels": item_labels(visit.language),
            "changed": visit.changed,
            "consent_from": visit.consent_from and moment(visit.consent_from),
        }

    # plumbing

    def _page(
        self, template: str, look: Callable[[Visit], dict[str, Any] | str]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            cookie = request.cookies.get(COOKIE)
            visit, new = self._visits.of(cookie), ""
            if visit is None:
                new, visit = self._visits.begin(_preferred(request))
            try:
                found = await run_in_threadpool(look, visit)
            except (Declined, JpkiError) as error:
                visit.request, visit.note = "", _shown(error)
                found = "/account" if visit.customer is not None else "/"
            response = _go(found) if isinstance(found, str) else _render(template, visit, found)
            if new:
                response.set_cookie(COOKIE, new, httponly=True, samesite="strict")
            return response

        return page

    def _command(
        self, act: Callable[[Visit, Form], str]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def command(request: Request) -> Response:
            visit, form = self._visits.of(request.cookies.get(COOKIE)), await _form(request)
            if visit is None or not _is_ours(visit, form):
                return _go("/")
            try:
                return _go(await run_in_threadpool(act, visit, form))
            except (Declined, JpkiError) as error:
                visit.note = _shown(error)
                return _go("/account" if visit.customer is not None else "/")

        return command

    async def _language(self, request: Request) -> Response:
        visit, form = self._visits.of(request.cookies.get(COOKIE)), await _form(request)
        wanted = request.path_params["language"]
        if visit is not None and wanted in LANGUAGES and _is_ours(visit, form):
            visit.language = wanted
        return _go("/account" if visit is not None and visit.customer is not None else "/")

    async def _logout(self, request: Request) -> Response:
        cookie = request.cookies.get(COOKIE)
        visit, form = self._visits.of(cookie), await _form(request)
        if visit is not None and _is_ours(visit, form):
            self._visits.end(cookie)
        return _go("/")


def _render(template: str, visit: Visit, found: dict[str, Any]) -> Response:
    note, visit.note = visit.note, ""
    page = _PAGES.get_template(template).render(
        t=words(visit.language), visit=visit, note=note, other=_other(visit.language), **found
    )
    return HTMLResponse(page, headers=_HEADERS)


def _go(path: str) -> Response:
    return RedirectResponse(path, status_code=303)


def _other(language: str) -> str:
    return LANGUAGES[1 - LANGUAGES.index(language)]


def _shown(error: Exception) -> str:
    """Return what a customer may read of an error: ours name no item and no PIN."""
    if isinstance(error, ServiceError):
        rule = getattr(error, "rule", "")
        return f"{error.message} [{rule}]" if rule else error.message
    return str(error)


async def _form(request: Request) -> Form:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            return {}
    try:
        return parse_qs(body.decode("ascii"), max_num_fields=20)
    except ValueError:
        return {}


def _preferred(request: Request) -> str:
    """Return the first of a browser's languages that there is; Japanese when there is none."""
    accepted = request.headers.get("accept-language", "").lower().split(",")
    return next((each[:2] for each in map(str.strip, accepted) if each[:2] in LANGUAGES), "ja")


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0]


def _is_ours(visit: Visit, form: Form) -> bool:
    """Tell whether a form is one that this visitor was shown, and not another site's."""
    return hmac.compare_digest(_one(form, "form_token").encode(), visit.form_token.encode())


def _require_login(visit: Visit) -> int:
    if visit.customer is None:
        raise Declined("not logged in")
    return visit.customer
