"""``python -m tests.fuzz TARGET|all --seconds N``: fuzz parsers, guided by coverage.

Crashes are written to tests/fuzz/crashes, where an ordinary test replays them. With ``--keep``
(``make fuzz``), what is found beyond seeds and corpus is kept in tests/fuzz/corpus.
"""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.session import Limits, run
from tests.fuzz.target import CORPUS
from tests.fuzz.targets import TARGETS

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Fuzz the targets one after another; 1 when one of them crashed."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="+", choices=("all", *TARGETS), metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1, help="the same seed tries the same inputs")
    parser.add_argument("--keep", action="store_true", help="keep new interesting inputs")
    asked = parser.parse_args(arguments)
    names = TARGETS if "all" in asked.target else asked.target
    survived = True
    for name in names:
        limits = Limits(asked.seconds, seed=asked.seed)
        outcome = run(TARGETS[name], limits, keep_in=CORPUS if asked.keep else None)
        survived &= outcome.survived
        sys.stdout.write(f"{name:<16} {outcome.summary}; {outcome.kept} new inputs kept\n")
        if not outcome.survived:
            sys.stdout.write(f"{outcome.reason}\n")
            sys.stdout.writelines(f"crash kept: {path}\n" for path in outcome.crashes)
        sys.stdout.flush()
    return 0 if survived else 1


if __name__ == "__main__":
    sys.exit(main())
