"""A post office that a municipal council designated (郵便局), since 2021-09-01.

It takes applications and requests for revocation and hands them on; notices of a leak or of an
unusable card (Act 10, 29) are not on its list. That the holder comes in person, and on a weekday,
is the practice of one office; the policy ``post_office_as_seen`` turns it off.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from jpki.card.pin import Pin
from jpki.law import Act, ActingCase, Actor
from jpki.life.events import AnyPin, Destination, ResetPath
from jpki.terms import CertificateKind
from simulator import counter, municipality
from simulator.acting import performs, require_case
from simulator.world import World

__all__ = [
    "accept_move_out",
    "forward_application",
    "forward_revocation_request",
    "reset_pins",
]

_ME = Actor.POST_OFFICE


@performs(_ME, Act.FORWARD_APPLICATION)
def forward_application(
    world: World, person_id: str, kind: CertificateKind, *, in_person: bool = True
) -> None:
    """Pass on an application for a certificate of a kind, which is issued onto the card."""
    _require_in_person(world, Act.FORWARD_APPLICATION, in_person)
    municipality.issue_certificate(world, person_id, kind)


@performs(_ME, Act.FORWARD_REVOCATION_REQUEST)
def forward_revocation_request(
    world: World, person_id: str, kinds: Collection[CertificateKind], *, in_person: bool = True
) -> None:
    """Pass on a request for revocation."""
    _require_in_person(world, Act.FORWARD_REVOCATION_REQUEST, in_person)
    municipality.accept_revocation_request(world, person_id, kinds)


@performs(_ME, Act.ACCEPT_MOVE_OUT)
def accept_move_out(
    world: World, person_id: str, *, planned_on: date, destination: Destination
) -> None:
    """Take the notice of a move out (転出届) for the municipality."""
    municipality.accept_move_out(world, person_id, planned_on=planned_on, destination=destination)


@performs(_ME, Act.RESET_PINS_IN_PRACTICE)
def reset_pins(
    world: World, person_id: str, new: Mapping[AnyPin, Pin | None], *, in_person: bool = True
) -> None:
    """Set the PINs of the two certificates anew, as some offices do."""
    _require_in_person(world, Act.RESET_PINS_IN_PRACTICE, in_person)
    counter.reset_pins(world, person_id, new, path=ResetPath.POST_OFFICE)


def _require_in_person(world: World, act: Act, in_person: bool) -> None:
    require_case(world, _ME, act, {ActingCase.HOLDER_IN_PERSON} if in_person else ())
