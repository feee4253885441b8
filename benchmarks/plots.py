"""The plots of the page, as SVG: a bar for each case, and a line for each scaling curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from benchmarks.curves import Curve, curves

__all__ = ["can_draw", "draw"]

_STYLE: Final = {"svg.hashsalt": "jpki", "svg.fonttype": "none", "font.size": 8}
_WIDTH: Final = 9.0
_BAR: Final = 0.28
"""Inches."""


def can_draw() -> bool:
    """Whether matplotlib is there, which comes with the extra ``bench``."""
    return find_spec("matplotlib") is not None


def draw(benchmark: Mapping[str, Any], folder: Path) -> tuple[tuple[str, str], ...]:
    """Draw the plots of one benchmark; return what each says and its file's name."""
    import matplotlib as mpl

    mpl.use("agg")
    drawn = []
    with mpl.rc_context(_STYLE):
        name = f"{benchmark['name']}.svg"
        _bars(benchmark["cases"], folder / name)
        drawn.append((f"{benchmark['name']}: medians, with the lowest and highest round", name))
        for along in ("entries", "answers", "rows", "signatures", "people", "persons", "processes"):
            lines = [one for one in curves(benchmark["cases"]) if one.along == along]
            if lines:
                name = f"{benchmark['name']}-{along}.svg"
                _lines(lines, folder / name)
                drawn.append((f"{benchmark['name']}: rate by number of {along}", name))
    return tuple(drawn)


def _bars(cases: Sequence[Mapping[str, Any]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, 1.0 + _BAR * len(cases)), layout="constrained")
    axes = figure.subplots()
    medians = [case["median"] for case in cases]
    errors = [
        [case["median"] - case["lowest"] for case in cases],
        [case["highest"] - case["median"] for case in cases],
    ]
    axes.barh(range(len(cases)), medians, xerr=errors, color="#4878a8", ecolor="#333333")
    axes.set_yticks(range(len(cases)), [case["name"] for case in cases])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("units a second, logarithmic")
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


def _lines(lines: Sequence[Curve], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, 3.2 + 0.16 * len(lines)), layout="constrained")
    axes = figure.subplots()
    for number, line in enumerate(lines):
        sizes, rates = zip(*line.points, strict=True)
        style = ("-", "--", ":")[number // 10 % 3]
        axes.plot(sizes, rates, marker="o", linestyle=style, label=f"{line.name} ({line.unit})")
    if lines[0].along == "processes":
        axes.set_xticks(sorted({size for line in lines for size, _ in line.points}))
        axes.set_ylim(bottom=0)
    else:
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set_xlabel(lines[0].along)
    axes.set_ylabel("units a second")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=1, frameon=False)
    figure.savefig(path, metadata={"Date": None})
