"""``jpki-sim reader`` and ``card`` from several terminals, and ``jpki`` on the other side."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from jpki.card.trace import Trace
from simulator.reader.state import start_time
from tests.system import bench

pytestmark = pytest.mark.xdist_group("background reader")


def sim(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "simulator", *words, "--state", str(state)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def jpki(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jpki", *words],
        env={**os.environ, "PCSCLITE_CSOCK_NAME": str(state / "pcscd.comm"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def plugged(state: Path, name: str, *options: str):
    process = subprocess.Popen(
        [
            *(sys.executable, "-u", "-m", "simulator", "card", "plug"),
            *("--state", str(state), "--name", name, *options),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "card inserted" in line:
            break
    try:
        assert "card inserted" in said, said
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        finally:
            process.kill()
            process.stdout.close()


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    folder.chmod(0o700)
    started = sim(folder, "reader", "start", "--slots", "4")
    assert started.returncode == 0, started.stderr
    yield folder
    assert sim(folder, "reader", "stop").stdout == "stopped\n"


def listed(state: Path) -> dict[str, bool]:
    found = json.loads(sim(state, "card", "list", "--format", "json").stdout)
    return {card["name"]: card["inserted"] for card in found}


def present(state: Path) -> dict[str, bool]:
    rows = json.loads(jpki(state, "card", "list", "--format", "json").stdout)
    return {row["reader"]: row["present"] for row in rows}


def wait_for(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_reader_in_the_background_prints_what_a_program_needs(state):
    told = json.loads(sim(state, "reader", "status", "--format", "json").stdout)
    assert told["environment"] == {"PCSCLITE_CSOCK_NAME": str(state / "pcscd.comm")}
    assert told["readers"] == [
        "Virtual PCD 00 00", "Virtual PCD 00 01", "Virtual PCD 2 00 00", "Virtual PCD 2 00 01",
    ]  # fmt: skip
    assert list(present(state)) == told["readers"]
    again = sim(state, "reader", "start")
    assert again.returncode == 4
    assert "runs already" in again.stderr


def test_nothing_of_it_is_seen_from_the_network(state):
    daemon = json.loads((state / "reader.json").read_text())["daemon"]
    interfaces = Path(f"/proc/{daemon}/net/dev").read_text().splitlines()[2:]
    assert [row.split(":")[0].strip() for row in interfaces] == ["lo"]
    for name in ("keeper.sock", "pcscd.comm", "reader.json"):
        assert (state / name).exists()
    assert (state / "keeper.sock").stat().st_mode & 0o077 == 0


def test_several_cards_are_moved_about_from_another_terminal(state):
    with plugged(state, "mine"), plugged(state, "phone", "--slot", "3", "--profile", "android"):
        assert listed(state) == {"mine": True, "phone": True}
        rows = json.loads(jpki(state, "card", "list", "--format", "json").stdout)
        assert [row["holds"] for row in rows] == [
            "individual number card (simulated)", "empty", "empty", "android phone (simulated)",
        ]  # fmt: skip
        assert sim(state, "card", "remove", "mine").returncode == 0
        wait_for(lambda: not present(state)["Virtual PCD 00 00"])
        assert listed(state) == {"mine": False, "phone": True}
        twice = sim(state, "card", "remove", "mine")
        assert twice.returncode == 4
        assert "out already" in twice.stderr
        assert sim(state, "card", "insert", "mine").returncode == 0
        wait_for(lambda: present(state)["Virtual PCD 00 00"])
        several = sim(state, "card", "remove")
        assert several.returncode == 4
        assert "mine, phone" in several.stderr
        taken = sim(state, "card", "plug", "--slot", "3")
        assert taken.returncode == 4
        assert "in this slot already" in taken.stderr
    assert listed(state) == {}


def test_counters_survive_a_power_cycle_and_what_was_open_is_closed(state):
    with plugged(state, "mine"):
        assert jpki(state, "pin", "verify", "--pin", "9999").returncode == 5
        assert sim(state, "card", "power-cycle").returncode == 0
        wait_for(lambda: present(state)["Virtual PCD 00 00"])
        told = json.loads(jpki(state, "pin", "status", "--format", "json").stdout)
        assert (told["auth"], told["sign"], told["face-code-a"]) == (2, 5, 10)


def test_unplugging_ends_the_command_that_plugged(state):
    with plugged(state, "mine") as process:
        assert sim(state, "card", "unplug", "mine").returncode == 0
        assert process.wait(15) == 0


@pytest.mark.parametrize(
    ("profile", "status", "situation"),
    [("card", 0, "card"), ("android", 0, "phone"), ("iphone", 0, "phone"),
     ("juki", 4, "old-juki-card")],
)  # fmt: skip
def test_the_doctor_knows_every_profile(state, profile, status, situation):
    with plugged(state, "patient", "--profile", profile):
        done = jpki(state, "card", "doctor", "--format", "json")
    assert done.returncode == status, done.stderr
    assert situation in [row["situation"] for row in json.loads(done.stdout)]


def test_the_doctor_sees_empty_readers_and_a_missing_service(state, tmp_path):
    empty = jpki(state, "card", "doctor")
    assert empty.returncode == 4
    assert "no reader holds a card" in empty.stdout
    nobody = jpki(tmp_path, "card", "doctor", "--lang", "ja")
    assert nobody.returncode == 4
    assert "apt-get install pcscd" in nobody.stdout


def test_a_file_is_signed_and_attributes_are_checked_through_the_reader(state, tmp_path):
    document = tmp_path / "contract.txt"
    document.write_bytes(b"contract")
    with plugged(state, "mine"):
        signed = jpki(state, "sign", str(document), "--pin", "ABC123", "--wait", "5")
        assert signed.returncode == 0, signed.stderr
        keys = tmp_path / "keys"
        subprocess.run(
            [sys.executable, "-m", "simulator", "card", "issuer-keys", "--out", str(keys)],
            check=True,
            capture_output=True,
            timeout=60,
        )
        told = jpki(
            *(state, "card", "attributes", "--pin", "1234", "--format", "json"),
            *("--issuer-key", str(keys / "input-support.pem")),
        )
        assert json.loads(told.stdout)["checked"] is True, told.stderr
    read = bench.run(
        *("openssl", "cms", "-verify", "-inform", "DER", "-noverify", "-binary"),
        *("-in", f"{document}.p7s", "-content", str(document), "-out", str(tmp_path / "out")),
    )
    assert read.returncode == 0, read.stderr
    assert (tmp_path / "out").read_bytes() == b"contract"


def test_faults_strike_under_real_programs_and_are_recorded(state, tmp_path):
    script, said = tmp_path / "flaky.toml", tmp_path / "said.apdu"
    script.write_text(
        '[[fault]]\ndo = "status"\nsw = "6581"\nins = "COMPUTE_DIGITAL_SIGNATURE"\nat = 1\n'
        '[[fault]]\ndo = "pull"\nins = "COMPUTE_DIGITAL_SIGNATURE"\nat = 2\n'
    )
    document = tmp_path / "contract.txt"
    document.write_bytes(b"contract")
    options = ("--faults", str(script), "--record", str(said))
    with plugged(state, "flaky", *options):
        sign = ("sign", str(document), "--pin", "ABC123")
        first = jpki(state, *sign)
        assert (first.returncode, "6581" in first.stderr) == (4, True)
        second = jpki(state, *sign)
        assert second.returncode == 4
        assert "card.removed" in second.stderr
        assert listed(state) == {"flaky": False}
        assert not document.with_name("contract.txt.p7s").exists()
        sim(state, "card", "insert", "flaky")
        assert jpki(state, *sign, "--wait", "5").returncode == 0
    traces = sorted(tmp_path.glob("said*.apdu"))
    texts = [path.read_text() for path in traces]
    assert any("# fault: status" in text and "< 6581" in text for text in texts)
    assert any("(fault: pull)" in text for text in texts)
    assert not any("414243313233" in text for text in texts)
    for path, text in zip(traces, texts, strict=True):
        assert Trace.parse(text, source=path.name).steps or text.startswith("#")


def test_a_dropped_answer_loses_the_card_for_a_moment(state, tmp_path):
    script = tmp_path / "flaky.toml"
    script.write_text('[[fault]]\ndo = "drop"\nins = "READ_RECORD"\nat = 1\n')
    with plugged(state, "flaky", "--faults", str(script)):
        first = jpki(state, "card", "info")
        assert first.returncode == 4
        wait_for(lambda: present(state)["Virtual PCD 00 00"])
        assert jpki(state, "card", "info").returncode == 0


def test_a_killed_keeper_leaves_no_service_and_the_next_start_works(tmp_path):
    folder = tmp_path / "state"
    assert sim(folder, "reader", "start").returncode == 0
    told = json.loads((folder / "reader.json").read_text())
    os.kill(told["pid"], signal.SIGKILL)
    wait_for(lambda: start_time(told["daemon"]) is None)
    assert sim(folder, "reader", "status").returncode == 4
    assert sim(folder, "reader", "start").returncode == 0
    with plugged(folder, "mine") as process:
        assert sim(folder, "reader", "stop").stdout == "stopped\n"
        assert process.wait(15) == 4  # the card has nowhere to be
    assert sim(folder, "reader", "stop").stdout == "not running\n"


def test_a_reader_with_a_japanese_name_is_used(tmp_path):
    program = """
import os
from simulator.reader import private
from tests.card import specimens
private._FRIENDLY_NAME = "仮想リーダー"
with private.PrivateReader() as reader:
    os.environ.update(reader.environment)
    from jpki.backends.pcsc import find_reader, wait_for_reader_with_card
    from jpki.card.token import identify
    with reader.connect_card(specimens.card()):
        found = wait_for_reader_with_card("仮想ﾘｰﾀﾞｰ 00 00", timeout=5)
        with found.connect() as connection:
            print(found.name, identify(connection).kind, found.state().in_use)
"""
    ran = bench.run(
        sys.executable, "-c", program, environment={"LC_ALL": "C.UTF-8", "PYTHONPATH": "."}
    )
    assert ran.stdout.strip() == "仮想リーダー 00 00 individual_number_card True", ran.stderr
    assert re.fullmatch(r"\S+ 00 00 \S+ True", ran.stdout.strip())
