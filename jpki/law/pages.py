"""The law as one page for people: every event and its effects, PINs, verifiers, policies, the rest.

Japanese and English stand side by side. The page is generated, and a test keeps it current.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TypeVar

from jpki.law.consequences import Case, Outcome, cases_of
from jpki.law.evaluate import Rulebook
from jpki.law.model import EventRow, FigureRow, PolicyRow, Row, Subject
from jpki.law.resets import link_row, reset_matrix, tries_of
from jpki.law.rows import PermissionRow
from jpki.law.tables import RuleTable
from jpki.law.wording import case_words, period_words, subject_words, value_words
from jpki.terms import Certainty, CertificateKind

__all__ = ["day_of_page", "law_page"]

_AnyRow = TypeVar("_AnyRow", bound=Row)

_INTRO = """# 法令の表 · The law as data

{on} 現在の表から自動的に作成したものです。手で書き換えず、表（`jpki/law/tables`）を直してください。
Generated from the tables as in force on {on}. Change the tables (`jpki/law/tables`), not this page.

| 記号 | 意味 | Meaning |
| --- | --- | --- |
| = | 影響なし | no effect |
| A | 発行・解除 | issued or released |
| R3 | 失効（数字は失効リストの理由コード） | revoked, with the code on the list |
| R3c | カード用の失効に伴う失効 | revoked by cascade from the card's certificate |
| H | 一時停止 | held |
| L | カード・代替記録の失効 | the card or its substitute lapses |
| E | 満了 | expires |

確度 · Certainty: {certainties}. 「推定」は法令に明文のないもの · *assumed* is our own reading.
理由コードはすべて推定 · every reason code is assumed.
効力は機構の記録により失われる · effect is lost when the agency records it.
"""


def day_of_page(table: RuleTable) -> date:
    """Return the day as of which the Act was read: the law the page shows."""
    return next(date.fromisoformat(row.as_of) for row in table.sources if row.id == "act")


def law_page(book: Rulebook, *, on: date) -> str:
    """Return the whole page as Markdown, for the law in force on a day."""
    table = book.table
    certainties = ", ".join(f"{each.label_ja} {each.value}" for each in Certainty)
    lines = [_INTRO.format(on=on, certainties=certainties)]
    lines += _events(book, on)
    lines += _earlier(table, on)
    lines += _pins(book, on)
    lines += _verifiers(table, on)
    lines += _plain(table, "有効期間の数値 · Figures of validity", table.figures, on, _figure)
    lines += _statements(table, on)
    lines += _plain(table, "施行・開始 · Milestones", table.milestones, None, _nothing)
    lines += _policies(table)
    lines += _out(table)
    return "\n".join(lines).rstrip() + "\n"


# Events


def _events(book: Rulebook, on: date) -> Iterator[str]:
    yield "## 事実と効果 · Events and effects\n"
    for event in book.table.events:
        if not event.derived and event.in_force(on):
            yield from _event(book, event, on)


def _event(book: Rulebook, event: EventRow, on: date) -> Iterator[str]:
    subjects = [each for each in Subject if book.table.exists_from(each) <= on]
    yield f"### {event.note_ja} · {event.note_en}\n"
    yield f"`{event.id}`\n"
    head = ["場合 · Case", *(_short(each) for each in subjects), "根拠 · Basis", "確度 · Certainty"]
    cases = list(cases_of(book, event, on=on))
    yield from _table(head, (_case_cells(book.table, case, subjects) for case in cases))


def _short(subject: Subject) -> str:
    return f"{_SHORT[subject]} · {subject_words(subject, 'en')}"


_SHORT = {
    Subject.CARD_SIGNATURE: "カード署名用",
    Subject.CARD_AUTHENTICATION: "カード利用者証明用",
    Subject.MOBILE_SIGNATURE: "端末署名用",
    Subject.MOBILE_AUTHENTICATION: "端末利用者証明用",
    Subject.CARD: "カード",
    Subject.CARD_SUBSTITUTE: "代替記録",
}


def _case_cells(table: RuleTable, case: Case, subjects: list[Subject]) -> list[str]:
    outcomes = dict(case.outcomes)
    words = f"{case_words(table, case, 'ja')}<br>{case_words(table, case, 'en')}"
    speaking = [table.rule(rule) for rule in _speaking(outcomes)]
    keys = dict.fromkeys(key for rule in speaking for key in rule.basis)
    bases = [table.cite(key) for key in keys]
    certainties = dict.fromkeys(
        f"{rule.certainty.label_ja} {rule.certainty.value}" for rule in speaking
    )
    marks = [outcomes[each].mark if each in outcomes else "" for each in subjects]
    basis = f"{'、'.join(b.text_ja for b in bases)}<br>{', '.join(b.text_en for b in bases)}"
    return [words, *marks, basis, "<br>".join(certainties)]


def _speaking(outcomes: dict[Subject, Outcome]) -> list[str]:
    """The rules that change something, or, where nothing changes, those that say so."""
    acting = [o.ruling.rule for o in outcomes.values() if o.mark != "="]
    return list(dict.fromkeys(acting or [o.ruling.rule for o in outcomes.values()]))


def _earlier(table: RuleTable, on: date) -> Iterator[str]:
    ended = [row for row in table.rows() if row.until is not None and row.until <= on]
    yield from _plain(table, "以前の規定 · Earlier law", ended, None, period_words)


# PINs


def _pins(book: Rulebook, on: date) -> Iterator[str]:
    table = book.table
    yield "## 暗証番号 · PINs\n"
    head = ["id", "暗証番号 · PIN", "形 · Shape", "誤入力の回数 · Tries", "守るもの · Protects"]
    rows = []
    for row in table.pins:
        if not row.in_force(on):
            continue
        shape = (
            str(row.shortest) if row.shortest == row.longest else f"{row.shortest}–{row.longest}"
        )
        tries = tries_of(book, row)
        policy = f" (`{row.tries_policy}`)" if row.tries_policy else ""
        rows.append(
            [
                row.id,
                f"{_both(table, 'medium', row.medium.value)}: {_both(table, 'pin', row.pin)}",
                f"{shape} {row.alphabet.value}" if row.longest else row.alphabet.value,
                "OS" if tries is None else f"{tries}{policy}",
                f"{row.note_ja}<br>{row.note_en}",
            ]
        )
    yield from _table(head, rows)
    yield "### 設定し直せる所 · Who can reset what\n"
    yield "○ できる yes · △ 条件付き on conditions · × できない no\n"
    matrix = reset_matrix(book, on=on)
    yield from _table(
        ["経路 · Path", *(pin.id for pin, _ in matrix[0].cells), "条件 · Conditions"],
        (
            [_both(table, "path", line.path), *line.marks(), ", ".join(line.needs)]
            for line in matrix
        ),
    )
    yield from _plain(table, "条件 · Conditions", table.conditions, on, _nothing, level=3)


# Verifiers


def _verifiers(table: RuleTable, on: date) -> Iterator[str]:
    yield from _plain(
        table,
        "だれが何をするか · Actors",
        table.actors,
        on,
        lambda row: f"{row.name_ja}<br>{row.name_en}",
    )
    yield from _plain(
        table,
        "場合と日の限り · In which cases only, and when",
        table.limits,
        on,
        lambda row: row.actor.value,
        level=3,
    )
    yield from _plain(
        table,
        "検証者への提供 · Services to verifiers",
        table.services,
        on,
        lambda row: "<br>".join(role.label_ja for role in row.roles),
    )
    yield from _plain(
        table,
        "検証者の立場で許されること · What a role may do",
        table.permissions,
        on,
        _permission,
        level=3,
    )
    yield "### 番号の対応 · Which serial number leads to which\n"
    kinds = [k for k in CertificateKind if table.exists_from(Subject(k.value)) <= on]
    yield from _table(
        ["から · From", *(_short(Subject(kind.value)) for kind in kinds)],
        (
            [
                _short(Subject(source.value)),
                *(_link_cell(table, source, target, on) for target in kinds),
            ]
            for source in kinds
        ),
    )
    yield from _plain(table, "対応の規定 · Links", table.links, on, _nothing, level=3)
    yield from _plain(
        table,
        "オンラインの申請・届出に署名する鍵 · Which key signs what online",
        table.online_acts,
        on,
        lambda row: "<br>".join(key.label_ja for key in row.signed_with),
    )


def _permission(row: PermissionRow) -> str:
    mark = "○" if row.allowed else "×"
    return "<br>".join(
        (
            f"{mark} {row.act.label_ja} · {row.act.label_en}",
            "、".join(role.label_ja for role in row.roles),
            "、".join(_SHORT[Subject(kind.value)] for kind in row.kinds),
        )
    )


def _link_cell(table: RuleTable, source: CertificateKind, target: CertificateKind, on: date) -> str:
    row = link_row(table, source, target, on=on)
    return f"○ {row.id}" if row.allowed else "×"


# The rest


def _statements(table: RuleTable, on: date) -> Iterator[str]:
    yield "## その他の定めと運用 · Other rules and practice\n"
    for topic in dict.fromkeys(row.topic for row in table.statements):
        rows = [row for row in table.statements if row.topic == topic and row.in_force(on)]
        title = _both(table, "topic", topic)
        yield from _plain(table, title, rows, on, _nothing, level=3)


def _policies(table: RuleTable) -> Iterator[str]:
    yield "## 方針 · Policies\n"
    yield "資料が沈黙し又は食い違うところ · where sources are silent or disagree\n"
    rows = [row for row in table.rows() if isinstance(row, PolicyRow)]
    yield from _table(
        [
            "id",
            "内容 · Question",
            "既定 · Default",
            "選択肢 · Alternatives",
            "根拠 · Sources",
            "確度",
        ],
        (
            [
                f"`{row.id}`",
                f"{row.note_ja}<br>{row.note_en}",
                _word(row.default),
                ", ".join(map(_word, row.alternatives)),
                table.basis_ja(row),
                row.certainty.label_ja,
            ]
            for row in rows
        ),
    )


def _out(table: RuleTable) -> Iterator[str]:
    yield "## 表にないもの · Left out on purpose\n"
    yield from _table(
        ["id", "理由 · Reason"],
        ([row.id, f"{row.reason_ja}<br>{row.reason_en}"] for row in table.out),
    )


def _nothing(_row: Row) -> str:
    return ""


def _figure(row: FigureRow) -> str:
    return f"{row.name} = {row.value}"


def _plain(
    table: RuleTable,
    title: str,
    rows: Iterable[_AnyRow],
    on: date | None,
    content: Callable[[_AnyRow], str],
    *,
    level: int = 2,
) -> Iterator[str]:
    """Rows with what they say, their basis and certainty; those in force on a day, or all."""
    shown = [row for row in rows if on is None or row.in_force(on)]
    inside = [content(row) for row in shown]
    yield "#" * level + f" {title}\n"
    head = ["id", "内容 · Content", "から · Since", "根拠 · Basis", "確度 · Certainty"]
    yield from _table(
        head,
        (
            [
                f"`{row.id}`",
                "<br>".join(part for part in (extra, row.note_ja, row.note_en) if part),
                row.since.isoformat(),
                table.basis_ja(row),
                f"{row.certainty.label_ja} {row.certainty.value}",
            ]
            for row, extra in zip(shown, inside, strict=True)
        ),
    )


def _both(table: RuleTable, field: str, value: str) -> str:
    words = (value_words(table, field, value, "ja"), value_words(table, field, value, "en"))
    return " · ".join(dict.fromkeys(words))


def _word(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(head: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    yield _line(head)
    yield _line(["---"] * len(head))
    for row in rows:
        yield _line(row)
    yield ""


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
