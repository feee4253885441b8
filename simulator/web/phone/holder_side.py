"""What the keeper does in the holder's place, and which apps there are. For tests only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pydantic import BaseModel

from jpki.errors import ImpossibleFact
from simulator.approvals import ApprovalRequest, Automatic, RequestKind
from simulator.web.control.people import known_person
from simulator.web.operations import Area, Call, Operation
from simulator.web.phone.model import (
    AppAsked,
    Approval,
    AppsTold,
    AppTold,
    AutomaticAsked,
    AutomaticTold,
    CredentialsTold,
    HolderRequestsTold,
    HolderRequestTold,
)
from simulator.web.problems import NotThere

__all__ = ["HOLDER_SIDE"]


def _register(call: Call) -> CredentialsTold:
    asked = call.question
    made = call.house.approvals.apps.register(
        asked.app,
        roles=asked.roles,
        verifier=asked.verifier or "",
        callback_url=asked.callback_url or "",
    )
    return CredentialsTold(app=asked.app, token=made.token, callback_secret=made.callback_secret)


def _renew(call: Call) -> CredentialsTold:
    apps = call.house.approvals.apps
    try:
        name = apps.named(call.path["app"]).name
    except ImpossibleFact:
        raise NotThere("no app is called so") from None
    made = apps.renew(name)
    return CredentialsTold(app=name, token=made.token, callback_secret=made.callback_secret)


def _list(call: Call) -> AppsTold:
    return AppsTold(apps=tuple(map(AppTold.of, call.house.approvals.apps.all())))


def _phone(call: Call) -> str:
    device = call.path["device"]
    if not call.house.approvals.knows_phone(device):
        raise NotThere("nobody has this phone enrolled")
    return device


def _of_phone(call: Call) -> HolderRequestsTold:
    return _shown(call.house.approvals.pending_for(device=_phone(call)))


def _of_person(call: Call) -> HolderRequestsTold:
    return _shown(call.house.approvals.pending_for(person=known_person(call).id))


def _shown(requests: tuple[ApprovalRequest, ...]) -> HolderRequestsTold:
    return HolderRequestsTold(requests=tuple(map(HolderRequestTold.of, requests)))


def _request(call: Call) -> ApprovalRequest:
    found = call.house.approvals.get(call.path["request"])
    if found is None:
        raise NotThere("there is no such request")
    return found


def _look(call: Call) -> HolderRequestTold:
    return HolderRequestTold.of(_request(call))


def _approve(call: Call) -> HolderRequestTold:
    request = _request(call)
    return HolderRequestTold.of(call.house.approvals.approve(request.id, call.question.entry()))


def _refuse(call: Call) -> HolderRequestTold:
    return HolderRequestTold.of(call.house.approvals.refuse(_request(call).id))


def _set_automatic(call: Call) -> AutomaticTold:
    device, asked = _phone(call), call.question
    wanted = Automatic(asked.password or "", asked.pin or "", asked.biometrics)
    setting = None if wanted == Automatic() else wanted
    call.house.approvals.automatic.set(device, setting)
    kinds = () if setting is None else tuple(k for k in RequestKind if setting.entry_for(k))
    return AutomaticTold(device=device, kinds=kinds)


def _operation(
    method: str,
    path: str,
    name: str,
    summary: str,
    act: Callable[[Call], BaseModel],
    answer: type[BaseModel],
    question: type[BaseModel] | None = None,
    *,
    secret: bool = False,
    atomic: bool = True,
) -> Operation:
    return Operation(
        Area.CONTROL,
        method,
        path,
        name,
        summary,
        act,
        answer,
        question=question,
        writes=method != "GET",
        secret=secret,
        atomic=atomic,
    )


HOLDER_SIDE: Final = (
    _operation("GET", "/apps", "list_apps", "Which apps may ask phones.", _list, AppsTold),
    _operation(
        "POST",
        "/apps",
        "register_app",
        "Register an app; its credentials are shown once.",
        _register,
        CredentialsTold,
        AppAsked,
        secret=True,
    ),
    _operation(
        "POST",
        "/apps/{app}/token",
        "renew_app_token",
        "Give an app other credentials.",
        _renew,
        CredentialsTold,
        secret=True,
    ),
    _operation(
        "GET",
        "/people/{person}/requests",
        "requests_to_person",
        "What waits for a person, enrolments among it.",
        _of_person,
        HolderRequestsTold,
    ),
    _operation(
        "GET",
        "/phones/{device}/requests",
        "requests_on_phone",
        "What waits on a phone.",
        _of_phone,
        HolderRequestsTold,
    ),
    _operation(
        "GET",
        "/requests/{request}",
        "show_request",
        "What an app asks for, as the holder sees it.",
        _look,
        HolderRequestTold,
    ),
    _operation(
        "POST",
        "/requests/{request}/approval",
        "approve_request",
        "Approve in the holder's place; a wrong PIN costs a try.",
        _approve,
        HolderRequestTold,
        Approval,
        atomic=False,
    ),
    _operation(
        "POST",
        "/requests/{request}/refusal",
        "refuse_request",
        "Refuse in the holder's place.",
        _refuse,
        HolderRequestTold,
    ),
    _operation(
        "PUT",
        "/phones/{device}/automatic",
        "set_automatic",
        "Let a phone answer by itself; for tests only, no real phone does.",
        _set_automatic,
        AutomaticTold,
        AutomaticAsked,
    ),
)
"""The holder's part, done by the keeper."""
