"""What can be wrong with a question: each gets a named error, and a bad row only its own answer."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.batch_rows import Holders
from jpki.batch import BatchSettings, check_columns, sources, verify_batch
from jpki.batch.arrow import pa, pq
from jpki.errors import MalformedDocument

BINARY = pa.binary()


def columns(holders: Holders, count: int = 4) -> dict[str, pa.Array]:
    return {
        "signature": pa.array(holders.signatures[:count], BINARY),
        "content": pa.array(holders.contents[:count], BINARY),
    }


def answered(path: Path, settings: BatchSettings) -> list[dict[str, object]]:
    answer = path.with_name(path.name + ".answer")
    verify_batch(path, answer, settings, processes=1)
    return pq.read_table(answer).to_pylist()


def asked(folder: Path, table: pa.Table, settings: BatchSettings) -> list[dict[str, object]]:
    pq.write_table(table, folder / "q.parquet")
    return answered(folder / "q.parquet", settings)


# rows


def test_a_bad_row_in_the_middle_gets_its_own_answer(
    holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    signatures = [*holders.signatures[:2], b"no signature", None, b"", *holders.signatures[2:4]]
    contents = [*holders.contents[:2], b"x", b"x", b"x", *holders.contents[2:4]]
    table = pa.table({"signature": pa.array(signatures, BINARY), "content": contents})
    found = asked(tmp_path, table, settings)
    good = ("valid", "revocation.good")
    assert [(row["verdict"], row["reason"]) for row in found[:2]] == [good] * 2
    assert [(row["verdict"], row["reason"]) for row in found[5:]] == [good] * 2
    # Bytes that are no signature are invalid, as alone; where there are none nothing was asked.
    assert [row["verdict"] for row in found[2:5]] == ["invalid", "indeterminate", "invalid"]
    assert found[3]["reason"] == "structure.no-question"
    assert {row["serial"] for row in found[2:5]} == {None}


def test_without_content_and_digest_a_detached_signature_is_not_valid(
    holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    table = pa.table({"signature": pa.array(holders.signatures[:1], BINARY)})
    (row,) = asked(tmp_path, table, settings)
    assert row["verdict"] == "indeterminate"
    assert row["step"] == 3


def test_content_and_the_digest_of_something_else_contradict_each_other(
    holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    table = pa.table(
        columns(holders, 1) | {"digest": pa.array([bytes(32)], BINARY)},
    )
    (row,) = asked(tmp_path, table, settings)
    assert (row["verdict"], row["reason"]) == ("invalid", "content.differs")


def test_an_empty_table_has_an_empty_answer(
    holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    assert asked(tmp_path, pa.table(columns(holders, 0)), settings) == []


def test_an_id_of_any_type_is_handed_through(
    holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    ids = pa.array([{"bank": "a", "n": 1}, None, {"bank": None, "n": 3}])
    found = asked(tmp_path, pa.table(columns(holders, 3) | {"id": ids}), settings)
    assert [row["id"] for row in found] == ids.to_pylist()


def test_attributes_are_written_when_they_are_asked_for_and_only_then(
    holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    table = pa.table(columns(holders, 4))
    short, *_ = asked(tmp_path, table, settings)
    assert "name" not in short
    (tmp_path / "b").mkdir()
    found = asked(tmp_path / "b", table, replace(settings, attributes=True))
    # The first row went the long way and the others the short one.
    assert [row["name"] for row in found] == ["模擬　", "模擬　花", "模擬　花子", "模擬　"]
    assert [row["address"] for row in found] == [
        "東京都模擬区模擬町１－２－３" + "の" * number for number in range(4)
    ]
    assert [str(row["birth_date"]) for row in found] == [
        "1990-09-15",
        "1990-09-14",
        "1990-09-13",
        "1990-09-12",
    ]
    assert {row["sex"] for row in found} == {"female"}


# columns


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ([("content", BINARY)], "there is no column signature"),
        ([("signature", pa.string())], "the column signature is of type string"),
        ([("signature", BINARY), ("digest", pa.int64())], "the column digest is of type int64"),
        ([("signature", BINARY), ("at", pa.timestamp("us"))], r"the column at .* timestamp\[us\]"),
        ([("signature", BINARY), ("at", pa.string())], "the column at is of type string"),
        ([("signature", BINARY), ("signatur", BINARY)], "'signatur' that means nothing here"),
        ([("signature", BINARY), ("signature", BINARY)], "the column signature is there twice"),
        ([], "there is no column signature"),
    ],
    ids=str,
)
def test_columns_that_are_no_question_are_named(
    schema: list[tuple[str, pa.DataType]], problem: str, settings: BatchSettings, tmp_path: Path
) -> None:
    arrays = [pa.array([], kind) for _, kind in schema]
    table = pa.Table.from_arrays(arrays, names=[name for name, _ in schema])
    pq.write_table(table, tmp_path / "q.parquet")
    with pytest.raises(MalformedDocument, match=problem):
        verify_batch(tmp_path / "q.parquet", tmp_path / "a.parquet", settings)
    assert [path.name for path in tmp_path.iterdir()] == ["q.parquet"]


def test_rows_without_an_instant_need_one_for_all(settings: BatchSettings) -> None:
    schema = pa.schema([("signature", BINARY)])
    check_columns(schema, settings, source="q")
    with pytest.raises(MalformedDocument, match="no column at"):
        check_columns(schema, replace(settings, at=None), source="q")


# files


@pytest.mark.parametrize("keep", [0, 3, 4, 8, 200, -1, -8, -200])
def test_a_parquet_file_that_is_cut_short_is_named(
    keep: int, holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    path = tmp_path / "q.parquet"
    pq.write_table(pa.table(columns(holders)), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(MalformedDocument, match=r"q\.parquet: it cannot be read as Parquet"):
        verify_batch(path, tmp_path / "a.parquet", settings, processes=1)


def test_a_page_that_is_damaged_is_named_and_what_was_done_is_kept(
    holders: Holders, settings: BatchSettings, tmp_path: Path
) -> None:
    path = tmp_path / "q.parquet"
    pq.write_table(pa.table(columns(holders)), path, compression="gzip")
    data = bytearray(path.read_bytes())
    data[200:3000] = bytes(2800)
    path.write_bytes(data)
    with pytest.raises(MalformedDocument, match="cannot be read as Parquet"):
        verify_batch(path, tmp_path / "a.parquet", settings, processes=1)
    assert not (tmp_path / "a.parquet").exists()


def test_a_file_that_is_not_there_is_named(settings: BatchSettings, tmp_path: Path) -> None:
    with pytest.raises(MalformedDocument, match="there is no such file"):
        verify_batch(tmp_path / "none.parquet", tmp_path / "a.parquet", settings)


# folders


def test_a_folder_of_signed_files_is_a_question(
    holders: Holders, settings: BatchSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_LARGEST_FILE", 1 << 20)
    folder = tmp_path / "in"
    (folder / "b").mkdir(parents=True)
    for number, name in enumerate(["a.txt", "b/c.bin"]):
        (folder / name).write_bytes(holders.contents[number])
        (folder / f"{name}.p7s").write_bytes(holders.signatures[number])
    (folder / "alone.p7s").write_bytes(holders.signatures[2])
    (folder / "huge.pdf").write_bytes(bytes((1 << 20) + 1))
    (folder / "nothing.PDF").write_bytes(b"")
    (folder / "readme.txt").write_bytes(b"is not looked at")
    os.symlink("gone", folder / "gone.p7s")
    found = {row["id"]: row for row in answered(folder, settings)}
    assert list(found) == ["a.txt.p7s", "alone.p7s", "b/c.bin.p7s", "huge.pdf", "nothing.PDF"]
    assert found["a.txt.p7s"]["verdict"] == found["b/c.bin.p7s"]["verdict"] == "valid"
    assert found["alone.p7s"]["step"] == 3, "its content is not there"
    assert found["huge.pdf"]["reason"] == "structure.no-question"
    assert found["nothing.PDF"]["verdict"] == "invalid"
    assert found["nothing.PDF"]["step"] == 1


def test_a_file_that_cannot_be_read_is_a_row_without_a_question(
    holders: Holders, settings: BatchSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so the refusal is played."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number, name in enumerate(["a", "closed"]):
        (folder / name).write_bytes(holders.contents[number])
        (folder / f"{name}.p7s").write_bytes(holders.signatures[number])
    read = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.name == "closed.p7s":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    found = {row["id"]: row for row in answered(folder, settings)}
    assert found["a.p7s"]["verdict"] == "valid"
    assert found["closed.p7s"]["reason"] == "structure.no-question"


def test_a_folder_without_a_signed_file_is_named(settings: BatchSettings, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(MalformedDocument, match=r"holds no .*\.p7s.* file"):
        verify_batch(tmp_path / "in", tmp_path / "a.parquet", settings)
