"""Errors as they are answered: problem details (RFC 9457) with our code, rule and basis.

The text of an unexpected exception never leaves, nor is it logged: it could quote anything.
"""

from __future__ import annotations

import logging
import re
import traceback
from http import HTTPStatus
from typing import Final

from pydantic import ValidationError
from starlette.responses import Response

from jpki.errors import (
    CardError,
    FormatError,
    JpkiError,
    LifeError,
    MissingExtra,
    NotPermitted,
    PinError,
    Refused,
    RuleGap,
    VerificationError,
    WorldUnavailable,
)
from jpki.services import Problem
from simulator.services import NotAuthenticated

__all__ = [
    "BodyTooLarge",
    "BodyTooSlow",
    "NotJson",
    "NotThere",
    "invalid",
    "problem_of",
    "problem_response",
    "status_problem",
]

_LOG: Final = logging.getLogger("jpki.simulator.web")
_URN: Final = "urn:jpki:problem:"


class NotThere(JpkiError):
    """There is nothing at this address."""

    code = "web.not-there"


class BodyTooLarge(JpkiError):
    """The request has more bytes than are taken."""

    code = "web.too-large"


class BodyTooSlow(JpkiError):
    """The request did not arrive in time."""

    code = "web.too-slow"


class NotJson(JpkiError):
    """The body is no JSON, or says that it is something else."""

    code = "web.not-json"
    default_hint = "send JSON in UTF-8 with the header Content-Type: application/json"


# The first row whose class fits decides, so leaves stand above their families.
_STATUS: Final = (
    (NotAuthenticated, HTTPStatus.UNAUTHORIZED),
    (NotThere, HTTPStatus.NOT_FOUND),
    (BodyTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (BodyTooSlow, HTTPStatus.REQUEST_TIMEOUT),
    (NotJson, HTTPStatus.BAD_REQUEST),
    (NotPermitted, HTTPStatus.FORBIDDEN),
    (Refused, HTTPStatus.CONFLICT),
    (RuleGap, HTTPStatus.CONFLICT),
    (LifeError, HTTPStatus.CONFLICT),
    (PinError, HTTPStatus.CONFLICT),
    (CardError, HTTPStatus.CONFLICT),
    (VerificationError, HTTPStatus.CONFLICT),
    (FormatError, HTTPStatus.BAD_REQUEST),
    (WorldUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (MissingExtra, HTTPStatus.NOT_IMPLEMENTED),
    (JpkiError, HTTPStatus.BAD_REQUEST),
)


def problem_of(error: Exception) -> Problem:
    """Return an error as it is answered; of one that is not ours only that there was one."""
    if not isinstance(error, JpkiError):
        _log_unexpected(error)
        return status_problem(HTTPStatus.INTERNAL_SERVER_ERROR, "web.defect")
    status = next(status for family, status in _STATUS if isinstance(error, family))
    rule, basis = _ruling(error)
    return Problem(
        type=_URN + error.code,
        title=status.phrase,
        status=status,
        detail=error.message,
        code=error.code,
        rule=rule,
        basis=basis,
        hint=error.hint,
    )


def status_problem(status: HTTPStatus, code: str, detail: str = "", hint: str = "") -> Problem:
    """Return a problem that is no more than its status."""
    return Problem(
        type=_URN + code, title=status.phrase, status=status, detail=detail, code=code, hint=hint
    )


def invalid(error: ValidationError) -> Problem:
    """Return what is wrong with a question; never what was in it."""
    said = [
        f"{_place(each['loc'])}: {_message(each['type'], each['msg'])}"
        for each in error.errors(include_url=False, include_input=False, include_context=False)[:5]
    ]
    return status_problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "web.invalid", "; ".join(said), "see /openapi.json"
    )


def problem_response(problem: Problem) -> Response:
    """Return a problem as a response."""
    headers = {"www-authenticate": "Bearer"} if problem.status == HTTPStatus.UNAUTHORIZED else {}
    if problem.status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT):
        headers["connection"] = "close"  # what is left of the body is not read
    return Response(
        problem.model_dump_json(),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=headers,
    )


def _ruling(error: JpkiError) -> tuple[str, str]:
    if isinstance(error, Refused):
        return error.rule, error.basis
    if isinstance(error, NotPermitted):
        rule, _, basis = error.basis.partition(": ")
        return rule, basis
    return "", ""


# What a field may be called; anything else came from the sender and is not repeated.
_FIELD: Final = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)


def _place(loc: tuple[int | str, ...]) -> str:
    parts = (
        str(part) if isinstance(part, int) or _FIELD.fullmatch(part) else "(a field)"
        for part in loc
    )
    return ".".join(parts) or "body"


def _message(kind: str, message: str) -> str:
    # A failed check of our own may name what it found.
    return "not in a form that is taken" if kind in ("value_error", "assertion_error") else message


def _log_unexpected(error: Exception) -> None:
    places = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)[-4:]
    ]
    _LOG.error("defect: %s at %s", type(error).__name__, " < ".join(reversed(places)))
