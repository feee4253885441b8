"""``jpki revocation`` as it is typed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jpki.cli.app import app
from jpki.revocation import RevokedEntry
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.publish import ListFlaws
from tests.revocation_index.conftest import DAY, MADE, MINATO, Make

AT = ("--at", "2026-08-03T06:00:00+09:00")
"""An hour after the first list was made."""


@pytest.fixture
def roots(agency: SimulatedAuthority, tmp_path: Path) -> str:
    folder = tmp_path / "roots"
    folder.mkdir()
    (folder / "sign.cer").write_bytes(agency.certificate.der)
    return str(folder)


@pytest.fixture
def index(make: Make, roots: str, tmp_path: Path) -> str:
    make({5: RevokedEntry(MADE, 6), 9: RevokedEntry(MADE - timedelta(hours=3), 4)})
    make({}, place=MINATO)
    path = str(tmp_path / "an.idx")
    done = run("build", path, "--trust", roots, "--crl", str(tmp_path))
    assert done.exit_code == 0, done.output
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["revocation", *words])


def query(index: str, roots: str, *words: str) -> Result:
    return run("query", index, *words, "--trust", roots)


def test_building_tells_how_much_there_is(make: Make, roots: str, tmp_path: Path) -> None:
    listed = str(make({n: RevokedEntry(MADE, 3) for n in range(1, 1_201)}))
    path = str(tmp_path / "an.idx")
    done = run("build", path, "--trust", roots, "--crl", listed)
    assert "1,200 entries of 1 new lists" in done.stdout
    again = run("build", path, "--trust", roots, "--crl", listed)
    assert (again.exit_code, "the file exists already" in again.stderr) == (2, True)
    on = run("build", path, "--trust", roots, "--crl", listed, "--from", path, "--force")
    assert "0 new lists, 1 known already" in on.stdout


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("7", "--partition", "Tokyo-to/Shibuya-ku", *AT), 0, "7: good"),
        (("9", "--partition", "Tokyo-to/Shibuya-ku", *AT), 1, "9: revoked"),
        (("0x05", "--partition", "Tokyo-to/Shibuya-ku", *AT), 1, "0x05: held"),
        (("5", "--partition", "Tokyo-to/Minato-ku", *AT), 0, "5: good"),
        (("5", "--partition", "Osaka-fu/Sakai-shi", *AT), 3, "5: unknown (partition missing)"),
        (
            ("5", "--partition", "Tokyo-to/Shibuya-ku", "--at", "2026-09-01"),
            3,
            "5: unknown (list too old)",
        ),
        (
            ("5", "--partition", "Tokyo-to/Shibuya-ku", "--at", "2026-09-01", "--tolerance", "999"),
            1,
            "5: held",
        ),
    ],
)
def test_a_question_has_its_answer_and_its_exit_status(
    index: str, roots: str, words: tuple[str, ...], status: int, said: str
) -> None:
    done = query(index, roots, *words, "--lang", "en")
    assert (done.exit_code, done.stdout.startswith(said)) == (status, True), done.output


def test_several_questions_exit_with_the_worst_and_speak_japanese(index: str, roots: str) -> None:
    words = ("7", "9", "--partition", "Tokyo-to/Shibuya-ku", *AT, "--lang", "ja", "--verify")
    done = query(index, roots, *words)
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert first.startswith("7: 有効")
    assert second.startswith("9: 失効")


def test_json_tells_entry_list_and_cause(index: str, roots: str) -> None:
    words = ("9", "--partition", "Tokyo-to/Shibuya-ku", *AT, "--format", "json")
    (found,) = json.loads(query(index, roots, *words).stdout)
    assert found["standing"] == "revoked"
    assert found["entry"] == {"recorded_at": "2026-08-02T17:00:00+00:00", "reason": 4}
    assert (found["cause"], found["list"]["number"]) == (None, 7)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("5", *AT), "Tokyo-to/Shibuya-ku"),
        (("five", "--partition", "Tokyo-to/Shibuya-ku"), "write 109051905"),
        ((), "give numbers or --certificate"),
    ],
)
def test_a_question_that_cannot_be_asked_says_how_to(
    index: str, roots: str, words: tuple[str, ...], hint: str
) -> None:
    done = query(index, roots, *words)
    assert (done.exit_code, hint in done.stderr) == (2, True), done.output


def test_without_keep_going_a_bad_list_ends_it_and_with_it_is_told(
    make: Make, roots: str, other_agency: SimulatedAuthority, tmp_path: Path
) -> None:
    make({})
    bad = make({5: RevokedEntry(MADE, 3)}, place=MINATO, flaws=ListFlaws(key=other_agency.key))
    out = tmp_path / "an.idx"
    words = ("build", str(out), "--trust", roots, "--crl", str(tmp_path))
    done = run(*words)
    assert (done.exit_code, out.exists()) == (1, False)
    assert bad.name in done.stderr
    done = run(*words, "--keep-going", "--format", "json")
    assert done.exit_code == 3
    said = json.loads(done.stdout)
    assert [one["code"] for one in said["left_out"]] == ["verification.bad-signature"]
    assert said["lists"] == 1


def test_columns_need_a_word_that_somebody_vouches_for_them(roots: str, tmp_path: Path) -> None:
    words = ("build", str(tmp_path / "i"), "--trust", roots, "--parquet", "e.parquet")
    done = run(*words)
    assert (done.exit_code, "--unsigned" in done.stderr) == (2, True)


def test_stats_and_diff_describe(index: str, make: Make, roots: str, tmp_path: Path) -> None:
    done = run("stats", index, "--verify", "--format", "json")
    (section,) = json.loads(done.stdout)["sections"]
    assert (section["partitions"], section["lists"], section["entries"]) == (2, 2, 2)
    assert section["by_reason"] == {"4": 1, "6": 1}
    later = make({9: RevokedEntry(MADE - timedelta(hours=3), 4)}, at=MADE + DAY, number=8)
    new = str(tmp_path / "new.idx")
    run("build", new, "--trust", roots, "--crl", str(later), "--from", index)
    done = run("diff", index, new, "--lang", "en")
    # The hold of number 5, recorded at 20:00 UTC, was released.
    assert done.stdout == "5: certificateHold 2026-08-03 05:00:00 JST -> not listed\n"
    assert "2 partitions, 2 lists, 2 entries" in run("stats", index, "--lang", "en").stdout


def test_a_file_that_is_no_index_is_named(roots: str, make: Make) -> None:
    done = run("stats", str(make({})))
    assert (done.exit_code, "this is no revocation index" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["build", "query", "diff", "stats"])
def test_help_has_an_example(command: str) -> None:
    done = run(command, "--help")
    assert "Example: jpki revocation" in done.output
