"""What the index's tests share: an authority, its lists of any entries, and certificates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.certificates import der
from jpki.certificates.names import distribution_point_name
from jpki.certificates.structure import SHA256_WITH_RSA
from jpki.revocation import RevokedEntry
from jpki.terms import Hierarchy, Purpose
from simulator.agency.authority import SimulatedAuthority, create_authority
from simulator.agency.publish import Edition, ListFlaws, ListOptions, list_frame
from simulator.keys import KeyPool
from simulator.municipalities import municipality

BEGINS = datetime(2024, 7, 16, 1, tzinfo=UTC)
MADE = datetime(2026, 8, 2, 20, tzinfo=UTC)
DAY = timedelta(days=1)
SHIBUYA, MINATO = "13113", "13103"

Entries = Mapping[int, RevokedEntry]
Make = Callable[..., Path]


def point_of(code: str) -> bytes:
    """Return the DER name of a municipality's distribution point."""
    place = municipality(code)
    return distribution_point_name(
        Hierarchy.SIMULATED,
        Purpose.SIGNATURE,
        prefecture=place.prefecture,
        municipality=place.name,
    ).der


def certificate(issuer: bytes, serial: int, point: bytes) -> SimpleNamespace:
    """Return as much of a certificate as its status depends on."""
    return SimpleNamespace(
        issuer=issuer, serial=serial, crl_distribution_point=SimpleNamespace(name=point)
    )


def entry_der(serial: int, entry: RevokedEntry, *extra: bytes) -> bytes:
    """Write one entry with the plain writers; ``extra`` are more extensions."""
    extensions = [*extra]
    if entry.reason_code is not None:
        value = der.octet_string(der.enumerated(entry.reason_code))
        extensions.insert(0, der.sequence(der.object_identifier("2.5.29.21"), value))
    listed = [der.sequence(*extensions)] if extensions else []
    return der.sequence(der.integer(serial), der.time(entry.recorded_at), *listed)


@pytest.fixture(scope="session")
def agency() -> SimulatedAuthority:
    return create_authority(Purpose.SIGNATURE, generation=1, keys=KeyPool(), at=BEGINS)


@pytest.fixture
def make(agency: SimulatedAuthority, tmp_path: Path) -> Make:
    """Write a list of any entries, in the order given; wide numbers and late dates, too."""

    def made(
        entries: Entries,
        *,
        at: datetime = MADE,
        number: int = 7,
        place: str | None = SHIBUYA,
        lasts: timedelta = 2 * DAY,
        body: bytes | None = None,
        flaws: ListFlaws | None = None,
    ) -> Path:
        flaws = flaws or ListFlaws()
        frame = list_frame(
            agency,
            edition=Edition(number, at, at + lasts),
            municipality=None if place is None else municipality(place),
            options=ListOptions(distribution_point=place is not None),
            flaws=flaws,
        )
        listed = body if body is not None else b"".join(map(entry_der, *_columns(entries)))
        tbs = der.sequence(frame.before, *([der.sequence(listed)] if listed else []), frame.after)
        signature = (flaws.key or agency.key).sign(tbs, PKCS1v15(), SHA256())
        path = tmp_path / f"{len(list(tmp_path.iterdir())):04}.crl"
        path.write_bytes(der.sequence(tbs, SHA256_WITH_RSA, der.bit_string(signature)))
        return path

    return made


def _columns(entries: Entries) -> tuple[tuple[int, ...], tuple[RevokedEntry, ...]]:
    return tuple(entries), tuple(entries.values())


def shifted(entry: RevokedEntry, by: timedelta) -> RevokedEntry:
    """Return an entry recorded at another time."""
    return replace(entry, recorded_at=entry.recorded_at + by)


@pytest.fixture(scope="session")
def other_agency() -> SimulatedAuthority:
    """The authority of the other certificates, with a name and a key of its own."""
    at = datetime(2024, 7, 16, 1, tzinfo=UTC)
    return create_authority(Purpose.USER_AUTHENTICATION, generation=1, keys=KeyPool(), at=at)
