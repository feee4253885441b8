"""A batch says of every row what one signature by itself is told, wherever the short way ends."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from jpki.batch.absence import microseconds
from jpki.batch.answer import Answer
from jpki.batch.judge import Judge, Row
from jpki.certificates import parse_authority
from jpki.revocation import parse_revocation_list
from jpki.validation import Evidence, Verdict, VerificationReport
from jpki.verify import explain_document

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
AT = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)
CMS = VECTORS / "cms"


def read(path: str) -> bytes:
    return (VECTORS / path).read_bytes()


@cache
def evidence(roots: tuple[str, ...], lists: tuple[str, ...]) -> Evidence:
    return Evidence(
        roots=tuple(parse_authority(read(f"cms/{one}")) for one in roots),
        revocation_lists=tuple(parse_revocation_list(read(f"cms/{one}")) for one in lists),
    )


USUAL = evidence(("root.cer",), ("empty.crl",))


@dataclass(frozen=True)
class Case:
    """A signature with its content, and what it is to be judged by."""

    name: str
    signature: bytes
    content: bytes | None
    evidence: Evidence
    at: datetime


def cases() -> list[Case]:
    found = []
    for row in tomllib.loads((VECTORS / "cms.toml").read_text(encoding="utf-8"))["vector"]:
        content = row.get("content", "content.txt")
        found.append(
            Case(
                row["name"],
                read(f"cms/{row['signature']}"),
                read(f"cms/{content}") if content else None,
                evidence(
                    tuple(row.get("roots", ("root.cer",))), tuple(row.get("lists", ("empty.crl",)))
                ),
                row.get("at", AT),
            )
        )
    content = read("cms_attacks/content.txt")
    found += [
        Case(path.name, path.read_bytes(), content, USUAL, AT)
        for path in sorted((VECTORS / "cms_attacks").iterdir())
    ]
    return found


CASES = cases()


def told(report: VerificationReport) -> Answer:
    """Put together by hand what the report of the single path says."""
    signer, lost, decided = report.signer, report.revocation, report.deciding_step
    return Answer(
        report.verdict,
        decided.number,
        decided.code,
        None if signer is None else signer.kind,
        None if signer is None else signer.serial,
        None if signer is None else microseconds(signer.not_before),
        None if signer is None else microseconds(signer.not_after),
        None if lost is None or lost.recorded_at is None else microseconds(lost.recorded_at),
        None if lost is None or lost.recorded_at is None else lost.reason,
    )


def alone(case: Case) -> Answer:
    document = explain_document(
        case.signature, content=case.content, evidence=case.evidence, at=case.at
    )
    return told(next(one for one in document.signatures if one.verdict is document.verdict))


def taught(known: Evidence) -> Judge:
    """Return a judge that knows every form that is valid under this evidence."""
    judge = Judge(known)
    for case in CASES:
        judge.answer(Row(case.signature, case.content, None, None, microseconds(case.at)))
    return judge


JUDGES = {id(USUAL): taught(USUAL)}


def judge_of(known: Evidence) -> Judge:
    if id(known) not in JUDGES:
        JUDGES[id(known)] = taught(known)
    return JUDGES[id(known)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_vector_gets_the_verdict_it_gets_alone(case: Case) -> None:
    judge = judge_of(case.evidence)
    row = Row(case.signature, case.content, None, None, microseconds(case.at))
    assert judge.answer(row) == alone(case)


CARD = next(case for case in CASES if case.name == "card")
MOBILE = next(case for case in CASES if case.name == "mobile")


def short_way(case: Case) -> bool:
    """Whether the short way by itself answers for a case, once it was taught."""
    judge = JUDGES[id(USUAL)]
    judge._report = None  # type: ignore[method-assign, assignment]
    try:
        row = Row(case.signature, case.content, None, None, microseconds(case.at))
        return judge.answer(row).verdict is Verdict.VALID
    except TypeError:
        return False
    finally:
        del judge._report


@pytest.mark.parametrize("case", [CARD, MOBILE], ids=lambda case: case.name)
def test_the_short_way_is_taken_at_all(case: Case) -> None:
    assert short_way(case)


@pytest.mark.parametrize("rest", range(4))
def test_no_changed_byte_is_judged_otherwise_than_alone(rest: int) -> None:
    judge = JUDGES[id(USUAL)]
    differing = []
    for place in range(rest, len(CARD.signature), 4):
        changed = bytearray(CARD.signature)
        changed[place] ^= 1 << place % 8
        case = Case("changed", bytes(changed), CARD.content, USUAL, AT)
        row = Row(case.signature, case.content, None, None, microseconds(AT))
        # Only where the short way says valid could it differ: everything else is the full path.
        if judge.answer(row).verdict is Verdict.VALID and judge.answer(row) != alone(case):
            differing.append(place)
    assert differing == []


@pytest.mark.parametrize("cut", [0, 1, 59, 60, 61, 1000, 1841, 2000, 2346, 2602])
def test_a_signature_that_is_cut_short_is_judged_as_alone(cut: int) -> None:
    for signature in (CARD.signature[:cut], CARD.signature[cut:], CARD.signature + b"\0" * cut):
        case = Case("cut", signature, CARD.content, USUAL, AT)
        row = Row(signature, CARD.content, None, None, microseconds(AT))
        assert JUDGES[id(USUAL)].answer(row) == alone(case)


@pytest.mark.parametrize(
    "at",
    [
        # The list holds from 2026-08-02T20:00Z to two days later; the certificate a little longer.
        datetime(2026, 8, 2, 19, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 8, 2, 20, 0, 0, tzinfo=UTC),
        datetime(2026, 8, 4, 20, 0, 0, tzinfo=UTC),
        datetime(2026, 8, 4, 20, 0, 0, 1, tzinfo=UTC),
        datetime(1999, 1, 1, tzinfo=UTC),
        datetime(2060, 1, 1, tzinfo=UTC),
    ],
    ids=str,
)
def test_the_instant_is_judged_as_alone_on_both_sides_of_every_bound(at: datetime) -> None:
    known = next(iter(USUAL.revocation_lists))
    edges = (known.this_update, known.next_update)
    moved = [at, *(edge + timedelta(microseconds=step) for edge in edges for step in (-1, 0, 1))]
    for instant in moved:
        case = Case("moved", CARD.signature, CARD.content, USUAL, instant)
        row = Row(CARD.signature, CARD.content, None, None, microseconds(instant))
        assert JUDGES[id(USUAL)].answer(row) == alone(case), instant
