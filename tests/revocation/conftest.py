"""What the revocation list tests share: the vectors and the authority that signed them."""

from __future__ import annotations

import tomllib

import pytest

from jpki.certificates.authority import AuthorityCertificate, parse_authority
from tests.vectors.make_vectors import HERE as VECTORS

LISTS = VECTORS / "revocation"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for ``list_vector`` every row of the lists' manifest."""
    if "list_vector" in metafunc.fixturenames:
        rows = tomllib.loads((LISTS / "manifest.toml").read_text(encoding="utf-8"))["vector"]
        metafunc.parametrize("list_vector", rows, ids=[row["file"] for row in rows])


@pytest.fixture(scope="session")
def issuer() -> AuthorityCertificate:
    return parse_authority((LISTS / "authority.der").read_bytes())


@pytest.fixture(scope="session")
def good_list() -> bytes:
    return (LISTS / "good.crl").read_bytes()
