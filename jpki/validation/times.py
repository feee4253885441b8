"""Which instant a signature is judged at (ETSI EN 319 102-1 §5.5, best signature time).

A claimed signing time proves nothing and is never used. What counts is when the verifier received
the signature, or what a timestamp proves, as the firm's policy says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from jpki.jst import moment
from jpki.validation.question import Question, TimeBasis

__all__ = ["TimeJudgement", "best_signature_time"]


@dataclass(frozen=True, slots=True)
class TimeJudgement:
    """The instant to judge at, and the earliest instant that is proven, if any."""

    instant: datetime
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    proven_at: datetime | None = None


def best_signature_time(question: Question) -> TimeJudgement:
    """Return the instant a question is to be judged at under its policy."""
    at = question.at
    if question.policy.time_basis is TimeBasis.RECEPTION:
        return TimeJudgement(at, "time.reception", {"at": moment(at)})
    received_at = question.evidence.received_at
    if received_at is not None and received_at <= at:
        facts = {"at": moment(received_at)}
        return TimeJudgement(received_at, "time.received", facts, received_at)
    return TimeJudgement(at, "time.no-proof", {"at": moment(at)})
