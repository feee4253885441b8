"""What can be pointed at and reached by keyboard: each mark and each bar, with its cause in words.

The drawing itself is hidden from screen readers; over it lie clear shapes that have names. A name
comes up as a tip when the shape has the focus, without a script.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from simulator.pictures.measure import Box, text_width, wrapped
from simulator.pictures.model import Language, Picture
from simulator.pictures.shapes import group, rectangle, texts, told
from simulator.pictures.sheet import Knot, Sheet
from simulator.pictures.wording import SAID, TRACKS, bar_words, mark_words

__all__ = ["draw_targets"]

_TEXT = 12.0
_LEADING = 17.0
_ROOM = 470.0


def draw_targets(
    root: Element, picture: Picture, sheet: Sheet, own: str, bottom: float, language: Language
) -> None:
    """Lay the named shapes over the drawing: the events first, then lane by lane."""
    edge = Box(8, 8, sheet.width - 16, bottom - 16)
    events = group(root, role="list", aria_label=SAID["events"].of(language))
    for knot in sheet.knots:
        lines = [each for mark in knot.marks for each in mark_words(picture, mark, language)]
        numbers = " ".join(str(mark.number) for mark in knot.marks)
        _target(
            events,
            _knot_box(knot),
            lines,
            edge,
            {"id": f"{own}mark-{knot.marks[0].number}", "data-marks": numbers},
        )
    for lane in sheet.lanes:
        name = " ".join(TRACKS[lane.track].of(language).split())
        bars = group(root, role="list", aria_label=name)
        for laid in lane.bars:
            lines = [each for bar in laid.bundle for each in bar_words(picture, bar, language)]
            ids = " ".join(bar.id for bar in laid.bundle)
            _target(bars, laid.box, lines, edge, {"id": f"{own}{laid.bar.id}", "data-bars": ids})


def _knot_box(knot: Knot) -> Box:
    return Box(knot.x - knot.half_width, knot.y - 11, 2 * knot.half_width, 22)


def _target(
    parent: Element, box: Box, lines: Iterable[str], edge: Box, named: dict[str, str]
) -> None:
    said = list(lines)
    made = group(parent, "f", role="listitem", tabindex="0", aria_label="; ".join(said))
    for key, value in named.items():
        made.set(key, value)
    told(made, "title", "\n".join(said))
    rectangle(made, box, "hit", radius=4)
    _tip(parent, box, said, edge)


def _tip(parent: Element, box: Box, said: list[str], edge: Box) -> None:
    def measure(text: str) -> float:
        return text_width(text, _TEXT)

    lines = [part for each in said for part in wrapped(each, _ROOM, measure=measure)]
    room = int((edge.height - 16) / _LEADING)
    if len(lines) > room:
        lines = [*lines[: room - 1], "…"]
    width = max(map(measure, lines)) + 24
    height = len(lines) * _LEADING + 16
    x = min(max(box.x, edge.x), max(edge.x, edge.x + edge.width - width))
    y = box.y + box.height + 6
    if y + height > edge.y + edge.height:
        y = max(edge.y, box.y - height - 6)
    tip = group(parent, "tip", aria_hidden="true")
    rectangle(tip, Box(x, y, width, height), "tip-box", radius=6)
    texts(tip, x + 12, y + 21, lines, "tip-text", size=_TEXT, leading=_LEADING)
