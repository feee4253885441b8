"""From a picture to lines for a terminal: lanes of plain characters, then the events in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from jpki.jst import day
from simulator.pictures.axis import axis_of
from simulator.pictures.labels import Flag, stacked
from simulator.pictures.layout import instants_of
from simulator.pictures.measure import columns, visible, wrapped
from simulator.pictures.model import Bar, End, Language, Look, Mark, Picture, Track, Words
from simulator.pictures.wording import (
    SAID,
    effects_of,
    finding_words,
    heading,
    link_words,
    place_words,
    when_words,
)

__all__ = ["text"]

_NARROWEST = 40
_NAMES: Mapping[Track, Words] = {
    Track.PERSON: Words("Person", "本人"),
    Track.CARD: Words("Card", "カード"),
    Track.CARD_SIGNATURE: Words("  CS", "  CS"),
    Track.CARD_AUTHENTICATION: Words("  CA", "  CA"),
    Track.PHONE: Words("Phone", "スマホ"),
    Track.MOBILE_SIGNATURE: Words("  MS", "  MS"),
    Track.MOBILE_AUTHENTICATION: Words("  MA", "  MA"),
}
_GUTTER = 8
_FILL = {Look.SOUND: "=", Look.HELD: "~", Look.LEFT_OVER: "-"}
_ENDS = {End.OPEN: ">", End.REVOKED: "X", End.EXPIRED: "|"}
_LEGEND = Words(
    "o issued  = in force  ~ held  - keys may remain  X ended  | expired  > goes on"
    "  // time left out  !! not as expected",
    "o 発行  = 有効  ~ 一時停止  - 鍵が残りうる  X 失効・終了  | 満了  > 継続"
    "  // 時間の省略  !! 期待と異なる",
)


def text(picture: Picture, language: Language = "en", *, width: int = 80) -> str:
    """Return the picture as text of at most ``width`` columns (40 at least), with a final newline.

    A long life is drawn in several strips, one below the other.
    """
    room = max(width, _NARROWEST)
    lines = [*_head(picture, language, room), ""]
    for strip in _strips(picture, language, room):
        lines += [*strip, ""]
    lines += [*_legend(language, room), ""]
    if picture.finding is not None:
        for index, line in enumerate(finding_words(picture.finding, language)):
            lines += _wrapped(f"!! {line}" if index == 0 else line, room, 0 if index == 0 else 3)
        lines.append("")
    for mark in picture.marks:
        lines += _event(picture, mark, language, room)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _head(picture: Picture, language: Language, room: int) -> Iterator[str]:
    title, banner = heading(picture, language), f"[{SAID['simulated'].of(language)}]"
    gap = room - columns(title) - columns(banner)
    if gap > 0:
        yield title + " " * gap + banner
    else:
        yield banner
        yield from _wrapped(title, room, 0)
    span = f"{day(picture.begins).isoformat()} – {day(picture.at).isoformat()}"
    yield from _wrapped(f"{span}, {SAID['not to scale'].of(language)}", room, 0)


def _legend(language: Language, room: int) -> Iterator[str]:
    line = ""
    for phrase in _LEGEND.of(language).split("  "):
        longer = f"{line}  {phrase}" if line else phrase
        if line and columns(longer) > room:
            yield line
            longer = phrase
        line = longer
    yield line


def _event(picture: Picture, mark: Mark, language: Language, room: int) -> Iterator[str]:
    number = f"{mark.number:>3}. "
    when = f"{number.lstrip()}{when_words(mark)}  {visible(mark.short.of(language))}"
    yield from _wrapped(when, room, len(number), first=len(number) - len(number.lstrip()))
    bars = {bar.id: bar for bar in picture.bars}
    for link in effects_of(picture, mark):
        said = list(link_words(link, bars, language, rules=False))
        for index, line in enumerate(said):
            yield from _wrapped(visible(line), room, 9, first=5 if index == 0 else 7)


def _wrapped(line: str, room: int, indent: int, *, first: int | None = None) -> Iterator[str]:
    begin = indent if first is None else first
    parts = wrapped(line.lstrip() if begin else line, room - max(indent, begin), measure=columns)
    for index, part in enumerate(parts):
        yield " " * (begin if index == 0 else indent) + part


# Strips


@dataclass(frozen=True, slots=True)
class _Ruler:
    """In which column each instant stands, and where a strip may be cut."""

    column: Mapping[datetime, int]
    cuts: tuple[int, ...]
    breaks: tuple[int, ...]
    width: int


def _ruler(picture: Picture) -> _Ruler:
    axis = axis_of(instants_of(picture), start=0.0, room=math.inf)
    marks = {x: tuple(each) for x, each in groupby(picture.marks, key=lambda m: axis.x(m.at))}
    broken = {gap.x0 for gap in axis.gaps if gap.broken}
    column: dict[float, int] = {}
    cuts, breaks, at = [], [], 0
    for place in axis.places:
        column[place.x] = at
        cuts.append(at)
        numbers = place_words(tuple(mark.number for mark in marks.get(place.x, ())) or (0,))
        at += max(2, len(numbers)) + 1
        if place.x in broken:
            breaks.append(at)
            at += 3
    where = {at_: column[axis.x(at_)] for at_ in set(instants_of(picture))}
    return _Ruler(where, tuple(cuts), tuple(breaks), at)


def _strips(picture: Picture, language: Language, room: int) -> Iterator[list[str]]:
    ruler = _ruler(picture)
    rows = list(_rows(picture, ruler, language))
    for begin, end in _cut(ruler, room - _GUTTER):
        strip = []
        for name, cells in rows:
            drawn = "".join(cells[begin:end])
            if drawn.strip():
                strip.append(name + " " * (_GUTTER - columns(name)) + drawn)
        yield strip


def _cut(ruler: _Ruler, room: int) -> Iterator[tuple[int, int]]:
    begin = 0
    while ruler.width - begin > room:
        fitting = [cut for cut in ruler.cuts if begin < cut <= begin + room]
        end = fitting[-1] if fitting else begin + room
        yield begin, end
        begin = end
    yield begin, ruler.width


def _rows(picture: Picture, ruler: _Ruler, language: Language) -> Iterator[tuple[str, list[str]]]:
    numbers = [" "] * ruler.width
    for at, marks in groupby(picture.marks, key=lambda mark: mark.at):
        told = place_words(tuple(mark.number for mark in marks)).replace("–", "-")
        _write(numbers, ruler.column[at], told)
    for at_break in ruler.breaks:
        _write(numbers, at_break, "//")
    yield "", numbers
    if picture.finding is not None:
        wrong = [" "] * ruler.width
        _write(wrong, ruler.column[picture.finding.at], "!!")
        yield "!!", wrong
    for track in Track:
        bars = [bar for bar in picture.bars if bar.track is track]
        spans = [_span(bar, ruler) for bar in bars]
        chosen = stacked([Flag(x0, x1 - x0 + 1) for x0, x1 in spans], gap=0.0)
        for row in range(max(chosen, default=-1) + 1):
            cells = [" "] * ruler.width
            for bar, mine in zip(bars, chosen, strict=True):
                if mine == row:
                    _draw(cells, bar, ruler)
            yield _NAMES[track].of(language) if row == 0 else "", cells


def _span(bar: Bar, ruler: _Ruler) -> tuple[int, int]:
    end = ruler.width - 1 if bar.end is End.OPEN else ruler.column[bar.ends]
    return ruler.column[bar.begins], end


def _draw(cells: list[str], bar: Bar, ruler: _Ruler) -> None:
    begin, end = _span(bar, ruler)
    for stretch in bar.stretches:
        last = stretch is bar.stretches[-1]
        until = end + 1 if last else ruler.column[stretch.ends]
        since = ruler.column[stretch.begins]
        cells[since:until] = _FILL[stretch.look] * (until - since)
    name = _inside(bar)
    first = bar.stretches[0]
    sound_until = end if len(bar.stretches) == 1 else ruler.column[first.ends]
    if begin + len(name) + 2 <= sound_until:
        _write(cells, begin + 2, name)
    if bar.begun_before:
        cells[begin] = "<"
    elif bar.track not in {Track.PERSON, Track.CARD, Track.PHONE}:
        cells[begin] = "o"
    cells[end] = _ENDS[bar.end]


def _inside(bar: Bar) -> str:
    """Return what stands in a bar: a serial number, or a word of plain letters."""
    label = bar.label.en.partition(" (")[0]
    for prefix in ("card ", "phone ", "CS ", "CA ", "MS ", "MA "):
        label = label.removeprefix(prefix)
    return label.replace(": ", ":").replace(" ", "_")


def _write(cells: list[str], at: int, told: str) -> None:
    cells[at : at + len(told)] = told
