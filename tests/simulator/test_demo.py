"""The demonstration does the main job, twice the same, and gives nothing away."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jpki.cli.app import app as jpki_app
from jpki.errors import MalformedDocument
from simulator import demo
from simulator.cli.app import app as sim_app
from simulator.demo import Line, play
from simulator.keys import KeyDirectory, SeededKeys

RUNNER = CliRunner()
# What has been made once for the seed serves every run; whether it is made the same is asked below.
KEPT = Path(__file__).resolve().parents[2] / "build" / "test-keys"
SECRETS = ("ABC123", "414243313233", "PHONE1", "50484F4E4531")


@pytest.fixture(scope="module")
def story() -> list[Line]:
    return []


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, story: list[Line]) -> Path:
    return play(tmp_path_factory.mktemp("demo") / "first", seed="test", tell=story.append)


def play_quickly(out: Path, tell: Callable[[Line], None] = lambda _: None) -> Path:
    keys = SeededKeys("test", cache=KeyDirectory(KEPT))
    return play(out, seed="test", tell=tell, keys=keys)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


SIGNED = "contract.txt.p7s", "contract.signed.pdf"


def verify(
    folder: Path, lists: str, at: str, *more: str, name: str = SIGNED[0]
) -> tuple[int, dict[str, object]]:
    result = RUNNER.invoke(
        jpki_app,
        [
            *("verify", str(folder / name), "--trust", str(folder / "roots")),
            *("--crl", str(folder / "lists" / lists), "--at", at, "--format", "json", *more),
        ],
    )
    return result.exit_code, json.loads(result.stdout)


def test_it_leaves_what_it_names(played: Path) -> None:
    assert set(files(played)) >= {
        "roots/signature-ca.cer",
        "roots/user-authentication-ca.cer",
        "certificates/card-signature.cer",
        "certificates/card-authentication.cer",
        "certificates/mobile-signature.cer",
        "certificates/mobile-authentication.cer",
        "contract.txt",
        "contract.txt.p7s",
        "contract.pdf",
        "contract.signed.pdf",
        "sign.apdu",
        "lists/before/signature-shibuya-ku.crl",
        "lists/after/signature-shibuya-ku.crl",
        "verdict-before.json",
        "verdict-after.json",
        "verdict-pdf-before.json",
        "verdict-pdf-after.json",
        "why.txt",
        "world.sqlite",
    }


@pytest.mark.parametrize("name", SIGNED)
def test_before_the_move_verify_exits_0(played: Path, name: str) -> None:
    status, report = verify(played, "before", "2026-08-03T12:00", name=name)
    assert status == 0
    assert report["verdict"] == "valid"


@pytest.mark.parametrize("name", SIGNED)
def test_after_the_move_verify_exits_1_with_reason_and_time_of_recording(
    played: Path, name: str
) -> None:
    status, report = verify(played, "after", "2026-08-05T12:00", name=name)
    assert status == 1
    # Moved on the 3rd, recorded on the next day at 03:00 in Japan: 18:00 UTC on the 3rd.
    revocation = report["files"][0]["signatures"][0]["revocation"]
    assert revocation == {
        "standing": "revoked",
        "reason": "affiliationChanged",
        "recorded_at": "2026-08-03T18:00:00Z",
        "source": "list",
        "list_number": revocation["list_number"],
        "this_update": "2026-08-04T20:00:00Z",
        "next_update": "2026-08-06T20:00:00Z",
        "disagreements": [],
        # The other of the two lists is the user authentication authority's.
        "problems": ["the list is of another issuer"],
    }


def test_the_card_signed_the_text_and_the_phone_the_pdf(played: Path) -> None:
    kinds = [
        json.loads((played / name).read_text())["signer"]["kind"]
        for name in ("verdict-before.json", "verdict-pdf-before.json")
    ]
    assert kinds == ["card_signature", "mobile_signature"]


def test_with_an_outdated_list_verify_exits_3(played: Path) -> None:
    status, report = verify(played, "before", "2026-08-05T12:00")
    assert status == 3
    assert report["verdict"] == "indeterminate"


def test_an_outdated_list_is_believed_when_asked_to(played: Path) -> None:
    status, _ = verify(played, "before", "2026-08-05T12:00", "--list-tolerance", "24")
    assert status == 0


def test_the_second_of_recording_divides_good_from_bad(played: Path) -> None:
    assert verify(played, "after", "2026-08-04T03:00:00")[0] == 1
    # One second earlier it was still in effect, but this list begins later: not for us to say.
    assert verify(played, "after", "2026-08-04T02:59:59")[0] == 3


def test_other_content_is_refused(played: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("another contract")
    status, report = verify(played, "before", "2026-08-03T12:00", "--content", str(other))
    assert status == 1
    assert report["files"][0]["signatures"][0]["decided_by"] == 3


def test_the_two_signature_certificates_fall_and_the_two_others_stand(
    played: Path, story: list[Line]
) -> None:
    told = [line for line in story if " active" in line.en or "revoked, " in line.en]
    assert [(line.en.split()[0], line.tone) for line in told] == [
        ("card_signature", "bad"),
        ("card_authentication", "good"),
        ("mobile_signature", "bad"),
        ("mobile_authentication", "good"),
    ]


def test_why_leads_from_the_phone_over_the_card_to_the_register(played: Path) -> None:
    result = RUNNER.invoke(
        sim_app,
        ["why", "108000002", "--world", str(played / "world.sqlite"), "--format", "json"],
    )
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["kind"], told["state"]) == ("mobile_signature", "revoked")
    assert [step["subject"] for step in told["chain"]] == ["mobile_signature", "card_signature"]
    assert "16-13" in told["chain"][0]["basis"]
    assert "12(1)(i)" in told["chain"][1]["basis"]
    assert told["event"] == "resident_record_amended"


def test_the_same_seed_gives_the_same_bytes(played: Path, tmp_path: Path) -> None:
    again = play(tmp_path / "again", seed="test", tell=lambda _: None)
    assert files(again) == files(played)


def test_another_seed_gives_other_keys(played: Path, tmp_path: Path) -> None:
    other = play(tmp_path / "other", seed="another", tell=lambda _: None)
    assert files(other)["roots/signature-ca.cer"] != files(played)["roots/signature-ca.cer"]


def test_it_can_be_played_again_into_its_own_folder(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    play_quickly(out)
    (out / "left-over").write_text("from the first time")
    play_quickly(out)
    assert not (out / "left-over").exists()


def test_it_replaces_no_folder_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(MalformedDocument, match="--out"):
        play_quickly(tmp_path)
    assert files(tmp_path) == {"thesis.txt": b"three years of work"}


def test_when_it_breaks_off_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(_: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(demo, "_why", break_off)
    with pytest.raises(RuntimeError, match="the power went"):
        play_quickly(tmp_path / "demo")
    assert list(tmp_path.iterdir()) == []


def test_no_password_is_in_any_artefact_but_the_chips_themselves(played: Path) -> None:
    for name, data in files(played).items():
        if name != "world.sqlite":
            assert not [secret for secret in SECRETS if secret.encode() in data], name
    with sqlite3.connect(played / "world.sqlite") as world:
        log = "".join(row[0] for row in world.execute("select entry from log"))
    assert not [secret for secret in SECRETS if secret in log]


def test_no_name_address_or_password_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, played: Path
) -> None:
    holder = json.loads((played / "verdict-before.json").read_text())["signer"]["attributes"]
    with caplog.at_level(logging.DEBUG):
        play_quickly(tmp_path / "demo")
    assert "APDU" in caplog.text or "00A4" in caplog.text
    for private in (holder["name"], holder["address"], *SECRETS):
        assert private not in caplog.text


def test_the_story_is_told_in_japanese_too(tmp_path: Path) -> None:
    result = RUNNER.invoke(sim_app, ["demo", "--lang", "ja", "--out", str(tmp_path / "demo")])
    assert result.exit_code == 0
    assert "失効" in result.stdout
    assert "公的個人認証法第16条の13" in result.stdout
