"""Worlds on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.store import Location


@pytest.fixture(scope="session")
def postgresql() -> Iterator[object]:
    """A PostgreSQL server for the session; missing programs are a failure, not a skip."""
    from tests.simulator.postgres import cluster  # psycopg is an extra

    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.system)])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Location]:
    """Return where the next world can be made: a file's path, or a new database's URL."""
    if request.param == "postgresql":
        new_url: Callable[[], Location] = request.getfixturevalue("postgresql").new_world_url
        return new_url
    numbers = iter(range(1000))
    return lambda: tmp_path / f"world{next(numbers)}.sqlite"


@pytest.fixture
def place(new_place: Callable[[], Location]) -> Location:
    """Return where a world can be made."""
    return new_place()
