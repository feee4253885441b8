"""Typed clients of the virtual phone: the app that asks, and the holder who answers.

``PhoneClient`` is an app's: it asks, and looks what became of it. ``HolderClient`` has the keeper's
token and does in a test what a holder does on the screen. Errors are the leaves of
``ServiceError``; ``ServiceRefused.problem`` is the code, such as ``pin.wrong``.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from jpki.errors import MalformedDocument
from jpki.life.events import ConsentItem, Platform
from jpki.services.exchange import ServiceClient
from jpki.terms import CertificateKind
from simulator.approvals import AppRole, RequestKind, RequestStatus
from simulator.approvals.outbox import callback_signature
from simulator.web.control.model import PinSet
from simulator.web.phone.model import (
    LONGEST_WAIT,
    AppAsked,
    Approval,
    AppsTold,
    AppTold,
    AuthenticationOrder,
    AutomaticAsked,
    AutomaticTold,
    CredentialsTold,
    EnrolmentOrder,
    HolderRequestsTold,
    HolderRequestTold,
    ItemsOrder,
    RequestTold,
    SignatureOrder,
)

__all__ = ["Callback", "HolderClient", "PhoneClient", "read_callback"]

_PHONE: Final = "/phone/v1"
_CONTROL: Final = "/control/v1"
_FIVE_MINUTES: Final = timedelta(minutes=5)
_LONGEST_CALLBACK: Final = 4096
_B = TypeVar("_B", bound=BaseModel)


class PhoneClient(ServiceClient):
    """An app's side. A command sent again with the same ``key`` is not done again."""

    def whoami(self) -> AppTold:
        """Return who this app is, and in which roles."""
        return self._exchange.ask("GET", f"{_PHONE}/app", AppTold)

    def enrol(
        self,
        person: str,
        platform: Platform,
        *,
        lifetime: timedelta = _FIVE_MINUTES,
        key: str | None = None,
    ) -> RequestTold:
        """Ask a person to enrol a phone."""
        return self._ask(
            "/enrolments", EnrolmentOrder, lifetime, key, person=person, platform=platform
        )

    def sign_document(
        self,
        device: str,
        document: bytes,
        *,
        lifetime: timedelta = _FIVE_MINUTES,
        key: str | None = None,
    ) -> RequestTold:
        """Ask for a detached CMS signature of a document."""
        content = b64encode(document)
        return self._ask(
            "/signatures", SignatureOrder, lifetime, key, device=device, document=content
        )

    def sign_digest(
        self,
        device: str,
        digest: bytes,
        *,
        lifetime: timedelta = _FIVE_MINUTES,
        key: str | None = None,
    ) -> RequestTold:
        """Ask for a bare signature over a SHA-256."""
        content = b64encode(digest)
        return self._ask(
            "/signatures", SignatureOrder, lifetime, key, device=device, digest=content
        )

    def authenticate(
        self,
        device: str,
        challenge: bytes,
        *,
        lifetime: timedelta = _FIVE_MINUTES,
        key: str | None = None,
    ) -> RequestTold:
        """Ask for an answer to a challenge (``jpki.authenticate.Challenge.message``)."""
        content = b64encode(challenge)
        return self._ask(
            "/authentications", AuthenticationOrder, lifetime, key, device=device, challenge=content
        )

    def present_items(
        self,
        device: str,
        items: Iterable[ConsentItem],
        *,
        verified: Iterable[CertificateKind] = (CertificateKind.MOBILE_SIGNATURE,),
        lifetime: timedelta = _FIVE_MINUTES,
        key: str | None = None,
    ) -> RequestTold:
        """Ask for items, with a signed consent to each of them."""
        return self._ask(
            "/items",
            ItemsOrder,
            lifetime,
            key,
            device=device,
            items=sorted(set(items)),
            verified=sorted(set(verified)),
        )

    def look(self, request: str, *, wait: int = 0) -> RequestTold:
        """Return where a request stands, after up to ``wait`` seconds while it is pending.

        The server waits 20 seconds at most; a longer ``wait`` is asked in parts.
        """
        while True:
            part = min(wait, LONGEST_WAIT)
            told = self._exchange.ask(
                "GET", f"{_PHONE}/requests/{request}", RequestTold, query={"wait": str(part)}
            )
            wait -= part
            if told.status is not RequestStatus.PENDING or wait <= 0:
                return told

    def _ask(
        self, path: str, order: type[_B], lifetime: timedelta, key: str | None, **asked: Any
    ) -> RequestTold:
        question = order.model_validate(
            {**asked, "lifetime_seconds": int(lifetime.total_seconds())}
        )
        return self._command("POST", _PHONE + path, RequestTold, question, key)


class HolderClient(ServiceClient):
    """The holder's side, with the keeper's token. For tests only."""

    def register_app(
        self,
        app: str,
        roles: Iterable[AppRole],
        *,
        verifier: str | None = None,
        callback_url: str | None = None,
    ) -> CredentialsTold:
        """Register an app and return its credentials, which are shown this once."""
        asked = AppAsked(app=app, roles=tuple(roles), verifier=verifier, callback_url=callback_url)
        return self._command("POST", f"{_CONTROL}/apps", CredentialsTold, asked)

    def renew_app(self, app: str) -> CredentialsTold:
        """Give an app other credentials."""
        return self._command("POST", f"{_CONTROL}/apps/{app}/token", CredentialsTold)

    def apps(self) -> AppsTold:
        """Return every app."""
        return self._exchange.ask("GET", f"{_CONTROL}/apps", AppsTold)

    def requests_to(self, person: str) -> HolderRequestsTold:
        """Return what waits for a person, enrolments among it."""
        return self._exchange.ask("GET", f"{_CONTROL}/people/{person}/requests", HolderRequestsTold)

    def requests_on(self, device: str) -> HolderRequestsTold:
        """Return what waits on a phone."""
        return self._exchange.ask("GET", f"{_CONTROL}/phones/{device}/requests", HolderRequestsTold)

    def show(self, request: str) -> HolderRequestTold:
        """Return what an app asks for, as the holder sees it."""
        return self._exchange.ask("GET", f"{_CONTROL}/requests/{request}", HolderRequestTold)

    def approve(
        self,
        request: str,
        *,
        password: str | None = None,
        pin: str | None = None,
        biometrics: bool = False,
        items: Iterable[ConsentItem] | None = None,
        allow_last_try: bool = False,
        key: str | None = None,
    ) -> HolderRequestTold:
        """Approve; a wrong PIN raises ``ServiceRefused`` with ``pin.wrong`` and costs a try."""
        asked = Approval(
            password=password,
            pin=pin,
            biometrics=biometrics,
            items=None if items is None else tuple(sorted(set(items))),
            allow_last_try=allow_last_try,
        )
        return self._approve(request, asked, key)

    def approve_enrolment(
        self,
        request: str,
        *,
        card_password: str,
        signature_password: str,
        user_pin: str,
        key: str | None = None,
    ) -> HolderRequestTold:
        """Hold the card to the phone: enrol it, and set its PINs."""
        pins = PinSet(signature_password=signature_password, user_pin=user_pin)
        return self._approve(request, Approval(card_password=card_password, pins=pins), key)

    def refuse(self, request: str, *, key: str | None = None) -> HolderRequestTold:
        """Refuse."""
        path = f"{_CONTROL}/requests/{request}/refusal"
        return self._command("POST", path, HolderRequestTold, key=key)

    def set_automatic(
        self,
        device: str,
        *,
        password: str | None = None,
        pin: str | None = None,
        biometrics: bool = False,
    ) -> AutomaticTold:
        """Let a phone answer by itself; with nothing given, its holder answers again."""
        asked = AutomaticAsked(password=password, pin=pin, biometrics=biometrics)
        return self._command("PUT", f"{_CONTROL}/phones/{device}/automatic", AutomaticTold, asked)

    def _approve(self, request: str, asked: Approval, key: str | None) -> HolderRequestTold:
        path = f"{_CONTROL}/requests/{request}/approval"
        return self._command("POST", path, HolderRequestTold, asked, key)


class Callback(BaseModel):
    """What a callback says. ``id`` is the request's; one that comes twice is the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: RequestKind
    status: RequestStatus
    settled_at: AwareDatetime
    simulated: bool


def read_callback(callback_secret: str, body: bytes, signature: str) -> Callback:
    """Return what a callback says, once its signature has been checked.

    ``signature`` is the header ``Jpki-Signature``. ``MalformedDocument`` for what the phone's
    server did not sign with this app's key.
    """
    try:
        expected = callback_signature(bytes.fromhex(callback_secret), body[:_LONGEST_CALLBACK])
    except ValueError:
        raise MalformedDocument("the key is not hexadecimal", source="callback") from None
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
        raise MalformedDocument("not signed with this app's key", source="callback")
    try:
        return Callback.model_validate_json(body)
    except ValidationError:
        raise MalformedDocument(
            "signed, but no callback of this version", source="callback"
        ) from None
