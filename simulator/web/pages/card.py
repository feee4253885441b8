"""The card: at a reader at home, where PINs are entered, and at the counters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from jpki.card.pin import Pin, SignaturePassword, UserPin
from jpki.errors import PinBlocked, WrongPin
from jpki.life.events import AnyPin, ReissueCause
from jpki.terms import CertificateKind, Medium, PinKind
from simulator import callcentre
from simulator import municipality as counter
from simulator.counter import card_of
from simulator.tokens import TokenPins, applet
from simulator.web.pages.choosing import chosen
from simulator.web.pages.locking import locks_noted
from simulator.web.pages.people import CARD_PINS, card_tries, notebook
from simulator.web.pages.visit import Answer, Gone, Shown, Visit

__all__ = ["act_at_counter", "act_on_card", "card_reader"]

_MOST_TRIES: Final = 16
# A well-formed value that no card here is given; where it happens to fit, nothing locks.
_MISTYPED: Final[Mapping[PinKind, str]] = MappingProxyType(
    {PinKind.SIGNATURE_PASSWORD: "MISTYPED0", PinKind.USER_PIN: "0000"}
)
_SHAPES: Final[Mapping[PinKind, Callable[[str], SignaturePassword | UserPin]]] = MappingProxyType(
    {PinKind.SIGNATURE_PASSWORD: SignaturePassword.from_typed, PinKind.USER_PIN: UserPin}
)
_PINS: Final = {each.value: each for each in PinKind}


def card_reader(visit: Visit) -> Answer:
    """Show the card at a reader, and what the counter does."""
    known = visit.person
    return Shown(
        "card.html",
        {
            "person": known,
            "card": card_of(known),
            "card_state": card_of(known).state_at(visit.world.now),
            "tries": card_tries(visit.world, known),
            "notebook": notebook(visit.world, known.id),
        },
    )


def act_on_card(visit: Visit) -> Answer:
    """Present a PIN to the card, once or until it is locked."""
    card = card_of(visit.person).number
    pin = chosen(visit.form.text("pin_kind"), _PINS, "PIN")
    if visit.form.text("do") == "lock":
        _lock(visit, card, pin)
    else:
        last = visit.form.text("last_try") == "yes"
        with (
            locks_noted(visit, Medium.CARD),
            _SHAPES[pin](visit.form.text("value")) as value,
        ):
            applet(visit.world, card).verify(value, allow_last_try=last)
        visit.tell(
            "The card took it: all tries are back.", "照合できました。残り回数は元どおりです。"
        )
    return Gone(f"/people/{visit.person.id}/card")


def _lock(visit: Visit, card: str, pin: PinKind) -> None:
    client = applet(visit.world, card)
    for _ in range(_MOST_TRIES):
        try:
            with locks_noted(visit, Medium.CARD):
                client.verify(_SHAPES[pin](_MISTYPED[pin]), allow_last_try=True)
        except WrongPin:
            continue
        except PinBlocked:
            visit.tell(
                "The card has locked it. Its certificates stay as they are.",
                "ロックされました。電子証明書はそのままです。",
                good=False,
            )
            return
        break
    visit.tell(
        "The wrong value happened to be right.", "誤りのつもりの値が一致しました。", good=False
    )


def act_at_counter(visit: Visit) -> Answer:
    """Do at the counter, or by telephone, what the form says."""
    person = visit.person.id
    act, en, ja = chosen(visit.form.text("do"), _COUNTER, "counter")
    act(visit)
    visit.tell(en, ja)
    return Gone(f"/people/{person}")


def _reset(visit: Visit) -> None:
    new: dict[AnyPin, Pin | None] = {}
    if visit.form.text("new_password"):
        new[PinKind.SIGNATURE_PASSWORD] = SignaturePassword.from_typed(
            visit.form.text("new_password")
        )
    if visit.form.text("new_pin") or not new:
        new[PinKind.USER_PIN] = UserPin(visit.form.text("new_pin"))
    counter.reset_pins(visit.world, visit.person.id, new)


def _reissue(visit: Visit) -> None:
    password, pin = CARD_PINS
    world, person = visit.world, visit.person.id
    with world.transaction():
        counter.request_reissue(world, person, ReissueCause.LOST)
        pins = TokenPins(SignaturePassword(password), UserPin(pin))
        counter.hand_over_card(world, person, pins=pins)


_COUNTER: Final[Mapping[str, tuple[Callable[[Visit], object], str, str]]] = MappingProxyType(
    {
        "signature-certificate": (
            lambda visit: counter.issue_signature_certificate(visit.world, visit.person.id),
            "The counter has issued a new signature certificate onto the card.",
            "窓口で署名用電子証明書を発行しました。",
        ),
        "authentication-certificate": (
            lambda visit: counter.issue_certificate(
                visit.world, visit.person.id, CertificateKind.CARD_AUTHENTICATION
            ),
            "The counter has issued a new authentication certificate onto the card.",
            "窓口で利用者証明用電子証明書を発行しました。",
        ),
        "renew": (
            lambda visit: counter.renew_certificates(visit.world, visit.person.id),
            "The counter has renewed the card's certificates.",
            "窓口でカードの電子証明書を更新しました。",
        ),
        "reset": (_reset, "The counter has set it anew.", "窓口で再設定しました。"),
        "lost": (
            lambda visit: callcentre.suspend_card(visit.world, visit.person.id),
            "The call centre has suspended the card.",
            "コールセンターがカードを一時停止しました。",
        ),
        "found": (
            lambda visit: counter.lift_card_suspension(visit.world, visit.person.id),
            "The counter has lifted the card's suspension.",
            "窓口でカードの一時停止を解除しました。",
        ),
        "reissue": (
            _reissue,
            "The lost card was replaced by a new one, with the PINs of the notebook.",
            "紛失したカードを再交付しました。暗証番号は手帳のとおりです。",
        ),
    }
)
