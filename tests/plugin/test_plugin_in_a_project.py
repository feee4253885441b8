"""The plug-in inside other projects' test runs: isolation, workers, overriding, what it leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# Loaded before a run inside this process begins, because pytester forgets what that run imports
# and SQLAlchemy cannot be imported twice.
import simulator.pytest_plugin.assertions
import simulator.pytest_plugin.scene
import simulator.pytest_plugin.server  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
LOAD = ("-p", "simulator.pytest_plugin.plugin", "-p", "no:randomly")
STRICT = ("-W", "error", "--strict-markers")

FIXTURES = (
    "authority",
    "card",
    "clock",
    "jpki_scene",
    "make_card",
    "make_phone",
    "people",
    "person",
    "phone",
    "reader",
    "revocation_server",
    "story",
    "verifier",
    "world",
)
CHAIN = "*card_signature revoke (affiliationChanged)*"


def inside(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(*LOAD, *STRICT, *arguments)


def apart(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> pytest.RunResult:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return pytester.runpytest_subprocess(*LOAD, *STRICT, *arguments)


def test_every_fixture_is_listed_with_what_it_is(pytester: pytest.Pytester) -> None:
    result = inside(pytester, "--fixtures", "-q")
    _, _, rest = result.stdout.str().partition(
        "fixtures defined from simulator.pytest_plugin.plugin"
    )
    ours, _, _ = rest.partition("\n---")
    listed = [line.split(" -- ")[0] for line in ours.splitlines() if " -- " in line]
    assert sorted(listed) == sorted(FIXTURES)
    assert "no docstring available" not in ours


def test_both_markers_are_registered(pytester: pytest.Pytester) -> None:
    result = inside(pytester, "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.jpki(*", "@pytest.mark.jpki_story(*"])


def test_no_test_sees_what_another_did(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        SEEN = []

        @pytest.mark.parametrize("number", range(3))
        def test_a_world_of_its_own(number, world, card, clock, people, revocation_server):
            # The same first serial number and instant every time, and never the same server.
            SEEN.append((id(world), revocation_server.url, tuple(world.entries)))
            assert clock.now.isoformat() == "2026-08-03T01:00:00+00:00"
            assert card.signature_certificate.serial == 108_000_001
            assert people.invent().id == "P000002"
            clock.advance("400d")

        def test_the_same_happened_in_each(world):
            assert len({entries for _, _, entries in SEEN}) == 1
            assert not world.entries
        """
    )
    inside(pytester).assert_outcomes(passed=4)


def test_two_workers_do_not_meet(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(
        """
        import os
        import pytest
        from jpki.validation import Verdict

        @pytest.mark.parametrize("number", range(4))
        def test_everything(number, card, phone, verifier, revocation_server, authority):
            verifier.source = revocation_server.source()
            for token in (card, phone):
                assert verifier.receive(token.sign(b"x"), b"x").verdict is Verdict.VALID
            assert authority.trust_folder().is_dir()
            assert os.environ["PYTEST_XDIST_WORKER"] in ("gw0", "gw1")
        """
    )
    result = apart(pytester, monkeypatch, "-n", "2")
    result.assert_outcomes(passed=4)


def test_a_fixture_of_the_projects_takes_the_name_and_breaks_nothing(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def clock():
            return "a clock on the wall"

        @pytest.fixture
        def world():
            return "a stage"

        @pytest.fixture
        def person():
            return {"name": "a row of the project's own"}

        @pytest.fixture
        def card():
            return "a playing card"
        """
    )
    pytester.makepyfile(
        """
        def test_theirs_are_theirs(clock, world, person, card):
            assert clock == "a clock on the wall"
            assert world == "a stage"
            assert person == {"name": "a row of the project's own"}
            assert card == "a playing card"

        def test_ours_still_work(verifier, phone, reader, revocation_server, jpki_scene):
            assert revocation_server.url.startswith("http://127.0.0.1:")
            assert verifier.receive(phone.sign(b"x"), b"x").verdict == "valid"
            assert jpki_scene.clock.advance("1h") == jpki_scene.world.now
            assert reader.connect()
        """
    )
    inside(pytester).assert_outcomes(passed=2)


def test_a_person_of_ours_that_the_project_chose_gets_the_card(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from datetime import date
        import pytest

        @pytest.fixture
        def person(people):
            return people.invent(birth_date=date(2000, 1, 1))

        def test_it(person, card, phone):
            assert card.person_id == phone.person_id == person.id == "P000001"
            # Born on the first of January, issued in August 2026: the fifth birthday is in 2031.
            assert card.signature_certificate.record.expires_on == date(2031, 1, 1)
        """
    )
    inside(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ('jpki(sead="x")', "*test_it*no option 'sead'*there are at, evidence, keys*"),
        ('jpki(at="yesterday")', "*test_it*'yesterday' is not an instant*"),
        ('jpki(policies={"nonsense": 1})', "*test_it*nonsense*"),
        ('jpki("a seed")', "*test_it*keywords only*"),
    ],
)
def test_a_mistake_in_a_marker_names_the_test_and_the_mistake(
    pytester: pytest.Pytester, marker: str, words: str
) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.{marker}\ndef test_it(world): pass\n")
    result = inside(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([words])


def test_a_failing_assertion_ends_in_the_chain_and_hides_our_own_lines(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        from simulator.pytest_plugin.assertions import assert_active

        def test_it(card, person, clock):
            clock.at(person.move())
            assert_active(card.signature_certificate)
        """
    )
    result = inside(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*card_signature 108000001 is revoked, not active*", CHAIN, "*assert <Certificate*"]
    )
    result.stdout.no_fnmatch_line("*assertions.py*")
    result.stdout.no_fnmatch_line("*模擬町*")


def test_nothing_is_left_and_nothing_is_printed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads, sockets and files of a test are gone when the next begins, its output is its own."""
    pytester.makeconftest(
        """
        import os
        import threading
        import pytest

        def opened():
            found = set()
            for entry in os.listdir("/proc/self/fd"):
                try:
                    found.add((entry, os.readlink(f"/proc/self/fd/{entry}")))
                except OSError:
                    continue
            return found

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(item):
            if item.name != "test_first":
                threads, files = set(threading.enumerate()), opened()
                yield
                assert set(threading.enumerate()) == threads
                assert {name for _, name in opened() - files} == set()
            else:
                yield
            return True
        """
    )
    pytester.makepyfile(
        """
        from jpki.validation import Verdict

        def everything(card, phone, verifier, revocation_server, reader, authority):
            verifier.source = revocation_server.source()
            assert verifier.receive(card.sign(b"x"), b"x").verdict is Verdict.VALID
            assert verifier.receive(phone.sign(b"x"), b"x").verdict is Verdict.VALID
            revocation_server.order("silent", times=1)
            assert reader.connect()
            authority.lists_folder()

        def test_first(
            card, phone, verifier, revocation_server, reader, authority, capfd, tmp_path
        ):
            everything(card, phone, verifier, revocation_server, reader, authority)
            assert capfd.readouterr() == ("", "")
            assert list(tmp_path.iterdir()) == []

        def test_second(card, phone, verifier, revocation_server, reader, authority):
            everything(card, phone, verifier, revocation_server, reader, authority)

        def test_third(revocation_server):
            raise RuntimeError("a test that breaks")
        """
    )
    result = apart(pytester, monkeypatch, "-q", "-s")
    result.assert_outcomes(passed=2, failed=1)
    assert "INTERNALERROR" not in result.stdout.str()


def test_a_run_that_asks_for_nothing_imports_nothing_of_jpki(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plug-in is loaded into every run of pytest, so loading it has to cost nothing."""
    pytester.makepyfile(
        """
        import sys

        def test_it():
            loaded = {name for name in sys.modules if name.split(".")[0] in ("jpki", "simulator")}
            assert loaded == {
                "simulator", "simulator.pytest_plugin", "simulator.pytest_plugin.plugin"
            }
        """
    )
    apart(pytester, monkeypatch).assert_outcomes(passed=1)


def test_without_the_extra_the_error_says_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        import pytest

        @pytest.fixture(autouse=True)
        def no_sqlalchemy(monkeypatch):
            for name in [one for one in sys.modules if one.split(".")[0] == "simulator"]:
                if "pytest_plugin.plugin" not in name and name != "simulator.pytest_plugin":
                    monkeypatch.delitem(sys.modules, name)
            monkeypatch.setitem(sys.modules, "sqlalchemy", None)

        def test_it(world):
            pass
        """
    )
    result = inside(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*need sqlalchemy: pip install 'jpki?test?'*"])


def test_the_example_of_a_firm_passes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *LOAD, "-p", "no:cacheprovider", "examples/firm"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout
