"""Outcomes for people and for programs."""

from __future__ import annotations

from jpki.jst import moment
from simulator.story.observe import Phrase
from simulator.story.problems import Language
from simulator.story.run import Outcome

__all__ = ["failure_text", "outcome_data", "title"]

_WORDS = {
    "expected": ("expected", "期待"),
    "found": ("found", "実際"),
    "because": ("because", "理由"),
}
_WIDTH = 10


def title(outcome: Outcome, language: Language) -> str:
    """Return the title of a run: the story's, and its variant's."""
    story, variant = outcome.story, outcome.variant
    titles = (story.title_en, variant.title_en)
    if language == "ja":
        titles = (story.title_ja, variant.title_ja)
    return " – ".join(each for each in titles if each)


def failure_text(outcome: Outcome, language: Language) -> str:
    """Return the first difference of a run that failed, with its chain of causes."""
    difference = outcome.difference
    if difference is None:
        return ""
    place = f"{outcome.story.source}:{difference.place.line}:{difference.place.column}"
    lines = [
        f"{place}: {moment(difference.at)} {difference.who} {difference.key}",
        _line("expected", difference.expected, language),
        _line("found", difference.found, language),
    ]
    for number, phrase in enumerate(difference.because):
        lines.append(_line("because" if number == 0 else "", phrase, language))
    return "\n".join(lines)


def outcome_data(outcome: Outcome, language: Language) -> dict[str, object]:
    """Return the outcome as values that JSON can hold."""
    difference = outcome.difference
    data: dict[str, object] = {
        "story": outcome.name,
        "file": outcome.story.source,
        "title": title(outcome, language),
        "covers": list(outcome.story.covers),
        "passed": outcome.passed,
        "entries": len(outcome.entries),
    }
    if difference is not None:
        data["difference"] = {
            "line": difference.place.line,
            "column": difference.place.column,
            "at": difference.at.isoformat(),
            "who": difference.who,
            "key": difference.key,
            "expected": _of(difference.expected, language),
            "found": _of(difference.found, language),
            "because": [_of(phrase, language) for phrase in difference.because],
        }
    return data


def _line(word: str, phrase: Phrase, language: Language) -> str:
    label = _WORDS[word][0 if language == "en" else 1] if word else ""
    # A Japanese character is two columns wide.
    pad = _WIDTH - sum(2 if ord(each) > 0xFF else 1 for each in label)
    return f"  {label}{' ' * pad}{_of(phrase, language)}"


def _of(phrase: Phrase, language: Language) -> str:
    return phrase.en if language == "en" else phrase.ja
