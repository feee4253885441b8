"""A person's consents to the four items: given and withdrawn with a signature, and asked about.

A shop stands for any verifier. What it asks goes the way of every verifier's question: its role,
its purpose of use, the row of the law, and a line in the audit.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from jpki.card.pin import SignaturePassword
from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.law import VerifierRole
from jpki.life import CertificateRecord, Consent
from jpki.life.events import ConsentItem
from jpki.services import ConsentAct, ConsentDocument, ConsentMessage, FourItemsQuestion
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind, Medium, Purpose
from simulator import phone
from simulator.counter import card_of
from simulator.services import Service, Verifier
from simulator.tokens import applet
from simulator.web.pages.choosing import chosen
from simulator.web.pages.fields import value_words
from simulator.web.pages.locking import locks_noted
from simulator.web.pages.people import notebook
from simulator.web.pages.visit import Answer, Gone, Shown, Visit

__all__ = ["act_on_consents", "consents_page"]

SHOP: Final = "shop"
"""The verifier that the pages play."""

_USE: Final = "account-opening"
_ROLE: Final = VerifierRole.SIGNATURE_VERIFIER
_NUMBER_BYTES: Final = 12
_KINDS: Final[Mapping[str, CertificateKind]] = MappingProxyType(
    {
        "phone": CertificateKind.MOBILE_SIGNATURE,
        "card": CertificateKind.CARD_SIGNATURE,
    }
)


def consents_page(visit: Visit) -> Answer:
    """Show what was consented to, and what a shop can ask."""
    return _page(visit, None)


def act_on_consents(visit: Visit) -> Answer:
    """Consent, withdraw, or let the shop ask."""
    return chosen(visit.form.text("do"), _ACTS, "consents")(visit)


def _page(visit: Visit, told: Any) -> Answer:
    known, world = visit.person, visit.world
    state, table = world.state(), world.book.table
    items = {each: value_words(table, "items", each.value) for each in ConsentItem}
    signing = [
        record for record in state.records(known.id) if record.kind.purpose is Purpose.SIGNATURE
    ]
    return Shown(
        "consents.html",
        {
            "person": known,
            "consents": [(each, _standing(each, world.now)) for each in known.consents],
            "items": [(each.value, *words) for each, words in items.items()],
            "item_words": items,
            "can_withdraw": any(each.withdrawn_at is None for each in known.consents),
            "kinds": _KINDS,
            "records": [(each, state.state_of(each)) for each in reversed(signing)],
            "shop": SHOP,
            "told": told,
            "ruling": None if told is None else _ruling(visit, told.rule),
            "has_card": known.card is not None,
            "has_phone": known.device is not None,
            "notebook": notebook(world, known.id),
        },
    )


def _ruling(visit: Visit, rule: str) -> tuple[str, str, str, str]:
    table = visit.world.book.table
    row = table.row(rule)
    return (
        str(getattr(row, "note_en", "")),
        str(getattr(row, "note_ja", "")),
        table.basis_en(row),
        table.basis_ja(row),
    )


def _standing(consent: Consent, at: datetime) -> tuple[str, str]:
    if consent.withdrawn_at is not None and consent.withdrawn_at <= at:
        return "withdrawn", "撤回済み"
    if at < consent.begins_at:
        return "not yet in effect", "効力発生前"
    return ("in effect", "有効") if consent.stands_at(at) else ("over", "期間満了")


def _consent(visit: Visit) -> Answer:
    known = {each.value: each for each in ConsentItem}
    items = {chosen(each, known, "items") for each in visit.form.all("item")}
    verified = {chosen(each, _KINDS, "certificate") for each in visit.form.all("verified")}
    if not items or not verified:
        raise MalformedDocument(
            "nothing to consent to was chosen",
            source="items",
            hint="choose at least one item and one kind of certificate",
        )
    _forward(visit, Service.CONSENT, ConsentAct.GIVE, tuple(sorted(items)), tuple(sorted(verified)))
    visit.tell(
        "The consent is signed and forwarded. See below from when it counts.",
        "同意に署名し、機構に送りました。いつから有効かは下のとおりです。",
    )
    return Gone(f"/people/{visit.person.id}/consents")


def _withdraw(visit: Visit) -> Answer:
    _forward(visit, Service.WITHDRAWAL, ConsentAct.WITHDRAW, (), ())
    visit.tell("The consent is withdrawn, from now on.", "同意を撤回しました。今から有効です。")
    return Gone(f"/people/{visit.person.id}/consents")


def _forward(
    visit: Visit,
    service: Service,
    act: ConsentAct,
    items: tuple[ConsentItem, ...],
    verified: tuple[CertificateKind, ...],
) -> None:
    """Have the holder sign, and the shop forward what was signed (CO-1 to CO-3, CO-9)."""
    document = ConsentDocument(
        act=act,
        verifier=SHOP,
        items=items,
        verified=verified,
        made_at=visit.world.now,
        number=secrets.token_hex(_NUMBER_BYTES),
    ).to_bytes()
    message = ConsentMessage(
        role=_ROLE,
        purpose_of_use=_USE,
        document=b64encode(document),
        signature=b64encode(_signed(visit, document)),
    )
    visit.house.desk.answer(_shop(visit), service, message)


def _signed(visit: Visit, document: bytes) -> bytes:
    kind = chosen(visit.form.text("signed_with"), _KINDS, "signature")
    last = visit.form.text("last_try") == "yes"
    with (
        SignaturePassword.from_typed(visit.form.text("password")) as password,
        locks_noted(visit, kind.medium),
    ):
        if kind.medium is Medium.CARD:
            client = applet(visit.world, card_of(visit.person).number)
            signer = CardSigner(client, password, allow_last_try=last)
            return sign_detached(document, signer, at=visit.world.now)
        device = visit.person.device
        if device is None:
            raise ImpossibleFact("no phone is enrolled", hint="enrol one first")
        return phone.sign_document(
            visit.world, device.id, document, password=password, allow_last_try=last
        )


def _ask(visit: Visit) -> Answer:
    """Let the shop ask who follows a certificate, which it declares to have checked when new."""
    record = _record(visit)
    question = FourItemsQuestion(
        role=_ROLE,
        purpose_of_use=_USE,
        serial=record.serial,
        first_checked_at=record.issued_at,
    )
    return _page(visit, visit.house.desk.answer(_shop(visit), Service.FOUR_ITEMS, question))


def _record(visit: Visit) -> CertificateRecord:
    found = {
        str(each.serial): each
        for each in visit.world.state().records(visit.person.id)
        if each.kind.purpose is Purpose.SIGNATURE
    }
    return chosen(visit.form.text("serial"), found, "certificate")


def _shop(visit: Visit) -> Verifier:
    """Return the shop, which is registered when it is first needed; its token is nobody's."""
    verifiers = visit.house.desk.verifiers
    with suppress(ImpossibleFact):
        return verifiers.named(SHOP)
    verifiers.register(SHOP, roles=[_ROLE], purposes=[_USE])
    return verifiers.named(SHOP)


_ACTS: Final[Mapping[str, Callable[[Visit], Answer]]] = MappingProxyType(
    {"consent": _consent, "withdraw": _withdraw, "ask": _ask}
)
