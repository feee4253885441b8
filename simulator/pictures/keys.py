"""What stands below the lanes: the legend, and the list of the events for who cannot hover."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from simulator.pictures.measure import Box, text_width, wrapped
from simulator.pictures.model import Language, Mark, Picture
from simulator.pictures.shapes import circle, line, number, path, pill, rectangle, words
from simulator.pictures.sheet import Sheet
from simulator.pictures.wording import SAID, effects_of, link_words, when_words

__all__ = ["draw_key", "draw_legend"]

_LEADING = 17.0
_TEXT = 12.0
_COLUMN_GAP = 36.0


def draw_legend(seen: Element, sheet: Sheet, y: float, own: str, language: Language) -> float:
    """Draw what the shapes mean; return where the next part may begin."""
    x, right = 18.0, sheet.width - 18
    for sample, text in _samples(sheet, language):
        width = 34 + text_width(text, _TEXT) + 22
        if x + width > right:
            x, y = 18.0, y + 24
        _sample(seen, sample, x, y + 11, own)
        words(seen, x + 34, y + 15.5, text, "ink", size=_TEXT)
        x += width
    return y + 32


def _samples(sheet: Sheet, language: Language) -> Iterator[tuple[str, str]]:
    shown = ("active", "held", "left over", "issued", "revoked", "expired", "planned end")
    for sample in (*shown, "causes", "cascade", "break"):
        yield sample, SAID[sample].of(language).removeprefix("× ").removeprefix("| ")
    if sheet.axis.grain is not None:
        grain = sheet.axis.grain.of(language)
        yield "shared", SAID["shared"].of(language).format(grain=grain)


def _sample(seen: Element, sample: str, x: float, y: float, own: str) -> None:
    bar = Box(x, y - 7, 26, 14)
    match sample:
        case "active":
            rectangle(seen, Box(x, y - 7, 13, 14), "signature")
            rectangle(seen, Box(x + 13, y - 7, 13, 14), "authentication")
        case "held":
            rectangle(seen, bar, "held", radius=2).set("fill", f"url(#{own}held)")
        case "left over":
            rectangle(seen, Box(x, y - 4, 26, 8), "left-over", radius=2)
        case "issued":
            rectangle(seen, Box(x + 6, y - 7, 20, 14), "thing")
            circle(seen, x + 6, y, 4.5, "cap-issued")
        case "revoked":
            rectangle(seen, Box(x, y - 7, 18, 14), "thing")
            circle(seen, x + 18, y, 7.5, "cap-revoked")
            path(seen, "cross", f"M{number(x + 14.6)} {number(y - 3.4)}l6.8 6.8m0 -6.8l-6.8 6.8")
        case "expired":
            rectangle(seen, Box(x, y - 7, 22, 14), "thing")
            rectangle(seen, Box(x + 20, y - 10, 5, 20), "cap-expired")
        case "planned end":
            line(seen, x, y, x + 20, y, "planned")
            path(seen, "axis", f"M{number(x + 24)} {number(y - 6)}v12")
        case "causes":
            line(seen, x + 13, y - 10, x + 13, y + 3, "effect")
            path(seen, "effect-head", f"M{number(x + 13)} {number(y + 10)}l-5 -8.5h10z")
        case "cascade":
            line(seen, x + 13, y - 10, x + 13, y + 3, "cascade")
            path(seen, "cascade-head", f"M{number(x + 13)} {number(y + 10)}l-5 -8.5h10z")
        case "break":
            line(seen, x, y, x + 9, y, "axis")
            line(seen, x + 18, y, x + 27, y, "axis")
            for side in (x + 9, x + 18):
                path(seen, "axis", f"M{number(side - 3)} {number(y + 7)}l6 -14")
        case _:
            pill(seen, x + 13, y, 13, 9, "mark")
            words(seen, x + 13, y + 4, "3–6", "on-mark", size=10, anchor="middle")


def draw_key(seen: Element, picture: Picture, width: float, y: float, language: Language) -> float:
    """List every event with what it did and why, in two columns; return where it ends."""
    line(seen, 16, y, width - 16, y, "rim")
    room = (width - 36 - _COLUMN_GAP) / 2
    entries = [tuple(_entry(picture, mark, room, language)) for mark in picture.marks]
    heights = [len(entry) * _LEADING + 7 for entry in entries]
    left = _half(heights)
    ends = [y]
    for column, shown in enumerate((range(left), range(left, len(entries)))):
        x, down = 18 + column * (room + _COLUMN_GAP), y + 22
        for index in shown:
            _draw_entry(seen, picture.marks[index], entries[index], x, down)
            down += heights[index]
        ends.append(down)
    return max(ends) + 4


def _half(heights: list[float]) -> int:
    """Return after how many entries to begin the second column, so that it ends as early as can."""
    total = sum(heights)
    ends = [max(sum(heights[:n]), total - sum(heights[:n])) for n in range(len(heights) + 1)]
    return ends.index(min(ends))


def _entry(
    picture: Picture, mark: Mark, room: float, language: Language
) -> Iterator[tuple[str, str]]:
    """Yield the lines of an event, each with its class."""

    def measure(text: str) -> float:
        return text_width(text, _TEXT)

    def strong(text: str) -> float:
        return 1.06 * measure(text)

    bars = {bar.id: bar for bar in picture.bars}
    title = f"{when_words(mark)}  {mark.short.of(language)}"
    yield from (("strong", line) for line in wrapped(title, room - 32, measure=strong))
    separator = "。" if language == "ja" else ". "
    for link in effects_of(picture, mark):
        told = separator.join(link_words(link, bars, language, rules=False))
        yield from (("ink", line) for line in wrapped(told, room - 32, measure=measure))


def _draw_entry(
    seen: Element, mark: Mark, lines: tuple[tuple[str, str], ...], x: float, y: float
) -> None:
    half = max(9.0, text_width(str(mark.number), 10.5) / 2 + 4)
    by_time = mark.seq is None
    pill(seen, x + 9, y - 4, half, 9, "mark-time" if by_time else "mark")
    on = "strong" if by_time else "on-mark"
    words(seen, x + 9, y - 0.5, str(mark.number), on, size=10.5, anchor="middle")
    for index, (classes, text) in enumerate(lines):
        words(seen, x + 28, y + index * _LEADING, text, classes, size=_TEXT)
