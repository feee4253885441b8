"""A firm that relies on certificates: its roles, its approvals, and what it knows.

It checks with the library's own verifier (``jpki.verify``), by the revocation lists it has fetched
and nothing else, and asks the agency in the roles it has. What a role may do is in the law's tables
(``jpki.permission``); each method here is refused with a row's basis when it may not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jpki import permission
from jpki.authenticate import (
    AuthenticationResponse,
    Challenge,
    OpenChallenges,
    explain_authentication,
)
from jpki.certificates import parse_certificate
from jpki.errors import ImpossibleFact, NotPermitted, Refused
from jpki.jst import day
from jpki.law import Act, Actor, Rulebook, Subject, VerifierAct, VerifierRole
from jpki.life import CertificateId, FourItemsAnswer, Knowledge, LinkedSerial
from jpki.revocation import RevocationList
from jpki.terms import CertificateKind, Purpose
from jpki.validation import Evidence, Verdict, VerificationPolicy, VerificationReport
from jpki.verify import explain, explain_later_status
from simulator.acting import performs_as
from simulator.minister import Approval
from simulator.world import World

__all__ = ["Firm", "Received"]

_ACTORS: Final = {role: Actor(role.value) for role in VerifierRole if role.value in set(Actor)}
# Act 38-2: who may compare faces is a user authentication verifier as well.
_ALSO: Final = {
    VerifierRole.SPECIFIED_USER_AUTHENTICATION_VERIFIER: VerifierRole.USER_AUTHENTICATION_VERIFIER
}
_ANSWER_TIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Received:
    """A certificate that the firm has verified, and when. Who its holder is does not show."""

    certificate: bytes
    identity: CertificateId
    kind: CertificateKind
    at: datetime

    def __repr__(self) -> str:
        return f"<Received {self.kind.value}>"


class Firm:
    """A verifier in a simulated world.

    ``roles`` are what it is under the Act. ``needs_approval`` says that it is private and verifies
    signatures only while an approval of the ministers stands (Act 17(1)(vi)). ``platform`` makes it
    one to which others outsource, and ``relies_on`` names the platform that does all its checking:
    it then counts as accredited itself (施行規則 29).
    """

    def __init__(
        self,
        world: World,
        name: str,
        *,
        roles: Iterable[VerifierRole],
        needs_approval: bool = False,
        platform: bool = False,
        relies_on: Firm | None = None,
    ) -> None:
        self._world = world
        self.name = name
        self.needs_approval = needs_approval
        given = frozenset(roles)
        self.roles = given | {_ALSO[role] for role in given if role in _ALSO}
        self._platform = platform
        self.relies_on = relies_on
        self.approvals: list[Approval] = []
        self.lists: tuple[RevocationList, ...] = ()
        self.received: list[Received] = []
        self._open = OpenChallenges(limit=1000)

    def __repr__(self) -> str:
        return f"<Firm {self.name}, {len(self.received)} certificates verified>"

    @property
    def book(self) -> Rulebook:
        """The tables and policies of the world."""
        return self._world.book

    @property
    def now(self) -> datetime:
        """The present instant of the world."""
        return self._world.now

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What it is, in the words of the table of actors."""
        of_roles = [_ACTORS[role] for role in VerifierRole if role in self.roles & set(_ACTORS)]
        platform = [Actor.PLATFORM_OPERATOR] if self._platform else []
        outsourcing = [Actor.OUTSOURCING_FIRM] if self.relies_on is not None else []
        return (*of_roles, *platform, *outsourcing)

    # what it knows

    def fetch_lists(self) -> None:
        """Fetch the revocation lists of now (VS-2); until the next time, these are what it knows.

        Raises ``NotPermitted`` for who has no role that gets them.
        """
        self._require_service("VS-2")
        self.lists = self._world.agency.revocation_lists(self.now)

    def evidence(self) -> Evidence:
        """Return what a check may rest on: the authorities, and the lists fetched last."""
        roots = self._world.agency.all_roots(self.now)
        return Evidence(roots=roots, revocation_lists=self.lists)

    # checks

    @performs_as(Act.CHECK_SIGNATURE_STATUS, Actor.SIGNATURE_VERIFIER, Actor.PLATFORM_OPERATOR)
    def check_signature(self, signature: bytes, content: bytes) -> VerificationReport:
        """Return the verdict on a signature on receipt (Act 19(1), 19(2))."""
        self._require_approval()
        evidence = self.evidence()
        report = explain(
            signature,
            content=content,
            roots=evidence.roots,
            revocation_lists=evidence.revocation_lists,
            at=self.now,
            policy=VerificationPolicy(accepted_kinds=self._kinds(VerifierAct.CHECK_ON_RECEIPT)),
        )
        if report.verdict is Verdict.VALID and report.signer is not None:
            self._note(Purpose.SIGNATURE, report.signer.serial)
        return report

    @performs_as(Act.CHECK_LATER_STATUS, Actor.SIGNATURE_VERIFIER)
    def check_later(self, received: Received) -> VerificationReport:
        """Return whether a certificate verified before still has effect (Act 19(4); VS-3)."""
        self._require_known(received)
        self._require_service("VS-3")
        return explain_later_status(received.certificate, evidence=self.evidence(), at=self.now)

    def challenge(self, nonce: bytes) -> Challenge:
        """Return a challenge to a user, good for five minutes and for one answer."""
        made = Challenge(nonce, self.name, self.now, self.now + _ANSWER_TIME)
        self._open.add(made)
        return made

    @performs_as(
        Act.CHECK_AUTHENTICATION_STATUS,
        Actor.USER_AUTHENTICATION_VERIFIER,
        Actor.SPECIFIED_USER_AUTHENTICATION_VERIFIER,
    )
    def check_authentication(
        self, response: AuthenticationResponse, challenge: Challenge
    ) -> VerificationReport:
        """Return the verdict on an answer to a challenge of its own (Act 38(1), 38(2)).

        Raises ``Refused`` for a challenge that is not open: each is answered once.
        """
        if self._open.take(challenge.nonce) != challenge:
            row = self.book.table.row("PM-check.authentication")
            raise Refused(
                "the challenge is not open", rule=row.id, basis=self.book.table.basis_ja(row)
            )
        report = explain_authentication(
            response, challenge, audience=self.name, evidence=self.evidence(), at=self.now
        )
        if report.verdict is Verdict.VALID and report.signer is not None:
            self._note(Purpose.USER_AUTHENTICATION, report.signer.serial)
        return report

    @performs_as(Act.AUTHENTICATE_WITHOUT_PIN, Actor.SPECIFIED_USER_AUTHENTICATION_VERIFIER)
    def accept_face(self, certificate: bytes, *, face_matches: bool) -> VerificationReport:
        """Return the status of a card's certificate whose holder's face was compared (Act 38-2).

        Raises ``NotPermitted`` for a phone's certificate, and ``Refused`` when the face does not
        match: then it takes a look by a person or the PIN (PN-10).
        """
        kind = parse_certificate(certificate).kind
        role = VerifierRole.SPECIFIED_USER_AUTHENTICATION_VERIFIER
        table = self.book.table
        permission.require(
            role, VerifierAct.FACE_IN_PLACE_OF_PIN, kind, on=day(self.now), table=table
        )
        if not face_matches:
            row = table.row("PN-10")
            raise Refused("the face does not match", rule=row.id, basis=table.basis_ja(row))
        return explain_later_status(certificate, evidence=self.evidence(), at=self.now)

    @performs_as(
        Act.CHECK_AUTHENTICATION_STATUS,
        Actor.USER_AUTHENTICATION_VERIFIER,
        Actor.SPECIFIED_USER_AUTHENTICATION_VERIFIER,
    )
    def check_certificate(self, certificate: bytes) -> VerificationReport:
        """Return whether a card's certificate that is read without PIN has effect (Act 38-4).

        Raises ``NotPermitted`` for a role or a certificate that the table does not let be read so.
        What else the Act asks for is the caller's to see to.
        """
        kind = parse_certificate(certificate).kind
        role = VerifierRole.USER_AUTHENTICATION_VERIFIER
        permission.require(
            role,
            VerifierAct.ACCEPT_WITHOUT_PIN,
            kind,
            on=day(self.now),
            table=self.book.table,
        )
        return explain_later_status(certificate, evidence=self.evidence(), at=self.now)

    # questions to the agency

    @performs_as(Act.CHECK_SIGNATURE_STATUS, Actor.SIGNATURE_VERIFIER, Actor.PLATFORM_OPERATOR)
    def ask_signature_status(self, received: Received) -> Knowledge:
        """Ask for the status of a signature certificate (VS-1)."""
        self._require_known(received)
        return self._status(received)

    @performs_as(
        Act.CHECK_AUTHENTICATION_STATUS,
        Actor.USER_AUTHENTICATION_VERIFIER,
        Actor.SPECIFIED_USER_AUTHENTICATION_VERIFIER,
    )
    def ask_authentication_status(self, received: Received) -> Knowledge:
        """Ask for the status of a user authentication certificate (VS-1)."""
        self._require_known(received)
        return self._status(received)

    @performs_as(Act.ANSWER_STATUS_FOR_MEMBERS, Actor.ORGANISATION_SIGNATURE_VERIFIER)
    def answer_member(self, member: str, certificate: CertificateId) -> Knowledge:
        """Answer a member of the federation who asks about a certificate (Act 20)."""
        if not member:
            raise ImpossibleFact("a federation answers its members, and a member has a name")
        return self._world.agency.status(certificate)

    @performs_as(Act.ASK_FOUR_ITEMS, Actor.SIGNATURE_VERIFIER, Actor.PLATFORM_OPERATOR)
    def ask_four_items(self, received: Received) -> FourItemsAnswer:
        """Ask for the successor of a certificate and the items consented to (Act 18(3); VS-4)."""
        self._require_known(received)
        self._require_service("VS-4")
        return self._world.agency.four_items(self.name, received.identity.serial)

    @performs_as(Act.LINK_SIGNATURE_SERIALS, Actor.SIGNATURE_VERIFIER)
    def link_signature(self, received: Received, to: CertificateKind) -> LinkedSerial:
        """Ask which serial goes with a signature certificate's (VS-5, VS-6)."""
        return self._link(received, to)

    @performs_as(Act.LINK_AUTHENTICATION_SERIALS, Actor.USER_AUTHENTICATION_VERIFIER)
    def link_authentication(self, received: Received, to: CertificateKind) -> LinkedSerial:
        """Ask which serial goes with a user authentication certificate's (VS-6, VS-7)."""
        return self._link(received, to)

    @performs_as(Act.RELY_ON_PLATFORM, Actor.OUTSOURCING_FIRM)
    def rely(self, signature: bytes, content: bytes) -> VerificationReport:
        """Have the platform check a signature: the whole job is outsourced (施行規則 29)."""
        platform = self.relies_on
        if platform is None:
            raise ImpossibleFact("the firm relies on no platform")
        return platform.check_signature(signature, content)

    # inside

    def _note(self, purpose: Purpose, serial: int) -> None:
        record = self._world.state().certificate(serial, purpose=purpose)
        der = self._world.store.certificate(purpose.value, serial)
        if der is not None:
            self.received.append(Received(der, record.id, record.kind, self.now))

    def _status(self, received: Received) -> Knowledge:
        self._require_service("VS-1")
        return self._world.agency.status(received.identity)

    def _link(self, received: Received, to: CertificateKind) -> LinkedSerial:
        self._require_known(received)
        permission.require_link(
            self.roles, received.kind, to, on=day(self.now), table=self.book.table
        )
        return self._world.agency.linked_serial(
            received.identity.serial,
            to,
            roles=tuple(sorted(self.roles)),
            purpose=received.kind.purpose,
        )

    def _kinds(self, act: VerifierAct) -> frozenset[CertificateKind]:
        """The kinds of certificate with which one of the firm's roles may do this today."""
        on, table = day(self.now), self.book.table
        existing = [k for k in CertificateKind if table.exists_from(Subject(k.value)) <= on]
        return frozenset(
            kind
            for kind in existing
            if any(
                permission.permission(role, act, kind, on=on, table=table).allowed
                for role in self.roles
            )
        )

    def _require_service(self, service: str) -> None:
        on, table = day(self.now), self.book.table
        if any(
            row.id == service
            for role in self.roles
            for row in permission.services_for(role, on=on, table=table)
        ):
            return
        row = table.row(service)
        raise NotPermitted(
            self.name, f"ask for {service}", basis=f"{row.id}: {table.basis_en(row)}"
        )

    def _require_approval(self) -> None:
        """A private firm verifies while its accreditation stands, or the platform's does (VD-8)."""
        if not self.needs_approval:
            return
        on = day(self.now)
        if any(approval.stands_on(on) for approval in self.approvals):
            return
        row = self.book.table.row("VD-8")
        raise NotPermitted(
            self.name,
            "verify signatures without the ministers' accreditation",
            basis=f"{row.id}: {self.book.table.basis_en(row)}",
        )

    def _require_known(self, received: Received) -> None:
        if received not in self.received:
            raise Refused(
                "the agency is asked about certificates that the verifier has verified",
                rule="VS-3",
                basis=self.book.table.basis_ja(self.book.table.row("VS-3")),
            )
