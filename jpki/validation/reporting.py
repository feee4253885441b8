"""How a report is made of what the steps found and learned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from jpki.certificates import BasicAttributes, SignatureCertificate
from jpki.jst import require_aware
from jpki.validation.claim import Problem, SignatureFormat
from jpki.validation.etsi import sub_indication_of
from jpki.validation.question import Case, Finding, Question
from jpki.validation.report import (
    AttributesReport,
    EtsiReport,
    EvidenceReport,
    ProofReport,
    RevocationReport,
    SignerReport,
    StepReport,
    TimesReport,
    VerificationReport,
    verdict_of,
)
from jpki.validation.words import say

__all__ = ["report_of"]


def report_of(question: Question, findings: tuple[Finding, ...], case: Case) -> VerificationReport:
    """Return the report of a question whose steps have been run."""
    verdict, decided_by = verdict_of(findings)
    claim = case.claim
    indication, sub_indication = sub_indication_of(
        next(finding for finding in findings if finding.step == decided_by)
    )
    return VerificationReport(
        purpose=question.purpose,
        format=_format_of(question),
        label="" if isinstance(question.claim, Problem) else question.claim.label,
        verdict=verdict,
        decided_by=decided_by,
        etsi=EtsiReport(indication=indication, sub_indication=sub_indication),
        times=TimesReport(
            basis=question.policy.time_basis,
            checked_at=require_aware(question.at),
            judged_at=require_aware(case.judged_at or question.at),
            proven_at=case.proven_at,
            claimed_signing_time=claim.claimed_time if claim is not None else None,
            proofs=tuple(_proofs(case)),
        ),
        steps=tuple(
            StepReport(
                number=finding.step,
                name=finding.name,
                outcome=finding.outcome,
                code=finding.code,
                message=say(finding.code, finding.facts, "en"),
                message_ja=say(finding.code, finding.facts, "ja"),
            )
            for finding in findings
        ),
        signer=_signer(case),
        revocation=_revocation(case),
        countersignatures=claim.countersignatures if claim is not None else 0,
        evidence=_evidence(question, case),
    )


def _proofs(case: Case) -> Iterator[ProofReport]:
    """What each timestamp is worth, and those that could not even be tied to the signature."""
    for proof in case.proofs:
        yield _proof(proof.outcome.value, proof.code, proof.facts, proof.proven_at)
    for problem in case.claim.problems if case.claim is not None else ():
        if problem.step == "time":
            yield _proof(problem.severity.value, problem.code, problem.facts, None)


def _proof(
    outcome: str, code: str, facts: Mapping[str, str], proven_at: datetime | None
) -> ProofReport:
    return ProofReport(
        outcome=outcome,
        code=code,
        message=say(code, facts, "en"),
        message_ja=say(code, facts, "ja"),
        proven_at=proven_at,
    )


def _format_of(question: Question) -> SignatureFormat | None:
    return None if isinstance(question.claim, Problem) else question.claim.format


def _signer(case: Case) -> SignerReport | None:
    certificate = case.certificate
    if certificate is None:
        return None
    return SignerReport(
        kind=certificate.kind,
        hierarchy=certificate.hierarchy,
        serial=certificate.serial,
        authority_key_id=certificate.authority_key_id.hex(),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        attributes=(
            _attributes(certificate.attributes)
            if isinstance(certificate, SignatureCertificate)
            else None
        ),
    )


def _attributes(items: BasicAttributes) -> AttributesReport:
    return AttributesReport(
        name=items.name, birth_date=items.birth_date.day, sex=items.sex.value, address=items.address
    )


def _revocation(case: Case) -> RevocationReport | None:
    status = case.status
    if status is None:
        return None
    entry, said = status.entry, status.statement
    return RevocationReport(
        standing=status.standing.value,
        reason=entry.reason.rfc_name if entry is not None and entry.reason is not None else None,
        recorded_at=entry.recorded_at if entry is not None else None,
        source=None if said is None else "answer" if status.by_answer else "list",
        list_number=status.list_number,
        this_update=said.this_update if said is not None else None,
        next_update=said.next_update if said is not None else None,
        disagreements=tuple(say(one.code, one.facts, "en") for one in status.disagreements),
        problems=(
            *(say(one.code, one.facts, "en") for one in status.problems),
            *(failure.message for failure in case.fetched.failures),
        ),
    )


def _evidence(question: Question, case: Case) -> EvidenceReport:
    claim = case.claim
    return EvidenceReport(
        document=question.document_sha256.hex() if question.document_sha256 else None,
        signature_value=_sha256(claim.signature) if claim and claim.signature else None,
        content=tuple(piece.found.hex() for piece in claim.content if piece.found)
        if claim is not None
        else (),
        certificate=case.certificate.fingerprint_sha256.hex() if case.certificate else None,
        root=case.authority.fingerprint_sha256.hex() if case.authority else None,
        revocation=tuple(one.hex() for one in case.status.evidence) if case.status else (),
        timestamps=tuple(_sha256(proof.token) for proof in claim.proofs) if claim else (),
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
