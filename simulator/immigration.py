"""The Immigration Services Agency (出入国在留管理庁), since 2026-06-14.

It is a way to the agency in connection with a combined residence card (特定在留カード) and with
nothing else (Act 3-3, 22-3, 9(1), 28(1)).
"""

from __future__ import annotations

from collections.abc import Collection

from jpki.law import Act, ActingCase, Actor
from jpki.life.events import CardExchanged, ExchangeCause, Nationality, RevocationRequested
from jpki.terms import CertificateKind
from simulator import counter
from simulator.acting import performs, require_case
from simulator.tokens import TokenPins
from simulator.world import World

__all__ = ["exchange_card", "forward_revocation_request"]

_ME = Actor.IMMIGRATION


@performs(_ME, Act.FORWARD_APPLICATION)
def exchange_card(world: World, person_id: str, *, pins: TokenPins) -> str:
    """Exchange a card for a combined residence card; return the new card's name (K-18).

    The old card lapses as it is exchanged, and all that hangs on it (EV-44).
    """
    _require_residence_card(world, person_id, Act.FORWARD_APPLICATION)
    with world.transaction():
        world.record(CardExchanged(person=person_id, cause=ExchangeCause.RESIDENCE_CARD))
        return counter.hand_over(
            world, person_id, pins=pins, kinds=counter.kinds_for(world, person_id)
        )


@performs(_ME, Act.FORWARD_REVOCATION_REQUEST)
def forward_revocation_request(
    world: World, person_id: str, kinds: Collection[CertificateKind]
) -> None:
    """Pass on a request for revocation of who holds, or applies for, a combined card."""
    _require_residence_card(world, person_id, Act.FORWARD_REVOCATION_REQUEST)
    world.record(RevocationRequested(person=person_id, kinds=tuple(kinds)))


def _require_residence_card(world: World, person_id: str, act: Act) -> None:
    """Only a foreign resident holds or applies for a combined residence card."""
    foreign = world.state().person(person_id).nationality is not Nationality.JAPANESE
    require_case(world, _ME, act, {ActingCase.COMBINED_RESIDENCE_CARD} if foreign else ())
