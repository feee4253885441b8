"""A municipality other than that of residence (住所地以外の市町村長), since 2024-05-27.

It passes applications on in listed cases only (Act 3(9), 9(1); 施行規則 11-2): everything else is
for the municipality of residence, to which the applications go.
"""

from __future__ import annotations

from collections.abc import Collection

from jpki.law import Act, ActingCase, Actor
from jpki.terms import CertificateKind
from simulator import municipality
from simulator.acting import performs, require_case
from simulator.world import World

__all__ = ["forward_application", "forward_revocation_request"]

_ME = Actor.OTHER_MUNICIPALITY


@performs(_ME, Act.FORWARD_APPLICATION)
def forward_application(
    world: World, person_id: str, kind: CertificateKind, *, case: ActingCase
) -> None:
    """Pass on an application for a certificate; the municipality of residence has it issued.

    Raises ``Refused`` when the case is none of those listed.
    """
    require_case(world, _ME, Act.FORWARD_APPLICATION, {case})
    municipality.issue_certificate(world, person_id, kind)


@performs(_ME, Act.FORWARD_APPLICATION)
def forward_revocation_request(
    world: World, person_id: str, kinds: Collection[CertificateKind], *, case: ActingCase
) -> None:
    """Pass on a request for revocation, which is an application of Act 9(1), in the same cases."""
    require_case(world, _ME, Act.FORWARD_APPLICATION, {case})
    municipality.accept_revocation_request(world, person_id, kinds)
