"""Simulated authorities: the real profile under names nobody can mistake."""

from __future__ import annotations

import inspect
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from jpki.certificates.authority import parse_authority, recognise
from jpki.certificates.deviations import authority_deviations
from jpki.certificates.names import authority_named
from jpki.certificates.structure import read_certificate
from jpki.errors import ImpossibleFact
from jpki.terms import Hierarchy, Purpose
from simulator.agency.authority import (
    SimulatedAuthority,
    create_authority,
    next_issue_number,
)
from simulator.keys import SeededKeys
from tests.agency.conftest import CREATED, SERIAL, Authorities


@pytest.mark.parametrize("purpose", Purpose)
def test_an_authority_is_exactly_in_profile_and_signed_itself(
    purpose: Purpose, authorities: Authorities
) -> None:
    made = authorities[Hierarchy.SIMULATED, purpose]
    assert authority_deviations(read_certificate(made.certificate.der)) == ()
    assert parse_authority(made.certificate.der) == made.certificate
    assert made.certificate.serial == SERIAL
    assert made.certificate.not_before == CREATED
    assert made.certificate.not_after == datetime(2033, 7, 15, 14, 59, 59, tzinfo=UTC)
    assert recognise(made.certificate) is None


# 1,304 and 1,319 bytes have the published authorities with a four-byte serial.
@pytest.mark.parametrize(
    ("purpose", "size"), [(Purpose.SIGNATURE, 1304), (Purpose.USER_AUTHENTICATION, 1319)]
)
def test_under_the_real_names_it_would_have_the_size_of_a_real_one(
    purpose: Purpose, size: int, authorities: Authorities
) -> None:
    assert len(authorities[Hierarchy.PRODUCTION, purpose].certificate.der) == size


def test_nothing_public_lets_an_authority_have_another_name() -> None:
    assert "hierarchy" not in inspect.signature(create_authority).parameters


def test_an_authority_is_simulated(keys: SeededKeys) -> None:
    made = create_authority(Purpose.SIGNATURE, generation=3, keys=keys, at=CREATED)
    assert made.hierarchy is Hierarchy.SIMULATED
    assert authority_named(made.certificate.name) == (Hierarchy.SIMULATED, Purpose.SIGNATURE)
    assert made.certificate.serial == 1
    assert repr(made) == "<SimulatedAuthority signature, generation 3>"


def test_the_same_seed_and_instant_give_the_same_bytes(
    keys: SeededKeys, authorities: Authorities
) -> None:
    own = authorities[Hierarchy.SIMULATED, Purpose.SIGNATURE]
    japan = CREATED.astimezone(timezone(timedelta(hours=9))) + timedelta(microseconds=5)
    again = create_authority(Purpose.SIGNATURE, generation=3, keys=keys, at=japan, serial=SERIAL)
    assert again.certificate.der == own.certificate.der


@pytest.mark.parametrize(
    ("at", "last_day"),
    [
        # 14:59:59Z is still the 15th in Japan, 15:00:00Z the 16th.
        (datetime(2023, 7, 15, 14, 59, 59, tzinfo=UTC), date(2033, 7, 14)),
        (datetime(2023, 7, 15, 15, 0, 0, tzinfo=UTC), date(2033, 7, 15)),
        (datetime(2024, 2, 29, 3, 0, 0, tzinfo=UTC), date(2034, 2, 28)),
    ],
)
def test_an_authority_ends_on_the_day_before_its_tenth_anniversary(
    at: datetime, last_day: date, keys: SeededKeys
) -> None:
    made = create_authority(Purpose.SIGNATURE, generation=3, keys=keys, at=at)
    assert made.certificate.expires_on == last_day
    assert made.certificate.not_after.strftime("%H:%M:%S") == "14:59:59"


def test_an_authority_has_no_other_key_than_its_own(
    keys: SeededKeys, authorities: Authorities
) -> None:
    certificate = authorities[Hierarchy.SIMULATED, Purpose.SIGNATURE].certificate
    with pytest.raises(ImpossibleFact):
        SimulatedAuthority(3, keys.rsa("holder"), certificate)


@pytest.mark.parametrize(("generation", "serial"), [(0, 1), (1, 0), (1, 1 << 32)])
def test_generations_and_serials_begin_at_1_and_end_with_four_bytes(
    generation: int, serial: int, keys: SeededKeys
) -> None:
    with pytest.raises(ImpossibleFact):
        create_authority(
            Purpose.SIGNATURE, generation=generation, keys=keys, at=CREATED, serial=serial
        )


def test_issue_numbers_run_on_until_four_bytes_are_full() -> None:
    assert next_issue_number(0) == 1
    assert next_issue_number(0x7FFFFFFF) == 0x80000000
    assert next_issue_number(0xFFFFFFFE) == 0xFFFFFFFF
    for last in (0xFFFFFFFF, -1):
        with pytest.raises(ImpossibleFact):
            next_issue_number(last)
