"""``jpki batch verify``: very many signatures, from columns or a folder into columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jpki.batch.settings import BatchSettings
from jpki.cli.inputs import instant, language, read_list_files, read_lists, read_roots
from jpki.cli.real_clock import real_now
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.law import VerifierRole
from jpki.validation import CheckPurpose, Language, Verdict

__all__ = ["batch_app", "verify"]

batch_app = typer.Typer(no_args_is_help=True, help="Verify very many signatures at once.")


@batch_app.command(
    "verify",
    epilog="Example: jpki batch verify day.parquet verdicts.parquet --trust roots --crl lists\n\n"
    "jpki batch verify inbox/ verdicts.parquet --trust roots --crl lists --at 2026-08-03T12:00\n\n"
    "Columns of day.parquet: signature, and as there are any content or digest, certificate, at, "
    "id. Run the same command again after a kill: it goes on where it was.\n\n"
    "Exit status: 0 when every row has its verdict, whichever it is; 2 usage.",
)
def verify(
    question: Annotated[Path, typer.Argument(help="A Parquet file, or a folder of signed files.")],
    answer: Annotated[Path, typer.Argument(help="The Parquet file to write.")],
    trust: Annotated[
        list[Path] | None,
        typer.Option(help="A root certificate, or a folder of them. Nothing else is trusted."),
    ] = None,
    crl: Annotated[
        list[Path] | None, typer.Option(help="A revocation list, or a folder of them.")
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(help="A revocation index (jpki revocation build), instead of lists."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="The instant for rows that name none in the column at. Default: now."),
    ] = None,
    purpose: Annotated[
        CheckPurpose, typer.Option(help="What bare signature values were made for.")
    ] = CheckPurpose.SIGNATURE,
    role: Annotated[
        VerifierRole | None,
        typer.Option(help="What you are in the eyes of the Act; a check it does not permit ends."),
    ] = None,
    list_tolerance: Annotated[
        float,
        typer.Option(min=0, help="Hours for which outdated revocation data is still believed."),
    ] = 0.0,
    attributes: Annotated[
        bool,
        typer.Option(
            "--attributes", help="Write the four items of signature certificates: personal data."
        ),
    ] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, max=256, help="Default: as many as there are cores.")
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away what an earlier run left or wrote.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print the summary.")] = (
        Format.TEXT
    ),
    lang: Annotated[
        Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
    ] = None,
) -> None:
    """Judge every row or file, and write the verdicts in the same order.

    A bad row gets a verdict of its own and stops nothing. Nothing is fetched: give the roots and
    the revocation lists, or an index that was built of them. An index is believed, so build it
    yourself.
    """
    with told_errors():
        # Only who verifies batches needs the extra ``scale``.
        from jpki.batch.run import begun_at, verify_batch

        read_lists(crl or ())  # a list that cannot be read is named here, with its file
        settings = BatchSettings(
            roots=tuple(root.der for root in read_roots(trust or ())),
            revocation_lists=read_list_files(crl or ()),
            index=index,
            # A run that is gone on with keeps the instant it began with.
            at=instant(at) if at else (None if restart else begun_at(answer)) or real_now(),
            purpose=purpose,
            list_tolerance=timedelta(hours=list_tolerance),
            role=role,
            attributes=attributes,
        )
        with _progress() as progress:
            summary = verify_batch(
                question,
                answer,
                settings,
                processes=processes,
                restart=restart,
                progress=progress,
            )
    counts = {verdict.value: summary.verdicts.get(verdict.value, 0) for verdict in Verdict}
    if output is Format.JSON:
        write_json({"rows": summary.rows, "resumed": summary.resumed, "verdicts": counts})
        return
    typer.echo(_line(summary.rows, counts, language(lang)))


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on a terminal's error stream, and nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("verifying", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _line(rows: int, counts: Mapping[str, int], lang: Language) -> str:
    told = ", ".join(f"{counts[verdict.value]:,} {verdict.words(lang)}" for verdict in Verdict)
    return f"{rows:,}件：{told}" if lang == "ja" else f"{rows:,} rows: {told}"
