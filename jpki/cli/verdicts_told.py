"""How verdicts are printed: text for people, JSON for programs, the words of ETSI for both."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

import typer
from rich.console import Console
from rich.table import Table

from jpki.validation import FileReport, FilesReport, Language, Verdict

__all__ = ["VerdictFormat", "tell_verdicts"]


class VerdictFormat(StrEnum):
    """How a verdict is printed."""

    TEXT = "text"
    JSON = "json"
    ETSI = "etsi"


def tell_verdicts(report: FilesReport, form: VerdictFormat, language: Language) -> None:
    """Print what was found about one file or many."""
    match form:
        case VerdictFormat.JSON:
            typer.echo(report.model_dump_json(indent=2))
        case VerdictFormat.ETSI:
            for file in report.files:
                for line in _etsi_lines(file):
                    typer.echo(line)
        case VerdictFormat.TEXT if len(report.files) == 1:
            typer.echo(report.files[0].text(language))
        case VerdictFormat.TEXT:
            _tell_many(report, language)


def _etsi_lines(file: FileReport) -> list[str]:
    return [f"{file.file}\t{one.label}\t{one.etsi}" for one in file.signatures]


_COLUMNS: dict[Language, tuple[str, str, str]] = {
    "en": ("file", "signatures", "verdict"),
    "ja": ("ファイル", "署名数", "判定"),
}


def _tell_many(report: FilesReport, language: Language) -> None:
    table = Table(box=None, pad_edge=False)
    for title in _COLUMNS[language]:
        table.add_column(title, overflow="fold")
    for file in report.files:
        worst = next(one for one in file.signatures if one.verdict is file.verdict)
        table.add_row(file.file, str(len(file.signatures)), worst.headline(language))
    Console(highlight=False, markup=False).print(table)
    counts = Counter(file.verdict for file in report.files)
    typer.echo("")
    typer.echo(", ".join(f"{counts[one]} {one.words(language)}" for one in Verdict))
