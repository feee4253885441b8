"""A stranger with OpenSSL alone watches a certificate of a served world lose its effect."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.system
SIM = (sys.executable, "-m", "simulator")
ROOT = Path(__file__).resolve().parents[2]
# 2026-08-03T03:00:00Z, and a day and two hours later: what the world's clock shows.
NOON, NEXT_DAY = 1785726000, 1785726000 + 26 * 3600


def run(*command: str, cwd: Path, good: bool = True) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode == 0) is good, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """``jpki-sim serve`` as a process over a world of one person with a card."""
    run(
        *SIM,
        "init",
        "w.sqlite",
        "--seed",
        "stranger",
        "--at",
        "2026-08-03T12:00",
        "--people",
        "1",
        cwd=tmp_path,
    )
    process = subprocess.Popen(
        [*SIM, "serve", "w.sqlite", "--token-file", "token", "--ready-file", "ready.json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        ready = tmp_path / "ready.json"
        for _ in range(300):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        yield tmp_path, json.loads(ready.read_text())["url"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def fetched(url: str, path: Path) -> None:
    with urlopen(url, timeout=10) as answer:  # noqa: S310  loopback
        path.write_bytes(answer.read())


def told(folder: Path, url: str, serial: int, *, at: int) -> tuple[str, str]:
    """What OpenSSL says by the list and by OCSP, both fetched anew."""
    fetched(f"{url}/crl/auth/3/{folder.joinpath('code').read_text()}.crl", folder / "list.der")
    run("openssl", "crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem", cwd=folder)
    by_list = subprocess.run(
        [
            *("openssl", "verify", "-attime", str(at), "-CAfile", "ca.pem"),
            *("-CRLfile", "list.pem", "-crl_check", "-extended_crl", "card.pem"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    by_ocsp = run(
        *("openssl", "ocsp", "-issuer", "ca.pem", "-cert", "card.pem", "-CAfile", "ca.pem"),
        *("-url", f"{url}/ocsp"),
        cwd=folder,
    )
    assert "Response verify OK" in by_ocsp
    line = next(line for line in by_ocsp.splitlines() if line.startswith("card.pem: "))
    status = line.removeprefix("card.pem: ")
    if status.startswith("WARNING"):  # the world's clock is not the machine's
        status = next(
            word
            for word in ("good", "revoked")
            if f"\n{word}\n" in by_ocsp or f": {word}" in by_ocsp
        )
    return by_list.stdout + by_list.stderr, status


def test_a_certificate_turns_revoked_and_the_timeline_says_why(served: tuple[Path, str]) -> None:
    folder, url = served
    token = (folder / "token").read_text().strip()
    run(
        *("curl", "-sf", "-H", f"Authorization: Bearer {token}", "-o", "card.der"),
        f"{url}/control/v1/certificates/user_authentication/114000001",
        cwd=folder,
    )
    run("openssl", "x509", "-inform", "DER", "-in", "card.der", "-out", "card.pem", cwd=folder)
    fetched(f"{url}/ca/auth/3.pem", folder / "ca.pem")
    where = json.loads(
        run(
            "curl",
            "-sf",
            "-H",
            "Accept: application/json",
            f"{url}/where/auth/114000001",
            cwd=folder,
        )
    )
    (folder / "code").write_text(str(where["municipality"]))

    run(*SIM, "advance", "1d", "--world", "w.sqlite", cwd=folder)
    by_list, by_ocsp = told(folder, url, 114000001, at=NOON + 86400)
    assert "card.pem: OK" in by_list
    assert by_ocsp == "good"

    lost = ("event", "card_loss_reported", "--person", "P000001", "--field", "channel=call_centre")
    run(*SIM, *lost, "--world", "w.sqlite", cwd=folder)
    run(*SIM, "advance", "26h", "--world", "w.sqlite", cwd=folder)
    by_list, by_ocsp = told(folder, url, 114000001, at=NEXT_DAY + 86400)
    assert "certificate revoked" in by_list
    assert by_ocsp == "revoked"
    timeline = run(*SIM, "timeline", "P000001", "--world", "w.sqlite", cwd=folder)
    assert "card-loss-reported.card-authentication" in timeline
