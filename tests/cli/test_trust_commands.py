"""``jpki trust``: a folder in which nothing is trusted that the user did not put there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jpki.cli.app import app
from jpki.cli.trust_folder import default_folder
from tests.cli import card_bench
from tests.cli.card_bench import BenchReader, install

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "certificates"
AUTHORITY = VECTORS / "authority.der"
RUNNER = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C"})

pytestmark = pytest.mark.xdist_group("card command")


def trust(folder: Path, *words: str) -> Result:
    return RUNNER.invoke(app, ["trust", *words, "--dir", str(folder)])


def listed(folder: Path) -> list[dict[str, object]]:
    found = json.loads(trust(folder, "list", "--format", "json").stdout)
    assert isinstance(found, list)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    done = trust(tmp_path / "trust", "add", str(AUTHORITY), "--accept", "simulated")
    assert done.exit_code == 0
    return tmp_path / "trust"


def test_without_an_explicit_word_a_simulated_authority_is_not_kept(tmp_path: Path) -> None:
    done = trust(tmp_path / "trust", "add", str(AUTHORITY))
    assert done.exit_code == 2
    assert "trust.not-accepted" in done.stderr
    assert not (tmp_path / "trust").exists()


def test_an_authority_is_kept_under_its_standing_for_its_owner_alone(folder: Path) -> None:
    (anchor,) = listed(folder)
    path = Path(str(anchor["file"]))
    assert path.parent == folder / "simulated"
    assert path.read_bytes() == AUTHORITY.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    for each in (folder, path.parent):
        assert each.stat().st_mode & 0o777 == 0o700


def test_adding_again_changes_nothing(folder: Path) -> None:
    assert trust(folder, "add", str(AUTHORITY), "--accept", "simulated").exit_code == 0
    assert len(listed(folder)) == 1
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [
        Path(str(listed(folder)[0]["file"])).name
    ]


def test_nothing_is_kept_when_one_of_several_is_refused(tmp_path: Path) -> None:
    holder = VECTORS / "good-card-signature.der"
    done = trust(tmp_path / "t", "add", str(AUTHORITY), str(holder), "--accept", "simulated")
    assert done.exit_code == 2
    assert not (tmp_path / "t").exists()


def test_a_fingerprint_that_differs_exits_1_and_keeps_nothing(tmp_path: Path) -> None:
    words = ("add", str(AUTHORITY), "--accept", "simulated", "--fingerprint", "00" * 32)
    done = trust(tmp_path / "t", *words)
    assert done.exit_code == 1
    assert "trust.fingerprint" in done.stderr
    assert not (tmp_path / "t").exists()


def test_a_fingerprint_that_agrees_says_nothing_more(folder: Path, tmp_path: Path) -> None:
    said = " ".join(listed(folder)[0]["sha256"])  # type: ignore[arg-type]
    words = ("add", str(AUTHORITY), "--accept", "simulated", "--fingerprint", said)
    done = trust(tmp_path / "other", *words)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "compare" in trust(folder, "add", str(AUTHORITY), "--accept", "simulated").stderr


def test_one_fingerprint_is_not_for_two_files(tmp_path: Path) -> None:
    words = ("add", str(AUTHORITY), str(AUTHORITY), "--fingerprint", "00" * 32)
    assert trust(tmp_path / "t", *words).exit_code == 2


def test_nothing_given_is_a_mistake(tmp_path: Path) -> None:
    done = trust(tmp_path / "t", "add")
    assert done.exit_code == 2
    assert "--from-card" in done.stderr


def test_both_authorities_come_from_the_card_and_are_checked_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, BenchReader("Reader", card_bench.card()))
    assert trust(tmp_path / "t", "add", "--from-card").exit_code == 2
    assert trust(tmp_path / "t", "add", "--from-card", "--accept", "simulated").exit_code == 0
    assert sorted(str(anchor["purpose"]) for anchor in listed(tmp_path / "t")) == [
        "signature",
        "user_authentication",
    ]


def test_an_authority_is_shown_and_removed_by_name_or_fingerprint(folder: Path) -> None:
    (anchor,) = listed(folder)
    digits = "".join(anchor["sha256"])  # type: ignore[arg-type]
    for name in (Path(str(anchor["file"])).stem, digits[:8], digits):
        assert "standing: simulated" in trust(folder, "show", name).stdout
    for name in ("nothing", digits[:7]):
        assert trust(folder, "show", name).exit_code == 2
        assert "trust.no-such-anchor" in trust(folder, "remove", name).stderr
    assert trust(folder, "remove", digits[:8]).exit_code == 0
    assert listed(folder) == []
    assert trust(folder, "list").stdout == "nothing is trusted\n"


def test_a_folder_in_order_passes_and_an_expired_authority_is_told(folder: Path) -> None:
    assert trust(folder, "check", "--at", "2033-07-15").exit_code == 0
    assert "expired" not in trust(folder, "check", "--at", "2033-07-15").stdout
    late = trust(folder, "check", "--at", "2033-07-16")
    assert late.exit_code == 0
    assert "(expired)" in late.stdout


@pytest.mark.parametrize("fault", ["misplaced", "unreadable", "writable_by_others", "strange"])
def test_what_is_not_in_order_is_named_and_exits_1(folder: Path, fault: str) -> None:
    path = Path(str(listed(folder)[0]["file"]))
    match fault:
        case "misplaced":
            (folder / "production").mkdir(mode=0o700)
            path.rename(folder / "production" / "signca03.cer")
        case "unreadable":
            path.write_bytes(path.read_bytes()[:-1])
        case "writable_by_others":
            path.chmod(0o602)
        case "strange":
            (folder / "roots").mkdir(mode=0o700)
    done = trust(folder, "check", "--at", "2026-08-04", "--format", "json")
    assert done.exit_code == 1
    assert fault in [each for anchor in json.loads(done.stdout) for each in anchor["faults"]]


def test_a_symbolic_link_is_no_anchor(folder: Path) -> None:
    (folder / "simulated" / "link.cer").symlink_to(AUTHORITY)
    assert trust(folder, "check", "--at", "2026-08-04").exit_code == 1


def test_a_standing_that_is_a_link_to_another_folder_is_not_read(folder: Path) -> None:
    (folder / "production").symlink_to(folder / "simulated")
    done = trust(folder, "check", "--at", "2026-08-04", "--format", "json")
    assert done.exit_code == 1
    assert [anchor["faults"] for anchor in json.loads(done.stdout)] == [["strange"], []]


def test_the_folder_comes_from_the_environment_or_the_users_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "jpki" / "trust"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".local" / "share" / "jpki" / "trust"
    monkeypatch.setenv("JPKI_TRUST", str(tmp_path / "mine"))
    RUNNER.invoke(app, ["trust", "add", str(AUTHORITY), "--accept", "simulated"])
    assert (tmp_path / "mine" / "simulated").is_dir()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = trust(tmp_path / "file" / "trust", "add", str(AUTHORITY), "--accept", "simulated")
    assert done.exit_code == 2
    assert "format.document" in done.stderr
