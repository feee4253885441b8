"""What the phone does once its holder has approved: each kind of request by one function.

What was entered is looked at first (``require_entry``), so that nothing is tried that cannot be: a
finger never signs (PN-6).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from jpki.card.pin import SignaturePassword
from jpki.certificates import SignatureCertificate, parse_certificate
from jpki.errors import ImpossibleFact, MalformedCertificate, Refused
from jpki.life.events import ConsentItem
from jpki.services import ConsentAct, ConsentDocument
from simulator import phone
from simulator.approvals.apps import App
from simulator.approvals.model import (
    ApprovalRequest,
    Authenticated,
    AuthenticationAsked,
    Enrolled,
    EnrolmentAsked,
    Entry,
    ItemsAsked,
    ItemsPresented,
    RequestKind,
    Result,
    SignatureAsked,
    Signed,
)
from simulator.tokens import applet
from simulator.world import World

__all__ = ["do", "require_entry"]

_NUMBER_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def do(world: World, request: ApprovalRequest, app: App, entry: Entry) -> Result:
    """Have the phone do what is asked and return what comes of it.

    Raises a ``PinError`` when the phone compares and refuses, ``Refused`` where a rule does not
    allow it, and what ``require_entry`` raises.
    """
    return _DOES[request.kind](world, request, app, entry)


def require_entry(world: World, request: ApprovalRequest, entry: Entry) -> None:
    """Raise ``ImpossibleFact`` or ``Refused`` for what cannot approve this; nothing is tried."""
    match request.asked:
        case EnrolmentAsked():
            if entry.card_password is None or entry.pins is None:
                raise ImpossibleFact("an enrolment wants the card's password and the new PINs")
        case AuthenticationAsked():
            if (entry.pin is None) != entry.biometrics:
                raise ImpossibleFact("an authentication wants either the PIN, or a finger or face")
        case ItemsAsked():
            _consented(request.asked, entry)
            _password(world, entry)
        case SignatureAsked():
            _password(world, entry)


def _enrol(world: World, request: ApprovalRequest, _: App, entry: Entry) -> Result:
    asked: EnrolmentAsked = _asked(request, EnrolmentAsked)
    if entry.card_password is None or entry.pins is None:
        raise ImpossibleFact("an enrolment wants the card's password and the new PINs")
    card = world.state().person(asked.person).card
    if card is None:
        raise ImpossibleFact("the person has no card")
    device = phone.enrol(
        world,
        asked.person,
        platform=asked.platform,
        card=applet(world, card.number),
        card_password=entry.card_password,
        pins=entry.pins,
    )
    return Enrolled(device=device)


def _sign(world: World, request: ApprovalRequest, _: App, entry: Entry) -> Result:
    asked: SignatureAsked = _asked(request, SignatureAsked)
    password = _password(world, entry)
    if asked.document is not None:
        made = phone.sign_document(
            world,
            asked.device,
            asked.document,
            password=password,
            allow_last_try=entry.allow_last_try,
        )
        return Signed(form="cms", signature=_text(made))
    if asked.digest is None:
        raise AssertionError("either a document or a digest is signed")
    value = phone.sign_digest(
        world,
        asked.device,
        asked.digest,
        password=password,
        allow_last_try=entry.allow_last_try,
    )
    certificate = phone.signature_certificate(world, asked.device, password=password)
    return Signed(form="raw", signature=_text(value), certificate=_text(certificate))


def _authenticate(world: World, request: ApprovalRequest, _: App, entry: Entry) -> Result:
    asked: AuthenticationAsked = _asked(request, AuthenticationAsked)
    told = phone.authenticate(
        world,
        asked.device,
        asked.challenge,
        pin=entry.pin,
        biometrics=entry.biometrics,
        allow_last_try=entry.allow_last_try,
    )
    return Authenticated(
        certificate=_text(told.certificate),
        signature=_text(told.signature),
        gate="biometrics" if entry.biometrics else "pin",
    )


def _present(world: World, request: ApprovalRequest, app: App, entry: Entry) -> Result:
    asked: ItemsAsked = _asked(request, ItemsAsked)
    items = _consented(asked, entry)
    password = _password(world, entry)
    chance = world.chance.stream(f"consent number/{request.id}")
    document = ConsentDocument(
        act=ConsentAct.GIVE,
        verifier=app.verifier,
        items=items,
        verified=asked.verified,
        made_at=world.now,
        number=f"{request.id}-{chance.text(_NUMBER_LETTERS, 12)}",
    ).to_bytes()
    signature = phone.sign_document(
        world, asked.device, document, password=password, allow_last_try=entry.allow_last_try
    )
    certificate = phone.signature_certificate(world, asked.device, password=password)
    return ItemsPresented(
        items=_items(certificate, items), document=_text(document), signature=_text(signature)
    )


def _consented(asked: ItemsAsked, entry: Entry) -> tuple[ConsentItem, ...]:
    items = asked.items if entry.items is None else tuple(sorted(set(entry.items)))
    if not items or not set(items) <= set(asked.items):
        raise ImpossibleFact(
            "the holder consents to one or more of the items that were asked for",
            hint="to consent to none, refuse the request",
        )
    return items


def _items(certificate: bytes, items: tuple[ConsentItem, ...]) -> dict[ConsentItem, str]:
    """Return what the holder's certificate says of the items consented to."""
    parsed = parse_certificate(certificate)
    if not isinstance(parsed, SignatureCertificate):
        raise MalformedCertificate("the phone's signature certificate names no items")
    held = parsed.attributes
    born = held.birth_date
    said = {
        ConsentItem.NAME: held.name,
        ConsentItem.BIRTH_DATE: born.text if born.day is None else born.day.isoformat(),
        ConsentItem.SEX: held.sex.value,
        ConsentItem.ADDRESS: held.address,
    }
    return {item: said[item] for item in items}


def _password(world: World, entry: Entry) -> SignaturePassword:
    if entry.password is not None:
        return entry.password
    if entry.biometrics or entry.pin is not None:
        table = world.book.table
        row = table.row("PN-6")
        raise Refused("only the signature password signs", rule=row.id, basis=table.basis_en(row))
    raise ImpossibleFact("the phone's signature password has to be entered")


def _asked(request: ApprovalRequest, kind: type[Any]) -> Any:
    if not isinstance(request.asked, kind):
        raise AssertionError("a request is done by the function of its kind")
    return request.asked


def _text(data: bytes) -> str:
    return b64encode(data).decode()


_Does = Callable[[World, ApprovalRequest, App, Entry], Result]
_DOES: Final[Mapping[RequestKind, _Does]] = MappingProxyType(
    {
        RequestKind.ENROLMENT: _enrol,
        RequestKind.SIGNATURE: _sign,
        RequestKind.AUTHENTICATION: _authenticate,
        RequestKind.ITEMS: _present,
    }
)
