"""The results as JSON for programs and as a Markdown page for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from benchmarks.measure import Benchmark, Result

__all__ = ["as_json", "as_markdown"]

_EXACT_BELOW: Final = 100
_UNITS: Final = (("s", 1), ("ms", 1e3), ("µs", 1e6))

Measured = Mapping[Benchmark, tuple[Result, ...]]


def as_json(measured: Measured, machine: Mapping[str, str | int], on: str) -> dict[str, Any]:
    """Return everything that was measured: every rate of every round."""
    return {
        "measured_on": on,
        "machine": dict(machine),
        "benchmarks": [
            {
                "name": benchmark.name,
                "says": benchmark.says,
                "cases": [
                    {
                        "name": result.case.name,
                        "unit": f"{result.case.unit} per second",
                        "median": round(result.median, 1),
                        "lowest": round(min(result.rates), 1),
                        "highest": round(max(result.rates), 1),
                        "spread": round(result.spread, 4),
                        "target": result.case.target,
                        "rounds": [round(rate, 1) for rate in result.rates],
                    }
                    for result in results
                ],
            }
            for benchmark, results in measured.items()
        ],
    }


def as_markdown(measured: Measured, machine: Mapping[str, str | int], on: str) -> str:
    """Return the page."""
    lines = ["# Benchmarks", ""]
    about = "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine.items())
    lines += [f"Measured on {on}. {about}.", ""]
    for benchmark, results in measured.items():
        lines += [f"## {benchmark.name}", "", benchmark.says, ""]
        lines += ["| case | median a second | one takes | lowest to highest | spread | target |"]
        lines += ["|---|---:|---:|---:|---:|---:|"]
        lines += [_row(result) for result in results]
        lines.append("")
    return "\n".join(lines)


def _row(result: Result) -> str:
    target = "–" if result.case.target is None else f"{result.case.target:,.0f}"
    between = f"{_rate(min(result.rates))} to {_rate(max(result.rates))}"
    return (
        f"| {result.case.name} | {_rate(result.median)} {result.case.unit} "
        f"| {_duration(1 / result.median)} | {between} | {result.spread:.1%} | {target} |"
    )


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= _EXACT_BELOW else f"{rate:.2f}"


def _duration(seconds: float) -> str:
    """Return a duration with three digits in the unit that suits it."""
    unit, factor = next(
        (unit, factor) for unit, factor in _UNITS if seconds * factor >= 1 or unit == "µs"
    )
    return f"{seconds * factor:#.3g} {unit}".replace(". ", " ")
