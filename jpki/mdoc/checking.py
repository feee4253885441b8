"""``verify`` and ``explain`` for presented records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from jpki.errors import VerificationError
from jpki.jst import require_aware
from jpki.mdoc.cbor import FullDate
from jpki.mdoc.certificates import SignerRoot
from jpki.mdoc.record import Item
from jpki.mdoc.report import ItemReport, MdocReport, MdocStepReport, RecordReport
from jpki.mdoc.session import SessionTranscript
from jpki.mdoc.steps import Case, MdocPolicy, Question, run_steps
from jpki.mdoc.words import say
from jpki.validation.question import Finding
from jpki.validation.report import Verdict, verdict_of

__all__ = ["explain", "verify"]

_ANY_RECORD: Final = MdocPolicy()


def explain(
    response: bytes,
    *,
    roots: Iterable[SignerRoot],
    transcript: SessionTranscript | None,
    at: datetime,
    policy: MdocPolicy = _ANY_RECORD,
) -> MdocReport:
    """Return what every numbered step finds of a presented record; never raise for its content.

    ``response`` is the device's answer (DeviceResponse, ISO/IEC 18013-5 §8.3.2.1.2.2) after the
    session's encryption was taken off, ``transcript`` the session it was given in. Trusted are
    ``roots`` alone.
    """
    return _asked(response, roots, transcript, at, policy)[0]


def verify(
    response: bytes,
    *,
    roots: Iterable[SignerRoot],
    transcript: SessionTranscript | None,
    at: datetime,
    policy: MdocPolicy = _ANY_RECORD,
) -> MdocReport:
    """Return the report on a record that is valid, or raise what the first step in the way found.

    A ``VerificationError`` with the step's number: ``WrongPolicy`` (document type),
    ``IssuerUnknown`` and ``UntrustedIssuer``, ``BadSignature``, ``DigestMismatch``,
    ``NotYetValid``, ``Expired``, ``OtherSession``; ``Indeterminate`` when it could not be checked.
    *Valid* does not say that the record has not fallen since: readers cannot know
    (:attr:`MdocReport.fallen_since`).
    """
    report, findings = _asked(response, roots, transcript, at, policy)
    if report.verdict is Verdict.VALID:
        return report
    for finding in findings:
        if finding.step == report.decided_by and finding.error is not None:
            raise finding.error
    raise VerificationError(report.headline(), step=report.decided_by)


def _asked(
    response: bytes,
    roots: Iterable[SignerRoot],
    transcript: SessionTranscript | None,
    at: datetime,
    policy: MdocPolicy,
) -> tuple[MdocReport, tuple[Finding, ...]]:
    question = Question(response, tuple(roots), transcript, require_aware(at), policy)
    findings, case = run_steps(question)
    verdict, decided_by = verdict_of(findings)
    items = case.presentation.record.items if case.presentation is not None else ()
    report = MdocReport(
        verdict=verdict,
        decided_by=decided_by,
        judged_at=question.at,
        steps=tuple(_step(finding) for finding in findings),
        record=_record(case),
        items=tuple(_item(item) for item in items) if verdict is Verdict.VALID else (),
        response_sha256=hashlib.sha256(response).hexdigest(),
    )
    return report, findings


def _step(finding: Finding) -> MdocStepReport:
    return MdocStepReport(
        number=finding.step,
        name=finding.name,
        outcome=finding.outcome,
        code=finding.code,
        message=say(finding.code, finding.facts, "en"),
        message_ja=say(finding.code, finding.facts, "ja"),
    )


def _record(case: Case) -> RecordReport | None:
    if case.security is None or case.presentation is None or not case.record_stands:
        return None
    return RecordReport(
        doc_type=case.security.doc_type,
        signed_at=case.security.signed_at,
        valid_from=case.security.valid_from,
        valid_until=case.security.valid_until,
        algorithm=case.presentation.record.issuer_auth.algorithm,
        digest_algorithm=case.security.digest_name,
        signer=case.signer.fingerprint_sha256 if case.signer is not None else None,
        root=case.root.fingerprint_sha256 if case.root is not None else None,
        names_a_status=case.security.names_a_status,
    )


def _item(item: Item) -> ItemReport:
    match item.value:
        case bool():
            return _told(item, "truth", item.value)
        case int():
            return _told(item, "number", item.value)
        case str():
            return _told(item, "text", item.value)
        case FullDate(text):
            return _told(item, "date", text)
        case bytes():
            return _told(item, "bytes", hashlib.sha256(item.value).hexdigest())
        case _:
            return _told(item, "other", None)


def _told(item: Item, kind: str, value: str | int | bool | None) -> ItemReport:
    return ItemReport.model_validate(
        {"namespace": item.namespace, "name": item.name, "kind": kind, "value": value}
    )
