"""``jpki report``: kept verdicts, shown again, and the form they are kept in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from jpki.cli.exit_codes import exit_code_of
from jpki.cli.inputs import language, read_file
from jpki.cli.telling import Lang, told_errors
from jpki.cli.verdicts_told import VerdictFormat, tell_verdicts
from jpki.validation import FilesReport, read_report

__all__ = ["report_app", "schema", "show"]

report_app = typer.Typer(
    no_args_is_help=True, help="Kept verdicts: show one again, print the schema of their JSON."
)


@report_app.command(epilog="Example: jpki report show verdict.json --lang ja")
def show(
    file: Annotated[Path, typer.Argument(help="What jpki verify --format json printed.")],
    output: Annotated[
        VerdictFormat, typer.Option("--format", help="How to print it.")
    ] = VerdictFormat.TEXT,
    lang: Annotated[
        Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
    ] = None,
) -> None:
    """Show a kept verdict again, in words. Nothing is checked anew.

    The exit status is that of the verdict.
    """
    with told_errors():
        report = read_report(read_file(file), source=str(file))
        tell_verdicts(report, output, language(lang))
    raise typer.Exit(exit_code_of(report.verdict))


@report_app.command(epilog="Example: jpki report schema > report.schema.json")
def schema() -> None:
    """Print the JSON Schema of the reports."""
    typer.echo(json.dumps(FilesReport.model_json_schema(), ensure_ascii=False, indent=2))
