"""Every PDF vector is read into the problems that were written down for it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jpki.certificates import parse_authority
from jpki.errors import MalformedSignature
from jpki.revocation import parse_revocation_list
from jpki.validation import DocumentReport, Evidence
from jpki.validation.claim import SignatureClaim
from jpki.validation.formats import detect
from jpki.validation.formats.pdf import PdfLimits, looks_like_pdf, read_pdf
from jpki.validation.words import SENTENCES, say
from jpki.verify import explain_document

AT = datetime(2026, 8, 1, 4, 0, 0, tzinfo=UTC)  # an hour after the signing
TABLE = Path(__file__).resolve().parents[1] / "vectors" / "pdf.toml"
# What bounds the work in the field takes some seconds to use up; a tenth shows the same.
LIMITS = PdfLimits(work=1_000_000)
# The signature of this one is over another digest, which no step but the comparison notices.
OTHER_DIGEST = "cms-other-digest"
# There is no value to read, so the steps end at the algorithm that it lacks, before the content.
NO_VALUE = {
    *("contents-missing", "contents-empty", "contents-null", "contents-zeros"),
    "contents-reference",
}


@dataclass(frozen=True)
class Row:
    """One file and what must be found in it."""

    name: str
    sentence: str
    codes: tuple[tuple[str, ...], ...] = ()
    verdict: str = ""
    error: str = ""
    reason: str = ""


ROWS = {
    row["name"]: Row(**{**row, "codes": tuple(tuple(one) for one in row.get("codes", ()))})
    for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["vector"]
}
CLAIMED = [row for row in ROWS.values() if not row.error]
RAISED = [row for row in ROWS.values() if row.error]


def codes(claim: SignatureClaim) -> tuple[str, ...]:
    return tuple(problem.code for problem in claim.problems)


def matches(claim: SignatureClaim) -> bool:
    return bool(claim.content) and all(one.stated == one.found for one in claim.content)


def test_every_vector_that_is_made_is_in_the_table(maker: ModuleType) -> None:
    assert set(maker.VECTORS) == set(ROWS)


@pytest.mark.parametrize("row", CLAIMED, ids=lambda row: row.name)
def test_a_file_is_read_into_the_problems_written_down_for_it(
    maker: ModuleType, keys: Any, row: Row
) -> None:
    claims = read_pdf(maker.made(row.name, keys), limits=LIMITS).claims
    assert tuple(codes(claim) for claim in claims) == row.codes, row.sentence
    told = " ".join(say(p.code, p.facts, "en") for claim in claims for p in claim.problems)
    assert row.reason in told
    for claim in claims:
        if not claim.problems:
            assert matches(claim) is (row.name != OTHER_DIGEST), row.sentence


@pytest.mark.parametrize("row", RAISED, ids=lambda row: row.name)
def test_a_file_that_cannot_be_read_raises_the_error_written_down_for_it(
    maker: ModuleType, keys: Any, row: Row
) -> None:
    with pytest.raises(MalformedSignature) as caught:
        read_pdf(maker.made(row.name, keys), source="file.pdf", limits=LIMITS)
    assert caught.value.code == row.error, row.sentence
    assert row.reason in caught.value.message
    assert "file.pdf" in caught.value.message


def test_a_claim_that_covers_too_little_never_says_that_its_content_matches(
    maker: ModuleType, keys: Any
) -> None:
    seen = 0
    for row in CLAIMED:
        if "content.pdf-byte-range" in row.codes[0]:
            seen += 1
            assert not matches(read_pdf(maker.made(row.name, keys)).claims[0]), row.sentence
    assert seen >= 25


@pytest.fixture(scope="module")
def evidence(keys: Any) -> Evidence:
    """A root and a list that speak for the signer."""
    return Evidence(
        roots=(parse_authority(keys.root.certificate.der),),
        revocation_lists=(parse_revocation_list(keys.revocation_list),),
    )


def judged(data: bytes, evidence: Evidence) -> DocumentReport:
    return explain_document(data, evidence=evidence, at=AT)


@pytest.mark.parametrize("row", CLAIMED, ids=lambda row: row.name)
def test_a_file_comes_to_the_verdict_written_down_for_it(
    maker: ModuleType, keys: Any, evidence: Evidence, row: Row
) -> None:
    report = judged(maker.made(row.name, keys), evidence)
    assert report.verdict == row.verdict, row.sentence
    assert len(report.signatures) == len(row.codes)
    for one, of_it in zip(report.signatures, row.codes, strict=True):
        right = "content.differs" if row.name == OTHER_DIGEST else "revocation.good"
        reasons = ("structure.no-value",) if row.name in NO_VALUE else of_it
        assert one.deciding_step.code in (reasons or (right,)), row.sentence


@pytest.mark.parametrize("row", RAISED, ids=lambda row: row.name)
def test_a_file_that_cannot_be_read_ends_at_the_first_step(
    maker: ModuleType,
    keys: Any,
    evidence: Evidence,
    row: Row,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if row.error == "format.too-large":
        monkeypatch.setattr(detect, "read_pdf", partial(read_pdf, limits=LIMITS))
    data = maker.made(row.name, keys)
    report = judged(data, evidence)
    (one,) = report.signatures
    # A file that nobody here could look into may still be good: that is not known.
    unread = row.error in ("format.encrypted", "format.too-large")
    verdict, code = (
        ("indeterminate", "structure.unread") if unread else ("invalid", "structure.malformed")
    )
    assert (report.verdict, one.decided_by) == (verdict, 1), row.sentence
    assert one.deciding_step.code == code
    # What does not even look like a PDF file is refused as something else.
    if looks_like_pdf(data):
        assert row.reason in one.text("en")


@pytest.mark.parametrize(
    ("hours", "verdict"),
    # The list is of the evening before and good for two days (LISTED in pdf_drafts).
    [(0, "valid"), (40, "valid"), (41, "indeterminate")],
)
def test_a_good_file_is_good_as_long_as_the_list_is_fresh(
    maker: ModuleType, keys: Any, evidence: Evidence, hours: int, verdict: str
) -> None:
    later = AT + timedelta(hours=hours)
    report = explain_document(maker.made("good", keys), evidence=evidence, at=later)
    assert report.verdict == verdict


def test_a_good_file_without_a_root_or_a_list_could_not_be_checked(
    maker: ModuleType, keys: Any, evidence: Evidence
) -> None:
    good = maker.made("good", keys)
    assert judged(good, Evidence(roots=evidence.roots)).verdict == "indeterminate"
    assert judged(good, replace(evidence, roots=())).verdict == "indeterminate"


def test_every_code_of_a_problem_belongs_to_its_step(maker: ModuleType, keys: Any) -> None:
    for row in CLAIMED:
        for claim in read_pdf(maker.made(row.name, keys)).claims:
            for problem in claim.problems:
                assert problem.code.partition(".")[0] == problem.step
                assert problem.code in SENTENCES
