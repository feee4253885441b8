"""``jpki card doctor`` tells what is wrong in each situation, and the cure."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from jpki.backends import pcsc
from jpki.card.layout import TokenKind
from jpki.diagnosis import Situation
from jpki.errors import MissingExtra, NoReaderService
from simulator.card.connection import SoftwareCard
from simulator.card.memory import Memory
from tests.card import specimens
from tests.cli import card_bench
from tests.cli.card_bench import PIN, BenchReader, install, jpki

# One process makes the world; its keys take seconds.
pytestmark = pytest.mark.xdist_group("card command")


def diagnosis(*words: str) -> tuple[int, list[str]]:
    done = jpki("card", "doctor", "--format", "json", *words)
    return done.exit_code, [row["situation"] for row in json.loads(done.stdout)]


def test_a_missing_library_is_told(monkeypatch):
    def missing():
        raise MissingExtra("pyscard", extra="pcsc")

    monkeypatch.setattr(pcsc, "readers", missing)
    assert diagnosis() == (4, ["library-missing"])
    assert "pip install 'jpki[pcsc]'" in jpki("card", "doctor").stdout


def test_a_missing_service_is_told(monkeypatch):
    def missing():
        raise NoReaderService("the smart card service does not answer")

    monkeypatch.setattr(pcsc, "readers", missing)
    assert diagnosis() == (4, ["service-missing"])
    assert "apt-get install pcscd" in jpki("card", "doctor").stdout


def test_no_reader_is_told(monkeypatch):
    install(monkeypatch)
    assert diagnosis() == (4, ["no-reader"])
    assert "libccid" in jpki("card", "doctor", "--lang", "ja").stdout


def test_empty_readers_are_told(monkeypatch):
    install(monkeypatch, BenchReader("A"), BenchReader("B"))
    assert diagnosis() == (4, ["reader-empty", "reader-empty", "no-card-anywhere"])


def test_an_empty_reader_beside_a_good_card_is_no_fault(monkeypatch):
    install(monkeypatch, BenchReader("A"), BenchReader("B", card_bench.card()))
    status, found = diagnosis()
    assert status == 0
    assert found[:2] == ["reader-empty", "card"]


def test_a_foreign_card_beside_a_good_one_is_told_and_the_good_one_can_be_used(monkeypatch):
    foreign = BenchReader("A", SoftwareCard(Memory(())))
    install(monkeypatch, foreign, BenchReader("B", card_bench.card()))
    status, found = diagnosis()
    assert (status, found[:2]) == (0, ["foreign-card", "card"])
    install(monkeypatch, foreign, BenchReader("B", card_bench.card(), mute=True))
    assert diagnosis() == (4, ["foreign-card", "card-mute"])


@pytest.mark.parametrize(("flag", "situation"), [("mute", "card-mute"), ("exclusive", "card-held")])
def test_a_card_that_cannot_be_spoken_to_is_told(monkeypatch, flag, situation):
    install(monkeypatch, BenchReader("A", card_bench.card(), **{flag: True}))
    assert diagnosis() == (4, [situation])


def test_a_foreign_card_is_told_with_its_atr(monkeypatch):
    foreign = SoftwareCard(Memory(()))
    install(monkeypatch, BenchReader("A", foreign))
    assert diagnosis() == (4, ["foreign-card"])
    assert "3B DA 13 FF" in jpki("card", "doctor").stdout


def test_an_old_juki_card_is_told(monkeypatch):
    install(monkeypatch, BenchReader("A", specimens.card(profile=TokenKind.JUKI_CARD)))
    assert diagnosis() == (4, ["old-juki-card"])
    assert "マイナンバーカードを申請" in jpki("card", "doctor", "--lang", "ja").stdout


@pytest.mark.parametrize("kind", [TokenKind.ANDROID_PHONE, TokenKind.IPHONE])
def test_a_phone_is_told_with_what_it_lacks(monkeypatch, kind):
    bench = BenchReader("A", card_bench.card(kind))
    install(monkeypatch, bench)
    assert diagnosis() == (0, ["phone", "simulated"])
    assert kind.value in jpki("card", "doctor").stdout
    assert bench.wire.presented == []


def test_a_healthy_card_is_told(monkeypatch):
    bench = BenchReader("A", card_bench.card())
    install(monkeypatch, bench)
    status, found = diagnosis()
    assert status == 0
    assert found == ["card", "simulated", "certificate-live"]
    assert bench.wire.presented == []


def test_an_application_that_does_not_answer_is_told(monkeypatch):
    card = card_bench.card()
    less = replace(card.memory, applications=card.memory.applications[1:])
    install(monkeypatch, BenchReader("A", SoftwareCard(less)))
    status, found = diagnosis()
    assert (status, found[0]) == (4, "application-missing")
    assert "the common card application" in jpki("card", "doctor", "--lang", "en").stdout
    assert "共通カードAP" in jpki("card", "doctor", "--lang", "ja").stdout


def test_a_blocked_pin_alone_exits_5(monkeypatch):
    bench = BenchReader("A", card_bench.card())
    install(monkeypatch, bench)
    for _ in range(2):
        jpki("pin", "verify", "--pin", "9999")
    status, found = diagnosis()
    assert status == 0
    assert "last-try" in found
    jpki("pin", "verify", "--pin", "9999", "--allow-last-try")
    status, found = diagnosis()
    assert status == 5
    assert "pin-blocked" in found


def test_a_named_reader_is_the_only_one_looked_at(monkeypatch):
    install(monkeypatch, BenchReader("A"), BenchReader("B", card_bench.card()))
    status, found = diagnosis("--reader", "B")
    assert (status, found[0]) == (0, "card")


def test_every_situation_has_words_and_every_fault_a_cure():
    from jpki.diagnosis import Finding, Level

    for situation in Situation:
        finding = Finding(situation, detail="x")
        for language in ("en", "ja"):
            assert finding.text(language)
            if finding.level is Level.FAULT:
                assert finding.cure(language), situation
    assert PIN  # the situations above present nothing
