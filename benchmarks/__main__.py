"""``python -m benchmarks``: measure what there is and leave JSON and a page behind."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import benchmarks
from benchmarks.machine import describe
from benchmarks.measure import Benchmark, Result, run
from benchmarks.page import as_json, as_markdown
from jpki.errors import JpkiError, MissingExtra

__all__ = ["found", "main"]


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
    known = {benchmark.name: benchmark for benchmark in found()}
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which to run: {', '.join(known)}")
    parser.add_argument("--rounds", type=int, default=9, help="rounds, interleaved over all cases")
    parser.add_argument("--seconds", type=float, default=0.3, help="least time a case and round")
    parser.add_argument("--full", action="store_true", help="all sizes, up to 10 million entries")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="where results go")
    parser.add_argument("--date", default="a day not given", help="the day, for the record")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.name) - known.keys())
    if unknown or asked.rounds < 1:
        parser.error(
            f"no such benchmark: {', '.join(unknown)}" if unknown else "at least one round"
        )
    measured: dict[Benchmark, tuple[Result, ...]] = {}
    for name in asked.name or known:
        try:
            measured[known[name]] = run(
                known[name], rounds=asked.rounds, seconds=asked.seconds, full=asked.full
            )
        except JpkiError as error:
            # A part that is not installed is told, and the rest is measured all the same.
            sys.stderr.write(f"left out: {name}: {error}\n")
    machine = describe()
    asked.out.mkdir(parents=True, exist_ok=True)
    content = json.dumps(as_json(measured, machine, asked.date), ensure_ascii=False, indent=2)
    (asked.out / "results.json").write_text(content + "\n", encoding="utf-8")
    page = as_markdown(measured, machine, asked.date)
    (asked.out / "results.md").write_text(page, encoding="utf-8")
    sys.stdout.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
