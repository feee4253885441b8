"""The answer about a presented record, as data and as words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from jpki.jst import moment
from jpki.mdoc.words import FALLEN_UNKNOWN, STEP_NAMES_JA
from jpki.validation.question import Outcome
from jpki.validation.report import Verdict
from jpki.validation.words.sentence import Language

__all__ = ["ItemReport", "MdocReport", "MdocStepReport", "RecordReport"]

_MARKS: Final = {
    Outcome.PASSED: "ok",
    Outcome.FAILED: "NO",
    Outcome.UNKNOWN: "??",
    Outcome.NOT_RUN: "--",
}
_UNKNOWN: Final = _MARKS[Outcome.UNKNOWN]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MdocStepReport(_Value):
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
            return f"  {self.number} {STEP_NAMES_JA[self.name]:　<6} {mark}  {self.message_ja}"
        return f"  {self.number} {self.name:<9} {mark}  {self.message}"


class ItemReport(_Value):
    """One item as shown. Values are personal data and do not show in a ``repr``.

    ``kind`` says what ``value`` stands for: ``text``, ``number``, ``truth``, ``date``, ``bytes``
    (their SHA-256, in hex) or ``other``, which is not told (``None``).
    """

    namespace: str
    name: str
    kind: Literal["text", "number", "truth", "date", "bytes", "other"]
    value: str | int | bool | None = Field(repr=False)


class RecordReport(_Value):
    """What the issuer signed about the record itself; certificates by SHA-256, in hex."""

    doc_type: str
    signed_at: datetime
    valid_from: datetime
    valid_until: datetime
    algorithm: int
    digest_algorithm: str
    signer: str | None
    root: str | None
    names_a_status: bool


class MdocReport(_Value):
    """The whole answer. ``decided_by`` is the number of the step that decided.

    ``items`` are there only when the verdict is *valid*. ``fallen_since`` is always ``unknown``:
    readers have nothing to ask, and a report does not say otherwise.
    """

    schema_version: Literal[1] = 1
    verdict: Verdict
    decided_by: int
    judged_at: datetime
    steps: tuple[MdocStepReport, ...]
    fallen_since: Literal["unknown"] = "unknown"
    fallen_since_note: str = FALLEN_UNKNOWN.en
    fallen_since_note_ja: str = FALLEN_UNKNOWN.ja
    record: RecordReport | None
    items: tuple[ItemReport, ...] = Field(repr=False)
    response_sha256: str

    @property
    def deciding_step(self) -> MdocStepReport:
        """The step that decided."""
        return next(step for step in self.steps if step.number == self.decided_by)

    def headline(self, language: Language = "en") -> str:
        """Return the verdict and its reason in one line; it names nobody."""
        word = self.verdict.words(language)
        if self.verdict is Verdict.VALID:
            return f"{word}: {_VALID[language].format(count=len(self.items), at=self._at())}"
        decided = self.deciding_step
        return f"{word}: {decided.message_ja if language == 'ja' else decided.message}"

    def text(self, language: Language = "en") -> str:
        """Return the report for people, without the values of the items."""
        lines = [self.headline(language), ""]
        lines += [step.line(language) for step in self.steps]
        note = self.fallen_since_note_ja if language == "ja" else self.fallen_since_note
        return "\n".join([*lines, f"  - {_STATUS[language]} {_UNKNOWN}  {note}"])

    def _at(self) -> str:
        return moment(self.judged_at)


_VALID: Final[Mapping[Language, str]] = {
    "en": "{count} items of a record, signed by its issuer and by its device, judged at {at}",
    "ja": "発行者と端末が署名した記録の{count}項目です（判定時点 {at}）",
}
_STATUS: Final[Mapping[Language, str]] = {"en": "fallen?  ", "ja": f"{'失効の有無':　<6}"}
