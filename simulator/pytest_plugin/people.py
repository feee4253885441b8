"""The invented people of a test's world, and what happens to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from jpki.errors import ImpossibleFact
from jpki.jst import day
from jpki.life import FourItems
from jpki.life import Person as PersonRecord
from jpki.life.events import RecordItem
from jpki.terms import CertificateKind, Sex
from simulator import municipality
from simulator.municipalities import municipality as place_named
from simulator.people import invent_address, invent_person
from simulator.pytest_plugin.certificates import IssuedCertificate
from simulator.world import World

__all__ = ["ADULT_BORN_ON", "People", "Person"]

ADULT_BORN_ON: Final = date(1990, 9, 15)
"""Everybody's birth date unless a test says otherwise, so that nobody's age decides by chance."""


class Person:
    """Somebody who does not exist and lives in a simulated municipality."""

    def __init__(self, world: World, person_id: str, number: int) -> None:
        self.world = world
        self.id = person_id
        self._number = number
        self._moves = 0

    def __repr__(self) -> str:
        return f"<Person {self.id}>"

    @property
    def record(self) -> PersonRecord:
        """What the agency holds about them now."""
        return self.world.state().person(self.id)

    @property
    def items(self) -> FourItems:
        """Name, birth date, sex and address as the agency has them now."""
        return self.record.items

    @property
    def certificates(self) -> tuple[IssuedCertificate, ...]:
        """Every certificate they ever had, in the order of issue."""
        records = self.world.state().records(self.id)
        return tuple(IssuedCertificate(self.world, one.id) for one in records)

    def certificate(self, kind: CertificateKind) -> IssuedCertificate:
        """Return the newest certificate of a kind; ``ImpossibleFact`` when there never was one."""
        record = self.world.state().latest(self.id, kind)
        if record is None:
            raise ImpossibleFact(f"the person never had a certificate of the kind {kind.value}")
        return IssuedCertificate(self.world, record.id)

    # what happens to people

    def move(self, address: str | None = None) -> datetime:
        """Move house inside the municipality and tell the counter (EV-01).

        Returns when the agency will record it; until the clock is past that, nothing has lost
        effect. Without an ``address`` one is invented.
        """
        self._moves += 1
        place = place_named(self.record.municipality)
        invented = invent_address(self.world.seed, self._number, place, move=self._moves)
        return self.amend(RecordItem.ADDRESS, address or invented)

    def amend(self, item: RecordItem, value: str) -> datetime:
        """Have an item of the record corrected; return when the agency will record it."""
        return municipality.amend_record(self.world, self.id, item, value)

    def die(self, on: date | None = None) -> datetime:
        """Have the record deleted because of a death, today unless told otherwise (EV-13).

        Returns when the agency will record it.
        """
        return municipality.report_death(self.world, self.id, died_on=on or day(self.world.now))


class People:
    """Invents people and registers them, each another one, from the world's seed."""

    def __init__(self, world: World, *, municipality: str) -> None:
        self._world = world
        self._municipality = municipality
        self._count = 0

    def __repr__(self) -> str:
        return f"<People, {self._count} invented>"

    def invent(
        self,
        *,
        birth_date: date | None = None,
        sex: Sex | None = None,
        municipality_code: str | None = None,
        name: str | None = None,
        address: str | None = None,
    ) -> Person:
        """Invent somebody and register them now; what is given is kept as given.

        They are born on ``ADULT_BORN_ON`` and live in the municipality of the marker unless told
        otherwise. Raises ``ImpossibleFact`` for a municipality that the simulator does not know.
        """
        self._count += 1
        invented = invent_person(
            self._world.seed,
            self._count,
            birth_date=birth_date or ADULT_BORN_ON,
            sex=sex,
            municipality_code=municipality_code or self._municipality,
        )
        items = invented.items
        items = replace(items, name=name or items.name, address=address or items.address)
        person_id = municipality.register(self._world, replace(invented, items=items))
        return Person(self._world, person_id, self._count)
