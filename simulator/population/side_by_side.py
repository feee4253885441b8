"""One population under one set of rules, or the same people under two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jpki.errors import ImpossibleFact
from simulator.population.chunk import Scope
from simulator.population.page import write_page
from simulator.population.parquet import writing
from simulator.population.run import PARTIAL, Rules, Summary, law_under, run_population

__all__ = ["simulate"]


def simulate(
    scope: Scope,
    out: Path,
    *,
    rules: Rules | None = None,
    compared: Rules | None = None,
    processes: int = 1,
    progress: Callable[[int], None] = lambda _people: None,
) -> tuple[Summary, ...]:
    """Live a population under ``rules``, and under ``compared`` beside them; write tables and page.

    The same people meet the same moves, losses and deaths both times: what differs is what the
    rules make of them. With ``compared`` the tables stand in the folders ``a`` and ``b``. Raises
    what :func:`~simulator.population.run.run_population` raises.
    """
    chosen = Rules() if rules is None else rules
    if compared is None:
        run = run_population(scope, out, rules=chosen, processes=processes, progress=progress)
        write_page((run,), out)
        return (run,)
    partial = out.with_name(out.name + PARTIAL)
    for path in (out, partial):
        if path.exists():
            hint = "name another folder or remove it"
            raise ImpossibleFact(f"{path} is there already", hint=hint)
    law_under(compared)
    with writing(partial):
        partial.mkdir(parents=True)
    runs = tuple(
        run_population(scope, partial / name, rules=each, processes=processes, progress=progress)
        for name, each in (("a", chosen), ("b", compared))
    )
    write_page(runs, partial)
    with writing(out):
        partial.rename(out)
    return runs
