"""What a step finds when it begins, and the events made from what it says.

What a story leaves out is filled in here: serial numbers and card numbers are counted, texts are
invented, and the last day of a card or certificate is what :mod:`jpki.law` works out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from jpki.law import (
    BirthdayCount,
    Rulebook,
    authentication_expiry,
    card_expiry,
    signature_expiry,
    substitute_expiry,
)
from jpki.life import Authority, CertificateRecord, Person, State, apply
from jpki.life import events as ev
from jpki.life.log import Recorded
from jpki.terms import CertificateKind, Medium

__all__ = ["Scene", "Stock", "make_event"]

# One generation of the authorities is enough where no certificate is really signed.
_GENERATION = 3
_CA = CertificateKind.CARD_AUTHENTICATION
_CS = CertificateKind.CARD_SIGNATURE


@dataclass(slots=True)
class Stock:
    """The numbers a story has left: of certificates, cards, phones and invented texts."""

    serials: count[int] = field(default_factory=lambda: count(1001))
    cards: count[int] = field(default_factory=lambda: count(1))
    phones: count[int] = field(default_factory=lambda: count(1))
    texts: count[int] = field(default_factory=lambda: count(2))


@dataclass(slots=True)
class Scene:
    """One step being told: of whom, on which day, and the state as its own events change it."""

    who: str
    on: date
    state: State
    stock: Stock
    birthdays: BirthdayCount | None = None
    early_renewal: bool = False

    @property
    def book(self) -> Rulebook:
        """The rules and policies of the story."""
        return self.state.book

    @property
    def person(self) -> Person:
        """The person as the state knows them."""
        return self.state.person(self.who)

    def live(self, kind: CertificateKind) -> CertificateRecord | None:
        """Return the person's live certificate of a kind."""
        return self.state.live(self.who, kind)

    def told(self, entry: Recorded) -> None:
        """Take in an entry that was decided."""
        self.state = apply(self.state, entry)


def make_event(scene: Scene, name: str, values: Mapping[str, object]) -> ev.Event:
    """Return the event with what the step says, and what it leaves out filled in."""
    kind: Any = ev.EVENTS[name]
    said = dict(values)
    for field_name, supply in _SUPPLY.get(name, {}).items():
        if field_name not in said:
            said[field_name] = supply(scene, said)
    if kind is not ev.IssuerKeyCompromised:
        said["person"] = scene.who
    event: ev.Event = kind(**said)
    return event


def _card_number(scene: Scene, _said: Mapping[str, Any]) -> str:
    return f"card-{next(scene.stock.cards)}"


def _made_on(scene: Scene, _said: Mapping[str, Any]) -> date:
    return scene.on


def _card_expires_on(scene: Scene, said: Mapping[str, Any]) -> date:
    person = scene.person
    return card_expiry(
        said["made_on"],
        person.birth_date,
        issued_on=scene.on,
        residence_ends_on=person.residence_ends_on,
        early_renewal=scene.early_renewal,
        book=scene.book,
    ).ends_on


def _extended_card(scene: Scene, said: Mapping[str, Any]) -> date | None:
    """Return the card's new end when it is presented with a new residence period (K 27(2))."""
    card = scene.person.card
    if card is None or said["card"] is not ev.CardPresence.PRESENTED:
        return None
    return card_expiry(
        card.made_on,
        scene.person.birth_date,
        residence_ends_on=said["ends_on"],
        book=scene.book,
    ).ends_on


def _certificate_expires_on(scene: Scene, said: Mapping[str, Any]) -> date:
    """Return what the law works out; where there is nothing to hang on, deciding will refuse."""
    kind: CertificateKind = said["kind"]
    person = scene.person
    if kind.medium is Medium.MOBILE_DEVICE:
        partner = scene.live(kind.partner)
        return scene.on if partner is None else partner.expires_on
    if person.card is None:
        return scene.on
    ends = person.card.expires_on
    if kind is _CA:
        return authentication_expiry(
            scene.on,
            person.birth_date,
            card_expires_on=ends,
            count=scene.birthdays,
            book=scene.book,
        ).ends_on
    partner = scene.live(_CA)
    return signature_expiry(
        scene.on,
        person.birth_date,
        card_expires_on=ends,
        authentication_expires_on=None if partner is None else partner.expires_on,
        count=scene.birthdays,
        book=scene.book,
    ).ends_on


def _substitute_expires_on(scene: Scene, _said: Mapping[str, Any]) -> date:
    card, signature = scene.person.card, scene.live(_CS)
    begins = scene.book.table.event("card_substitute_issued").since
    if card is None or signature is None or scene.on < begins:
        return scene.on
    return substitute_expiry(
        scene.on,
        scene.person.birth_date,
        card_expires_on=card.expires_on,
        signature_expires_on=signature.expires_on,
        book=scene.book,
    ).ends_on


def _signed_with(_scene: Scene, said: Mapping[str, Any]) -> CertificateKind | None:
    """A phone's certificate is applied for with the card's signature key (Act 16-2(2), 35-2(2))."""
    return _CS if said["kind"].medium is Medium.MOBILE_DEVICE else None


def _new_text(scene: Scene, said: Mapping[str, Any]) -> str:
    item = said["item"]
    if item in (ev.RecordItem.SEX, ev.RecordItem.BIRTH_DATE, ev.RecordItem.HOUSEHOLD):
        return ""
    return f"修正後の記載{next(scene.stock.texts)}"


def _address(scene: Scene, _said: Mapping[str, Any]) -> str:
    return f"架空県架空市模擬町{next(scene.stock.texts)}"


_Supply = Callable[[Scene, Mapping[str, Any]], object]
_SUPPLY: dict[str, dict[str, _Supply]] = {
    "card_issued": {
        "card": _card_number,
        "made_on": _made_on,
        "expires_on": _card_expires_on,
    },
    "card_substitute_issued": {"expires_on": _substitute_expires_on},
    "certificate_issued": {
        "serial": lambda scene, _said: next(scene.stock.serials),
        "authority": lambda _scene, said: Authority(said["kind"].purpose, _GENERATION),
        "municipality": lambda scene, _said: scene.person.municipality,
        "expires_on": _certificate_expires_on,
        "signed_with": _signed_with,
    },
    "furigana_recorded": {
        "value": lambda scene, _said: f"フリガナ{next(scene.stock.texts)}",
    },
    "mobile_device_enrolled": {
        "device": lambda scene, _said: f"phone-{next(scene.stock.phones)}",
    },
    "move_in_notified": {
        "municipality": lambda scene, _said: scene.person.municipality,
        "address": _address,
    },
    "resident_record_amended": {"value": _new_text},
    "residence_period_changed": {
        "ends_on": lambda _scene, _said: None,
        "card_expires_on": _extended_card,
    },
}
