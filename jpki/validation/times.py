"""Which instant a signature is judged at (ETSI EN 319 102-1 §5.5, best signature time).

A claimed signing time proves nothing and is never used. What counts is when the verifier received
the signature, or what a timestamp proves, as the firm's policy says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from jpki.jst import moment
from jpki.validation.claim import SignatureClaim
from jpki.validation.question import Question, TimeBasis
from jpki.validation.timestamps import ProofsVerdict, TimestampVerdict, judge_proofs

__all__ = ["TimeJudgement", "best_signature_time"]


@dataclass(frozen=True, slots=True)
class TimeJudgement:
    """The instant to judge at, the earliest instant that is proven, and what each proof is worth.

    ``proven_at`` is told whatever the policy; only ``TimeBasis.PROOF`` judges by it.
    """

    instant: datetime
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    proven_at: datetime | None = None
    proofs: tuple[TimestampVerdict, ...] = ()


def best_signature_time(question: Question, claim: SignatureClaim | None) -> TimeJudgement:
    """Return the instant a question is to be judged at under its policy."""
    at = question.at
    verdict = _proofs(question, claim)
    received_at = question.evidence.received_at
    known = [one for one in (verdict.earliest, received_at) if one is not None and one <= at]
    proven_at = min(known, default=None)

    def judgement(code: str, instant: datetime) -> TimeJudgement:
        facts = {"at": moment(instant)}
        return TimeJudgement(instant, code, facts, proven_at, verdict.verdicts)

    if question.policy.time_basis is TimeBasis.RECEPTION:
        return judgement("time.reception", at)
    if proven_at is None:
        return judgement("time.no-proof", at)
    return judgement(
        "time.stamped" if proven_at == verdict.earliest else "time.received", proven_at
    )


def _proofs(question: Question, claim: SignatureClaim | None) -> ProofsVerdict:
    """Judge the timestamps that came along, with the material that came along; trust is given."""
    trust = question.evidence.timestamp_trust
    if claim is None or not claim.proofs or trust is None:
        return ProofsVerdict(None, ())
    material = replace(
        trust,
        pool=(*trust.pool, *claim.certificates),
        crls=(*trust.crls, *claim.revocation_lists),
        ocsp_responses=(*trust.ocsp_responses, *claim.ocsp_responses),
    )
    return judge_proofs(claim.proofs, trust=material, at=question.at)
