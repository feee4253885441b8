"""The results as JSON for programs and as a Markdown page for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.measure import Benchmark, Result

__all__ = ["as_json", "as_markdown"]

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
        lines += ["| case | median a second | lowest to highest | spread | target |"]
        lines += ["|---|---:|---:|---:|---:|"]
        lines += [_row(result) for result in results]
        lines.append("")
    return "\n".join(lines)


def _row(result: Result) -> str:
    target = "–" if result.case.target is None else f"{result.case.target:,.0f}"
    between = f"{min(result.rates):,.0f} to {max(result.rates):,.0f}"
    return (
        f"| {result.case.name} | {result.median:,.0f} {result.case.unit} | {between} "
        f"| {result.spread:.1%} | {target} |"
    )
