"""An exposure report in words, English or Japanese, and as data for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from jpki.jst import moment
from jpki.validation import Language
from simulator.exposure.model import (
    ExposureReport,
    Finding,
    Layer,
    Reach,
    RecordExposure,
    Standing,
    Until,
    Use,
)

__all__ = ["report_data", "report_lines"]

# Layers that depend on who has the phone; the others are the same for everybody.
_OF_SOMEBODY = (Layer.PIN, Layer.BIOMETRICS)
_STATES_JA = {
    "active": "有効",
    "held": "一時停止中",
    "revoked": "失効",
    "expired": "有効期間満了",
}


def report_lines(report: ExposureReport, language: Language = "en") -> tuple[str, ...]:
    """Return the report line by line, for people."""
    return tuple(_lines(report, language == "ja"))


def report_data(report: ExposureReport) -> dict[str, object]:
    """Return the report as JSON has it; instants in ISO 8601 with their zone."""
    return {
        "person": report.person,
        "at": report.at.isoformat(),
        "phones_seen": report.phones_seen,
        "exposed": len(report.exposed),
        "uses": [_use_data(use) for use in report.uses],
        "records": [_record_data(each) for each in report.records],
    }


def _lines(report: ExposureReport, ja: bool) -> Iterator[str]:
    head = f"{moment(report.at)}  {report.person}"
    if not report.uses and not report.records:
        yield head + (": 移動端末設備の電子証明書はない" if ja else ": no certificate on a phone")
        return
    count = len(report.exposed)
    yield head + (f": 現在 {count} 通りの使用が可能" if ja else f": {count} uses are possible now")
    if not report.phones_seen:
        yield (
            "端末内の状態は見ていない（記録による）"
            if ja
            else "the phones were not looked at; this is by the log alone"
        )
    for _, group in groupby(report.uses, key=lambda use: (use.device, use.kind)):
        uses = list(group)
        common = [f for f in uses[0].findings if f.layer not in _OF_SOMEBODY]
        yield from _certificate_lines(uses[0], common, ja)
        for use in uses:
            yield from _use_lines(use, common, ja)
    for record in report.records:
        yield _record_line(record, ja)


def _record_line(record: RecordExposure, ja: bool) -> str:
    """Return a record in a wallet with what stops it being shown, or the lack of it."""
    until, new, known = moment(record.until), record.new_parties, record.known_parties
    if ja:
        shown = f"新規{new}者・既知{known}者に提示しうる"
        line = f"{record.device} カード代替電磁的記録: {until}まで{shown}"
        stop = (
            "提示前の確認で止まる" if record.reachable else "圏外。送信用プログラムの確認義務のみ"
        )
        fallen = (
            f"。失効済み [{record.fallen_by}]、通知{record.notices_sent}回"
            if record.exposed
            else ""
        )
        return f"{line}（{stop} [CAE-1]）{fallen}"
    line = (
        f"{record.device} card substitute: could be shown to {new} new and {known} earlier parties"
    )
    stop = (
        "its check first stops it"
        if record.reachable
        else "out of reach: only its duty to check first stops it"
    )
    fallen = (
        f"; fallen [{record.fallen_by}], told {record.notices_sent} times" if record.exposed else ""
    )
    return f"{line} until {until} ({stop} [CAE-1]){fallen}"


def _record_data(record: RecordExposure) -> dict[str, object]:
    return {
        "device": record.device,
        "reachable": record.reachable,
        "new_parties": record.new_parties,
        "known_parties": record.known_parties,
        "until": record.until.isoformat(),
        "fallen_by": record.fallen_by,
        "notices_sent": record.notices_sent,
    }


def _certificate_lines(use: Use, common: list[Finding], ja: bool) -> Iterator[str]:
    """Yield what a certificate is and the layers that are the same for everybody."""
    if ja:
        old = "" if use.enrolled else "（以前の端末）"
        state = _STATES_JA[use.certificate.value]
        yield f"{use.device}{old} {use.kind.label_ja} {use.serial}: {state}"
    else:
        old = "" if use.enrolled else " (old phone)"
        yield f"{use.device}{old} {use.kind.value} {use.serial}: {use.certificate.value}"
    yield "  " + _until_line(use.until, ja)
    for finding in common:
        yield "  " + _finding_line(finding, ja)


def _until_line(until: Until, ja: bool) -> str:
    ends = moment(until.effect_ends)
    if not until.recorded:
        return f"有効期間は {ends} まで" if ja else f"its period ends at {ends}"
    seen = (moment(until.ocsp), moment(until.lists))
    if ja:
        return (
            f"{ends} に効力を失い又は停止。OCSPでは {seen[0]}、失効情報ファイルでは {seen[1]} から"
        )
    return f"no effect since {ends}; OCSP tells it from {seen[0]}, the daily list from {seen[1]}"


def _use_lines(use: Use, common: list[Finding], ja: bool) -> Iterator[str]:
    who = use.who.label_ja if ja else use.who.label_en
    yield f"  {who}: {_verdict(use, ja)}"
    for finding in use.findings:
        if finding not in common and finding.standing is not Standing.NOT_TAKEN:
            yield "    " + _finding_line(finding, ja)


def _verdict(use: Use, ja: bool) -> str:
    if use.exposed:
        until = moment(use.until.latest)
        if use.reach is Reach.OPEN:
            return f"不明（可能なら {until} まで）" if ja else f"open; if so, until {until}"
        if use.until.recorded:
            if ja:
                return f"端末は署名し、失効情報ファイルによる検証者は {until} まで受け入れうる"
            return f"the phone still signs; who goes by the daily list takes it until {until}"
        return f"{until} まで使える" if ja else f"can use it until {until}"
    if use.reach is Reach.CANNOT:
        return "使えない" if ja else "cannot use it"
    return (
        "署名等はできるが受け入れられない" if ja else "the phone still signs; no verifier takes it"
    )


def _finding_line(each: Finding, ja: bool) -> str:
    when = f" {moment(each.at)}" if each.at else ""
    if ja:
        head = f"{each.layer.label_ja}（{each.standing.label_ja}{when}）"
        said = f"{each.note_ja} [{each.rule}] {each.basis_ja}（{each.certainty.label_ja}）"
        return f"← {head}: {said}"
    head = f"{each.layer.label_en} ({each.standing.label_en}{when})"
    said = f"{each.note_en} [{each.rule}] {each.basis_en} ({each.certainty.value})"
    return f"<- {head}: {said}"


def _use_data(use: Use) -> dict[str, object]:
    stop = use.stopped_by
    return {
        "device": use.device,
        "platform": use.platform.value,
        "enrolled": use.enrolled,
        "kind": use.kind.value,
        "serial": use.serial,
        "certificate": use.certificate.value,
        "who": use.who.value,
        "who_en": use.who.label_en,
        "who_ja": use.who.label_ja,
        "reach": use.reach.value,
        "accepted": use.accepted,
        "exposed": use.exposed,
        "until": {
            "effect_ends": use.until.effect_ends.isoformat(),
            "ocsp": use.until.ocsp.isoformat(),
            "lists": use.until.lists.isoformat(),
            "recorded": use.until.recorded,
        },
        "stopped_by": stop.layer.value if stop is not None else None,
        "layers": [_finding_data(each) for each in use.findings],
    }


def _finding_data(each: Finding) -> dict[str, object]:
    return {
        "layer": each.layer.value,
        "layer_en": each.layer.label_en,
        "layer_ja": each.layer.label_ja,
        "standing": each.standing.value,
        "at": each.at.isoformat() if each.at is not None else None,
        "rule": each.rule,
        "note_en": each.note_en,
        "note_ja": each.note_ja,
        "basis_en": each.basis_en,
        "basis_ja": each.basis_ja,
        "certainty": each.certainty.value,
    }
