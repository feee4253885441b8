"""What can be wrong with a story's text: each kind of mistake has a code and two sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from simulator.story.places import Place

__all__ = ["Language", "Problem", "closest"]

Language = Literal["en", "ja"]

_SENTENCES: dict[str, tuple[str, str]] = {
    "unreadable": ("the file cannot be read: {detail}", "ファイルを読めません: {detail}"),
    "syntax": ("not TOML: {detail}", "TOMLとして読めません: {detail}"),
    "impossible-date": (
        "{text} is not a day of the calendar",
        "{text} は暦にない日付です",
    ),
    "too-far": (
        "{day} is too far away; stories are told from 1850 to 2199",
        "{day} は遠すぎます。1850年から2199年までで書きます",
    ),
    "unknown-key": ("unknown key {key}", "不明なキー {key}"),
    "missing-key": ("{key} is missing", "{key} がありません"),
    "wrong-type": ("{key} has to be {wanted}", "{key} は{wanted_ja}で書きます"),
    "unknown-value": ("{key} is never {value}", "{key} に {value} という値はありません"),
    "unknown-event": ("there is no event {value}", "{value} という事実はありません"),
    "unknown-act": ("there is no act {value}", "{value} という行為はありません"),
    "unknown-policy": ("there is no policy {value}", "{value} という方針はありません"),
    "unknown-rule": ("no row has the id {value}", "{value} というidの行はありません"),
    "unknown-mark": (
        "{value} is not a state of a certificate",
        "{value} は電子証明書の状態ではありません",
    ),
    "event-or-act": (
        "a step has either an event or an act (do)",
        "stepにはeventかdoのどちらか一方を書きます",
    ),
    "not-for-stories": (
        "the runner itself records {value}",
        "{value} は実行側が記録します",
    ),
    "nobody": ("the story has no person", "人物がいません"),
    "unknown-person": ("nobody is called {value}", "{value} という人物はいません"),
    "which-person": (
        "who has to say which person is meant",
        "whoで人物を指定してください",
    ),
    "used-twice": ("{value} is used twice", "{value} が重複しています"),
    "before-birth": ("{day} is before the birth", "{day} は出生より前です"),
    "before-registration": (
        "{day} is before the person is registered",
        "{day} は住民登録より前です",
    ),
    "before-the-card": (
        "{day} is before the card began on {began}",
        "{day} は個人番号カードの開始（{began}）より前です",
    ),
    "out-of-order": (
        "{day} is before the step above it",
        "{day} は直前のstepより前です",
    ),
    "clocks": (
        "a fact occurs, then becomes known, then is recorded",
        "事実の発生、了知、記録の順になっていません",
    ),
    "before-first-step": (
        "nothing has happened yet on {day}",
        "{day} にはまだ何も起きていません",
    ),
    "contradiction": (
        "{key} is said to be {value} and, in line {line}, {other}",
        "{key} が {value} とされ、{line}行目では {other} とされています",
    ),
    "nothing-to-compare": (
        "there is no earlier expectation of {key} to compare with",
        "{key} を比べる前の期待値がありません",
    ),
    "expects-nothing": (
        "the story expects nothing, so it cannot fail",
        "期待値も拒否もないので失敗しようがありません",
    ),
}
_MEANT = ("did you mean {closest}?", "{closest} ではありませんか")
_KNOWN = ("it can be {known}", "書けるのは {known}")


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a story's text, and where it stands."""

    source: str
    place: Place
    code: str
    words: Mapping[str, object] = field(default_factory=dict)

    def message(self, language: Language) -> str:
        """Return the sentence, with what was probably meant."""
        index = 0 if language == "en" else 1
        said = _SENTENCES[self.code][index].format(**self.words)
        extra = None
        if self.words.get("closest"):
            extra = _MEANT[index].format(**self.words)
        elif self.words.get("known"):
            extra = _KNOWN[index].format(**self.words)
        if extra is None:
            return said
        return f"{said} ({extra})" if language == "en" else f"{said}（{extra}）"

    def text(self, language: Language) -> str:
        """Return ``file:line:column: sentence [code]``."""
        place = f"{self.source}:{self.place.line}:{self.place.column}"
        return f"{place}: {self.message(language)} [{self.code}]"

    def as_data(self, language: Language) -> dict[str, object]:
        """Return the problem as values that JSON can hold."""
        return {
            "file": self.source,
            "line": self.place.line,
            "column": self.place.column,
            "code": self.code,
            "message": self.message(language),
        }


def closest(word: str, known: Iterable[str]) -> dict[str, Any]:
    """Return the words for a problem: the one probably meant, else a few that there are."""
    names = list(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return {"closest": near[0]}
    return {"known": ", ".join(names)} if 0 < len(names) <= 16 else {}
