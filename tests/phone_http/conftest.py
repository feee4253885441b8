"""A served world with a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.phone_http.phonework import Bench, bench


@pytest.fixture
def phone() -> Iterator[Bench]:
    with bench() as made:
        yield made


@pytest.fixture(scope="module")
def standing() -> Iterator[Bench]:
    """A served world that tests share which do nothing to its phone."""
    with bench() as made:
        yield made
