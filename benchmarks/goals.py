"""The numbers to reach, one line each: what is to be how many times as fast as what, in one run.

Or how large at most: a goal is about a case's rate or about a figure, and bounds it from below or
from above. A room registers a goal by a line here. Cases and figures are named by room and name;
``{n}`` in a name stands for the largest number that was measured. A goal whose room or cases were
not there is shown as not measured. Goals are shown and never asserted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["GOALS", "Goal", "Reached", "reached"]


@dataclass(frozen=True, slots=True)
class Goal:
    """A rate of a room, at least ``at_least`` times another's, or so many a second without one.

    ``case`` and ``over`` may be figures, too. With ``at_most`` instead the bound is from above.
    """

    says: str
    room: str
    case: str
    over: str | None
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"{self.says}: either at_least or at_most")

    @property
    def is_upper(self) -> bool:
        """Whether the bound is from above."""
        return self.at_most is not None

    @property
    def bound(self) -> float:
        """What the value is held against."""
        return float((self.at_least if self.at_most is None else self.at_most) or 0)


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of a goal: its value (``None`` when not measured) and of which size."""

    goal: Goal
    value: float | None
    size: str = ""

    @property
    def missed_by(self) -> float:
        """By what share of the bound it is missed; 0 when it is met or was not measured."""
        if self.value is None:
            return 0.0
        beyond = self.value / self.goal.bound - 1
        return max(0.0, beyond if self.goal.is_upper else -beyond)

    @property
    def verdict(self) -> str:
        """Met, or missed by how much."""
        if self.value is None:
            return "not measured in this run"
        return f"missed by {self.missed_by:.1%}" if self.missed_by else "met"


GOALS: Final = (
    Goal(
        "signatures in bulk, every certificate new: of two RSA verifications",
        "batch",
        "batch, short lists, every certificate new",
        "limit: two verifications, certificate new, in C",
        0.65,
    ),
    Goal(
        "signatures in bulk, signers known: of two RSA verifications",
        "batch",
        "batch, short lists, signers known",
        "limit: two verifications, certificate new, in C",
        1.4,
    ),
    Goal(
        "signatures in bulk: of pyHanko",
        "batch",
        "batch, short lists, every certificate new",
        "pyHanko, lists in memory",
        30.0,
    ),
    Goal(
        "signatures in bulk: of OpenSSL's CMS_verify in C",
        "batch",
        "batch, short lists, every certificate new",
        "OpenSSL's CMS_verify, in C, no revocation",
        2.4,
    ),
    Goal(
        "signatures in bulk by an index of 10 million: of the same by short lists",
        "batch",
        "batch, an index of 10,000,000, every certificate new",
        "batch, short lists, every certificate new",
        0.95,
    ),
    Goal(
        "signatures in bulk: most memory of a process, bytes (300 MiB)",
        "batch_runs",
        "{n} signatures: most memory",
        None,
        at_most=300 << 20,
    ),
    Goal(
        "signatures in bulk: two processes of one",
        "batch_runs",
        "{n} signatures, 2 processes",
        "{n} signatures, 1 process",
        1.85,
    ),
    *(
        Goal(
            f"signatures in bulk: {engine} with two workers of two processes",
            "batch_runs",
            f"{{n}} signatures, {engine}, 2 workers running",
            "{n} signatures, 2 processes",
            0.9,
        )
        for engine in ("Dask", "Ray", "Spark")
    ),
    Goal(
        "OCSP from pre-signed data over HTTP: of an empty handler on the same server",
        "ocsp",
        "pre-signed over HTTP, 1 process",
        "empty handler over HTTP, 1 process",
        0.85,
    ),
    Goal(
        "the same: of an empty ASGI handler on bare uvicorn",
        "ocsp",
        "pre-signed over HTTP, 1 process",
        "empty ASGI handler on bare uvicorn over HTTP, 1 process",
        0.85,
    ),
    Goal(
        "OCSP signed anew, by template: of the bare RSA signature",
        "ocsp",
        "signed anew, a function",
        "bare RSA-2048 signature",
        0.8,
    ),
    Goal(
        "OCSP signed in bulk: of the bare RSA signature",
        "ocsp",
        "signed in bulk and written, {n} answers, 1 process",
        "bare RSA-2048 signature",
        0.8,
    ),
    Goal(
        "OCSP signed anew over HTTP, connections kept: of `openssl ocsp`, which keeps none",
        "ocsp",
        "signed anew over HTTP, 1 process",
        "openssl ocsp, signed anew over HTTP, a connection each",
        1.0,
    ),
    Goal(
        "the same, a connection each as `openssl ocsp`",
        "ocsp",
        "signed anew over HTTP, a connection each",
        "openssl ocsp, signed anew over HTTP, a connection each",
        1.0,
    ),
    Goal(
        "a list to a usable index, signature checked: of `openssl crl -verify`",
        "index",
        "list of {n}: index built, signature checked",
        "list of {n}: openssl crl -verify",
        4.0,
    ),
    Goal(
        "a list to a usable index: of cryptography with reasons",
        "index",
        "list of {n}: index built, signature checked",
        "list of {n}: cryptography, with reasons",
        10.0,
    ),
    Goal(
        "look-up in columns, 1 in 20 listed, questions a second",
        "index",
        "index of {n}: in columns, 1 in 20 listed",
        None,
        5_000_000,
    ),
    Goal(
        "look-up one by one, 1 in 20 listed, questions a second",
        "index",
        "index of {n}: one by one, 1 in 20 listed",
        None,
        1_000_000,
    ),
    Goal(
        "an entry with reason and date in the index, bytes",
        "index",
        "list of {n}: the index, an entry",
        None,
        at_most=12,
    ),
    Goal(
        "an index built of a list of 10 million, most memory: of the list",
        "index",
        "list of 10,000,000: most memory of the build",
        "list of 10,000,000: the list itself",
        at_most=2.2,
    ),
    Goal(
        "a list built and signed, entries a second (1 M in 2 s)",
        "index",
        "list of {n}: written and signed",
        None,
        500_000,
    ),
    Goal(
        "a population on one core, all tables written: events a second, lives before included",
        "population",
        "{n} people, 10 years, all tables written, the way there counted",
        None,
        2_000_000,
    ),
    Goal(
        "the same, the lives before the first day taking time and not counted",
        "population",
        "{n} people, 10 years, all tables written",
        None,
        2_000_000,
    ),
    Goal(
        "a population's most memory for 40 years: of that for 10",
        "population",
        "most memory of 40 years",
        "most memory of 10 years",
        at_most=1.1,
    ),
    Goal(
        "a night of lists: of what hashing, signing and writing leave",
        "nightly",
        "night of {n} entries, 1 process",
        "night of {n} entries: hashed twice, signed, written",
        0.25,
    ),
    Goal(
        "a national night of lists, entries a second: of cryptography's builder on one partition",
        "nightly",
        "night of 5,000,000 entries, 1 process",
        "cryptography's builder, one partition of 10,000",
        4.0,
    ),
)

_NUMBER: Final = r"([\d,]+)"


def reached(
    benchmarks: Sequence[Mapping[str, Any]], goals: Iterable[Goal] = GOALS
) -> tuple[Reached, ...]:
    """Return what came of each goal in results as ``page.as_json`` has them."""
    rooms = {each["name"]: _values(each) for each in benchmarks}
    return tuple(_reached(goal, rooms.get(goal.room, {})) for goal in goals)


def _values(benchmark: Mapping[str, Any]) -> dict[str, float]:
    """Return medians and figures by name."""
    medians = {case["name"]: float(case["median"]) for case in benchmark["cases"]}
    return medians | {one["name"]: float(one["value"]) for one in benchmark.get("figures", ())}


def _reached(goal: Goal, rates: Mapping[str, float]) -> Reached:
    pattern = re.compile(_NUMBER.join(map(re.escape, goal.case.split("{n}"))))
    found = [(_size(known), name, known) for name in rates if (known := pattern.fullmatch(name))]
    for _, name, known in sorted(found, key=lambda one: one[0], reverse=True):
        size = known[1] if "{n}" in goal.case else ""
        if goal.over is None:
            return Reached(goal, rates[name], size)
        over = rates.get(goal.over.replace("{n}", size))
        if over:
            return Reached(goal, rates[name] / over, size)
    return Reached(goal, None)


def _size(found: re.Match[str]) -> int:
    return int(found[1].replace(",", "")) if found.groups() else 0
