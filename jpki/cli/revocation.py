"""``jpki revocation``: an index of revocations, built, asked, compared and described."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jpki.certificates import AuthorityCertificate, parse_certificate
from jpki.certificates.names import distribution_point_name
from jpki.cli.exit_codes import ExitCode
from jpki.cli.inputs import instant, language, listed_files, read_file, read_roots
from jpki.cli.outputs import refuse_existing
from jpki.cli.real_clock import real_now
from jpki.cli.revocation_told import (
    change_data,
    change_line,
    section_data,
    section_line,
    status_data,
    status_line,
)
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.errors import IssuerUnknown, MalformedDocument
from jpki.revocation import Issuer, Standing, Subject
from jpki.terms import Purpose

if TYPE_CHECKING:
    from jpki.revocation.index import IndexedStatus, RevocationIndex

__all__ = ["build", "diff", "query", "revocation_app", "stats"]

revocation_app = typer.Typer(
    no_args_is_help=True,
    help="An index of millions of revocations in one file (失効情報の索引). Needs the extra scale.",
    epilog="Exit status of query: 0 good, 1 held or revoked, 3 unknown; the worst of several.",
)

_MOST_DAYS = 36_525
"""A hundred years, which is longer than any certificate is asked about."""

IndexArgument = Annotated[Path, typer.Argument(metavar="INDEX", help="The index.")]
TrustOption = Annotated[
    list[Path] | None,
    typer.Option(help="An authority's certificate, or a folder of them. Nothing else is trusted."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the result.")]
LangOption = Annotated[
    Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
]
VerifyOption = Annotated[
    bool, typer.Option("--verify", help="Check every byte of the index first.")
]


@revocation_app.command(
    epilog="Example: jpki revocation build today.idx --trust roots/ --crl lists/\n\n"
    "jpki revocation build today.idx --trust roots/ --crl lists/ --from yesterday.idx "
    "--keep-days 60\n\n"
    "jpki revocation build all.idx --trust roots/ --parquet entries.parquet --unsigned"
)
def build(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The index to write.")],
    trust: TrustOption = None,
    crl: Annotated[
        list[Path] | None, typer.Option(help="A revocation list, or a folder of them.")
    ] = None,
    ocsp: Annotated[
        list[Path] | None,
        typer.Option(help="OCSP answers one after another in a file, or a folder of such files."),
    ] = None,
    parquet: Annotated[
        list[Path] | None, typer.Option(help="Entries in columns; signed by nobody.")
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="You vouch for the columns of --parquet.")
    ] = False,
    since: Annotated[
        Path | None,
        typer.Option("--from", metavar="INDEX", help="Go on from this index."),
    ] = None,
    keep_days: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            min=0,
            max=_MOST_DAYS,
            help="Keep lists at most so much older than the newest of their partition. "
            "Default: keep all.",
        ),
    ] = None,
    keep_going: Annotated[
        bool,
        typer.Option("--keep-going", help="Leave out lists that cannot be taken, and say which."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file.")] = False,
    output: FormatOption = Format.TEXT,
) -> None:
    """Build an index of lists, OCSP answers or columns; every signature is checked.

    The file appears, or is replaced, when it is whole. Exit status 3 when something was left out.
    """
    with told_errors():
        from jpki.revocation.index import IndexBuilder, RevocationIndex

        if parquet and not unsigned:
            raise MalformedDocument(
                "columns are signed by nobody", source="--parquet", hint="add --unsigned"
            )
        refuse_existing(out, force=force)
        authorities = read_roots(trust or ())
        old = RevocationIndex.open(since, verify=True) if since is not None else None
        keep = None if keep_days is None else timedelta(days=keep_days)
        builder = IndexBuilder(authorities, since=old, strict=not keep_going, keep=keep)
        lists = [file for path in crl or () for file in listed_files(path, {".crl"})]
        with _progress("lists") as told:
            builder.add_lists(lists, progress=told)
        if ocsp:
            from jpki.revocation.index.exchange import answers_in

            for path in ocsp:
                for file in listed_files(path, {".ors", ".ocsp"}):
                    builder.add_answers(answers_in(file), source=str(file))
        if parquet:
            from jpki.revocation.index.exchange import add_parquet

            for path in parquet:
                add_parquet(builder, path, authorities)
        report = builder.write(out)
    if output is Format.JSON:
        write_json(
            {
                "index": str(out),
                "lists": report.lists,
                "known_already": report.known_already,
                "dropped": report.dropped,
                "entries": report.entries,
                "bytes": report.size,
                "left_out": [{"code": one.code, "message": str(one)} for one in report.left_out],
            }
        )
    else:
        dropped = f"{report.dropped} dropped for their age, " if keep_days is not None else ""
        typer.echo(
            f"{out}: {report.entries:,} entries of {report.lists} new lists, "
            f"{report.known_already} known already, {dropped}{report.size:,} bytes"
        )
        for one in report.left_out:
            typer.echo(f"left out [{one.code}]: {one}", err=True)
    if report.left_out:
        raise typer.Exit(ExitCode.INDETERMINATE)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on the error stream when that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@revocation_app.command(
    epilog="Example: jpki revocation query today.idx --trust roots/ --certificate signer.cer\n\n"
    "jpki revocation query today.idx 109051905 0x06800009 --trust roots/ "
    "--partition Tokyo-to/Shibuya-ku --at 2026-08-04T09:00:00+09:00"
)
def query(
    index: IndexArgument,
    serials: Annotated[
        list[str] | None, typer.Argument(metavar="SERIAL", help="Numbers, decimal or 0x….")
    ] = None,
    certificate: Annotated[
        list[Path] | None, typer.Option(help="A certificate, DER or PEM, instead of numbers.")
    ] = None,
    trust: TrustOption = None,
    partition: Annotated[
        str | None,
        typer.Option(metavar="PREFECTURE/MUNICIPALITY", help="Where the numbers were issued."),
    ] = None,
    purpose: Annotated[
        Purpose | None, typer.Option(help="Whose numbers, when authorities of both are trusted.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="The instant or day that is asked about. Default: now.")
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(metavar="HOURS", min=0, help="How long after nextUpdate a list is believed."),
    ] = 0.0,
    verify: Annotated[
        bool,
        typer.Option(help="Whether every byte of the index is checked before it answers."),
    ] = True,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Ask what the index says of certificates at an instant: good, held, revoked or unknown."""
    with told_errors():
        from jpki.revocation.index import RevocationIndex

        opened = RevocationIndex.open(index, verify=verify)
        asked = _questions(serials or [], certificate or [], partition, purpose, trust or [])
        moment = instant(at) if at else real_now()
        late = timedelta(hours=tolerance)
        found = [
            (shown, opened.judge(subject, issuer=issuer, at=moment, tolerance=late))
            for shown, subject, issuer in asked
        ]
        if output is Format.JSON:
            write_json([status_data(shown, one) for shown, one in found])
        else:
            for shown, one in found:
                typer.echo(status_line(shown, one, language(lang)))
    raise typer.Exit(max(_exit_code(one) for _, one in found))


def _exit_code(status: IndexedStatus) -> ExitCode:
    if status.standing is Standing.UNKNOWN:
        return ExitCode.INDETERMINATE
    return ExitCode.VALID if status.standing is Standing.GOOD else ExitCode.INVALID


_Question = tuple[str, Subject, Issuer]


def _questions(
    serials: list[str],
    certificates: list[Path],
    partition: str | None,
    purpose: Purpose | None,
    trust: list[Path],
) -> list[_Question]:
    authorities = read_roots(trust)
    if not serials and not certificates:
        raise MalformedDocument("nothing is asked about", hint="give numbers or --certificate")
    asked = [_by_certificate(path, authorities) for path in certificates]
    if serials:
        authority = _only_authority(authorities, purpose)
        point = _point(partition, authority)
        issuer = Issuer.of(authority)
        asked += [
            (text, Subject(issuer.name, _number(text), points=(point,)), issuer) for text in serials
        ]
    return asked


def _by_certificate(path: Path, authorities: tuple[AuthorityCertificate, ...]) -> _Question:
    read = parse_certificate(read_file(path), source=str(path))
    authority = next((one for one in authorities if one.signed(read)), None)
    if authority is None:
        raise IssuerUnknown(
            f"{path}: none of the authorities given issued this certificate",
            hint="give the authority's certificate with --trust",
        )
    return str(path), Subject.of(read), Issuer.of(authority)


def _only_authority(
    authorities: tuple[AuthorityCertificate, ...], purpose: Purpose | None
) -> AuthorityCertificate:
    fitting = [one for one in authorities if purpose in (None, one.purpose)]
    if len(fitting) != 1:
        raise MalformedDocument(
            f"{len(fitting)} authorities could have issued these numbers",
            source="--trust",
            hint="give one authority's certificate, or --purpose",
        )
    return fitting[0]


def _point(partition: str | None, authority: AuthorityCertificate) -> bytes:
    prefecture, _, municipality = (partition or "").partition("/")
    if not prefecture or not municipality:
        raise MalformedDocument(
            "numbers are looked up in the list of the place of issue",
            source="--partition",
            hint="write Tokyo-to/Shibuya-ku, as in the certificate's distribution point",
        )
    return distribution_point_name(
        authority.hierarchy, authority.purpose, prefecture=prefecture, municipality=municipality
    ).der


def _number(text: str) -> int:
    try:
        return int(text, 0) if text[:2].lower() == "0x" else int(text)
    except ValueError:
        raise MalformedDocument(
            f"{text[:40]!r} is no number", source="SERIAL", hint="write 109051905 or 0x06800001"
        ) from None


@revocation_app.command(
    name="diff", epilog="Example: jpki revocation diff yesterday.idx today.idx --format json"
)
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier index.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later index.")],
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Tell what the newest lists of one index say otherwise than those of another."""
    with told_errors():
        from jpki.revocation.index import RevocationIndex, changes

        before, after = (RevocationIndex.open(one, verify=True) for one in (old, new))
        found = changes(before, after)
        if output is Format.JSON:
            write_json([change_data(one) for one in found])
            return
        for one in found:
            typer.echo(change_line(one, language(lang)))


@revocation_app.command(epilog="Example: jpki revocation stats today.idx --verify")
def stats(
    index: IndexArgument,
    verify: VerifyOption = False,
    output: FormatOption = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Describe an index: authorities, partitions, lists, entries by reason, and its size."""
    with told_errors():
        from jpki.revocation.index import RevocationIndex

        opened = RevocationIndex.open(index)
        if verify:
            _verified(opened)
        if output is Format.JSON:
            write_json(
                {
                    "index": str(index),
                    "bytes": opened.size,
                    "verified": verify,
                    "sections": [section_data(one) for one in opened.sections],
                }
            )
            return
        typer.echo(f"{index}: {opened.size:,} bytes{' [ok]' if verify else ''}")
        for one in opened.sections:
            typer.echo(section_line(one, language(lang)))


def _verified(opened: RevocationIndex) -> None:
    with _progress("checking") as told:
        opened.verify(progress=told)
