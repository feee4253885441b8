"""What apps ask of a phone, and its holder's answer: approved with the PIN it wants, or refused.

An approval brings its own transactions, so a try that a wrong PIN costs stays spent; nothing here
may run inside another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import MalformedDocument
from jpki.life.events import ConsentItem
from jpki.terms import Medium
from simulator.approvals import (
    App,
    ApprovalRequest,
    Entry,
    Means,
    RequestKind,
    RequestStatus,
    SignatureAsked,
)
from simulator.tokens import TokenPins
from simulator.web.pages.fields import value_words
from simulator.web.pages.locking import locks_noted
from simulator.web.pages.people import notebook
from simulator.web.pages.visit import Answer, Gone, Shown, Visit
from simulator.web.problems import NotThere

__all__ = ["Waiting", "act_on_request", "one_request", "waiting_requests"]

_LONGEST_SHOWN: Final = 1200
"""Characters of a text document that a phone's screen shows."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request as the phone's screen shows it: who asks, for what, and what is to be entered.

    ``text`` is a document that can be read, empty for any other; ``digest`` the SHA-256 of what is
    to be signed.
    """

    request: ApprovalRequest
    app: App
    text: str = ""
    digest: str = ""
    items: tuple[tuple[str, str, str], ...] = ()

    def __repr__(self) -> str:
        return f"<Waiting {self.request.id}>"


def waiting_requests(visit: Visit, person: str) -> list[Waiting]:
    """Return what waits for a person, oldest first."""
    return [_shown(visit, each) for each in visit.house.approvals.pending_for(person=person)]


def one_request(visit: Visit) -> Answer:
    """Show one request, and when it is settled what became of it."""
    found = _request(visit)
    return Shown(
        "request.html",
        {
            "person": visit.person,
            "asked": _shown(visit, found),
            "ruling": _ruling(visit, found),
            "notebook": notebook(visit.world, visit.person.id),
        },
    )


def act_on_request(visit: Visit) -> Answer:
    """Approve with what was entered, or refuse."""
    found, desk = _request(visit), visit.house.approvals
    to = f"/people/{visit.person.id}/requests/{found.id}"
    try:
        if visit.form.text("answer") == "refuse":
            desk.refuse(found.id, means=Means.PAGE)
            visit.tell("Refused. The app is told so.", "拒否しました。アプリに伝わります。")
            return Gone(to)
        medium = Medium.CARD if found.kind is RequestKind.ENROLMENT else Medium.MOBILE_DEVICE
        with ExitStack() as wiped, locks_noted(visit, medium):
            desk.approve(found.id, _entry(visit, found, wiped), means=Means.PAGE)
    finally:
        # Whoever waits for the answer, a callback among them, looks again.
        visit.house.stirred.set()
    visit.tell(
        "Approved. The app has its answer; go back to it.",
        "承認しました。アプリに結果が届きました。アプリへ戻ってください。",
    )
    return Gone(to)


def _request(visit: Visit) -> ApprovalRequest:
    found = visit.house.approvals.get(visit.path["request"])
    if found is None or found.person != visit.person.id:
        raise NotThere("nobody asked this of the person", hint="go back to the phone")
    return found


def _shown(visit: Visit, request: ApprovalRequest) -> Waiting:
    app, asked = visit.house.approvals.apps.named(request.app), request.asked
    if isinstance(asked, SignatureAsked):
        digest = asked.digest or sha256(asked.document or b"").digest()
        return Waiting(request, app, _readable(asked.document or b""), digest.hex())
    wanted: tuple[ConsentItem, ...] = getattr(asked, "items", ())
    table = visit.world.book.table
    items = tuple((each.value, *value_words(table, "items", each.value)) for each in wanted)
    return Waiting(request, app, items=items)


def _readable(document: bytes) -> str:
    """Return a document as text, cut where a screen ends; empty when it is no plain text."""
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    if not all(each.isprintable() or each in "\r\n\t" for each in text):
        return ""
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + " …"


def _ruling(visit: Visit, request: ApprovalRequest) -> Any:
    """Return the row of law that ended a request, where one did."""
    if request.failure is None or not request.failure.rule:
        return None
    table = visit.world.book.table
    if request.failure.rule not in {row.id for row in table.rows()}:
        return None
    row = table.row(request.failure.rule)
    return row if getattr(row, "note_en", "") else None


# what is entered


def _entry(visit: Visit, request: ApprovalRequest, wiped: ExitStack) -> Entry:
    if request.status is not RequestStatus.PENDING:
        return Entry()  # nothing is read for what is settled: the desk says so
    return _ENTRIES[request.kind](visit, wiped)


def _password(visit: Visit, wiped: ExitStack, field: str = "password") -> SignaturePassword:
    return wiped.enter_context(SignaturePassword.from_typed(visit.form.text(field)))


def _last(visit: Visit) -> bool:
    return visit.form.text("last_try") == "yes"


def _signing(visit: Visit, wiped: ExitStack) -> Entry:
    return Entry(password=_password(visit, wiped), allow_last_try=_last(visit))


def _logging_in(visit: Visit, wiped: ExitStack) -> Entry:
    if visit.form.text("answer") == "biometrics":
        return Entry(biometrics=True)
    pin = wiped.enter_context(UserPin(visit.form.text("pin")))
    return Entry(pin=pin, allow_last_try=_last(visit))


def _consenting(visit: Visit, wiped: ExitStack) -> Entry:
    known = {each.value: each for each in ConsentItem}
    chosen = [known[each] for each in visit.form.all("item") if each in known]
    if not chosen:
        raise MalformedDocument(
            "no item was chosen", source="items", hint="choose what to consent to, or refuse"
        )
    return Entry(
        password=_password(visit, wiped),
        items=tuple(sorted(set(chosen))),
        allow_last_try=_last(visit),
    )


def _enrolling(visit: Visit, wiped: ExitStack) -> Entry:
    card_password = _password(visit, wiped, "card_password")
    password = _password(visit, wiped, "new_password")
    pin = wiped.enter_context(UserPin(visit.form.text("new_pin")))
    return Entry(card_password=card_password, pins=TokenPins(password, pin))


_Entering = Callable[[Visit, ExitStack], Entry]
_ENTRIES: Final[Mapping[RequestKind, _Entering]] = MappingProxyType(
    {
        RequestKind.ENROLMENT: _enrolling,
        RequestKind.SIGNATURE: _signing,
        RequestKind.AUTHENTICATION: _logging_in,
        RequestKind.ITEMS: _consenting,
    }
)
