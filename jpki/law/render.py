"""The tables for people: Markdown for a day, what changed between two days, rows ready for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from jpki.law.model import Effect, FigureRow, MilestoneRow, PolicyRow, Row, Rule, Value
from jpki.law.tables import RuleTable
from jpki.terms import Certainty

__all__ = ["Changes", "changes", "changes_markdown", "row_as_dict", "rows_of", "table_markdown"]

_EFFECTS_JA = {
    Effect.NONE: "影響なし",
    Effect.THROUGH_CARD: "カードの失効を通じて",
    Effect.ISSUE: "発行",
    Effect.REVOKE: "失効",
    Effect.SUSPEND: "一時停止",
    Effect.RESUME: "一時停止の解除",
    Effect.EXPIRE: "満了",
    Effect.LAPSE: "カードの失効",
}


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows that began and rows that ended after one day, up to and including another."""

    earlier: date
    later: date
    began: tuple[Row, ...]
    ended: tuple[Row, ...]


def rows_of(
    table: RuleTable, *, on: date | None = None, certainty: Certainty | None = None
) -> tuple[Row, ...]:
    """Return the rows in force on a day and of one certainty; without either, all of them."""
    return tuple(
        row
        for row in table.rows()
        if (on is None or row.in_force(on)) and (certainty is None or row.certainty is certainty)
    )


def row_as_dict(table: RuleTable, row: Row) -> dict[str, Any]:
    """Return a row as JSON-ready values, each basis with its Japanese and English words."""
    content = row.model_dump(mode="json", exclude_none=True)
    citations = [table.cite(key) for key in row.basis]
    content["basis"] = [
        {"key": each.key, "ja": each.text_ja, "en": each.text_en} for each in citations
    ]
    return content


def changes(table: RuleTable, *, earlier: date, later: date) -> Changes:
    """Return which rows began and which ended between two days; the order of days is free."""
    first, last = sorted((earlier, later))
    rows = tuple(table.rows())
    return Changes(
        first,
        last,
        began=tuple(row for row in rows if row.in_force(last) and not row.in_force(first)),
        ended=tuple(row for row in rows if row.in_force(first) and not row.in_force(last)),
    )


def table_markdown(table: RuleTable, *, on: date) -> str:
    """Return the rules, figures and milestones in force on a day, and all policies, as Markdown."""
    rows = rows_of(table, on=on)
    lines = [f"# {on}", ""]
    lines += _section("失効等の規則", _RULE_HEAD, _rule_lines(table, rows))
    lines += _section("有効期間の数値", ("id", "値", "根拠", "備考"), _figure_lines(table, rows))
    lines += _section("施行・開始", ("id", "日", "根拠", "備考"), _milestone_lines(table, rows))
    lines += _section(
        "方針", ("id", "既定", "選択肢", "根拠", "備考"), _policy_lines(table, table.rows())
    )
    return "\n".join(lines)


def changes_markdown(table: RuleTable, found: Changes) -> str:
    """Return what began and ended as Markdown."""
    lines = [f"# {found.earlier} → {found.later}", ""]
    for title, rows in (("施行", found.began), ("廃止", found.ended)):
        cells = [(f"`{row.id}`", table.basis_ja(row), row.note_ja) for row in rows]
        lines += _section(title, ("id", "根拠", "備考"), cells)
    return "\n".join(lines)


_RULE_HEAD = ("id", "事実", "場合", "対象", "効果", "理由", "根拠", "確度", "備考")


def _rule_lines(table: RuleTable, rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    for rule in rows:
        if isinstance(rule, Rule):
            yield (
                f"`{rule.id}`",
                "・".join(table.event(name).note_ja for name in rule.event),
                _conditions(rule),
                "・".join(subject.label_ja for subject in rule.subjects),
                _EFFECTS_JA[rule.effect],
                rule.reason or (f"方針 {rule.reason_policy}" if rule.reason_policy else ""),
                table.basis_ja(rule),
                rule.certainty.label_ja,
                rule.note_ja,
            )


def _figure_lines(table: RuleTable, rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        if isinstance(row, FigureRow):
            yield (f"`{row.id}`", str(row.value), table.basis_ja(row), row.note_ja)


def _milestone_lines(table: RuleTable, rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        if isinstance(row, MilestoneRow):
            yield (f"`{row.id}`", row.since.isoformat(), table.basis_ja(row), row.note_ja)


def _policy_lines(table: RuleTable, rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        if isinstance(row, PolicyRow):
            alternatives = " / ".join(_word(value) for value in row.alternatives)
            yield (
                f"`{row.id}`",
                _word(row.default),
                alternatives,
                table.basis_ja(row),
                row.note_ja,
            )


def _conditions(rule: Rule) -> str:
    parts = [
        f"{name}={'|'.join(_word(value) for value in rule.alternatives(name))}"
        for name in rule.when
    ]
    if rule.policy is not None:
        parts.append(f"方針 {rule.policy.name}={_word(rule.policy.value)}")
    return ", ".join(parts)


def _word(value: Value | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _section(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    body = [_line(row) for row in rows]
    return [f"## {title}", "", _line(head), _line(("---",) * len(head)), *body, ""]


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
