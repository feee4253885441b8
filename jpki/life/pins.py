"""What each PIN is at an instant, as far as the events tell: unset, usable or blocked.

The chip counts the tries; the agency knows nothing of them. A blocked PIN revokes nothing.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from jpki.jst import day
from jpki.life.events import AnyPin, CardPin
from jpki.life.state import CertificateState, DeviceState, Person, State
from jpki.terms import CertificateKind, Medium, PinKind

__all__ = ["PinState", "biometrics_stand_in", "pin_state", "pin_states"]

_PINS_OF = {Medium.CARD: (*PinKind, *CardPin), Medium.MOBILE_DEVICE: tuple(PinKind)}
# Not set by the holder: they follow from what is printed on the card.
_PRINTED = (CardPin.COLLATION_A, CardPin.COLLATION_B)


class PinState(StrEnum):
    """What a PIN is."""

    UNSET = "unset"
    USABLE = "usable"
    BLOCKED = "blocked"


def pin_state(
    state: State, person: str, medium: Medium, pin: AnyPin, *, at: datetime | None = None
) -> PinState:
    """Return what a PIN of a person's card or phone is at ``at`` (default: the state's instant).

    A PIN is unset when there is no card or phone, when no certificate was issued that needs it, and
    on a face-only card (施行規則 42(3)).
    """
    known = state.person(person)
    instant = state.at if at is None else at
    if not _is_set(state, known, medium, pin, instant):
        return PinState.UNSET
    return PinState.BLOCKED if (medium, pin) in known.blocked_pins else PinState.USABLE


def pin_states(
    state: State, person: str, *, at: datetime | None = None
) -> dict[tuple[Medium, AnyPin], PinState]:
    """Return what every PIN of a person is."""
    return {
        (medium, pin): pin_state(state, person, medium, pin, at=at)
        for medium, pins in _PINS_OF.items()
        for pin in pins
    }


def biometrics_stand_in(state: State, person: str, *, at: datetime | None = None) -> bool:
    """Return whether biometrics may replace the phone's PIN for authentication (施行規則 64-4(2)).

    They never replace a password for signing, nor any PIN of the card (36-2). What another finger
    or face changes is the policy ``biometrics_after_change``.
    """
    known = state.person(person)
    instant = state.at if at is None else at
    device = known.device
    if device is None or device.state is not DeviceState.IN_USE:
        return False
    record = state.live(person, CertificateKind.MOBILE_AUTHENTICATION, at=instant)
    if record is None or record.state_at(instant) is not CertificateState.ACTIVE:
        return False
    if not state.book.table.milestone("mobile_biometric").in_force(day(instant)):
        return False
    pin_first = state.book.policies["biometrics_after_change"] == "pin_first"
    return not (device.biometrics_changed and pin_first)


def _is_set(state: State, person: Person, medium: Medium, pin: AnyPin, at: datetime) -> bool:
    if medium is Medium.MOBILE_DEVICE:
        return isinstance(pin, PinKind) and _issued_on_phone(state, person, pin)
    card = person.card
    if card is None or not card.live_at(at):
        return False
    if pin in _PRINTED:
        return True
    if card.face_only:
        return False
    return isinstance(pin, CardPin) or any(
        record.kind is _kind(medium, pin) and record.card == card.number
        for record in state.records(person.id)
    )


def _issued_on_phone(state: State, person: Person, pin: PinKind) -> bool:
    device = person.device
    return device is not None and any(
        record.kind is _kind(Medium.MOBILE_DEVICE, pin) and record.device == device.id
        for record in state.records(person.id)
    )


def _kind(medium: Medium, pin: PinKind) -> CertificateKind:
    signs = pin is PinKind.SIGNATURE_PASSWORD
    if medium is Medium.CARD:
        return CertificateKind.CARD_SIGNATURE if signs else CertificateKind.CARD_AUTHENTICATION
    return CertificateKind.MOBILE_SIGNATURE if signs else CertificateKind.MOBILE_AUTHENTICATION
