"""What an app may ask of a phone, under its own token."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel

from simulator.approvals import App, RequestStatus
from simulator.services import NotAuthenticated
from simulator.web.operations import Area, Call, Operation
from simulator.web.phone.model import (
    AppTold,
    AuthenticationOrder,
    EnrolmentOrder,
    ItemsOrder,
    RequestTold,
    SignatureOrder,
    Waiting,
    asked_of,
)
from simulator.web.problems import NotThere

__all__ = ["APP_SIDE"]


def _app(call: Call) -> App:
    if call.app is None:
        raise NotAuthenticated("this is for apps")
    return call.app


def _whoami(call: Call) -> AppTold:
    return AppTold.of(_app(call))


def _ask(call: Call) -> RequestTold:
    asked, lifetime = asked_of(call.question)
    made = call.house.approvals.create(_app(call), asked, lifetime=lifetime)
    return RequestTold.of(made)


def _look(call: Call) -> RequestTold:
    found = call.house.approvals.of_app(_app(call), call.path["request"])
    if found is None:
        raise NotThere("this app asked no such request")
    return RequestTold.of(found)


def _is_settled(told: RequestTold) -> bool:
    return told.status is not RequestStatus.PENDING


def _asking(path: str, name: str, summary: str, question: type[BaseModel]) -> Operation:
    return Operation(
        Area.PHONE,
        "POST",
        path,
        name,
        summary,
        _ask,
        RequestTold,
        question=question,
        writes=True,
    )


APP_SIDE: Final = (
    Operation(Area.PHONE, "GET", "/app", "whoami", "Who asks, in which roles.", _whoami, AppTold),
    _asking("/enrolments", "enrol", "Ask a person to enrol a phone with the card.", EnrolmentOrder),
    _asking("/signatures", "sign", "Ask a phone for a signature.", SignatureOrder),
    _asking(
        "/authentications",
        "authenticate",
        "Ask a phone to answer a challenge.",
        AuthenticationOrder,
    ),
    _asking("/items", "present_items", "Ask for items, by signed consent to each.", ItemsOrder),
    Operation(
        Area.PHONE,
        "GET",
        "/requests/{request}",
        "look_up",
        "Where a request stands; with ``wait``, after the holder's answer or so many seconds.",
        _look,
        RequestTold,
        query=Waiting,
        settled=_is_settled,
    ),
)
"""The app's part."""
