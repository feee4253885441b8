"""The shape of what apps ask and are told, and of what the holder enters.

Documents, items, PINs and secrets never show in a ``repr``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from jpki.card.pin import SignaturePassword, UserPin
from jpki.life.events import ConsentItem
from simulator.approvals import (
    App,
    AppRole,
    ApprovalRequest,
    Asked,
    AuthenticationAsked,
    EnrolmentAsked,
    Entry,
    Failure,
    ItemsAsked,
    Means,
    RequestKind,
    RequestStatus,
    Result,
    SignatureAsked,
)
from simulator.tokens import TokenPins
from simulator.web.control.model import Asked as Taken
from simulator.web.control.model import PinSet, Told

__all__ = [
    "LONGEST_WAIT",
    "AppAsked",
    "AppTold",
    "Approval",
    "AppsTold",
    "AuthenticationOrder",
    "AutomaticAsked",
    "AutomaticTold",
    "CredentialsTold",
    "EnrolmentOrder",
    "HolderRequestTold",
    "HolderRequestsTold",
    "ItemsOrder",
    "RequestTold",
    "SignatureOrder",
    "Waiting",
    "asked_of",
    "pins_of",
]

LONGEST_WAIT: Final = 20
"""Seconds a question about a request may wait for the holder's answer."""

_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
_Password = Annotated[str | None, Field(pattern=r"^[A-Z0-9]{6,16}$", repr=False)]
_Pin = Annotated[str | None, Field(pattern=r"^[0-9]{4}$", repr=False)]
_Lifetime = Annotated[
    int,
    Field(ge=10, le=86_400, description="Seconds by the world's clock; then it has expired."),
]


class EnrolmentOrder(EnrolmentAsked):
    """Start an enrolment."""

    lifetime_seconds: _Lifetime = 300


class SignatureOrder(SignatureAsked):
    """Ask for a signature: over a document (CMS), or over its SHA-256 (a bare value)."""

    lifetime_seconds: _Lifetime = 300


class AuthenticationOrder(AuthenticationAsked):
    """Ask for an answer to a challenge."""

    lifetime_seconds: _Lifetime = 300


class ItemsOrder(ItemsAsked):
    """Ask for items and a signed consent to them."""

    lifetime_seconds: _Lifetime = 300


_ASKED: Final[dict[type[BaseModel], type[BaseModel]]] = {
    EnrolmentOrder: EnrolmentAsked,
    SignatureOrder: SignatureAsked,
    AuthenticationOrder: AuthenticationAsked,
    ItemsOrder: ItemsAsked,
}


def asked_of(order: Any) -> tuple[Any, timedelta]:
    """Return what an order asks for, and for how long."""
    content = order.model_dump(exclude={"lifetime_seconds"})
    return _ASKED[type(order)].model_validate(content), timedelta(seconds=order.lifetime_seconds)


class Waiting(Taken):
    """How long to wait for the holder's answer before telling that there is none."""

    wait: Annotated[int, Field(ge=0, le=LONGEST_WAIT)] = 0


class RequestTold(Told):
    """Where a request stands, and what came of it once it was approved.

    ``means`` says how the holder answered; ``automatic`` happens in tests only.
    """

    request: str
    kind: RequestKind
    status: RequestStatus
    device: str
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    means: Means | None
    result: Result | None = Field(repr=False)
    failure: Failure | None
    simulated: Literal[True] = True

    @classmethod
    def of(cls, request: ApprovalRequest) -> RequestTold:
        """Return a request as its app is told of it."""
        return cls(**_told(request), result=request.result)


class HolderRequestTold(Told):
    """A request as its holder is shown it: which app asks for what. Never its result."""

    request: str
    app: str
    person: str
    kind: RequestKind
    status: RequestStatus
    device: str
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    means: Means | None
    asked: Asked = Field(repr=False)
    failure: Failure | None

    @classmethod
    def of(cls, request: ApprovalRequest) -> HolderRequestTold:
        """Return a request as its holder is shown it."""
        told = _told(request)
        return cls(**told, app=request.app, person=request.person, asked=request.asked)


class HolderRequestsTold(Told):
    """What waits, oldest first."""

    requests: tuple[HolderRequestTold, ...]


class Approval(Taken):
    """What the holder enters to approve; a wrong PIN costs a try.

    A signature and items want ``password``; an authentication ``pin`` or ``biometrics``; an
    enrolment ``card_password`` and ``pins``. ``items`` are those consented to, default all.
    """

    password: _Password = None
    pin: _Pin = None
    biometrics: bool = False
    card_password: _Password = None
    pins: PinSet | None = None
    items: Annotated[tuple[ConsentItem, ...] | None, Field(max_length=len(ConsentItem))] = None
    allow_last_try: bool = False

    def entry(self) -> Entry:
        """Return what is entered."""
        return Entry(
            password=None if self.password is None else SignaturePassword(self.password),
            pin=None if self.pin is None else UserPin(self.pin),
            biometrics=self.biometrics,
            card_password=(
                None if self.card_password is None else SignaturePassword(self.card_password)
            ),
            pins=None if self.pins is None else pins_of(self.pins),
            items=self.items,
            allow_last_try=self.allow_last_try,
        )


class AppAsked(Taken):
    """An app to be registered. ``callback_url`` is on this machine: http, loopback, a port."""

    app: _Name
    roles: Annotated[tuple[AppRole, ...], Field(min_length=1, max_length=len(AppRole))]
    verifier: _Name | None = None
    callback_url: Annotated[str | None, Field(max_length=500)] = None


class AppTold(Told):
    """An app; its credentials are not told again."""

    app: str
    roles: tuple[AppRole, ...]
    verifier: str
    callback_url: str

    @classmethod
    def of(cls, app: App) -> AppTold:
        """Return an app as it is told."""
        return cls(
            app=app.name,
            roles=tuple(sorted(app.roles)),
            verifier=app.verifier,
            callback_url=app.callback_url,
        )


class AppsTold(Told):
    """Every app."""

    apps: tuple[AppTold, ...]


class CredentialsTold(Told):
    """An app's token, and the key in hex under which its callbacks are signed; shown once."""

    app: str
    token: str = Field(repr=False)
    callback_secret: str = Field(repr=False)


class AutomaticAsked(Taken):
    """What a phone enters by itself, **for tests only**; all left out: the holder answers again."""

    password: _Password = None
    pin: _Pin = None
    biometrics: bool = False


class AutomaticTold(Told):
    """Which requests a phone answers by itself."""

    device: str
    kinds: tuple[RequestKind, ...]
    test_only: Literal[True] = True


def pins_of(asked: PinSet) -> TokenPins:
    """Return the PINs a phone is to be made with."""
    return TokenPins(SignaturePassword(asked.signature_password), UserPin(asked.user_pin))


def _told(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "request": request.id,
        "kind": request.kind,
        "status": request.status,
        "device": request.device,
        "created_at": request.created_at,
        "expires_at": request.expires_at,
        "settled_at": request.settled_at,
        "means": request.means,
        "failure": request.failure,
    }
