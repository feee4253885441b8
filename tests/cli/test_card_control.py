"""A plugged card is spoken to over a socket that only its owner may open."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from jpki.errors import CardError, CardInUse, MalformedDocument, NoCard
from simulator.card.control import ControlSocket, ask
from simulator.reader.background import BackgroundReader
from simulator.reader.state import ReaderRecord, StateFolder, is_running, start_time


def fail():
    raise NoCard("the card is out already", hint="")


def test_a_verb_is_answered_and_an_error_comes_back(tmp_path):
    path = tmp_path / "one.sock"
    with ControlSocket(path, {"status": lambda: {"inserted": True}, "remove": fail}):
        assert path.stat().st_mode & 0o777 == 0o600
        assert ask(path, "status") == {"inserted": True}
        with pytest.raises(CardError, match="out already"):
            ask(path, "remove")
        with pytest.raises(CardError, match="no such verb"):
            ask(path, "explode")
        assert ask(path, "status") == {"inserted": True}
    assert not path.exists()


def test_nobody_there_is_no_card(tmp_path):
    with pytest.raises(NoCard, match="one"):
        ask(tmp_path / "one.sock", "status")


def test_a_name_that_is_taken_is_refused_and_one_left_behind_is_not(tmp_path):
    path = tmp_path / "one.sock"
    with (
        ControlSocket(path, {"status": dict}),
        pytest.raises(CardInUse, match="one already"),
    ):
        ControlSocket(path, {})
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(path))
    left_behind.close()
    with ControlSocket(path, {"status": lambda: {"new": 1}}):
        assert ask(path, "status") == {"new": 1}


def test_a_path_that_is_too_long_is_named(tmp_path):
    with pytest.raises(CardError, match="too long"):
        ControlSocket(tmp_path / ("x" * 120 + ".sock"), {})


# the state folder


def test_a_folder_that_others_may_write_to_is_refused(tmp_path):
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    open_folder.chmod(0o777)
    with pytest.raises(CardError, match="alone"):
        StateFolder.of(open_folder)
    made = StateFolder.of(tmp_path / "new")
    assert made.path.stat().st_mode & 0o777 == 0o700


def test_the_usual_folder_follows_the_runtime_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert StateFolder.of(None).path == tmp_path / "jpki-sim"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert StateFolder.of(None).path == tmp_path / f"jpki-sim-{os.getuid()}"


@pytest.fixture
def process():
    running = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield running
    running.kill()
    running.wait()


def record(process, *, started):
    return ReaderRecord(process.pid, started, 1, "/nowhere", ())


def test_a_process_is_known_by_its_number_and_its_start(process):
    started = start_time(process.pid)
    assert is_running(process.pid, started)
    assert not is_running(process.pid, started + 1)
    process.kill()
    process.wait()
    assert not is_running(process.pid, started)


def test_stop_leaves_a_process_alone_that_only_has_the_same_number(process, tmp_path):
    folder = StateFolder.of(tmp_path / "state")
    record(process, started=start_time(process.pid) - 1).write(folder.record)
    reader = BackgroundReader(folder)
    assert reader.record() is None
    assert reader.stop() is False
    assert process.poll() is None
    assert not folder.record.exists()


def test_stop_ends_the_process_that_was_started(process, tmp_path):
    folder = StateFolder.of(tmp_path / "state")
    record(process, started=start_time(process.pid)).write(folder.record)
    assert BackgroundReader(folder).stop() is True
    assert process.wait(5) != 0


def test_a_record_that_is_none_is_named(tmp_path):
    folder = StateFolder.of(tmp_path / "state")
    folder.record.write_text("{}")
    with pytest.raises(MalformedDocument, match="no record"):
        BackgroundReader(folder).record()
