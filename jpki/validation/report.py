"""The answer to a verification question, as data and as words.

A report is a value that can be kept: it says what was asked and for what purpose, what each
numbered step found, who signed, and the digests of everything it rests on. Entries leave the
revocation lists when a certificate's period ends, so a firm keeps the report as its evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from jpki.errors import MalformedDocument
from jpki.jst import moment
from jpki.terms import CertificateKind, Hierarchy
from jpki.validation.claim import SignatureFormat
from jpki.validation.etsi import Indication, SubIndication
from jpki.validation.question import CheckPurpose, Finding, Outcome, TimeBasis
from jpki.validation.words import STEP_NAMES_JA, Language

__all__ = [
    "AssuranceReport",
    "AttributesReport",
    "DocumentReport",
    "EtsiReport",
    "EvidenceReport",
    "FileReport",
    "FilesReport",
    "ProofReport",
    "RevocationReport",
    "SignerReport",
    "StepReport",
    "TimesReport",
    "Verdict",
    "VerificationReport",
    "read_report",
    "verdict_of",
    "worst_verdict",
]


class Verdict(StrEnum):
    """The three answers. *Indeterminate* means that it could not be checked."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"

    def words(self, language: Language) -> str:
        """Return the verdict as a word for people."""
        return _VERDICT_WORDS[self][language]


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

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in STEP_NAMES_JA:
            raise ValueError("there is no step of this name")
        return name

    def line(self, language: Language) -> str:
        """Return the finding as one line, aligned with the others."""
        mark = _MARKS[self.outcome]
        if language == "ja":
            # Padded with full-width spaces, since Japanese characters take two columns.
            return f"  {self.number:>2} {STEP_NAMES_JA[self.name]:　<4} {mark}  {self.message_ja}"
        return f"  {self.number:>2} {self.name:<11} {mark}  {self.message}"


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
    """What the revocation data said, which list or OCSP answer said it, and what spoke against.

    ``list_number`` is that of a revocation list; an OCSP answer has none. Disagreements and
    problems are those that were decided against or could not be used, in words.
    """

    standing: str
    reason: str | None
    recorded_at: datetime | None
    source: Literal["list", "answer"] | None
    list_number: int | None
    this_update: datetime | None
    next_update: datetime | None
    disagreements: tuple[str, ...]
    problems: tuple[str, ...]


class ProofReport(_Value):
    """What one timestamp is worth."""

    outcome: str
    code: str
    message: str
    message_ja: str
    proven_at: datetime | None


class AssuranceReport(_Value):
    """Which assurance a use reaches, by how it was done; each level is an inference that says so.

    ``identity`` (IAL) and ``authenticator`` (AAL) are 1 to 3, ``None`` where nothing is said;
    ``rows`` are the rows of the law's tables they come from, with their certainty.
    """

    gate: str
    identity: int | None
    authenticator: int | None
    rows: tuple[str, ...]


class TimesReport(_Value):
    """The instants of a verdict, all aware and in UTC.

    ``checked_at`` is when it was asked, ``judged_at`` the instant it was judged at,
    ``proven_at`` the earliest instant at which the signature is proven to have existed, and
    ``claimed_signing_time`` what the signer wrote, which proves nothing. ``proofs`` says of each
    timestamp that came along what it is worth; without trusted authorities none is judged.
    """

    basis: TimeBasis
    checked_at: datetime
    judged_at: datetime
    proven_at: datetime | None
    claimed_signing_time: datetime | None
    proofs: tuple[ProofReport, ...]


class EtsiReport(_Value):
    """The verdict in the words of ETSI EN 319 102-1."""

    indication: Indication
    sub_indication: SubIndication | None

    def __str__(self) -> str:
        return "/".join(part.value for part in (self.indication, self.sub_indication) if part)


class EvidenceReport(_Value):
    """SHA-256 digests, in hex, of what the verdict rests on: what was knowable then."""

    document: str | None
    signature_value: str | None
    content: tuple[str, ...]
    certificate: str | None
    root: str | None
    revocation: tuple[str, ...]
    timestamps: tuple[str, ...]


class VerificationReport(_Value):
    """The whole answer about one signature. ``decided_by`` is the number of the deciding step."""

    schema_version: Literal[2] = 2
    purpose: CheckPurpose
    format: SignatureFormat | None
    label: str
    verdict: Verdict
    decided_by: int
    etsi: EtsiReport
    times: TimesReport
    steps: tuple[StepReport, ...]
    signer: SignerReport | None
    revocation: RevocationReport | None
    countersignatures: int
    assurance: AssuranceReport | None = None
    evidence: EvidenceReport

    @model_validator(mode="after")
    def _follows_from_its_steps(self) -> Self:
        """A kept report that contradicts itself is no report: verdict and steps stand together."""
        outcomes = tuple((step.number, step.outcome) for step in self.steps)
        if not outcomes or (self.verdict, self.decided_by) != _verdict_from(outcomes):
            raise ValueError("the verdict does not follow from the steps")
        if self.verdict is Verdict.VALID and self.signer is None:
            raise ValueError("a valid signature has a signer")
        return self

    @property
    def judged_at(self) -> datetime:
        """The instant the signature was judged at (UTC)."""
        return self.times.judged_at

    @property
    def deciding_step(self) -> StepReport:
        """The step that decided."""
        return next(step for step in self.steps if step.number == self.decided_by)

    def headline(self, language: Language = "en") -> str:
        """Return the verdict and its reason in one line. It names the holder when valid."""
        word = _VERDICT_WORDS[self.verdict][language]
        if self.verdict is Verdict.VALID:
            return f"{word}: {_valid_words(self, language)}"
        decided = self.deciding_step
        return f"{word}: {decided.message_ja if language == 'ja' else decided.message}"

    def text(self, language: Language = "en") -> str:
        """Return the report for people, in English or Japanese. It names the holder."""
        lines = [self.headline(language)]
        if self.signer is not None and self.signer.hierarchy is not Hierarchy.PRODUCTION:
            lines.append(_SIMULATED[language])
        lines.append("")
        lines += [step.line(language) for step in self.steps]
        return "\n".join(lines)


class DocumentReport(_Value):
    """The answer about a whole file: every signature in it, in order.

    The file is valid only when every signature is; one invalid signature makes it invalid.
    """

    schema_version: Literal[2] = 2
    verdict: Verdict
    signatures: tuple[VerificationReport, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _follows_from_its_signatures(self) -> Self:
        if self.verdict is not worst_verdict(one.verdict for one in self.signatures):
            raise ValueError("the verdict is not the worst of the signatures'")
        return self

    def text(self, language: Language = "en") -> str:
        """Return the reports for people, one after another. They name the holders."""
        if len(self.signatures) == 1:
            return self.signatures[0].text(language)
        word = _VERDICT_WORDS[self.verdict][language]
        count = len(self.signatures)
        title = f"{word}：署名{count}件" if language == "ja" else f"{word}: {count} signatures"
        parts = [title]
        for number, one in enumerate(self.signatures, 1):
            heading = f"[{number}/{count}] {one.label}".rstrip()
            parts.append(f"{heading}\n{one.text(language)}")
        return "\n\n".join(parts)


class FileReport(DocumentReport):
    """The answer about one file of several, with the name it was asked under."""

    file: str

    @classmethod
    def of(cls, file: str, report: DocumentReport) -> FileReport:
        """Return the report under a file's name."""
        return cls(file=file, verdict=report.verdict, signatures=report.signatures)


class FilesReport(_Value):
    """The answers about all files that were asked about; the verdict is the worst of them."""

    schema_version: Literal[2] = 2
    verdict: Verdict
    files: tuple[FileReport, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _follows_from_its_files(self) -> Self:
        if self.verdict is not worst_verdict(one.verdict for one in self.files):
            raise ValueError("the verdict is not the worst of the files'")
        return self

    @classmethod
    def of(cls, files: Iterable[FileReport]) -> FilesReport:
        """Return the reports of some files as one."""
        reports = tuple(files)
        return cls(verdict=worst_verdict(one.verdict for one in reports), files=reports)


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts: invalid before indeterminate before valid."""
    return max(verdicts, key=_WORSE.index)


_WORSE = (Verdict.VALID, Verdict.INDETERMINATE, Verdict.INVALID)


def verdict_of(findings: tuple[Finding, ...]) -> tuple[Verdict, int]:
    """Return the verdict and the number of the step that decided it.

    A failed step makes it invalid whatever else could not be checked; an unchecked one never
    leaves it valid. When all passed, the last step completed the answer.
    """
    return _verdict_from(tuple((finding.step, finding.outcome) for finding in findings))


def _verdict_from(outcomes: tuple[tuple[int, Outcome], ...]) -> tuple[Verdict, int]:
    for wanted, verdict in (
        (Outcome.FAILED, Verdict.INVALID),
        (Outcome.UNKNOWN, Verdict.INDETERMINATE),
        (Outcome.NOT_RUN, Verdict.INDETERMINATE),
    ):
        for step, outcome in outcomes:
            if outcome is wanted:
                return verdict, step
    return Verdict.VALID, outcomes[-1][0]


def read_report(data: bytes, *, source: str = "report") -> FilesReport:
    """Return a report that was kept as JSON; ``MalformedDocument`` says what is wrong with it.

    Nothing is checked anew, but a report whose verdict does not follow from its own steps is
    refused.
    """
    try:
        return FilesReport.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        # ``from None``: the original error carries the content.
        raise MalformedDocument(
            f"not a kept report: {place}: {first['msg']}",
            source=source,
            hint="give what jpki verify --format json printed; jpki report schema tells its form",
        ) from None


_VALID_WORDS: Mapping[CheckPurpose, Mapping[Language, str]] = {
    CheckPurpose.SIGNATURE: {
        "en": "signed by {holder} ({kind}), judged at {at}",
        "ja": "{holder}さんの署名です（{kind_ja}、判定時点 {at}）",
    },
    CheckPurpose.AUTHENTICATION: {
        "en": "authenticated by issue number {serial} ({kind}), judged at {at}",
        "ja": "発行の番号{serial}の利用者証明です（{kind_ja}、判定時点 {at}）",
    },
    CheckPurpose.LATER_STATUS: {
        "en": "issue number {serial} ({kind}) has effect at {at}",
        "ja": "発行の番号{serial}は{at}に有効です（{kind_ja}）",
    },
}


def _valid_words(report: VerificationReport, language: Language) -> str:
    signer = report.signer
    if signer is None:
        raise AssertionError("a valid signature has a signer")
    return _VALID_WORDS[report.purpose][language].format(
        holder=signer.attributes.name if signer.attributes else signer.serial,
        serial=signer.serial,
        kind=signer.kind.value,
        kind_ja=signer.kind.label_ja,
        at=moment(report.judged_at),
    )
