"""Pictures can be read: contrast by WCAG 2.2 in light and dark, and shapes beside every colour."""

from __future__ import annotations

import re

import pytest

from simulator.pictures import Picture, svg
from simulator.pictures.style import rules

# What is written on what, with the contrast WCAG 2.2 asks of text (1.4.3).
TEXT_ON = [
    ("ink", "paper"),
    ("ink", "lane"),
    ("quiet", "paper"),
    ("quiet", "lane"),
    ("strong", "paper"),
    ("on-banner", "banner"),
    ("on-mark", "mark"),
    ("strong", "mark-time"),
    ("on-signature", "signature"),
    ("on-authentication", "authentication"),
    ("on-thing", "thing"),
    ("ink", "held-ground"),
    ("alarm", "wrong-box"),
    ("ink", "wrong-box"),
    ("tip-text", "tip-box"),
]
# Bars against what is behind them, with the contrast asked of shapes (1.4.11).
SHAPES_ON = [
    (bar, ground)
    for bar in ("signature", "authentication", "thing", "mark", "cap-expired", "cascade-head")
    for ground in ("paper", "lane")
]


def fills(light: bool) -> dict[str, str]:
    """Return the fill of each class; in the dark, those of the media block prevail."""
    plain, _, dark = rules().partition("@media screen")
    found = re.findall(r"\.jpki-life \.([\w-]+)\{[^}]*?fill:(#[0-9a-f]{6})", plain)
    if light:
        return dict(found)
    return dict(found) | dict(re.findall(r"\.jpki-life \.([\w-]+)\{fill:(#[0-9a-f]{6})", dark))


def luminance(colour: str) -> float:
    # https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_counted_as_the_standard_does() -> None:
    # Black on white is 21:1, and #777777 on white is just below 4.5:1.
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert 4.4 < contrast("#777777", "#ffffff") < 4.5


@pytest.mark.parametrize("light", [True, False])
def test_text_and_shapes_stand_out_from_their_ground(light: bool) -> None:
    colours = fills(light)
    weak = [
        (front, ground, round(contrast(colours[front], colours[ground]), 2))
        for pairs, least in ((TEXT_ON, 4.5), (SHAPES_ON, 3.0))
        for front, ground in pairs
        if contrast(colours[front], colours[ground]) < least
    ]
    assert weak == []


def test_every_state_has_a_shape_of_its_own(shipped: dict[str, Picture]) -> None:
    drawn = svg(shipped["ev-36-held-until-expiry person-1"])
    body = drawn.partition("</defs>")[2].partition("SIMULATED")[2]
    lanes = body.partition("in force")[0]  # before the legend
    assert "url(#life-held)" in lanes  # hatching
    assert 'class="cross"' in lanes  # a cross
    assert 'class="cap-expired"' in lanes  # a bar
    assert 'class="cap-issued"' in lanes  # a ring
