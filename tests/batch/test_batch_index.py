"""A revocation index in place of the lists it was built of: the same verdicts, either way."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from benchmarks.batch_rows import AT, Holders
from jpki.batch import BatchSettings, verify_batch
from jpki.batch.absence import microseconds
from jpki.batch.arrow import pq
from jpki.batch.judge import Judge, Row
from jpki.certificates import parse_authority
from jpki.errors import MalformedDocument, MalformedIndex
from jpki.revocation import MemorySource, parse_revocation_list
from jpki.revocation.index import IndexBuilder, RevocationIndex, build_index, container
from jpki.validation import Evidence, Verdict
from jpki.verify import explain_document
from tests.batch.test_batch_same_verdicts import CASES, CMS, Case


@cache
def index_of(evidence: Evidence, folder: Path) -> RevocationIndex:
    """Build an index of a case's lists for its roots, leaving out what no index can take."""
    folder.mkdir(exist_ok=True)
    paths = []
    for known in evidence.revocation_lists:
        for path in CMS.glob("*.crl"):
            if parse_revocation_list(path.read_bytes()) == known:
                paths.append(path)
                break
    builder = IndexBuilder(evidence.roots, strict=False)
    builder.add_lists(paths)
    made = folder / f"{len(list(folder.iterdir()))}.idx"
    builder.write(made)
    return RevocationIndex.open(made)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("indexes")


# What an index does not keep: a list whose signature is not the authority's, one of an authority
# that it was not built for, and a delta list. All of them are then missing, where the lists
# themselves say why they are of no use; the status is unknown both ways.
LEFT_OUT = {"no-list", "other-issuer", "other-key", "bad-signature", "delta"}


def same(ours: str, theirs: str) -> bool:
    return ours == theirs or {ours, theirs} <= {f"revocation.{one}" for one in LEFT_OUT}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_vector_is_judged_by_the_index_as_by_its_lists(case: Case, folder: Path) -> None:
    index = index_of(case.evidence, folder)
    indexed = replace(case.evidence, revocation_lists=(), registers=(index,))
    ours, theirs = (
        explain_document(case.signature, content=case.content, evidence=one, at=case.at)
        for one in (indexed, case.evidence)
    )
    assert ours.verdict is theirs.verdict
    for one, other in zip(ours.signatures, theirs.signatures, strict=True):
        assert one.verdict is other.verdict
        assert one.deciding_step.number == other.deciding_step.number
        assert same(one.deciding_step.code, other.deciding_step.code)
        if one.verdict is Verdict.VALID and one.revocation and other.revocation:
            assert one.revocation.list_number == other.revocation.list_number
            assert one.evidence.revocation == other.evidence.revocation


@pytest.fixture(scope="module")
def town_index(holders: Holders, folder: Path) -> Path:
    lists = []
    for number, listed in enumerate(holders.lists):
        path = folder / f"town-{number}.crl"
        path.write_bytes(listed)
        lists.append(path)
    build_index(folder / "town.idx", lists, authorities=[parse_authority(holders.root)])
    return folder / "town.idx"


def indexed(settings: BatchSettings, index: Path) -> BatchSettings:
    return replace(settings, revocation_lists=(), index=index)


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_the_short_way_knows_the_index_at_the_bounds_of_its_lists(
    step: int, holders: Holders, settings: BatchSettings, town_index: Path
) -> None:
    """In microseconds round thisUpdate and nextUpdate, and with some tolerance after it."""
    listed = parse_revocation_list(holders.lists[0])
    tolerant = replace(settings, list_tolerance=timedelta(hours=1))
    ends = listed.next_update + timedelta(hours=1)
    for base, edge in (
        (settings, listed.this_update),
        (settings, listed.next_update),
        (tolerant, ends),
    ):
        by_lists, by_index = base.judge(), indexed(base, town_index).judge()
        at = edge + timedelta(microseconds=step)
        for place in (0, 2, 6, 7, 500 - 1):
            rows = [
                Row(holders.signatures[place], holders.contents[place], None, None, instant)
                for instant in (microseconds(AT), microseconds(at))
            ]
            for row in rows:
                assert by_lists.answer(row) == by_index.answer(row)


@pytest.mark.usefixtures("eager")
def test_a_batch_with_the_index_is_answered_as_with_the_lists(
    question: Path, settings: BatchSettings, undisturbed, town_index: Path, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    verify_batch(question, answer, indexed(settings, town_index), processes=2)
    assert pq.read_table(answer).equals(undisturbed)


def test_the_short_way_is_taken_with_an_index(
    holders: Holders, settings: BatchSettings, town_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = indexed(settings, town_index).judge()
    rows = [
        Row(holders.signatures[place], holders.contents[place], None, None, microseconds(AT))
        for place in range(12)
    ]
    answers = [judge.answer(row) for row in rows]
    asked: list[Row] = []
    full = judge._fully
    monkeypatch.setattr(judge, "_fully", lambda row: asked.append(row) or full(row))
    assert [judge.answer(row) for row in rows] == answers
    # Numbers 6, 7 and 8 stand on a list.
    assert asked == rows[6:9]


def test_a_source_of_lists_keeps_the_short_way_from_being_taken(holders: Holders) -> None:
    """What a source would say is not known beforehand."""
    lists = tuple(map(parse_revocation_list, holders.lists))
    evidence = Evidence(roots=(parse_authority(holders.root),), sources=(MemorySource(lists),))
    judge = Judge(evidence)
    assert judge._fast is None
    row = Row(holders.signatures[0], holders.contents[0], None, None, microseconds(AT))
    assert judge.answer(row).verdict is Verdict.VALID


def test_a_run_is_not_gone_on_with_by_another_index(
    question: Path, settings: BatchSettings, holders: Holders, town_index: Path, tmp_path: Path
) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Enough

    index, answer = tmp_path / "i", tmp_path / "a.parquet"
    index.write_bytes(town_index.read_bytes())
    with pytest.raises(Enough):
        verify_batch(question, answer, indexed(settings, index), processes=1, progress=stop)
    listed = tmp_path / "one.crl"
    listed.write_bytes(holders.lists[0])
    build_index(index, [listed], authorities=[parse_authority(holders.root)])
    with pytest.raises(MalformedDocument, match="differs in settings"):
        verify_batch(question, answer, indexed(settings, index), processes=1)


def damaged(index: Path, folder: Path) -> Path:
    """Return a copy with one wrong byte that opening alone does not notice."""
    content = index.read_bytes()
    copy = folder / "damaged.idx"
    for place in range(64, len(content), 8):
        copy.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            opened = RevocationIndex.open(copy)
        except MalformedIndex:
            continue
        with suppress(MalformedIndex):
            opened.verify()
            continue
        return copy
    raise AssertionError("every wrong byte is noticed on opening")


def test_a_run_does_not_begin_with_a_damaged_index(
    question: Path,
    settings: BatchSettings,
    town_index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As in an index of millions, no array counts as small enough to be checked on opening.
    monkeypatch.setattr(container, "_SMALL", -1)
    bad = indexed(settings, damaged(town_index, tmp_path))
    with pytest.raises(MalformedIndex, match="damaged"):
        verify_batch(question, tmp_path / "answer.parquet", bad, processes=1)
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.idx"]
