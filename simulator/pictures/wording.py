"""The words of the pictures, in both languages, and what stands behind a mark or a bar in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from jpki.jst import moment
from jpki.law import Effect
from simulator.pictures.measure import visible
from simulator.pictures.model import (
    Bar,
    End,
    Finding,
    Language,
    Link,
    Look,
    Mark,
    Picture,
    Track,
    Words,
)
from simulator.timeline import Reason

__all__ = [
    "EFFECTS",
    "SAID",
    "TRACKS",
    "bar_words",
    "effects_of",
    "ending_words",
    "finding_words",
    "heading",
    "link_words",
    "mark_words",
    "place_words",
    "reason_words",
    "when_words",
]

TRACKS: Mapping[Track, Words] = MappingProxyType(
    {
        Track.PERSON: Words("Person", "本人"),
        Track.CARD: Words("Card", "カード"),
        Track.CARD_SIGNATURE: Words("CS  card signature", "CS カード署名用"),
        Track.CARD_AUTHENTICATION: Words("CA  card authentication", "CA カード利用者証明用"),
        Track.PHONE: Words("Phone", "スマホ"),
        Track.MOBILE_SIGNATURE: Words("MS  phone signature", "MS スマホ署名用"),
        Track.MOBILE_AUTHENTICATION: Words("MA  phone authentication", "MA スマホ利用者証明用"),
    }
)

EFFECTS: Mapping[Effect, Words] = MappingProxyType(
    {
        Effect.ISSUE: Words("issued", "発行"),
        Effect.REVOKE: Words("revoked", "失効"),
        Effect.SUSPEND: Words("held", "一時停止"),
        Effect.RESUME: Words("held no longer", "一時停止の解除"),
        Effect.EXPIRE: Words("expired", "有効期間満了"),
        Effect.LAPSE: Words("ended", "終了"),
        Effect.NONE: Words("replaced, keys may remain", "交代（鍵は残りうる）"),
        Effect.THROUGH_CARD: Words("through the card", "カードの失効を通じて"),
    }
)

SAID: Mapping[str, Words] = MappingProxyType(
    {
        "simulated": Words("SIMULATED · 模擬", "模擬 · SIMULATED"),
        "nobody": Words("nobody in it exists", "実在の人物ではありません"),
        "life": Words("What happened to", "経過："),
        "until": Words("up to", "現在"),
        "time": Words("Japan time (JST)", "日本時間（JST）"),
        "not to scale": Words("Japan time (JST); not to scale", "日本時間（JST）・等間隔でない"),
        "now": Words("as of", "現在"),
        "planned": Words("to", "満了"),
        "events": Words("Events", "できごと"),
        "legend": Words("Legend", "凡例"),
        "active": Words("in force", "有効"),
        "held": Words("held", "一時停止中"),
        "left over": Words("replaced, keys may remain", "交代後（鍵は残りうる）"),
        "issued": Words("issued", "発行"),
        "revoked": Words("× revoked, ended", "× 失効・終了"),
        "expired": Words("| expired", "| 満了"),
        "planned end": Words("planned end", "満了予定"),
        "causes": Words("event causes", "できごとの効果"),
        "cascade": Words("one fall causes another", "連動した失効"),
        "break": Words("time left out", "時間の省略"),
        "shared": Words("events of one {grain} share a mark", "同じ{grain}のできごとは1つの印"),
        "no effect": Words("no certificate changes", "電子証明書に変化なし"),
        "nobody records": Words("nobody records it", "記録されない"),
        "expected": Words("expected", "期待"),
        "found": Words("found", "実際"),
        "because": Words("because", "理由"),
        "not as expected": Words("Not as expected", "期待と異なる"),
        "number": Words("No.", "番号"),
        "when": Words("When (JST)", "日時（JST）"),
        "what": Words("What happened", "できごと"),
        "effect": Words("What it did, and the law", "効果と根拠条文"),
        "certificate": Words("What lasts", "対象"),
        "from": Words("From", "から"),
        "to": Words("To", "まで"),
        "state": Words("Now", "現在の状態"),
        "goes on": Words("goes on", "継続"),
        "since before": Words("since before the picture", "図の前から"),
        "follows from": Words("follows from", "原因："),
    }
)

_ENDS = {
    End.OPEN: SAID["goes on"],
    End.REVOKED: EFFECTS[Effect.REVOKE],
    End.EXPIRED: EFFECTS[Effect.EXPIRE],
}
_LOOKS = {Look.SOUND: SAID["active"], Look.HELD: SAID["held"], Look.LEFT_OVER: SAID["left over"]}


def heading(picture: Picture, language: Language) -> str:
    """Return the picture's heading: whose life it is, or what the story is called."""
    who = picture.person if picture.name is None else f"{picture.person} {picture.name}"
    if picture.title is not None:
        return visible(f"{picture.title.of(language)} ({who})")
    if language == "ja":
        return visible(f"{SAID['life'].ja}{who}")
    return visible(f"{SAID['life'].en} {who}")


def when_words(mark: Mark) -> str:
    """Return when an event was recorded, and the day it happened on when that is another."""
    return moment(mark.at).removesuffix(" JST")


def reason_words(reason: Reason, language: Language, *, rule: bool = True) -> str:
    """Return a reason with its article of law, how certain that is, and the rule's id."""
    if language == "ja":
        told = f"{reason.note_ja}（{_basis(reason, language)}）"
    else:
        told = f"{reason.note_en} ({_basis(reason, language)})"
    return f"{told} [{reason.rule}]" if rule else told


def _basis(reason: Reason, language: Language) -> str:
    if language == "ja":
        return f"{reason.basis_ja}・{reason.certainty.label_ja}"
    return f"{reason.basis_en}; {reason.certainty.value}"


def link_words(
    link: Link, bars: Mapping[str, Bar], language: Language, *, rules: bool = True
) -> Iterator[str]:
    """Yield what an event did to a bar, line by line: the effect, then each reason.

    An effect that is recorded later than its event says when.
    """
    bar = bars[link.bar]
    colon = "：" if language == "ja" else ": "
    effect = f"{bar.label.of(language)}{colon}{_effect(link, bar).of(language)}"
    if link.late:
        effect += f" {moment(link.at)}"
    if link.effect is Effect.ISSUE and len(link.reasons) == 1:
        # Why something was issued says no more than that it was.
        (reason,) = link.reasons
        told = f" [{reason.rule}]" if rules else ""
        brackets = "（{}）" if language == "ja" else " ({})"
        yield effect + brackets.format(_basis(reason, language)) + told
        return
    yield effect
    for number, reason in enumerate(link.reasons):
        arrow = "" if number == 0 else "← "
        yield arrow + reason_words(reason, language, rule=rules)


def _effect(link: Link, bar: Bar) -> Words:
    if link.effect is Effect.LAPSE:
        return _ENDED.get(bar.track, EFFECTS[Effect.REVOKE])
    return EFFECTS[link.effect]


_ENDED = {
    Track.PERSON: EFFECTS[Effect.LAPSE],
    Track.CARD: Words("lapsed", "失効"),
    Track.PHONE: Words("keys erased", "鍵の消去"),
}


def effects_of(picture: Picture, mark: Mark) -> tuple[Link, ...]:
    """Return what an event did, in the order of the picture."""
    return tuple(link for link in picture.links if link.mark == mark.number)


def mark_words(picture: Picture, mark: Mark, language: Language) -> Iterator[str]:
    """Yield what an event was and did, line by line."""
    bars = {bar.id: bar for bar in picture.bars}
    yield f"{mark.number}. {moment(mark.at)}  {mark.short.of(language)}"
    seq = SAID["nobody records"].of(language) if mark.seq is None else f"#{mark.seq}"
    yield f"{mark.note.of(language)} [{mark.event}] {seq}"
    for link in effects_of(picture, mark):
        yield from link_words(link, bars, language)


def bar_words(picture: Picture, bar: Bar, language: Language) -> Iterator[str]:
    """Yield what a bar was from when to when, and why it changed, line by line."""
    bars = {each.id: each for each in picture.bars}
    name = " ".join(TRACKS[bar.track].of(language).split())
    label = bar.label.of(language)
    yield label if bar.track in {Track.PERSON, Track.CARD, Track.PHONE} else f"{label} – {name}"
    for stretch in bar.stretches:
        span = f"{moment(stretch.begins)} – {moment(stretch.ends)}"
        yield f"{span}: {_LOOKS[stretch.look].of(language)}"
    yield f"→ {ending_words(bar, language)}"
    for link in picture.links:
        if link.bar == bar.id:
            yield f"{link.mark}. {moment(link.at)}"
            yield from link_words(link, bars, language)


def ending_words(bar: Bar, language: Language) -> str:
    """Return what became of a bar, with its planned end while it goes on."""
    if bar.end is End.REVOKED:
        return _ENDED.get(bar.track, _ENDS[bar.end]).of(language)
    if bar.end is End.EXPIRED:
        return _ENDS[bar.end].of(language)
    # What is so now is what the last stretch looks like.
    now = _LOOKS[bar.stretches[-1].look].of(language)
    if bar.planned_end is None:
        return now
    return f"{now} ({SAID['planned end'].of(language)}: {moment(bar.planned_end)})"


def finding_words(finding: Finding, language: Language) -> Iterator[str]:
    """Yield where a story and the law part, line by line."""
    yield f"{SAID['not as expected'].of(language)}: {finding.key} ({finding.place})"
    yield f"{SAID['expected'].of(language)}: {finding.expected.of(language)}"
    yield f"{SAID['found'].of(language)}: {finding.found.of(language)}"
    for phrase in finding.because:
        yield "← " + phrase.of(language).removeprefix("<- ").removeprefix("← ")


def place_words(numbers: tuple[int, ...]) -> str:
    """Return the numbers of the marks at one place: ``7`` or ``3-6``."""
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"
