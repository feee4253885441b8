"""``jpki law``: the rules for people and programs; ``jpki expiry``: when things end, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import typer

from jpki.cli.inputs import language
from jpki.cli.telling import Format, Lang, told_errors
from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.law import (
    Limit,
    Rulebook,
    RuleTable,
    Subject,
    Validity,
    authentication_expiry,
    card_expiry,
    changes,
    five_or_six,
    load,
    mobile_expiry,
    row_as_dict,
    rows_of,
    signature_expiry,
    substitute_expiry,
)
from jpki.law.consequences import Case, cases_of
from jpki.law.model import EventRow, Row, Rule
from jpki.law.pages import day_of_page, law_page
from jpki.law.resets import ResetLine, reset_matrix
from jpki.law.wording import (
    Language,
    case_words,
    certainty_words,
    note_of,
    outcome_words,
    row_lines,
    subject_words,
    value_words,
)
from jpki.terms import Certainty, CertificateKind

__all__ = [
    "LawFormat",
    "diff",
    "events",
    "expiry",
    "explain",
    "law_app",
    "list_rows",
    "resets",
    "show",
]

law_app = typer.Typer(
    no_args_is_help=True,
    help="The law as data: which event ends which certificate, since when, and on what basis.",
)


class LawFormat(StrEnum):
    """How the tables are printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


_FormatOption = Annotated[Format, typer.Option("--format", help="How to print the result.")]
_LangOption = Annotated[
    Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
]
_PolicyOption = Annotated[
    list[str] | None, typer.Option("--policy", help="Set a policy: name=value.")
]


@law_app.command(epilog="Example: jpki law show --on 2024-05-27 --kind mobile_signature")
def show(
    on: Annotated[
        str | None, typer.Option(help="Only what is in force on this day (YYYY-MM-DD).")
    ] = None,
    kind: Annotated[
        list[Subject] | None, typer.Option(help="Only rules about this; may be repeated.")
    ] = None,
    output: Annotated[LawFormat, typer.Option("--format", help="How to print.")] = LawFormat.TEXT,
    lang: _LangOption = None,
) -> None:
    """Print the rows of the tables, all of them or those in force on a day.

    Markdown is the whole page in both languages, for the day given or the day the law was read.
    """
    with told_errors():
        book, day = Rulebook.default(), _day(on, "--on") if on else None
        if output is LawFormat.MARKDOWN:
            if kind:
                raise MalformedDocument("--kind does not go with markdown", source="--kind")
            page = law_page(book, on=day or day_of_page(book.table))
            typer.echo(page, nl=False)
            return
        rows = rows_of(book.table, on=day)
        if kind:
            wanted = set(kind)
            rows = tuple(r for r in rows if isinstance(r, Rule) and wanted & set(r.subjects))
        _print_rows(book.table, rows, Format(output.value), language(lang))


@law_app.command(epilog="Example: jpki law diff 2024-05-26 2024-05-27")
def diff(
    earlier: Annotated[str, typer.Argument(help="A day (YYYY-MM-DD).")],
    later: Annotated[str, typer.Argument(help="Another day.")],
    output: _FormatOption = Format.TEXT,
    lang: _LangOption = None,
) -> None:
    """Print which rows began and which ended between two days."""
    with told_errors():
        table, words = load(), language(lang)
        found = changes(table, earlier=_day(earlier, "EARLIER"), later=_day(later, "LATER"))
        if output is Format.JSON:
            _print_json(
                {
                    "earlier": found.earlier.isoformat(),
                    "later": found.later.isoformat(),
                    "began": [row_as_dict(table, row) for row in found.began],
                    "ended": [row_as_dict(table, row) for row in found.ended],
                }
            )
            return
        heads = ("施行", "廃止") if words == "ja" else ("began", "ended")
        for head, rows in zip(heads, (found.began, found.ended), strict=True):
            typer.echo(f"{head}: {len(rows)}")
            for row in rows:
                _print_lines(f"  {line}" for line in row_lines(table, row, words))


@law_app.command("list", epilog="Example: jpki law list --certainty assumed")
def list_rows(
    certainty: Annotated[
        Certainty | None, typer.Option(help="Only rows that are this sure.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="Only what is in force on this day (YYYY-MM-DD).")
    ] = None,
    output: _FormatOption = Format.TEXT,
    lang: _LangOption = None,
) -> None:
    """Print rows by certainty; with --certainty assumed, the agenda for a lawyer."""
    with told_errors():
        table = load()
        rows = rows_of(table, on=_day(on, "--on") if on else None, certainty=certainty)
        _print_rows(table, rows, output, language(lang))


@law_app.command(epilog="Example: jpki law explain resident_record_amended --on 2026-08-04")
def explain(
    event: Annotated[str, typer.Argument(help="The event; jpki law events lists them.")],
    on: Annotated[str, typer.Option(help="The day whose law answers (YYYY-MM-DD).")],
    policy: _PolicyOption = None,
    output: _FormatOption = Format.TEXT,
    lang: _LangOption = None,
) -> None:
    """Say what an event does to each certificate, case by case, rule by rule."""
    with told_errors():
        book = _book(policy)
        row, day, words = _event(book.table, event), _day(on, "--on"), language(lang)
        if day < row.since:
            raise ImpossibleFact(f"{row.id} exists only since {row.since}")
        cases = list(cases_of(book, row, on=day))
        if output is Format.JSON:
            _print_json(
                {
                    "event": row.id,
                    "on": day.isoformat(),
                    "cases": [_case_as_dict(case) for case in cases],
                }
            )
            return
        typer.echo(f"{row.id}: {note_of(row, words)} ({day})")
        for case in cases:
            _print_lines(_case_lines(book.table, case, words))


@law_app.command(epilog="Example: jpki law events --lang ja")
def events(output: _FormatOption = Format.TEXT, lang: _LangOption = None) -> None:
    """List the events that the rules speak of, with the values their fields can take."""
    with told_errors():
        table, words = load(), language(lang)
        if output is Format.JSON:
            _print_json([row_as_dict(table, row) for row in table.events])
            return
        for row in table.events:
            typer.echo(f"{row.id}: {note_of(row, words)} ({row.since} –)")
            for name, values in row.domain.items():
                shown = ", ".join(str(v).lower() if isinstance(v, bool) else v for v in values)
                typer.echo(f"    {name}: {shown}")


@law_app.command(epilog="Example: jpki law resets --on 2024-05-26")
def resets(
    on: Annotated[
        str | None, typer.Option(help="The day whose law answers. Default: the day it was read.")
    ] = None,
    policy: _PolicyOption = None,
    output: _FormatOption = Format.TEXT,
    lang: _LangOption = None,
) -> None:
    """Say who sets which PIN anew: yes (○), on conditions (△) or no (×), assumed (?)."""
    with told_errors():
        book, words = _book(policy), language(lang)
        matrix = reset_matrix(book, on=_day(on, "--on") if on else day_of_page(book.table))
        if output is Format.JSON:
            _print_json([_resets_as_dict(line) for line in matrix])
            return
        for line in matrix:
            cells = zip(line.cells, line.marks(), strict=True)
            marks = "  ".join(f"{pin.id} {mark:3}" for (pin, _), mark in cells)
            needs = f" ({', '.join(line.needs)})" if line.needs else ""
            typer.echo(f"{marks}  {value_words(book.table, 'path', line.path, words)}{needs}")


def _resets_as_dict(line: ResetLine) -> dict[str, Any]:
    return {
        "path": line.path,
        "pins": {
            pin.id: {"allowed": row.allowed, "needs": list(row.needs), "rule": row.id}
            for pin, row in line.cells
        },
    }


def expiry(
    born: Annotated[str, typer.Option(help="Date of birth (YYYY-MM-DD).")],
    made: Annotated[str, typer.Option(help="The day the card was made.")],
    issued: Annotated[
        str | None, typer.Option(help="The day the certificates are issued. Default: made.")
    ] = None,
    residence: Annotated[
        str | None, typer.Option(help="The end of a foreign resident's period of stay.")
    ] = None,
    current: Annotated[
        str | None,
        typer.Option(help="The last day of the certificates to be renewed, if there are any."),
    ] = None,
    early_card: Annotated[
        bool, typer.Option("--early-card", help="The card is an early renewal (one birthday more).")
    ] = False,
    policy: _PolicyOption = None,
    output: _FormatOption = Format.TEXT,
    lang: _LangOption = None,
) -> None:
    """Compute when card and certificates end, with the reason for each limit."""
    with told_errors():
        book, words = _book(policy), language(lang)
        made_on, birth_date = _day(made, "--made"), _day(born, "--born")
        issued_on = _day(issued, "--issued") if issued else made_on
        if issued_on < made_on:
            raise ImpossibleFact("certificates are not issued before the card was made")
        card = card_expiry(
            made_on,
            birth_date,
            residence_ends_on=_day(residence, "--residence") if residence else None,
            early_renewal=early_card,
            book=book,
        )
        ends = _certificates(
            book, birth_date, issued_on, card, _day(current, "--current") if current else None
        )
        if output is Format.JSON:
            _print_json({name: _validity_as_dict(each) for name, each in ends.items()})
            return
        for name, each in ends.items():
            typer.echo(f"{subject_words(Subject(name), words)}: {each.ends_on}")
            _print_lines(_limit_line(limit, each, words) for limit in each.limits)


def _certificates(
    book: Rulebook, born: date, issued_on: date, card: Validity, current: date | None
) -> dict[str, Validity]:
    if card.ends_on < issued_on:
        raise ImpossibleFact(f"the card ended on {card.ends_on}, before the certificates' issue")
    counts = {
        kind: five_or_six(kind, applied_on=issued_on, current_expires_on=current, book=book)
        for kind in (CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION)
    }
    authentication = authentication_expiry(
        issued_on,
        born,
        card_expires_on=card.ends_on,
        count=counts[CertificateKind.CARD_AUTHENTICATION],
        book=book,
    )
    signature = signature_expiry(
        issued_on,
        born,
        card_expires_on=card.ends_on,
        authentication_expires_on=authentication.ends_on,
        count=counts[CertificateKind.CARD_SIGNATURE],
        book=book,
    )
    found = {
        Subject.CARD.value: card,
        Subject.CARD_SIGNATURE.value: signature,
        Subject.CARD_AUTHENTICATION.value: authentication,
    }
    for kind, partner in (
        (CertificateKind.MOBILE_SIGNATURE, signature),
        (CertificateKind.MOBILE_AUTHENTICATION, authentication),
    ):
        if issued_on >= book.table.exists_from(Subject(kind.value)):
            found[kind.value] = mobile_expiry(
                kind, issued_on=issued_on, partner_expires_on=partner.ends_on, book=book
            )
    if issued_on >= book.table.exists_from(Subject.CARD_SUBSTITUTE):
        found[Subject.CARD_SUBSTITUTE.value] = substitute_expiry(
            issued_on,
            born,
            card_expires_on=card.ends_on,
            signature_expires_on=signature.ends_on,
            book=book,
        )
    return found


# What is read


def _day(text: str, source: str) -> date:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-08-04") else _no_day(text)
    except ValueError:
        raise MalformedDocument(
            f"{text!r} is not a day", source=source, hint="write it as 2026-08-04"
        ) from None


def _no_day(text: str) -> date:
    raise ValueError(text)


def _event(table: RuleTable, name: str) -> EventRow:
    for row in table.events:
        if row.id == name:
            return row
    raise MalformedDocument(
        f"there is no event {name!r}", source="EVENT", hint="jpki law events lists them"
    )


def _book(chosen: Iterable[str] | None) -> Rulebook:
    """The default rulebook with policies as they are written: true, false, a number or a word."""
    book = Rulebook.default()
    for each in chosen or ():
        name, equals, text = each.partition("=")
        if not equals:
            raise MalformedDocument(
                f"{each!r} sets nothing", source="--policy", hint="write name=value"
            )
        known = book.policies.row(name).alternatives
        value = next((each for each in known if _written(each) == text), text)
        book = book.with_(**{name: value})
    return book


def _written(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# What is printed


def _print_rows(table: RuleTable, rows: Iterable[Row], output: Format, words: Language) -> None:
    if output is Format.JSON:
        _print_json([row_as_dict(table, row) for row in rows])
        return
    for row in rows:
        _print_lines(row_lines(table, row, words))


def _case_lines(table: RuleTable, case: Case, words: Language) -> Iterator[str]:
    yield f"  {case_words(table, case, words)}"
    for subject, outcome in case.outcomes:
        rule = table.rule(outcome.ruling.rule)
        basis = table.basis_ja(rule) if words == "ja" else table.basis_en(rule)
        yield (
            f"    {outcome.mark:4}{subject_words(subject, words)}: {outcome_words(outcome, words)}"
            f"  [{rule.id}] {basis} ({certainty_words(rule.certainty, words)})"
            + "".join(f" <- {each}" for each in reversed(outcome.through))
        )


def _case_as_dict(case: Case) -> dict[str, Any]:
    return {
        "fields": {name: list(values) for name, values in case.fields},
        "named": None if case.named is None else case.named.value,
        "outcomes": {
            subject.value: {
                "mark": outcome.mark,
                "effect": outcome.ruling.effect.value,
                "rule": outcome.ruling.rule,
                "through": list(outcome.through),
                "reason": None if outcome.ruling.reason is None else outcome.ruling.reason.rfc_name,
            }
            for subject, outcome in case.outcomes
        },
    }


def _limit_line(limit: Limit, validity: Validity, words: Language) -> str:
    decides = "*" if limit in validity.decided_by else " "
    note = limit.note_ja if words == "ja" else limit.note_en
    return f"  {decides} {limit.on}  [{limit.rule}] {note}"


def _validity_as_dict(validity: Validity) -> dict[str, Any]:
    return {
        "ends_on": validity.ends_on.isoformat(),
        "limits": [
            {
                "on": limit.on.isoformat(),
                "rule": limit.rule,
                "decides": limit in validity.decided_by,
                "ja": limit.note_ja,
                "en": limit.note_en,
            }
            for limit in validity.limits
        ],
    }


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _print_json(content: object) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
