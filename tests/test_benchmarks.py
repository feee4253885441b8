"""The benchmarks run and leave what they should; how fast anything is, is never asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.__main__ import found, main
from benchmarks.fold import EVENTS_IN_A_HISTORY, history
from benchmarks.measure import Benchmark, Case, Result, run
from benchmarks.responders import Asker, openssl_responder, our_responder
from benchmarks.town import HOLDERS, Town
from jpki.revocation.ocsp import SaidStatus


def test_one_short_round_of_everything_leaves_numbers_and_a_page(tmp_path: Path, capsys) -> None:
    # The rooms that need nothing else and are done soon; the others have tests of their own.
    names = ["card", "fold", "verify"]
    assert {each.name for each in found()} >= {*names, "authority", "index", "ocsp", "reader"}
    asked = ["--rounds", "2", "--seconds", "0", "--out", str(tmp_path), "--date", "2026-01-02"]
    asked.append("--no-plots")
    assert main([*names, *asked]) == 0
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert content["measured_on"] == "2026-01-02"
    assert content["machine"].keys() >= {"processor", "cores", "system", "python"}
    assert [each["name"] for each in content["benchmarks"]] == names
    for benchmark in content["benchmarks"]:
        for case in benchmark["cases"]:
            assert len(case["rounds"]) == 2
            assert 0 < case["lowest"] <= case["median"] <= case["highest"]
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == page
    assert "Measured on 2026-01-02" in page


@pytest.mark.system
def test_the_reader_is_measured_beside_an_echo_card(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "reader", "--rounds", "2", "--seconds", "0"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stderr
    assert "echo card, SELECT" in done.stdout
    assert "software card, READ of 256 bytes" in done.stdout


def test_a_benchmark_nobody_knows_is_refused_by_name(tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit):
        main(["moon", "--out", str(tmp_path / "none")])
    assert "no such benchmark: moon" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_every_case_takes_its_turn_in_every_round_and_the_order_is_turned_round() -> None:
    calls: list[str] = []
    cases = tuple(
        Case(name, lambda name=name: calls.append(name), 1, "calls") for name in ("one", "two")
    )
    run(Benchmark("b", "says", lambda: cases), rounds=3, seconds=0.0)
    # the first call of each is not measured
    assert calls == ["one", "two", *("one", "two"), *("two", "one"), *("one", "two")]


def test_median_and_spread_are_those_of_the_rates() -> None:
    result = Result(Case("c", list, 1, "calls"), (10.0, 20.0, 30.0, 40.0, 50.0))
    # quartiles of five values at 1/4 and 3/4: the second and the fourth; (40 - 20) / 30
    assert (result.median, round(result.spread, 4)) == (30.0, 0.6667)


def test_the_history_that_is_folded_is_as_long_as_it_says_and_varied() -> None:
    log = history()
    assert len(log) == EVENTS_IN_A_HISTORY == 200
    assert len({entry.event.name for entry in log}) >= 12


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


def test_questions_to_the_authority_are_about_every_holder_and_a_tenth_is_revoked(
    town: Town,
) -> None:
    says = [question.says for question in town.questions]
    # Every holder has one signature certificate; of each ten, the first had it revoked.
    assert (len(says), says.count(SaidStatus.REVOKED)) == (HOLDERS, HOLDERS // 10)
    assert len({question.request.nonce for question in town.questions}) == HOLDERS


def test_an_answer_to_another_question_or_with_another_status_is_not_counted(town: Town) -> None:
    revoked, good = town.samples()
    answers = {
        question: town.publication.ocsp(question.request.der, town.world.now)
        for question in (revoked, good)
    }
    revoked.check(answers[revoked])
    good.check(answers[good])
    with pytest.raises(AssertionError, match="another question"):
        good.check(answers[revoked])
    with pytest.raises(AssertionError, match="where it should be"):
        replace(good, says=SaidStatus.UNKNOWN).check(answers[good])
    with pytest.raises(AssertionError, match="no answer"):
        good.check(town.publication.ocsp(b"no request", town.world.now))


def test_a_responder_answers_over_http_and_its_process_ends_with_it(town: Town) -> None:
    responder = our_responder(town)
    process = responder.process
    for question in town.samples():
        for keeps in (True, False):
            question.check(Asker(responder, keeps=keeps).ask(question.request.der))
    assert process.poll() is None
    responder.end()
    assert process.poll() is not None


def test_a_process_that_serves_ends_when_its_starter_is_gone(town: Town) -> None:
    responder = our_responder(town)
    (question, _) = town.samples()
    question.check(Asker(responder, keeps=False).ask(question.request.der))
    assert responder.process.stdin is not None
    responder.process.stdin.close()  # as the kernel does when the starter dies
    assert responder.process.wait(20) == 0


def test_without_openssl_the_rest_of_the_authority_is_measured_and_that_is_said(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert openssl_responder(town) is None
    assert "left out: authority: openssl ocsp: no such program" in capsys.readouterr().err


@pytest.mark.system
def test_the_authority_is_measured_beside_openssl(tmp_path: Path) -> None:
    """In a network of its own, because openssl's responder listens on every address."""
    measured = [sys.executable, "-m", "benchmarks", "authority", "--rounds", "1", "--seconds", "0"]
    alone = 'ip link set lo up && exec "$@"'
    done = subprocess.run(
        [
            *("unshare", "--net", "--map-root-user", "sh", "-c", alone, "sh"),
            *(*measured, "--out", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stderr
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    (authority,) = content["benchmarks"]
    assert Counter(case["unit"] for case in authority["cases"]) == {
        "signatures per second": 1,
        # three functions; HTTP signed anew and prepared, each with one connection and with many;
        # and openssl ocsp
        "answers per second": 8,
        "certificates per second": 2,
        "lists per second": 4,
        "cards per second": 2,
    }
