"""A population in columns on one core, and the same kind of life folded object by object."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.fold import history
from benchmarks.measure import Benchmark, Case, Figure
from benchmarks.memory import most_memory
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
_MANY = 1_000_000
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
    noted, law = replace(scope, with_events=True), law_under(Rules())
    return sum(
        len(part.events[0])
        for number in range(scope.chunks)
        for part in Chunk(noted, number, law).stretches()
        if part.events
    )


_LIVE = """
import sys
from datetime import date
from pathlib import Path
from simulator.population import CHUNK, Scope, run_population, shipped_figures
scope = Scope(CHUNK, int(sys.argv[1]), date(2026, 4, 1), "benchmark", shipped_figures())
run_population(scope, Path(sys.argv[2]) / "country")
"""


def _memory(years: int) -> float:
    with TemporaryDirectory() as folder:
        return most_memory(_LIVE, str(years), folder)


def _scope(people: int, years: int = _YEARS) -> Scope:
    return Scope(people, years, _BEGINS, "benchmark", shipped_figures())


def _whole(people: int, years: int, everything: int) -> tuple[Case, ...]:
    name, scope = f"{people:,} people, {_YEARS} years, all tables written", _scope(people)
    return (
        Case(name, lambda: _write(scope), years, "events", _TARGET),
        Case(f"{name}, the way there counted", lambda: _write(scope), everything, "events",
             _TARGET),
    )  # fmt: skip


def _prepare() -> tuple[Case, ...]:
    scope, short = _scope(CHUNK), _scope(CHUNK, 1)
    years, everything, log = _live(scope), _all_events(scope), history()
    ends, book = log[-1].recorded_at, Rulebook.default()
    return (
        Case("columns, 10 years, the way there not counted", lambda: _live(scope), years,
             "events", _TARGET),
        Case("columns, the way there counted", lambda: _live(scope), everything, "events",
             _TARGET),
        Case("columns, 1 year, the way there counted", lambda: _live(short), _all_events(short),
             "events", _TARGET),
        *_whole(CHUNK, years, everything),
        Case("jpki.life, one event object after the other", lambda: state_at(log, ends, book=book),
             len(log), "events"),
    )  # fmt: skip


def _prepare_full() -> tuple[Case | Figure, ...]:
    scope = _scope(_MANY)
    law = law_under(Rules())
    years = sum(
        int(part.counts.events.sum())
        for number in range(scope.chunks)
        for part in Chunk(scope, number, law).stretches()
    )
    figures = (
        Figure(f"most memory of {many} years", lambda many=many: _memory(many), "bytes")
        for many in (10, 40)
    )
    return (*_prepare(), *_whole(_MANY, years, _all_events(scope)), *figures)


BENCHMARK = Benchmark(
    "population",
    f"A chunk of {CHUNK:,} people on one of {os.cpu_count()} cores, with the shipped rates. An "
    "event is one entry that the log of jpki.life would have. Before the first day the cards, "
    "renewals and phones of a life so far are lived through, too: 'the way there'. It always takes "
    "time; its events count where a case says so. Memory is the most that a fresh process with a "
    "full chunk held.",
    _prepare,
    _prepare_full,
)
