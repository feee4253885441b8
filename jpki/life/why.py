"""Why a certificate is what it is: from the certificate back to the event, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from jpki.jst import JST, day
from jpki.law import Effect, Fact, RuleTable, Subject
from jpki.law.model import Rule
from jpki.life.state import Cause, CertificateRecord, CertificateState, State
from jpki.terms import Certainty, Purpose, RevocationReason

__all__ = ["Explanation", "Step", "why"]

_STATES_JA = {
    CertificateState.ACTIVE: "有効",
    CertificateState.HELD: "一時停止中",
    CertificateState.REVOKED: "失効",
    CertificateState.EXPIRED: "有効期間満了",
}
_EFFECTS_JA = {
    Effect.ISSUE: "発行",
    Effect.REVOKE: "失効",
    Effect.SUSPEND: "一時停止",
    Effect.EXPIRE: "満了",
    Effect.LAPSE: "失効",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One link: the fact, the rule that spoke of it, its basis in words and how sure it is."""

    subject: Subject
    effect: Effect
    fact: Fact
    rule: str
    note_ja: str
    note_en: str
    basis_ja: str
    basis_en: str
    certainty: Certainty
    reason: RevocationReason | None
    reason_certainty: Certainty | None
    occurred_on: date
    recorded_at: datetime | None

    @property
    def line_ja(self) -> str:
        """The step as one Japanese line."""
        code = f"（理由コード{int(self.reason)}）" if self.reason is not None else ""
        effect = _EFFECTS_JA.get(self.effect, self.effect.value)
        return (
            f"{self.subject.label_ja}の{effect}{code}: {self.note_ja} "
            f"[{self.rule}] {self.basis_ja}（{self.certainty.label_ja}）"
        )

    @property
    def line_en(self) -> str:
        """The step as one English line."""
        code = f" ({self.reason.rfc_name})" if self.reason is not None else ""
        return (
            f"{self.subject.value} {self.effect.value}{code}: {self.note_en} "
            f"[{self.rule}] {self.basis_en} ({self.certainty.value})"
        )


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a certificate is and the steps that made it so, the certificate's own first.

    The last step rests on the entry itself: ``event`` is its name in the rule tables.
    """

    record: CertificateRecord
    state: CertificateState
    steps: tuple[Step, ...]
    event: str
    event_ja: str
    event_en: str

    @property
    def lines_ja(self) -> tuple[str, ...]:
        """The explanation in Japanese, line by line."""
        head = f"{self.record.kind.label_ja} {self.record.serial}: {_STATES_JA[self.state]}"
        return (head, *(f"← {step.line_ja}" for step in self.steps), self._fact_line_ja())

    @property
    def lines_en(self) -> tuple[str, ...]:
        """The explanation in English, line by line."""
        head = f"{self.record.kind.value} {self.record.serial}: {self.state.value}"
        last = self.steps[-1]
        when = f"occurred on {last.occurred_on}"
        if last.recorded_at is not None:
            when += f", recorded at {last.recorded_at.astimezone(JST):%Y-%m-%d %H:%M:%S} JST"
        return (
            head,
            *(f"<- {step.line_en}" for step in self.steps),
            f"<- {self.event_en} ({when})",
        )

    def _fact_line_ja(self) -> str:
        last = self.steps[-1]
        when = f"発生 {last.occurred_on}"
        if last.recorded_at is not None:
            when += f"、記録 {last.recorded_at.astimezone(JST):%Y-%m-%d %H:%M:%S}"
        return f"← {self.event_ja}（{when}）"


def why(state: State, serial: int, *, purpose: Purpose | None = None) -> Explanation:
    """Return why the certificate with this serial number is what it is at the state's instant.

    The steps lead from the certificate's own revocation, hold, expiry or issue back to the recorded
    event. :class:`~jpki.errors.ImpossibleFact` when no, or more than one, certificate has the
    number (give its ``purpose`` then).
    """
    record = state.certificate(serial, purpose=purpose)
    now = state.state_of(record)
    table = state.book.table
    if now is CertificateState.EXPIRED:
        steps: tuple[Step, ...] = (_expiry(state, record),)
    else:
        decisive = record.lapse if now is CertificateState.REVOKED else record.hold
        steps = _steps(table, record.issued if decisive is None else decisive.cause)
    event = table.event(steps[-1].fact.name)
    return Explanation(record, now, steps, event.id, event.note_ja, event.note_en)


def _steps(table: RuleTable, cause: Cause) -> tuple[Step, ...]:
    steps: list[Step] = []
    link: Cause | None = cause
    while link is not None:
        steps.append(_step(table, link))
        link = link.because
    return tuple(steps)


def _step(table: RuleTable, cause: Cause) -> Step:
    entry = cause.entry
    rule = table.rule(cause.ruling.rule)
    step = _said(table, rule, cause.subject, cause.fact, entry.occurred_on)
    return replace(step, reason=cause.ruling.reason, recorded_at=entry.recorded_at)


def _expiry(state: State, record: CertificateRecord) -> Step:
    """Nobody records an expiry, so the rule is asked for it when somebody wants to know."""
    subject = Subject(record.kind.value)
    fact = Fact("validity_ended", (("named", True),))
    ended_on = day(record.valid_until)
    ruling = state.book.ruling(fact, subject, on=ended_on)
    return _said(state.book.table, state.book.table.rule(ruling.rule), subject, fact, ended_on)


def _said(table: RuleTable, rule: Rule, subject: Subject, fact: Fact, occurred_on: date) -> Step:
    return Step(
        subject=subject,
        effect=rule.effect,
        fact=fact,
        rule=rule.id,
        note_ja=rule.note_ja,
        note_en=rule.note_en,
        basis_ja=table.basis_ja(rule),
        basis_en=table.basis_en(rule),
        certainty=rule.certainty,
        reason=None,
        reason_certainty=rule.reason_certainty,
        occurred_on=occurred_on,
        recorded_at=None,
    )
