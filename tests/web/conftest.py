"""A served world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.webwork import Served, serving


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def standing() -> Iterator[Served]:
    """A served world that tests share which change nothing in it."""
    with serving() as running:
        yield running
