"""Control of cards and phones: what holder, counter and call centre do with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import Base64Bytes, BaseModel, Field

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact
from jpki.life.events import Platform, RecordItem
from jpki.sign import CardSigner, sign_detached
from simulator import callcentre, phone
from simulator import municipality as counter
from simulator.tokens import TokenPins, applet, token_names
from simulator.web.control.model import Asked, Nothing, PinSet, Told
from simulator.web.control.people import known_person
from simulator.web.operations import Area, Binary, Call, Operation
from simulator.world import World

__all__ = [
    "SIGNATURE_TYPE",
    "TOKENS",
    "Amendment",
    "ChipMade",
    "Death",
    "Enrolment",
    "OnTheWay",
    "ToSign",
]

SIGNATURE_TYPE: Final = "application/pkcs7-signature"
"""RFC 8551 §3.2.1: a detached CMS signature."""

_Password = Annotated[str, Field(pattern=r"^[A-Z0-9]{6,16}$", repr=False)]


class ChipMade(Told):
    """The name of a card or phone that was made."""

    chip: str


class Enrolment(Asked):
    """A phone to be enrolled with the person's card held to it."""

    platform: Platform
    card_password: _Password
    pins: PinSet


class ToSign(Asked):
    """What a chip is to sign, and its signature password; a wrong one costs a try."""

    password: _Password
    content: Annotated[Base64Bytes, Field(repr=False)]
    allow_last_try: bool = False


class Amendment(Asked):
    """An item of the resident record that changed; a move is the address."""

    item: RecordItem
    value: Annotated[str, Field(min_length=1, max_length=200, repr=False)]
    occurred_on: date | None = None
    card_present: bool = True


class Death(Asked):
    """A death, by the day in Japan."""

    died_on: date


class OnTheWay(Told):
    """When the agency will record a notice."""

    recorded_at: datetime


def _pins(asked: PinSet) -> TokenPins:
    return TokenPins(SignaturePassword(asked.signature_password), UserPin(asked.user_pin))


def _hand_over(call: Call) -> ChipMade:
    person = known_person(call)
    made = counter.hand_over_card(call.house.world, person.id, pins=_pins(call.question))
    return ChipMade(chip=made)


def _enrol(call: Call) -> ChipMade:
    person, world, asked = known_person(call), call.house.world, call.question
    if person.card is None:
        raise ImpossibleFact("the person has no card")
    made = phone.enrol(
        world,
        person.id,
        platform=asked.platform,
        card=applet(world, person.card.number),
        card_password=SignaturePassword(asked.card_password),
        pins=_pins(asked.pins),
    )
    return ChipMade(chip=made)


def _sign(call: Call) -> Binary:
    person, world, asked = known_person(call), call.house.world, call.question
    chip = call.path["chip"]
    if chip not in token_names(world, person.id):
        raise ImpossibleFact("the person has no chip of this name")
    with SignaturePassword(asked.password) as password:
        signer = CardSigner(applet(world, chip), password, allow_last_try=asked.allow_last_try)
        return Binary(sign_detached(asked.content, signer, at=world.now), SIGNATURE_TYPE)


def _amend(call: Call) -> OnTheWay:
    person, asked = known_person(call), call.question
    at = counter.amend_record(
        call.house.world,
        person.id,
        asked.item,
        asked.value,
        occurred_on=asked.occurred_on,
        card_present=asked.card_present,
    )
    return OnTheWay(recorded_at=at)


def _death(call: Call) -> OnTheWay:
    person = known_person(call)
    world = call.house.world
    return OnTheWay(
        recorded_at=counter.report_death(world, person.id, died_on=call.question.died_on)
    )


def _doing(act: Callable[[World, str], object]) -> Callable[[Call], Nothing]:
    def do(call: Call) -> Nothing:
        act(call.house.world, known_person(call).id)
        return Nothing(done_at=call.house.world.now)

    return do


def _operation(
    path: str,
    name: str,
    summary: str,
    act: Callable[[Call], BaseModel | Binary],
    answer: type[BaseModel] | str,
    question: type[BaseModel] | None = None,
) -> Operation:
    return Operation(
        Area.CONTROL,
        "POST",
        "/people/{person}" + path,
        name,
        summary,
        act,
        answer,
        question=question,
        writes=True,
    )


TOKENS: Final = (
    _operation(
        "/card",
        "hand_over_card",
        "Hand over a card with both certificates.",
        _hand_over,
        ChipMade,
        PinSet,
    ),
    _operation(
        "/card/signature-certificate",
        "issue_signature_certificate",
        "Issue a new signature certificate onto the card, as after a move.",
        _doing(counter.issue_signature_certificate),
        Nothing,
    ),
    _operation(
        "/card/renewal",
        "renew_certificates",
        "Renew both certificates of the card.",
        _doing(counter.renew_certificates),
        Nothing,
    ),
    _operation(
        "/card/suspension",
        "suspend_card",
        "Call the call centre: the card is lost.",
        _doing(callcentre.suspend_card),
        Nothing,
    ),
    _operation(
        "/card/suspension/lifting",
        "lift_card_suspension",
        "Bring a card that was found to the counter.",
        _doing(counter.lift_card_suspension),
        Nothing,
    ),
    _operation(
        "/phone", "enrol_phone", "Enrol a phone with the card.", _enrol, ChipMade, Enrolment
    ),
    _operation(
        "/phone/suspension",
        "suspend_phone",
        "Call the call centre: the phone is lost.",
        _doing(callcentre.suspend_phone),
        Nothing,
    ),
    _operation(
        "/phone/end",
        "discontinue_phone",
        "Apply for revocation because the phone's use stops.",
        _doing(phone.discontinue_use),
        Nothing,
    ),
    _operation(
        "/chips/{chip}/signatures",
        "sign",
        "Sign with a card or phone: a detached CMS signature in DER.",
        _sign,
        SIGNATURE_TYPE,
        ToSign,
    ),
    _operation(
        "/record/amendments",
        "amend_record",
        "Correct an item of the record and notify the agency.",
        _amend,
        OnTheWay,
        Amendment,
    ),
    _operation(
        "/record/death",
        "report_death",
        "Delete the record because of a death and notify the agency.",
        _death,
        OnTheWay,
        Death,
    ),
)
