"""``jpki-sim mdoc`` and ``jpki mdoc``: issue, show, verify, fall, and the notice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jpki.cli.app import app as jpki_app
from jpki.life.events import RevocationRequested
from jpki.terms import CertificateKind
from simulator.cli.app import app as sim_app
from simulator.world import World
from tests.mdoc.mdocwork import BEGINS, Scene

RUNNER = CliRunner()
AT = ("--at", "2026-07-06T11:00")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world file with a person whose card and phone are there, and no record yet."""
    path = tmp_path_factory.mktemp("mdoc") / "world.sqlite"
    # Its keys follow from its seed, as the commands make them again.
    with World.create(path, seed="mdoc", at=BEGINS) as world:
        Scene.begin(world)
    return path


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path))


def sim(place: Path, *words: str, status: int = 0) -> Result:
    env = {"LC_ALL": "C", "JPKI_SIM_WORLD": str(place), "COLUMNS": "100"}
    found = RUNNER.invoke(sim_app, ["mdoc", *words], env=env)
    assert found.exit_code == status, found.output
    return found


def jpki(*words: str, status: int = 0) -> Result:
    found = RUNNER.invoke(jpki_app, ["mdoc", *words], env={"LC_ALL": "C", "COLUMNS": "100"})
    assert found.exit_code == status, found.output
    return found


def test_every_command_has_help_with_an_example(place: Path) -> None:
    for name in ("issue", "present", "session", "root", "wallet", "push"):
        assert "Example:" in sim(place, name, "--help").stdout
    assert "Example:" in jpki("verify", "--help").stdout


def test_a_session_is_never_the_same_and_a_file_is_not_replaced(place: Path) -> None:
    one, two = place.with_name("1.cbor"), place.with_name("2.cbor")
    sim(place, "session", "--out", str(one))
    sim(place, "session", "--out", str(two))
    assert one.read_bytes() != two.read_bytes()
    sim(place, "session", "--out", str(one), status=2)


def fall(place: Path) -> None:
    with World.open(place) as world:
        kinds = (CertificateKind.CARD_SIGNATURE,)
        world.record(RevocationRequested(person="P000001", kinds=kinds))


def test_a_record_is_issued_shown_verified_and_falls(place: Path) -> None:
    answer, root, one, two = (
        str(place.with_name(name)) for name in ("answer.cbor", "root.pem", "1.cbor", "2.cbor")
    )
    items = ("--item", "org.iso.23220.1/age_over_20", "--item", "org.iso.23220.1.jp/portrait")
    sim(place, "issue", "P000001", "--pin", "ABC123")
    for file in (one, two):
        sim(place, "session", "--out", file)
    sim(place, "root", "--out", root)
    show = ("present", "P000001", *items, "--party", "shop", "--pin", "9876")
    sim(place, *show, "--session", one, "--out", answer)

    asked = ("verify", answer, "--trust", root, *AT)
    told = json.loads(jpki(*asked, "--session", one, "--format", "json").stdout)
    assert told["verdict"] == "valid"
    assert told["fallen_since"] == "unknown"
    assert {item["value"] for item in told["items"]} == {"***"}
    shown = jpki(*asked, "--session", one, "--show-personal", "--lang", "ja").stdout
    assert "age_over_20: True" in shown
    assert "不明" in shown
    assert "replayed" in jpki(*asked, "--session", two, status=1).stdout
    jpki(*asked, status=3)
    jpki("verify", root, "--trust", answer, *AT, status=2)
    jpki("verify", root, "--trust", root, *AT, status=1)

    fall(place)
    wallet = json.loads(sim(place, "wallet", "P000001", "--format", "json").stdout)
    assert (wallet["wallet"], wallet["fallen_by"]) == ("ready", "substitute.signature-lost")
    away = sim(place, "push", "--unreached", "phone-P000001-1").stdout
    assert "not confirmed" in away
    again = sim(place, *show, "--session", two, "--out", one + ".new", status=2)
    assert "substitute.signature-lost" in again.output
    assert not Path(one + ".new").exists()
    assert "empty" in sim(place, "wallet", "P000001").stdout
    assert sim(place, "push").stdout == ""


def test_a_wrong_item_or_pin_is_named(place: Path) -> None:
    sim(place, "issue", "P000001", "--pin", "ABC123", "--algorithm", "ES384", "--records", "3")
    session, out = str(place.with_name("s.cbor")), str(place.with_name("a.cbor"))
    sim(place, "session", "--out", session)
    show = ("present", "P000001", "--party", "shop", "--session", session, "--out", out)
    sim(place, *show, "--item", "age", "--biometrics", status=2)
    sim(place, *show, "--item", "org.iso.23220.1/age_over_20", "--pin", "0000", status=5)
    refused = sim(
        place, *show, "--item", "org.iso.23220.1/age_over_20", "--offline", "--biometrics", status=2
    )
    assert "CAE-1" in refused.output
    assert not Path(out).exists()
