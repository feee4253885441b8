"""From a picture to a sheet: what stands where, so that nothing covers anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from jpki.jst import JST, day
from simulator.pictures.axis import Axis, axis_of, length_words
from simulator.pictures.labels import Flag, raised, stacked
from simulator.pictures.measure import Box, fitted, text_width, visible
from simulator.pictures.model import Bar, End, Language, Mark, Picture, Track
from simulator.pictures.sheet import (
    Knot,
    Label,
    LaidBar,
    LaidFinding,
    LaidLink,
    Lane,
    Part,
    Sheet,
)
from simulator.pictures.wording import place_words

__all__ = ["LABEL", "SMALL", "instants_of", "lay_out"]

LABEL = 12.5
"""The font size of labels."""
SMALL = 11.0
"""The font size of dates and numbers."""

_LEFT = 206.0
_RIGHT = 132.0
# From what happens at the very instant to the line of now: a bar that begins there has its name.
_AFTER = 128.0
_ROOM = 1250.0
_LONG_ROOM = 2400.0
_NARROWEST = 900.0
_HEADING = 62.0
_LEVEL = 18.0
_HIGHEST = 8
_WIDEST_LABEL = 204.0
_MARK = 11.0
_LINE = 15.0
_BAR = 22.0
_PAD = 7.0
_SHORTEST = 9.0
_ASIDE = 6.0
_CAP_ASIDE = 13.0


def lay_out(picture: Picture, language: Language) -> Sheet:
    """Return the sheet of a picture, in the words of a language."""
    axis = axis_of(
        instants_of(picture),
        start=_LEFT + 22,
        room=_ROOM,
        long_room=_LONG_ROOM,
        least=_NARROWEST - _LEFT - 22 - _AFTER - _RIGHT,
    )
    groups = _groups(picture.marks, axis)
    flags = [Flag(x, text_width(_told(marks, language), LABEL) + 8) for x, marks in groups]
    levels = raised(flags, highest=_HIGHEST)
    axis_y = (
        _HEADING + (max((n for n in levels if n is not None), default=0) + 1) * _LEVEL + _MARK + 20
    )
    knots = tuple(
        _knot(flag, marks, level, axis_y, language)
        for flag, (_, marks), level in zip(flags, groups, levels, strict=True)
    )
    now = _now(picture, axis)
    dates, times = _dates(axis, axis_y), _times(axis, axis_y)
    lengths = _lengths(axis, axis_y, language)
    top = axis_y + _MARK + 4 + 2 * _LINE + 8
    lanes = tuple(_lanes(picture, axis, top, now, language))
    bottom = lanes[-1].y + lanes[-1].height if lanes else top
    boxes = [bar.label.box for lane in lanes for bar in lane.bars]
    boxes += [knot.label.box for knot in knots if knot.label is not None]
    reach = max((box.x + box.width for box in boxes), default=0.0)
    width = max(_NARROWEST, now + _RIGHT, reach + 12)
    return Sheet(
        width=width,
        axis=axis,
        axis_y=axis_y,
        top=top,
        bottom=bottom,
        now=now,
        knots=knots,
        dates=dates,
        times=times,
        lengths=lengths,
        lanes=lanes,
        links=tuple(_links(picture, axis, axis_y, lanes)),
        finding=_finding(picture, axis, lanes, width),
    )


def instants_of(picture: Picture) -> Iterator[datetime]:
    """Yield every instant that has to have a place on the axis."""
    yield picture.begins
    yield picture.at
    yield from (mark.at for mark in picture.marks)
    yield from (link.at for link in picture.links)
    for bar in picture.bars:
        for stretch in bar.stretches:
            yield from (stretch.begins, stretch.ends)
    if picture.finding is not None:
        yield picture.finding.at


def _now(picture: Picture, axis: Axis) -> float:
    """Return where the line of now stands: clear of what happens at that very instant."""
    latest = max((mark.at for mark in picture.marks), default=picture.begins)
    busy = axis.x(picture.at) <= axis.x(latest)
    return axis.x(picture.at) + (_AFTER if busy else 0.0)


# Marks


def _groups(marks: Iterable[Mark], axis: Axis) -> list[tuple[float, tuple[Mark, ...]]]:
    grouped = groupby(marks, key=lambda mark: axis.x(mark.at))
    return [(x, tuple(each)) for x, each in grouped]


def _told(marks: tuple[Mark, ...], language: Language) -> str:
    names = list(dict.fromkeys(visible(mark.short.of(language)) for mark in marks))
    separator = "、" if language == "ja" else ", "
    text = separator.join(names)

    def width(line: str) -> float:
        return text_width(line, LABEL)

    if width(text) <= _WIDEST_LABEL or len(names) == 1:
        return fitted(text, _WIDEST_LABEL, measure=width)
    more = f" +{len(names) - 1}"
    return fitted(names[0], _WIDEST_LABEL - width(more), measure=width) + more


def _knot(
    flag: Flag, marks: tuple[Mark, ...], level: int | None, axis_y: float, language: Language
) -> Knot:
    numbers = place_words(tuple(mark.number for mark in marks))
    half = max(_MARK, text_width(numbers, SMALL) / 2 + 5)
    label = None
    if level is not None:
        top = axis_y - _MARK - 18 - (level + 1) * _LEVEL
        label = Label(Box(flag.x, top, flag.width, _LEVEL - 1), _told(marks, language))
    return Knot(flag.x, axis_y, marks, numbers, half, label)


# The axis


def _centred(x: float, y: float, text: str, size: float) -> Label:
    width = text_width(text, size)
    return Label(Box(x - width / 2, y, width, _LINE), text)


def _dates(axis: Axis, axis_y: float) -> tuple[Label, ...]:
    """A date stands under the first place of its day; a month or a year where these share one."""
    kept = _DATE_LETTERS.get("" if axis.grain is None else axis.grain.en, 10)
    first: dict[str, float] = {}
    for place in axis.places:
        first.setdefault(day(place.first).isoformat()[:kept], place.x)
    y = axis_y + _MARK + 5
    return tuple(_centred(x, y, text, SMALL) for text, x in first.items())


_DATE_LETTERS = {"month": 7, "year": 4}


def _times(axis: Axis, axis_y: float) -> tuple[Label, ...]:
    """A time stands under the first place of its minute; none where days share a place."""
    if axis.grain is not None and axis.grain.en != "minute":
        return ()
    first: dict[tuple[object, str], float] = {}
    for place in axis.places:
        local = place.first.astimezone(JST)
        first.setdefault((local.date(), local.strftime("%H:%M")), place.x)
    y = axis_y + _MARK + 5 + _LINE
    return tuple(_centred(x, y, text, SMALL) for (_, text), x in first.items())


def _lengths(axis: Axis, axis_y: float, language: Language) -> tuple[Label, ...]:
    """How long a gap is stands over it, where the places are far enough apart."""
    made = []
    for gap in axis.gaps:
        text = length_words(gap.days).of(language)
        if text_width(text, SMALL) + 2 * _MARK <= gap.x1 - gap.x0:
            made.append(_centred((gap.x0 + gap.x1) / 2, axis_y - _MARK - 16, text, SMALL))
    return tuple(made)


# Lanes


def _lanes(
    picture: Picture, axis: Axis, top: float, now: float, language: Language
) -> Iterator[Lane]:
    y = top
    for track in Track:
        bars = [bar for bar in picture.bars if bar.track is track]
        marks = [mark for mark in picture.marks if mark.track is track]
        if not bars and not marks:
            continue
        laid, height = _rows(bars, axis, y, now, language)
        ticks = tuple(dict.fromkeys(axis.x(mark.at) for mark in marks))
        yield Lane(track, y, height, laid, ticks)
        y += height


def _rows(
    bars: list[Bar], axis: Axis, y: float, now: float, language: Language
) -> tuple[tuple[LaidBar, ...], float]:
    """Place the bars of a lane in rows; labels that do not fit into their bar stand above it."""
    bundles = _bundles(bars, axis)
    parts = [_parts(bundle[-1], axis, now) for bundle in bundles]
    rows = stacked([Flag(p[0].x0, p[-1].x1 - p[0].x0) for p in parts], gap=0.0)
    laid: list[LaidBar] = []
    top = y
    for row in range(max(rows, default=0) + 1):
        mine = [n for n, each in enumerate(rows) if each == row]
        told = [_name(bundles[n], language) for n in mine]
        # Where a bar begins as another ends, its cap stands aside, and its name after that.
        ended = {parts[n][-1].x1 for n in mine}
        inset = {n: _CAP_ASIDE * (parts[n][0].x0 in ended) for n in mine}
        fits = [
            text_width(text, LABEL) + 2 * _PAD + 6 + inset[n] <= _longest(parts[n])
            for n, text in zip(mine, told, strict=True)
        ]
        above = [
            Flag(_above(parts[n], text, now), text_width(text, LABEL))
            for n, text, fit in zip(mine, told, fits, strict=True)
            if not fit
        ]
        levels = iter(stacked(above))
        height = _LINE * (max(stacked(above), default=-1) + 1)
        bar_y = top + height + _PAD
        for n, text, fit in zip(mine, told, fits, strict=True):
            level = 0 if fit else next(levels)
            x = _above(parts[n], text, now)
            if fit:
                x = parts[n][0].x0 + _PAD + 3 + inset[n]
            label = Label(_label_box(x, text, fit, bar_y, level), text)
            planned = _planned(bundles[n][-1], now, bar_y)
            laid.append(LaidBar(bundles[n], bar_y, _BAR, parts[n], label, fit, planned))
        top = bar_y + _BAR + _PAD
    return tuple(laid), top - y


def _bundles(bars: list[Bar], axis: Axis) -> list[tuple[Bar, ...]]:
    """Put together the bars that begin and end at one place of a long life; others stay alone."""
    bundles: dict[object, list[Bar]] = {}
    for bar in bars:
        short = bar.end is not End.OPEN and axis.x(bar.begins) == axis.x(bar.ends)
        together = axis.grain is not None and short
        bundles.setdefault(axis.x(bar.begins) if together else bar.id, []).append(bar)
    return [tuple(bundle) for bundle in bundles.values()]


def _name(bundle: tuple[Bar, ...], language: Language) -> str:
    first = visible(bundle[0].label.of(language))
    if len(bundle) == 1:
        return first
    return f"{first.split()[0]} ×{len(bundle)}"


def _parts(bar: Bar, axis: Axis, now: float) -> tuple[Part, ...]:
    """A stretch that is over at once is still seen, and what goes on reaches the line of now."""
    parts = [Part(axis.x(s.begins), axis.x(s.ends), s.look) for s in bar.stretches]
    if bar.end is End.OPEN:
        parts[-1] = Part(parts[-1].x0, now, parts[-1].look)
    last = parts[-1]
    if last.x1 - parts[0].x0 < _SHORTEST:
        parts[-1] = Part(last.x0, parts[0].x0 + _SHORTEST, last.look)
    return tuple(parts)


def _longest(parts: tuple[Part, ...]) -> float:
    return parts[0].x1 - parts[0].x0


def _above(parts: tuple[Part, ...], text: str, now: float) -> float:
    """Return where a name above its bar begins: beside the pole there, and clear of now's line."""
    begins = parts[0].x0 + _ASIDE
    clear = now - _ASIDE - text_width(text, LABEL)
    return clear if begins > clear > parts[0].x0 - _PAD and begins < now else begins


def _label_box(x: float, text: str, inside: bool, bar_y: float, level: int) -> Box:
    y = bar_y + (_BAR - _LINE) / 2 if inside else bar_y - 2 - (level + 1) * _LINE
    return Box(x, y, text_width(text, LABEL), _LINE)


def _planned(bar: Bar, now: float, bar_y: float) -> Label | None:
    if bar.planned_end is None:
        return None
    text = day(bar.planned_end).isoformat()
    x = now + 34
    return Label(Box(x, bar_y + (_BAR - _LINE) / 2, text_width(text, SMALL), _LINE), text)


# Links


def _links(
    picture: Picture, axis: Axis, axis_y: float, lanes: tuple[Lane, ...]
) -> Iterator[LaidLink]:
    bars = {bar.id: laid for lane in lanes for laid in lane.bars for bar in laid.bundle}
    marks = {mark.number: mark for mark in picture.marks}
    for link in picture.links:
        target = bars[link.bar]
        source = None if link.over is None else bars.get(link.over)
        x1 = axis.x(link.at)
        if source is None:
            x0, y0 = axis.x(marks[link.mark].at), axis_y + _MARK
        else:
            x0, y0 = axis.x(marks[link.mark].at), source.middle
        down = source is None or source.y < target.y
        y1 = target.y if down else target.y + target.height
        yield LaidLink(link, x0, y0, x1, y1, cascade=source is not None)


def _finding(
    picture: Picture, axis: Axis, lanes: tuple[Lane, ...], width: float
) -> LaidFinding | None:
    finding = picture.finding
    if finding is None:
        return None
    box = next(
        (Box(8, lane.y, width - 16, lane.height) for lane in lanes if lane.track is finding.track),
        None,
    )
    return LaidFinding(finding, axis.x(finding.at), box)
