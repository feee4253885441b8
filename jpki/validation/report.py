"""The answer to a verification question, as data and as words.

A report is a value that can be kept: it says what was asked, what each numbered step found, who
signed, and the digests of everything it rests on. Entries leave the revocation lists when a
certificate's period ends, so a firm keeps the report as its evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from jpki.certificates import BasicAttributes, SignatureCertificate
from jpki.jst import moment, require_aware
from jpki.terms import CertificateKind, Hierarchy
from jpki.validation.steps import Case, Finding, Outcome, Question
from jpki.validation.words import STEP_NAMES_JA, Language, say

__all__ = [
    "AttributesReport",
    "EvidenceReport",
    "RevocationReport",
    "SignerReport",
    "StepReport",
    "Verdict",
    "VerificationReport",
    "report_of",
    "verdict_of",
]


class Verdict(StrEnum):
    """The three answers. *Indeterminate* means that it could not be checked."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


_VERDICT_WORDS: Mapping[Verdict, Mapping[Language, str]] = {
    Verdict.VALID: {"en": "VALID", "ja": "有効"},
    Verdict.INVALID: {"en": "INVALID", "ja": "無効"},
    Verdict.INDETERMINATE: {"en": "INDETERMINATE", "ja": "判定不能"},
}
_MARKS = {
    Outcome.PASSED: "ok",
    Outcome.FAILED: "NO",
    Outcome.UNKNOWN: "??",
    Outcome.NOT_RUN: "--",
}
_SIMULATED: Mapping[Language, str] = {
    "en": "SIMULATED: this certificate was made by a simulator and identifies nobody.",
    "ja": "模擬：この証明書はシミュレータが作ったもので、誰の本人確認にもなりません。",
}


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StepReport(_Value):
    """What one numbered step found."""

    number: int
    name: str
    outcome: Outcome
    code: str
    message: str
    message_ja: str

    def line(self, language: Language) -> str:
        """Return the finding as one line, aligned with the others."""
        mark = _MARKS[self.outcome]
        if language == "ja":
            # Padded with full-width spaces, since Japanese characters take two columns.
            return f"  {self.number} {STEP_NAMES_JA[self.name]:　<4} {mark}  {self.message_ja}"
        return f"  {self.number} {self.name:<11} {mark}  {self.message}"


class AttributesReport(_Value):
    """The four items. They are personal data: the repr is masked."""

    name: str = Field(repr=False)
    birth_date: date | None = Field(repr=False)
    sex: str = Field(repr=False)
    address: str = Field(repr=False)


class SignerReport(_Value):
    """Whose certificate it is. ``attributes`` only stand in signature certificates."""

    kind: CertificateKind
    hierarchy: Hierarchy
    serial: int
    authority_key_id: str
    not_before: datetime
    not_after: datetime
    attributes: AttributesReport | None = Field(repr=False)


class RevocationReport(_Value):
    """What the revocation lists said, and which list said it."""

    standing: str
    reason: str | None
    recorded_at: datetime | None
    list_number: int | None
    list_this_update: datetime | None
    list_next_update: datetime | None


class EvidenceReport(_Value):
    """SHA-256 digests, in hex, of what the verdict rests on."""

    signature: str
    content: str | None
    certificate: str | None
    root: str | None
    revocation_list: str | None


class VerificationReport(_Value):
    """The whole answer."""

    schema_version: Literal[1] = 1
    verdict: Verdict
    decided_by: int
    judged_at: datetime
    claimed_signing_time: datetime | None
    steps: tuple[StepReport, ...]
    signer: SignerReport | None
    revocation: RevocationReport | None
    evidence: EvidenceReport

    def text(self, language: Language = "en") -> str:
        """Return the report for people, in English or Japanese. It names the holder."""
        decided = self.steps[self.decided_by - 1]
        reason = decided.message_ja if language == "ja" else decided.message
        headline = f"{_VERDICT_WORDS[self.verdict][language]}: {reason}"
        if self.verdict is Verdict.VALID:
            headline = f"{_VERDICT_WORDS[self.verdict][language]}: {_valid_words(self, language)}"
        lines = [headline]
        if self.signer is not None and self.signer.hierarchy is not Hierarchy.PRODUCTION:
            lines.append(_SIMULATED[language])
        lines.append("")
        lines += [step.line(language) for step in self.steps]
        return "\n".join(lines)


def verdict_of(findings: tuple[Finding, ...]) -> tuple[Verdict, int]:
    """Return the verdict and the number of the step that decided it.

    A failed step makes it invalid whatever else could not be checked; an unchecked one never
    leaves it valid. When all passed, the last step completed the answer.
    """
    for outcome, verdict in (
        (Outcome.FAILED, Verdict.INVALID),
        (Outcome.UNKNOWN, Verdict.INDETERMINATE),
        (Outcome.NOT_RUN, Verdict.INDETERMINATE),
    ):
        for finding in findings:
            if finding.outcome is outcome:
                return verdict, finding.step
    return Verdict.VALID, findings[-1].step


def report_of(question: Question, findings: tuple[Finding, ...], case: Case) -> VerificationReport:
    """Return the report of a question whose steps have been run."""
    verdict, decided_by = verdict_of(findings)
    attributes = case.structure.attributes if case.structure is not None else None
    return VerificationReport(
        verdict=verdict,
        decided_by=decided_by,
        judged_at=require_aware(question.at),
        claimed_signing_time=attributes.signing_time if attributes is not None else None,
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
        evidence=_evidence(question, case),
    )


def _valid_words(report: VerificationReport, language: Language) -> str:
    signer = report.signer
    holder = signer.attributes.name if signer and signer.attributes else ""
    at = moment(report.judged_at)
    kind = signer.kind.label_ja if signer else ""
    if language == "ja":
        return f"{holder}さんの署名です（{kind}、判定時点 {at}）"
    return f"signed by {holder} ({signer.kind.value if signer else ''}), judged at {at}"


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
    entry, known = status.entry, status.revocation_list
    return RevocationReport(
        standing=status.standing.value,
        reason=entry.reason.rfc_name if entry is not None and entry.reason is not None else None,
        recorded_at=entry.recorded_at if entry is not None else None,
        list_number=known.crl_number if known is not None else None,
        list_this_update=known.this_update if known is not None else None,
        list_next_update=known.next_update if known is not None else None,
    )


def _evidence(question: Question, case: Case) -> EvidenceReport:
    known = case.status.revocation_list if case.status is not None else None
    return EvidenceReport(
        signature=hashlib.sha256(question.signature).hexdigest(),
        content=question.content_sha256.hex() if question.content_sha256 is not None else None,
        certificate=case.certificate.fingerprint_sha256.hex() if case.certificate else None,
        root=case.authority.fingerprint_sha256.hex() if case.authority else None,
        revocation_list=known.fingerprint_sha256.hex() if known is not None else None,
    )
