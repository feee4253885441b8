"""``jpki-sim card plug`` serves programs that know nothing of us, with its own certificates."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from pathlib import Path

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.certificates import SignatureCertificate, parse_certificate
from jpki.jst import at_time
from simulator import municipality
from simulator.people import invent_person
from simulator.tokens import TokenPins
from simulator.world import World
from tests.system import bench

_SOME_DAY, _NOON = date(2026, 4, 1), time(12, 0)

pytestmark = pytest.mark.xdist_group("plug command")


@contextmanager
def plugged_in(*options: str) -> Iterator[tuple[dict[str, str], str]]:
    """Run the command; yield what it exports and what it said before."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "simulator", "card", "plug", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    exported, said = {}, ""
    try:
        for line in process.stdout:
            said += line
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                exported[name] = value
            if "card inserted" in line:
                break
        assert "card inserted" in said, said
        yield exported, said
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    home = tmp_path_factory.mktemp("home")
    with plugged_in("--auth-pin", "4321", "--sign-password", "TEST99") as (exported, _):
        yield {**exported, "HOME": str(home)}


def tool(client: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return bench.run(*command, environment=client)


def certificate(client: dict[str, str], folder: Path, number: str, *more: str) -> Path:
    out = folder / f"{number}.pem"
    done = tool(client, "pkcs15-tool", "--read-certificate", number, "--output", str(out), *more)
    assert done.returncode == 0, done.stderr
    return out


def test_the_only_thing_to_export_is_the_socket(client: dict[str, str]) -> None:
    assert set(client) == {"PCSCLITE_CSOCK_NAME", "HOME"}


def test_opensc_recognises_it_and_lists_what_is_on_it(client: dict[str, str]) -> None:
    dumped = tool(client, "pkcs15-tool", "--dump").stdout
    assert "PKCS#15 Card [JPKI]" in dumped
    for thing in (
        "PIN [User Authentication PIN]",
        "PIN [Digital Signature PIN]",
        "Private RSA Key [User Authentication Key]",
        "Private RSA Key [Digital Signature Key]",
        "X.509 Certificate [User Authentication Certificate]",
        "X.509 Certificate [Digital Signature Certificate]",
    ):
        assert thing in dumped


def test_opensc_reads_both_certificates_and_they_are_the_kinds_they_should_be(
    client: dict[str, str], tmp_path: Path
) -> None:
    authentication = parse_certificate(certificate(client, tmp_path, "01").read_bytes())
    signing = parse_certificate(
        certificate(
            client, tmp_path, "02", "--auth-id", "2", "--verify-pin", "--pin", "TEST99"
        ).read_bytes()
    )
    assert authentication.kind == "card_authentication"
    assert isinstance(signing, SignatureCertificate)
    assert signing.attributes.name


@pytest.mark.parametrize(("key", "number", "pin"), [("1", "01", "4321"), ("2", "02", "TEST99")])
def test_opensc_signs_with_both_keys_and_openssl_agrees(
    client: dict[str, str], tmp_path: Path, key: str, number: str, pin: str
) -> None:
    opening = ("--auth-id", "2", "--verify-pin", "--pin", pin) if key == "2" else ()
    pem = certificate(client, tmp_path, number, *opening)
    document, digest, signature, public = (
        tmp_path / name for name in ("document", "digest", "signature", "public.pem")
    )
    document.write_bytes(b"signed by a program that knows nothing of us")
    bench.run("openssl", "dgst", "-sha256", "-binary", "-out", str(digest), str(document))
    signed = tool(
        client,
        *("pkcs15-crypt", "--sign", "--key", key, "--sha-256", "--pkcs1", "--pin", pin),
        *("--input", str(digest), "--output", str(signature), "--raw"),
    )
    assert signed.returncode == 0, signed.stderr
    extracted = bench.run("openssl", "x509", "-in", str(pem), "-noout", "-pubkey")
    public.write_text(extracted.stdout)
    judged = bench.run(
        *("openssl", "dgst", "-sha256", "-verify", str(public)),
        *("-signature", str(signature), str(document)),
    )
    assert judged.stdout.strip() == "Verified OK"


def test_a_wrong_pin_counts_down(client: dict[str, str]) -> None:
    def tries() -> list[str]:
        listed = tool(client, "pkcs15-tool", "--list-pins").stdout
        return re.findall(r"Tries left\s*: (\d+)", listed)

    assert tries() == ["3", "5"]
    tool(client, "pkcs15-tool", "--verify-pin", "--auth-id", "1", "--pin", "0000")
    assert tries() == ["2", "5"]
    tool(client, "pkcs15-tool", "--verify-pin", "--auth-id", "1", "--pin", "4321")
    assert tries() == ["3", "5"]


def test_a_worlds_card_keeps_its_counters_when_it_is_plugged_in_again(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite"
    invented = invent_person("plug", 1)
    with World.create(path, seed="plug", at=at_time(_SOME_DAY, _NOON)) as world:
        person = municipality.register(world, invented)
        municipality.hand_over_card(
            world, person, pins=TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
        )
    home = {"HOME": str(tmp_path)}
    with plugged_in("--world", str(path), "--person", person) as (exported, _):
        tool(
            {**exported, **home},
            *("pkcs15-tool", "--verify-pin", "--auth-id", "1", "--pin", "0000"),
        )
    with plugged_in("--world", str(path)) as (exported, _):
        listed = tool({**exported, **home}, "pkcs15-tool", "--list-pins").stdout
    assert re.findall(r"Tries left\s*: (\d+)", listed) == ["2", "5"]


def test_an_open_answer_is_set_on_the_command_line(tmp_path: Path) -> None:
    with plugged_in("--behaviour", "query_when_blocked=6983") as (exported, _):
        client = {**exported, "HOME": str(tmp_path)}
        wrong = ("pkcs15-tool", "--verify-pin", "--auth-id", "1", "--pin", "0000")
        for _ in range(3):
            tool(client, *wrong)
        # OpenSC takes nothing but 63Cn: with any other answer the whole card is unsupported.
        told = tool(client, "pkcs15-tool", "--list-pins")
    assert "Unsupported card" in told.stderr + told.stdout


def refused(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "simulator", "card", "plug", *options],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


def test_a_malformed_pin_is_refused_without_showing_it() -> None:
    done = refused("--auth-pin", "12a4")
    assert done.returncode == 5
    assert "pin.malformed" in done.stderr
    assert "12a4" not in done.stderr


def test_the_machines_own_reader_must_run() -> None:
    done = refused("--reader", "system", "--port", "41963")
    assert done.returncode == 4
    assert "card." in done.stderr


def test_a_worlds_card_takes_no_new_pins(tmp_path: Path) -> None:
    World.create(tmp_path / "w.sqlite", seed="x", at=at_time(_SOME_DAY, _NOON)).close()
    done = refused("--world", str(tmp_path / "w.sqlite"), "--auth-pin", "1234")
    assert done.returncode == 2
    assert "PINs of their own" in done.stderr


def test_a_world_without_the_person_is_refused(tmp_path: Path) -> None:
    World.create(tmp_path / "w.sqlite", seed="x", at=at_time(_SOME_DAY, _NOON)).close()
    done = refused("--world", str(tmp_path / "w.sqlite"), "--person", "P000009")
    assert done.returncode == 2
    assert "P000009" in done.stderr
