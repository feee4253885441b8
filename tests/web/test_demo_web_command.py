"""``jpki-sim demo-web`` as a process of its own: its link opens, and Ctrl+C ends it cleanly."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from jpki.life import CertificateState
from jpki.terms import CertificateKind
from simulator.cli.demo_web import BEGINS, populate
from simulator.keys import KeyPool
from simulator.world import World


def test_the_link_opens_the_pages_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": os.getcwd()}
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "demo-web", "--seed", "demo web test"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    try:
        assert process.stdout is not None
        link = ""
        while not link:
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            link = (re.findall(r"http://\S+key=\S+", line) or [""])[0]
        with httpx.Client(follow_redirects=True, timeout=30) as client:
            page = client.get(link)
            assert page.status_code == 200
            assert "Ten minutes" in page.text
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0, err
    assert err == ""
    assert out.endswith("stopped\n")
    assert [*home.iterdir()] == []
    assert {each.name for each in tmp_path.iterdir()} == {"home"}
    with pytest.raises(httpx.ConnectError):
        httpx.get(link)


def test_its_people_have_what_their_ages_and_phones_allow() -> None:
    with World.create(None, seed="demo web", at=BEGINS, keys=KeyPool()) as world:
        populate(world)
        state = world.state()
        live = {
            person: {
                kind
                for kind in CertificateKind
                if (record := state.live(person, kind)) is not None
                and state.state_of(record) is CertificateState.ACTIVE
            }
            for person in state.people
        }
    card = {CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION}
    assert live == {
        "P000001": card,
        "P000002": set(CertificateKind),
        # Act 3(3): nobody under 15 gets a signature certificate.
        "P000003": {CertificateKind.CARD_AUTHENTICATION},
    }
