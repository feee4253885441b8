"""``python -m benchmarks``: measure what there is and leave JSON, a page and plots behind.

``python -m benchmarks compare OLD.json NEW.json`` says what has become faster or slower, and
``python -m benchmarks page FOLDER`` makes page and plots of ``results.json`` there anew.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from time import perf_counter
from types import ModuleType
from typing import Any, Final

import benchmarks
from benchmarks import compare
from benchmarks.machine import describe
from benchmarks.measure import Benchmark, Read, Result, run
from benchmarks.page import as_json, as_markdown, measured_again
from benchmarks.plots import can_draw, draw
from benchmarks.told import overheard
from jpki.errors import JpkiError, MissingExtra

__all__ = ["found", "main"]

_SECONDS_A_MINUTE: Final = 60.0


def found() -> tuple[Benchmark, ...]:
    """Return the benchmark of every module here that has one (``BENCHMARK``), by name."""
    names = sorted(each.name for each in iter_modules(benchmarks.__path__))
    modules = [_imported(name) for name in names if name != "__main__"]
    return tuple(module.BENCHMARK for module in modules if hasattr(module, "BENCHMARK"))


def _imported(name: str) -> ModuleType | None:
    try:
        return import_module(f"benchmarks.{name}")
    except MissingExtra as error:
        sys.stderr.write(f"left out: {name}: {error}\n")
        return None


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks named (all when none is) and write their results."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["compare"]:
        return _compared(given[1:])
    if given[:1] == ["page"]:
        return _made_again(given[1:])
    with overheard() as heard:
        known = {benchmark.name: benchmark for benchmark in found()}
        asked = _asked(known, given)
        try:
            kept = _kept(asked) if asked.keep else None
        except JpkiError as error:
            sys.stderr.write(f"{error}\n")
            return 2
        measured, broken = _measured([known[name] for name in asked.name or known], asked, kept)
        if asked.plots and not can_draw():
            sys.stderr.write("left out: plots: matplotlib is not installed (extra bench)\n")
    results = as_json(measured, describe(), asked.date, full=asked.full, left_out=heard.left_out)
    if kept is not None:
        results = measured_again(kept, results)
    sys.stdout.write(_written(results, asked.out, plots=asked.plots and can_draw()))
    return 1 if broken else 0


def _kept(asked: argparse.Namespace) -> dict[str, Any]:
    """Return the results that others are to stand beside, which have to be of the same kind."""
    kept = compare.read_results(asked.out / "results.json")
    return measured_again(kept, as_json({}, describe(), asked.date, full=asked.full))


def _asked(known: Mapping[str, Benchmark], arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which to run: {', '.join(known)}; or compare")
    parser.add_argument("--rounds", type=int, default=9, help="rounds, interleaved over all cases")
    parser.add_argument("--seconds", type=float, default=0.3, help="least time a case and round")
    parser.add_argument("--minutes", type=float, help="stop adding rounds when so many are over")
    parser.add_argument("--keep", action="store_true", help="keep the other rooms' results in OUT")
    parser.add_argument("--full", action="store_true", help="all sizes, up to 10 million entries")
    parser.add_argument("--no-plots", dest="plots", action="store_false", help="draw nothing")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="where results go")
    parser.add_argument("--date", default="a day not given", help="the day, for the record")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.name) - known.keys())
    if unknown or asked.rounds < 1:
        parser.error(
            f"no such benchmark: {', '.join(unknown)}" if unknown else "at least one round"
        )
    return asked


def _measured(
    wanted: list[Benchmark], asked: argparse.Namespace, kept: Mapping[str, Any] | None
) -> tuple[dict[Benchmark, tuple[Result | Read, ...]], list[str]]:
    measured: dict[Benchmark, tuple[Result | Read, ...]] = {}
    broken: list[str] = []
    began = perf_counter()
    for number, benchmark in enumerate(wanted):
        within = None
        if asked.minutes is not None:
            # What one has left over is shared among those that come after it.
            left = asked.minutes * _SECONDS_A_MINUTE - (perf_counter() - began)
            within = left / (len(wanted) - number)
        try:
            measured[benchmark] = run(
                benchmark,
                rounds=asked.rounds,
                seconds=asked.seconds,
                full=asked.full,
                within=within,
            )
        except JpkiError as error:
            # A part that is not installed is told, and the rest is measured all the same.
            sys.stderr.write(f"left out: {benchmark.name}: {error}\n")
        except Exception as error:  # one that is broken must not cost the others an hour
            broken.append(benchmark.name)
            what = f"{type(error).__name__}: {error}"
            sys.stderr.write(f"left out: {benchmark.name}: broken: {what}\n")
        gc.collect()
        if asked.full and kept is None:
            # What took an hour is not lost with what comes after it.
            results = as_json(measured, describe(), asked.date, full=True)
            _written(results, asked.out, plots=False)
    return measured, broken


def _written(results: Mapping[str, Any], out: Path, *, plots: bool) -> str:
    """Write results and page into a folder, and return the page."""
    out.mkdir(parents=True, exist_ok=True)
    content = json.dumps(results, ensure_ascii=False, indent=2)
    (out / "results.json").write_text(content + "\n", encoding="utf-8")
    drawn = {}
    if plots:
        drawn = {each["name"]: draw(each, out) for each in results["benchmarks"] if each["cases"]}
    page = as_markdown(results, drawn)
    (out / "results.md").write_text(page, encoding="utf-8")
    return page


def _compared(arguments: list[str]) -> int:
    try:
        sys.stdout.write(compare.main(arguments))
    except JpkiError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _made_again(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks page")
    parser.add_argument("folder", type=Path, help="where results.json is")
    folder: Path = parser.parse_args(arguments).folder
    try:
        results = compare.read_results(folder / "results.json")
    except JpkiError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(_written(results, folder, plots=can_draw()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
