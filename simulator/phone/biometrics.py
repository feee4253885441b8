"""Biometrics on a phone (生体認証): when a matched finger or face may stand in for the PIN.

It stands in for the authentication PIN and for nothing else (施行規則 36-2, 64-4(2); PN-6, PN-7).
The match itself is the phone's own and is not played here.
"""

from __future__ import annotations

from jpki.errors import PinBlocked, Refused
from jpki.jst import day
from jpki.terms import PinKind
from simulator.phone.element import holder_of, known_device, platform_of, revise
from simulator.tokens import applet, phone_memory
from simulator.world import World

__all__ = ["note_pin", "require_biometrics", "require_presentable", "set_biometrics"]

_RULE, _POLICY, _INTERFACE = "PN-7", "biometrics_after_change", "PN-11"


def set_biometrics(world: World, device: str, *, on: bool) -> None:
    """Switch biometrics on or off on a phone; nobody is told, and nothing is revoked (EV-77)."""
    holder_of(world, device)
    revise(world, device, biometrics=on)


def require_biometrics(world: World, device: str) -> None:
    """Refuse where biometrics may not open the authentication key, with the row that says so."""
    milestone = world.book.table.milestone("mobile_biometric")
    if not milestone.in_force(day(world.now)):
        raise _refused(world, f"biometrics serve only since {milestone.since}", _RULE)
    if not phone_memory(world, device).biometrics:
        raise _refused(world, "biometrics are switched off on this phone", _RULE)
    if world.book.policies[_POLICY] == "pin_first" and _pin_outstanding(world, device):
        raise _refused(world, "another finger or face was enrolled; the PIN comes first", _POLICY)
    blocked = applet(world, device).tries_left(PinKind.USER_PIN) == 0
    if blocked and not platform_of(world, device).biometrics_when_pin_blocked:
        raise PinBlocked(
            PinKind.USER_PIN, ways_to_reset=("in the app, with the phone's signature password",)
        )


def require_presentable(world: World, device: str) -> None:
    """Refuse where the platform opens nothing while biometrics are off (inferred for iPhones)."""
    row = platform_of(world, device)
    if not row.pin_without_biometrics and not phone_memory(world, device).biometrics:
        raise _refused(world, f"an {row.name} presents nothing without biometrics", _INTERFACE)


def note_pin(world: World, device: str) -> None:
    """Note that the PIN was given: what was enrolled since is trusted from now on."""
    if _pin_outstanding(world, device):
        revise(world, device, pin_entered=True)


def _pin_outstanding(world: World, device: str) -> bool:
    entered = phone_memory(world, device).pin_entered
    if entered is not None:
        return not entered
    known = known_device(world.state(), holder_of(world, device), device)
    return known is not None and known.biometrics_changed


def _refused(world: World, message: str, rule: str) -> Refused:
    table = world.book.table
    return Refused(message, rule=rule, basis=table.basis_ja(table.row(rule)))
