"""Verify signatures: who signed, and was the certificate in effect at the instant that matters?

``explain`` answers with a report whatever it finds; ``verify`` raises the first failure, for
callers who must not be able to overlook it. Both run the same numbered steps. Nothing is fetched:
roots and revocation data are handed over, and no root is trusted unless it was.

``explain`` and ``verify`` take one CMS signature. ``explain_document`` takes a file of any format
with any number of signatures, ``explain_raw`` a bare signature value beside its certificate, and
``explain_later_status`` looks again at a certificate that was verified before. Whatever was read
by other means is judged by ``explain_claim``.

A policy that names the firm's ``role`` makes every check ask the law first: ``NotPermitted`` is
raised for one that the role may not make, with the row and its basis.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import BinaryIO

from jpki.certificates import AuthorityCertificate
from jpki.cms import DigestedContent
from jpki.errors import EncryptedDocument, FormatError, TooLarge, VerificationError
from jpki.jst import day, require_aware
from jpki.law import VerifierAct
from jpki.permission import require
from jpki.revocation import RevocationList
from jpki.validation import (
    RECEPTION,
    CheckPurpose,
    DocumentReport,
    Evidence,
    Problem,
    Question,
    Severity,
    SignatureClaim,
    VerificationPolicy,
    VerificationReport,
    report_of,
    run_steps,
    worst_verdict,
)
from jpki.validation.formats.cms import read_cms
from jpki.validation.formats.detect import read_document
from jpki.validation.formats.raw import raw_claim

__all__ = [
    "explain",
    "explain_claim",
    "explain_document",
    "explain_later_status",
    "explain_raw",
    "verify",
    "verify_claim",
    "verify_document",
]


def explain(
    signature: bytes,
    *,
    content: bytes | BinaryIO | None = None,
    roots: Iterable[AuthorityCertificate],
    revocation_lists: Iterable[RevocationList] = (),
    at: datetime,
    policy: VerificationPolicy = RECEPTION,
) -> VerificationReport:
    """Return the verdict on a CMS signature at the instant ``at``, with every step's finding.

    ``content`` is what was signed, as bytes or as a binary file that is read in pieces; leave it
    out only when the signature carries its content. Raises nothing on a bad signature, whatever
    its bytes: that is a verdict. A file with several signers is one for ``explain_document``.
    """
    evidence = Evidence(roots=tuple(roots), revocation_lists=tuple(revocation_lists))
    return _answer(_question_of_one(signature, content, evidence, at, policy))[0]


def verify(
    signature: bytes,
    *,
    content: bytes | BinaryIO | None = None,
    roots: Iterable[AuthorityCertificate],
    revocation_lists: Iterable[RevocationList] = (),
    at: datetime,
    policy: VerificationPolicy = RECEPTION,
) -> VerificationReport:
    """Return the report of a valid signature; raise a ``VerificationError`` for any other.

    What could not be checked raises ``Indeterminate`` (``StatusUnknown``, ``IssuerUnknown``); what
    was checked and failed raises one of the other leaves, such as ``Revoked``. Failures come
    before what is merely unknown, as in the report's verdict. The arguments are those of
    ``explain``.
    """
    evidence = Evidence(roots=tuple(roots), revocation_lists=tuple(revocation_lists))
    report, error = _answer(_question_of_one(signature, content, evidence, at, policy))
    if error is not None:
        raise error
    return report


def explain_document(
    data: bytes,
    *,
    content: bytes | BinaryIO | DigestedContent | None = None,
    files: Mapping[str, bytes] | None = None,
    evidence: Evidence,
    at: datetime,
    policy: VerificationPolicy = RECEPTION,
) -> DocumentReport:
    """Return the verdict on every signature in a CMS, PDF or XML file; the format is detected.

    ``content`` is what a detached CMS signature was made over, or what is known of it, ``files``
    the attachments an XML signature refers to by name. A file that cannot be read as any of the
    formats gets a report of one signature whose first step failed; one that is encrypted or passes
    a limit of its reader is indeterminate.
    """
    asked = _questions(data, _claims(data, content, files), evidence, at, policy)
    return _document([_answer(question) for question in asked])


def verify_document(
    data: bytes,
    *,
    content: bytes | BinaryIO | DigestedContent | None = None,
    files: Mapping[str, bytes] | None = None,
    evidence: Evidence,
    at: datetime,
    policy: VerificationPolicy = RECEPTION,
) -> DocumentReport:
    """Return the report of a file all of whose signatures are valid; raise otherwise.

    What is raised is the error of an invalid signature if there is one, else that of one which
    could not be checked. The arguments are those of ``explain_document``.
    """
    asked = _questions(data, _claims(data, content, files), evidence, at, policy)
    answers = [_answer(question) for question in asked]
    report = _document(answers)
    for one, error in answers:
        if error is not None and one.verdict is report.verdict:
            raise error
    return report


def explain_raw(
    signature: bytes,
    *,
    certificate: bytes,
    content: bytes | BinaryIO | None = None,
    digest: bytes | None = None,
    evidence: Evidence,
    at: datetime,
    policy: VerificationPolicy = RECEPTION,
    purpose: CheckPurpose = CheckPurpose.SIGNATURE,
) -> VerificationReport:
    """Return the verdict on a bare RSASSA-PKCS1-v1_5 value over ``content`` or its SHA-256.

    ``certificate`` (DER or PEM) is the one it is said to have been made with; give either
    ``content`` or ``digest``.
    """
    claim = raw_claim(signature, certificate=certificate, digest=digest, content=content)
    return explain_claim(claim, evidence=evidence, at=at, policy=policy, purpose=purpose)


def explain_later_status(
    certificate: bytes,
    *,
    evidence: Evidence,
    at: datetime,
    policy: VerificationPolicy = RECEPTION,
) -> VerificationReport:
    """Return whether a certificate verified before still has effect (Act 19(4)).

    Nothing is said of any signature: the steps about the signature are left out of the report,
    whose purpose says so.
    """
    claim = raw_claim(b"", certificate=certificate, digest=None)
    later = CheckPurpose.LATER_STATUS
    return explain_claim(claim, evidence=evidence, at=at, policy=policy, purpose=later)


def explain_claim(
    claim: SignatureClaim | Problem,
    *,
    evidence: Evidence,
    at: datetime,
    policy: VerificationPolicy = RECEPTION,
    purpose: CheckPurpose = CheckPurpose.SIGNATURE,
) -> VerificationReport:
    """Return the verdict on one claim, or on the problem that kept it from being read."""
    return _answer(Question(claim, evidence, require_aware(at), purpose, policy))[0]


def verify_claim(
    claim: SignatureClaim | Problem,
    *,
    evidence: Evidence,
    at: datetime,
    policy: VerificationPolicy = RECEPTION,
    purpose: CheckPurpose = CheckPurpose.SIGNATURE,
) -> VerificationReport:
    """Return the report of a good claim; raise a ``VerificationError`` for any other."""
    report, error = _answer(Question(claim, evidence, require_aware(at), purpose, policy))
    if error is not None:
        raise error
    return report


def _question_of_one(
    signature: bytes,
    content: bytes | BinaryIO | None,
    evidence: Evidence,
    at: datetime,
    policy: VerificationPolicy,
) -> Question:
    claim = _one_claim(signature, content)
    return _questions(signature, (claim,), evidence, at, policy)[0]


def _one_claim(signature: bytes, content: bytes | BinaryIO | None) -> SignatureClaim | Problem:
    try:
        claims = read_cms(signature, content=content, source="").claims
    except FormatError as error:
        return _unreadable(error)
    if len(claims) != 1:
        return _other_than_one(len(claims))
    return claims[0]


def _claims(
    data: bytes,
    content: bytes | BinaryIO | DigestedContent | None,
    files: Mapping[str, bytes] | None,
) -> tuple[SignatureClaim | Problem, ...]:
    try:
        claims = read_document(data, content=content, files=files or {}, source="").claims
    except FormatError as error:
        return (_unreadable(error),)
    return claims or (_other_than_one(0),)


def _other_than_one(signers: int) -> Problem:
    return Problem("structure", "structure.signers", {"count": str(signers)})


# What may well be a good signature, and was not looked into.
_NOT_LOOKED_INTO = (EncryptedDocument, TooLarge)


def _unreadable(error: FormatError) -> Problem:
    if isinstance(error, _NOT_LOOKED_INTO):
        facts = {"problem": error.message}
        return Problem("structure", "structure.unread", facts, Severity.INDETERMINATE)
    return Problem("structure", "structure.malformed", {"problem": error.message})


def _questions(
    data: bytes,
    claims: Iterable[SignatureClaim | Problem],
    evidence: Evidence,
    at: datetime,
    policy: VerificationPolicy,
) -> list[Question]:
    digest = hashlib.sha256(data).digest()
    return [
        Question(claim, evidence, require_aware(at), policy=policy, document_sha256=digest)
        for claim in claims
    ]


_ACTS: Mapping[CheckPurpose, VerifierAct] = {
    CheckPurpose.SIGNATURE: VerifierAct.CHECK_ON_RECEIPT,
    CheckPurpose.AUTHENTICATION: VerifierAct.CHECK_ON_RECEIPT,
    CheckPurpose.LATER_STATUS: VerifierAct.CHECK_LATER,
}

_Answered = tuple[VerificationReport, VerificationError | None]


def _document(answers: list[_Answered]) -> DocumentReport:
    reports = tuple(report for report, _ in answers)
    return DocumentReport(verdict=worst_verdict(one.verdict for one in reports), signatures=reports)


def _answer(question: Question) -> _Answered:
    findings, case = run_steps(question)
    if question.policy.role is not None and case.certificate is not None:
        act = _ACTS[question.purpose]
        require(question.policy.role, act, case.certificate.kind, on=day(question.at))
    report = report_of(question, findings, case)
    decided = next(finding for finding in findings if finding.step == report.decided_by)
    return report, decided.error
