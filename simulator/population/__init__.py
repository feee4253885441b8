"""A country in columns: what rules do to millions of people, in bounded memory.

* :class:`Scope` ``(people, years, begins, seed, figures, with_events=False)``: who lives how long.
* :func:`shipped_figures` gives the rates with source and certainty; ``.with_(text, source=…)``
  replaces some.
* :class:`Rules` ``(policies, law_of=None)``: the policies chosen, and the law frozen on a day.
* :func:`simulate` ``(scope, out, *, rules, compared, processes)`` leaves tables, plots and a page.
* :func:`run_population` leaves the tables only; :func:`lived` folds one person's rows with
  :mod:`jpki.life`, which decides every event anew.

Needs the extra ``population`` (NumPy, pyarrow, matplotlib).
"""

from simulator.population.chunk import CHUNK, Chunk, Scope
from simulator.population.figures import Figure, Figures, read_figures, shipped_figures
from simulator.population.replay import EventRow, event_of, lived
from simulator.population.run import Rules, Summary, law_under, run_population
from simulator.population.side_by_side import simulate

__all__ = [
    "CHUNK",
    "Chunk",
    "EventRow",
    "Figure",
    "Figures",
    "Rules",
    "Scope",
    "Summary",
    "event_of",
    "law_under",
    "lived",
    "read_figures",
    "run_population",
    "shipped_figures",
    "simulate",
]
