"""What is asked of us and of others: the vectors of each format, as questions that need no vector.

A format is a row of ``FAMILIES``: where its vectors come from, and which peers speak it. The XML
vectors are held against libxmlsec1 in ``tests/xml/test_xml_differs.py``, beside their maker.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jpki.certificates import parse_authority, parse_certificate
from jpki.errors import FormatError
from jpki.revocation import parse_ocsp_response, parse_revocation_list
from jpki.validation import Evidence, ocsp_status
from jpki.validation.claim import ProofKind, TimeProof
from jpki.validation.timestamps import TimeTrust, judge_timestamp
from jpki.verify import explain_document
from tests.vectors.make_pdf_vectors import Keys, made
from tests.vectors.timestamp_drafts import CONTENT, SHA256_OID, SHA512_OID

__all__ = ["FAMILIES", "Family", "Question", "Row"]

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
KEPT_KEYS = VECTORS.parents[1] / "build" / "test-keys"
AT = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)

Row = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """One file with all that is needed to judge it. ``ours`` gives our answer in one word.

    ``pool`` holds certificates that are not trusted; ``about`` is the certificate whose status is
    asked for, ``nonce`` what the responder was sent.
    """

    data: bytes
    ours: Callable[[Question], str]
    content: bytes | None = None
    roots: tuple[bytes, ...] = ()
    lists: tuple[bytes, ...] = ()
    pool: tuple[bytes, ...] = ()
    about: bytes = b""
    nonce: bytes | None = None
    at: datetime = AT


@dataclass(frozen=True)
class Family:
    """The vectors of one format, and the peers (of ``peers.PEERS``) that can be asked about them.

    A question is made only when it is asked, for some are slow to make. ``name`` and ``sentence``
    are the keys of a row that hold its name and what is special about it.
    """

    family: str
    rows: Callable[[], Iterable[Row]]
    question: Callable[[Row], Question]
    peers: tuple[str, ...]
    name: str = "name"
    sentence: str = "sentence"


def _table(path: str) -> Callable[[], list[Row]]:
    def read() -> list[Row]:
        return tomllib.loads((VECTORS / path).read_text(encoding="utf-8"))["vector"]

    return read


def _read(folder: str, names: Iterable[str]) -> tuple[bytes, ...]:
    return tuple((VECTORS / folder / name).read_bytes() for name in names)


def _cms(row: Row) -> Question:
    content = row.get("content", "content.txt")
    return Question(
        *_read("cms", [row["signature"]]),
        _verdict,
        content=_read("cms", [content])[0] if content else None,
        roots=_read("cms", row.get("roots", ["root.cer"])),
        lists=_read("cms", row.get("lists", ["empty.crl"])),
        at=row.get("at", AT),
    )


def _cms_attack(row: Row) -> Question:
    content = row.get("content", "content.txt")
    return Question(
        *_read("cms_attacks", [f"{row['name']}.p7s"]),
        _verdict,
        content=_read("cms_attacks", [content])[0] if content else None,
        roots=_read("cms", ["root.cer"]),
        lists=_read("cms", ["empty.crl"]),
    )


def _bounded_pdfs() -> list[Row]:
    """Return the vectors but those that use up a peer's time or memory, which ours bounds."""
    return [row for row in _table("pdf.toml")() if row.get("error") != "format.too-large"]


def _pdf(row: Row) -> Question:
    keys = _pdf_keys()
    return Question(
        made(row["name"], keys),
        _verdict,
        roots=(keys.root.certificate.der,),
        lists=(keys.revocation_list,),
        at=datetime(2026, 8, 2, 3, 0, 0, tzinfo=UTC),
    )


@cache
def _pdf_keys() -> Keys:
    return Keys(KEPT_KEYS)


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


def _lists() -> list[Row]:
    return [row for row in _table("revocation/manifest.toml")() if row["subject"] == "list"]


def _list(row: Row) -> Question:
    (data,) = _read("revocation", [row["file"]])
    return Question(data, _read_list, roots=_read("revocation", ["authority.der"]))


def _read_list(question: Question) -> str:
    """Return whether the list is read and signed by the authority; nothing of what it says."""
    try:
        found = parse_revocation_list(question.data)
    except FormatError:
        return "invalid"
    signed = found.signed_by(parse_authority(question.roots[0]))
    return "valid" if signed else "invalid"


def _ocsp(row: Row) -> Question:
    (data,) = _read("ocsp", [row["file"]])
    return Question(
        data,
        _status,
        roots=_read("ocsp", ["authority.der"]),
        about=_read("ocsp", ["certificate.der"])[0],
        nonce=bytes.fromhex(row["nonce"]) if "nonce" in row else None,
        at=row["at"],
    )


def _status(question: Question) -> str:
    """Return what the answer lets us say of the certificate."""
    try:
        answer = parse_ocsp_response(question.data)
    except FormatError:
        return "malformed"
    return ocsp_status(
        parse_certificate(question.about),
        authority=parse_authority(question.roots[0]),
        answer=answer,
        at=question.at,
        nonce=question.nonce,
    ).standing.value


def _timestamp(row: Row) -> Question:
    return Question(
        *_read("timestamps", [row["token"]]),
        _proven,
        content=CONTENT,
        roots=_read("timestamps", row["root"].split()),
        lists=_read("timestamps", row["crls"].split()),
        pool=_read("timestamps", row["pool"].split()),
        at=row["at"],
    )


def _proven(question: Question) -> str:
    """Return whether the token proves that the content was there."""
    imprints = {
        SHA256_OID: hashlib.sha256(question.content or b"").digest(),
        SHA512_OID: hashlib.sha512(question.content or b"").digest(),
    }
    verdict = judge_timestamp(
        TimeProof(ProofKind.SIGNATURE, question.data, imprints),
        trust=TimeTrust(roots=question.roots, pool=question.pool, crls=question.lists),
        at=question.at,
    )
    return verdict.outcome.value


FAMILIES = (
    Family("cms", _table("cms.toml"), _cms, ("openssl-cms", "pyhanko-cms")),
    Family("cms_attacks", _table("cms_attacks.toml"), _cms_attack, ("openssl-cms", "pyhanko-cms")),
    Family("list", _lists, _list, ("openssl-crl",), "file", "says"),
    Family(
        "ocsp",
        _table("ocsp/manifest.toml"),
        _ocsp,
        ("openssl-ocsp", "pyhanko-ocsp"),
        "file",
        "says",
    ),
    Family("pdf", _bounded_pdfs, _pdf, ("pdfsig", "pyhanko-pdf")),
    Family(
        "timestamps",
        _table("timestamps/manifest.toml"),
        _timestamp,
        ("openssl-ts", "pyhanko-timestamp"),
        sentence="says",
    ),
)
