"""``jpki-sim serve`` as a process of its own, started, asked and stopped."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from jpki.jst import moment
from simulator.client import ControlClient
from simulator.world import World
from tests.services import servicework as work

COMMAND = [sys.executable, "-m", "simulator"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "world.sqlite"
    with work.new_world(path) as world:
        work.person_with_card(world)
    return path


@contextmanager
def serve(place: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    ready = place.with_name("ready.json")
    process = subprocess.Popen(
        [*COMMAND, "serve", str(place), "--ready-file", str(ready), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(600):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        yield process, json.loads(ready.read_text()) if ready.exists() else {}
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stop(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_a_world_is_served_changed_from_beside_and_stopped_cleanly(place: Path) -> None:
    token_file = place.with_name("token")
    with serve(place, "--token-file", str(token_file)) as (process, told):
        assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
        token = token_file.read_text().strip()
        assert told["url"].startswith("http://127.0.0.1:")
        with ControlClient(told["url"], token) as control:
            before = control.clock().now
            subprocess.run(
                [*COMMAND, "advance", "26h", "--world", str(place)], check=True, timeout=60
            )
            assert (control.clock().now - before).total_seconds() == 26 * 3600
            person = control.invent_person()
        index = httpx.get(told["url"] + "/", headers={"accept": "application/json"}, timeout=60)
        assert index.status_code == 200
        code, out, err = stop(process)
    assert (code, err) == (0, "")
    assert "curl -H" in out
    assert f"{told['pages']}sign-in?key=" in out
    assert token not in out
    assert not place.with_name("ready.json").exists()
    with World.open(place, keys=work.keys()) as world:
        assert person in world.state().people
        assert moment(world.now) == moment(work.BEGINS + (world.now - work.BEGINS))


def test_the_token_is_told_once_without_a_file_and_never_with_a_variable(place: Path) -> None:
    with serve(place) as (process, told):
        _, out, _ = stop(process)
    line = next(line for line in out.splitlines() if line.startswith("admin token"))
    assert out.count(line.rpartition(" ")[2]) == 1
    assert told["control"].endswith("/control/v1")


@pytest.mark.parametrize(
    ("mode", "content", "message"),
    [(0o644, "x" * 40, "others may read it"), (0o600, "short", "at least 16")],
)
def test_a_token_file_that_is_open_or_weak_is_refused(
    place: Path, mode: int, content: str, message: str
) -> None:
    file = place.with_name("token")
    file.write_text(content)
    file.chmod(mode)
    ended = subprocess.run(
        [*COMMAND, "serve", str(place), "--token-file", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert message in ended.stderr
    assert content not in ended.stderr + ended.stdout


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--host", "0.0.0.0"], 2, "0.0.0.0"),  # noqa: S104  that is what is refused
        (["--host", "example.org"], 2, "example.org"),
        (["--ready-file", "/nowhere/ready.json"], 6, "/nowhere/ready.json"),
    ],
)
def test_what_cannot_be_served_is_said_and_nothing_stays(
    place: Path, options: list[str], code: int, message: str
) -> None:
    ended = subprocess.run(
        [*COMMAND, "serve", str(place), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "JPKI_SIM_ADMIN_TOKEN": "t" * 40},
    )
    assert ended.returncode == code
    assert message in ended.stderr
    assert "t" * 40 not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
