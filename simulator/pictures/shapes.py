"""Building blocks of a drawing: elements of SVG, made so that nothing can break out of them."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement

from simulator.pictures.measure import Box, visible

__all__ = [
    "circle",
    "group",
    "line",
    "number",
    "path",
    "pill",
    "rectangle",
    "texts",
    "told",
    "words",
]


def number(value: float) -> str:
    """Return a coordinate with at most one decimal, the same on every machine."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def group(parent: Element, classes: str = "", **attributes: str) -> Element:
    """Add a group."""
    made = SubElement(parent, "g")
    if classes:
        made.set("class", classes)
    for key, value in attributes.items():
        made.set(key.replace("_", "-"), visible(value))
    return made


def rectangle(parent: Element, box: Box, classes: str, *, radius: float = 0.0) -> Element:
    """Add a rectangle."""
    made = SubElement(parent, "rect", {"class": classes})
    for key, value in (("x", box.x), ("y", box.y), ("width", box.width), ("height", box.height)):
        made.set(key, number(value))
    if radius:
        made.set("rx", number(radius))
    return made


def pill(parent: Element, x: float, y: float, half: float, radius: float, classes: str) -> None:
    """Add a circle, or a rounded bar when it has to be wider."""
    box = Box(x - half, y - radius, 2 * half, 2 * radius)
    rectangle(parent, box, classes, radius=radius)


def circle(parent: Element, x: float, y: float, radius: float, classes: str) -> None:
    """Add a circle."""
    made = SubElement(parent, "circle", {"class": classes})
    for key, value in (("cx", x), ("cy", y), ("r", radius)):
        made.set(key, number(value))


def line(parent: Element, x0: float, y0: float, x1: float, y1: float, classes: str) -> None:
    """Add a straight line."""
    path(parent, classes, f"M{number(x0)} {number(y0)}L{number(x1)} {number(y1)}")


def path(parent: Element, classes: str, drawn: str) -> None:
    """Add a path."""
    SubElement(parent, "path", {"class": classes, "d": drawn})


def words(
    parent: Element,
    x: float,
    y: float,
    text: str,
    classes: str,
    *,
    size: float,
    anchor: str = "start",
) -> None:
    """Add a line of text; ``y`` is its base line."""
    made = SubElement(parent, "text", {"class": classes, "x": number(x), "y": number(y)})
    made.set("font-size", number(size))
    if anchor != "start":
        made.set("text-anchor", anchor)
    made.text = visible(text)


def texts(
    parent: Element,
    x: float,
    y: float,
    lines: Iterable[str],
    classes: str,
    *,
    size: float,
    leading: float,
) -> None:
    """Add lines of text below one another."""
    for index, text in enumerate(lines):
        words(parent, x, y + index * leading, text, classes, size=size)


def told(parent: Element, tag: str, text: str) -> Element:
    """Add an element that holds text, in lines if it has any: a title or a description."""
    made = SubElement(parent, tag)
    made.text = "\n".join(map(visible, text.split("\n")))
    return made
