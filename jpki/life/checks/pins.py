"""Checks of events of the PINs: each path to a new PIN, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

from jpki.errors import ImpossibleFact
from jpki.jst import JST
from jpki.law import Ground, reset_row
from jpki.life import events as ev
from jpki.life.checks.question import Check, Question
from jpki.life.pins import PinState, pin_state
from jpki.life.state import CardState, CertificateRecord, CertificateState
from jpki.terms import CertificateKind, Medium, PinKind

__all__ = ["CONDITIONS", "PIN_CHECKS"]

_KIND_OF = {
    PinKind.SIGNATURE_PASSWORD: CertificateKind.CARD_SIGNATURE,
    PinKind.USER_PIN: CertificateKind.CARD_AUTHENTICATION,
}


def _check_blocked(asked: Question, event: ev.PinBlocked) -> None:
    _check_medium(asked, event)
    _check_set(asked, event)
    if _state(asked, event.medium, event.pin) is PinState.BLOCKED:
        raise ImpossibleFact("this PIN is blocked already")


def _check_reset(asked: Question, event: ev.PinReset) -> None:
    _check_medium(asked, event)
    row = reset_row(asked.state.book, event.path.value, event.medium, event.pin.value, on=asked.on)
    if not row.allowed:
        raise asked.refused(row.id, "this PIN is not set anew there", hint="go to the counter")
    _check_set(asked, event)
    for needed in row.needs:
        if not CONDITIONS[needed](asked, event):
            condition = asked.state.book.table.row(needed)
            raise asked.refused(needed, f"this does not hold: {condition.note_en}")


def _check_medium(asked: Question, event: ev.PinBlocked | ev.PinReset) -> None:
    if event.medium is Medium.CARD:
        asked.live_card()
    elif asked.person.device is None:
        raise ImpossibleFact("no phone is enrolled")
    elif isinstance(event.pin, ev.CardPin):
        raise ImpossibleFact("a phone has no such PIN")


def _check_set(asked: Question, event: ev.PinBlocked | ev.PinReset) -> None:
    if _state(asked, event.medium, event.pin) is not PinState.UNSET:
        return
    if event.medium is Medium.CARD and asked.live_card().face_only:
        raise asked.refused("FL-1", "a face-only card has no PIN")
    raise ImpossibleFact("this PIN is not set")


def _state(asked: Question, medium: Medium, pin: ev.AnyPin) -> PinState:
    return pin_state(asked.state, asked.person.id, medium, pin, at=asked.at)


# What a path asks for


def _on_this_card(asked: Question, kind: CertificateKind) -> CertificateRecord | None:
    record, card = asked.state.latest(asked.person.id, kind), asked.person.card
    return record if record is not None and card and record.card == card.number else None


def _target(asked: Question, event: ev.PinReset) -> CertificateRecord | None:
    if isinstance(event.pin, ev.CardPin):
        return None
    return _on_this_card(asked, _KIND_OF[event.pin])


def _not_ended_by_register(asked: Question, event: ev.PinReset) -> bool:
    record = _target(asked, event)
    return (
        record is None
        or not record.lapsed_at(asked.at)
        or record.lapse is None
        or record.lapse.ground is not Ground.REGISTER_CHANGE
    )


def _both_certificates_and_target_live(asked: Question, event: ev.PinReset) -> bool:
    if any(_on_this_card(asked, kind) is None for kind in _KIND_OF.values()):
        return False
    record = _target(asked, event)
    return record is not None and record.state_at(asked.at) is CertificateState.ACTIVE


def _photo(asked: Question, _event: ev.PinReset) -> bool:
    return asked.live_card().photo


def _other_pin(asked: Question, event: ev.PinReset) -> bool:
    other = (
        PinKind.USER_PIN if event.pin is PinKind.SIGNATURE_PASSWORD else PinKind.SIGNATURE_PASSWORD
    )
    return event.other_known and _state(asked, Medium.CARD, other) is PinState.USABLE


def _reserved(_asked: Question, event: ev.PinReset) -> bool:
    return event.reserved_at is not None


def _reservation_fresh(asked: Question, event: ev.PinReset) -> bool:
    if event.reserved_at is None:
        return False
    hours = int(asked.state.book.table.figure("kiosk_reservation_hours", on=asked.on).value)
    return event.reserved_at <= asked.at <= event.reserved_at + timedelta(hours=hours)


def _kiosk_open(asked: Question, _event: ev.PinReset) -> bool:
    figure = asked.state.book.table.figure
    opens = time.fromisoformat(str(figure("kiosk_opens", on=asked.on).value))
    closes = time.fromisoformat(str(figure("kiosk_closes", on=asked.on).value))
    return opens <= asked.at.astimezone(JST).time() <= closes


def _card_and_its_password(asked: Question, event: ev.PinReset) -> bool:
    card = asked.person.card
    if card is None or card.state_at(asked.at) is not CardState.VALID:
        return False
    password = _state(asked, Medium.CARD, PinKind.SIGNATURE_PASSWORD)
    return event.other_known and password is PinState.USABLE


def _phone_password(asked: Question, event: ev.PinReset) -> bool:
    password = _state(asked, Medium.MOBILE_DEVICE, PinKind.SIGNATURE_PASSWORD)
    return event.other_known and password is PinState.USABLE


CONDITIONS: dict[str, Callable[[Question, ev.PinReset], bool]] = {
    "KS-1": _other_pin,
    "KS-3": _reserved,
    "KS-4": _reservation_fresh,
    "KS-5": _kiosk_open,
    "KS-6": _both_certificates_and_target_live,
    "KS-7": _photo,
    "KS-10": _not_ended_by_register,
    "RS-1": _card_and_its_password,
    "RS-2": _phone_password,
}
"""The function behind each condition row of pin.toml."""

PIN_CHECKS: dict[type[ev.Event], Check] = {
    ev.PinBlocked: _check_blocked,
    ev.PinReset: _check_reset,
}
"""The check of each event of the PINs."""
