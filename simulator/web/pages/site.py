"""The pages as an ASGI application: who may enter, which page answers, and what every answer has.

No page needs a script or a network. Whoever has no session sees the way in and nothing else.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from jpki.errors import JpkiError
from jpki.law.rows import ConditionRow
from jpki.services import Problem
from jpki.validation import Language
from simulator.pictures.style import rules
from simulator.web.house import House
from simulator.web.pages.door import Door, Session
from simulator.web.pages.forms import Form, read_form
from simulator.web.pages.guide import guide_of
from simulator.web.pages.refusals import said_of
from simulator.web.pages.rendering import rendered
from simulator.web.pages.table import PAGES
from simulator.web.pages.visit import Answer, Gone, Page, Sent, Shown, Visit
from simulator.web.problems import NotThere, problem_of, status_problem

__all__ = ["ROOT", "ForgedForm", "NotOurHost", "pages_site"]

ROOT: Final = "/pages"
"""Under which everything here lies."""

_LOG: Final = logging.getLogger("jpki.simulator.web")
_LANGUAGES: Final = ("en", "ja")
_LANGUAGE_COOKIE: Final = "jpki_sim_lang"
_STYLE: Final = Path(__file__).with_name("static") / "style.css"
_EMPTY: Final = Form({}, {})

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "jpki-simulated": "true",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    # With "no-referrer" a browser would send the origin of a form as null.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

Endpoint = Callable[[Request], Awaitable[Response]]


def pages_site(house: House, door: Door) -> Starlette:
    """Return the application of the pages of one world."""
    site = _Site(house, door)
    routes: list[BaseRoute] = [
        Route("/sign-in", site.guarded(site.sign_in), methods=["GET", "POST"]),
        Route("/sign-out", site.guarded(site.sign_out), methods=["POST"]),
        Route("/style.css", site.guarded(site.style), methods=["GET"]),
        *(
            Route(page.path, site.guarded(site.endpoint(page)), methods=["GET", "POST"])
            for page in PAGES
        ),
        Route("/{rest:path}", site.guarded(site.nothing), methods=["GET", "POST"]),
    ]
    return Starlette(routes=routes)


class NotOurHost(JpkiError):
    """The request names another host than this machine: a name that was bent to point here."""

    code = "web.host"


class ForgedForm(JpkiError):
    """The form does not come from a page of this session."""

    code = "web.forged-form"
    default_hint = "load the page again and send its form"


_STATUS: Final[Mapping[type[JpkiError], HTTPStatus]] = {
    NotOurHost: HTTPStatus.MISDIRECTED_REQUEST,
    ForgedForm: HTTPStatus.FORBIDDEN,
}


class _Site:
    def __init__(self, house: House, door: Door) -> None:
        self._house = house
        self._door = door

    def guarded(self, inner: Endpoint) -> Endpoint:
        """Let only this machine's own names in, and give every answer its headers."""

        async def endpoint(request: Request) -> Response:
            try:
                _require_own_host(request)
                response = await inner(request)
            except ClientDisconnect:
                return Response(status_code=HTTPStatus.BAD_REQUEST)
            except Exception as error:
                response = self._refused(request, error, f"{ROOT}/")
            response.headers.update(_HEADERS)
            return response

        return endpoint

    # the way in

    async def sign_in(self, request: Request) -> Response:
        """Let a browser in by the link that was printed, or by the keeper's token."""
        if request.method == "POST":
            _require_own_origin(request)
            key = (await read_form(request)).text("token")
        else:
            # What only looks whether the link is there (HEAD) does not use it up.
            key = request.query_params.get("key", "") if request.method == "GET" else ""
        cookie = self._door.enter(key) if key else None
        if cookie is None:
            return self._way_in(request, wrong=bool(key))
        response = RedirectResponse(f"{ROOT}/", HTTPStatus.SEE_OTHER)
        response.set_cookie(self._door.cookie, cookie, path=ROOT, httponly=True, samesite="strict")
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        session = self._session(request)
        if session is not None:
            _require_own_form(request, session, await read_form(request))
        self._door.leave(request.cookies.get(self._door.cookie))
        response = RedirectResponse(f"{ROOT}/sign-in", HTTPStatus.SEE_OTHER)
        response.delete_cookie(self._door.cookie, path=ROOT, httponly=True, samesite="strict")
        return response

    async def style(self, _: Request) -> Response:
        """The one thing without a session: the style sheet, which is the same for everybody."""
        return Response(f"{_STYLE.read_text('utf-8')}\n{rules()}", media_type="text/css")

    async def nothing(self, request: Request) -> Response:
        """There is nothing at an address; who has no session is not even told that."""
        session = self._session(request)
        if session is None:
            return self._way_in(request)
        return self._refused(request, NotThere("there is no such page"), f"{ROOT}/", session)

    def _way_in(self, request: Request, *, wrong: bool = False) -> Response:
        language = _language(request)
        body = rendered("sign_in.html", language, {"wrong": wrong, "here": ""})
        return _page(request, body, language, HTTPStatus.UNAUTHORIZED)

    # the pages

    def endpoint(self, page: Page) -> Endpoint:
        """Return what answers at a page's address."""

        async def endpoint(request: Request) -> Response:
            session = self._session(request)
            if session is None:
                return self._way_in(request)
            try:
                return await self._answered(page, request, session)
            except JpkiError as error:
                path = {name: quote(str(text)) for name, text in request.path_params.items()}
                return self._refused(request, error, ROOT + page.error_leads_to(path), session)

        return endpoint

    async def _answered(self, page: Page, request: Request, session: Session) -> Response:
        work = page.show if request.method in ("GET", "HEAD") else page.act
        if work is None:
            problem = status_problem(
                HTTPStatus.METHOD_NOT_ALLOWED, "web.method", "this page is not asked in this way"
            )
            return self._told(request, problem, f"{ROOT}/", session)
        form = _EMPTY
        if request.method == "POST":
            form = await read_form(request)
            _require_own_form(request, session, form)
        language = _language(request)
        visit = Visit(
            house=self._house,
            session=session,
            language=language,
            path={name: str(text) for name, text in request.path_params.items()},
            query=dict(request.query_params),
            form=form,
        )

        def inside() -> Response:
            answer = work(visit)
            # Made inside, since a template may look at the world.
            return self._response(request, visit, answer)

        response = await run_in_threadpool(self._house.visit, inside)
        _LOG.info("%s page %s", request.method, page.path)
        return response

    def _response(self, request: Request, visit: Visit, answer: Answer) -> Response:
        match answer:
            case Gone(to):
                return RedirectResponse(ROOT + to, HTTPStatus.SEE_OTHER)
            case Sent(name, media_type, content):
                saved = f"attachment; filename*=UTF-8''{quote(name)}"
                return Response(
                    content, media_type=media_type, headers={"content-disposition": saved}
                )
            case Shown(template, values):
                body = rendered(template, visit.language, _frame(request, visit) | dict(values))
                return _page(request, body, visit.language, HTTPStatus.OK)

    def _refused(
        self, request: Request, error: Exception, back: str, session: Session | None = None
    ) -> Response:
        problem = problem_of(error)
        status = _STATUS.get(type(error)) if isinstance(error, JpkiError) else None
        if status is not None:
            problem = problem.model_copy(update={"status": status, "title": status.phrase})
        return self._told(request, problem, back, session, error)

    def _told(
        self,
        request: Request,
        problem: Problem,
        back: str,
        session: Session | None,
        error: Exception | None = None,
    ) -> Response:
        language = _language(request)
        table = self._house.world.book.table
        row = _row(table, problem.rule)
        values: dict[str, Any] = {
            "problem": problem,
            "said": said_of(error, problem),
            "ruling": row,
            "condition": isinstance(row, ConditionRow),
            "ruling_basis": None if row is None else (table.basis_en(row), table.basis_ja(row)),
            "back": back,
            "here": "",
            "csrf": session.csrf if session else "",
            "inside": session is not None,
            "guide": None,
        }
        body = rendered("refusal.html", language, values)
        response = _page(request, body, language, HTTPStatus(problem.status))
        if problem.status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT):
            response.headers["connection"] = "close"
        return response

    def _session(self, request: Request) -> Session | None:
        return self._door.session(request.cookies.get(self._door.cookie))


def _row(table: Any, rule: str) -> Any:
    """Return the row of the law's tables that refused, with its words in both languages."""
    try:
        row = table.row(rule)
    except JpkiError:
        return None
    return row if getattr(row, "note_en", "") else None


def _frame(request: Request, visit: Visit) -> dict[str, Any]:
    """What every page has round it."""
    return {
        "csrf": visit.session.csrf,
        "inside": True,
        "notice": visit.session.told(),
        "now": visit.world.now,
        "here": request.url.path,
        "guide": guide_of(visit),
    }


def _page(request: Request, body: str, language: Language, status: HTTPStatus) -> Response:
    response = Response(body, status, media_type="text/html")
    response.headers["content-language"] = language
    response.headers["vary"] = "Accept-Language, Cookie"
    if request.query_params.get("lang") in _LANGUAGES:
        response.set_cookie(_LANGUAGE_COOKIE, language, path=ROOT, httponly=True, samesite="strict")
    return response


def _language(request: Request) -> Language:
    """The language that was chosen, now or before; else the first of the browser's that we have."""
    accepted = [
        part.partition(";")[0].strip()[:2].lower()
        for part in request.headers.get("accept-language", "").split(",")
    ]
    chosen = (request.query_params.get("lang"), request.cookies.get(_LANGUAGE_COOKIE), *accepted)
    return cast(Language, next((each for each in chosen if each in _LANGUAGES), "en"))


def _require_own_host(request: Request) -> None:
    """Refuse a name that somebody else's name server let point here (DNS rebinding)."""
    host = ""
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = host == "localhost"
    if not own:
        raise NotOurHost(
            "this server answers to 127.0.0.1, [::1] and localhost only", hint="use one of these"
        )


def _require_own_origin(request: Request) -> None:
    """Refuse a form that another site's page sends; a browser says where a form stands."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    host = request.headers.get("host", "")
    if (origin is not None and origin != f"http://{host}") or site not in (
        None,
        "same-origin",
        "none",
    ):
        raise ForgedForm("the form was sent from another site's page")


def _require_own_form(request: Request, session: Session, form: Form) -> None:
    _require_own_origin(request)
    if not session.is_own(form.text("csrf")):
        raise ForgedForm("the form is not one of this session")
