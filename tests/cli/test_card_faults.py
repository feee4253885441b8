"""Fault scripts say what goes wrong and when, and their mistakes are found before a card is."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from jpki.card.apdu import Ins
from jpki.card.applet import JpkiApplet
from jpki.card.pin import UserPin
from jpki.card.trace import ScriptedConnection, Trace, play_against
from jpki.errors import CardRemoved, MalformedDocument, MalformedTrace, WrongPin
from jpki.terms import PinKind, Purpose
from simulator.card.bench_card import BenchCard
from simulator.card.connection import SoftwareConnection
from simulator.card.faults import Faults, read_faults
from simulator.card.recorder import Recorder
from simulator.cli.app import app
from tests.card import specimens

ASK = bytes.fromhex("00200080")
READ = bytes.fromhex("00B0000000")


def card(text: str, **parts) -> BenchCard:
    faults = Faults(read_faults(text), **parts)
    return BenchCard(specimens.memory(), faults=faults)


def struck(text: str, *commands: bytes) -> list[str | None]:
    faults = Faults(read_faults(text))
    return [fault.do.value if (fault := faults.next(c)) else None for c in commands]


def status(more: str = "") -> str:
    return f'[[fault]]\ndo = "status"\nsw = "6F00"\n{more}\n'


def test_the_nth_command_fails_and_no_other():
    assert struck(status("at = 2"), ASK, ASK, ASK) == [None, "status", None]


def test_an_instruction_counts_its_own_commands():
    text = status('ins = "VERIFY"\nat = 2')
    assert struck(text, READ, ASK, READ, ASK, ASK) == [None, None, None, "status", None]
    assert struck(status('ins = "B0"'), ASK, READ) == [None, "status"]


def test_a_fault_without_a_number_strikes_every_time_or_so_many_times():
    assert struck(status(), ASK, ASK) == ["status", "status"]
    assert struck(status("times = 1"), ASK, ASK) == ["status", None]


def test_chances_depend_on_the_seed_alone():
    def run(seed):
        return struck(f"seed = {seed}\n" + status("chance = 0.5"), *[ASK] * 64)

    assert run(7) == run(7)
    assert run(7) != run(8)
    # 64 tosses of a fair coin: fewer than 12 or more than 52 heads comes once in a million times
    assert 12 <= sum(one is not None for one in run(7)) <= 52


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "fault"),
        ("[[fault]]\n", "fault.0.do"),
        ('[[fault]]\ndo = "explode"\n', "fault.0.do"),
        ('[[fault]]\ndo = "status"\n', "'sw'"),
        ('[[fault]]\ndo = "drop"\nsw = "6F00"\n', "takes no 'sw'"),
        ('[[fault]]\ndo = "delay"\n', "'seconds'"),
        ('[[fault]]\ndo = "delay"\nseconds = 61\n', "fault.0.seconds"),
        ('[[fault]]\ndo = "truncate"\n', "'keep'"),
        ('[[fault]]\ndo = "status"\nsw = "4000"\n', "begins with 6 or 9"),
        ('[[fault]]\ndo = "drop"\nins = "FETCH"\n', "fault.0.ins"),
        ('[[fault]]\ndo = "drop"\nat = 0\n', "fault.0.at"),
        ('[[fault]]\ndo = "drop"\nat = 1\nchance = 0.5\n', "not both"),
        ('[[fault]]\ndo = "drop"\nat = 1\ntimes = 2\n', "says nothing"),
        ('[[fault]]\ndo = "drop"\nchance = 1.5\n', "fault.0.chance"),
        ('[[fault]]\ndo = "drop"\nwhen = 3\n', "fault.0.when"),
        ("version = 2\n" + status(), "version"),
        ("[[fault]\n", "not TOML"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, named):
    with pytest.raises(MalformedDocument) as caught:
        read_faults(text, source="flaky.toml")
    assert str(caught.value).startswith("flaky.toml")
    assert named in str(caught.value)


# what the card does


def test_a_chosen_status_leaves_the_card_alone():
    made = card(status('ins = "VERIFY"\nat = 2'))
    applet = JpkiApplet(SoftwareConnection(made))
    with pytest.raises(Exception, match="6F00"):
        applet.verify(UserPin("9999"))
    assert applet.tries_left(PinKind.USER_PIN) == 3


def test_a_delay_comes_after_the_work():
    slept = []
    made = card('[[fault]]\ndo = "delay"\nseconds = 2.5\nat = 1\n', sleep=slept.append)
    assert made.transmit(ASK) == b"\x69\x86"  # no current file: the answer is the card's own
    assert slept == [2.5]


def test_a_truncated_answer_keeps_its_status_word():
    made = card('[[fault]]\ndo = "truncate"\nkeep = 3\nins = "GET_CHALLENGE"\n')
    answer = made.transmit(bytes.fromhex("0084000008"))
    assert (len(answer), answer[-2:]) == (5, b"\x90\x00")


def test_a_dropped_answer_was_worked_for_and_the_card_stays():
    made = card('[[fault]]\ndo = "drop"\nins = "VERIFY"\nat = 2\n')
    applet = JpkiApplet(SoftwareConnection(made))
    with pytest.raises(CardRemoved):
        applet.verify(UserPin("9999"))
    assert made.present
    assert applet.tries_left(PinKind.USER_PIN) == 2  # the wrong PIN was compared


def test_a_pulled_card_has_written_and_is_out():
    made = card('[[fault]]\ndo = "pull"\nins = "VERIFY"\nat = 2\n')
    applet = JpkiApplet(SoftwareConnection(made))
    with pytest.raises(CardRemoved):
        applet.verify(UserPin("1234"))
    assert not made.present
    made.insert()
    assert applet.tries_left(PinKind.USER_PIN) == 2  # taken down before it is compared


def test_a_pull_during_bytes_that_are_no_command_only_pulls():
    made = card('[[fault]]\ndo = "pull"\nat = 1\n')
    with pytest.raises(CardRemoved):
        made.transmit(b"\x00")
    assert not made.present


# the recorder


def recorded(folder: Path, *, secrets: bool, faults: str | None = None) -> list[Path]:
    recorder = Recorder(folder / "said.apdu", secrets=secrets)
    script = None if faults is None else Faults(read_faults(faults))
    made = BenchCard(specimens.memory(), recorder=recorder, faults=script)
    applet = JpkiApplet(SoftwareConnection(made))
    with pytest.raises(WrongPin):
        applet.verify(UserPin("9876"))
    made.reset()
    JpkiApplet(SoftwareConnection(made)).certificate(Purpose.USER_AUTHENTICATION)
    return list(recorder.paths)


def test_a_recording_with_secrets_plays_against_the_card(tmp_path):
    first, second = recorded(tmp_path, secrets=True)
    assert (first.name, second.name) == ("said.apdu", "said-2.apdu")
    play_against(SoftwareConnection(specimens.card()), Trace.parse(first.read_text()))
    play_against(SoftwareConnection(specimens.card()), Trace.parse(second.read_text()))


def test_a_recording_plays_the_card_to_a_client(tmp_path):
    _, second = recorded(tmp_path, secrets=False)
    with ScriptedConnection(Trace.parse(second.read_text())) as scripted:
        JpkiApplet(scripted).certificate(Purpose.USER_AUTHENTICATION)


def test_a_recording_without_secrets_has_no_pin_and_is_not_sent(tmp_path):
    first, _ = recorded(tmp_path, secrets=False)
    text = first.read_text()
    assert "39383736" not in text
    assert "> 0020008004 [4]" in text
    with pytest.raises(MalformedTrace, match="masked"):
        play_against(SoftwareConnection(specimens.card()), Trace.parse(text))


def test_a_recording_says_where_a_fault_struck(tmp_path):
    recorder = Recorder(tmp_path / "said.apdu")
    faults = Faults(read_faults('[[fault]]\ndo = "drop"\nat = 2\n' + status("at = 3")))
    made = BenchCard(specimens.memory(), recorder=recorder, faults=faults)
    made.transmit(ASK)
    with pytest.raises(CardRemoved):
        made.transmit(ASK)
    made.transmit(ASK)
    (first, second) = (path.read_text() for path in recorder.paths)
    # the reset that a lost answer brings ends the first trace
    assert first == "> 00200080\n< 6986\n"
    assert second.startswith("# 00200080  (fault: drop)\n")
    assert "# fault: status\n> 00200080\n< 6F00\n" in second


def test_a_recording_is_its_owners_alone_and_replaces_nothing(tmp_path):
    (first, _) = recorded(tmp_path, secrets=True)
    assert first.stat().st_mode & 0o777 == 0o600
    with pytest.raises(MalformedDocument, match="exists"):
        Recorder(first)


# the command


def test_lint_shows_what_will_fail(tmp_path):
    script = tmp_path / "flaky.toml"
    script.write_text(status('ins = "VERIFY"\nat = 2'))
    done = CliRunner().invoke(app, ["card", "lint-faults", str(script), "--commands", "3"])
    assert done.stdout == "1 faults, seed 0\ncommand 2: status\n"
    script.write_text(status("at = 0"))
    done = CliRunner().invoke(app, ["card", "lint-faults", str(script)])
    assert done.exit_code == 2
    assert "fault.0.at" in done.stderr


def test_every_instruction_of_the_card_has_a_name():
    for ins in Ins:
        assert read_faults(status(f'ins = "{ins.name}"')).fault[0].ins == ins
