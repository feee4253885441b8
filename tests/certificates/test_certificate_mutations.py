"""A damaged certificate is read or refused with our own errors, and never crashes the reader."""

from __future__ import annotations

import random

import pytest

from jpki.certificates.authority import parse_authority
from jpki.certificates.parse import deviations, parse_certificate
from jpki.certificates.profile import EXACT
from jpki.errors import FormatError, MalformedCertificate
from jpki.terms import Purpose
from simulator.agency.authority import SimulatedAuthority
from tests.vectors.drafts import Bases


def read_or_refuse(data: bytes) -> bool:
    try:
        certificate = parse_certificate(data)
    except FormatError:
        return False
    assert certificate.der == data
    assert repr(certificate)
    return True


@pytest.mark.parametrize("kind", ["signature", "authentication"])
def test_every_truncation_is_malformed(bases: Bases, kind: str) -> None:
    whole = getattr(bases, kind).signed()
    for end in range(0, len(whole), 3):
        with pytest.raises(MalformedCertificate):
            parse_certificate(whole[:end])


@pytest.mark.parametrize("kind", ["signature", "mobile_authentication"])
def test_a_changed_byte_never_raises_anything_but_our_errors(bases: Bases, kind: str) -> None:
    whole = bytearray(getattr(bases, kind).signed())
    chance = random.Random(f"mutations of {kind}")
    read = 0
    for at in range(len(whole) - 256):
        kept = whole[at]
        whole[at] = chance.choice([kept ^ 1 << chance.randrange(8), 0x00, 0x7F, 0x80, 0xFF])
        read += read_or_refuse(bytes(whole))
        whole[at] = kept
    # Most of a certificate is fixed by its profile; key, names and marks are what may vary.
    assert 0 < read < len(whole) // 2


def test_a_changed_byte_that_is_read_is_no_longer_signed(
    bases: Bases, authorities: dict[Purpose, SimulatedAuthority]
) -> None:
    whole = bases.authentication.signed()
    authority = authorities[Purpose.USER_AUTHENTICATION].certificate
    at = whole.index(bytes.fromhex("06800001"))
    changed = parse_certificate(whole[:at] + b"\x07" + whole[at + 1 :], reading=EXACT)
    assert changed.serial == 0x07800001
    assert not authority.signed(changed)


def test_two_changed_bytes_never_crash_the_list_of_deviations(bases: Bases) -> None:
    whole = bases.signature.signed()
    chance = random.Random("pairs")
    for _ in range(600):
        damaged = bytearray(whole)
        for _ in range(2):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            found = deviations(bytes(damaged))
        except MalformedCertificate:
            continue
        assert all(0 <= one.offset <= len(damaged) for one in found)


def test_a_changed_byte_in_an_authority_is_always_refused(
    authorities: dict[Purpose, SimulatedAuthority],
) -> None:
    whole = bytearray(authorities[Purpose.SIGNATURE].certificate.der)
    for at in range(0, len(whole), 2):
        whole[at] ^= 0x01
        with pytest.raises(FormatError):
            parse_authority(bytes(whole))
        whole[at] ^= 0x01


@pytest.mark.parametrize("data", [b"\x00" * 5000, b"\x30" * 5000, b"-----BEGIN", b"\xff", b"0\x82"])
def test_noise_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedCertificate):
        parse_certificate(data)
