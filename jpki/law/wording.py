"""The words of the tables in Japanese and English: cases, effects, periods, rows as lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from jpki.law.consequences import Case, Outcome
from jpki.law.model import (
    Effect,
    FigureRow,
    MilestoneRow,
    OnlineActRow,
    PolicyRow,
    Row,
    Rule,
    Subject,
    Value,
)
from jpki.law.rows import ActorRow, LimitRow, LinkRow, PinRow, ResetRow, ServiceRow, StatementRow
from jpki.law.tables import RuleTable
from jpki.terms import Certainty, RevocationReason

__all__ = [
    "Language",
    "basis_of",
    "case_words",
    "certainty_words",
    "effect_words",
    "note_of",
    "outcome_words",
    "period_words",
    "row_lines",
    "subject_words",
    "value_words",
]

Language = Literal["en", "ja"]

_EFFECTS = {
    Effect.NONE: ("影響なし", "no effect"),
    Effect.THROUGH_CARD: ("カードの失効を通じて", "through the card"),
    Effect.ISSUE: ("発行", "issued"),
    Effect.REVOKE: ("失効", "revoked"),
    Effect.SUSPEND: ("一時停止", "held"),
    Effect.RESUME: ("一時停止の解除", "released"),
    Effect.EXPIRE: ("満了", "expires"),
    Effect.LAPSE: ("失効", "lapses"),
}
_SUBJECTS_EN = {
    Subject.CARD_SIGNATURE: "card, signature",
    Subject.CARD_AUTHENTICATION: "card, authentication",
    Subject.MOBILE_SIGNATURE: "phone, signature",
    Subject.MOBILE_AUTHENTICATION: "phone, authentication",
    Subject.CARD: "the card",
    Subject.CARD_SUBSTITUTE: "card substitute",
}


def subject_words(subject: Subject, lang: Language) -> str:
    """Return what a subject is called."""
    return subject.label_ja if lang == "ja" else _SUBJECTS_EN[subject]


def certainty_words(certainty: Certainty, lang: Language) -> str:
    """Return what a certainty is called."""
    return certainty.label_ja if lang == "ja" else certainty.value


def effect_words(effect: Effect, lang: Language) -> str:
    """Return what an effect is called."""
    return _EFFECTS[effect][0 if lang == "ja" else 1]


def note_of(row: Row, lang: Language) -> str:
    """Return a row's note."""
    return row.note_ja if lang == "ja" else row.note_en


def basis_of(table: RuleTable, row: Row, lang: Language) -> str:
    """Return a row's basis in words."""
    return table.basis_ja(row) if lang == "ja" else table.basis_en(row)


def value_words(table: RuleTable, field: str, value: Value, lang: Language) -> str:
    """Return what the value of a field is called; the value itself where it has no name."""
    word = str(value).lower() if isinstance(value, bool) else value
    for label in table.labels:
        if (label.field, label.value) == (field, word):
            return label.ja if lang == "ja" else label.en
    return word


def case_words(table: RuleTable, case: Case, lang: Language) -> str:
    """Return the condition of a case as a phrase; "in every case" when it has none."""
    comma, either = ("、", " 又は ") if lang == "ja" else ("; ", " or ")
    parts = [
        either.join(value_words(table, field, value, lang) for value in values)
        for field, values in case.fields
    ]
    if case.named is not None:
        parts.insert(0, subject_words(Subject(case.named.value), lang))
    return comma.join(parts) or ("すべての場合" if lang == "ja" else "in every case")


def outcome_words(outcome: Outcome, lang: Language) -> str:
    """Return what becomes of a subject, as in ``revoked, code 3, by cascade``."""
    ruling = outcome.ruling
    parts = [effect_words(ruling.effect, lang)]
    if isinstance(ruling.reason, RevocationReason):
        parts.append(
            f"理由コード{int(ruling.reason)}" if lang == "ja" else f"code {int(ruling.reason)}"
        )
    if outcome.mark.endswith("c"):
        parts.append("連動" if lang == "ja" else "by cascade")
    if ruling.lapses_as:
        parts.append(ruling.lapses_as)
    return ("、" if lang == "ja" else ", ").join(parts)


def period_words(row: Row) -> str:
    """Return the period of a row; the day it ended is not part of it."""
    return f"{row.since} –" + (f" {row.until}" if row.until is not None else "")


def row_lines(table: RuleTable, row: Row, lang: Language) -> Iterator[str]:
    """Yield a row as lines of text: head, content, basis, note."""
    yield f"{row.id}  [{certainty_words(row.certainty, lang)}]  {period_words(row)}"
    yield f"    {note_of(row, lang)}"
    for line in _content(table, row, lang):
        yield f"    {line}"
    yield f"    {'根拠' if lang == 'ja' else 'basis'}: {basis_of(table, row, lang)}"


def _content(table: RuleTable, row: Row, lang: Language) -> Iterator[str]:
    match row:
        case Rule():
            yield from _rule_lines(table, row, lang)
        case PolicyRow(default=default, alternatives=alternatives):
            chosen = "既定" if lang == "ja" else "default"
            other = "選択肢" if lang == "ja" else "alternatives"
            yield f"{chosen}: {_word(default)}; {other}: {', '.join(map(_word, alternatives))}"
        case FigureRow(name=name, value=value):
            yield f"{name} = {value}"
        case MilestoneRow(planned=True):
            yield "予定" if lang == "ja" else "planned"
        case OnlineActRow(event=event, naming=naming, signed_with=keys):
            yield f"{event}: {', '.join(naming)} <- {', '.join(keys)}"
        case PinRow(shortest=shortest, longest=longest, tries=tries):
            yield f"{row.medium.value} {row.pin}: {shortest}-{longest}, {tries or row.tries_policy}"
        case ResetRow(path=path, pins=pins, allowed=allowed, needs=needs):
            answer = ("できる", "yes") if allowed else ("できない", "no")
            yield f"{', '.join(path)}: {row.medium.value} {', '.join(pins)}"
            yield " ".join((answer[0 if lang == "ja" else 1], *needs))
        case ActorRow(may=may, may_not=may_not):
            yield row.name_ja if lang == "ja" else row.name_en
            yield "+ " + ", ".join(may)
            if may_not:
                yield "- " + ", ".join(may_not)
        case LimitRow(actor=actor, acts=acts, cases=cases, days=days):
            only = ", ".join(cases) if days is None else days.value
            yield f"{actor.value}: {', '.join(acts)} <- {only}"
        case ServiceRow(roles=roles, asks_by=asks_by, answers=answers):
            yield f"{', '.join(roles)}: {asks_by} -> {answers}"
        case LinkRow(pairs=pairs, allowed=allowed):
            arrow = "->" if allowed else "-x-"
            yield ", ".join(f"{source.value} {arrow} {target.value}" for source, target in pairs)
        case StatementRow(topic=topic):
            yield topic
        case _:
            return


def _rule_lines(table: RuleTable, rule: Rule, lang: Language) -> Iterator[str]:
    for name in rule.event:
        yield f"{name}: {note_of(table.event(name), lang)}"
    if rule.when:
        yield "; ".join(
            f"{field} = {' | '.join(map(_word, rule.alternatives(field)))}" for field in rule.when
        )
    if rule.policy is not None:
        policy = "方針" if lang == "ja" else "policy"
        yield f"{policy} {rule.policy.name} = {_word(rule.policy.value)}"
    subjects = ", ".join(subject_words(subject, lang) for subject in rule.subjects)
    code = rule.reason or rule.reason_policy
    effect = effect_words(rule.effect, lang) + (f" ({code})" if code else "")
    yield f"{subjects}: {effect}"


def _word(value: Value | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
