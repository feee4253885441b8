"""Every PDF vector is read into the problems that were written down for it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jpki.errors import MalformedSignature
from jpki.validation.claim import Severity, SignatureClaim
from jpki.validation.formats.pdf import PdfLimits, read_pdf
from jpki.validation.words import SENTENCES, say

TABLE = Path(__file__).resolve().parents[1] / "vectors" / "pdf.toml"
# What bounds the work in the field takes some seconds to use up; a tenth shows the same.
LIMITS = PdfLimits(work=1_000_000)
# The signature of this one is over another digest, which no step but the comparison notices.
OTHER_DIGEST = "cms-other-digest"


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


def verdict(claims: tuple[SignatureClaim, ...]) -> str:
    """Say what the claims alone come to, when everything else about the signer is good."""
    problems = {problem.severity for claim in claims for problem in claim.problems}
    differs = any(not claim.problems and not matches(claim) for claim in claims)
    if Severity.INVALID in problems or differs:
        return "invalid"
    return "indeterminate" if problems else "valid"


@pytest.mark.parametrize("row", CLAIMED, ids=lambda row: row.name)
def test_a_file_comes_to_the_verdict_written_down_for_it(
    maker: ModuleType, keys: Any, row: Row
) -> None:
    claims = read_pdf(maker.made(row.name, keys), limits=LIMITS).claims
    assert verdict(claims) == row.verdict, row.sentence


def test_every_code_of_a_problem_belongs_to_its_step(maker: ModuleType, keys: Any) -> None:
    for row in CLAIMED:
        for claim in read_pdf(maker.made(row.name, keys)).claims:
            for problem in claim.problems:
                assert problem.code.partition(".")[0] == problem.step
                assert problem.code in SENTENCES
