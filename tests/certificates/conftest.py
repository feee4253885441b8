"""What the certificate tests share: the vectors, the published files and one simulated issuer."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from jpki.terms import Purpose
from simulator.agency.authority import SimulatedAuthority
from simulator.keys import SeededKeys
from tests.vectors.drafts import CREATED, Bases, make_bases
from tests.vectors.make_vectors import HERE as VECTORS

# Beside the repository, because the files are not ours to give away.
PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ca"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for ``vector`` every row of the certificates' manifest."""
    if "vector" in metafunc.fixturenames:
        text = (VECTORS / "certificates" / "manifest.toml").read_text(encoding="utf-8")
        rows = tomllib.loads(text)["vector"]
        metafunc.parametrize("vector", rows, ids=[row["file"] for row in rows])


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder of published authority certificates, which are not part of the repository."""
    if not PUBLISHED.is_dir():
        pytest.skip("the six published authority certificates (shared/data/ca) are absent")
    return PUBLISHED


@pytest.fixture(scope="session")
def seeded_keys() -> SeededKeys:
    return SeededKeys("vectors")


@pytest.fixture(scope="session")
def bases(seeded_keys: SeededKeys) -> Bases:
    return make_bases(seeded_keys)


@pytest.fixture(scope="session")
def authorities(bases: Bases) -> dict[Purpose, SimulatedAuthority]:
    assert all(one.certificate.not_before == CREATED for one in bases.authorities.values()), (
        "the vectors' authorities begin when the vectors say"
    )
    return bases.authorities
