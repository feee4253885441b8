"""Counts that tests leave behind, printed once at the end (from all workers together)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

_COUNTED = "counted"


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Leave counts under a heading; those of the same heading are added up."""

    def leave(heading: str, /, **counts: int) -> None:
        record_property(_COUNTED, [heading, counts])

    return leave


def pytest_terminal_summary(terminalreporter: Any) -> None:
    sums: dict[str, dict[str, int]] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == _COUNTED:
                heading, counts = value
                total = sums.setdefault(heading, {})
                for what, number in counts.items():
                    total[what] = total.get(what, 0) + number
    if sums:
        terminalreporter.section("counted")
        for heading, total in sorted(sums.items()):
            words = ", ".join(f"{number:,} {what}" for what, number in total.items())
            terminalreporter.write_line(f"{heading}: {words}")
