"""What the command line names is read as the person meant it, or refused by name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jpki.cli.inputs import instant, language, opened, read_file, read_lists, read_roots
from jpki.errors import MalformedDocument


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A day means its last second in Japan: 23:59:59 JST is 14:59:59 UTC.
        ("2026-08-04", datetime(2026, 8, 4, 14, 59, 59, tzinfo=UTC)),
        # Without a zone it is Japan time, nine hours ahead of UTC.
        ("2026-08-04T09:00:00", datetime(2026, 8, 4, 0, 0, 0, tzinfo=UTC)),
        ("2026-08-04T09:00:00+00:00", datetime(2026, 8, 4, 9, 0, 0, tzinfo=UTC)),
        ("2026-08-04T00:00:00Z", datetime(2026, 8, 4, 0, 0, 0, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read(text: str, expected: datetime) -> None:
    assert instant(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-02-30", "12:00"])
def test_what_is_no_instant_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(MalformedDocument, match="2026-08-04T09:00:00"):
        instant(text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MalformedDocument, match=r"gone\.p7s.*No such file"):
        read_file(tmp_path / "gone.p7s")


def test_missing_content_is_named(tmp_path: Path) -> None:
    with pytest.raises(MalformedDocument, match=r"gone\.txt"), opened(tmp_path / "gone.txt"):
        pass


def test_a_folder_without_roots_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no root here")
    with pytest.raises(MalformedDocument, match=r"holds no \.cer"):
        read_roots([tmp_path])


@pytest.mark.parametrize("name", ["broken.crl", "empty.crl"])
def test_a_broken_revocation_list_is_named_with_its_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"" if name.startswith("empty") else b"0\x82junk")
    with pytest.raises(MalformedDocument, match=name):
        read_lists([tmp_path])


def test_a_broken_root_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "root.cer").write_bytes(b"0\x82junk")
    with pytest.raises(MalformedDocument, match=r"root\.cer"):
        read_roots([tmp_path])


@pytest.mark.parametrize(
    ("choice", "environment", "expected"),
    [
        ("ja", {"LANG": "en_US.UTF-8"}, "ja"),
        ("en", {"LANG": "ja_JP.UTF-8"}, "en"),
        (None, {"LANG": "ja_JP.UTF-8"}, "ja"),
        (None, {"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, "en"),
        (None, {}, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_or_the_locales(
    choice: str | None,
    environment: dict[str, str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language(choice) == expected
