"""One population under one set of rules, or the same people under two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simulator.population.chunk import Scope
from simulator.population.page import write_page
from simulator.population.parts import Unfinished
from simulator.population.run import Rules, Summary, live_in, record_of

__all__ = ["simulate"]


def simulate(
    scope: Scope,
    out: Path,
    *,
    rules: Rules | None = None,
    compared: Rules | None = None,
    processes: int = 1,
    restart: bool = False,
    progress: Callable[[int], None] = lambda _people: None,
) -> tuple[Summary, ...]:
    """Live a population under ``rules``, and under ``compared`` beside them; write tables and page.

    The same people meet the same moves, losses and deaths both times: what differs is what the
    rules make of them. With ``compared`` the tables stand in the folders ``a`` and ``b``. Raises
    what :func:`~simulator.population.run.run_population` raises.
    """
    chosen = Rules() if rules is None else rules
    record = record_of(scope, chosen, processes)
    if compared is not None:
        record |= {"compared": record_of(scope, compared)}
    unfinished = Unfinished(out)
    unfinished.begin(record, restart=restart)
    with unfinished.alone():
        each = {"": chosen} if compared is None else {"a": chosen, "b": compared}
        runs = tuple(
            live_in(unfinished.folder / name, scope, under, processes, progress)
            for name, under in each.items()
        )
        write_page(runs, unfinished.folder)
        unfinished.finish(*map(Path, each))
    return runs
