"""The app's reservation and the kiosk in the shop: one PIN set anew with the other and a face."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import day
from jpki.terms import Medium, PinKind
from simulator.counter import card_of
from simulator.face import LiveFace
from simulator.kiosk import KioskChain, finish_pin_reset, reserve
from simulator.web.pages.choosing import chosen
from simulator.web.pages.locking import locks_noted
from simulator.web.pages.people import card_tries, notebook
from simulator.web.pages.visit import Answer, Gone, Shown, Visit

__all__ = ["act_at_kiosk", "kiosk_screen"]

_PINS: Final = {each.value: each for each in PinKind}
_SHAPES: Final[Mapping[PinKind, Callable[[str], SignaturePassword | UserPin]]] = MappingProxyType(
    {PinKind.SIGNATURE_PASSWORD: SignaturePassword.from_typed, PinKind.USER_PIN: UserPin}
)
_OTHER: Final = {
    PinKind.SIGNATURE_PASSWORD: PinKind.USER_PIN,
    PinKind.USER_PIN: PinKind.SIGNATURE_PASSWORD,
}
_CONDITIONS: Final = ("KS-1", "KS-3", "KS-4", "KS-5", "KS-6", "KS-7", "KS-10")


def kiosk_screen(visit: Visit) -> Answer:
    """Show the app beside the kiosk, and what both ask for by the law's tables."""
    known, table = visit.person, visit.world.book.table
    on = day(visit.world.now)
    return Shown(
        "kiosk.html",
        {
            "person": known,
            "card": card_of(known),
            "tries": card_tries(visit.world, known),
            "notebook": notebook(visit.world, known.id),
            "faces": tuple(LiveFace),
            "chains": tuple(KioskChain),
            "pins": tuple(PinKind),
            "reservation": visit.session.reservations.get(known.id),
            "conditions": [table.row(each) for each in _CONDITIONS],
            "table": table,
            "on": on,
        },
    )


def act_at_kiosk(visit: Visit) -> Answer:
    """Reserve in the app, or finish at the kiosk."""
    act = chosen(visit.form.text("do"), {"reserve": _reserve, "finish": _finish}, "kiosk")
    act(visit)
    return Gone(f"/people/{visit.person.id}/kiosk")


def _reserve(visit: Visit) -> None:
    pin = chosen(visit.form.text("pin_kind"), _PINS, "PIN")
    face = chosen(visit.form.text("face"), {each.value: each for each in LiveFace}, "face")
    with (
        locks_noted(visit, Medium.CARD, rule="KS-1"),
        _SHAPES[_OTHER[pin]](visit.form.text("other")) as other,
    ):
        made = reserve(visit.world, visit.person.id, pin, other=other, face=face)
    visit.session.reservations[visit.person.id] = made
    visit.tell(
        "Reserved. The app shows the one-time code.", "予約しました。アプリにコードが出ています。"
    )


def _finish(visit: Visit) -> None:
    pin = chosen(visit.form.text("pin_kind"), _PINS, "PIN")
    chain = chosen(visit.form.text("chain"), {each.value: each for each in KioskChain}, "chain")
    with (
        locks_noted(visit, Medium.CARD, rule="KS-1"),
        _SHAPES[_OTHER[pin]](visit.form.text("other")) as other,
        _SHAPES[pin](visit.form.text("new")) as new,
    ):
        finish_pin_reset(
            visit.world,
            visit.person.id,
            code=visit.form.text("code"),
            other=other,
            new=new,
            chain=chain,
        )
    visit.session.reservations.pop(visit.person.id, None)
    visit.tell(
        "The kiosk has set it anew: it can be used at once, and no certificate has changed.",
        "端末で再設定しました。すぐに使え、電子証明書はそのままです。",
    )
