"""One simulated world for the agency's tests: few keys, shared by all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jpki.certificates.attributes import BasicAttributes
from jpki.terms import Hierarchy, Purpose, Sex
from simulator.agency import authority as authority_module
from simulator.agency.authority import SimulatedAuthority
from simulator.keys import SeededKeys

CREATED = datetime(2023, 7, 16, 0, 50, 27, tzinfo=UTC)
# A four-byte serial, as generations 02 and 03 have.
SERIAL = 0x067C6A21

Authorities = Mapping[tuple[Hierarchy, Purpose], SimulatedAuthority]


@pytest.fixture(scope="session")
def keys() -> SeededKeys:
    return SeededKeys("agency tests")


@pytest.fixture(scope="session")
def holder_key(keys: SeededKeys) -> RSAPublicKey:
    return keys.rsa("holder").public_key()


@pytest.fixture(scope="session")
def authorities(keys: SeededKeys) -> Authorities:
    """Simulated authorities and, to compare sizes, the same under the real names."""
    return {
        (hierarchy, purpose): authority_module._create(
            hierarchy, purpose, 3, keys=keys, at=CREATED, serial=SERIAL
        )
        for hierarchy in (Hierarchy.SIMULATED, Hierarchy.PRODUCTION)
        for purpose in Purpose
    }


@pytest.fixture(scope="session")
def attributes() -> BasicAttributes:
    return BasicAttributes.of(
        name="模擬　太郎",
        birth_date=date(1980, 2, 17),
        sex=Sex.MALE,
        address="東京都渋谷区模擬町４－５－６",
    )
