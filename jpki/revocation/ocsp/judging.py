"""What an OCSP answer says about one certificate at an instant (RFC 6960 §3.2).

1. the response is an answer at all, not an error such as tryLater
2. it speaks of the certificate, named by issuer and serial number
3. somebody who may do so signed its exact bytes
4. it holds no critical extension that is not known
5. its nonce is the one that was sent, when one was
6. it holds at the instant
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from jpki.jst import moment
from jpki.revocation.ocsp.policy import JPKI_ANSWERS, OcspPolicy
from jpki.revocation.ocsp.responder import why_not_signed
from jpki.revocation.ocsp.response import BasicAnswer, OcspResponse, SaidStatus, SingleAnswer
from jpki.revocation.parties import Issuer, Subject
from jpki.revocation.statements import Obstacle, Statement

__all__ = ["judge_answer"]


def judge_answer(
    response: OcspResponse,
    *,
    subject: Subject,
    issuer: Issuer,
    at: datetime,
    tolerance: timedelta = timedelta(0),
    nonce: bytes | None = None,
    policy: OcspPolicy = JPKI_ANSWERS,
) -> Statement | Obstacle:
    """Return what the response says about the certificate at ``at``, or why it says nothing.

    With a ``nonce`` the answer has to carry the same one; an answer that was made for another
    question proves nothing, not even a revocation. ``tolerance`` is how long after its end an
    answer is still believed.
    """
    answer = response.answer
    if answer is None:
        return Obstacle("answer-refused", {"status": response.status.rfc_name})
    singles = _about(answer, subject, issuer)
    if not singles:
        return Obstacle("answer-other-certificate", {})
    obstacle = (
        why_not_signed(answer, issuer=issuer, policy=policy)
        or _not_understood(answer, singles)
        or _other_nonce(answer, nonce)
        or _contradiction(answer, singles)
    )
    if obstacle is not None:
        return obstacle
    return _Judging(at, tolerance, policy).of(singles)


def _about(answer: BasicAnswer, subject: Subject, issuer: Issuer) -> list[SingleAnswer]:
    if subject.issuer != issuer.name:
        return []
    return [one for one in answer.singles if one.certificate_id.names(issuer, subject.serial)]


def _not_understood(answer: BasicAnswer, singles: list[SingleAnswer]) -> Obstacle | None:
    unknown = (
        *answer.unknown_critical_extensions,
        *(oid for one in singles for oid in one.unknown_critical_extensions),
    )
    return Obstacle("answer-critical-extension", {"oid": unknown[0]}) if unknown else None


def _other_nonce(answer: BasicAnswer, nonce: bytes | None) -> Obstacle | None:
    if nonce is None:
        return None
    if answer.nonce is None:
        return Obstacle("answer-no-nonce", {})
    if not hmac.compare_digest(answer.nonce, nonce):
        return Obstacle("answer-other-nonce", {})
    return None


def _contradiction(answer: BasicAnswer, singles: list[SingleAnswer]) -> Obstacle | None:
    """Nobody can know at the time of signing what will be so later (RFC 6960 §4.2.2.1)."""
    for one in singles:
        recorded_at = one.entry.recorded_at if one.entry is not None else one.this_update
        if max(one.this_update, recorded_at) > answer.produced_at:
            return Obstacle("answer-times", {"produced_at": moment(answer.produced_at)})
    return None


@dataclass(frozen=True, slots=True)
class _Judging:
    at: datetime
    tolerance: timedelta
    policy: OcspPolicy

    def of(self, singles: list[SingleAnswer]) -> Statement | Obstacle:
        """Weigh what is said of the same certificate, usually once.

        A revocation is final; one that says *unknown* takes away what the others say.
        """
        said = [self._one(one) for one in singles]
        statements = [one for one in said if isinstance(one, Statement)]
        final = next((one for one in statements if one.is_final), None)
        if final is not None:
            return final
        obstacle = next((one for one in said if isinstance(one, Obstacle)), None)
        if obstacle is not None:
            return obstacle
        return max(statements, key=lambda one: (one.this_update, one.entry is not None))

    def _one(self, single: SingleAnswer) -> Statement | Obstacle:
        if single.status is SaidStatus.UNKNOWN:
            return Obstacle("answer-unknown", {})
        entry = single.entry
        if entry is not None and entry.recorded_at > self.at:
            # It was made later, and what was so at the instant it does not say.
            facts = {"at": moment(self.at), "this_update": moment(single.this_update)}
            return Obstacle("answer-not-yet", facts)
        statement = Statement(entry, single.this_update, self._until(single))
        outside = statement.outside(
            self.at, tolerance=self.tolerance, skew=self.policy.skew, prefix="answer-"
        )
        return outside or statement

    def _until(self, single: SingleAnswer) -> datetime:
        if single.next_update is not None:
            return single.next_update
        try:
            return single.this_update + self.policy.max_age
        except OverflowError:
            return single.this_update
