"""``jpki cert``: what a certificate in a file says, and whether it is as the profile says."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jpki.certificates import (
    SignatureCertificate,
    SubscriberCertificate,
    UserAuthenticationCertificate,
    parse_certificate,
)
from jpki.certificates.lint import Finding, LintReport, Severity, lint
from jpki.certificates.structure import read_certificate
from jpki.cli.attributes_told import ShowPersonal, told_attributes, told_value
from jpki.cli.certificates_told import CertificateFormat, pem
from jpki.cli.exit_codes import ExitCode
from jpki.cli.inputs import language, read_file
from jpki.cli.outputs import write_bytes
from jpki.cli.telling import Format, Lang, told_errors, write_json
from jpki.errors import FormatError, MalformedDocument
from jpki.trust import Trusted, examine

if TYPE_CHECKING:
    from jpki.validation import Language

__all__ = ["cert_app", "lint_files", "show"]

cert_app = typer.Typer(
    no_args_is_help=True,
    help="Certificates in files (電子証明書).",
    epilog="Exit status: 0 done and in profile, 1 not in profile, 2 usage.",
)

LangOption = Annotated[
    Lang | None, typer.Option(help="Language of the text. Default: the locale's.")
]
FilesArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Certificates, DER or PEM.")
]


@cert_app.command(epilog="Example: jpki cert show auth.pem --format json")
def show(
    files: FilesArgument,
    personal: ShowPersonal = False,
    output: Annotated[
        CertificateFormat,
        typer.Option("--format", help="How to write it; der and pem are the whole certificate."),
    ] = CertificateFormat.TEXT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file to write.")] = None,
    lang: LangOption = None,
) -> None:
    """Show what a holder's or an authority's certificate says. Nothing is verified.

    What is personal is masked.
    """
    with told_errors():
        given = [(path, read_file(path)) for path in files]
        match output:
            case CertificateFormat.DER | CertificateFormat.PEM:
                write_bytes(_converted(given, output), out)
            case CertificateFormat.JSON:
                facts = [_facts(data, path, personal=personal) for path, data in given]
                write_json(facts)
            case CertificateFormat.TEXT:
                for path, data in given:
                    _tell(_facts(data, path, personal=personal), language(lang))


def _converted(given: list[tuple[Path, bytes]], output: CertificateFormat) -> bytes:
    ders = [read_certificate(data, source=str(path)).element.der for path, data in given]
    if output is CertificateFormat.PEM:
        return b"".join(map(pem, ders))
    if len(ders) > 1:
        raise MalformedDocument("DER holds one certificate", source="--format", hint="use pem")
    return ders[0]


def _facts(data: bytes, path: Path, *, personal: bool) -> dict[str, object]:
    raw = read_certificate(data, source=str(path))
    der = raw.element.der
    if raw.subject.der == raw.issuer.der:
        known = _authority_facts(examine(der, source=str(path)))
    else:
        known = _holder_facts(parse_certificate(der, source=str(path)), personal=personal)
    return {
        "file": str(path),
        **known,
        "sha256": hashlib.sha256(der).hexdigest(),
        "length": len(der),
    }


def _authority_facts(found: Trusted) -> dict[str, object]:
    authority = found.authority
    return {
        "kind": "authority",
        "purpose": authority.purpose.value,
        "standing": found.standing.value,
        "generation": found.generation,
        "hierarchy": authority.hierarchy.value,
        "serial": authority.serial,
        "not_before": authority.not_before.isoformat(),
        "not_after": authority.not_after.isoformat(),
        "subject_key_id": authority.subject_key_id.hex(),
    }


def _holder_facts(
    found: SignatureCertificate | UserAuthenticationCertificate, *, personal: bool
) -> dict[str, object]:
    facts = _common_facts(found, personal=personal)
    if isinstance(found, SignatureCertificate):
        facts |= told_attributes(found.attributes, personal=personal)
    return facts


def _common_facts(found: SubscriberCertificate, *, personal: bool) -> dict[str, object]:
    point = found.crl_distribution_point
    place = f"{point.municipality}, {point.prefecture}" if point.municipality else "?"
    return {
        "kind": found.kind.value,
        "hierarchy": found.hierarchy.value,
        "serial": found.serial,
        "not_before": found.not_before.isoformat(),
        "not_after": found.not_after.isoformat(),
        "key_usage": sorted(usage.name.lower() for usage in found.key_usage),
        "policy": found.policy_oid,
        # The list hangs under the municipality of residence.
        "revocation_list": place if personal else "***",
        "ocsp": found.ocsp_url,
        "authority_key_id": found.authority_key_id.hex(),
        "subject_key_id": found.subject_key_id.hex(),
    }


def _tell(facts: Mapping[str, object], spoken: Language) -> None:
    for name, value in facts.items():
        label = _LABELS_JA.get(name, name) if spoken == "ja" else name.replace("_", " ")
        typer.echo(f"{label}: {told_value(name, value)}")


_LABELS_JA = {
    "file": "ファイル",
    "kind": "種別",
    "purpose": "用途",
    "standing": "区分",
    "generation": "世代",
    "hierarchy": "体系",
    "serial": "発行の番号",
    "not_before": "有効期間の始期",
    "not_after": "有効期間の終期",
    "key_usage": "鍵用途",
    "policy": "証明書ポリシー",
    "revocation_list": "失効リストの区分",
    "ocsp": "OCSP",
    "authority_key_id": "発行者の鍵識別子",
    "subject_key_id": "主体者の鍵識別子",
    "name": "氏名",
    "name_substitutes": "氏名の代替文字の位置",
    "birth_date": "生年月日",
    "sex": "性別",
    "address": "住所",
    "address_substitutes": "住所の代替文字の位置",
    "reading": "振り仮名",
    "lives_abroad": "国外転出者",
    "other_items": "その他の項目",
    "length": "長さ",
}


@cert_app.command(name="lint", epilog="Example: jpki cert lint certificates/*.der --no-notes")
def lint_files(
    files: FilesArgument,
    notes: Annotated[
        bool,
        typer.Option(
            "--notes/--no-notes", help="Tell differences from what is uncertain about the profile."
        ),
    ] = True,
    uncertain: Annotated[
        Severity, typer.Option(help="How bad a difference from an uncertain fact (?) is.")
    ] = Severity.NOTE,
    output: Annotated[Format, typer.Option("--format", help="How to print the result.")] = (
        Format.TEXT
    ),
    lang: LangOption = None,
) -> None:
    """Hold certificates against the exact profile of the four kinds and of the authorities.

    Each difference is told with its code, its byte, what the profile says and how sure that fact
    is: A read from real certificates, B quoted, C inferred, ? unknown. Exit status 1 when there is
    an error or a warning.
    """
    with told_errors():
        reports = [(path, _linted(path, uncertain)) for path in files]
    if output is Format.JSON:
        write_json([_report_data(path, report, notes) for path, report in reports])
    else:
        for path, report in reports:
            _tell_report(path, report, notes, language(lang))
        if len(reports) > 1:
            good = sum(report.clean for _, report in reports)
            typer.echo(_SUMMARY[language(lang)].format(good=good, all=len(reports)))
    if not all(report.clean for _, report in reports):
        raise typer.Exit(ExitCode.INVALID)


_SUMMARY = {
    "en": "{good} of {all} certificates are in profile",
    "ja": "{all}件中{good}件がプロファイルに適合",
}


def _linted(path: Path, uncertain: Severity) -> LintReport:
    data = read_file(path)
    try:
        return lint(data, uncertain=uncertain, source=str(path))
    except FormatError as error:
        raise MalformedDocument(error.message, source=str(path)) from error


def _shown(report: LintReport, notes: bool) -> list[Finding]:
    return [one for one in report.findings if notes or one.severity is not Severity.NOTE]


def _what(report: LintReport) -> str:
    if report.authority is not None:
        return f"authority, {report.authority.value}"
    return report.kind.value if report.kind is not None else "unknown kind"


def _tell_report(path: Path, report: LintReport, notes: bool, spoken: Language) -> None:
    shown = _shown(report, notes)
    verdict = _CLEAN[spoken] if report.clean else _NOT_CLEAN[spoken]
    typer.echo(f"{path}: {_what(report)}: {verdict}")
    for one in shown:
        said = one.fact.says_ja if spoken == "ja" else one.fact.says_en
        typer.echo(f"  {one}")
        typer.echo(f"      {_PROFILE[spoken]} [{one.fact.grade.value}]: {said}")
    sys.stdout.flush()


_CLEAN = {"en": "in profile", "ja": "適合"}
_NOT_CLEAN = {"en": "not in profile", "ja": "不適合"}
_PROFILE = {"en": "profile", "ja": "プロファイル"}


def _report_data(path: Path, report: LintReport, notes: bool) -> dict[str, object]:
    return {
        "file": str(path),
        "kind": report.kind.value if report.kind is not None else None,
        "authority": report.authority.value if report.authority is not None else None,
        "clean": report.clean,
        "findings": [
            {
                "code": one.code,
                "offset": one.offset,
                "message": one.message,
                "about": one.about,
                "profile": one.fact.says_en,
                "grade": one.fact.grade.value,
                "severity": one.severity.value,
            }
            for one in _shown(report, notes)
        ],
    }
