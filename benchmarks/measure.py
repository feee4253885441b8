"""Rates by interleaved rounds: every case once a round, so that a busy moment hits them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

__all__ = ["Benchmark", "Case", "Result", "run"]


@dataclass(frozen=True, slots=True)
class Case:
    """A piece of work: calling ``work`` once gets ``amount`` of ``unit`` done.

    ``target`` is the rate hoped for. It is shown beside the result and never asserted.
    """

    name: str
    work: Callable[[], object]
    amount: int
    unit: str
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A subject and its cases, which ``prepare`` makes ready (and which is not measured).

    ``prepare_full`` is there when the subject also has sizes that take long.
    """

    name: str
    says: str
    prepare: Callable[[], tuple[Case, ...]]
    prepare_full: Callable[[], tuple[Case, ...]] | None = None


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


def run(
    benchmark: Benchmark, *, rounds: int, seconds: float, full: bool = False
) -> tuple[Result, ...]:
    """Measure every case of a benchmark for at least ``seconds`` in each of ``rounds``.

    With ``full`` the cases are of all sizes. A first call of each is not measured. The order is
    turned round from one round to the next.
    """
    cases = ((benchmark.prepare_full if full else None) or benchmark.prepare)()
    rates: dict[str, list[float]] = {case.name: [] for case in cases}
    for case in cases:
        case.work()
    for number in range(rounds):
        for case in cases if number % 2 == 0 else reversed(cases):
            rates[case.name].append(_rate(case, seconds))
    return tuple(Result(case, tuple(rates[case.name])) for case in cases)


def _rate(case: Case, seconds: float) -> float:
    calls, began = 0, perf_counter()
    while True:
        case.work()
        calls += 1
        taken = perf_counter() - began
        if taken >= seconds:
            return calls * case.amount / taken
