"""A run of a batch: what it answers, what it refuses by name, and what it leaves on the disk."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.batch_rows import AT, Holders, write_question
from jpki.batch import ANSWERS, BatchSettings, verify_batch
from jpki.batch.arrow import pa, pq
from jpki.batch.parts import Parts
from jpki.batch.plan import Lump, lumps
from jpki.errors import (
    BatchInterrupted,
    MalformedDocument,
    MalformedIndex,
    MissingExtra,
    NotWritten,
    OtherIndexVersion,
)

ROWS = 14_000
# Of each five hundred rows three are of holders on a list.
REVOKED = 28 * 3


def test_every_row_is_answered_once_in_its_order(undisturbed: pa.Table) -> None:
    assert undisturbed.column("id").to_pylist() == list(range(ROWS))
    assert undisturbed.schema.names == ["id", *ANSWERS.names]
    assert undisturbed.column("verdict").to_pylist().count("invalid") == REVOKED
    assert undisturbed.column("verdict").to_pylist().count("valid") == ROWS - REVOKED
    row = undisturbed.slice(7, 1).to_pylist()[0]
    assert row["serial"] == 0x01000007
    assert (row["step"], row["reason"]) == (10, "revocation.revoked")
    assert row["revocation_reason"] == "affiliationChanged"
    assert row["revoked_at"] == AT - timedelta(days=1)
    assert row["judged_at"] == AT


@pytest.mark.usefixtures("eager")
def test_two_processes_say_the_same_as_one(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    seen: list[tuple[int, int]] = []
    summary = verify_batch(
        question,
        answer,
        settings,
        processes=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert pq.read_table(answer).equals(undisturbed)
    assert (summary.rows, summary.resumed) == (ROWS, 0)
    assert summary.verdicts == {"valid": ROWS - REVOKED, "invalid": REVOKED}
    assert seen == sorted(seen)
    assert seen[-1] == (ROWS, ROWS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet"]


class NobodyStarts:
    def __init__(self, *_: object, **__: object) -> None:
        raise RuntimeError("a process was to be started")


def test_no_process_is_started_for_what_is_done_sooner_without(
    question: Path, settings: BatchSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jpki.batch.run.ProcessPoolExecutor", NobodyStarts)
    monkeypatch.setattr("jpki.batch.run._WORTH_SECONDS", 3600.0)
    verify_batch(question, tmp_path / "a.parquet", settings, processes=2)
    monkeypatch.setattr("jpki.batch.run._WORTH_SECONDS", 0.0)
    verify_batch(question, tmp_path / "b.parquet", settings, processes=1)
    with pytest.raises(RuntimeError, match="was to be started"):
        verify_batch(question, tmp_path / "c.parquet", settings, processes=2)


@pytest.mark.parametrize("groups", [(), (0,), (1,), (4096,), (40_000, 7, 0, 200_000), (3_000_000,)])
def test_lumps_hold_every_row_once_and_their_parts_are_numbered_through(
    groups: tuple[int, ...],
) -> None:
    found = list(lumps(groups, part_rows=4096))
    for group, rows in enumerate(groups):
        mine = [one for one in found if one.group == group]
        assert sum(one.rows for one in mine) == rows
        assert [one.first for one in mine] == [
            sum(b.rows for b in mine[:n]) for n in range(len(mine))
        ]
        assert len(mine) <= 16
    numbers = [part for one in found for part in one.parts]
    assert numbers == list(range(len(numbers)))
    assert sum(size for one in found for _, size in one.sizes) == sum(groups)


# what is left on the disk


def interrupted(question: Path, answer: Path, settings: BatchSettings) -> Parts:
    """Run until some parts are there."""

    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done >= 2 * 4096:
            raise Enough

    with pytest.raises(Enough):
        verify_batch(question, answer, settings, processes=1, progress=stop)
    parts = Parts(answer)
    assert parts.count() == 2
    return parts


def test_a_run_is_gone_on_with_where_it_was(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    interrupted(question, answer, settings)
    assert not answer.exists(), "an answer that is not whole has another name"
    summary = verify_batch(question, answer, settings, processes=1)
    assert summary.resumed == 2 * 4096
    assert pq.read_table(answer).equals(undisturbed)


def cut_short(part: Path) -> None:
    part.write_bytes(part.read_bytes()[:-40])


def flip_a_bit(part: Path) -> None:
    data = bytearray(part.read_bytes())
    data[len(data) // 3] ^= 4
    part.write_bytes(data)


def too_few_rows(part: Path) -> None:
    pq.write_table(pq.read_table(part).slice(0, 4095), part)


def other_columns(part: Path) -> None:
    pq.write_table(pq.read_table(part).drop_columns(["serial"]), part)


@pytest.mark.parametrize(
    "harm", [cut_short, flip_a_bit, too_few_rows, other_columns, lambda part: part.write_bytes(b"")]
)
def test_a_damaged_part_is_done_anew(
    harm, question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    parts = interrupted(question, answer, settings)
    harm(parts.folder / "00000001.parquet")
    summary = verify_batch(question, answer, settings, processes=1)
    assert summary.resumed == 4096
    assert pq.read_table(answer).equals(undisturbed)


def test_what_a_killed_process_was_writing_does_not_count(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    parts = interrupted(question, answer, settings)
    (parts.folder / ".00000002.parquet.1.tmp").write_bytes(b"half a part")
    assert verify_batch(question, answer, settings, processes=1).resumed == 2 * 4096
    assert pq.read_table(answer).equals(undisturbed)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet"]


def test_a_run_killed_between_its_last_two_steps_is_finished(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    interrupted(question, answer, settings)
    pq.write_table(undisturbed, answer)
    summary = verify_batch(question, answer, settings, processes=1)
    assert summary.verdicts == {"valid": ROWS - REVOKED, "invalid": REVOKED}
    assert summary.resumed == ROWS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet"]


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"at": AT + timedelta(seconds=1)}, "at, settings"),
        ({"list_tolerance": timedelta(hours=1)}, "settings"),
        ({"attributes": True}, "settings"),
        ({"revocation_lists": ()}, "settings"),
    ],
    ids=str,
)
def test_a_run_with_other_settings_is_not_gone_on_with(
    other: dict[str, object],
    named: str,
    question: Path,
    settings: BatchSettings,
    tmp_path: Path,
) -> None:
    answer = tmp_path / "a.parquet"
    interrupted(question, answer, settings)
    with pytest.raises(MalformedDocument, match=f"another run was begun here.*{named}"):
        verify_batch(question, answer, replace(settings, **other), processes=1)
    assert Parts(answer).count() == 2, "what was done is left as it was"


def test_a_run_with_another_question_is_not_gone_on_with(
    question: Path, holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    interrupted(question, answer, settings)
    other = tmp_path / "other.parquet"
    write_question(other, holders, ROWS - 1, group_rows=8_192)
    with pytest.raises(MalformedDocument, match="differs in question"):
        verify_batch(other, answer, settings, processes=1)


@pytest.mark.parametrize("record", [b"", b"[]", b"{", b'{"format": 0}'])
def test_a_run_whose_record_is_damaged_is_refused_by_name(
    record: bytes, question: Path, settings: BatchSettings, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    parts = interrupted(question, answer, settings)
    (parts.folder / "run.json").write_bytes(record)
    with pytest.raises(MalformedDocument, match="another run was begun here"):
        verify_batch(question, answer, settings, processes=1)


def test_two_runs_of_one_answer_do_not_meet(
    question: Path, settings: BatchSettings, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    parts = interrupted(question, answer, settings)
    with parts.alone(), pytest.raises(MalformedDocument, match="another process is at work"):
        verify_batch(question, answer, settings, processes=1)


def test_an_answer_that_is_there_is_not_written_over(
    question: Path, settings: BatchSettings, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    answer.write_bytes(b"the answer of yesterday")
    with pytest.raises(MalformedDocument, match="there already"):
        verify_batch(question, answer, settings, processes=1)
    assert answer.read_bytes() == b"the answer of yesterday"


_SMALL_DISK = """
import resource, sys, pickle
from pathlib import Path
from jpki.batch import verify_batch
from jpki.errors import NotWritten
question, answer, settings = sys.argv[1:]
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
    try:
        verify_batch(Path(question), Path(answer), pickle.loads(Path(settings).read_bytes()))
    except NotWritten as error:
        print(error)
"""


def test_a_full_disk_is_named_and_what_was_done_is_kept(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    answer, kept = tmp_path / "a.parquet", tmp_path / "settings"
    kept.write_bytes(pickle.dumps(settings))
    parts = interrupted(question, answer, settings)
    done = subprocess.run(
        [sys.executable, "-c", _SMALL_DISK, str(question), str(answer), str(kept)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stdout
    assert "make room" in done.stdout
    assert parts.count() == 2
    assert not answer.exists()
    verify_batch(question, answer, settings, processes=1)
    assert pq.read_table(answer).equals(undisturbed)


def test_a_folder_that_cannot_be_is_named(
    question: Path, settings: BatchSettings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotWritten, match="cannot be written"):
        verify_batch(question, tmp_path / "file" / "a.parquet", settings, processes=1)


def test_a_part_that_cannot_be_read_back_ends_the_run_and_can_be_gone_on_with(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"

    def harm(done: int, total: int) -> None:
        if done == 2 * 4096:  # the part is there, and too few are to be joined
            cut_short(Parts(answer).folder / "00000001.parquet")

    with pytest.raises(BatchInterrupted, match="part 1 cannot be read back"):
        verify_batch(question, answer, settings, processes=1, progress=harm)
    assert verify_batch(question, answer, settings, processes=1).resumed == ROWS - 4096
    assert pq.read_table(answer).equals(undisturbed)


@pytest.mark.parametrize(
    "error",
    [
        MalformedDocument("m", source="s", hint="h"),
        BatchInterrupted("a", "why"),
        MissingExtra("x", extra="dask"),
        NotWritten("p", "no room"),
        OtherIndexVersion(3, known=1, source="i"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_another_process_arrives_as_what_it_was(error: Exception) -> None:
    found = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(found) is type(error)
    assert (str(found), found.__dict__) == (str(error), error.__dict__)


def test_settings_and_lumps_can_be_sent_and_are_the_same_there(settings: BatchSettings) -> None:
    lump = Lump(0, 0, 1, 0, 4096)
    again, sent = pickle.loads(pickle.dumps((settings, lump)))  # noqa: S301
    assert (again, sent) == (settings, lump)
    assert again.fingerprint == settings.fingerprint


def test_an_index_that_is_none_is_named_before_anything_is_done(
    question: Path, settings: BatchSettings, tmp_path: Path
) -> None:
    (tmp_path / "i").write_bytes(b"x" * 4096)
    with pytest.raises(MalformedIndex, match="no revocation index"):
        verify_batch(
            question, tmp_path / "a.parquet", replace(settings, index=tmp_path / "i"), processes=1
        )
    assert not (tmp_path / "a.parquet.parts").exists()


def test_an_instant_without_a_row_of_its_own_is_the_settings(
    holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    question = tmp_path / "q.parquet"
    instants = [AT - timedelta(days=400), None, datetime(2026, 8, 5, tzinfo=UTC)]
    table = pa.table(
        {
            "signature": pa.array(holders.signatures[:3], pa.binary()),
            "content": pa.array(holders.contents[:3], pa.binary()),
            "at": pa.array(instants, pa.timestamp("ms", tz="Asia/Tokyo")),
        }
    )
    pq.write_table(table, question)
    verify_batch(question, tmp_path / "a.parquet", settings, processes=1)
    found = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert [row["judged_at"] for row in found] == [instants[0], AT, instants[2]]
    # The lists hold from 2026-08-02T20:00Z for 48 hours.
    assert [row["reason"] for row in found] == [
        "revocation.not-yet",
        "revocation.good",
        "revocation.stale",
    ]


def test_restart_throws_away_what_was_done_and_written(
    question: Path, settings: BatchSettings, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    interrupted(question, answer, settings)
    answer.write_bytes(b"the answer of yesterday")
    others = replace(settings, at=AT + timedelta(seconds=1))
    assert verify_batch(question, answer, others, processes=1, restart=True).resumed == 0
    assert pq.read_metadata(answer).num_rows == ROWS
