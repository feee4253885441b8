"""One row after the other: the short way where the form is known, the numbered steps elsewhere.

A row's answer is what the full path would have said. Nothing in a row can stop the others.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from jpki.batch.absence import Lists, microseconds
from jpki.batch.answer import Answer, Items
from jpki.batch.certificate_shape import cut_certificate, item_texts
from jpki.batch.fast_path import FastPath
from jpki.batch.signature_shape import cut_signature
from jpki.certificates import SEX_CODES, BirthDate, parse_certificate
from jpki.cms import SHA256, DigestedContent
from jpki.errors import JpkiError, RuleGap
from jpki.jst import day
from jpki.law import VerifierAct, VerifierRole
from jpki.permission import permission
from jpki.revocation.index import RevocationIndex
from jpki.terms import CertificateKind
from jpki.validation import (
    RECEPTION,
    CheckPurpose,
    Evidence,
    TimeBasis,
    Verdict,
    VerificationPolicy,
    VerificationReport,
)
from jpki.verify import explain_document, explain_raw

__all__ = ["Judge", "Row", "instant"]

_SET: Final = b"\x31"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Row(NamedTuple):
    """One question. Either ``content`` or its SHA-256 is given, or neither when it is attached.

    With a ``certificate`` (DER or PEM) the signature is a bare RSA value, without one it is a CMS,
    PDF or XML file. ``at`` is an instant in microseconds since 1970 in UTC.
    """

    signature: bytes
    content: bytes | None
    digest: bytes | None
    certificate: bytes | None
    at: int


_STRUCTURE: Final = 1
_TWO_CONTENTS: Final = Answer(Verdict.INVALID, 3, "content.differs")


class Judge:
    """Answers rows by the full path, and by the short way what has a form already known."""

    def __init__(
        self,
        evidence: Evidence,
        *,
        policy: VerificationPolicy = RECEPTION,
        purpose: CheckPurpose = CheckPurpose.SIGNATURE,
        items: bool = False,
    ) -> None:
        self._evidence = evidence
        self._policy = policy
        self._purpose = purpose
        self._items = items
        self._permissions: dict[tuple[CertificateKind, date], bool] = {}
        indexes = [one for one in evidence.registers if isinstance(one, RevocationIndex)]
        lists = Lists(evidence.revocation_lists, indexes, tolerance=policy.list_tolerance)
        self._fast = (
            FastPath(evidence.roots, lists.absence) if _may_be_fast(evidence, policy) else None
        )

    def answer(self, row: Row) -> Answer:
        """Return the verdict on one row; nothing that a row can hold raises."""
        return self.judge(*row)

    def judge(
        self,
        signature: bytes,
        content: bytes | None,
        digest: bytes | None,
        certificate: bytes | None,
        at: int,
    ) -> Answer:
        """Return the verdict on a row given by its parts, as ``answer`` does."""
        if self._fast is not None:
            answer = _shortly(self._fast, signature, content, digest, certificate, at)
            if answer is not None and self._permitted(answer.kind, at):
                if self._items:
                    return answer._replace(items=_items_of(signature, certificate))
                return answer
        return self._fully(Row(signature, content, digest, certificate, at))

    def _fully(self, row: Row) -> Answer:
        if _contradicts_itself(row):
            return _TWO_CONTENTS
        try:
            report = self._report(row)
        except JpkiError as error:
            return Answer(Verdict.INDETERMINATE, _STRUCTURE, error.code)
        if self._fast is not None and report.verdict is Verdict.VALID:
            self._learn(self._fast, row)
        return _told(report, items=self._items)

    def _report(self, row: Row) -> VerificationReport:
        """Ask the numbered steps; of several signatures, return the report of the worst."""
        at = instant(row.at)
        if row.certificate is not None:
            return explain_raw(
                row.signature,
                certificate=row.certificate,
                content=row.content,
                digest=row.digest,
                evidence=self._evidence,
                at=at,
                policy=self._policy,
                purpose=self._purpose,
            )
        document = explain_document(
            row.signature,
            content=_content(row),
            evidence=self._evidence,
            at=at,
            policy=self._policy,
        )
        return next(one for one in document.signatures if one.verdict is document.verdict)

    def _learn(self, fast: FastPath, row: Row) -> None:
        policies = self._policy.policy_oids
        if row.certificate is not None:
            fast.learn_certificate(parse_certificate(row.certificate, policies=policies))
            return
        cut = cut_signature(row.signature)
        # With several certificates along, what was cut is not one.
        if cut is not None and cut_certificate(cut[0]) is not None:
            fast.learn_cms(row.signature, parse_certificate(cut[0], policies=policies))

    def _permitted(self, kind: CertificateKind | None, at: int) -> bool:
        """Tell whether the firm's role may check this kind on that day; the full path refuses."""
        role = self._policy.role
        if role is None or kind is None:
            return role is None
        on = day(instant(at))
        known = self._permissions.get((kind, on))
        if known is None:
            known = self._permissions[kind, on] = _is_permitted(role, kind, on)
        return known


def _is_permitted(role: VerifierRole, kind: CertificateKind, on: date) -> bool:
    try:
        return permission(role, VerifierAct.CHECK_ON_RECEIPT, kind, on=on).allowed
    except RuleGap:
        return False


def instant(at: int) -> datetime:
    """Return microseconds since 1970 as an aware instant in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def _contradicts_itself(row: Row) -> bool:
    """Tell whether a row has content and the digest of something else."""
    if row.content is None or row.digest is None:
        return False
    return sha256(row.content).digest() != row.digest


def _content(row: Row) -> bytes | DigestedContent | None:
    if row.content is not None or row.digest is None:
        return row.content
    return DigestedContent({SHA256: row.digest}, size=None, reads_as_attributes=None)


def _may_be_fast(evidence: Evidence, policy: VerificationPolicy) -> bool:
    """Tell whether absence from lists is all that the last step looks at, at the row's instant."""
    if evidence.ocsp_answers or evidence.sources:
        return False
    only_indexes = all(isinstance(one, RevocationIndex) for one in evidence.registers)
    return only_indexes and policy.time_basis is TimeBasis.RECEPTION


def _shortly(
    fast: FastPath,
    signature: bytes,
    content: bytes | None,
    digest: bytes | None,
    certificate: bytes | None,
    at: int,
) -> Answer | None:
    if content is not None:
        found = sha256(content).digest()
        if digest is not None and digest != found:
            return None
        digest = found
    if digest is None:
        return None
    if certificate is None:
        return fast.cms(signature, digest, at)
    # Content that begins as signed attributes do is for the full path to look at.
    if content is not None and content[:1] == _SET:
        return None
    return fast.raw(signature, certificate, digest, at)


def _items_of(signature: bytes, certificate: bytes | None) -> Items | None:
    """Return the items of a certificate that the short way found good, so it can be cut."""
    if certificate is None:
        found = cut_signature(signature)
        certificate = None if found is None else found[0]
    cut = None if certificate is None else cut_certificate(certificate)
    texts = item_texts(certificate, cut) if certificate is not None and cut is not None else ()
    if not texts:
        return None
    name, birth_date, sex, address = texts
    born = BirthDate.read(birth_date)
    return Items(name, None if born is None else born.day, SEX_CODES[sex].value, address)


def _told(report: VerificationReport, *, items: bool) -> Answer:
    signer, lost = report.signer, report.revocation
    decided = report.deciding_step
    answer = Answer(report.verdict, decided.number, decided.code)
    if signer is not None:
        answer = answer._replace(
            kind=signer.kind,
            serial=signer.serial,
            not_before=microseconds(signer.not_before),
            not_after=microseconds(signer.not_after),
        )
        if items and signer.attributes is not None:
            four = signer.attributes
            answer = answer._replace(
                items=Items(four.name, four.birth_date, four.sex, four.address)
            )
    if lost is None or lost.recorded_at is None:
        return answer
    return answer._replace(recorded_at=microseconds(lost.recorded_at), lost_by=lost.reason)
