"""A population in columns on one core, and the same kind of life folded object by object."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.fold import history
from benchmarks.measure import Benchmark, Case
from jpki.law import Rulebook
from jpki.life import state_at
from simulator.population import (
    CHUNK,
    Chunk,
    Rules,
    Scope,
    law_under,
    run_population,
    shipped_figures,
)

__all__ = ["BENCHMARK"]

_YEARS = 10
_TARGET = 2_000_000.0
_BEGINS = date(2026, 4, 1)


def _live(scope: Scope) -> int:
    """Live one chunk and return how many events its years had."""
    return sum(
        int(part.counts.events.sum()) for part in Chunk(scope, 0, law_under(Rules())).stretches()
    )


def _write(scope: Scope) -> None:
    with TemporaryDirectory() as folder:
        run_population(scope, Path(folder) / "country")


def _all_events(scope: Scope) -> int:
    """How many events there are with those before the first day: a column counts them, too."""
    noted = Scope(scope.people, scope.years, scope.begins, scope.seed, scope.figures, True)
    parts = Chunk(noted, 0, law_under(Rules())).stretches()
    return sum(len(part.events[0]) for part in parts if part.events)


def _prepare() -> tuple[Case, ...]:
    scope = Scope(CHUNK, _YEARS, _BEGINS, "benchmark", shipped_figures())
    short = Scope(CHUNK, 1, _BEGINS, "benchmark", shipped_figures())
    years, everything, log = _live(scope), _all_events(scope), history()
    ends, book = log[-1].recorded_at, Rulebook.default()
    return (
        Case("columns, 10 years, the way there not counted", lambda: _live(scope), years,
             "events", _TARGET),
        Case("columns, the way there counted", lambda: _live(scope), everything, "events",
             _TARGET),
        Case("columns, 1 year, the way there counted", lambda: _live(short), _all_events(short),
             "events", _TARGET),
        Case("columns, 10 years, with all tables written", lambda: _write(scope), years, "events"),
        Case("jpki.life, one event object after the other", lambda: state_at(log, ends, book=book),
             len(log), "events"),
    )  # fmt: skip


BENCHMARK = Benchmark(
    "population",
    f"A chunk of {CHUNK:,} people on one of {os.cpu_count()} cores, with the shipped rates. An "
    "event is one entry that the log of jpki.life would have. Before the first day the cards, "
    "renewals and phones of a life so far are lived through, too; the first case takes the time "
    "for that and does not count its events, the second does both.",
    _prepare,
)
