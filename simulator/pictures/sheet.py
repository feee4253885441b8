"""The picture as it lies on the sheet: every mark, bar, link and label with its place.

Units are those of the drawing, from the upper left corner; one is a pixel at full size.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.pictures.axis import Axis
from simulator.pictures.measure import Box
from simulator.pictures.model import Bar, Finding, Link, Look, Mark, Track

__all__ = [
    "Knot",
    "Label",
    "LaidBar",
    "LaidFinding",
    "LaidLink",
    "Lane",
    "Part",
    "Sheet",
]


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text in its box."""

    box: Box
    text: str


@dataclass(frozen=True, slots=True)
class Knot:
    """The marks at one place of the axis, with the label on its pole if there is room for it."""

    x: float
    y: float
    marks: tuple[Mark, ...]
    numbers: str
    half_width: float
    label: Label | None


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar from one place to another."""

    x0: float
    x1: float
    look: Look


@dataclass(frozen=True, slots=True)
class LaidBar:
    """A bar in its row, or a bundle of bars that are over at once, one after another.

    ``inside`` says that the label stands in the bar.
    """

    bundle: tuple[Bar, ...]
    y: float
    height: float
    parts: tuple[Part, ...]
    label: Label
    inside: bool
    planned: Label | None

    @property
    def bar(self) -> Bar:
        """The bar, the last one of a bundle."""
        return self.bundle[-1]

    @property
    def x0(self) -> float:
        """The left end."""
        return self.parts[0].x0

    @property
    def x1(self) -> float:
        """The right end."""
        return self.parts[-1].x1

    @property
    def middle(self) -> float:
        """The height of its middle line."""
        return self.y + self.height / 2

    @property
    def box(self) -> Box:
        """The rectangle of the bar itself."""
        return Box(self.x0, self.y, self.x1 - self.x0, self.height)


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane of the picture: one track, with a row for whatever would overlap."""

    track: Track
    y: float
    height: float
    bars: tuple[LaidBar, ...]
    ticks: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LaidLink:
    """An arrow from a mark, or from the end of another bar, to where a bar turns."""

    link: Link
    x0: float
    y0: float
    x1: float
    y1: float
    cascade: bool


@dataclass(frozen=True, slots=True)
class LaidFinding:
    """Where a story fails: its instant, and the lane it is about, if it is about one."""

    finding: Finding
    x: float
    lane: Box | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything of a picture in its place; ``now`` is where the instant looked at stands."""

    width: float
    axis: Axis
    axis_y: float
    top: float
    bottom: float
    now: float
    knots: tuple[Knot, ...]
    dates: tuple[Label, ...]
    times: tuple[Label, ...]
    lengths: tuple[Label, ...]
    lanes: tuple[Lane, ...]
    links: tuple[LaidLink, ...]
    finding: LaidFinding | None

    def labels(self) -> tuple[Label, ...]:
        """Return every label that stands among the marks, the dates and the bars."""
        bars = [bar for lane in self.lanes for bar in lane.bars]
        planned = [bar.planned for bar in bars if bar.planned is not None]
        flags = [knot.label for knot in self.knots if knot.label is not None]
        named = [bar.label for bar in bars]
        return (*flags, *self.dates, *self.times, *self.lengths, *named, *planned)
