"""The results as JSON for programs and as a Markdown page for people.

The JSON is described by ``results.schema.json`` in this folder; ``schema`` in it says which version
of that it follows. The page is made from the JSON alone, so it can be made again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.goals import GOALS, Goal, Reached, reached
from benchmarks.measure import Benchmark, Read, Result
from jpki.errors import MalformedDocument

__all__ = ["SCHEMA", "as_json", "as_markdown", "measured_again", "what_was_tried"]

SCHEMA: Final = "jpki-benchmarks/1"

_EXACT_BELOW: Final = 100
_UNITS: Final = (("s", 1), ("ms", 1e3), ("µs", 1e6))

Measured = Mapping[Benchmark, tuple[Result | Read, ...]]
Plots = Mapping[str, Sequence[tuple[str, str]]]


def as_json(
    measured: Measured,
    machine: Mapping[str, str | int],
    on: str,
    *,
    full: bool = False,
    left_out: Sequence[str] = (),
) -> dict[str, Any]:
    """Return everything that was measured: every rate of every round, and every figure."""
    return {
        "schema": SCHEMA,
        "measured_on": on,
        "full": full,
        "machine": dict(machine),
        "left_out": list(left_out),
        "benchmarks": [
            {
                "name": benchmark.name,
                "says": benchmark.says,
                "cases": [_case(one) for one in results if isinstance(one, Result)],
                "figures": [_figure(one) for one in results if isinstance(one, Read)],
            }
            for benchmark, results in measured.items()
        ],
    }


def measured_again(before: Mapping[str, Any], again: Mapping[str, Any]) -> dict[str, Any]:
    """Return results in which the rooms that were measured again have taken their old one's place.

    A room is measured in one go, so its ratios stay those of one run. ``MalformedDocument`` when
    the machine or the sizes are others.
    """
    for what in ("machine", "full"):
        if before[what] != again[what]:
            raise MalformedDocument(
                f"results of another kind ({what}) are there",
                source="results.json",
                hint="measure all rooms, or name another folder with --out",
            )
    new = {each["name"]: each for each in again["benchmarks"]}
    rooms = [new.pop(each["name"], each) for each in before["benchmarks"]]
    told = [one for one in before["left_out"] if one.split(":")[0] not in _names(again)]
    return {
        **before,
        "measured_on": again["measured_on"],
        "left_out": list(dict.fromkeys((*told, *again["left_out"]))),
        "benchmarks": [*rooms, *new.values()],
    }


def _names(results: Mapping[str, Any]) -> set[str]:
    return {each["name"] for each in results["benchmarks"]}


def what_was_tried() -> dict[str, str]:
    """Return by goal what keeps it from being reached and what was tried: ``tried.toml`` here."""
    read = tomllib.loads(Path(__file__).with_name("tried.toml").read_text(encoding="utf-8"))
    return {each["goal"]: " ".join(each["tried"].split()) for each in read["number"]}


def _figure(read: Read) -> dict[str, Any]:
    return {"name": read.figure.name, "unit": read.figure.unit, "value": _kept(read.value)}


def _case(result: Result) -> dict[str, Any]:
    return {
        "name": result.case.name,
        "unit": f"{result.case.unit} per second",
        "median": _kept(result.median),
        "lowest": _kept(min(result.rates)),
        "highest": _kept(max(result.rates)),
        "spread": round(result.spread, 4),
        "target": result.case.target,
        "rounds": [_kept(rate) for rate in result.rates],
    }


def _kept(rate: float) -> float:
    """Return a rate to a tenth, and a slow one to six digits, so that none becomes nothing."""
    return round(rate, 1) if rate >= _EXACT_BELOW else float(f"{rate:.6g}")


def as_markdown(
    results: Mapping[str, Any],
    plots: Plots | None = None,
    goals: Sequence[Goal] = GOALS,
    tried: Mapping[str, str] | None = None,
) -> str:
    """Return the page of results, with the plots of each benchmark by its name.

    ``tried`` says of goals what was tried, as :func:`what_was_tried` does, which is asked without.
    """
    about = "; ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in results["machine"].items()
    )
    sizes = "all sizes" if results["full"] else "the quick sizes"
    lines = [
        "# Benchmarks",
        "",
        f"Measured on {results['measured_on']}, {sizes}. {about}.",
        "",
        *_goals(
            reached(results["benchmarks"], goals), what_was_tried() if tried is None else tried
        ),
        *_left_out(results["left_out"]),
    ]
    for benchmark in results["benchmarks"]:
        lines += [f"## {benchmark['name']}", "", benchmark["says"], ""]
        lines += _cases(benchmark["cases"])
        # Results of before there were figures have none.
        lines += _figures(benchmark.get("figures", ()))
        for says, file in (plots or {}).get(benchmark["name"], ()):
            lines += [f"![{says}]({file})", ""]
    return "\n".join(lines)


def _cases(cases: Sequence[Mapping[str, Any]]) -> list[str]:
    if not cases:
        return []
    head = ["| case | median a second | one takes | lowest to highest | spread | target |"]
    return [*head, "|---|---:|---:|---:|---:|---:|", *map(_row, cases), ""]


def _figures(figures: Sequence[Mapping[str, Any]]) -> list[str]:
    if not figures:
        return []
    rows = [f"| {one['name']} | {_number(one['value'])} {one['unit']} |" for one in figures]
    return ["| figure | read once |", "|---|---:|", *rows, ""]


def _goals(goals: Sequence[Reached], tried: Mapping[str, str]) -> list[str]:
    lines = ["## Numbers to reach", "", "| what | target | measured | |", "|---|---:|---:|---|"]
    for one in goals:
        times = "" if one.goal.over is None else " ×"
        at = f" ({one.size})" if one.size else ""
        value = "–" if one.value is None else f"{_number(one.value)}{times}"
        bound = f"{'≤' if one.goal.is_upper else '≥'} {_number(one.goal.bound)}{times}"
        lines.append(f"| {one.goal.says}{at} | {bound} | {value} | {one.verdict} |")
    missed = [one.goal.says for one in goals if one.missed_by and one.goal.says in tried]
    if missed:
        lines += ["", "What keeps a number from being reached, and what was tried:", ""]
        lines += [f"* **{says}**: {tried[says]}" for says in missed]
    return [*lines, ""]


def _left_out(told: Sequence[str]) -> list[str]:
    if not told:
        return ["Nothing was left out.", ""]
    return ["## Left out", "", *(f"* {one}" for one in told), ""]


def _row(case: Mapping[str, Any]) -> str:
    target = "–" if case["target"] is None else f"{case['target']:,.0f}"
    between = f"{_rate(case['lowest'])} to {_rate(case['highest'])}"
    unit = case["unit"].removesuffix(" per second")
    return (
        f"| {case['name']} | {_rate(case['median'])} {unit} "
        f"| {_duration(1 / case['median'])} | {between} | {case['spread']:.1%} | {target} |"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= _EXACT_BELOW else f"{value:.3g}"


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= _EXACT_BELOW else f"{rate:.2f}"


def _duration(seconds: float) -> str:
    """Return a duration with three digits in the unit that suits it."""
    unit, factor = next(
        (unit, factor) for unit, factor in _UNITS if seconds * factor >= 1 or unit == "µs"
    )
    return f"{seconds * factor:#.3g} {unit}".replace(". ", " ")
