"""The private reader and the card that stays plugged in."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from jpki.errors import CardError, CardInUse, NoReaderService
from simulator.card.vpcd import Departure
from simulator.reader import PrivateReader, plug, plugging, private
from tests.card import specimens
from tests.system import bench


def _gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] == "Z"
    except OSError:
        return True


def _wait_until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_two_readers_run_side_by_side_and_leave_nothing_behind(reader):
    with PrivateReader() as other:
        assert other.environment["PCSCLITE_CSOCK_NAME"] != reader.environment["PCSCLITE_CSOCK_NAME"]
        directory = Path(other.environment["HOME"]).parent
        with other.connect_card(specimens.card()):
            named = bench.run("opensc-tool", "--name", environment=other.environment)
            assert named.stdout.strip() == "jpki"
            listed = bench.run("opensc-tool", "--list-readers").stdout
            assert "Yes" not in listed  # the shared one is empty
    assert not directory.exists()


def test_a_reader_takes_one_card_at_a_time(reader):
    with bench.inserted(specimens.card()), pytest.raises(CardInUse):
        reader.connect_card(specimens.card())


def test_a_reader_that_has_stopped_takes_no_card():
    reader = PrivateReader()
    with pytest.raises(NoReaderService):
        reader.connect_card(specimens.card())


def test_a_card_stays_plugged_in_until_it_is_told_to_stop():
    said, stop, departures = [], threading.Event(), []
    thread = threading.Thread(
        target=lambda: departures.append(plug(specimens.card(), announce=said.append, stop=stop))
    )
    thread.start()
    _wait_until(lambda: any("inserted" in line for line in said))
    exported = dict(line.removeprefix("export ").split("=", 1) for line in said if "=" in line)
    assert bench.run("opensc-tool", "--name", environment=exported).stdout.strip() == "jpki"
    stop.set()
    thread.join(10)
    assert departures == [Departure.STOPPED]


PLUG = """
import threading
from simulator.reader import plug, stop_on_signals
from tests.card import specimens
stop = threading.Event()
card = specimens.card()
with stop_on_signals(stop):
    print(plug(card, announce=lambda line: print(line, flush=True), stop=stop).name)
"""


def _plugged():
    process = subprocess.Popen(
        [sys.executable, "-c", PLUG], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if "inserted" in line:
            break
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    (launcher,) = map(int, children)
    (daemon,) = map(int, Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split())
    return process, launcher, daemon


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_pulls_the_card_out_and_ends_the_service(number):
    process, launcher, daemon = _plugged()
    process.send_signal(number)
    said, _ = process.communicate(timeout=20)
    assert (said.strip(), process.returncode) == ("STOPPED", 0)
    assert _gone(launcher)
    assert _gone(daemon)


def test_the_service_ends_and_cleans_up_even_when_its_owner_is_killed():
    process, launcher, daemon = _plugged()
    arguments = Path(f"/proc/{daemon}/cmdline").read_text().split("\0")
    directory = Path(arguments[arguments.index("-c") + 1]).parent
    assert directory.exists()
    process.kill()
    process.communicate()
    _wait_until(lambda: _gone(launcher) and _gone(daemon))
    assert not directory.exists()


def test_the_service_ends_when_its_launcher_is_killed():
    process, launcher, daemon = _plugged()
    os.kill(launcher, signal.SIGKILL)
    said, _ = process.communicate(timeout=20)
    assert said.strip() == "READER_GONE"
    _wait_until(lambda: _gone(daemon))


def test_a_reader_that_is_open_to_the_network_gets_no_card(monkeypatch):
    monkeypatch.setattr(plugging, "exposed_listeners", lambda port: ("192.0.2.1",))
    said = []
    with pytest.raises(CardError, match=r"192\.0\.2\.1"):
        plug(
            specimens.card(),
            announce=said.append,
            stop=threading.Event(),
            private_reader=False,
        )
    assert said == []


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(private, "_LIBRARIES", ())
    with pytest.raises(NoReaderService, match="vsmartcard-vpcd"):
        PrivateReader().start()
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(private, "_DAEMON_PATH", "")
    with pytest.raises(NoReaderService, match="apt-get install pcscd"):
        PrivateReader().start()
