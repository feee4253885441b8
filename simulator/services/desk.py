"""The desk that answers verifiers: who asks, in which role, what the Act lets them know, noted.

Every question goes the same way: the credential, whether provision was stopped (VS-10), role and
purpose of use, the row of the law, the answer, a line in the audit. Refusals are noted, too.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from jpki.errors import ImpossibleFact, JpkiError, NotPermitted, Refused, WorldUnavailable
from jpki.jst import day
from jpki.law import VerifierAct, VerifierRole
from jpki.law.model import Row
from jpki.life import (
    Authority,
    CertificateRecord,
    four_items_answer,
    linked_serial,
)
from jpki.permission import require, require_link, require_service
from jpki.services import (
    ConsentMessage,
    FourItemsQuestion,
    ItemsAnswer,
    LaterStatusQuestion,
    LinkedAnswer,
    LinkedSerialQuestion,
    RevocationListQuestion,
    StatusAnswer,
    StatusQuestion,
)
from jpki.terms import Purpose
from simulator.agency.publication import ListKey, Publication, told_at
from simulator.municipalities import municipality
from simulator.services import consents
from simulator.services.audit import Audit
from simulator.services.records import Records
from simulator.services.verifiers import EarlierCheck, Verifier, Verifiers
from simulator.world import World

__all__ = ["Service", "ServiceDesk"]


class Service(StrEnum):
    """What can be asked, by the row of the law that speaks of it."""

    STATUS = "VS-1"
    REVOCATION_LIST = "VS-2"
    LATER_STATUS = "VS-3"
    FOUR_ITEMS = "VS-4"
    LINKED_SERIAL = "VS-5"
    CONSENT = "CO-3"
    WITHDRAWAL = "CO-9"


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answer, what it is in a word for the audit, and about which certificate."""

    answer: Any
    outcome: str
    rule: str
    subject: CertificateRecord | None = None


class ServiceDesk:
    """Answers verifiers from one world. ``draw`` gives random bytes for tokens and keys."""

    def __init__(self, world: World, *, draw: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._world = world
        self.records = Records(world.store)
        self.verifiers = Verifiers(self.records, draw=draw)
        self.audit = Audit(self.records, draw=draw)
        self._publication = Publication(world)

    def __repr__(self) -> str:
        return "<ServiceDesk>"

    def answer(self, verifier: Verifier, service: Service, question: Any) -> Any:
        """Answer a verifier whose token was checked, and note it; refusals are noted and raised.

        Raises ``NotPermitted`` and ``Refused`` with rule and basis, ``ImpossibleFact`` for a
        certificate that nobody was issued.
        """
        refusal: JpkiError | None = None
        with self._world.transaction():
            try:
                told = self._answered(verifier, service, question)
            except WorldUnavailable:
                raise
            except JpkiError as error:
                refusal = error
                told = _Answered(None, error.code, _rule_of(error), self._subject(question))
            self._note(verifier, service, question, told)
        if refusal is not None:
            raise refusal
        return told.answer

    def note_stranger(self, service: str) -> None:
        """Note that somebody without a credential asked."""
        with self._world.transaction():
            self.audit.note(
                at=self._world.now,
                verifier="",
                role="",
                purpose_of_use="",
                service=service,
                subject="",
                outcome="service.not-authenticated",
                rule="",
            )

    def _answered(self, verifier: Verifier, service: Service, question: Any) -> _Answered:
        if verifier.stopped:
            raise self._refused("VS-10", "provision to this verifier was stopped")
        for role in _roles(question):
            if role not in verifier.roles:
                raise NotPermitted(
                    role.value, "be claimed by this verifier", basis="arrangement: another role"
                )
        if question.purpose_of_use not in verifier.purposes:
            raise NotPermitted(
                _roles(question)[0].value,
                "use answers for a purpose that is not registered",
                basis="arrangement: another purpose of use",
            )
        return _SERVICES[service](self, verifier, question)

    def _note(self, verifier: Verifier, service: Service, question: Any, told: _Answered) -> None:
        self.audit.note(
            at=self._world.now,
            verifier=verifier.name,
            role=" ".join(role.value for role in _roles(question)),
            purpose_of_use=question.purpose_of_use,
            service=service.value,
            subject=self.audit.subject(verifier.name, told.subject),
            outcome=told.outcome,
            rule=told.rule,
        )

    # one service each

    def _status(self, _: Verifier, asked: StatusQuestion) -> _Answered:
        row = self._service(asked.role, "VS-1")
        record = self._record(asked.serial, asked.purpose)
        self._permitted(asked.role, VerifierAct.CHECK_ON_RECEIPT, record)
        return self._known(record, row)

    def _later_status(self, verifier: Verifier, asked: LaterStatusQuestion) -> _Answered:
        row = self._service(asked.role, "VS-3")
        record = self._record(asked.serial, asked.purpose)
        self._permitted(asked.role, VerifierAct.CHECK_LATER, record)
        self._checked_before(verifier, record, asked, "VS-3")
        return self._known(record, row)

    def _four_items(self, verifier: Verifier, asked: FourItemsQuestion) -> _Answered:
        self._service(asked.role, "VS-4")
        record = self._record(asked.serial, Purpose.SIGNATURE)
        self._checked_before(verifier, record, asked, "VS-4")
        found = four_items_answer(self._world.state(), verifier.name, asked.serial)
        answer = ItemsAnswer(
            rule=found.rule,
            basis=self._basis(found.rule),
            given=found.given,
            serial=found.serial,
            items=found.items,
        )
        return _Answered(answer, "given" if found.given else "nothing", found.rule, record)

    def _linked_serial(self, _: Verifier, asked: LinkedSerialQuestion) -> _Answered:
        record = self._record(asked.serial, asked.purpose)
        state, table = self._world.state(), self._world.book.table
        row = require_link(asked.roles, record.kind, asked.to, on=day(self._world.now), table=table)
        # The roles suffice, or that would have been refused; who is both has both (Act 38-2).
        found = linked_serial(state, asked.serial, asked.to, roles=row.roles, purpose=asked.purpose)
        answer = LinkedAnswer(rule=found.rule, basis=self._basis(found.rule), serial=found.serial)
        outcome = "given" if found.serial is not None else "nothing"
        return _Answered(answer, outcome, found.rule, record)

    def _revocation_list(self, _: Verifier, asked: RevocationListQuestion) -> _Answered:
        row = self._service(asked.role, "VS-2")
        key = ListKey(
            Authority(asked.purpose, asked.generation), municipality(asked.municipality).code
        )
        made = self._publication.made_at(key, self._world.now)
        if key.authority not in self._publication.records.at(made).authorities:
            raise ImpossibleFact("this authority has issued nothing by the list that answers")
        der = self._publication.revocation_list(key, self._world.now).der
        return _Answered(der, "given", row.id)

    def _consent(self, verifier: Verifier, asked: ConsentMessage) -> _Answered:
        self._service(asked.role, "VS-4")
        receipt = consents.give(self._world, self.records, verifier, asked)
        return _Answered(receipt, "recorded", "CO-3")

    def _withdrawal(self, verifier: Verifier, asked: ConsentMessage) -> _Answered:
        receipt = consents.withdraw(self._world, self.records, verifier, asked)
        return _Answered(receipt, "recorded", "CO-9")

    # what they share

    def _service(self, role: VerifierRole, service: str) -> Row:
        table = self._world.book.table
        return require_service(role, service, on=day(self._world.now), table=table)

    def _permitted(self, role: VerifierRole, act: VerifierAct, record: CertificateRecord) -> None:
        require(role, act, record.kind, on=day(self._world.now), table=self._world.book.table)

    def _record(self, serial: int, purpose: Purpose) -> CertificateRecord:
        return self._world.state().certificate(serial, purpose=purpose)

    def _known(self, record: CertificateRecord, row: Row) -> _Answered:
        """What the published data tells, which lags behind the record (Act 18(1), 37(1))."""
        told = told_at(
            self._publication, record.serial, self._world.now, purpose=record.kind.purpose
        )
        entry = told.ocsp_entry
        reason = None if entry is None else entry.reason
        answer = StatusAnswer(
            rule=row.id,
            basis=self._basis(row.id),
            serial=record.serial,
            kind=record.kind,
            status=told.by_ocsp,
            reason=None if reason is None else reason.rfc_name,
            recorded_at=None if entry is None else entry.recorded_at,
            as_of=told.ocsp_as_of,
        )
        return _Answered(answer, told.by_ocsp.value, row.id, record)

    def _checked_before(
        self,
        verifier: Verifier,
        record: CertificateRecord,
        asked: LaterStatusQuestion | FourItemsQuestion,
        row_id: str,
    ) -> None:
        first = asked.first_checked_at
        if not record.issued_at <= first <= min(self._world.now, record.valid_until):
            raise self._refused(row_id, "the certificate cannot have been checked at that instant")
        if record.lapsed_at(first):
            raise self._refused(row_id, "the certificate had lost effect when it was checked")
        subject = self.audit.subject(verifier.name, record)
        wanted = verifier.earlier_check is EarlierCheck.ANSWERED
        if wanted and not self.records.was_good(verifier.name, subject):
            raise self._refused(row_id, "this verifier never was answered that it is good")

    def _subject(self, question: Any) -> CertificateRecord | None:
        """The certificate that a refused question was about, where there is one."""
        serial = getattr(question, "serial", None)
        if serial is None:
            return None
        try:
            return self._record(serial, getattr(question, "purpose", Purpose.SIGNATURE))
        except ImpossibleFact:
            return None

    def _basis(self, row_id: str) -> str:
        table = self._world.book.table
        return table.basis_en(table.row(row_id))

    def _refused(self, row_id: str, message: str) -> Refused:
        return Refused(message, rule=row_id, basis=self._basis(row_id))


_SERVICES: Final[dict[Service, Callable[[ServiceDesk, Verifier, Any], _Answered]]] = {
    Service.STATUS: ServiceDesk._status,
    Service.REVOCATION_LIST: ServiceDesk._revocation_list,
    Service.LATER_STATUS: ServiceDesk._later_status,
    Service.FOUR_ITEMS: ServiceDesk._four_items,
    Service.LINKED_SERIAL: ServiceDesk._linked_serial,
    Service.CONSENT: ServiceDesk._consent,
    Service.WITHDRAWAL: ServiceDesk._withdrawal,
}


def _roles(question: Any) -> tuple[VerifierRole, ...]:
    """The roles a question is asked in: one, or for linked serial numbers several."""
    return tuple(question.roles) if hasattr(question, "roles") else (question.role,)


def _rule_of(error: JpkiError) -> str:
    if isinstance(error, Refused):
        return error.rule
    return error.basis.partition(": ")[0] if isinstance(error, NotPermitted) else ""
