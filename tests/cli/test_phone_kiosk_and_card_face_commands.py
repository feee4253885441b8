"""``jpki-sim phone``, ``kiosk`` and ``card-face``: a life with a phone on the command line."""

from __future__ import annotations

import json
import shutil
from datetime import date, time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate
from typer.testing import CliRunner

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from simulator import municipality
from simulator.archive import export_world
from simulator.cli.app import app
from simulator.people import invent_person
from simulator.tokens import TokenPins
from simulator.world import World

RUNNER = CliRunner()
ME = "P000001"
NOON = at_time(date(2026, 7, 6), time(12))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world file with two people with cards, and nobody's phone."""
    path = tmp_path_factory.mktemp("phones") / "world.sqlite"
    with World.create(path, seed="phones", at=NOON) as world:
        for number in (1, 2):
            who = municipality.register(
                world, invent_person("phones", number, birth_date=date(1990, 9, 15))
            )
            pins = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
            municipality.hand_over_card(world, who, pins=pins)
    return path


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path))


def sim(place: Path, *words: str, status: int = 0) -> str:
    env = {"LC_ALL": "C", "JPKI_SIM_WORLD": str(place), "COLUMNS": "100", "MINE": "9876"}
    found = RUNNER.invoke(app, words, env=env)
    assert found.exit_code == status, found.output
    return found.output


def enrol(place: Path, platform: str = "android", status: int = 0) -> str:
    return sim(
        place,
        *("phone", "enrol", ME, "--platform", platform, "--card-password", "ABC123"),
        *("--new-password", "PHONE1", "--new-pin", "env:MINE"),
        status=status,
    )


def exported(place: Path) -> str:
    out = place.with_name("export.jsonl")
    out.unlink(missing_ok=True)
    with World.open(place) as world:
        export_world(world, out)
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "group",
    [
        "phone enrol,list,sign,authenticate,pin,reset,discontinue,lost,lift,online,offline,treat",
        "kiosk reserve,finish",
        "card-face read",
    ],
)
def test_every_command_has_help_with_an_example(place: Path, group: str) -> None:
    name, commands = group.split()
    for command in commands.split(","):
        assert "Example:" in sim(place, name, command, "--help")


def test_a_phone_is_enrolled_signs_authenticates_and_ends(place: Path) -> None:
    assert "phone-P000001-1 (android): enrolled" in enrol(place)
    work = place.parent
    (work / "doc").write_bytes(b"contract")
    (work / "nonce").write_bytes(b"challenge")
    sim(
        place,
        *("phone", "sign", ME, str(work / "doc"), "--out", str(work / "p7s"), "--pin", "PHONE1"),
    )
    assert (work / "p7s").read_bytes()[:1] == b"\x30"
    ask = ("phone", "authenticate", ME, "--challenge", str(work / "nonce"))
    told = json.loads(
        sim(
            place,
            *(*ask, "--out", str(work / "sig"), "--certificate", str(work / "der")),
            *("--biometrics", "--format", "json"),
        )
    )
    assert told["opened_by"] == "biometrics"
    key = load_der_x509_certificate((work / "der").read_bytes()).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify((work / "sig").read_bytes(), b"challenge", PKCS1v15(), SHA256())
    sim(place, *ask, "--out", str(work / "no"), "--pin", "0000", status=5)
    sim(place, "phone", "pin", ME, "authentication", "--pin", "9876", "--new", "1111")
    sim(place, "phone", "reset", ME, "authentication", "--by", "PHONE1", "--new", "2222")
    sim(place, "phone", "reset", ME, "signature", "--by", "ABC123", "--new", "PHONE2")
    sim(place, *ask, "--out", str(work / "yes"), "--pin", "2222")
    sim(place, "phone", "lost", ME)
    assert "有効" in sim(place, "phone", "lift", ME, "--lang", "ja")
    assert "ON-4" in sim(place, "phone", "discontinue", ME, status=2)  # signed by a dead key
    sim(place, "phone", "discontinue", ME, "--signed-with", "card")
    (found,) = json.loads(sim(place, "phone", "list", ME, "--format", "json"))
    assert {each["state"] for each in found["certificates"]} == {"revoked"}


def test_an_old_phone_is_named_and_is_erased_when_it_is_online(place: Path) -> None:
    enrol(place)
    sim(place, "phone", "offline", ME)
    enrol(place, "iphone")
    old = ("--device", "phone-P000001-1")
    first, second = json.loads(sim(place, "phone", "list", ME, "--format", "json"))
    assert (first["standing"], first["keys"]) == ("old", ["signature", "user_authentication"])
    assert second["standing"] == "enrolled"
    assert "no key" in sim(place, "phone", "online", ME, *old)
    sim(place, "phone", "online", ME, "--device", "phone-P000002-1", status=2)
    assert "no key" in sim(place, "phone", "treat", ME, "erased")


@pytest.mark.parametrize("wrong", ["offline", "password", "nobody"])
def test_what_cannot_be_enrolled_leaves_the_world_as_it_was(place: Path, wrong: str) -> None:
    before = exported(place)
    if wrong == "nobody":
        sim(place, "phone", "enrol", "P000009", "--card-password", "ABC123", status=2)
    elif wrong == "password":
        ends = ("--new-password", "short", "--new-pin", "9876")
        sim(place, "phone", "enrol", ME, "--card-password", "ABC123", *ends, status=5)
    else:
        sim(place, "phone", "offline", ME, status=2)  # there is no phone to be offline
    assert exported(place) == before


def reserved(place: Path, person: str = ME) -> str:
    told = sim(place, "kiosk", "reserve", person, "signature", "--pin", "1234", "--format", "json")
    return str(json.loads(told)["code"])


def finish(place: Path, code: str, status: int = 0, *more: str) -> str:
    ends = ("--code", code, "--pin", "1234", "--new", "NEW123")
    return sim(place, "kiosk", "finish", ME, "signature", *ends, *more, status=status)


def test_a_password_is_set_anew_at_a_kiosk_once(place: Path) -> None:
    code = reserved(place)
    assert "KS-9" in finish(place, code)
    assert "KS-3" in finish(place, code, 2)


def test_the_code_of_another_person_and_a_wrong_one_are_refused_and_counted_alone(
    place: Path,
) -> None:
    reserved(place)
    theirs = reserved(place, "P000002")
    before = exported(place)
    assert "KS-3" in finish(place, theirs, 2)
    assert "KS-3" in finish(place, "AAAAAAAAAAAA", 2)
    counted = exported(place).replace('\\"wrong\\": 2', '\\"wrong\\": 0')
    # Nothing but the count of wrong codes differs; the last line is the digest of all before it.
    assert counted.splitlines()[:-1] == before.splitlines()[:-1]


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        ("2026-07-06T23:01:00+09:00", "KS-5"),
        ("2026-07-07T12:00:01+09:00", "KS-4"),
    ],
)
def test_too_late_in_the_day_or_after_24_hours_nothing_is_set(
    place: Path, at: str, rule: str
) -> None:
    code = reserved(place)
    sim(place, "at", at)
    before = exported(place)
    assert rule in finish(place, code, 2)
    assert exported(place) == before


def test_a_face_that_does_not_match_reserves_nothing(place: Path) -> None:
    told = sim(
        place,
        *("kiosk", "reserve", ME, "signature", "--pin", "1234", "--face", "stranger"),
        status=2,
    )
    assert "KS-1" in told


def test_a_form_says_what_the_card_vouches_for(place: Path) -> None:
    told = json.loads(
        sim(
            place,
            *("card-face", "read", ME, "--pin", "1234", "--typed", "name=Somebody else"),
            *("--format", "json"),
        )
    )
    assert [each["item"] for each in told] == ["name", "address", "birth_date", "sex"]
    assert told[0]["typed_differs"]
    assert all(each["signed"] for each in told)
    assert "署名あり" in sim(place, "card-face", "read", ME, "--pin", "1234", "--lang", "ja")
    sim(place, "card-face", "read", ME, "--pin", "0000", status=5)
    sim(place, "card-face", "read", ME, "--pin", "1234", "--typed", "age=3", status=2)
