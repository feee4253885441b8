"""The municipality of the family register supplement, and the consul (附票管理市町村長・領事官).

They are to a Japanese national abroad what the municipality is to a resident (Act 3-2, 22-2), since
2024-05-27. Whoever is not on a supplement is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from jpki.law import Act, ActingCase, Actor
from jpki.life.events import (
    CardCollectedFromConsul,
    CardLeftWithConsul,
    CardReturned,
    DeletionGround,
    RecordItem,
    Register,
    ResidentRecordAmended,
    ResidentRecordDeleted,
    ReturnCause,
)
from jpki.terms import CertificateKind
from simulator import counter
from simulator.acting import performs, require_case
from simulator.tokens import TokenPins
from simulator.world import World

__all__ = [
    "amend_supplement",
    "collect_card",
    "hand_over_card",
    "issue_certificate",
    "leave_card",
    "strike_off",
    "take_back_card",
]

_ME = Actor.SUPPLEMENT_MUNICIPALITY


@performs(_ME, Act.IDENTIFY, Act.MAKE_CARD_KEYS, Act.HAND_OVER_CARD)
def hand_over_card(
    world: World,
    person_id: str,
    *,
    pins: TokenPins,
    kinds: Collection[CertificateKind] | None = None,
    made_on: date | None = None,
) -> str:
    """Issue a card with its certificates abroad and hand it over; return the card's name."""
    _require_on_supplement(world, person_id, Act.HAND_OVER_CARD)
    chosen = counter.kinds_for(world, person_id) if kinds is None else kinds
    return counter.hand_over(world, person_id, pins=pins, kinds=chosen, made_on=made_on)


@performs(_ME, Act.IDENTIFY, Act.MAKE_CARD_KEYS, Act.FORWARD_APPLICATION)
def issue_certificate(world: World, person_id: str, kind: CertificateKind) -> None:
    """Issue a new certificate onto the card of a holder abroad."""
    _require_on_supplement(world, person_id, Act.FORWARD_APPLICATION)
    counter.issue_onto_card(world, person_id, kind)


@performs(_ME, Act.TAKE_BACK_CARD)
def take_back_card(world: World, person_id: str) -> None:
    """Take back a card that a holder abroad returns (K-13)."""
    _require_on_supplement(world, person_id, Act.TAKE_BACK_CARD)
    world.record(CardReturned(person=person_id, cause=ReturnCause.VOLUNTARY))


@performs(_ME, Act.TAKE_BACK_CARD)
def leave_card(world: World, person_id: str) -> None:
    """Take a card into keeping; unless collected in 90 days it lapses (K-10).

    個人番号カード等命令 30-2.
    """
    _require_on_supplement(world, person_id, Act.TAKE_BACK_CARD)
    world.record(CardLeftWithConsul(person=person_id))


@performs(_ME, Act.HAND_OVER_CARD)
def collect_card(world: World, person_id: str) -> None:
    """Give back a card that was left."""
    _require_on_supplement(world, person_id, Act.HAND_OVER_CARD)
    world.record(CardCollectedFromConsul(person=person_id))


@performs(_ME, Act.REPORT_REGISTER_CHANGE)
def amend_supplement(
    world: World, person_id: str, item: RecordItem, value: str, *, occurred_on: date | None = None
) -> datetime:
    """Correct an item of the supplement and notify the agency; return when it will record it."""
    _require_on_supplement(world, person_id, Act.REPORT_REGISTER_CHANGE)
    return world.notify(
        ResidentRecordAmended(
            person=person_id,
            item=item,
            value=value,
            register=Register.FAMILY_REGISTER_SUPPLEMENT,
        ),
        occurred_on=occurred_on,
    )


@performs(_ME, Act.REPORT_REGISTER_CHANGE)
def strike_off(world: World, person_id: str, *, occurred_on: date | None = None) -> datetime:
    """Notify the agency that a person is off every supplement (Act 12(1)(iii), 31(1)(iii))."""
    _require_on_supplement(world, person_id, Act.REPORT_REGISTER_CHANGE)
    ground = DeletionGround.OFF_SUPPLEMENT
    return world.notify(
        ResidentRecordDeleted(person=person_id, ground=ground), occurred_on=occurred_on
    )


def _require_on_supplement(world: World, person_id: str, act: Act) -> None:
    abroad = world.state().person(person_id).register is Register.FAMILY_REGISTER_SUPPLEMENT
    require_case(world, _ME, act, {ActingCase.ON_SUPPLEMENT} if abroad else ())
