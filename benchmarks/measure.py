"""Rates by interleaved rounds: every case once a round, so that a busy moment hits them all.

What is no rate, such as bytes an entry or the most memory of a process, is a *figure*, read once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median, quantiles
from time import perf_counter
from typing import Final

__all__ = ["Benchmark", "Case", "Figure", "Read", "Result", "run"]


@dataclass(frozen=True, slots=True)
class Case:
    """A piece of work: calling ``work`` once gets ``amount`` of ``unit`` done.

    ``target`` is the rate hoped for. It is shown beside the result and never asserted. ``counted``:
    ``work`` returns how many times ``amount`` it got done.
    """

    name: str
    work: Callable[[], object]
    amount: int
    unit: str
    target: float | None = None
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """What is no rate: calling ``work`` returns it, in ``unit``. It is read once, after the rounds.

    A goal may bound it from above (``Goal.at_most``).
    """

    name: str
    work: Callable[[], float]
    unit: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A subject and its cases and figures, which ``prepare`` makes ready (not measured itself).

    ``prepare_full`` is there when the subject also has sizes that take long.
    """

    name: str
    says: str
    prepare: Callable[[], tuple[Case | Figure, ...]]
    prepare_full: Callable[[], tuple[Case | Figure, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The rates of one case, one a round, in units a second."""

    case: Case
    rates: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle rate."""
        return median(self.rates)

    @property
    def spread(self) -> float:
        """The distance between the quartiles as a share of the median; 0 for a single round."""
        if len(self.rates) < 2:
            return 0.0
        lower, _, upper = quantiles(self.rates, n=4, method="inclusive")
        return (upper - lower) / self.median


@dataclass(frozen=True, slots=True)
class Read:
    """A figure and its value."""

    figure: Figure
    value: float


def run(
    benchmark: Benchmark,
    *,
    rounds: int,
    seconds: float,
    full: bool = False,
    within: float | None = None,
) -> tuple[Result | Read, ...]:
    """Measure every case of a benchmark for at least ``seconds`` in each of ``rounds``.

    With ``full`` the cases are of all sizes. A first call of each does not count, unless it took
    more than a minute: then it is all there is. The order is turned round from one round to the
    next. What takes long has fewer rounds, and no round is begun ``within`` so many seconds after
    the preparation began, except the first. Figures come last.
    """
    began = perf_counter()
    prepared = ((benchmark.prepare_full if full else None) or benchmark.prepare)()
    cases = [one for one in prepared if isinstance(one, Case)]
    rates: dict[str, list[float]] = {}
    most: dict[str, int] = {}
    for case in cases:
        first, taken = _called_once(case)
        most[case.name] = _rounds_for(taken, rounds)
        rates[case.name] = [] if most[case.name] else [first]
    for number in range(rounds):
        if number and within is not None and perf_counter() - began > within:
            break
        for case in cases if number % 2 == 0 else reversed(cases):
            if number < most[case.name]:
                rates[case.name].append(_rate(case, seconds))
    # What a case worked on may fill the memory, so only what it is called is kept.
    results = [Result(replace(case, work=_over), tuple(rates[case.name])) for case in cases]
    figures = [one for one in prepared if isinstance(one, Figure)]
    return (*results, *(Read(replace(one, work=_over), float(one.work())) for one in figures))


def _over() -> float:
    """Stand in for the work of what has been measured."""
    return 0.0


_LONG_SECONDS: Final = 5.0
_VERY_LONG_SECONDS: Final = 60.0


def _called_once(case: Case) -> tuple[float, float]:
    """Return the rate of a single call, and how many seconds it took."""
    began = perf_counter()
    return _rate(case, 0), perf_counter() - began


def _rounds_for(taken: float, rounds: int) -> int:
    """Return how often a case has its turn: three times when it takes long, or not again."""
    if taken < _LONG_SECONDS:
        return rounds
    return min(rounds, 3) if taken < _VERY_LONG_SECONDS else 0


def _rate(case: Case, seconds: float) -> float:
    done, began = 0, perf_counter()
    while True:
        found = case.work()
        done += found if case.counted and isinstance(found, int) else 1
        taken = perf_counter() - began
        if taken >= seconds:
            return done * case.amount / taken
