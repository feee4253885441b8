"""Everything here speaks to a real pcscd with a virtual reader in a network of its own."""

from pathlib import Path

import pytest

from simulator.card.connection import SoftwareCard
from tests.card import specimens
from tests.system import bench

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="session")
def reader():
    return bench.shared_reader()


@pytest.fixture
def card() -> SoftwareCard:
    """A fresh card in the reader, taken out afterwards."""
    fresh = specimens.card()
    with bench.inserted(fresh):
        yield fresh


@pytest.fixture(scope="session", autouse=True)
def _keys():
    """Make the keys before any tool waits for a card."""
    for name in ("signature", "user_authentication"):
        specimens.key(name)
