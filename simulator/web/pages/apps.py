"""The keeper's page of apps: who may ask phones, and phones that answer by themselves in tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from jpki.errors import MalformedDocument
from jpki.life import Person
from jpki.life.events import Platform
from simulator.approvals import App, AppRole, Automatic, RequestKind
from simulator.approvals.apps import Registered
from simulator.web.pages.choosing import chosen
from simulator.web.pages.visit import Answer, Gone, Shown, Visit

__all__ = ["HeldPhone", "act_on_apps", "apps_page"]


@dataclass(frozen=True, slots=True)
class HeldPhone:
    """A phone that is enrolled, whose it is, and what it answers by itself."""

    device: str
    platform: Platform
    holder: Person
    answers: tuple[RequestKind, ...]


def apps_page(visit: Visit) -> Answer:
    """Show the apps, and which phones answer by themselves."""
    return _page(visit, None, "")


def act_on_apps(visit: Visit) -> Answer:
    """Register an app, give it another token, or let a phone answer by itself."""
    return chosen(visit.form.text("do"), _ACTS, "apps")(visit)


def _page(visit: Visit, made: Registered | None, name: str) -> Answer:
    apps: tuple[App, ...] = visit.house.approvals.apps.all()
    return Shown(
        "apps.html",
        {
            "apps": apps,
            "roles": tuple(AppRole),
            "made": made,
            "made_for": name,
            "phones": _phones(visit),
        },
    )


def _register(visit: Visit) -> Answer:
    form, roles = visit.form, {each.value: each for each in AppRole}
    name = form.text("name")
    made = visit.house.approvals.apps.register(
        name,
        roles=[chosen(each, roles, "role") for each in form.all("role")],
        verifier=form.text("verifier"),
        callback_url=form.text("callback_url"),
    )
    # Shown in this answer and nowhere else: only a digest is kept.
    return _page(visit, made, name)


def _renew(visit: Visit) -> Answer:
    name = visit.form.text("name")
    return _page(visit, visit.house.approvals.apps.renew(name), name)


def _automatic(visit: Visit) -> Answer:
    device, form = visit.form.text("device"), visit.form
    if not visit.house.approvals.knows_phone(device):
        raise MalformedDocument("nobody has this phone enrolled", source="device")
    wanted = Automatic(form.text("password"), form.text("pin"), form.text("by") == "biometrics")
    by_itself = form.text("by_itself") == "yes" and wanted != Automatic()
    visit.house.approvals.automatic.set(device, wanted if by_itself else None)
    if by_itself:
        visit.tell(
            "For tests only: the phone answers by itself. No real phone does.",
            "試験専用：この端末は自動で応答します。本物のスマホにこの機能はありません。",
            good=False,
        )
    else:
        visit.tell("The phone leaves it to its holder.", "この端末は利用者の承認を待ちます。")
    return Gone("/apps")


def _phones(visit: Visit) -> list[HeldPhone]:
    held = (each for each in visit.world.state().people.values() if each.device is not None)
    return [_held(visit, each) for each in sorted(held, key=lambda each: each.id)]


def _held(visit: Visit, person: Person) -> HeldPhone:
    device = person.device
    if device is None:
        raise AssertionError("only who holds a phone is asked for")
    setting = visit.house.approvals.automatic.of(device.id)
    answers = () if setting is None else tuple(k for k in RequestKind if setting.entry_for(k))
    return HeldPhone(device.id, device.platform, person, answers)


_ACTS: Final[Mapping[str, Callable[[Visit], Answer]]] = MappingProxyType(
    {"register": _register, "renew": _renew, "automatic": _automatic}
)
