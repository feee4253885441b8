"""The desk where apps ask and holders answer; everything is in the world's store.

One command is one transaction. A wrong PIN costs its try and leaves the request open until the PIN
is blocked; what a rule refuses ends it. A request is answered once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from jpki.errors import (
    ImpossibleFact,
    JpkiError,
    NotPermitted,
    PinBlocked,
    PinError,
    Refused,
    RuleGap,
)
from simulator.approvals.apps import App, Apps
from simulator.approvals.doing import do, require_entry
from simulator.approvals.model import (
    ANY_ASKED,
    ANY_RESULT,
    ApprovalRequest,
    Asked,
    AuthenticationAsked,
    EnrolmentAsked,
    Entry,
    Failure,
    ItemsAsked,
    Means,
    NotPending,
    RequestStatus,
    TooManyPending,
)
from simulator.approvals.outbox import Outbox
from simulator.approvals.records import Row, Tables
from simulator.approvals.settings import Settings
from simulator.services.records import Records
from simulator.world import World

__all__ = ["LIFETIME", "LONGEST_LIFETIME", "MOST_PENDING", "SHORTEST_LIFETIME", "ApprovalDesk"]

LIFETIME: Final = timedelta(minutes=5)
"""How long a request waits, by the world's clock, unless the app says otherwise."""

SHORTEST_LIFETIME: Final = timedelta(seconds=10)
LONGEST_LIFETIME: Final = timedelta(hours=24)

MOST_PENDING: Final = 20
"""Open requests to one person at a time: more than a holder could look through."""

_SECRET_BYTES: Final = 32
# What ends a request. Anything else (a wrong PIN, a phone without a connection) can be tried again.
_ENDS: Final = (Refused, NotPermitted, RuleGap)


class ApprovalDesk:
    """The requests of one world. ``draw`` gives random bytes for tokens and secrets."""

    def __init__(self, world: World, *, draw: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._world = world
        self._tables = Tables(world.store)
        key = Records(world.store).secret("app tokens", lambda: draw(_SECRET_BYTES))
        self.apps = Apps(self._tables, key=key, draw=draw)
        self.automatic = Settings(self._tables)
        self.outbox = Outbox(self._tables)

    def __repr__(self) -> str:
        return "<ApprovalDesk>"

    # the app's side

    def create(self, app: App, asked: Asked, *, lifetime: timedelta = LIFETIME) -> ApprovalRequest:
        """Ask; a phone that answers by itself has answered when this returns.

        Raises ``NotPermitted`` for what the app's roles do not let it ask, ``ImpossibleFact`` for a
        phone that is not enrolled, a challenge that was asked before, or a lifetime out of bounds,
        ``TooManyPending`` when the holder has too many to look through.
        """
        with self._world.transaction():
            self.expire_due()
            self._require(app, asked, lifetime)
            now = self._world.now
            person, device = self._addressed(asked)
            if len(self._tables.pending(person=person)) >= MOST_PENDING:
                raise TooManyPending(f"{MOST_PENDING} requests wait for this holder")
            number = self._tables.add_request(
                {
                    "app": app.name,
                    "person": person,
                    "device": device,
                    "asked": asked.model_dump_json(),
                    "once": self._once(app, asked),
                    "created_at": now.isoformat(),
                    "expires_at": (now + lifetime).isoformat(),
                    "status": RequestStatus.PENDING.value,
                    "settled_at": "",
                    "means": "",
                    "result": "",
                    "failure": "",
                }
            )
            self._answer_by_itself(number, asked, device)
            return self._known(number)

    def of_app(self, app: App, request_id: str) -> ApprovalRequest | None:
        """Return a request of this app; ``None`` for another's, and for none."""
        found = self.get(request_id)
        return found if found is not None and found.app == app.name else None

    # the holder's side

    def get(self, request_id: str) -> ApprovalRequest | None:
        """Return a request as it stands now."""
        number = _number(request_id)
        row = None if number is None else self._tables.request(number)
        return None if row is None else self._request(row)

    def pending_for(
        self, *, device: str | None = None, person: str | None = None
    ) -> tuple[ApprovalRequest, ...]:
        """Return what waits on a phone, or for a person (enrolments, too), oldest first."""
        rows = self._tables.pending(person=person, device=device)
        known = map(self._request, rows)
        return tuple(each for each in known if each.status is RequestStatus.PENDING)

    def approve(
        self, request_id: str, entry: Entry, *, means: Means = Means.API
    ) -> ApprovalRequest:
        """Let the phone do what was asked, with what the holder entered; return the request.

        Raises ``NotPending`` for one that was answered or is over; ``WrongPin`` with the try spent
        and the request open; ``PinBlocked``, ``Refused`` or ``NotPermitted`` when it has failed.
        """
        refusal: PinError | None = None
        try:
            with self._world.transaction():
                request = self._open(request_id)
                require_entry(self._world, request, entry)
                try:
                    result = do(self._world, request, self.apps.named(request.app), entry)
                except PinError as error:
                    # Inside, because the try that was spent has to stay spent.
                    refusal = error
                    if isinstance(error, PinBlocked):
                        self._settle(request, RequestStatus.FAILED, means, failure=_failure(error))
                else:
                    self._settle(
                        request,
                        RequestStatus.APPROVED,
                        means,
                        result=result.model_dump_json(),
                    )
        except _ENDS as error:
            self._fail(request_id, entry, means, error)
            raise
        if refusal is not None:
            raise refusal
        return self._known(_number(request_id) or 0)

    def refuse(self, request_id: str, *, means: Means = Means.API) -> ApprovalRequest:
        """Refuse; nothing is tried. ``NotPending`` for one that was answered or is over."""
        with self._world.transaction():
            self._settle(self._open(request_id), RequestStatus.REFUSED, means)
        return self._known(_number(request_id) or 0)

    def due(self) -> bool:
        """Tell whether there is something for ``expire_due`` to write down."""
        return any(map(self._is_over, self._tables.pending()))

    def expire_due(self) -> None:
        """Write down what is over by the world's clock; until then it only reads so."""
        with self._world.transaction():
            for row in filter(self._is_over, self._tables.pending()):
                request = self._request(row)
                self._settle(request, RequestStatus.EXPIRED, None, at=request.expires_at)

    def knows_phone(self, device: str) -> bool:
        """Tell whether somebody has this phone enrolled now."""
        return self._holder(device) is not None

    # inside

    def _require(self, app: App, asked: Asked, lifetime: timedelta) -> None:
        if not app.may_ask(asked.kind):
            roles = ", ".join(sorted(app.roles))
            raise NotPermitted(
                roles, f"ask for: {asked.kind.value}", basis="arrangement: another role"
            )
        if not SHORTEST_LIFETIME <= lifetime <= LONGEST_LIFETIME:
            raise ImpossibleFact("a request waits for 10 seconds to 24 hours")
        if isinstance(asked, ItemsAsked) and not app.verifier:
            raise ImpossibleFact("the app acts for no verifier, and a consent names one")
        once = self._once(app, asked)
        if once and self._tables.asked_before(app.name, once):
            raise ImpossibleFact("this challenge was asked before", hint="draw a new one")

    def _once(self, app: App, asked: Asked) -> str:
        if not isinstance(asked, AuthenticationAsked):
            return ""
        return sha256(app.name.encode() + b"\x00" + asked.challenge).hexdigest()

    def _addressed(self, asked: Asked) -> tuple[str, str]:
        if isinstance(asked, EnrolmentAsked):
            return self._world.state().person(asked.person).id, ""
        holder = self._holder(asked.device)
        if holder is None:
            raise ImpossibleFact("nobody has this phone enrolled")
        return holder, asked.device

    def _holder(self, device: str) -> str | None:
        for person in self._world.state().people.values():
            if person.device is not None and person.device.id == device:
                return person.id
        return None

    def _answer_by_itself(self, number: int, asked: Asked, device: str) -> None:
        setting = self.automatic.of(device) if device else None
        entry = None if setting is None else setting.entry_for(asked.kind)
        if entry is not None:
            # What does not succeed is left open, or has failed, as if a holder had entered it.
            with suppress(PinError, Refused, NotPermitted, ImpossibleFact):
                self.approve(_id(number), entry, means=Means.AUTOMATIC)

    def _open(self, request_id: str) -> ApprovalRequest:
        request = self.get(request_id)
        if request is None:
            raise ImpossibleFact("there is no such request")
        if request.status is not RequestStatus.PENDING:
            raise NotPending(f"the request is {request.status.value}")
        return request

    def _fail(self, request_id: str, entry: Entry, means: Means, error: JpkiError) -> None:
        """End a request that a rule refused; what was merely entered wrongly does not end it."""
        with self._world.transaction():
            request = self._open(request_id)
            with suppress(*_ENDS):
                require_entry(self._world, request, entry)
                self._settle(request, RequestStatus.FAILED, means, failure=_failure(error))

    def _settle(
        self,
        request: ApprovalRequest,
        status: RequestStatus,
        means: Means | None,
        *,
        result: str = "",
        failure: Failure | None = None,
        at: datetime | None = None,
    ) -> None:
        settled_at = at or self._world.now
        self._tables.change_request(
            _number(request.id) or 0,
            {
                "status": status.value,
                "settled_at": settled_at.isoformat(),
                "means": "" if means is None else means.value,
                "result": result,
                "failure": "" if failure is None else failure.model_dump_json(),
            },
        )
        app = self.apps.named(request.app)
        if app.callback_url:
            self.outbox.put(replace(request, status=status, settled_at=settled_at))

    def _known(self, number: int) -> ApprovalRequest:
        row = self._tables.request(number)
        if row is None:
            raise AssertionError("a request that was just written is there")
        return self._request(row)

    def _is_over(self, row: Row) -> bool:
        return datetime.fromisoformat(row["expires_at"]) <= self._world.now

    def _request(self, row: Row) -> ApprovalRequest:
        status = RequestStatus(row["status"])
        expires_at = datetime.fromisoformat(row["expires_at"])
        settled_at = _instant(row["settled_at"])
        if status is RequestStatus.PENDING and self._is_over(row):
            status, settled_at = RequestStatus.EXPIRED, expires_at
        return ApprovalRequest(
            id=_id(row["number"]),
            app=row["app"],
            person=row["person"],
            device=row["device"],
            asked=ANY_ASKED.validate_json(row["asked"]),
            created_at=datetime.fromisoformat(row["created_at"]),
            expires_at=expires_at,
            status=status,
            settled_at=settled_at,
            means=Means(row["means"]) if row["means"] else None,
            result=_read(ANY_RESULT.validate_json, row["result"]),
            failure=_read(Failure.model_validate_json, row["failure"]),
        )


def _id(number: int) -> str:
    return f"R{number:06d}"


def _number(request_id: str) -> int | None:
    digits = request_id[1:]
    known = request_id[:1] == "R" and digits.isascii() and digits.isdigit() and len(digits) <= 9
    return int(digits) if known else None


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _read(read: Callable[[str], Any], text: str) -> Any:
    return read(text) if text else None


def _failure(error: JpkiError) -> Failure:
    if isinstance(error, Refused):
        return Failure(code=error.code, detail=error.message, rule=error.rule, basis=error.basis)
    if isinstance(error, NotPermitted):
        rule, _, basis = error.basis.partition(": ")
        return Failure(code=error.code, detail=error.message, rule=rule, basis=basis)
    return Failure(code=error.code, detail=error.message)
