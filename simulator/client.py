"""A typed client of the control API, for tests and tools in another process.

What is asked and told are the models of :mod:`simulator.web.control`; errors are the leaves of
``ServiceError``, with rule and basis where a rule refused.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from jpki.law import VerifierRole
from jpki.life.events import Platform, RecordItem
from jpki.services.exchange import ServiceClient, new_key
from jpki.terms import Purpose, Sex
from simulator.clock import ClockKind
from simulator.faults import Fault
from simulator.services import EarlierCheck
from simulator.web.control.certificates import CertificatesTold, PageOf, WhyTold
from simulator.web.control.events import EventsTold, Happening, SchemaTold
from simulator.web.control.faults import Hostility, PlanTold
from simulator.web.control.model import ClockOrder, Nothing, PinSet, Wait, WhatChanged
from simulator.web.control.people import (
    ItemsTold,
    PeopleTold,
    PersonInvented,
    PersonNamed,
    PersonTold,
    TimelineTold,
)
from simulator.web.control.time import ClockTold, StatusTold
from simulator.web.control.tokens import Amendment, ChipMade, Death, Enrolment, OnTheWay, ToSign
from simulator.web.control.verifiers import (
    AuditPage,
    AuditTold,
    TokenTold,
    VerifierAsked,
    VerifiersTold,
    VerifierTold,
)

__all__ = ["ControlClient"]

_ROOT: Final = "/control/v1"
_A = TypeVar("_A", bound=BaseModel)


class ControlClient(ServiceClient):
    """The keeper's side of a running world.

    Every command carries an idempotency key of its own (``key`` replaces it), so one that is sent
    again with the same key because its answer was lost is not done again.
    """

    # the world and its clock

    def status(self) -> StatusTold:
        """Return what there is in the world."""
        return self._get("/status", StatusTold)

    def clock(self) -> ClockTold:
        """Return what the clock shows and how it goes."""
        return self._get("/clock", ClockTold)

    def set_clock(self, kind: ClockKind, *, factor: float | None = None) -> ClockTold:
        """Let the clock stand still, go in real time, or ``factor`` times as fast."""
        order = ClockOrder(kind=kind, factor=factor)
        return self._command("PUT", f"{_ROOT}/clock", ClockTold, order)

    def advance(
        self, by: timedelta | None = None, *, to: datetime | None = None, key: str | None = None
    ) -> ClockTold:
        """Move the clock on, by whole seconds or to an instant; what is due is recorded."""
        seconds = None if by is None else int(by.total_seconds())
        return self._post("/clock/advance", ClockTold, Wait(seconds=seconds, to=to), key)

    # people

    def people(self) -> PeopleTold:
        """Return everybody who was ever registered."""
        return self._get("/people", PeopleTold)

    def invent_person(
        self,
        *,
        number: int | None = None,
        birth_date: date | None = None,
        sex: Sex | None = None,
        municipality: str | None = None,
        key: str | None = None,
    ) -> str:
        """Invent somebody, make the resident record, and return the person's id."""
        asked = PersonInvented(
            number=number, birth_date=birth_date, sex=sex, municipality=municipality
        )
        return self._post("/people/invented", PersonNamed, asked, key).person

    def person(self, person: str) -> PersonTold:
        """Return a person's card, phone, certificates and consents."""
        return self._get(f"/people/{person}", PersonTold)

    def items(self, person: str) -> ItemsTold:
        """Return the four items on record."""
        return self._get(f"/people/{person}/items", ItemsTold)

    def timeline(self, person: str) -> TimelineTold:
        """Return what happened to a person, what it did, and why."""
        return self._get(f"/people/{person}/timeline", TimelineTold)

    def amend_record(
        self, person: str, item: RecordItem, value: str, *, key: str | None = None
    ) -> datetime:
        """Correct an item of the record; return when the agency will record it."""
        asked = Amendment(item=item, value=value)
        return self._post(f"/people/{person}/record/amendments", OnTheWay, asked, key).recorded_at

    def report_death(self, person: str, died_on: date, *, key: str | None = None) -> datetime:
        """Report a death; return when the agency will record it."""
        asked = Death(died_on=died_on)
        return self._post(f"/people/{person}/record/death", OnTheWay, asked, key).recorded_at

    # cards and phones

    def hand_over_card(
        self, person: str, *, signature_password: str, user_pin: str, key: str | None = None
    ) -> str:
        """Hand over a card with both certificates; return the card's name."""
        pins = PinSet(signature_password=signature_password, user_pin=user_pin)
        return self._post(f"/people/{person}/card", ChipMade, pins, key).chip

    def enrol_phone(
        self,
        person: str,
        platform: Platform,
        *,
        card_password: str,
        signature_password: str,
        user_pin: str,
        key: str | None = None,
    ) -> str:
        """Enrol a phone with the person's card; return the phone's name."""
        pins = PinSet(signature_password=signature_password, user_pin=user_pin)
        asked = Enrolment(platform=platform, card_password=card_password, pins=pins)
        return self._post(f"/people/{person}/phone", ChipMade, asked, key).chip

    def command(self, person: str, what: str, *, key: str | None = None) -> Nothing:
        """Do what takes no more than the person: ``card/suspension``, ``phone/end`` ..."""
        return self._post(f"/people/{person}/{what}", Nothing, None, key)

    def sign(self, person: str, chip: str, content: bytes, *, password: str) -> bytes:
        """Return a detached CMS signature by a card or phone; a wrong password costs a try."""
        asked = ToSign.model_validate({"password": password, "content": b64encode(content)})
        path = f"{_ROOT}/people/{person}/chips/{chip}/signatures"
        return self._exchange.fetch("POST", path, asked, key=new_key())

    # events

    def events(self) -> EventsTold:
        """Return every event by name."""
        return self._get("/events", EventsTold)

    def event_schema(self, event: str) -> SchemaTold:
        """Return the JSON Schema of an event's fields."""
        return self._get(f"/events/{event}", SchemaTold)

    def fire(
        self,
        event: str,
        fact: Mapping[str, Any],
        *,
        occurred_on: date | None = None,
        dry_run: bool = False,
        notice: bool = False,
        key: str | None = None,
    ) -> WhatChanged:
        """Let an event happen, try it out, or send it as a notice that is recorded later."""
        asked = Happening(fact=dict(fact), occurred_on=occurred_on, dry_run=dry_run, notice=notice)
        return self._post(f"/events/{event}", WhatChanged, asked, key)

    # certificates

    def certificates(self, *, skip: int = 0) -> CertificatesTold:
        """Return a page of the certificates in order of issue."""
        query = {"skip": str(PageOf(skip=skip).skip)}
        return self._exchange.ask("GET", f"{_ROOT}/certificates", CertificatesTold, query=query)

    def certificate(self, purpose: Purpose, serial: int) -> bytes:
        """Return a certificate in DER."""
        return self._exchange.fetch("GET", f"{_ROOT}/certificates/{purpose.value}/{serial}")

    def why(self, purpose: Purpose, serial: int) -> WhyTold:
        """Return why a certificate is what it is."""
        return self._get(f"/certificates/{purpose.value}/{serial}/why", WhyTold)

    def root(self, purpose: Purpose, generation: int) -> bytes:
        """Return an authority's self-signed certificate in DER."""
        return self._exchange.fetch("GET", f"{_ROOT}/roots/{purpose.value}/{generation}")

    # faults

    def faults(self) -> PlanTold:
        """Return which faults of the publication are ordered."""
        return self._get("/faults", PlanTold)

    def order_fault(self, fault: Fault, *, key: str | None = None) -> PlanTold:
        """Order a fault of the publication."""
        return self._post("/faults", PlanTold, fault, key)

    def be_hostile(self, seed: int = 0) -> PlanTold:
        """Order faults of every kind, by chance, in place of those ordered."""
        return self._post("/faults/hostile", PlanTold, Hostility(seed=seed), None)

    def clear_faults(self, number: int | None = None) -> PlanTold:
        """Clear one fault by its number, or every one."""
        path = f"{_ROOT}/faults" if number is None else f"{_ROOT}/faults/{number}"
        return self._command("DELETE", path, PlanTold)

    # verifiers

    def verifiers(self) -> VerifiersTold:
        """Return who may ask."""
        return self._get("/verifiers", VerifiersTold)

    def register_verifier(
        self,
        verifier: str,
        *,
        roles: Iterable[VerifierRole],
        purposes_of_use: Iterable[str],
        earlier_check: EarlierCheck = EarlierCheck.DECLARED,
    ) -> str:
        """Make a verifier and return its token, which is shown this once."""
        asked = VerifierAsked(
            verifier=verifier,
            roles=tuple(roles),
            purposes_of_use=tuple(purposes_of_use),
            earlier_check=earlier_check,
        )
        return self._post("/verifiers", TokenTold, asked, None).token

    def renew_verifier_token(self, verifier: str) -> str:
        """Give a verifier another token and return it."""
        return self._post(f"/verifiers/{verifier}/token", TokenTold, None, None).token

    def stop_verifier(self, verifier: str) -> VerifierTold:
        """Stop provision to a verifier (VS-10)."""
        return self._post(f"/verifiers/{verifier}/stop", VerifierTold, None, None)

    def resume_verifier(self, verifier: str) -> VerifierTold:
        """Provide to a verifier again."""
        return self._post(f"/verifiers/{verifier}/resumption", VerifierTold, None, None)

    def audit(self, *, after: int = 0) -> AuditTold:
        """Return up to 1,000 lines of the audit behind a number."""
        query = {"after": str(AuditPage(after=after).after)}
        return self._exchange.ask("GET", f"{_ROOT}/audit", AuditTold, query=query)

    def _get(self, path: str, answer: type[_A]) -> _A:
        return self._exchange.ask("GET", _ROOT + path, answer)

    def _post(self, path: str, answer: type[_A], asked: BaseModel | None, key: str | None) -> _A:
        return self._command("POST", _ROOT + path, answer, asked, key)
