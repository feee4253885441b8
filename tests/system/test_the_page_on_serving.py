"""The commands of the page on serving are run as they stand, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"## With OpenSSL alone\n.*?```sh\n(.*?)```", re.DOTALL)


def shell(script: str, folder: Path) -> str:
    """Run a script in a folder with ``jpki-sim`` being the one that is tested."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "jpki-sim").write_text(f'#!/bin/sh\nexec {sys.executable} -m simulator "$@"\n')
    (programs / "jpki-sim").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A fresh folder; a server that was left running in it is ended by its number."""
    yield tmp_path
    ready = tmp_path / "ready.json"
    if ready.exists():
        with suppress(ProcessLookupError):
            os.kill(json.loads(ready.read_text())["pid"], signal.SIGTERM)


def block() -> str:
    found = BLOCK.search((ROOT / "docs" / "serve.md").read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def requires(told: str) -> None:
    """OpenSSL says good, then revoked, and the timeline and the chain say why."""
    before, _, after = told.partition("recorded 20")
    assert "card.pem: OK" in before
    assert "card.pem: good" in before
    assert "certificate revoked" in after
    assert "card.pem: revoked" in after
    assert "Response Verify Failure" not in told
    assert told.count("Response verify OK") == 2
    assert after.count("[card-loss-reported.card-authentication]") >= 3


def test_a_stranger_pastes_the_page_and_sees_what_it_promises(folder: Path) -> None:
    requires(shell(block(), folder))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    from tests.simulator.postgres import cluster

    with cluster() as running:
        yield running.new_world_url()


def test_the_same_commands_serve_a_world_on_postgresql(folder: Path, url: str) -> None:
    told = shell(block().replace("world.sqlite", f'"{url}"'), folder)
    requires(told)
    assert "made postgresql://" in told
    assert list(folder.glob("*.sqlite")) == []
