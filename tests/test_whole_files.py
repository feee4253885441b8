"""A file appears whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jpki.errors import NotWritten
from jpki.whole_files import remove_leftovers, whole_file, write_whole


def permissions(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_has_its_name_only_when_all_of_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with whole_file(path) as file:
        file.write(b"one ")
        file.flush()
        assert not path.exists()
        file.write(b"two")
    assert path.read_bytes() == b"one two"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with whole_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_when_the_block_fails(tmp_path: Path, raised: type[BaseException]) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail() -> None:
        with whole_file(path) as file:
            file.write(b"new")
            raise raised

    with pytest.raises(raised):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_refusal_of_the_system_is_named_with_path_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "no" / "a"
    with pytest.raises(NotWritten) as told:
        write_whole(path, b"new")
    assert (told.value.path, told.value.reason) == (str(path), "No such file or directory")


def test_a_folder_in_the_way_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(NotWritten, match="Is a directory"):
        write_whole(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("size", [4096, 4097])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, size: int) -> None:
    # A limit on the size of files stands for the disk; one byte is what makes the difference.
    path = tmp_path / "a"
    path.write_bytes(b"old")
    _, most = before = resource.getrlimit(resource.RLIMIT_FSIZE)
    quiet = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most))
    try:
        if size <= 4096:
            write_whole(path, bytes(size))
        else:
            with pytest.raises(NotWritten, match="File too large"):
                write_whole(path, bytes(size))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, quiet)
    assert path.read_bytes() == (bytes(size) if size <= 4096 else b"old")
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_is_not_told_as_a_full_disk(tmp_path: Path) -> None:
    # What is still in the buffer cannot be written either when the block is left.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    quiet = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def interrupted() -> None:
        with whole_file(tmp_path / "a") as file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
            file.write(b"in the buffer")
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, quiet)
    assert list(tmp_path.iterdir()) == []


def test_permissions_are_those_of_any_new_file_or_those_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "any", b"")
        write_whole(tmp_path / "public", b"", mode=0o644)
        write_whole(tmp_path / "secret", b"", mode=0o600)
    finally:
        os.umask(before)
    found = {path.name: permissions(path) for path in tmp_path.iterdir()}
    assert found == {"any": 0o640, "public": 0o644, "secret": 0o600}


def test_a_secret_is_never_readable_by_others_not_even_while_it_is_written(tmp_path: Path) -> None:
    with whole_file(tmp_path / "secret", mode=0o600):
        (aside,) = tmp_path.iterdir()
        assert permissions(aside) == 0o600


def test_what_is_unfinished_lies_in_the_folder_that_was_named(tmp_path: Path) -> None:
    within = tmp_path / "parts"
    within.mkdir()
    with whole_file(tmp_path / "a", within=within):
        assert [path.name for path in tmp_path.iterdir()] == ["parts"]
        assert len(list(within.iterdir())) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "parts"]
    assert list(within.iterdir()) == []


@pytest.mark.parametrize("durable", [True, False])
def test_the_disk_is_waited_for_file_first_and_then_folder(
    tmp_path: Path, durable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[tuple[str, bool]] = []

    def fsync(descriptor: int) -> None:
        name = os.readlink(f"/proc/self/fd/{descriptor}")
        settled.append((Path(name).parent.name, (tmp_path / "a").exists()))

    monkeypatch.setattr("os.fsync", fsync)
    write_whole(tmp_path / "a", b"new", durable=durable)
    # The file, before it has its name; the folder, after.
    expected = [(tmp_path.name, False), (tmp_path.parent.name, True)]
    assert settled == (expected if durable else [])


@pytest.mark.parametrize(("number", "told"), [(22, False), (5, True)])
def test_a_folder_that_knows_no_settling_is_no_failure_but_a_broken_disk_is(
    tmp_path: Path, number: int, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(descriptor: int) -> None:
        if Path(os.readlink(f"/proc/self/fd/{descriptor}")) == tmp_path:
            raise OSError(number, os.strerror(number))  # EINVAL, EIO

    monkeypatch.setattr("os.fsync", fsync)
    if told:
        with pytest.raises(NotWritten, match="Input/output error"):
            write_whole(tmp_path / "a", b"new")
    else:
        write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


_KILLED = """
import os, signal, sys
from pathlib import Path
from jpki.whole_files import whole_file
with whole_file(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


# Square brackets would make a pattern of a name.
@pytest.mark.parametrize("name", ["a", "a[1]"])
def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")
    (tmp_path / ".another.0123.part").touch()
    done = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 3
    remove_leftovers(path)
    assert sorted(one.name for one in tmp_path.iterdir()) == [".another.0123.part", name]


def test_what_is_being_written_is_no_leftover(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with whole_file(path) as file:
        file.write(b"new")
        remove_leftovers(path)
        assert len(list(tmp_path.iterdir())) == 1
    assert path.read_bytes() == b"new"
