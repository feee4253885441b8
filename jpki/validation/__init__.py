"""The numbered checks of a signature, what they find, and the report that is made of it."""

from jpki.validation.report import (
    AttributesReport,
    EvidenceReport,
    RevocationReport,
    SignerReport,
    StepReport,
    Verdict,
    VerificationReport,
    report_of,
    verdict_of,
)
from jpki.validation.status import (
    CertificateStatus,
    ListProblem,
    Standing,
    ocsp_status,
    status_at,
)
from jpki.validation.steps import (
    SIGNATURE_KINDS,
    STEPS,
    Case,
    Finding,
    Outcome,
    Question,
    Step,
    Structure,
    run_steps,
)
from jpki.validation.words import SENTENCES, Language, Sentence, say

__all__ = [
    "SENTENCES",
    "SIGNATURE_KINDS",
    "STEPS",
    "AttributesReport",
    "Case",
    "CertificateStatus",
    "EvidenceReport",
    "Finding",
    "Language",
    "ListProblem",
    "Outcome",
    "Question",
    "RevocationReport",
    "Sentence",
    "SignerReport",
    "Standing",
    "Step",
    "StepReport",
    "Structure",
    "Verdict",
    "VerificationReport",
    "ocsp_status",
    "report_of",
    "run_steps",
    "say",
    "status_at",
    "verdict_of",
]
