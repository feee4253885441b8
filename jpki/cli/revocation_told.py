"""How ``jpki revocation`` tells what it finds, in words and as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from jpki.jst import moment
from jpki.revocation import RevokedEntry, Standing
from jpki.validation import Language
from jpki.validation.words import say

if TYPE_CHECKING:
    from jpki.revocation.index import Change, IndexedStatus
    from jpki.revocation.index.reading import Section

__all__ = [
    "change_data",
    "change_line",
    "section_data",
    "section_line",
    "status_data",
    "status_line",
]

_STANDINGS: Final = {
    Standing.GOOD: "有効",
    Standing.HELD: "一時停止",
    Standing.REVOKED: "失効",
    Standing.UNKNOWN: "不明",
}
_CAUSES: Final = {
    "issuer unknown": "発行者が索引にない",
    "partition missing": "発行地の失効情報がない",
    "list too old": "失効情報が古い",
    "list too new": "失効情報がその時点より新しい",
    "list refused": "失効情報を利用できない",
    "responder does not know": "応答者が知らない",
}


def status_line(asked: str, status: IndexedStatus, spoken: Language) -> str:
    """Return one line: what was asked about, the standing, and the sentence that tells why."""
    word = _STANDINGS[status.standing] if spoken == "ja" else status.standing.value
    cause = ""
    if status.cause is not None:
        cause = f" ({_CAUSES[status.cause] if spoken == 'ja' else status.cause.value})"
    return f"{asked}: {word}{cause}: {say(status.code, status.facts, spoken)}"


def status_data(asked: str, status: IndexedStatus) -> dict[str, object]:
    """Return the same as JSON has it."""
    return {
        "asked": asked,
        "standing": status.standing.value,
        "cause": None if status.cause is None else status.cause.value,
        "code": status.code,
        "entry": _entry_data(status.entry),
        "list": None
        if status.this_update is None
        else {
            "number": status.crl_number,
            "this_update": _iso(status.this_update),
            "next_update": _iso(status.next_update),
            "sha256": None if status.digest is None else status.digest.hex(),
        },
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _entry_data(entry: RevokedEntry | None) -> dict[str, object] | None:
    if entry is None:
        return None
    return {"recorded_at": entry.recorded_at.isoformat(), "reason": entry.reason_code}


def change_line(change: Change, spoken: Language) -> str:
    """Return one line: the number, before and after."""
    before, after = (_entry_words(one, spoken) for one in (change.before, change.after))
    return f"{change.serial}: {before} -> {after}"


def _entry_words(entry: RevokedEntry | None, spoken: Language) -> str:
    if entry is None:
        return "記載なし" if spoken == "ja" else "not listed"
    reason = entry.reason
    if spoken == "ja":
        return f"{reason.label_ja if reason else '理由の記載なし'} {moment(entry.recorded_at)}"
    return f"{reason.rfc_name if reason else 'no reason given'} {moment(entry.recorded_at)}"


def change_data(change: Change) -> dict[str, object]:
    """Return the same as JSON has it."""
    scope = change.scope
    names = [] if scope is None or isinstance(scope, str) else scope.directory_names
    return {
        "purpose": change.purpose,
        "partition": [one.hex() for one in names],
        "serial": change.serial,
        "before": _entry_data(change.before),
        "after": _entry_data(change.after),
    }


def section_data(section: Section) -> dict[str, object]:
    """Return what an index holds of one authority."""
    lists = section.lists
    return {
        "purpose": section.purpose,
        "key_id": section.key_id.hex(),
        "partitions": len(section.scopes),
        "lists": len(lists),
        "refused": len(section.refused),
        "entries": section.entries,
        "wide_entries": len(section.array("wide_keys")),
        "by_reason": section.by_reason(),
        "oldest_list": _iso(section.made(min(lists))) if lists else None,
        "newest_list": _iso(section.made(max(lists))) if lists else None,
    }


def section_line(section: Section, spoken: Language) -> str:
    """Return the same in one line."""
    data = section_data(section)
    if spoken == "ja":
        return (
            f"{data['purpose']}: 発行地 {data['partitions']}、失効情報 {data['lists']}、"
            f"記載 {data['entries']:,}、利用できないもの {data['refused']}"
        )
    return (
        f"{data['purpose']}: {data['partitions']} partitions, {data['lists']} lists, "
        f"{data['entries']:,} entries, {data['refused']} lists refused"
    )
