"""From a sheet to SVG: one picture, whole in itself, without script, network or own fonts."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from jpki.jst import day, moment
from jpki.law import Effect
from simulator.pictures.keys import draw_key, draw_legend
from simulator.pictures.layout import LABEL, SMALL, lay_out
from simulator.pictures.measure import Box, fitted, text_width, wrapped
from simulator.pictures.model import End, Language, Look, Picture, Track
from simulator.pictures.shapes import (
    circle,
    group,
    line,
    number,
    path,
    pill,
    rectangle,
    told,
    words,
)
from simulator.pictures.sheet import Knot, LaidBar, LaidLink, Lane, Sheet
from simulator.pictures.style import CLASS, rules
from simulator.pictures.targets import draw_targets
from simulator.pictures.wording import SAID, TRACKS, finding_words, heading

__all__ = ["drawn", "svg", "svg_fragment"]

_PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9_-]")


def svg(picture: Picture, language: Language = "en") -> str:
    """Return the picture as an SVG file, with the list of its events below it."""
    return f"{_PROLOG}{svg_fragment(picture, language, key=True)}\n"


def svg_fragment(
    picture: Picture, language: Language = "en", *, prefix: str = "life", key: bool = False
) -> str:
    """Return the picture as an ``<svg>`` element for an HTML page.

    Every id in it begins with ``prefix``: give each picture of a page its own. ``key`` adds the
    list of events, for where no table stands beside it.
    """
    return tostring(drawn(picture, language, prefix=prefix, key=key), encoding="unicode")


def drawn(picture: Picture, language: Language, *, prefix: str, key: bool) -> Element:
    """Return the picture as an element tree."""
    sheet = lay_out(picture, language)
    own = f"{_NOT_OF_AN_ID.sub('-', prefix)}-"
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": CLASS, "lang": language})
    root.set("role", "group")
    root.set("aria-labelledby", f"{own}title {own}desc")
    told(root, "title", f"{heading(picture, language)} – {SAID['simulated'].of(language)}").set(
        "id", f"{own}title"
    )
    told(root, "desc", _description(picture, language)).set("id", f"{own}desc")
    SubElement(root, "style").text = rules()
    _patterns(root, own)
    paper = rectangle(root, Box(0, 0, sheet.width, 0), "paper")
    seen = group(root, aria_hidden="true")
    _draw_heading(seen, picture, sheet, language, title=key)
    for index, lane in enumerate(sheet.lanes):
        _draw_lane(seen, lane, sheet, index, language)
    if sheet.finding is not None and sheet.finding.lane is not None:
        rectangle(seen, sheet.finding.lane, "wrong-lane", radius=4)
    _draw_axis(seen, sheet, language)
    begun = [laid for laid in sheet.links if _style(laid) == "begin"]
    _draw_links(seen, begun)
    for bar in (bar for lane in sheet.lanes for bar in lane.bars):
        _draw_bar(seen, bar, sheet, own)
    _draw_breaks(seen, sheet)
    _draw_now(seen, picture, sheet, language)
    _draw_links(seen, [laid for laid in sheet.links if laid not in begun])
    for lane in sheet.lanes:
        for bar in lane.bars:
            _draw_name(seen, bar)
        _draw_caps(seen, lane)
    _draw_wrong(seen, sheet)
    _draw_dates(seen, sheet)
    for knot in sheet.knots:
        _draw_knot(seen, knot)
    y = _draw_finding(seen, sheet, language, with_words=key)
    y = draw_legend(seen, sheet, y, own, language)
    if key:
        y = draw_key(seen, picture, sheet.width, y, language)
    draw_targets(root, picture, sheet, own, y, language)
    width, height = number(sheet.width), number(y)
    paper.set("height", height)
    for name, value in (("viewBox", f"0 0 {width} {height}"), ("width", width), ("height", height)):
        root.set(name, value)
    return root


def _description(picture: Picture, language: Language) -> str:
    span = f"{moment(picture.begins)} – {moment(picture.at)}"
    counted = len(picture.marks), len(picture.bars)
    if language == "ja":
        return f"{span}。できごと{counted[0]}件、対象{counted[1]}件。すべて模擬です。"
    return f"{span}. {counted[0]} events, {counted[1]} bars. Everything is simulated."


def _patterns(root: Element, own: str) -> None:
    definitions = SubElement(root, "defs")
    pattern = SubElement(definitions, "pattern", {"id": f"{own}held", "width": "8", "height": "8"})
    pattern.set("patternUnits", "userSpaceOnUse")
    pattern.set("patternTransform", "rotate(45)")
    rectangle(pattern, Box(0, 0, 8, 8), "held-ground")
    line(pattern, 0, 0, 0, 8, "held-line")


def _draw_heading(
    seen: Element, picture: Picture, sheet: Sheet, language: Language, *, title: bool
) -> None:
    """The banner is in every picture; a page has its own heading, a file needs one."""
    banner = SAID["simulated"].of(language)
    half = text_width(banner, 13) / 2 + 16
    x = sheet.width - half - 14
    pill(seen, x, 23, half, 14, "banner")
    words(seen, x, 27.5, banner, "on-banner", size=13, anchor="middle")
    span = f"{day(picture.begins).isoformat()} – {day(picture.at).isoformat()}"
    if title:
        room = sheet.width - 2 * half - 50
        shown = fitted(heading(picture, language), room, measure=lambda text: text_width(text, 17))
        words(seen, 16, 28, shown, "strong", size=17)
    words(
        seen,
        16,
        48 if title else 28,
        f"{span} · {SAID['not to scale'].of(language)}",
        "quiet",
        size=12,
    )


def _draw_lane(seen: Element, lane: Lane, sheet: Sheet, index: int, language: Language) -> None:
    if index % 2 == 0:
        rectangle(seen, Box(8, lane.y, sheet.width - 16, lane.height), "lane", radius=4)
    thing = lane.track in {Track.PERSON, Track.CARD, Track.PHONE}
    middle = lane.y + lane.height / 2 + 4.5
    classes = "strong" if thing else "ink"
    words(seen, 18 if thing else 30, middle, TRACKS[lane.track].of(language), classes, size=LABEL)


def _draw_axis(seen: Element, sheet: Sheet, language: Language) -> None:
    places, y = sheet.axis.places, sheet.axis_y
    words(seen, 18, y + 4.5, SAID["time"].of(language), "quiet", size=LABEL)
    line(seen, places[0].x - 14, y, sheet.now, y, "axis")
    for place in places:
        line(seen, place.x, y - 4, place.x, y + 4, "axis")
        line(seen, place.x, sheet.top, place.x, sheet.bottom, "hair")
    for gap in sheet.axis.gaps:
        if gap.broken:
            x = (gap.x0 + gap.x1) / 2
            rectangle(seen, Box(x - 5, y - 6, 10, 12), "paper")
            for side in (x - 5, x + 5):
                path(seen, "axis", f"M{number(side - 3)} {number(y + 7)}l6 -14")
    for label in sheet.lengths:
        _label(seen, label.box, label.text, "quiet", SMALL - 0.5)


def _draw_dates(seen: Element, sheet: Sheet) -> None:
    """Dates come after the arrows, which pass behind them."""
    for label in (*sheet.dates, *sheet.times):
        box = label.box
        rectangle(seen, Box(box.x - 1, box.y + 1, box.width + 2, box.height - 1), "paper")
        _label(seen, box, label.text, "ink" if label in sheet.dates else "quiet", SMALL)


def _label(seen: Element, box: Box, text: str, classes: str, size: float) -> None:
    words(seen, box.x + box.width / 2, box.y + 11.5, text, classes, size=size, anchor="middle")


_KINDS = {
    Track.CARD_SIGNATURE: "signature",
    Track.MOBILE_SIGNATURE: "signature",
    Track.CARD_AUTHENTICATION: "authentication",
    Track.MOBILE_AUTHENTICATION: "authentication",
}


def _draw_bar(seen: Element, laid: LaidBar, sheet: Sheet, own: str) -> None:
    kind = _KINDS.get(laid.bar.track, "thing")
    slim = laid.bar.track is Track.PERSON
    for part in laid.parts:
        inset = 7.0 if part.look is Look.LEFT_OVER else 3.0 if slim else 0.0
        box = Box(part.x0, laid.y + inset, part.x1 - part.x0, laid.height - 2 * inset)
        match part.look:
            case Look.SOUND:
                rectangle(seen, box, kind, radius=2)
            case Look.HELD:
                made = rectangle(seen, box, "held", radius=2)
                made.set("fill", f"url(#{own}held)")
            case Look.LEFT_OVER:
                rectangle(seen, box, "left-over", radius=2)
    if laid.bar.end is End.OPEN:
        _draw_going_on(seen, laid, sheet)


def _draw_name(seen: Element, laid: LaidBar) -> None:
    """Names come after the arrows, which pass behind them."""
    on_bar = laid.inside and laid.parts[0].look is Look.SOUND
    classes = f"on-{_KINDS.get(laid.bar.track, 'thing')}" if on_bar else "ink"
    words(seen, laid.label.box.x, laid.label.box.y + 11.8, laid.label.text, classes, size=LABEL)


def _draw_going_on(seen: Element, laid: LaidBar, sheet: Sheet) -> None:
    y, x = laid.middle, sheet.now
    line(seen, x + 3, y, x + 25, y, "planned")
    if laid.planned is None:
        path(seen, "axis", f"M{number(x + 23)} {number(y - 4)}l6 4l-6 4")
        return
    path(seen, "axis", f"M{number(x + 27)} {number(y - 6)}v12")
    box = laid.planned.box
    words(seen, box.x, box.y + 11.5, laid.planned.text, "quiet", size=SMALL)


def _draw_caps(seen: Element, lane: Lane) -> None:
    """Draw how bars begin and end; where one ends as the next begins, both caps are seen."""
    ends = {(bar.x1, bar.y) for bar in lane.bars}
    for laid in lane.bars:
        if laid.bar.begun_before:
            for x in (laid.x0 + 2, laid.x0 + 7):
                path(seen, "halo", f"M{number(x)} {number(laid.y)}v{number(laid.height)}")
        elif laid.bar.track in _KINDS:
            aside = 13 if (laid.x0, laid.y) in ends else 0
            circle(seen, laid.x0 + aside, laid.middle, 4.5, "cap-issued")
    for laid in lane.bars:
        x, y, end = laid.x1, laid.middle, laid.bar.end
        if end is End.REVOKED and laid.bar.track is not Track.PERSON:
            circle(seen, x, y, 8, "cap-revoked")
            path(seen, "cross", f"M{number(x - 3.6)} {number(y - 3.6)}l7.2 7.2m0 -7.2l-7.2 7.2")
        elif end is not End.OPEN:
            rectangle(seen, Box(x - 2.5, laid.y - 4, 5, laid.height + 8), "cap-expired")


def _draw_breaks(seen: Element, sheet: Sheet) -> None:
    """Where time is left out, the bars are cut with the axis."""
    for gap in sheet.axis.gaps:
        if not gap.broken:
            continue
        x = (gap.x0 + gap.x1) / 2
        for lane in sheet.lanes:
            for bar in lane.bars:
                if bar.x0 < x - 6 and bar.x1 > x + 6 and not _labelled_at(bar, x):
                    top, height = number(bar.y - 2), number(bar.height + 4)
                    path(seen, "halo", f"M{number(x + 4)} {top}l-8 {height}")


def _labelled_at(bar: LaidBar, x: float) -> bool:
    box = bar.label.box
    return bar.inside and box.x - 6 < x < box.x + box.width + 6


def _draw_now(seen: Element, picture: Picture, sheet: Sheet, language: Language) -> None:
    line(seen, sheet.now, sheet.axis_y - 8, sheet.now, sheet.bottom, "now")
    now = day(picture.at).isoformat()
    separator = " " if language == "en" else "："
    text = f"{SAID['now'].of(language)}{separator}{now}"
    signed = sheet.finding is not None and sheet.finding.x == sheet.now
    words(seen, sheet.now + (17 if signed else 7), sheet.axis_y + 4.5, text, "ink", size=SMALL)


_HEADS = {"effect": 5.0, "cascade": 5.5, "begin": 3.5}


def _draw_links(seen: Element, links: list[LaidLink]) -> None:
    """Draw arrows: what sets them off from the bars first, so that none cuts another's head."""
    if any(_style(laid) != "begin" for laid in links):
        for laid in links:
            path(seen, "halo", _way(laid))
    for laid in links:
        path(seen, _style(laid), _way(laid))
    for laid in links:
        head, down = _HEADS[_style(laid)], _down(laid)
        drawn_head = (
            f"M{number(laid.x1)} {number(_tip(laid))}l{number(-head)} "
            f"{number(-down * head * 1.7)}h{number(2 * head)}z"
        )
        path(seen, f"{_style(laid)}-head", drawn_head)


def _style(laid: LaidLink) -> str:
    if laid.cascade:
        return "cascade"
    return "begin" if laid.link.effect is Effect.ISSUE else "effect"


def _down(laid: LaidLink) -> int:
    return 1 if laid.y1 >= laid.y0 else -1


def _tip(laid: LaidLink) -> float:
    return laid.y1 - _down(laid)


def _way(laid: LaidLink) -> str:
    """Return the way of an arrow: straight down from a mark, round the right from a bar's end."""
    x0, y0, x1, down = laid.x0, laid.y0, laid.x1, _down(laid)
    foot = _tip(laid) - down * _HEADS[_style(laid)] * 1.4
    if laid.cascade:
        bulge = max(20.0, x1 - x0 + 14)
        return (
            f"M{number(x0 + 8)} {number(y0)}C{number(x0 + bulge)} {number(y0 + down * 6)} "
            f"{number(x1 + 18)} {number(foot - down * 18)} {number(x1 + 1)} {number(foot)}"
        )
    if abs(x1 - x0) < 1:
        return f"M{number(x0)} {number(y0)}V{number(foot)}"
    return (
        f"M{number(x0)} {number(y0)}C{number(x0)} {number(y0 + 34)} {number(x1)} "
        f"{number(y0 + 14)} {number(x1)} {number(foot)}"
    )


def _draw_knot(seen: Element, knot: Knot) -> None:
    if knot.label is not None:
        box = knot.label.box
        line(seen, knot.x, knot.y - 11, knot.x, box.y + 2, "pole")
        words(seen, box.x + 5, box.y + 12.5, knot.label.text, "ink", size=LABEL)
    by_time = all(mark.seq is None for mark in knot.marks)
    classes = "mark-time" if by_time else "mark"
    pill(seen, knot.x, knot.y, knot.half_width, 11, classes)
    on = "strong" if by_time else "on-mark"
    words(seen, knot.x, knot.y + 4, knot.numbers, on, size=SMALL, anchor="middle")


def _draw_wrong(seen: Element, sheet: Sheet) -> None:
    """Mark the instant at which a story fails, and the sign for it on the axis."""
    if sheet.finding is not None:
        x, y = sheet.finding.x, sheet.axis_y
        line(seen, x, y, x, sheet.bottom + 14, "wrong")


def _draw_sign(seen: Element, x: float, y: float) -> None:
    path(seen, "wrong-box", f"M{number(x)} {number(y - 12)}l13 23h-26z")
    words(seen, x, y + 8, "!", "alarm", size=14, anchor="middle")


def _draw_finding(seen: Element, sheet: Sheet, language: Language, *, with_words: bool) -> float:
    """Draw where a story fails, and how; return where the next part may begin."""
    laid, y = sheet.finding, sheet.bottom + 14
    if laid is None:
        return y
    _draw_sign(seen, laid.x, sheet.axis_y)
    if not with_words:
        return y

    def measure(text: str) -> float:
        return text_width(text, LABEL)

    told_lines = finding_words(laid.finding, language)
    room = sheet.width - 84
    lines = [part for each in told_lines for part in wrapped(each, room, measure=measure)]
    height = len(lines) * 18 + 14
    rectangle(seen, Box(16, y, sheet.width - 32, height), "wrong-box", radius=5)
    for index, text in enumerate(lines):
        classes = "alarm" if index == 0 else "ink"
        words(seen, 52, y + 20 + index * 18, text, classes, size=LABEL)
    _draw_sign(seen, 34, y + 19)
    return y + height + 12
