"""What is printed on a card, as of the last time somebody wrote it."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from jpki.errors import ImpossibleFact
from jpki.life import FourItems, Person
from jpki.terms import Sex
from simulator.card.contents import CardHolder, with_check_digit
from simulator.world import World

__all__ = ["Printed", "items_printed", "my_number", "printed_for"]


class Printed(BaseModel):
    """What is printed on a card and written into it, as of the last time somebody wrote it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    address: str
    birth_date: date
    sex: Sex
    my_number: str
    expires_on: date
    municipality: str
    serial: str
    security_code: str

    def holder(self, likeness: bytes) -> CardHolder:
        """Return the holder as the contents of a card are made from."""
        return CardHolder(
            name=self.name,
            address=self.address,
            birth_date=self.birth_date,
            sex=self.sex,
            my_number=self.my_number,
            expires_on=self.expires_on,
            municipality_code=self.municipality,
            serial=self.serial,
            security_code=self.security_code,
            likeness=likeness,
        )


def my_number(world: World, person_id: str) -> str:
    """Return a person's invented My Number: a right check digit, from the world's seed.

    Whether somebody has been given the same number cannot be known, and nothing is claimed.
    """
    chance = world.chance.stream(f"my number/{person_id}")
    return with_check_digit(chance.text("0123456789", 11))


def printed_for(world: World, name: str, person_id: str) -> Printed:
    """Return what is printed on a new card; its numbers come from the world's seed."""
    person = world.state().person(person_id)
    chance = world.chance.stream(f"card numbers/{name}")
    return Printed(
        **items_printed(person.items),
        my_number=my_number(world, person_id),
        expires_on=_expiry(person, name),
        municipality=person.municipality,
        serial="9" + chance.text("0123456789", 14),
        security_code=chance.text("0123456789", 4),
    )


def items_printed(items: FourItems) -> dict[str, Any]:
    """Return the four items as fields of what is printed."""
    return {
        "name": items.name,
        "address": items.address,
        "birth_date": items.birth_date,
        "sex": items.sex,
    }


def _expiry(person: Person, name: str) -> date:
    """Return when the card of this name expires; one of another name expires as the holder's."""
    cards = [card for card in (person.card, *person.past_cards) if card is not None]
    if not cards:
        raise ImpossibleFact("the holder was never issued a card")
    return next((card for card in cards if card.number == name), cards[0]).expires_on
