"""What is asked of us and of others: the vectors of each format, as questions that need no vector.

A format is a row of ``FAMILIES``: where its questions come from, and which peers speak it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jpki.certificates import parse_authority
from jpki.errors import FormatError
from jpki.revocation import parse_revocation_list
from jpki.validation import Evidence
from jpki.verify import explain_document

__all__ = ["FAMILIES", "Family", "Question"]

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


@dataclass(frozen=True)
class Question:
    """One file with all that is needed to judge it. ``ours`` gives our answer in one word."""

    name: str
    sentence: str
    data: bytes
    ours: Callable[[Question], str]
    content: bytes | None = None
    roots: tuple[bytes, ...] = ()
    lists: tuple[bytes, ...] = ()
    at: datetime = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Family:
    """The questions of one format, and the peers (of ``peers.PEERS``) that can be asked them."""

    name: str
    questions: Callable[[], Iterator[Question]]
    peers: tuple[str, ...]


def _rows(manifest: str) -> list[dict[str, Any]]:
    return tomllib.loads((VECTORS / manifest).read_text(encoding="utf-8"))["vector"]


def _cms_questions() -> Iterator[Question]:
    folder = VECTORS / "cms"

    def read(names: list[str]) -> tuple[bytes, ...]:
        return tuple((folder / name).read_bytes() for name in names)

    for row in _rows("cms.toml"):
        content = row.get("content", "content.txt")
        yield Question(
            row["name"],
            row["sentence"],
            (folder / row["signature"]).read_bytes(),
            _verdict,
            content=(folder / content).read_bytes() if content else None,
            roots=read(row.get("roots", ["root.cer"])),
            lists=read(row.get("lists", ["empty.crl"])),
            at=row.get("at", Question.__dataclass_fields__["at"].default),
        )


def _verdict(question: Question) -> str:
    """Return our verdict on a signed file, in the word a report keeps."""
    evidence = Evidence(
        roots=tuple(parse_authority(one) for one in question.roots),
        revocation_lists=tuple(parse_revocation_list(one) for one in question.lists),
    )
    report = explain_document(
        question.data, content=question.content, evidence=evidence, at=question.at
    )
    return report.verdict.value


def _list_questions() -> Iterator[Question]:
    folder = VECTORS / "revocation"
    authority = (folder / "authority.der").read_bytes()
    for row in _rows("revocation/manifest.toml"):
        if row["subject"] == "list":
            data = (folder / row["file"]).read_bytes()
            yield Question(row["file"], row["says"], data, _read_list, roots=(authority,))


def _read_list(question: Question) -> str:
    """Return whether the list is read and signed by the authority; nothing of what it says."""
    try:
        found = parse_revocation_list(question.data)
    except FormatError:
        return "invalid"
    signed = found.signed_by(parse_authority(question.roots[0]))
    return "valid" if signed else "invalid"


FAMILIES = (
    Family("cms", _cms_questions, ("openssl", "pyhanko")),
    Family("list", _list_questions, ("openssl-crl",)),
)
