"""What is likely not meant in a file of faults, though it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jpki.errors import MalformedDocument
from simulator.faults.plan import Fault, FaultScript, read_faults

__all__ = ["FaultRemark", "lint_faults"]

_SCOPE = ("purpose", "generation", "partition", "serial")


@dataclass(frozen=True, slots=True)
class FaultRemark:
    """One remark: the number of the fault in the file (from 1; 0 for the file), and a sentence.

    ``is_error``: the file cannot be used at all.
    """

    number: int
    text: str
    is_error: bool = False


def lint_faults(text: str, *, source: str = "faults") -> tuple[FaultRemark, ...]:
    """Return what is wrong or odd about a file of faults; nothing when all is well."""
    try:
        script = read_faults(text, source=source)
    except MalformedDocument as error:
        return (FaultRemark(0, error.message, is_error=True),)
    return tuple(_remarks(script))


def _remarks(script: FaultScript) -> Iterator[FaultRemark]:
    if not script.fault:
        yield FaultRemark(0, "no fault is ordered")
    for number, fault in enumerate(script.fault, start=1):
        if fault.burst is not None and fault.chance is None:
            yield FaultRemark(number, "'burst' says nothing where every question fails")
        for earlier, other in enumerate(script.fault[: number - 1], start=1):
            if _covers(other, fault):
                yield FaultRemark(number, f"it never strikes: fault {earlier} does so first")
                break


def _covers(first: Fault, later: Fault) -> bool:
    """Whether the first of two strikes wherever and whenever the later one could."""
    always = first.chance is None and first.times is None
    if not always or not set(later.targets) <= set(first.targets):
        return False
    if any(getattr(first, name) not in (None, getattr(later, name)) for name in _SCOPE):
        return False
    begins = first.since is None or (later.since is not None and first.since <= later.since)
    ends = first.until is None or (later.until is not None and later.until <= first.until)
    return begins and ends
