"""Plots of a run or of two side by side; the one module that imports matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, Final

from jpki.errors import MissingExtra
from jpki.terms import RevocationReason
from simulator.population.arrays import Array, np
from simulator.population.happenings import KINDS
from simulator.population.run import Summary

try:
    import matplotlib as mpl
    from matplotlib.figure import Figure
except ImportError as error:
    raise MissingExtra("matplotlib", extra="population") from error

__all__ = ["PLOTS", "Plot", "drawn"]

# Colours of Okabe and Ito, which stay apart for eyes that do not tell red from green.
_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_LINES: Final = ("solid", "dashed", "dotted", "dashdot")
_KIND_WORDS: Final = tuple(kind.value.replace("_", " ") for kind in KINDS)
_SIZE: Final = (9.0, 4.2)
_SETTINGS: Final[Any] = {
    "svg.hashsalt": "jpki",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "path.simplify": False,
}

Plot = Callable[[Any, Sequence[Summary]], None]


def drawn(plot: Plot, runs: Sequence[Summary], kind: str) -> bytes:
    """Return a plot of the runs as ``png`` or ``svg``; the same runs give the same bytes."""
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.add_subplot()
        plot(axes, runs)
        axes.grid(alpha=0.3)
        axes.set_ylim(bottom=0)
        axes.legend(fontsize="small", ncols=max(1, len(runs)))
        content = BytesIO()
        nothing = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
        figure.savefig(content, format=kind, dpi=110, metadata=nothing)
        return content.getvalue()


def _dates(run: Summary, days: int) -> Array:
    first = run.scope.year_begins(0)
    return np.arange(first, first + days).astype("datetime64[D]")


def _tag(runs: Sequence[Summary], number: int) -> str:
    return f" ({'AB'[number]})" if len(runs) > 1 else ""


def _lists(axes: Any, runs: Sequence[Summary]) -> None:
    for number, run in enumerate(runs):
        for column, name in enumerate(("signature", "user authentication")):
            axes.plot(
                _dates(run, len(run.listed)),
                run.listed[:, column] / 1e3,
                color=_COLOURS[column],
                linestyle=_LINES[number],
                label=f"{name}{_tag(runs, number)}",
            )
    axes.set_ylabel("entries on all lists, thousands")


def _live(axes: Any, runs: Sequence[Summary]) -> None:
    for number, run in enumerate(runs):
        live = run.accounts.live()
        for kind, name in enumerate(_KIND_WORDS):
            axes.plot(
                _dates(run, len(live)),
                live[:, kind] / 1e3,
                color=_COLOURS[kind],
                linestyle=_LINES[number],
                label=f"{name}{_tag(runs, number)}",
            )
    axes.set_ylabel("live certificates, thousands")


def _causes(axes: Any, runs: Sequence[Summary]) -> None:
    for number, run in enumerate(runs):
        revoked = run.accounts.column("revoked")[1:].reshape(-1, 4, 8).sum(axis=1)
        dates = _dates(run, len(revoked))
        months = dates.astype("datetime64[M]")
        names, starts = np.unique(months, return_index=True)
        monthly = np.add.reduceat(revoked, starts, axis=0)
        for reason in RevocationReason:
            if monthly[:, reason].any():
                axes.plot(
                    names,
                    monthly[:, reason] / 1e3,
                    color=_COLOURS[reason],
                    linestyle=_LINES[number],
                    label=f"{reason.rfc_name}{_tag(runs, number)}",
                )
    axes.set_ylabel("revocations a month, thousands")


PLOTS: Final[dict[str, tuple[Plot, str, str]]] = {
    "lists": (_lists, "Length of the revocation lists", "失効リストの長さ"),
    "revocations": (_causes, "Revocations by cause", "理由別の失効"),
    "live": (_live, "Live certificates by kind", "種類別の有効な電子証明書"),
}
"""Each plot with what it shows, in English and in Japanese."""
