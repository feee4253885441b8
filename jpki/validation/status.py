"""What revocation lists and OCSP answers say about a certificate at an instant.

RFC 5280 §6.3 for lists, RFC 6960 for answers. *Unknown is neither good nor bad.* A list or answer
that cannot be used is named with the reason, and when none can be used the status is unknown. Where
two of them differ, what decided and what it was decided against are both told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jpki.certificates import (
    AuthorityCertificate,
    SubscriberCertificate,
)
from jpki.errors import DeltaDoesNotFit
from jpki.jst import moment
from jpki.revocation import (
    JPKI_ANSWERS,
    Heard,
    Issuer,
    Obstacle,
    OcspPolicy,
    OcspResponse,
    RevocationList,
    RevokedEntry,
    Standing,
    Statement,
    StatusRegister,
    Subject,
    judge_answer,
    judge_list,
)

__all__ = [
    "CertificateStatus",
    "ListProblem",
    "Standing",
    "entry_facts",
    "ocsp_status",
    "status_at",
]


@dataclass(frozen=True, slots=True)
class ListProblem:
    """Why one list or answer could not be used, or was decided against.

    ``code`` and ``facts`` are as in :mod:`jpki.validation.words`.
    """

    code: str
    facts: Mapping[str, str]
    revocation_list: RevocationList | None = None
    answer: OcspResponse | None = None


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """The answer, the list or OCSP answer it rests on, and why others were left aside.

    Exactly one of ``revocation_list``, ``answer`` and ``heard`` (what a register says) is there
    unless the standing is unknown.
    ``disagreements`` are those that could be used, say something else, and were decided against.
    """

    standing: Standing
    revocation_list: RevocationList | None = None
    entry: RevokedEntry | None = None
    problems: tuple[ListProblem, ...] = ()
    answer: OcspResponse | None = None
    statement: Statement | None = None
    disagreements: tuple[ListProblem, ...] = ()
    heard: Heard | None = None

    @property
    def by_answer(self) -> bool:
        """Whether it rests on an OCSP answer."""
        return self.answer is not None or (self.heard is not None and self.heard.by_answer)

    @property
    def list_number(self) -> int | None:
        """The number of the list it rests on, if it has one."""
        if self.revocation_list is not None:
            return self.revocation_list.crl_number
        return None if self.heard is None else self.heard.number

    @property
    def evidence(self) -> tuple[bytes, ...]:
        """The SHA-256 of every file the answer rests on: what was knowable then.

        An entry leaves the lists when the certificate would have expired (Order 3 to 6), so the
        files themselves are what has to be kept.
        """
        if self.revocation_list is not None:
            return self.revocation_list.fingerprints
        if self.heard is not None and self.heard.digest is not None:
            return (self.heard.digest,)
        return (self.answer.fingerprint_sha256,) if self.answer is not None else ()

    @property
    def code(self) -> str:
        """The code of the sentence that tells this status."""
        if self.standing is Standing.UNKNOWN:
            return self.problems[0].code
        if self.standing is Standing.GOOD and self.by_answer:
            return "revocation.good-by-answer"
        return _CODES[self.standing]

    @property
    def facts(self) -> Mapping[str, str]:
        """The facts of that sentence."""
        if self.standing is Standing.UNKNOWN:
            return self.problems[0].facts
        if self.entry is not None:
            return entry_facts(self.entry)
        number = "-" if self.list_number is None else str(self.list_number)
        this_update = "-" if self.statement is None else moment(self.statement.this_update)
        return {"number": number, "this_update": this_update}


_CODES = {
    Standing.GOOD: "revocation.good",
    Standing.HELD: "revocation.held",
    Standing.REVOKED: "revocation.revoked",
}


def entry_facts(entry: RevokedEntry) -> dict[str, str]:
    """Return what a sentence about a loss of effect tells: reason and instant of recording."""
    reason = entry.reason
    return {
        "reason": reason.rfc_name if reason is not None else "no reason given",
        "reason_ja": reason.label_ja if reason is not None else "理由の記載なし",
        "recorded_at": moment(entry.recorded_at),
    }


@dataclass(frozen=True, slots=True)
class _Witness:
    """One list or answer, or what a register says of one, and what came of it."""

    judged: Statement | Obstacle
    revocation_list: RevocationList | None = None
    answer: OcspResponse | None = None
    heard: Heard | None = None

    def problem(self, code: str, facts: Mapping[str, str]) -> ListProblem:
        return ListProblem(code, facts, self.revocation_list, self.answer)

    @property
    def number(self) -> int:
        if self.heard is not None:
            return self.heard.number or 0
        return (self.revocation_list.crl_number or 0) if self.revocation_list else 0


@dataclass(frozen=True, slots=True)
class _Said:
    """A witness that said something."""

    witness: _Witness
    statement: Statement

    @property
    def newness(self) -> tuple[datetime, bool, int]:
        """What is newer counts; of two of the same second, the one that shows a hold."""
        held = self.statement.entry is not None
        return self.statement.this_update, held, self.witness.number


def status_at(
    certificate: SubscriberCertificate,
    *,
    authority: AuthorityCertificate,
    lists: Iterable[RevocationList],
    at: datetime,
    tolerance: timedelta = timedelta(0),
    answers: Iterable[OcspResponse] = (),
    nonce: bytes | None = None,
    policy: OcspPolicy = JPKI_ANSWERS,
    registers: Iterable[StatusRegister] = (),
) -> CertificateStatus:
    """Return what the lists, answers and registers say about ``certificate`` at the instant ``at``.

    ``tolerance`` is how long after its nextUpdate a list or answer is still believed. A revocation
    recorded at or before ``at`` is final, so any authentic list of the right partition or answer
    proves it, however old or new; everything else needs one that holds at ``at``, of which the
    newest counts. A delta list is applied to a complete one among ``lists`` that it continues.
    With a ``nonce`` only answers that carry it are used.
    """
    subject, issuer = Subject.of(certificate), Issuer.of(authority)
    witnesses = [
        *(
            _Witness(
                judge_list(one, subject=subject, issuer=issuer, at=at, tolerance=tolerance),
                revocation_list=one,
            )
            for one in _with_deltas(tuple(lists))
        ),
        *(
            _Witness(
                judge_answer(
                    one,
                    subject=subject,
                    issuer=issuer,
                    at=at,
                    tolerance=tolerance,
                    nonce=nonce,
                    policy=policy,
                ),
                answer=one,
            )
            for one in answers
        ),
        *(
            _Witness(heard.said, heard=heard)
            for one in registers
            for heard in one.heard(
                subject, issuer=issuer, at=at, tolerance=tolerance, policy=policy
            )
        ),
    ]
    return _weigh(witnesses)


def ocsp_status(
    certificate: SubscriberCertificate,
    *,
    authority: AuthorityCertificate,
    answer: OcspResponse,
    at: datetime,
    tolerance: timedelta = timedelta(0),
    nonce: bytes | None = None,
    policy: OcspPolicy = JPKI_ANSWERS,
) -> CertificateStatus:
    """Return what one OCSP answer says about ``certificate`` at ``at``; as ``status_at``."""
    return status_at(
        certificate,
        authority=authority,
        lists=(),
        at=at,
        tolerance=tolerance,
        answers=(answer,),
        nonce=nonce,
        policy=policy,
    )


def _with_deltas(lists: tuple[RevocationList, ...]) -> tuple[RevocationList, ...]:
    """Return the lists, and each complete one brought up to date by each delta that fits it."""
    complete = [one for one in lists if not one.is_delta]
    updated = []
    for delta in lists:
        for base in complete if delta.is_delta else ():
            try:
                updated.append(base.with_delta(delta))
            except DeltaDoesNotFit:
                continue
    return (*lists, *updated)


def _weigh(witnesses: list[_Witness]) -> CertificateStatus:
    said: list[_Said] = []
    problems: list[ListProblem] = []
    for witness in witnesses:
        if isinstance(witness.judged, Statement):
            said.append(_Said(witness, witness.judged))
        else:
            problems.append(
                witness.problem(f"revocation.{witness.judged.code}", witness.judged.facts)
            )
    if not said:
        problems = problems or [ListProblem("revocation.no-list", {})]
        return CertificateStatus(
            Standing.UNKNOWN, problems=tuple(sorted(problems, key=_nearness, reverse=True))
        )
    decided = _decide(said)
    return CertificateStatus(
        decided.statement.standing,
        decided.witness.revocation_list,
        decided.statement.entry,
        tuple(problems),
        decided.witness.answer,
        decided.statement,
        tuple(_overruled(one, decided) for one in said if _disagrees(one, decided)),
        decided.witness.heard,
    )


def _decide(said: list[_Said]) -> _Said:
    """A revocation decides, whoever knows of it; otherwise what is newest."""
    final = next((one for one in said if one.statement.is_final), None)
    return final or max(said, key=lambda one: one.newness)


def _disagrees(one: _Said, decided: _Said) -> bool:
    """Whether it says otherwise about the time both speak of.

    What was made before a revocation was recorded could not know of it.
    """
    if one.statement.standing is decided.statement.standing:
        return False
    entry = decided.statement.entry
    if not decided.statement.is_final or entry is None:
        return True
    return one.statement.this_update >= entry.recorded_at


def _overruled(one: _Said, decided: _Said) -> ListProblem:
    code = (
        "revocation.against-revocation"
        if decided.statement.is_final
        else "revocation.against-newer"
    )
    facts = {
        "this_update": moment(one.statement.this_update),
        "said": one.statement.standing.value,
        "decided": decided.statement.standing.value,
    }
    return one.witness.problem(code, facts)


# How near a list or answer came to being the right one: the nearest miss is the one worth telling.
_NEARNESS = (
    "revocation.no-list",
    "revocation.answer-refused",
    "revocation.answer-other-certificate",
    "revocation.other-issuer",
    "revocation.other-key",
    "revocation.other-scope",
    "revocation.other-partition",
    "revocation.answer-algorithm",
    "revocation.answer-no-responder",
    "revocation.answer-responder",
    "revocation.bad-signature",
    "revocation.answer-signature",
    "revocation.answer-no-check",
    "revocation.critical-extension",
    "revocation.answer-critical-extension",
    "revocation.delta",
    "revocation.answer-no-nonce",
    "revocation.answer-other-nonce",
    "revocation.answer-times",
    "revocation.answer-unknown",
    "revocation.not-yet",
    "revocation.answer-not-yet",
    "revocation.stale",
    "revocation.answer-stale",
    "revocation.hold-may-be-over",
    "revocation.answer-hold-may-be-over",
)


def _nearness(problem: ListProblem) -> int:
    return _NEARNESS.index(problem.code)
