"""``jpki verify``: the verdict on signed files, one or many."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from jpki.cli.exit_codes import exit_code_of
from jpki.cli.inputs import (
    instant,
    language,
    opened,
    read_answers,
    read_certificate_files,
    read_file,
    read_list_files,
    read_lists,
    read_roots,
)
from jpki.cli.real_clock import real_now
from jpki.cli.telling import Lang, told_errors
from jpki.cli.verdicts_told import VerdictFormat, tell_verdicts
from jpki.errors import MalformedDocument
from jpki.law import VerifierRole
from jpki.revocation import StatusSource
from jpki.validation import (
    POLICIES,
    DocumentReport,
    Evidence,
    FileReport,
    FilesReport,
    RevocationCheck,
    TimeBasis,
    TimeTrust,
    VerificationPolicy,
)
from jpki.verify import explain_document, explain_raw

__all__ = ["verify"]


def verify(
    files: Annotated[
        list[Path],
        typer.Argument(help="Signed files: CMS (.p7s, DER or PEM), PDF or XML, told apart alone."),
    ],
    content: Annotated[
        Path | None,
        typer.Option(
            help="What was signed. Default: the signature's file name without .p7s, if it exists."
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="The signer's certificate: FILE is a bare 256-byte signature value."),
    ] = None,
    digest: Annotated[
        str | None,
        typer.Option(help="With --certificate: the SHA-256 of the content, 64 hex digits."),
    ] = None,
    lenient_digest_info: Annotated[
        bool,
        typer.Option(
            "--lenient-digest-info",
            help="Also take a signature value whose DigestInfo lacks the NULL (RFC 8017 §9.2).",
        ),
    ] = False,
    attached: Annotated[
        list[Path] | None,
        typer.Option("--file", help="A file that an XML signature refers to by name."),
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option(help="A root certificate, or a folder of them. Nothing else is trusted."),
    ] = None,
    crl: Annotated[
        list[Path] | None, typer.Option(help="A revocation list, or a folder of them.")
    ] = None,
    ocsp: Annotated[
        list[Path] | None, typer.Option(help="An OCSP answer (.ors), or a folder of them.")
    ] = None,
    crl_url: Annotated[
        str | None,
        typer.Option(
            help="Where lists are fetched, such as http://127.0.0.1:8080/{prefecture}/"
            "{municipality}.crl. Nothing is fetched without it."
        ),
    ] = None,
    ocsp_url: Annotated[
        str | None, typer.Option(help="An OCSP responder to ask. None is asked without it.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="A folder to keep fetched revocation data in.")
    ] = None,
    timestamp_trust: Annotated[
        list[Path] | None,
        typer.Option(help="A root of timestamp authorities, or a folder of them."),
    ] = None,
    timestamp_crl: Annotated[
        list[Path] | None,
        typer.Option(help="A revocation list of timestamp authorities, or a folder of them."),
    ] = None,
    timestamp_status: Annotated[
        bool,
        typer.Option(
            help="Whether a timestamp proves anything only when its authority's certificates are "
            "known not to be revoked."
        ),
    ] = True,
    at: Annotated[
        str | None,
        typer.Option(
            help="The instant to judge at: ISO 8601 (Japan time if no zone), or a day, meaning "
            "its end. Default: now."
        ),
    ] = None,
    received_at: Annotated[
        str | None,
        typer.Option(help="When the file was received, by your own record; a proof of existence."),
    ] = None,
    policy: Annotated[
        TimeBasis,
        typer.Option(
            help="reception: judged when checked, as JPKI verifiers must. best-signature-time: "
            "judged at the earliest proven instant, for archives."
        ),
    ] = TimeBasis.RECEPTION,
    role: Annotated[
        VerifierRole | None,
        typer.Option(help="What you are in the eyes of the Act; a check it does not permit ends."),
    ] = None,
    list_tolerance: Annotated[
        float,
        typer.Option(min=0, help="Hours for which outdated revocation data is still believed."),
    ] = 0.0,
    output: Annotated[
        VerdictFormat, typer.Option("--format", help="How to print the result.")
    ] = VerdictFormat.TEXT,
    lang: Annotated[
        Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
    ] = None,
) -> None:
    """Say whether signatures are valid, invalid, or could not be checked, and why.

    Nothing is fetched from the network unless you give an address: give the roots and the
    revocation data. With several files there is a summary, and the exit status is that of the
    worst verdict.
    """
    with told_errors():
        if content is not None and len(files) > 1:
            raise MalformedDocument(
                "one content cannot belong to several files", source="--content"
            )
        desk = _Desk(
            evidence=Evidence(
                roots=read_roots(trust or ()),
                revocation_lists=read_lists(crl or ()),
                ocsp_answers=read_answers(ocsp or ()),
                sources=_sources(crl_url, ocsp_url, cache),
                timestamp_trust=_time_trust(timestamp_trust, timestamp_crl, timestamp_status),
                received_at=instant(received_at, source="--received-at") if received_at else None,
            ),
            at=instant(at) if at else real_now(),
            policy=_policy(policy, list_tolerance, role, lenient=lenient_digest_info),
            certificate=read_file(certificate) if certificate else None,
            digest=_sha256_from(digest) if digest else None,
            files={path.name: read_file(path) for path in attached or ()},
        )
        report = FilesReport.of(
            FileReport.of(str(path), desk.judge(path, content or _beside(path)))
            for path in _with_progress(files)
        )
    tell_verdicts(report, output, language(lang))
    raise typer.Exit(exit_code_of(report.verdict))


@dataclass(frozen=True, slots=True)
class _Desk:
    """What stays the same from file to file."""

    evidence: Evidence
    at: datetime
    policy: VerificationPolicy
    certificate: bytes | None
    digest: bytes | None
    files: Mapping[str, bytes]

    def judge(self, path: Path, content: Path | None) -> DocumentReport:
        data = read_file(path)
        with opened(content) as stream:
            if self.certificate is None:
                return explain_document(
                    data,
                    content=stream,
                    files=self.files,
                    evidence=self.evidence,
                    at=self.at,
                    policy=self.policy,
                )
            report = explain_raw(
                data,
                certificate=self.certificate,
                content=stream,
                digest=self.digest,
                evidence=self.evidence,
                at=self.at,
                policy=self.policy,
            )
            return DocumentReport(verdict=report.verdict, signatures=(report,))


def _sources(
    lists: str | None, responder: str | None, cache: Path | None
) -> tuple[StatusSource, ...]:
    if lists is None and responder is None:
        return ()
    # Only who fetches needs the extra ``http``.
    from jpki.revocation.http import HttpCache, HttpSource

    return (
        HttpSource(
            clock=real_now,
            lists=lists,
            responder=responder,
            nonces=lambda: secrets.token_bytes(_NONCE_BYTES),
            cache=HttpCache(cache) if cache is not None else None,
        ),
    )


# RFC 9654 §2.1: nonces of 32 octets.
_NONCE_BYTES = 32


def _time_trust(
    roots: list[Path] | None, lists: list[Path] | None, status: bool
) -> TimeTrust | None:
    if not roots:
        return None
    return TimeTrust(
        roots=read_certificate_files(roots),
        crls=read_list_files(lists or ()),
        revocation=RevocationCheck.REQUIRED if status else RevocationCheck.NONE,
    )


def _sha256_from(text: str) -> bytes:
    if re.fullmatch(r"[0-9A-Fa-f]{64}", text) is None:
        raise MalformedDocument(
            "not a SHA-256 digest", source="--digest", hint="give 64 hexadecimal digits"
        )
    return bytes.fromhex(text)


def _with_progress(files: list[Path]) -> Iterable[Path]:
    """Show a bar on the error stream when there are several files and somebody is looking."""
    console = Console(stderr=True)
    if len(files) == 1 or not console.is_terminal:
        return files
    return track(files, description="verifying", console=console, transient=True)


def _policy(
    name: TimeBasis, list_tolerance: float, role: VerifierRole | None, *, lenient: bool
) -> VerificationPolicy:
    tolerance = timedelta(hours=list_tolerance)
    return replace(
        POLICIES[name.value], list_tolerance=tolerance, role=role, lenient_digest_info=lenient
    )


def _beside(signature: Path) -> Path | None:
    """Return ``contract.txt`` for ``contract.txt.p7s``, as detached signatures are kept."""
    beside = signature.with_suffix("")
    return beside if signature.suffix in _DETACHED and beside.is_file() else None


_DETACHED = frozenset({".p7s", ".sig"})
