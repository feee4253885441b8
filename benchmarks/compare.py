"""``python -m benchmarks compare OLD.json NEW.json``: what has become faster, slower or larger."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.page import SCHEMA
from jpki.errors import MalformedDocument

__all__ = ["Change", "changes", "compared", "main", "read_results"]


@dataclass(frozen=True, slots=True)
class Change:
    """One case in two runs: both medians, and how far rounds lay apart in either.

    Or one figure, read once in each.
    """

    room: str
    case: str
    before: float
    after: float
    noise: float
    is_figure: bool = False

    @property
    def verdict(self) -> str:
        """Faster or slower when the medians lie further apart than the rounds of a run do.

        A figure is larger or smaller.
        """
        ratio = self.after / self.before if self.before else float(self.after > 0) + 1
        if self.is_figure:
            return "the same" if ratio == 1 else "larger" if ratio > 1 else "smaller"
        if abs(ratio - 1) <= self.noise:
            return "the same, as far as the spread says"
        return "faster" if ratio > 1 else "slower"


def read_results(path: Path) -> dict[str, Any]:
    """Read results; ``MalformedDocument`` for anything but results of this version."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        found = read.get("schema") if isinstance(read, dict) else None
    except (OSError, ValueError):
        raise MalformedDocument("no results can be read from it", source=str(path)) from None
    if found != SCHEMA:
        raise MalformedDocument(
            f"results of version {found or 'none'}; this program reads {SCHEMA}", source=str(path)
        )
    return dict(read)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Yield the cases and figures that are in both, in the order of the newer."""
    known = dict(_cases(before))
    for place, case in _cases(after):
        old = known.get(place)
        if old is not None and old["unit"] == case["unit"]:
            if "value" in case:
                yield Change(*place, float(old["value"]), float(case["value"]), 0.0, is_figure=True)
                continue
            noise = max(old["spread"], case["spread"])
            yield Change(*place, float(old["median"]), float(case["median"]), float(noise))


def _cases(results: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    for benchmark in results["benchmarks"]:
        for case in (*benchmark["cases"], *benchmark.get("figures", ())):
            yield (benchmark["name"], case["name"]), case


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the comparison as a Markdown table; it says when the machines were not alike."""
    lines = []
    if before["machine"] != after["machine"]:
        lines += ["**The machines differ, so the rates cannot be compared.**", ""]
    lines += ["| room | case | before | after | ratio | |", "|---|---|---:|---:|---:|---|"]
    for one in changes(before, after):
        ratio = f"{one.after / one.before:.2f}" if one.before else "–"
        rates = f"{one.before:,.1f} | {one.after:,.1f} | {ratio}"
        lines.append(f"| {one.room} | {one.case} | {rates} | {one.verdict} |")
    gone = dict(_cases(before)).keys() - dict(_cases(after)).keys()
    lines += ["", *(f"Not measured any more: {room}: {case}" for room, case in sorted(gone))]
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> str:
    """Compare two files and return what to print; raises ``MalformedDocument``."""
    parser = argparse.ArgumentParser(prog="benchmarks compare", description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    asked = parser.parse_args(arguments)
    return compared(read_results(asked.before), read_results(asked.after))
