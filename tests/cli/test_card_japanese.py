"""What the card commands say with ``--lang ja``, and that programs are told the same in both."""

from __future__ import annotations

import json

import pytest

from jpki import errors
from jpki.card.layout import Credential, TokenKind
from jpki.cli.card_words import error_words
from jpki.errors import CardError, JpkiError, NoReader, PinError, WrongPin
from simulator.card.connection import SoftwareCard
from simulator.card.memory import Memory
from tests.cli import card_bench
from tests.cli.card_bench import PERSON, PIN, BenchReader, install, jpki

# One process makes the world; its keys take seconds.
pytestmark = pytest.mark.xdist_group("card command")


@pytest.fixture
def reader(monkeypatch):
    bench = BenchReader("Reader", card_bench.card())
    install(monkeypatch, bench)
    return bench


def test_what_a_card_is_is_told_in_japanese(reader):
    told = jpki("card", "info", "--lang", "ja").stdout
    for line in (
        "種類: マイナンバーカード（模擬）\n",
        "アプリケーション: 共通カードAP, 住基AP, 券面事項確認AP, 券面事項入力補助AP, ",
        "残り回数: 署名用",
        "型式: SIMULATED\n",
        "有効期限: ",
    ):
        assert line in told
    assert "token" not in told
    assert "tries" not in told


def test_in_english_nothing_is_japanese(reader):
    told = jpki("card", "info", "--lang", "en").stdout
    assert "token: individual number card (simulated)\n" in told
    assert told.isascii()


def test_programs_are_told_the_same_in_both_languages(reader):
    told = [
        jpki("card", "info", "--format", "json", "--lang", word).stdout for word in ("en", "ja")
    ]
    assert told[0] == told[1]
    assert json.loads(told[0])["token"] == "individual number card (simulated)"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (TokenKind.ANDROID_PHONE, "スマートフォン（Android）（模擬）"),
        (TokenKind.IPHONE, "スマートフォン（iPhone）（模擬）"),
    ],
)
def test_a_phone_is_told_in_japanese(monkeypatch, kind, words):
    install(monkeypatch, BenchReader("Reader", card_bench.card(kind)))
    assert f"種類: {words}\n" in jpki("card", "info", "--lang", "ja").stdout
    assert f"Reader: {words}\n" in jpki("card", "list", "--lang", "ja").stdout
    assert f"（{kind.value}）" not in jpki("card", "doctor", "--lang", "ja").stdout
    assert kind.value in jpki("card", "doctor", "--lang", "en").stdout


def test_readers_are_listed_in_japanese(monkeypatch):
    install(
        monkeypatch,
        BenchReader("one"),
        BenchReader("two", SoftwareCard(Memory(()))),
        BenchReader("three", card_bench.card(), exclusive=True),
    )
    assert jpki("card", "list", "--lang", "ja").stdout == (
        "one: カードなし\n"
        "two: 公的個人認証のカードではありません\n"
        "three: ほかのプログラムが使っているカード\n"
    )


def test_attributes_are_told_in_japanese(reader):
    told = jpki("card", "attributes", "--pin", PIN, "--lang", "ja")
    assert told.exit_code == 0
    assert f"氏名: {PERSON.items.name}\n" in told.stdout
    assert f"性別: {PERSON.items.sex.label_ja}\n" in told.stdout
    assert "検査していません" in told.stderr


def test_an_error_is_told_in_japanese_with_its_code_and_its_status(reader):
    wrong = jpki("pin", "verify", "-t", "auth", "--pin", "9999", "--lang", "ja")
    assert wrong.exit_code == 5
    sentence = "利用者証明用電子証明書暗証番号が違います。残り2回です"
    assert wrong.stderr.startswith(f"エラー [pin.wrong]: {sentence}")
    assert "9999" not in wrong.stderr
    again = jpki("pin", "verify", "-t", "auth", "--pin", "9999", "--lang", "en")
    assert again.stderr.startswith("error [pin.wrong]: ")
    last = jpki("pin", "verify", "-t", "auth", "--pin", "9999", "--lang", "ja")
    assert "エラー [pin.last-try]" in last.stderr
    assert "--allow-last-try" in last.stderr


def test_an_empty_reader_is_told_in_japanese(monkeypatch):
    install(monkeypatch, BenchReader("Reader"))
    told = jpki("card", "info", "--lang", "ja")
    assert (told.exit_code, told.stdout) == (4, "")
    assert told.stderr.startswith("エラー [card.no-card]: カードがありません。")


def _below(root):
    yield root
    for leaf in root.__subclasses__():
        if leaf.__module__ == errors.__name__:
            yield from _below(leaf)


KINDS = [*_below(CardError), *_below(PinError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_error_of_card_and_pin_has_a_japanese_sentence(kind):
    made = kind.__new__(kind)
    JpkiError.__init__(made, "particulars")
    made.pin, made.tries_left = Credential.USER_PIN, 2
    told = error_words("ja")(made)
    assert told.startswith(f"エラー [{kind.code}]: ")
    assert told.endswith("（particulars）")


def test_particulars_are_kept():
    told = error_words("ja")(NoReader("no reader is called X", hint="one of: A, B"))
    assert told.endswith("（no reader is called X (one of: A, B)）")
    assert "残り1回" in error_words("ja")(WrongPin(Credential.CODE_A, tries_left=1))


def test_an_error_without_japanese_words_is_told_as_it_is():
    told = error_words("ja")(errors.RuleGap("no rule"))
    assert told == "エラー [law.gap]: no rule"
