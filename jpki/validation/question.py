"""What is asked of a signature, what is learned on the way, and how steps are run.

The numbered steps themselves stand in :mod:`jpki.validation.steps`; this module is the frame they
work in, the same for ``verify`` and ``explain`` and for every format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from jpki.certificates import (
    POLICY_OIDS,
    AuthorityCertificate,
    PolicyOids,
    SubscriberCertificate,
)
from jpki.errors import Indeterminate, Revoked, VerificationError
from jpki.law import VerifierRole
from jpki.revocation import (
    JPKI_ANSWERS,
    OcspPolicy,
    OcspResponse,
    RevocationList,
    RevokedEntry,
    StatusEvidence,
    StatusRegister,
    StatusSource,
)
from jpki.terms import CertificateKind, Purpose
from jpki.validation.claim import Problem, SignatureClaim
from jpki.validation.status import CertificateStatus
from jpki.validation.timestamps import TimestampVerdict, TimeTrust
from jpki.validation.words import say

__all__ = [
    "AUTHENTICATION_KINDS",
    "BEST_SIGNATURE_TIME",
    "POLICIES",
    "RECEPTION",
    "SIGNATURE_KINDS",
    "Answer",
    "Case",
    "CheckPurpose",
    "Evidence",
    "Finding",
    "Outcome",
    "Question",
    "Step",
    "TimeBasis",
    "VerificationPolicy",
    "learned",
    "passed",
    "refused",
    "run",
]

SIGNATURE_KINDS = frozenset(kind for kind in CertificateKind if kind.purpose is Purpose.SIGNATURE)
AUTHENTICATION_KINDS = frozenset(CertificateKind) - SIGNATURE_KINDS


class Outcome(StrEnum):
    """How a step ended. *Unknown* means that it could not be checked."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_RUN = "not_run"


class CheckPurpose(StrEnum):
    """What a check is made for; it is kept with the verdict (Act 19(1), 19(4), 38(1))."""

    SIGNATURE = "signature"
    """A signature was received (Act 19(1))."""
    AUTHENTICATION = "authentication"
    """A user proves who they are (Act 38(1))."""
    LATER_STATUS = "later_status"
    """A certificate verified before is looked at again (Act 19(4))."""


class TimeBasis(StrEnum):
    """Which instant a signature is judged at."""

    RECEPTION = "reception"
    """The instant of reception, as verifiers of JPKI signatures must (Act 19(1), 38(1)): a
    certificate that has lost effect by then makes the signature invalid, whenever it was made."""
    PROOF = "best-signature-time"
    """The earliest instant at which the signature is proven to have existed (ETSI EN 319 102-1
    §5.5): a later loss of effect does not matter, an earlier one leaves it indeterminate."""


@dataclass(frozen=True, slots=True)
class VerificationPolicy:
    """What the asking firm decided once and for all.

    ``accepted_kinds`` may sign (or authenticate), by default both kinds made for the purpose.
    ``list_tolerance`` is how long after its nextUpdate revocation data is still believed.
    ``later_lists_count`` lets a list of a later instant, still inside the certificate's validity,
    speak of a proven earlier one; it cannot show a hold that was over by then (a signature
    certificate's hold is never lifted, but turned into a revocation: B, of uncertain date).
    ``ocsp`` says which OCSP answers are believed. ``role`` is what the firm is in the eyes of the
    Act; with it, a check that the role may not make raises ``NotPermitted``.
    ``lenient_digest_info`` takes a DigestInfo without the NULL of its algorithm (RFC 8017 §9.2).
    """

    time_basis: TimeBasis = TimeBasis.RECEPTION
    accepted_kinds: frozenset[CertificateKind] | None = None
    list_tolerance: timedelta = timedelta(0)
    policy_oids: PolicyOids = POLICY_OIDS
    later_lists_count: bool = False
    lenient_digest_info: bool = False
    ocsp: OcspPolicy = JPKI_ANSWERS
    role: VerifierRole | None = None

    def kinds_for(self, purpose: CheckPurpose) -> frozenset[CertificateKind]:
        """Return the kinds accepted for a purpose."""
        if self.accepted_kinds is not None:
            return self.accepted_kinds
        return _KINDS[purpose]


RECEPTION = VerificationPolicy()
"""The policy of a verifier of JPKI signatures: judged when received."""
BEST_SIGNATURE_TIME = VerificationPolicy(time_basis=TimeBasis.PROOF, later_lists_count=True)
"""The policy of an archive: judged at the earliest proven instant (ETSI EN 319 102-1 §5.5)."""
POLICIES: Mapping[str, VerificationPolicy] = {
    TimeBasis.RECEPTION.value: RECEPTION,
    TimeBasis.PROOF.value: BEST_SIGNATURE_TIME,
}

_KINDS: Mapping[CheckPurpose, frozenset[CertificateKind]] = {
    CheckPurpose.SIGNATURE: SIGNATURE_KINDS,
    CheckPurpose.AUTHENTICATION: AUTHENTICATION_KINDS,
    CheckPurpose.LATER_STATUS: frozenset(CertificateKind),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the asker hands over. Nothing is fetched unless a source does, and nothing is trusted
    besides.

    ``roots`` are the only JPKI authorities trusted, ``timestamp_trust`` the only authorities
    trusted for timestamps, none unless given. ``sources`` are asked for the lists and answers about
    the certificate, once its issuer is known. ``registers`` are believed as they are: an index that
    was built here of lists whose signatures were checked. ``received_at`` is the firm's own record
    of when it received the signature; it counts as a proof of existence.
    """

    roots: tuple[AuthorityCertificate, ...] = ()
    revocation_lists: tuple[RevocationList, ...] = ()
    ocsp_answers: tuple[OcspResponse, ...] = ()
    sources: tuple[StatusSource, ...] = ()
    timestamp_trust: TimeTrust | None = None
    received_at: datetime | None = None
    registers: tuple[StatusRegister, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: was this signature good at the instant that matters?

    ``claim`` is what the file says, or the problem that kept it from being read. ``at`` is the
    instant of the check. ``document_sha256`` is the digest of the file the claim was read from.
    """

    claim: SignatureClaim | Problem
    evidence: Evidence
    at: datetime
    purpose: CheckPurpose = CheckPurpose.SIGNATURE
    policy: VerificationPolicy = VerificationPolicy()
    document_sha256: bytes | None = None


@dataclass(slots=True)
class Case:
    """What the steps have learned so far."""

    claim: SignatureClaim | None = None
    certificate: SubscriberCertificate | None = None
    judged_at: datetime | None = None
    proven_at: datetime | None = None
    authority: AuthorityCertificate | None = None
    status: CertificateStatus | None = None
    fetched: StatusEvidence = field(default_factory=StatusEvidence)
    embedded_lists: tuple[RevocationList, ...] = ()
    embedded_answers: tuple[OcspResponse, ...] = ()
    proofs: tuple[TimestampVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step found. ``error`` is what ``verify`` raises unless the step passed."""

    step: int
    name: str
    outcome: Outcome
    code: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    error: VerificationError | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a step's function returns: a code with facts, and an error unless it passed."""

    code: str
    facts: Mapping[str, str]
    error: type[VerificationError] | None = None
    revoked: RevokedEntry | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A numbered check, what it builds on, and the purposes it is made for."""

    number: int
    name: str
    check: Callable[[Question, Case], Answer]
    needs: tuple[str, ...] = ()
    purposes: frozenset[CheckPurpose] = frozenset(CheckPurpose)


def run(steps: tuple[Step, ...], question: Question) -> tuple[tuple[Finding, ...], Case]:
    """Run every step of the purpose that can be run; return all findings and what was learned."""
    case = Case()
    findings: list[Finding] = []
    for step in steps:
        if question.purpose not in step.purposes:
            continue
        if all(getattr(case, need) is not None for need in step.needs):
            findings.append(_finding(step, step.check(question, case)))
        else:
            findings.append(_not_run(step, findings))
    return tuple(findings), case


def _not_run(step: Step, findings: list[Finding]) -> Finding:
    blocker = next(f.step for f in findings if f.outcome is not Outcome.PASSED)
    return Finding(step.number, step.name, Outcome.NOT_RUN, "not-run", {"blocker": str(blocker)})


def _finding(step: Step, answer: Answer) -> Finding:
    if answer.error is None:
        return Finding(step.number, step.name, Outcome.PASSED, answer.code, answer.facts)
    error = _error(step, answer.error, answer)
    outcome = Outcome.UNKNOWN if isinstance(error, Indeterminate) else Outcome.FAILED
    return Finding(step.number, step.name, outcome, answer.code, answer.facts, error)


def _error(step: Step, leaf: type[VerificationError], answer: Answer) -> VerificationError:
    message = say(answer.code, answer.facts, "en")
    if leaf is Revoked and answer.revoked is not None:
        return Revoked(
            message,
            reason=answer.revoked.reason,
            recorded_at=answer.revoked.recorded_at,
            step=step.number,
        )
    return leaf(message, step=step.number)


_T = TypeVar("_T")


def learned(value: _T | None) -> _T:
    """Return what an earlier step learned; ``Step.needs`` has made sure of it."""
    if value is None:
        raise AssertionError("a step ran before the step it builds on")
    return value


def passed(code: str, **facts: str) -> Answer:
    """Return the answer of a step that passed."""
    return Answer(code, facts)


def refused(code: str, error: type[VerificationError], **facts: str) -> Answer:
    """Return the answer of a step that did not pass; an ``Indeterminate`` says *unknown*."""
    return Answer(code, facts, error)
