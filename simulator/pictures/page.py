"""From pictures to one HTML page: the drawing, and the same as a table for who does not see it."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, tostring

from jpki.jst import moment
from simulator.pictures.drawing import drawn
from simulator.pictures.model import End, Language, Picture, Track
from simulator.pictures.shapes import told
from simulator.pictures.style import PAGE
from simulator.pictures.wording import (
    SAID,
    TRACKS,
    effects_of,
    ending_words,
    finding_words,
    heading,
    link_words,
    when_words,
)

__all__ = ["html"]


def html(pictures: Picture | Iterable[Picture], language: Language = "en") -> str:
    """Return a page with one picture or several: no script, nothing fetched, ready to be kept."""
    shown = (pictures,) if isinstance(pictures, Picture) else tuple(pictures)
    root = Element("html", {"lang": language})
    head = SubElement(root, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    viewport = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    SubElement(head, "meta", viewport)
    title = heading(shown[0], language) if len(shown) == 1 else SAID["events"].of(language)
    told(head, "title", f"{title} – {SAID['simulated'].of(language)}")
    SubElement(head, "style").text = PAGE
    body = SubElement(root, "body")
    standing = {"class": "standing", "role": "note"}
    banner = f"{SAID['simulated'].of(language)} – {SAID['nobody'].of(language)}"
    SubElement(body, "p", standing).text = banner
    main = SubElement(body, "main")
    for number, picture in enumerate(shown, 1):
        _article(main, picture, f"life{number}", "h1" if len(shown) == 1 else "h2", language)
    return f"<!DOCTYPE html>\n{tostring(root, encoding='unicode', method='html')}\n"


def _article(
    parent: Element, picture: Picture, prefix: str, level: str, language: Language
) -> None:
    article = SubElement(parent, "article", {"aria-labelledby": f"{prefix}-heading"})
    told(article, level, heading(picture, language)).set("id", f"{prefix}-heading")
    if picture.finding is not None:
        note = SubElement(article, "div", {"class": "wrong-note", "role": "note"})
        for line in finding_words(picture.finding, language):
            told(note, "p", line)
    figure = SubElement(article, "figure", {"tabindex": "0"})
    figure.set("aria-labelledby", f"{prefix}-heading")
    figure.append(drawn(picture, language, prefix=prefix, key=False))
    _events(article, picture, prefix, language)
    _lasting(article, picture, language)


def _table(parent: Element, caption: str, columns: Iterable[str], language: Language) -> Element:
    table = SubElement(SubElement(parent, "div", {"class": "scroll"}), "table")
    told(table, "caption", caption)
    row = SubElement(SubElement(table, "thead"), "tr")
    for column in columns:
        told(row, "th", SAID[column].of(language)).set("scope", "col")
    return SubElement(table, "tbody")


def _events(parent: Element, picture: Picture, prefix: str, language: Language) -> None:
    columns = ("number", "when", "what", "effect")
    rows = _table(parent, SAID["events"].of(language), columns, language)
    bars = {bar.id: bar for bar in picture.bars}
    for mark in picture.marks:
        row = SubElement(rows, "tr", {"id": f"{prefix}-event-{mark.number}"})
        told(row, "th", str(mark.number)).set("scope", "row")
        told(row, "td", when_words(mark))
        what = SubElement(row, "td")
        told(what, "strong", mark.short.of(language)).tail = " – "
        told(what, "span", mark.note.of(language))
        did = SubElement(row, "td")
        links = effects_of(picture, mark)
        if not links:
            did.text = SAID["no effect"].of(language)
            continue
        items = SubElement(did, "ul")
        for link in links:
            separator = "。" if language == "ja" else ". "
            said = separator.join(link_words(link, bars, language))
            told(items, "li", said)


def _lasting(parent: Element, picture: Picture, language: Language) -> None:
    columns = ("certificate", "from", "to", "state")
    rows = _table(parent, SAID["certificate"].of(language), columns, language)
    for bar in picture.bars:
        row = SubElement(rows, "tr")
        name = " ".join(TRACKS[bar.track].of(language).split())
        label = bar.label.of(language)
        plain = bar.track in {Track.PERSON, Track.CARD, Track.PHONE}
        told(row, "th", label if plain else f"{label} – {name}").set("scope", "row")
        begun = SAID["since before"].of(language) if bar.begun_before else moment(bar.begins)
        told(row, "td", begun)
        told(row, "td", "" if bar.end is End.OPEN else moment(bar.ends))
        told(row, "td", ending_words(bar, language))
